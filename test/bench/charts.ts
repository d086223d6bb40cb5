import { join } from 'node:path'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import type { Browser, Page } from 'playwright-core'
import { build } from 'vite'
import { openBrowser } from '../kit/browser.ts'
import { alternate, compared, gate } from './figure.ts'
import type { Bench, Figure, Pace } from './figure.ts'
import { inFolder } from './folder.ts'
import { charts, points } from './peers/charts/series.ts'
import type { Driven } from './peers/charts/series.ts'
import { serveFiles } from './static-files.ts'

const id = 'charts'
const peer = 'bare uPlot'

async function buildPages(folder: string): Promise<void> {
  const root = join(import.meta.dirname, 'peers', 'charts')
  await build({
    root,
    plugins: [svelte({ configFile: false })],
    configFile: false,
    logLevel: 'error',
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'es2022',
      rollupOptions: { input: [join(root, 'bare.html'), join(root, 'ours.html')] },
      reportCompressedSize: false,
    },
  })
}

async function opened(browser: Browser, address: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 2_600 } })
  await page.goto(address)
  await page.waitForFunction(count => document.querySelectorAll('canvas').length === count, charts)
  // What a page does once only (fonts, compiling) is not what it costs to stay open.
  await page.evaluate(drive, 30)
  return page
}
const drive = (ticks: number): Promise<void> => (globalThis as unknown as { driven: Driven }).driven.run(ticks)

/** Work of the page's main thread for one reading more in each chart, ms. */
async function cost(page: Page, ticks: number): Promise<number> {
  await page.bringToFront()
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable')
  const busy = async (): Promise<number> => {
    const { metrics } = await session.send('Performance.getMetrics')
    return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN
  }
  const before = await page.evaluate(() => (globalThis as unknown as { driven: Driven }).driven.newest())
  const began = await busy()
  await page.evaluate(drive, ticks)
  const spent = (await busy()) - began
  const after = await page.evaluate(() => (globalThis as unknown as { driven: Driven }).driven.newest())
  gate(after - before === ticks, `${after - before} readings of ${ticks} were drawn`)
  await session.detach()
  return (spent * 1_000) / ticks
}

/** Ink that was drawn: a chart that draws nothing is fast. */
async function inked(page: Page): Promise<number> {
  return page.evaluate(() =>
    Math.min(
      ...[...document.querySelectorAll('canvas')].map(canvas => {
        const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] }
        let dark = 0
        for (let i = 3; i < data.length; i += 4) if ((data[i] ?? 0) > 200 && (data[i - 1] ?? 255) < 90) dark += 1
        return dark
      }),
    ),
  )
}

async function measure(browser: Browser, address: string, { quick }: Pace): Promise<readonly Figure[]> {
  const ours = await opened(browser, `${address}ours.html`)
  const bare = await opened(browser, `${address}bare.html`)
  for (const page of [ours, bare]) gate((await inked(page)) > 500, 'a chart has no curve')
  const ticks = quick ? 60 : 200
  const pairs = await alternate(
    quick ? 2 : 7,
    () => cost(ours, ticks),
    () => cost(bare, ticks),
  )
  const note = `${charts} charts of ${points} readings, each one reading more a frame; main thread of the page, from CDP’s TaskDuration; ours with limits, cursor, summary`
  return [compared({ id, metric: 'one live reading in each chart', unit: 'ms', peer, note }, pairs, ms => ms)]
}

export const bench: Bench = {
  id,
  title: 'Live trends in Chromium',
  quick: true,
  run: pace =>
    inFolder(async folder => {
      await buildPages(folder)
      const { address, server } = await serveFiles(folder)
      const browser = await openBrowser()
      try {
        return await measure(browser, address, pace)
      } finally {
        await browser.close()
        server.closeAllConnections()
        server.close()
      }
    }),
}
