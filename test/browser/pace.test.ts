import { rm } from 'node:fs/promises'
import type { Browser, CDPSession, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { WireReading } from '../../gateway/api/wire.ts'
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
})
