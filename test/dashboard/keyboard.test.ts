import { rm } from 'node:fs/promises'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openBrowser } from '../kit/browser.ts'
import { focusOf, keepHearing, tabTo } from '../kit/reach.ts'
import { builtDashboard } from './built.ts'
import { alarmOf, alarmSketches, school } from './school.ts'
import { Stage } from './stage.ts'

/** The whole work on an alarm without a mouse and without eyes: what has the focus, what is read out, how often. */
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
let address: string
let context: BrowserContext
let page: Page
const errors: string[] = []
beforeEach(async () => {
  stage = new Stage({ dist: folder })
  address = await stage.start()
})
afterEach(async () => {
  await context.close()
  await stage.stop()
  expect(errors.splice(0)).toEqual([])
})

async function open(path: string, as = 'li', options: Parameters<Browser['newContext']>[0] = {}): Promise<void> {
  context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: 'zh-CN',
    reducedMotion: 'reduce',
    ...options,
  })
  page = await context.newPage()
  page.on('pageerror', error => errors.push(error.message))
  if (as !== '') await context.request.post(`${address}/api/v1/session`, { data: { username: as, password: 'secret' } })
  await page.goto(address + path)
}

/** A new alarm of the third cabinet. */
function comes(id: string) {
  const [, sketch] = alarmSketches
  if (!sketch) throw new Error('no alarm')
  const alarm = alarmOf({ ...sketch, id, point: 'cold-3.temperature' }, stage.now)
  stage.tell({ alarms: [alarm] })
  return alarm
}
const row = (id: string) => `[data-row="${id}"]`

describe('whoever has a keyboard only', () => {
  test('signs in, hears of an alarm, reads why, answers, shelves, looks at the equipment and comes back', async () => {
    await open('/', '')
    /** Something has the focus after each act, and shows it; a page that begins has it at its head. */
    async function stands(step: string, at: string): Promise<void> {
      await expect.poll(async () => `${step}: ${(await focusOf(page)).is.join(' ')}`).toContain(at)
      const { isShown, is } = await focusOf(page)
      expect(isShown || is.includes('#main'), `${step}: the focus can be seen`).toBe(true)
    }
    await stands('sign-in', '#username')
    await page.keyboard.type('li')
    await page.keyboard.press('Tab')
    await stands('the password', '#password')
    await page.keyboard.type('secret')
    await page.keyboard.press('Enter')
    await page.locator('[data-equipment="cold-3"]').waitFor()
    await stands('signed in', '#main')

    const heard = await keepHearing(page)
    const { id, equipment } = comes('A31')
    await page.locator(`[data-alarm="${id}"]`).waitFor()
    await expect.poll(heard).toEqual([expect.stringMatching(/^新报警，警告：/)])
    await stands('heard', '#main')

    await tabTo(page, `[data-alarm="${id}"] button:has-text("更多")`)
    await page.keyboard.press('Enter')
    await stands('opened', `row=${id}`)
    const why = await page.locator('.detail').ariaSnapshot()
    for (const said of ['警告', '待确认', 'CAN-1', '保鲜柜 0–8 °C', '制度规定'])
      expect(why.replaceAll(/[\u00a0\u202f]/g, ' ')).toContain(said)
    expect(await page.locator(row(id)).ariaSnapshot()).toMatch(/button ".*警告.*待确认.*CAN-1.*" \[pressed\]/)

    await page.keyboard.press('a')
    await stands('answering', 'input')
    await page.keyboard.type('已派人关门')
    await page.keyboard.press('Enter')
    await page.locator(row(id)).getByText('已确认').waitFor()
    await stands('answered', `row=${id}`)
    expect(stage.alarms.get(id)?.acknowledged).toMatchObject({ by: 'li', comment: '已派人关门' })

    await page.keyboard.press('s')
    await stands('shelving', 'input')
    // A term is explained on the way, and Escape shuts that alone.
    await tabTo(page, '[data-hint="shelve"]')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.locator('[popover]:popover-open').innerText()).toContain('搁置')
    await page.keyboard.press('Escape')
    await page.locator('[popover]:popover-open').waitFor({ state: 'detached' })
    await stands('explained', 'hint=shelve')
    await tabTo(page, '.reason input')
    await page.keyboard.type('等待配件')
    await tabTo(page, '.form button[type="submit"]')
    await page.keyboard.press('Enter')
    await page.locator(row(id)).getByText('已搁置').waitFor()
    await stands('shelved', `row=${id}`)
    expect(stage.deeds.at(-1)).toMatchObject({ id, deed: 'shelve', body: { reason: '等待配件' } })

    await tabTo(page, '.detail a.to')
    await page.keyboard.press('Enter')
    const name = stage.site.equipment.find(one => one.id === equipment)?.name.zh ?? ''
    await page.getByRole('heading', { level: 1, name }).waitFor()
    await stands('at its equipment', '#main')
    expect(await page.locator('main header.card').ariaSnapshot()).toContain(`heading "${name}"`)
    // What Alt+Left is to a browser with a window; without one it has no such key.
    await page.goBack()
    await page.getByRole('heading', { level: 1, name: '报警' }).waitFor()
    await expect.poll(async () => (await focusOf(page)).is).not.toContain('body')

    // Every word of it was said once, whatever moved on the pages meanwhile.
    const all = await heard()
    expect(all).toHaveLength(new Set(all).size)
    expect(all.filter(one => one.startsWith('新报警'))).toHaveLength(1)
    expect(all.filter(one => one.startsWith('已确认'))).toHaveLength(1)
  })

  test('keeps the focus where a deed was refused, and where a form is left', async () => {
    await open('/alarms')
    await page.locator(row('A20')).waitFor()
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    await page.keyboard.press('a')
    await tabTo(page, '.form button[type="submit"]')
    for (const [id, alarm] of stage.alarms) stage.alarms.set(id, { ...alarm, state: 'acknowledged' })
    await page.keyboard.press('Enter')
    await page.getByText('已有人确认此报警。').waitFor()
    expect((await focusOf(page)).is).toContain('button')
    await page.keyboard.press('Escape')
    await expect.poll(async () => (await focusOf(page)).is).toContain('button')
  })

  test('may switch single keys off, and then a letter is a letter', async () => {
    await open('/me')
    const off = page.getByRole('group', { name: '单键快捷键' }).getByText('关', { exact: true })
    await off.click()
    await page.goto(`${address}/alarms`)
    await page.locator(row('A20')).waitFor()
    for (const key of ['j', 'a', 's', '/', '?']) await page.keyboard.press(key)
    expect(await page.locator('.form, .keys').count()).toBe(0)
    expect((await focusOf(page)).is).toContain('body')
    await page.goto(`${address}/policies`)
    await page.locator('[data-clause]').first().waitFor()
    for (const key of ['j', '/']) await page.keyboard.press(key)
    expect((await focusOf(page)).is).toContain('body')
  })
})

describe('what is read out by itself', () => {
  test('is what happened, never what merely goes on: values, ages, a picture that has stopped', async () => {
    await open('/')
    await page.locator('[data-equipment="cold-3"]').waitFor()
    for (const path of ['/', '/alarms', '/equipment/cold-1', '/policies', '/duties']) {
      await page.goto(address + path)
      await page.locator('main h1').first().waitFor({ state: 'attached' })
      await page.locator('.clock').waitFor()
      const heard = await keepHearing(page)
      for (const value of [4.1, 4.2, 4.3]) {
        stage.tell({ readings: [['cold-3.temperature', stage.now, stage.now, value, 'good']] })
        const clock = await page.locator('.clock').innerText()
        await expect.poll(() => page.locator('.clock').innerText()).not.toBe(clock)
      }
      expect({ path, heard: await heard() }).toEqual({ path, heard: [] })
    }
    const heard = await keepHearing(page)
    await stage.stop()
    const stopped = page.locator('.frozen strong')
    await stopped.waitFor()
    const first = await stopped.innerText()
    await expect.poll(() => stopped.innerText()).not.toBe(first)
    expect((await heard()).filter(one => one.includes('画面'))).toEqual([expect.stringMatching(/^画面停了。\s*\S/)])
    stage = new Stage({ dist: folder })
    await stage.start()
  })

  test('is not counted down to whoever tried too often to sign in', async () => {
    await open('/', '')
    await page.locator('#username').waitFor()
    const heard = await keepHearing(page)
    await page.keyboard.type('flood')
    await page.keyboard.press('Tab')
    await page.keyboard.type('x')
    await page.keyboard.press('Enter')
    await page.getByText(/请 29 秒后再试/).waitFor()
    await page.getByText(/请 28 秒后再试/).waitFor()
    expect(await heard()).toEqual([expect.stringContaining('请稍后再试')])
  })
})

describe('the tour', () => {
  test('is never shown on a real site unless somebody asks for it', async () => {
    await stage.stop()
    stage = new Stage({ dist: folder, site: { ...school(), demo: false } })
    address = await stage.start()
    const asked: string[] = []
    await open('/')
    page.on('request', request => asked.push(request.url()))
    await page.reload()
    await page.locator('[data-equipment="cold-3"]').waitFor()
    // Where the demo would offer it, the next page comes after it.
    await page.locator('.rail a[href="/alarms"]').click()
    await page.locator(row('A20')).waitFor()
    expect(asked.filter(url => /Tour/.test(url))).toEqual([])
    expect(await page.evaluate(() => Object.keys(localStorage).filter(key => key.includes('tour')))).toEqual([])

    await page.goto(`${address}/help`)
    await page.getByRole('button', { name: '开始导览' }).click()
    await page.getByRole('dialog', { name: '第一行就是答案' }).waitFor()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog', { name: '颜色、形状、文字说同一件事' }).waitFor()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog', { name: '需要处理的卡片' }).waitFor()
    // There are no faults to play with on a real site.
    expect(await page.locator('[data-tour-fault]').count()).toBe(0)
  })
})
