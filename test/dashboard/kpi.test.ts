import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { barsOf, percent } from '../../dashboard/src/live/kpi.ts'
import { openBrowser } from '../kit/browser.ts'
import { builtDashboard } from './built.ts'
import { kpiOf } from './kpi.ts'
import { Stage } from './stage.ts'

const perDay = (length: number) =>
  Array.from({ length }, (_, n) => ({ from: new Date(n * 86_400_000).toISOString(), calls: n, isFlood: n === 9 }))

describe('the bars', () => {
  test('are one a day for two months, and one a week beyond, with nothing lost', () => {
    expect(barsOf(perDay(62))).toHaveLength(62)
    const weeks = barsOf(perDay(365))
    expect(weeks).toHaveLength(53)
    expect(weeks.reduce((sum, { calls }) => sum + calls, 0)).toBe((364 * 365) / 2)
    expect(weeks.map(({ isFlood }) => isFlood).indexOf(true)).toBe(1)
    expect(barsOf([])).toEqual([])
  })
  test.each([
    [0, '0'],
    [0.0031, '0.3'],
    [0.099, '9.9'],
    [0.74, '74'],
    [1, '100'],
  ])('say a share of %d as %s per cent', (share, said) => {
    expect(percent(share)).toBe(said)
  })
})

describe('the page of alarm performance', () => {
  const now = Date.UTC(2026, 10, 22, 1, 30)
  let stage: Stage
  let browser: Browser
  let url: string
  beforeAll(async () => {
    stage = new Stage({ dist: await builtDashboard(), now })
    url = await stage.start()
    browser = await openBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await stage?.stop()
  })

  const opened = async (locale: string, width: number): Promise<{ page: Page; asked: URLSearchParams[] }> => {
    const context = await browser.newContext({ viewport: { width, height: 780 }, locale })
    await context.addCookies([{ name: 'session', value: 'guest', url }])
    const page = await context.newPage()
    const asked: URLSearchParams[] = []
    await page.route('**/api/v1/kpi?*', route => {
      const query = new URL(route.request().url()).searchParams
      asked.push(query)
      const [from, to] = [Number(query.get('from')), Number(query.get('to'))]
      return route.fulfill({ json: kpiOf(to, Math.round((to - from) / 86_400_000)) })
    })
    await page.goto(`${url}/kpi`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.locator('.figures').waitFor()
    return { page, asked }
  }

  test('asks for the last seven days of the gateway, says six figures with a verdict, and leads to equipment and clause', async () => {
    const { page, asked } = await opened('zh-CN', 1280)
    expect(Number(asked[0]?.get('to'))).toBeGreaterThanOrEqual(now)
    expect(Number(asked[0]?.get('to')) - Number(asked[0]?.get('from'))).toBe(7 * 86_400_000)
    const figures = page.locator('[data-measure]')
    expect(await figures.count()).toBe(6)
    expect(await page.locator('[data-measure="top-ten"]').innerText()).toMatch(/74\s*%[\s\S]*偏高/)
    expect(await page.locator('[data-measure="rate"]').innerText()).toContain('达标')
    const first = page.locator('ol li').first()
    expect(await first.innerText()).toContain('回差从')
    expect(await first.getByRole('link').evaluateAll(links => links.map(link => link.getAttribute('href')))).toEqual([
      '/equipment/cold-1',
      '/policies#CAN-1',
      '/policies#CAN-1',
    ])
    await page.context().close()
  })
  test('asks again for another period, by keyboard, on a phone where nothing hangs over', async () => {
    const { page, asked } = await opened('en-GB', 360)
    await page.getByRole('radio', { name: '7 days' }).focus()
    await page.keyboard.press('ArrowRight')
    await expect.poll(() => asked.length).toBe(2)
    expect(Number(asked[1]?.get('to')) - Number(asked[1]?.get('from'))).toBe(30 * 86_400_000)
    await expect.poll(() => page.getByRole('img', { name: /^30 days/ }).count()).toBe(1)
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0)
    await page.context().close()
  })
  test('says so when the figures cannot be had, and tries again when asked', async () => {
    const context = await browser.newContext({ locale: 'en-GB' })
    await context.addCookies([{ name: 'session', value: 'guest', url }])
    const page = await context.newPage()
    await page.goto(`${url}/kpi`)
    await page.getByRole('button', { name: 'Try again' }).waitFor()
    await page.route('**/api/v1/kpi?*', route => route.fulfill({ json: kpiOf(now) }))
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.locator('.figures').waitFor()
    await context.close()
  })
})
