import { rm } from 'node:fs/promises'
import type { Browser, Page } from 'playwright-core'
import type { WireReading } from '../../gateway/api/wire.ts'
import { systemClock } from '../../gateway/clock.ts'
import type { Cancel, Millis } from '../../protocols/contract/time.ts'
import { builtDashboard } from '../dashboard/built.ts'
import { crowd } from '../dashboard/school.ts'
import { Stage } from '../dashboard/stage.ts'
import { openBrowser } from '../kit/browser.ts'
import { alone, alternate, compared, gate } from './figure.ts'
import type { Bench, Figure, Pace } from './figure.ts'
import { passes } from './process.ts'

const id = 'tiles'
const peer = 'plain elements'
const count = 500
/** The processor of a cheap computer behind a screen, as DevTools plays it. */
const throttle = 4

interface Busy {
  /** Percent of a throttled core that the main thread of the page takes. */
  readonly share: number
  readonly longestMs: number
  readonly longTasks: number
}

interface TraceEvent {
  readonly name: string
  readonly ph: string
  readonly pid: number
  readonly tid: number
  readonly tdur?: number
  readonly args?: { readonly name?: string }
}

/** Time of the processor, not of the clock: what others do on this machine does not count. */
async function watch(browser: Browser, page: Page, length: number): Promise<Busy> {
  const session = await page.context().newCDPSession(page)
  await session.send('Emulation.setCPUThrottlingRate', { rate: throttle })
  await passes(2_000)
  const tracing = await browser.newBrowserCDPSession()
  const events: TraceEvent[] = []
  tracing.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])))
  const told = new Promise<unknown>(resolve => tracing.once('Tracing.tracingComplete', resolve))
  await tracing.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: ['toplevel', '__metadata'] },
  })
  await passes(length)
  await tracing.send('Tracing.end')
  await told
  await session.send('Emulation.setCPUThrottlingRate', { rate: 1 })
  await session.detach()
  await tracing.detach()
  const mains = events.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
  const tasks = mains
    .map(({ pid, tid }) =>
      events.filter(one => one.pid === pid && one.tid === tid && one.ph === 'X' && one.name.endsWith('RunTask')),
    )
    .reduce((most, own) => (own.length > most.length ? own : most), [])
    .map(({ tdur = 0 }) => tdur / 1_000)
  gate(tasks.length > 0, 'no task of the page was seen')
  return {
    share: (tasks.reduce((sum, ms) => sum + ms, 0) / length) * 100,
    longestMs: Math.max(...tasks),
    longTasks: tasks.filter(ms => ms > 50).length,
  }
}

/** The same figures in plain elements that a script sets once a second, all of them. */
const plain = `<!doctype html><meta charset="utf-8"><style>
  body { font: 14px sans-serif; display: grid; grid-template-columns: repeat(9, 1fr); gap: 5px }
  a { display: flex; flex-wrap: wrap; padding: 2px 8px; border: 1px solid #ddd; border-radius: 8px }
  span { flex: 1 } i { position: relative; flex: 1 0 100%; height: 8px; background: #eee } b { position: absolute; width: 3px; height: 8px; background: #000 }
</style><body><script>
  const tiles = Array.from({ length: ${count} }, (_, n) => {
    const tile = document.createElement('a')
    tile.innerHTML = '<span>Unit ' + n + '</span><em>0</em><i><b></b></i>'
    document.body.append(tile)
    return [tile.querySelector('em'), tile.querySelector('b')]
  })
  let second = 0
  setInterval(() => {
    second += 1
    tiles.forEach(([value, needle], n) => {
      const now = 4 + Math.sin(second + n)
      value.textContent = now.toFixed(1) + ' °C'
      needle.style.left = (now * 10).toFixed(1) + '%'
    })
    document.title = String(second)
  }, 1000)
</script>`

async function measure(folder: string, browser: Browser, { quick }: Pace): Promise<readonly Figure[]> {
  const stage = new Stage({ dist: folder, alarms: [], site: crowd(count) })
  stage.silent.clear()
  stage.bad.clear()
  const address = await stage.start()
  const viewport = { width: 1920, height: 1080 }
  const context = await browser.newContext({ viewport, locale: 'zh-CN', serviceWorkers: 'block' })
  await context.request.post(`${address}/api/v1/session`, { data: { username: 'admin', password: 'secret' } })
  const spans = stage.site.equipment.flatMap(({ points }) => points.map(({ range }) => range.max - range.min))
  let second = 0
  /** By so much of its scale each value moves. */
  let swing = 0.03
  let stop: Cancel = () => undefined
  const beat = (): void => {
    stop = systemClock.after(1_000 as Millis, beat)
    second += 1
    const at = stage.now
    stage.tell({
      readings: stage
        .readings()
        .map(([point, , , value], n): WireReading => [
          point,
          at,
          at,
          (value ?? 0) + Math.sin(second + n) * swing * (spans[n] ?? 0),
          'good',
        ]),
    })
  }
  beat()
  const length = quick ? 4_000 : 10_000
  /** Of many: after two turns of the sine one by itself may show what it did. */
  const shown = async (page: Page): Promise<string> =>
    (await page.locator('[data-equipment] .value').allTextContents()).slice(0, 40).join(' ')
  const ours = async (): Promise<Busy> => {
    const page = await context.newPage()
    await page.goto(address)
    await page.locator('[data-equipment] .value').first().waitFor()
    gate((await page.locator('[data-equipment]').count()) === count, 'not every tile is there')
    const before = await shown(page)
    const busy = await watch(browser, page, length)
    gate((await shown(page)) !== before, 'the tiles stood still')
    await page.close()
    return busy
  }
  const theirs = async (): Promise<Busy> => {
    const page = await browser.newPage({ viewport })
    await page.setContent(plain)
    const busy = await watch(browser, page, length)
    gate(Number(await page.title()) > 1, 'the plain page stood still')
    await page.close()
    return busy
  }
  try {
    const pairs = await alternate(quick ? 1 : 3, ours, theirs, quick ? 0 : 1)
    swing = 0.3
    const wild = await ours()
    const note = `overview with ${count} tiles at 1920×1080, every point new each second, main thread ${throttle}× throttled, processor time from a trace`
    return [
      compared({ id, metric: `${count} live tiles`, unit: '% of a core', peer, note }, pairs, ({ share }) => share),
      compared({ id, metric: 'longest task', unit: 'ms', peer }, pairs, ({ longestMs }) => longestMs),
      alone(
        {
          id,
          metric: 'the same, values across their limits',
          unit: '% of a core',
          note: 'each by up to 30 % of its scale, each second',
        },
        [wild.share],
      ),
      alone(
        { id, metric: 'tasks beyond 50 ms', unit: 'tasks', note: `in ${length / 1_000} s` },
        [...pairs.product, wild].map(({ longTasks }) => longTasks),
      ),
    ]
  } finally {
    stop()
    await context.close()
    await stage.stop()
  }
}

export const bench: Bench = {
  id,
  title: 'Hundreds of live tiles in Chromium',
  quick: true,
  run: async pace => {
    const folder = await builtDashboard()
    const browser = await openBrowser()
    try {
      return await measure(folder, browser, pace)
    } finally {
      await browser.close()
      await rm(folder, { recursive: true, force: true })
    }
  },
}
