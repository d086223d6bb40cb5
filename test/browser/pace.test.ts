import { rm } from 'node:fs/promises'
import type { Browser, CDPSession, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { WirePoint, WireReading } from '../../gateway/api/wire.ts'
import { place } from '../../dashboard/src/live/band.ts'
import { isBeyond } from '../../dashboard/src/live/views.ts'
import { builtDashboard } from '../dashboard/built.ts'
import { alarmOf, alarmSketches, crowd } from '../dashboard/school.ts'
import { Stage } from '../dashboard/stage.ts'
import { openBrowser } from '../kit/browser.ts'

/** What a page holds on to when nobody ever closes it. */
let folder: string
let browser: Browser
beforeAll(async () => {
  folder = await builtDashboard()
  browser = await openBrowser()
})
afterAll(async () => {
  await browser.close()
  await rm(folder, { recursive: true, force: true })
})
let stage: Stage
afterEach(() => stage.stop())

interface Opened {
  readonly page: Page
  readonly watch: CDPSession
}
async function open(address: string, path: string): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width: 1920, height: 1080 }, locale: 'zh-CN', serviceWorkers: 'block' })
  await context.request.post(`${address}/api/v1/session`, { data: { username: 'admin', password: 'secret' } })
  const page = await context.newPage()
  const watch = await context.newCDPSession(page)
  await page.goto(address + path)
  return { page, watch }
}

describe('the first look on a computer a quarter as fast', () => {
  test('has its largest paint within a second', async () => {
    stage = new Stage({ dist: folder, alarms: [] })
    const address = await stage.start()
    const paints: number[] = []
    // Other tests have the processor too: one look in which they do not is enough to show that it can.
    while (paints.length < 12 && !paints.some(ms => ms < 1_000)) {
      const context = await browser.newContext({
        viewport: { width: 1280, height: 800 },
        locale: 'zh-CN',
        serviceWorkers: 'block',
      })
      await context.request.post(`${address}/api/v1/session`, { data: { username: 'admin', password: 'secret' } })
      const page = await context.newPage()
      await (await context.newCDPSession(page)).send('Emulation.setCPUThrottlingRate', { rate: 4 })
      await page.goto(address)
      await page.locator('[data-equipment] .value').getByText(/\d/).first().waitFor()
      await page.waitForLoadState('networkidle')
      const seen = await page.evaluate(
        () =>
          new Promise<number[]>(resolve =>
            new PerformanceObserver(list => resolve(list.getEntries().map(({ startTime }) => startTime))).observe({
              type: 'largest-contentful-paint',
              buffered: true,
            }),
          ),
      )
      paints.push(seen.at(-1) ?? NaN)
      await context.close()
    }
    expect(Math.min(...paints)).toBeLessThan(1_000)
  })
})

describe('a wall that is never closed', () => {
  test('holds no more memory after a day than in the middle of it', async () => {
    stage = new Stage({ dist: folder, alarms: [] })
    const address = await stage.start()
    const { page, watch } = await open(address, '/wall')
    await page.locator('[data-equipment]').first().waitFor()
    const held: number[] = []
    const hour = 3_600_000
    let now = stage.now
    for (let passed = 1; passed <= 24; passed++) {
      for (let minute = 0; minute < 60; minute++) {
        now += hour / 60
        const readings = stage.readings().map(([point, , , value, quality, ...rest], n): WireReading => {
          const moved = value === null ? null : value + Math.sin(now / 600_000 + n)
          return [point, now, now + 80, moved, quality, ...rest] as WireReading
        })
        stage.tell({ readings })
      }
      await page.evaluate(() => new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve))))
      await watch.send('HeapProfiler.collectGarbage')
      held.push((await watch.send('Runtime.getHeapUsage')).usedSize / 1e6)
    }
    const middle = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
    // What is kept grows into its bounds in the first hours; from then on nothing does.
    expect(middle(held.slice(18))).toBeLessThan(middle(held.slice(9, 15)) * 1.02)
    expect(middle(held.slice(18))).toBeLessThan(middle(held.slice(0, 3)) * 1.2)
  })
})

describe('five hundred tiles', () => {
  test('show what changes where somebody looks, the rest when it is looked at, and at once whatever becomes abnormal', async () => {
    stage = new Stage({ dist: folder, alarms: [], site: crowd(500) })
    const address = await stage.start()
    const { page } = await open(address, '/')
    const tile = (index: number) => page.locator(`[data-equipment="unit-${index}"]`)
    await tile(0).locator('.value').getByText(/\d/).waitFor()
    const lowest = 497
    const box = await tile(lowest).boundingBox()
    expect(box?.y).toBeGreaterThan(1_080)
    const told = (value: number) => {
      const at = stage.now
      stage.tell({ readings: stage.readings().map(([point]): WireReading => [point, at, at, value, 'good']) })
    }
    // The browser finds out in its own time what nobody sees; from then on that waits.
    let value = 3
    await expect
      .poll(
        async () => {
          told((value += 0.1))
          await tile(0).getByText(value.toFixed(1)).waitFor()
          return (await tile(lowest).locator('.value').textContent())?.includes(value.toFixed(1))
        },
        { timeout: 60_000 },
      )
      .toBe(false)
    told(7.1)
    await tile(0).getByText('7.1').waitFor()

    const [sketch] = alarmSketches
    if (!sketch) throw new Error('the stage has no alarm')
    stage.tell({ alarms: [{ ...alarmOf(sketch, stage.now), id: 'own', equipment: `unit-${lowest}` }] })
    await page.locator(`[data-equipment="unit-${lowest}"][data-tone="${sketch.priority}"]`).waitFor({ state: 'attached' })
    expect(await tile(lowest).locator('.value').textContent()).toContain('7.1')

    // What stood beside it is renewed for the eye that comes to it.
    const other = 496
    told(6.3)
    await tile(0).getByText('6.3').waitFor()
    await tile(other).scrollIntoViewIfNeeded()
    await tile(other).getByText('6.3').waitFor()
  })

  test('have their needles where their values are: at first, in another window, beyond a limit and on paper', async () => {
    const site = crowd(500)
    stage = new Stage({ dist: folder, alarms: [], site })
    stage.silent.clear()
    stage.bad.clear()
    const address = await stage.start()
    const { page } = await open(address, '/')
    await page.locator('[data-equipment="unit-0"] .value').getByText(/\d/).waitFor()
    const point = (id: string) => site.equipment.find(one => one.id === id)?.points[0]
    /** Per cent of its scale at which each needle in sight stands, by equipment. */
    const needles = (): Promise<[string, number][]> =>
      page.evaluate(() =>
        [...document.querySelectorAll('.rows')].flatMap(rows => {
          const root = rows.getBoundingClientRect()
          if (root.bottom < 0 || root.top > innerHeight) return []
          const drawn = rows.querySelector('path')?.getAttribute('d')?.split('M').slice(1) ?? []
          const scales = [...rows.querySelectorAll('.scale')].filter(scale => !scale.querySelector('b'))
          if (drawn.length !== scales.length) return []
          return scales.map((scale, index): [string, number] => {
            const [x = NaN, y = NaN] = drawn[index]?.split(/[ h]/).map(Number) ?? []
            const box = scale.getBoundingClientRect()
            const isOn = Math.abs(y + root.top - box.top) < 1
            const id = scale.closest<HTMLElement>('[data-equipment]')?.dataset['equipment'] ?? ''
            return [id, isOn ? ((x + 1.5 + root.left - box.left) / box.width) * 100 : NaN]
          })
        }),
      )
    const told = (valueOf: (own: WirePoint) => number): void => {
      const at = stage.now
      stage.tell({
        readings: site.equipment.flatMap(one => one.points.map((own): WireReading => [own.id, at, at, valueOf(own), 'good'])),
      })
    }
    const stand = async (valueOf: (own: WirePoint) => number): Promise<void> => {
      await expect
        .poll(async () => {
          // Again and again: a page that has just come asks for the whole once more.
          told(valueOf)
          const seen = await needles()
          const farthest = seen.map(([id, at]) => {
            const own = point(id)
            return own ? Math.abs(at - place(own.range, valueOf(own)).at) : NaN
          })
          return seen.length > 120 && Math.max(...farthest) < 1
        })
        .toBe(true)
    }
    /** Within what is allowed, this share of the way. */
    const calm =
      (share: number) =>
      ({ range, limits: { min = range.min, max = range.max } }: WirePoint): number =>
        min + (max - min) * share
    const high = ({ range }: WirePoint): number => range.min + (range.max - range.min) * 0.9
    await stand(calm(0.5))
    await page.setViewportSize({ width: 1500, height: 1080 })
    await stand(calm(0.5))
    expect(await page.locator('.scale b').count()).toBe(0)

    // At nine tenths of the scale many are beyond what is allowed: those have a needle of their own.
    told(high)
    const beyond = site.equipment.filter(({ points: [own] }) => own?.kind === 'measurement' && isBeyond(own.limits, high(own)))
    expect(beyond.length).toBeGreaterThan(50)
    await page.locator('.scale b.beyond').first().waitFor({ state: 'attached' })
    const own = beyond[0]?.id ?? ''
    await expect
      .poll(() =>
        page.locator(`[data-equipment="${own}"] .scale b`).evaluate(needle => {
          const [at, box] = [needle.getBoundingClientRect(), needle.parentElement?.getBoundingClientRect()]
          return box ? Math.round(((at.left + at.width / 2 - box.left) / box.width) * 100) : NaN
        }),
      )
      .toBe(90)
    await stand(calm(0.4))

    const printed = page.evaluate(
      () =>
        new Promise<{ apart: number; together: number }>(resolve =>
          addEventListener(
            'beforeprint',
            () =>
              resolve({
                apart: document.querySelectorAll('.scale b').length,
                together: [...document.querySelectorAll('.rows path')].filter(path => path.getAttribute('d') !== '').length,
              }),
            { once: true },
          ),
        ),
    )
    await page.pdf()
    expect(await printed).toEqual({ apart: await page.locator('.scale').count(), together: 0 })
    await stand(calm(0.4))

    // What lies off the screen and was not built anew yet is so on paper.
    const onPaper = page.evaluate(
      () =>
        new Promise<number>(resolve =>
          addEventListener('beforeprint', () => resolve(document.querySelectorAll('.scale b.beyond').length), { once: true }),
        ),
    )
    told(high)
    await page.locator('.scale b.beyond').first().waitFor({ state: 'attached' })
    await page.pdf()
    expect(await onPaper).toBe(beyond.length)
  })
})
