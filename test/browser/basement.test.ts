import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBrowser } from '../kit/browser.ts'
import { facility, password, person } from '../kit/product.ts'
import type { Facility, Product } from '../kit/product.ts'

/** Answering in a basement: the network is gone, the thumb is there; with the real start command and real equipment. */
const minute = 60_000
let works: Facility
let gateway: Product
let browser: Browser
let admin: Awaited<ReturnType<typeof person>>
let phone: Page
const errors: string[] = []

beforeAll(async () => {
  works = await facility()
  browser = await openBrowser()
  gateway = await works.start(['--speed', '60'])
  admin = await person(gateway.address)
  for (const username of ['wangfang', 'liguoqiang'])
    expect((await admin.send('POST', '/api/v1/users', { username, role: 'operator', password })).status).toBe(201)
  const fault = await admin.send('POST', '/api/v1/demo/faults', { equipment: 'cold-1', fault: 'door-left-open' })
  expect(fault.status).toBeLessThan(300)
  const context = await browser.newContext({
    locale: 'zh-CN',
    viewport: { width: 360, height: 780 },
    hasTouch: true,
    isMobile: true,
    serviceWorkers: 'block',
  })
  phone = await context.newPage()
  phone.on('pageerror', error => errors.push(error.message))
  await phone.goto(gateway.address)
  await phone.getByLabel('用户名').fill('wangfang')
  await phone.getByLabel('密码', { exact: true }).fill(password)
  await phone.getByRole('button', { name: '登录' }).click()
}, 3 * minute)

afterAll(async () => {
  await browser?.close()
  await works?.remove()
}, minute)

interface Seen {
  readonly id: string
  readonly point: string
  readonly state: string
  readonly acknowledged?: { readonly by: string; readonly comment: string }
}
async function alarm(
  id: string,
): Promise<Seen & { readonly timeline: readonly { kind: string; data: Record<string, unknown> }[] }> {
  return (await admin.get(`/api/v1/alarms/${id}`)) as Awaited<ReturnType<typeof alarm>>
}
const answer = async (card: ReturnType<Page['locator']>, comment: string): Promise<void> => {
  await card.locator('[data-deed="acknowledge"]').click()
  await card.getByRole('textbox').fill(comment)
  await card.locator('form button[type="submit"]').click()
}

describe('an answer where there is no network', () => {
  let id = ''

  test('is a button large enough for a thumb in a glove', async () => {
    const button = phone.locator('.needs [data-acknowledge]').first()
    await button.waitFor()
    id = (await button.getAttribute('data-acknowledge')) ?? ''
    const box = await button.boundingBox()
    expect(box?.height).toBeGreaterThanOrEqual(44)
    expect(box?.width).toBeGreaterThanOrEqual(60)
  })

  test('is kept on the phone and says so; the alarm stays what it is until the gateway has it', async () => {
    await phone.context().setOffline(true)
    const card = phone.locator(`.needs [data-alarm="${id}"]`)
    await answer(card, '去看了 <b>门</b>')
    await phone.getByText('没有网络：1 条确认记在这台设备上').waitFor()
    await card.getByText('已记在这台设备上').waitFor()
    expect(await card.getAttribute('data-alarm')).toBe(id)
    expect((await alarm(id)).state).toMatch(/unacknowledged/)
    // Said once more, it is still one.
    await answer(card, '门关好了')
    await phone.getByText('没有网络：1 条确认记在这台设备上').waitFor()
  })

  test('goes off by itself when the network is back, with both times on record', async () => {
    await phone.context().setOffline(false)
    await expect.poll(async () => (await alarm(id)).acknowledged).toMatchObject({ by: 'wangfang', comment: '门关好了' })
    const { timeline } = await alarm(id)
    const entries = timeline.filter(({ kind }) => kind === 'alarm.acknowledged')
    expect(entries).toHaveLength(1)
    expect(entries[0]?.data['notedAt']).toEqual(expect.any(Number))
    await phone.getByText('没有网络：').waitFor({ state: 'detached' })
    await phone.goto(`${gateway.address}/alarms#${id}`)
    await phone.getByText('在没有网络的地方记下').first().waitFor()
  })

  test('that came too late is told with what the gateway says, and lies there until it was seen', async () => {
    await phone.goto(gateway.address)
    const button = phone.locator('.needs [data-acknowledge]').first()
    await button.waitFor()
    const other = (await button.getAttribute('data-acknowledge')) ?? ''
    await phone.context().setOffline(true)
    await answer(phone.locator(`.needs [data-alarm="${other}"]`), '我来')
    await phone.getByText('没有网络：1 条确认').waitFor()
    expect((await admin.send('POST', `/api/v1/alarms/${other}/acknowledge`, { comment: 'first' })).status).toBe(200)
    await phone.context().setOffline(false)
    const told = phone.getByText('的确认没有被接受：')
    await told.waitFor()
    expect(await told.innerText()).toContain('已有人确认此报警')
    await phone.getByRole('button', { name: '知道了' }).click()
    await told.waitFor({ state: 'detached' })
    expect(await phone.evaluate(() => localStorage.getItem('zhishou.answers.kept'))).toBe('[]')
    expect(errors).toEqual([])
  })
})
