import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { WireOutlook } from '../../gateway/api/wire.ts'
import { openBrowser } from '../kit/browser.ts'
import { facility, password, person } from '../kit/product.ts'
import type { Facility, Product } from '../kit/product.ts'

/**
 * The page of a cabinet with the real product behind it: a door is left open until the alarm comes, the device falls silent, a room warms
 * because its cooling died, and the page shows all of it: the sentence with its clause, the mark, the door, the hole, the forecast.
 */
const minute = 60_000
let works: Facility
let gateway: Product
let browser: Browser
let page: Page

beforeAll(async () => {
  works = await facility()
  browser = await openBrowser()
  gateway = await works.start(['--speed', '120'])
  page = await browser.newPage({ locale: 'zh-CN', viewport: { width: 1280, height: 900 } })
  await page.goto(gateway.address)
  await page.getByLabel('用户名').fill('admin')
  await page.getByLabel('密码', { exact: true }).fill(password)
  await page.getByRole('button', { name: '登录' }).click()
  await page.getByRole('heading', { name: '食堂' }).first().waitFor()
}, 5 * minute)
afterAll(async () => {
  await browser?.close()
  await works?.remove()
}, minute)

type Api = Awaited<ReturnType<typeof person>>
const outlookOf = async (api: Api, point: string) => (await api.get(`/api/v1/points/${point}/outlook`)) as WireOutlook
const words = async (selector: string) => (await page.locator(selector).innerText()).replaceAll(/[\u00a0\u202f]/g, ' ')

test('every point says what it is allowed, by which clause, and invents no future', async () => {
  const outlook = await outlookOf(await person(gateway.address), 'cold-1.temperature')

  expect(outlook.limits.at(-1)).toMatchObject({ min: 0, max: 8 })
  expect(outlook.limits.at(-1)?.sources.map(({ clause }) => clause)).toContain('CAN-1')
  expect(outlook.watches.map(({ rule }) => rule)).toContain('cold-1.temperature.too-warm')
  expect(outlook.forecasts).toEqual([])
})

test(
  'a room whose cooling died is said to be heading for its limit, with a band',
  async () => {
    const api = await person(gateway.address)
    for (const [equipment, fault] of [
      ['room-1', 'air-conditioner-dead'],
      ['cold-1', 'door-left-open'],
    ])
      expect((await api.send('POST', '/api/v1/demo/faults', { equipment, fault })).status).toBeLessThan(300)

    await expect
      .poll(async () => (await outlookOf(api, 'room-1.temperature')).forecasts.length, { timeout: 3 * minute, interval: 500 })
      .toBeGreaterThan(0)
    // At the pace of the demo the limit is reached while the page opens.
    expect((await api.send('PUT', '/api/v1/demo/speed', { speed: 10 })).status).toBeLessThan(300)
    await page.goto(`${gateway.address}/equipment/room-1`)
    await page.getByText(/按现在的走势，约\s\d+\s(分钟|小时)/).waitFor()
    await page
      .getByText(/把握 90 %/)
      .first()
      .waitFor()
  },
  5 * minute,
)

test(
  'an alarm, the open door and the silence of the device stand on one axis, each told in words',
  async () => {
    const isWarm = async (api: Api) => {
      const { items } = (await api.get('/api/v1/alarms?equipment=cold-1&limit=50')) as { items: { rule: string }[] }
      return items.some(({ rule }) => rule === 'cold-1.temperature.too-warm')
    }
    const api = await person(gateway.address)
    expect((await api.send('PUT', '/api/v1/demo/speed', { speed: 120 })).status).toBeLessThan(300)
    await expect.poll(() => isWarm(api), { timeout: 3 * minute, interval: 500 }).toBe(true)
    expect((await api.send('POST', '/api/v1/demo/faults', { equipment: 'cold-1', fault: 'device-silent' })).status).toBeLessThan(
      300,
    )
    const holes = async () => ((await api.get('/api/v1/gaps?point=cold-1.temperature')) as { items: { cause: string }[] }).items
    await expect
      .poll(async () => (await holes()).some(({ cause }) => cause !== 'not-begun'), { timeout: 3 * minute, interval: 500 })
      .toBe(true)

    await page.goto(`${gateway.address}/equipment/cold-1`)
    await page.locator('canvas').waitFor()
    await page.getByRole('link', { name: '依据 CAN-1' }).waitFor()
    expect(await words('main header')).toMatch(/1 号保鲜柜.*高于 (8|12) °C/)
    await page.locator('[data-mark]').first().waitFor()
    await page.locator('[data-lane="cold-1.door"] .piece:not(.rest)').first().waitFor()
    await page.locator('.gaps li').first().waitFor()
    expect(await words('.gaps')).toMatch(/至 .+，\p{Script=Han}+/u)
    await page.getByText('以表格查看').click()
    await page.getByRole('region', { name: '以表格查看' }).getByRole('row').nth(5).waitFor()
  },
  6 * minute,
)

test('the views made for each purpose are full of what the school has, and ask what its clauses ask', async () => {
  const api = await person(gateway.address)
  const shares = async () => {
    const { progress } = (await api.get('/api/v1/meters')) as { progress: { clause: string; required: number }[] }
    return Object.fromEntries(progress.map(({ clause, required }) => [clause, required]))
  }
  // 98 % is what the clause asks, and no number of the page.
  expect(await shares()).toEqual({ 'GAS-1': 1, 'GAS-4': 1, 'GAS-2': 0.98, 'GAS-3': 0.7 })
  await page.goto(`${gateway.address}/meters`)
  await expect.poll(() => words('[data-clause="GAS-2"]')).toMatch(/要求 98 %/)
  expect(await page.locator('[data-meter]').count()).toBe(10)

  await page.goto(`${gateway.address}/dosing`)
  await page.locator('[data-tank="tank-2"]').waitFor()
  await expect.poll(() => words('[data-tank="tank-1"]')).toMatch(/1 号生活水箱[^]*m³[^]*投\s*\d+\.\d+\s*g[^]*上限 2 mg\/L/)

  await page.goto(`${gateway.address}/gauges`)
  await page.locator('[data-gauge]').first().waitFor()
  expect(await page.locator('[data-gauge]').count()).toBe(5)
  expect(await page.locator('[data-needle="green"]').count()).toBe(5)

  await page.goto(`${gateway.address}/cycles`)
  await page.getByRole('heading', { name: '消毒周期' }).waitFor()
  await page.getByText(/\d+年\d+月合计/).waitFor()
})
