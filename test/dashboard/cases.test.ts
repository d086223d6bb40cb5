import { readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { hours } from '../../protocols/contract/time.ts'
import type { AlarmId } from '../../gateway/alarm/alarm.ts'
import { anAlarm, passwords, run } from '../api/house.ts'
import type { Running } from '../api/house.ts'
import { openBrowser } from '../kit/browser.ts'
import { png } from '../kit/picture.ts'
import { builtDashboard } from './built.ts'

/** The real server and the real page, at the size of a phone unless said; the house behind them is kept in memory. */
const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const phone = { width: 390, height: 844 }
const narrow = { width: 360, height: 740 }
const wide = { width: 1280, height: 800 }
const pictures = process.env['ZHISHOU_PICTURES']

let folder: string
let browser: Browser
let gateway: Running
const contexts: BrowserContext[] = []
const errors: string[] = []
beforeAll(async () => {
  folder = await builtDashboard()
  browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
  await rm(folder, { recursive: true, force: true })
})
beforeEach(async () => {
  gateway = await run({ dashboardFolder: folder })
})
afterEach(async () => {
  await Promise.all(contexts.splice(0).map(context => context.close()))
  await gateway.close()
  await rm(gateway.house.photos.folder, { recursive: true, force: true })
  expect(errors.splice(0)).toEqual([])
})

type Role = 'operator' | 'admin' | 'viewer'
interface Look {
  readonly size?: { readonly width: number; readonly height: number }
  readonly language?: 'zh-CN' | 'en-GB'
  readonly theme?: 'light' | 'dark'
}
async function visit(as: Role, path: string, { size = phone, language = 'zh-CN', theme = 'light' }: Look = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: size, locale: language, colorScheme: theme, reducedMotion: 'reduce' })
  contexts.push(context)
  const page = await context.newPage()
  page.on('pageerror', error => errors.push(error.message))
  const headers = { origin: gateway.url }
  await context.request.post(`${gateway.url}/api/v1/session`, { data: { username: as, password: passwords[as] }, headers })
  await page.goto(gateway.url + path)
  return page
}
const shoot = async (page: Page, name: string): Promise<void> => {
  if (pictures !== undefined) await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true })
}
async function isAccessible(page: Page): Promise<void> {
  await page.evaluate(axeSource)
  const found = await page.evaluate(async () => {
    const axe = (
      globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }
    ).axe
    const { violations } = await axe.run()
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 140)).join(' | ')}`)
  })
  expect(found).toEqual([])
}
const api = async (as: Role, path: string, body: object): Promise<{ id: string; timeline: { photos?: string[] }[] }> =>
  (await gateway.send('POST', `/api/v1${path}`, body, await gateway.cookie(as))).json()
const aReport = {
  what: '洗碗池下水管漏水，地上有水',
  area: 'canteen',
  place: '洗碗池下',
  reporter: { name: '陈老师', contact: '13800000000' },
}

describe('a fault', () => {
  test('is reported on a phone, given away, repaired with a photo, verified, told and closed', async () => {
    const reporter = await visit('operator', '/cases')
    await reporter.getByRole('button', { name: '报修' }).click()
    await reporter.getByLabel('什么坏了').fill('后门关不严')
    await reporter.getByLabel('在哪里').selectOption({ label: '1 号保鲜柜' })
    await reporter.getByText('别人', { exact: true }).click()
    await reporter.getByLabel('姓名').fill('陈老师')
    await reporter.getByLabel('电话').fill('13800000000')
    await shoot(reporter, 'report-phone-zh')
    await reporter.getByRole('button', { name: '提交报修' }).click()
    await reporter.getByRole('heading', { name: '后门关不严' }).waitFor()
    expect(new URL(reporter.url()).pathname).toBe('/cases/C1')

    await reporter.getByLabel('怎么答复的').fill('下午两点来修')
    await shoot(reporter, 'case-open-phone-zh')
    await reporter.getByRole('button', { name: '答复报修人' }).click()
    await reporter.getByLabel('派给谁').selectOption({ label: 'operator（我）' })
    await reporter.getByRole('button', { name: '派单' }).click()

    await reporter.getByLabel('具体怎么处理的').fill('换了门封条')
    await reporter
      .locator('input[type=file]')
      .first()
      .setInputFiles({ name: 'door.png', mimeType: 'image/png', buffer: png(2_400, 1_800) })
    await reporter.getByRole('button', { name: '去掉第 1 张照片' }).waitFor()
    await reporter.getByRole('button', { name: '加一种配件' }).click()
    await reporter.getByLabel('配件名称').fill('门封条')
    await shoot(reporter, 'case-act-phone-zh')
    await reporter.getByRole('button', { name: '登记处理' }).click()
    await reporter.getByText('您动手处理过，要由别人核实').waitFor()

    const other = await visit('admin', '/cases/C1')
    await other.getByRole('button', { name: '核实', exact: true }).click()
    await other.getByText('电话', { exact: true }).click()
    await other.getByRole('button', { name: '告知报修人' }).click()
    await other.getByRole('button', { name: '结案' }).click()
    await other.locator('[data-state=closed]').waitFor()
    await shoot(other, 'case-closed-phone-zh')

    const kinds = gateway.house.entries.filter(({ about }) => about === 'C1').map(({ kind }) => kind)
    expect(kinds).toEqual(['opened', 'answered', 'assigned', 'acted', 'verified', 'told', 'closed'].map(kind => `case.${kind}`))
    // What was sent is the shrunken picture, and it is the evidence by its digest.
    const acted = gateway.house.entries.find(({ kind }) => kind === 'case.acted')?.data['whole'] as {
      actions: { photos: string[] }[]
    }
    const sent = await gateway.get(`/api/v1/photos/${acted.actions[0]?.photos[0]}`, await gateway.cookie('viewer'))
    expect(sent.headers.get('content-type')).toBe('image/jpeg')
    const size = await other.evaluate(async url => {
      const image = await createImageBitmap(await (await fetch(url)).blob())
      return [image.width, image.height]
    }, `/api/v1/photos/${acted.actions[0]?.photos[0]}`)
    expect(size).toEqual([1_600, 1_200])
  })

  test('that is written without a network is kept, and sent when there is one', async () => {
    const page = await visit('operator', '/cases?report')
    await page.getByLabel('什么坏了').fill('地下室灯不亮')
    await page.getByLabel('具体位置').fill('地下室')
    await page.context().setOffline(true)
    await page.getByRole('button', { name: '提交报修' }).click()
    await page.getByText('没有网络，还没有提交').waitFor()

    await page.context().setOffline(false)
    await page.reload()
    expect(await page.getByLabel('什么坏了').inputValue()).toBe('地下室灯不亮')
    await page.getByRole('button', { name: '提交报修' }).click()

    await page.getByRole('heading', { name: '地下室灯不亮' }).waitFor()
  })

  test('comes from an alarm with one tap, and the alarm leads to it from then on', async () => {
    gateway.house.alarmed(anAlarm())
    const page = await visit('operator', '/cases?alarm=A1')
    await page.getByRole('button', { name: '立案' }).click()
    await page.getByText('由报警立案', { exact: true }).waitFor()
    await page.getByLabel('派给谁').waitFor()
    await page.goto(`${gateway.url}/cases?alarm=A1`)
    await page.waitForURL('**/cases/C1')
  })

  test('shows who may not touch it what it waits for, and no phone number', async () => {
    const { id } = await api('operator', '/cases', aReport)
    const page = await visit('viewer', `/cases/${id}`)
    await page.getByText('等值班的人答复报修人并派人').waitFor()
    expect(await page.locator('main').innerText()).not.toContain('13800000000')
    expect(await page.locator('form').count()).toBe(0)
    await page.goto(`${gateway.url}/cases/C99`)
    await page.getByText('没有这件报修').waitFor()
  })

  test.each([
    [phone, 'zh-CN', 'light'],
    [narrow, 'en-GB', 'dark'],
    [wide, 'zh-CN', 'dark'],
    [wide, 'en-GB', 'light'],
  ] as const)('is for everybody: %o in %s, %s', async (size, language, theme) => {
    const late = await api('operator', '/cases', { ...aReport, priority: 'high' })
    gateway.house.clock.pass(hours(26))
    const { id } = await api('operator', '/cases', { ...aReport, what: '食堂门口的灯一闪一闪', place: '' })
    await api('operator', `/cases/${id}/assign`, { person: 'operator', due: gateway.house.clock.now() + hours(5) })
    const name = `${size.width}-${language.slice(0, 2)}-${theme}`
    const page = await visit('operator', '/cases', { size, language, theme })
    await page.locator('[data-case]').first().waitFor()
    await isAccessible(page)
    await shoot(page, `cases-${name}`)
    await page.getByRole('button', { name: language === 'zh-CN' ? '报修' : 'Report a fault' }).click()
    await isAccessible(page)
    await shoot(page, `report-${name}`)
    for (const one of [late.id, id]) {
      await page.goto(`${gateway.url}/cases/${one}`)
      await page.locator('[data-deed]').waitFor()
      await isAccessible(page)
      await shoot(page, `case-${one}-${name}`)
    }
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
    if (language === 'en-GB') expect((await page.locator('nav').first().innerText()).match(/\p{Script=Han}+/gu) ?? []).toEqual([])
  })
})

describe('a hand-over', () => {
  const open = async (): Promise<void> => {
    gateway.house.alarmed(anAlarm({ priority: 'high' }))
    gateway.house.alarmed(anAlarm({ id: 'A2' as AlarmId, rule: 'cold-1.temperature.silent' as never, priority: 'low' }))
    await api('operator', '/cases', aReport)
  }

  test('is gone through, signed by both and printed, on a phone', async () => {
    await open()
    const page = await visit('operator', '/handover')
    await page.locator('[data-item="alarm:A1"]').waitFor()
    await page.getByRole('button', { name: '签字交班' }).click()
    await page.getByText('还有 1 项必须写明交接情况').waitFor()
    await page.locator('[data-item="alarm:A1"] textarea').fill('师傅九点到，门先别开')
    await page.getByLabel('给下一班的留言').fill('仓库钥匙在抽屉里')
    await page.getByLabel('密码').first().fill(passwords.operator)
    await page.getByLabel('用户名').fill('admin')
    await page.getByLabel('密码').last().fill('wrong-password')
    await shoot(page, 'handover-phone-zh')
    await page.getByRole('button', { name: '签字交班' }).click()
    await page.getByText('接班人的用户名或密码不对').waitFor()

    // Something comes at the very moment of signing: nothing of what was written is lost.
    gateway.house.alarmed(anAlarm({ id: 'A9' as AlarmId, rule: 'cold-1.door.left-open' as never, value: 1, priority: 'high' }))
    await page.getByLabel('密码').last().fill(passwords.admin)
    await page.getByRole('button', { name: '签字交班' }).click()
    await page.getByText('清单刚刚有变化').first().waitFor()
    expect(await page.locator('[data-item="alarm:A1"] textarea').inputValue()).toBe('师傅九点到，门先别开')
    await page.locator('[data-item="alarm:A9"]').getByText('新', { exact: true }).waitFor()
    await page.locator('[data-item="alarm:A9"] textarea').fill('刚关好，再看十分钟')
    await page.getByRole('button', { name: '签字交班' }).click()

    await page.getByText('已交接，双方签字').waitFor()
    const sheet = await page.locator('.sheet').innerText()
    for (const words of ['师傅九点到，门先别开', '刚关好，再看十分钟', '仓库钥匙在抽屉里', '签名', '日志第'])
      expect(sheet).toContain(words)
    await shoot(page, 'sheet-phone-zh')
    await page.setViewportSize(wide)
    await page.emulateMedia({ media: 'print' })
    await shoot(page, 'sheet-print')
    expect(await page.getByRole('button', { name: '打印' }).isVisible()).toBe(false)
    expect(gateway.house.entries.filter(({ kind }) => kind === 'handover.signed').length).toBe(1)
  })

  test.each([
    [phone, 'zh-CN', 'dark'],
    [narrow, 'en-GB', 'light'],
    [wide, 'zh-CN', 'light'],
    [wide, 'en-GB', 'dark'],
  ] as const)('is for everybody: %o in %s, %s', async (size, language, theme) => {
    await open()
    gateway.house.clock.pass(hours(26))
    const page = await visit('operator', '/handover', { size, language, theme })
    await page.locator('[data-item="alarm:A1"]').waitFor()
    await isAccessible(page)
    await shoot(page, `handover-${size.width}-${language.slice(0, 2)}-${theme}`)
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
  })

  test('keeps what was written when the page is opened again', async () => {
    await open()
    const page = await visit('operator', '/handover')
    await page.locator('[data-item="alarm:A1"] textarea').fill('写了一半')
    await page.reload()
    await expect.poll(() => page.locator('[data-item="alarm:A1"] textarea').inputValue(), { timeout: 120_000 }).toBe('写了一半')
  })
})
