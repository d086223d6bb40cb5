import { readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { builtDashboard } from '../dashboard/built.ts'
import { openBrowser } from '../kit/browser.ts'
import { facility, person } from '../kit/product.ts'
import type { Facility, Product } from '../kit/product.ts'
import { passwords, RecordsGround } from '../records/records-ground.ts'

/** Whoever doses the water, with a phone in one hand: the real page in a real browser, the real gateway behind it. */
const minute = 60_000
const soon = { timeout: 120_000 }
const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const phone = {
  viewport: { width: 360, height: 740 },
  isMobile: true,
  hasTouch: true,
  locale: 'zh-CN',
  timezoneId: 'Asia/Shanghai',
  reducedMotion: 'reduce',
} as const
let browser: Browser
let context: BrowserContext
let page: Page
const errors: string[] = []

beforeAll(async () => {
  browser = await openBrowser()
}, minute)
afterAll(() => browser?.close())

async function signIn(address: string, username: string, secret: string, look: object = {}): Promise<void> {
  context = await browser.newContext({ ...phone, ...look })
  page = await context.newPage()
  page.on('pageerror', error => errors.push(error.message))
  await context.request.post(`${address}/api/v1/session`, { data: { username, password: secret }, headers: { origin: address } })
}
async function expectAccessible(): Promise<void> {
  await page.evaluate(axeSource)
  const found = await page.evaluate(async () => {
    // @ts-expect-error axe puts itself on the window
    const { violations } = await window.axe.run(document, { resultTypes: ['violations'] })
    return (violations as { id: string; nodes: { html: string }[] }[]).map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)
  })
  expect(found).toEqual([])
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth)).toBe(true)
}
const sign = async (secret: string): Promise<void> => {
  await page.getByLabel('你的密码').fill(secret)
  await page.getByRole('button', { name: '签字登记' }).click()
}

describe('on the phone', () => {
  let ground: RecordsGround
  let dashboard: string
  beforeAll(async () => {
    dashboard = await builtDashboard()
    ground = await RecordsGround.make(dashboard)
    await ground.reads({
      'tank-1.volume': 12.4,
      'tank-1.chlorine': 0.12,
      'tank-1.dosings': 4,
      'tank-2.dosings': 1,
      'cold-1.temperature': 4.3,
    })
  }, 3 * minute)
  afterAll(async () => {
    await ground?.remove()
    await rm(dashboard, { recursive: true, force: true })
  }, minute)
  beforeEach(() => signIn(ground.address, 'li', passwords.li))
  afterEach(async () => {
    await context.close()
    expect(errors.splice(0)).toEqual([])
  })
  const records = async (kind: string) => (await ground.send('admin', 'GET', `/records?kind=${kind}`)).body.items

  test('what was typed survives a reload and a network that is away, and arrives once', async () => {
    await page.goto(`${ground.address}/records/defrost`)
    await page.getByLabel('食品放到哪里').fill('2 号保鲜柜')
    await page.reload()
    await page.getByText('上次没登记完的内容还在。').waitFor()
    expect(await page.getByLabel('食品放到哪里').inputValue()).toBe('2 号保鲜柜')
    await context.setOffline(true)
    await page.getByRole('button', { name: '登记', exact: true }).click()
    await page.getByText('留在这台手机上').first().waitFor()
    expect(await records('defrost')).toEqual([])
    await page.getByRole('link', { name: '看登记' }).click()
    await page.locator('li[data-state=waiting]').waitFor()
    await context.setOffline(false)
    await expect.poll(() => records('defrost').then(items => items.length), soon).toBe(1)
    await expect.poll(() => page.locator('li[data-state]').count(), soon).toBe(0)
    await page.reload()
    await page.locator('.tile').first().waitFor()
    expect((await records('defrost')).map(({ fields }: { fields: object }) => fields)).toEqual([{ goods: '2 号保鲜柜' }])
  })

  test('what is written down before the gateway has told its time has the time it was done', async () => {
    // The live channel, which tells the time, does not come up; then there is no network at all.
    await page.routeWebSocket('**/socket.io/**', channel => void channel.close())
    await page.goto(`${ground.address}/records/defrost`)
    await page.getByText('补记以前的').click()
    const typed = await page.locator('input[type="datetime-local"]').inputValue()
    expect(typed.slice(0, 4)).toBe(String(new Date().getFullYear()))
    await page.getByText('刚才', { exact: true }).first().click()
    await page.getByLabel('食品放到哪里').fill('4 号保鲜柜')
    await context.setOffline(true)
    const done = Date.now()
    await page.getByRole('button', { name: '登记', exact: true }).click()
    await page.getByText('留在这台手机上').first().waitFor()
    await page.getByRole('link', { name: '看登记' }).click()
    await page.locator('li[data-state=waiting]').waitFor()
    await context.setOffline(false)
    const arrived = async (): Promise<{ at: string } | undefined> =>
      (await records('defrost')).find(({ fields }: { fields: { goods: string } }) => fields.goods === '4 号保鲜柜')
    await expect.poll(arrived, soon).toBeDefined()
    expect(Math.abs(Date.parse((await arrived())?.at ?? '') - done)).toBeLessThan(20_000)
  })

  test('a field that is missing or impossible is told beside it, and a wrong password too', async () => {
    await page.goto(`${ground.address}/records/reading?equipment=cold-1`)
    await page.getByRole('button', { name: '登记', exact: true }).click()
    await page.getByText('请填写读数').waitFor()
    await page.getByLabel('读数').fill('９,1')
    await page
      .getByText(/和探头差 4\.8/)
      .first()
      .waitFor()
    await page.getByRole('button', { name: '登记', exact: true }).click()
    await page.getByText(/再量一次；没有量错就写明原因/).waitFor()
    await expectAccessible()
    await page.getByLabel('备注').fill('量了两次，探头该校准了')
    await page.getByRole('button', { name: '登记', exact: true }).click()
    await page.getByText(/已登记，日志第 \d+ 条/).waitFor()

    await page.goto(`${ground.address}/records/repair?equipment=cold-1`)
    await page.getByLabel(/^故障/).fill('门封条破')
    await page.getByLabel('怎么修的').fill('换了一条')
    await sign('guess')
    await page.getByText('密码不对').waitFor()
    await sign(passwords.li)
    await page.getByText(/已登记，日志第 \d+ 条/).waitFor()
    expect((await records('repair'))[0]).toMatchObject({ signed: { by: 'li' }, fields: { fault: '门封条破', work: '换了一条' } })
  })

  test('what must not be dosed is refused in words, and nothing can be signed', async () => {
    await page.goto(`${ground.address}/records/dosing?equipment=tank-1`)
    await page.locator('.grams').waitFor()
    await page.getByLabel(/已称好/).check()
    await page.getByText('目标和耗氯量').click()
    // What was weighed out for one amount is not weighed out for another.
    await page.getByLabel('目标余氯 (mg/L)').fill('0.6')
    await expect.poll(() => page.getByLabel(/已称好/).isChecked(), soon).toBe(false)
    await page.getByLabel('目标余氯 (mg/L)').fill('1.8')
    await page.getByText('不能投', { exact: true }).waitFor()
    expect(await page.locator('.dose').innerText()).toContain('超过 2 mg/L')
    expect(await page.getByRole('button', { name: '签字登记' }).count()).toBe(0)
    await expectAccessible()
  })

  test('a correction keeps the first version in sight', async () => {
    await ground.send('li', 'POST', '/records/inspection', { equipment: 'cold-1', fields: { what: '柜门' } })
    await page.goto(`${ground.address}/records?equipment=cold-1`)
    await page.locator('summary', { hasText: '检查' }).first().click()
    await page.getByRole('button', { name: '更正' }).first().click()
    await page.getByLabel('看了什么').fill('门封条')
    await page.getByRole('button', { name: '登记更正' }).click()
    await page.getByText('请写明原因').waitFor()
    await page.getByLabel(/^为什么更正/).fill('写错了，看的是门封条')
    await expectAccessible()
    await page.getByRole('button', { name: '登记更正' }).click()
    const row = page.locator('li', { hasText: '更正过' }).first()
    await row.locator('summary').click()
    expect(await row.innerText()).toMatch(/李强 .*更正：写错了，看的是门封条/)
    expect(await row.locator('s').allInnerTexts()).toContain('柜门')
    expect((await records('inspection'))[0]).toMatchObject({
      fields: { what: '门封条' },
      corrections: [{ before: { fields: { what: '柜门' } } }],
    })
  })

  test.each([
    ['en-GB', 'dark', 360],
    ['zh-CN', 'light', 1280],
  ] as const)('is readable by everybody in %s, %s, at %d px', async (locale, colorScheme, width) => {
    await context.close()
    await signIn(ground.address, 'li', passwords.li, { locale, colorScheme, isMobile: false, viewport: { width, height: 800 } })
    for (const path of [
      '/records',
      '/records/dosing?equipment=tank-1',
      '/records/dosing?equipment=tank-2',
      '/records/calibration?equipment=cold-1',
    ]) {
      await page.goto(ground.address + path)
      await page.locator('.tile, form').first().waitFor()
      await expectAccessible()
    }
  })

  test('who may only look is told so', async () => {
    await context.close()
    await signIn(ground.address, 'guest', passwords.guest)
    await page.goto(`${ground.address}/records`)
    await page.getByText('你的账户不能登记，只能查看。').waitFor()
    expect(await page.locator('.tile').count()).toBe(0)
  })
})

describe('on the product as it is started', () => {
  let works: Facility
  let gateway: Product
  beforeAll(async () => {
    works = await facility()
    gateway = await works.start(['--speed', '1'])
  }, 3 * minute)
  afterAll(() => works?.remove(), minute)

  test('a whole dosing: the water, the batch, the amount, weighed, checked by a second person, signed, and the water waits', async () => {
    const admin = await person(gateway.address)
    const people = { li: 'Dose-the-water-1', wang: 'Dose-the-water-2' }
    for (const [username, secret] of Object.entries(people))
      await admin.send('POST', '/api/v1/users', {
        username,
        displayName: { li: '李强', wang: '王芳' }[username],
        role: 'operator',
        password: secret,
      })
    interface Tank {
      readonly volume: { readonly value: number; readonly usable: boolean } | null
    }
    const tank = async () => (await admin.get('/api/v1/dosing/tank-1')) as Tank
    await expect.poll(async () => (await tank()).volume?.usable, { timeout: minute }).toBe(true)
    // What was dosed last was little, so that more than twice as much has to be checked.
    const before = await admin.send('POST', '/api/v1/records/dosing', {
      equipment: 'tank-1',
      fields: { grams: 2, product: 'calcium hypochlorite 65 %' },
    })
    expect([before.status, await before.json()]).toMatchObject([200, {}])

    await signIn(gateway.address, 'li', people.li)
    await page.goto(`${gateway.address}/records`)
    await page.locator('.tile', { hasText: '投药' }).click()
    await page.getByRole('button', { name: /1 号生活水箱/ }).click()
    const dose = page.locator('.grams strong')
    await dose.waitFor()
    const shown = Number(await dose.innerText())
    expect(shown).toBeGreaterThan(4)
    await page.getByText('怎么算的').click()
    expect(await page.locator('.dose').innerText()).toMatch(/m³\s×\s.*\smg\/L\s÷\s65\s%\s=\s.*\sg（第三位小数舍去，不进位）/)
    await sign(people.li)
    await page.getByText('请先称好药').waitFor()
    await page.getByLabel(/已称好/).check()
    await page.getByText(/超过上次（2\.00\s*g）的两倍/).waitFor()
    await page.getByLabel('第二人的用户名').fill('wang')
    await page.getByLabel('第二人的密码').fill('guess')
    await sign(people.li)
    await page.getByText('第二人的用户名或密码不对').waitFor()
    await page.getByLabel('第二人的密码').fill(people.wang)
    await expectAccessible()
    await sign(people.li)
    await page.getByText(/已登记，日志第 \d+ 条/).waitFor()
    await page.getByText(/不要喝！还要等/).waitFor()
    await expectAccessible()

    const { items } = (await admin.get('/api/v1/records?kind=dosing&limit=1')) as { items: { fields: { grams: number } }[] }
    expect(items[0]).toMatchObject({
      byName: '李强',
      signed: { by: 'li', meaning: { zh: '本人按此记录投药，用量属实' } },
      second: { by: 'wang', name: '王芳' },
      fields: { weighed: true },
      reckoned: { volumeFrom: 'sensor', why: 'right', lastGrams: 2 },
    })
    expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain(people.li)

    // The scale was misread: it is corrected, signed again, and both versions stay.
    await page.getByRole('link', { name: '看登记' }).click()
    await page.locator('summary', { hasText: '投药' }).first().click()
    await page.getByRole('button', { name: '更正' }).first().click()
    await page.getByLabel(/^实投量/).fill('3.5')
    await page.getByLabel(/^为什么更正/).fill('看错了秤，实际是 3.5 克')
    await page.getByLabel('你的密码').fill(people.li)
    await page.getByRole('button', { name: '登记更正' }).click()
    const row = page.locator('li', { hasText: '更正过' }).first()
    await row.waitFor()
    expect(await row.innerText()).toMatch(/3\.50?\s*g/)
    await context.close()
    expect(errors.splice(0)).toEqual([])
  })
})
