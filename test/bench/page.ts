import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import type { Browser, BrowserContext } from 'playwright-core'
import { build } from 'vite'
import { openBrowser } from '../kit/browser.ts'
import { facility } from '../kit/product.ts'
import { alone, alternate, compared, gate } from './figure.ts'
import type { Bench, Figure, Pace } from './figure.ts'
import { inFolder } from './folder.ts'
import { signIn } from './sign-in.ts'
import { serveFiles } from './static-files.ts'

const id = 'page'
const peer = 'svelte hello'
/** The processor of a cheap computer, as DevTools plays it. */
const throttle = 4

interface Load {
  /** From the start of the navigation to the frame after the first value stood in the page. */
  readonly firstValueMs: number
  readonly value: string
  /** Tasks of 50 ms and more, up to a second after the first value. */
  readonly longTasks: number
  readonly longTaskMs: number
  /** The largest thing painted until a second after the first value: when that was. */
  readonly lcpMs: number
  readonly scripts: ReadonlyMap<string, Buffer>
}

interface Watched {
  readonly seen: { readonly at?: number; readonly value: string; readonly tasks: readonly number[]; readonly lcp: number }
}

/** Runs in the page before anything else: notes when the selector first has a digit in it. */
const watch = (selector: string): string => `
  const seen = { at: undefined, value: '', tasks: [], lcp: Number.NaN }
  Object.assign(window, { seen })
  new PerformanceObserver(list => seen.tasks.push(...list.getEntries().map(entry => entry.duration))).observe({ type: 'longtask', buffered: true })
  new PerformanceObserver(list => (seen.lcp = list.getEntries().at(-1).startTime)).observe({ type: 'largest-contentful-paint', buffered: true })
  const look = () => {
    const found = [...document.querySelectorAll(${JSON.stringify(selector)})].find(element => /\\d/.test(element.textContent))
    if (!found) return
    observer.disconnect()
    seen.value = found.textContent.trim()
    requestAnimationFrame(() => requestAnimationFrame(() => (seen.at = performance.now())))
  }
  const observer = new MutationObserver(look)
  observer.observe(document, { subtree: true, childList: true, characterData: true })
`

async function load(context: BrowserContext, address: string, watched = 0, slowed = 1): Promise<Load> {
  const page = await context.newPage()
  if (slowed > 1) await (await context.newCDPSession(page)).send('Emulation.setCPUThrottlingRate', { rate: slowed })
  const scripts = new Map<string, Buffer>()
  const bodies: Promise<unknown>[] = []
  page.on('response', response => {
    const { pathname } = new URL(response.url())
    if (!pathname.endsWith('.js')) return
    bodies.push(response.body().then(body => scripts.set(pathname, body)))
  })
  try {
    await page.goto(address)
    await page.waitForFunction(() => (window as unknown as Watched).seen.at !== undefined, undefined, { timeout: 30_000 })
    await page.waitForTimeout(watched)
    await Promise.all(bodies)
    const seen = await page.evaluate(() => (window as unknown as Watched).seen)
    const longTaskMs = seen.tasks.reduce((sum, ms) => sum + ms, 0)
    return {
      firstValueMs: seen.at ?? Number.NaN,
      value: seen.value,
      longTasks: seen.tasks.length,
      longTaskMs,
      lcpMs: seen.lcp,
      scripts,
    }
  } finally {
    await page.close()
  }
}

/** The smallest page of the same framework, built by the same builder. */
async function buildHello(folder: string): Promise<void> {
  const root = join(import.meta.dirname, 'peers', 'hello')
  const plugins = [svelte({ configFile: false })]
  const outDir = folder
  await build({
    root,
    plugins,
    configFile: false,
    logLevel: 'error',
    build: { outDir, emptyOutDir: true, target: 'es2022', modulePreload: { polyfill: false }, reportCompressedSize: false },
  })
}

async function contextOf(browser: Browser, address: string, selector: string, cookie?: string): Promise<BrowserContext> {
  const context = await browser.newContext({ locale: 'zh-CN', viewport: { width: 1280, height: 800 } })
  await context.addInitScript(watch(selector))
  const [name = '', value = ''] = cookie?.split('=') ?? []
  if (cookie !== undefined) await context.addCookies([{ name, value, url: address }])
  return context
}

const gzipped = ({ scripts }: Load): number => [...scripts.values()].reduce((sum, body) => sum + gzipSync(body).length, 0) / 1_000

async function measure(browser: Browser, address: string, helloAddress: string, pace: Pace): Promise<readonly Figure[]> {
  const cookie = await signIn(address)
  const ours = await contextOf(browser, address, '[data-equipment] .value', cookie)
  const hello = await contextOf(browser, helloAddress, 'output')
  const [cold, coldHello] = [await load(ours, address), await load(hello, helloAddress)]
  gate(cold.scripts.size > 0, 'no script was seen to be loaded')
  gate(coldHello.value === '21.5', `the hello page shows "${coldHello.value}"`)
  const pairs = await alternate(
    pace.quick ? 1 : 5,
    () => load(ours, address, 1_000),
    () => load(hello, helloAddress),
    0,
  )
  /** A computer a quarter as fast that has never been here. */
  const slow = await alternate(
    pace.quick ? 1 : 5,
    async () => {
      const fresh = await contextOf(browser, address, '[data-equipment] .value', cookie)
      const loaded = await load(fresh, address, 1_000, throttle)
      await fresh.close()
      return loaded
    },
    async () => {
      const fresh = await contextOf(browser, helloAddress, 'output')
      const loaded = await load(fresh, helloAddress, 1_000, throttle)
      await fresh.close()
      return loaded
    },
    0,
  )
  for (const { value } of [cold, ...pairs.product]) gate(/^-?\d+(\.\d+)?/.test(value), `the first tile shows "${value}"`)
  const note = 'overview of the demo, signed in, files in the browser’s cache; from navigation to the frame after the first value'
  const scripts = 'sum of gzip -6 of each script the first load asks for'
  return [
    compared({ id, metric: 'first tile with a value, warm', unit: 'ms', peer, note }, pairs, of => of.firstValueMs),
    compared(
      { id, metric: 'first tile with a value, first load', unit: 'ms', peer, note: 'the same with an empty cache, once' },
      { product: [cold], peer: [coldHello] },
      of => of.firstValueMs,
    ),
    compared({ id, metric: 'JavaScript', unit: 'kB gzip', peer, note: scripts }, { product: [cold], peer: [coldHello] }, gzipped),
    compared(
      {
        id,
        metric: 'largest contentful paint, 4× slowed',
        unit: 'ms',
        peer,
        note: 'empty cache; the words that the page opens, before any script',
      },
      slow,
      of => of.lcpMs,
    ),
    compared(
      { id, metric: 'first tile with a value, 4× slowed', unit: 'ms', peer, note: 'the same load' },
      slow,
      of => of.firstValueMs,
    ),
    alone(
      { id, metric: 'long tasks, warm', unit: 'tasks', note: 'of 50 ms and more, up to a second after the first value' },
      pairs.product.map(of => of.longTasks),
    ),
    alone(
      { id, metric: 'time in long tasks, warm', unit: 'ms' },
      pairs.product.map(of => of.longTaskMs),
    ),
  ]
}

export const bench: Bench = {
  id,
  title: 'The overview in Chromium',
  quick: true,
  run: pace =>
    inFolder(async folder => {
      await buildHello(folder)
      const { address: helloAddress, server } = await serveFiles(folder)
      const works = await facility()
      const browser = await openBrowser()
      try {
        const product = await works.start()
        return await measure(browser, product.address, helloAddress, pace)
      } finally {
        await browser.close()
        await works.remove()
        server.closeAllConnections()
        server.close()
      }
    }),
}
