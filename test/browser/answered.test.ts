import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBrowser } from '../kit/browser.ts'
import { facility, password, person } from '../kit/product.ts'
import type { Facility, Product } from '../kit/product.ts'

/**
 * From alarm to answered, as a cook and two guards meet it on their phones, with the real start command and real equipment: the person the
 * clause names is told, sees it, acts, the shift is handed over with both signatures, and after a kill all of it is on record once.
 */
let works: Facility
let gateway: Product
let browser: Browser
let admin: Awaited<ReturnType<typeof person>>
const minute = 60_000
const phone = { width: 390, height: 844 }

/** The guards' accounts: whoever the roster has on, the two who are here sign. */
const people = ['wangfang', 'guard', 'liguoqiang'] as const

beforeAll(async () => {
  works = await facility()
  browser = await openBrowser()
  gateway = await works.start(['--speed', '60'])
  admin = await person(gateway.address)
  for (const username of people) {
    const made = await admin.send('POST', '/api/v1/users', { username, role: 'operator', password })
    expect(made.status).toBe(201)
  }
}, 2 * minute)

afterAll(async () => {
  await browser?.close()
  await works?.remove()
}, minute)

async function onThePhone(username: string): Promise<{ readonly page: Page; readonly context: BrowserContext }> {
  const context = await browser.newContext({ locale: 'zh-CN', viewport: phone, hasTouch: true, isMobile: true })
  const page = await context.newPage()
  await page.goto(gateway.address)
  await page.getByLabel('用户名').fill(username)
  await page.getByLabel('密码', { exact: true }).fill(password)
  await page.getByRole('button', { name: '登录' }).click()
  await page.getByRole('heading', { name: '食堂' }).first().waitFor()
  return { page, context }
}

interface Seen {
  readonly id: string
  readonly rule: string
  readonly state: string
  readonly acknowledged?: { readonly by: string; readonly comment: string }
  readonly confirmed?: { readonly by: string; readonly action: string }
  readonly told: readonly {
    readonly person: string
    readonly outcome: string
    readonly channel?: string
    readonly occasion: string
  }[]
}
async function warm(): Promise<Seen | undefined> {
  const { items } = (await admin.get('/api/v1/alarms?equipment=cold-1&limit=50')) as { items: Seen[] }
  return items.find(({ rule }) => rule === 'cold-1.temperature.too-warm')
}
interface Line {
  readonly kind: string
  readonly by: string
  readonly about?: string
  readonly data: Readonly<Record<string, unknown>>
}
async function journalOf(kind: string): Promise<readonly Line[]> {
  const { items } = (await admin.get(`/api/v1/journal?kinds=${kind}&limit=500`)) as { items: Line[] }
  return items
}

describe('from alarm to answered, on the phone', () => {
  test('the person the clause names is told, and the alarm carries the proof', async () => {
    const fault = await admin.send('POST', '/api/v1/demo/faults', { equipment: 'cold-1', fault: 'door-left-open' })
    expect(fault.status).toBeLessThan(300)

    await expect
      .poll(async () => (await warm())?.told.map(({ person: who, outcome, channel }) => `${who} ${outcome} ${channel}`) ?? [], {
        timeout: 3 * minute,
      })
      .toContain('deng delivered board')
  })

  test('a cook acknowledges it and then says what was done', async () => {
    const id = (await warm())?.id ?? ''
    const { page, context } = await onThePhone('wangfang')
    await page.goto(`${gateway.address}/alarms`)
    const card = page.locator(`[data-row="${id}"]`).first()
    await card.click()
    await page.locator(`[data-acknowledge="${id}"]`).first().click()
    await page.getByPlaceholder('说明').first().fill('我去看')
    await page.getByRole('button', { name: '确认收到' }).first().click()
    await expect
      .poll(async () => (await warm())?.acknowledged, { timeout: 120_000 })
      .toMatchObject({ by: 'wangfang', comment: '我去看' })

    await page.locator('[data-deed="confirm"]').first().click()
    await page.getByLabel('做了什么（必填）').first().fill('门已关好，食品移到 2 号柜')
    await page.getByRole('button', { name: '登记处理' }).first().click()
    await expect
      .poll(async () => (await warm())?.confirmed, { timeout: 120_000 })
      .toMatchObject({ by: 'wangfang', action: '门已关好，食品移到 2 号柜' })
    await context.close()
  })

  test('two guards hand the shift over, item by item, and both sign', async () => {
    const { page, context } = await onThePhone('guard')
    await page.goto(`${gateway.address}/handover`)
    await page.getByRole('heading', { name: '双方签字' }).waitFor()
    const sign = page.locator('form.sign')
    await sign.locator('input[type=password]').first().fill(password)
    await sign.getByLabel('用户名').fill('liguoqiang')
    await sign.locator('input[type=password]').last().fill(password)

    // While they talk the school goes on: what comes meanwhile is shown, and has to be gone through as well.
    const done = page.getByText('已交接，双方签字')
    for (let tries = 0; tries < 20 && !(await done.isVisible()); tries += 1) {
      for (const box of await page.locator('main li textarea').all())
        if ((await box.inputValue()) === '') await box.fill('已交代，接着盯')
      for (const box of await sign.locator('input[type=password]').all())
        if ((await box.inputValue()) === '') await box.fill(password)
      const answered = page.waitForResponse(
        answer => answer.url().includes('/api/v1/handover') && answer.request().method() === 'POST',
      )
      await page.getByRole('button', { name: '签字交班' }).click()
      await answered
      await page
        .getByRole('button', { name: /签字交班|打印/ })
        .first()
        .waitFor()
    }
    await done.waitFor()

    const [record] = await journalOf('record.handover')
    expect(record?.data).toMatchObject({ equipment: 'desk-1', verdict: 'passed' })
    const signed = JSON.stringify((await journalOf('handover.signed'))[0]?.data)
    for (const name of ['guard', 'liguoqiang', '已交代，接着盯']) expect(signed).toContain(name)
    await context.close()
  })

  test('after a kill everything is on record, once', async () => {
    const before = await warm()
    const handovers = (await journalOf('record.handover')).length
    const delivered = new Set((await journalOf('notice.delivered')).map(({ data }) => data['notice']))
    await gateway.kill()
    gateway = await works.start(['--speed', '60'])
    admin = await person(gateway.address)

    expect(await warm()).toMatchObject({ id: before?.id, acknowledged: before?.acknowledged, confirmed: before?.confirmed })
    expect(await journalOf('record.handover')).toHaveLength(handovers)
    const now = (await journalOf('notice.delivered')).map(({ data }) => data['notice'])
    expect(new Set(now).size).toBe(now.length)
    for (const notice of delivered) expect(now).toContain(notice)
  })
})
