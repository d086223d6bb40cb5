import { readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Role } from '../../gateway/accounts/permissions.ts'
import { Office } from '../../gateway/duty/office.ts'
import type { Site } from '../../gateway/site/site.ts'
import type { Millis } from '../../protocols/contract/time.ts'
import { run } from '../api/house.ts'
import type { Running } from '../api/house.ts'
import { openBrowser } from '../kit/browser.ts'
import { schoolSite } from '../simulators/school.ts'
import { builtDashboard } from './built.ts'

/** The real page in a real browser over the real server, with the people of the demo facility; every fourth night has nobody. */
const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const phone = { width: 360, height: 780 }
const desk = { width: 1280, height: 800 }

let folder: string
let browser: Browser
let gateway: Running
let school: Site
let office: Office
beforeAll(async () => {
  ;[folder, browser, school] = await Promise.all([builtDashboard(), openBrowser(), schoolSite()])
  gateway = await run({ dashboardFolder: folder })
  const { house } = gateway
  Object.assign(house, { site: { ...house.site, name: school.name, calendar: school.calendar, areas: school.areas } })
  // Wednesday 14 October 2026, 16:42: the evening shift is on.
  house.clock.pass((Date.parse('2026-10-14T16:42:00+08:00') - house.clock.now()) as Millis)
})
afterAll(async () => {
  await browser.close()
  await gateway.close()
  await rm(folder, { recursive: true, force: true })
})
beforeEach(() => {
  const guard = school.duty.rosters.get('guard')
  if (!guard) throw new Error('no guard')
  const lines = guard.rotation.lines.map(({ night, ...rest }, index) => (index === 3 ? rest : { ...rest, night }))
  const rosters = new Map(school.duty.rosters).set('guard', { ...guard, rotation: { ...guard.rotation, lines } })
  office = new Office({ duty: { ...school.duty, rosters }, calendar: school.calendar })
  gateway.house.duty = office
})

const contexts: BrowserContext[] = []
const errors: string[] = []
afterEach(async () => {
  await Promise.all(contexts.splice(0).map(context => context.close()))
  expect(errors.splice(0)).toEqual([])
})

interface Visit {
  readonly as?: Role
  readonly language?: 'zh-CN' | 'en-GB'
  readonly size?: typeof desk
  readonly theme?: 'light' | 'dark'
}
async function visit({ as = 'operator', language = 'zh-CN', size = desk, theme = 'light' }: Visit = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: size, locale: language, colorScheme: theme, reducedMotion: 'reduce' })
  contexts.push(context)
  const [name = '', value = ''] = (await gateway.cookie(as)).split('=')
  await context.addCookies([{ name, value, url: gateway.url }])
  const page = await context.newPage()
  page.on('pageerror', error => errors.push(error.message))
  await page.goto(`${gateway.url}/duty`)
  await page.locator('[data-slot]').first().waitFor()
  return page
}
const slot = (on: string, shift: string, roster = 'guard') => `[data-slot="${roster} ${on} ${shift}"]`
const text = async (page: Page, selector: string) => (await page.locator(selector).innerText()).replaceAll(/\s+/gu, ' ').trim()

describe('the page of duty', () => {
  test('says first who is on now and until when, and that nobody comes after', async () => {
    const page = await visit()
    const card = await text(page, '[data-roster="guard"]')
    expect(card).toContain('刘顺')
    expect(card).toContain('到 23:30，还有 6 小时')
    expect(card).toContain('23:30 起 无人值班')
    expect(await text(page, '[data-roster="network"]')).toContain('郑涛')
  })

  test('shows the month with holidays, make-up days, holes and swaps', async () => {
    const page = await visit()
    expect(await text(page, '[data-day="2026-10-01"]')).toContain('国庆节')
    expect(await text(page, '[data-day="2026-10-10"]')).toContain('班')
    expect(await page.getByRole('button', { name: /10月14日周三\s夜班 ?23:30 ?–07:30： ?无人$/u }).count()).toBe(1)
    expect(await page.getByRole('button', { name: /10月3日周六\s夜班 ?23:30 ?–07:30： ?孙长河 ?，换班$/u }).count()).toBe(1)
    expect(await page.getByText('本月还有 4 个班次没有人').count()).toBe(1)
    expect(await text(page, '.swaps')).toContain('孙长河替赵铁柱')
  })

  test('takes a swap by keyboard alone, and it stands in the journal', async () => {
    const page = await visit()
    await page.locator(slot('2026-10-14', 'evening')).focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: '10月14日周三 · 保安值班 · 夜班' }).waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.press('C')
    await page.getByLabel('换成谁').selectOption({ label: '陈海' })
    await page.keyboard.press('Tab')
    await page.keyboard.type('孙长河住院，临时顶班')
    await page.keyboard.press('Enter')
    await page.getByText('已登记：10月14日周三夜班由陈海值班').waitFor()
    expect(await text(page, `${slot('2026-10-14', 'night')} .name`)).toBe('陈海')
    expect(await page.evaluate(() => (document.activeElement as HTMLElement).dataset['slot'])).toBe('guard 2026-10-14 night')
    expect(await text(page, '[data-roster="guard"]')).toContain('23:30 起 陈海')
    expect(gateway.house.entries.at(-1)).toMatchObject({
      kind: 'roster.swapped',
      by: 'operator',
      data: { on: '2026-10-14', shift: 'night', person: 'chen', reason: '孙长河住院，临时顶班' },
    })
  })

  test('asks for person and reason, and minds shifts without sleep between', async () => {
    const page = await visit()
    await page.locator(slot('2026-10-16', 'evening')).click()
    await page.getByRole('button', { name: '登记换班' }).click()
    await page.getByText('请选择人，并写明原因。').waitFor()
    await page.getByLabel('换成谁').selectOption({ label: '赵铁柱' })
    await page.getByText('注意：赵铁柱紧挨着还有 10月16日周五 白班。').waitFor()
    await page.keyboard.press('Escape')
    expect(await page.locator('.swap-form').count()).toBe(0)
  })

  test('says so when the swap was refused, and keeps what was typed', async () => {
    const page = await visit()
    await page.locator(slot('2026-10-16', 'evening')).click()
    await page.getByLabel('换成谁').selectOption({ label: '王芳 · 食堂主管' })
    await page.getByLabel('原因').fill('试试')
    gateway.house.isFull = true
    await page.getByRole('button', { name: '登记换班' }).click()
    await page.getByText('没有登记成功').waitFor()
    gateway.house.isFull = false
    expect(await page.getByLabel('原因').inputValue()).toBe('试试')
  })

  test('lets who may only look see why, and offers no form', async () => {
    const page = await visit({ as: 'viewer' })
    await page.locator(slot('2026-10-03', 'night')).click()
    const form = await text(page, '.swap-form')
    expect(form).toContain('原为赵铁柱')
    expect(form).toContain('原因：赵铁柱家中有事，与孙长河换班')
    expect(await page.getByLabel('换成谁').count()).toBe(0)
  })

  test('shows the month of another roster, and other months', async () => {
    const page = await visit()
    await page.locator('[data-roster="network"]').click()
    expect(await text(page, `${slot('2026-10-16', 'all', 'network')} .name`)).toBe('郑涛')
    await page.getByRole('button', { name: '下个月' }).click()
    await page.locator(slot('2026-11-01', 'all', 'network')).waitFor()
    expect(await text(page, '.month[aria-live]')).toBe('2026年11月')
    await page.getByRole('button', { name: '回到本月' }).click()
    await page.locator(slot('2026-10-16', 'all', 'network')).waitFor()
  })

  test('says in words how an alarm climbs, and draws the grid', async () => {
    const page = await visit()
    const climbs = await page.getByText('严重：5 分钟无人应答报站长，15 分钟报中心。').count()
    expect(climbs).toBe(1)
    expect(await page.locator('.tree li').count()).toBe(10)
  })

  test('lists the days from today on a phone, the earlier ones on request', async () => {
    const page = await visit({ size: phone })
    expect(await page.locator('[data-day]').count()).toBe(18)
    await page.getByRole('button', { name: '显示前 13 天' }).click()
    expect(await page.locator('[data-day]').count()).toBe(31)
    await page.locator(slot('2026-10-16', 'evening')).click()
    await page.getByLabel('换成谁').waitFor()
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
  })

  test.each([
    { language: 'zh-CN', size: desk, theme: 'light' },
    { language: 'en-GB', size: desk, theme: 'dark' },
    { language: 'en-GB', size: phone, theme: 'light' },
    { language: 'zh-CN', size: phone, theme: 'dark' },
  ] as const)('can be used by everybody: $language $size.width $theme', async look => {
    const page = await visit({ ...look, as: 'admin' })
    await page.locator(slot('2026-10-16', 'evening')).click()
    await page.locator('.swap-form select').waitFor()
    await page.evaluate(axeSource)
    const found = await page.evaluate(async () => {
      const { axe } = globalThis as unknown as {
        axe: { run(of: string): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }
      }
      const { violations } = await axe.run('#main')
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`)
    })
    expect(found).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
  })
})
