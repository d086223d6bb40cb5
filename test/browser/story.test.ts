import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBrowser } from '../kit/browser.ts'
import { facility, password, person } from '../kit/product.ts'
import type { Facility, Product } from '../kit/product.ts'

/**
 * The product as its first user meets it: the real start command, the real equipment protocols, a real browser. A cabinet's door is
 * left open, the alarm comes with its clause, a person answers, the gateway is killed, and everything is still there.
 */
let works: Facility
let gateway: Product
let browser: Browser
let page: Page
const minute = 60_000

beforeAll(async () => {
  works = await facility()
  browser = await openBrowser()
  gateway = await works.start(['--speed', '120'])
}, 2 * minute)

afterAll(async () => {
  await browser?.close()
  await works?.remove()
}, minute)

async function signIn(): Promise<void> {
  await page.goto(gateway.address)
  await page.getByLabel('用户名').fill('admin')
  await page.getByLabel('密码', { exact: true }).fill(password)
  await page.getByRole('button', { name: '登录' }).click()
  await page.getByRole('heading', { name: '食堂' }).first().waitFor()
}

const tile = (name: string) => page.getByRole('link').filter({ hasText: name }).first()

describe('a person who has never seen it', () => {
  test('signs in and sees the school live, with the pace of its clock', async () => {
    const context = await browser.newContext({ locale: 'zh-CN', viewport: { width: 1280, height: 800 } })
    page = await context.newPage()
    await signIn()

    expect(await page.title()).toContain('青山小学')
    await expect.poll(() => page.getByRole('combobox').first().inputValue()).toBe('120')
    expect(await page.locator('body').innerText()).toContain('演示')
    for (const name of ['1 号保鲜柜', '2 号保鲜柜', '1 号冰柜', '疫苗冰箱', '校园网机房']) await tile(name).waitFor()
    const value = () => page.locator('main').innerText()
    const before = await value()
    await expect.poll(value, { timeout: 120_000 }).not.toBe(before)
  })

  test('leaves a door open and is told, with the clause, whom to tell and what to do', async () => {
    const { code, out } = works.command('simulate', 'simulators/school/site.yaml', '--fault', 'door-left-open@cold-1')
    expect(out).toContain('cold-1')
    expect(code).toBe(0)

    await page.goto(`${gateway.address}/alarms`)
    const warm = page.getByText(/1 号保鲜柜.*高于 8/).first()
    await warm.waitFor({ timeout: 3 * minute })
    await warm.click()
    const words = await page.locator('main').innerText()
    expect(words).toMatch(/保鲜柜 0–8\s°C/)
    expect(words).toContain('CAN-1')
    expect(words).toContain('综合部')
    expect(words).toContain('制度规定')
  })

  test('acknowledges it with a comment', async () => {
    const api = await person(gateway.address)
    const warm = await findWarm(api)
    await page.locator(`[data-acknowledge="${warm.id}"]`).first().click()
    await page.getByPlaceholder('说明').first().fill('已派人关门')
    await page.getByRole('button', { name: '确认收到' }).first().click()

    await expect.poll(async () => (await findWarm(api)).state, { timeout: 120_000 }).toBe('acknowledged')
  })

  test('kills the gateway, starts it again, and finds alarm, acknowledgement, session and trend as they were', async () => {
    const before = await findWarm(await person(gateway.address))
    const from = Date.now() - 60_000
    const trendOf = async (): Promise<readonly { t: string; v: number | null }[]> => {
      const api = await person(gateway.address)
      const { items } = (await api.get(`/api/v1/points/cold-1.temperature/readings?from=${from}&limit=1000`)) as {
        items: { t: string; v: number | null }[]
      }
      return items
    }
    const trend = await trendOf()
    expect(trend.length).toBeGreaterThan(20)

    await gateway.kill()
    gateway = await works.start(['--speed', '120'])

    expect(await findWarm(await person(gateway.address))).toMatchObject({
      id: before.id,
      since: before.since,
      raisedAt: before.raisedAt,
      acknowledged: before.acknowledged,
    })
    // The last second before the kill may have been on its way to the disk; nothing older may be missing or changed.
    const kept = await trendOf()
    expect(kept.slice(0, trend.length - 20)).toEqual(trend.slice(0, trend.length - 20))

    await page.goto(`${gateway.address}/alarms#${before.id}`)
    await page.getByText('已派人关门').first().waitFor()
    await page.goto(`${gateway.address}/equipment/cold-1`)
    await page.locator('canvas').first().waitFor()
  })

  test('lifts the fault in the page, and the alarm goes back to normal by itself because it was answered', async () => {
    const api = await person(gateway.address)
    expect(
      (await api.send('DELETE', '/api/v1/demo/faults', { equipment: 'cold-1', fault: 'door-left-open' })).status,
    ).toBeLessThan(300)

    await expect
      .poll(async () => (await openAlarms(api)).filter(alarm => alarm.rule === 'cold-1.temperature.too-warm'), {
        timeout: 3 * minute,
        interval: 500,
      })
      .toEqual([])
  })

  test('stops all of it with Ctrl-C, nothing left behind', async () => {
    const { pid } = gateway
    expect(await gateway.stop()).toBe(0)
    expect(() => process.kill(pid, 0)).toThrow()
  })
})

interface Seen {
  readonly id: string
  readonly rule: string
  readonly state: string
  readonly since: unknown
  readonly raisedAt: unknown
  readonly acknowledged?: unknown
}

async function openAlarms(api: Awaited<ReturnType<typeof person>>): Promise<readonly Seen[]> {
  const { items } = (await api.get('/api/v1/alarms?limit=200')) as { items: Seen[] }
  return items.filter(({ state }) => state !== 'normal')
}

async function findWarm(api: Awaited<ReturnType<typeof person>>): Promise<Seen> {
  const found = (await openAlarms(api)).find(({ rule }) => rule === 'cold-1.temperature.too-warm')
  if (!found) throw new Error('no alarm of cold-1.temperature.too-warm')
  return found
}
