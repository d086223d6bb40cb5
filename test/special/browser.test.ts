import { readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { builtDashboard } from '../dashboard/built.ts'
import { openBrowser } from '../kit/browser.ts'
import { cycle, noon, passwords, SpecialGround } from './special-ground.ts'
import type { Who } from './special-ground.ts'

/** The four views in a real browser, on a real gateway whose equipment said something in the days before. */
const [minute, day] = [60_000, 86_400_000]
const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
let browser: Browser
let dashboard: string
let ground: SpecialGround
let bare: SpecialGround
let context: BrowserContext
const errors: string[] = []

beforeAll(async () => {
  dashboard = await builtDashboard()
  ground = await SpecialGround.make({ dashboard })
  bare = await SpecialGround.make({ dashboard, bare: true })
  browser = await openBrowser()
  const at = (text: string): number => Date.parse(`2026-${text}:00+08:00`)
  await ground.reads(cycle('cabinet-1', noon - day))
  await ground.reads(cycle('cabinet-1', noon - 0.2 * day, { opensAt: 98 }))
  await ground.reads(cycle('cabinet-2', noon - 26 * minute, { held: 5, hot: 104, over: false }))
  await ground.reads([
    { point: 'gas-1.total', t: at('10-25T09:00'), v: 1000 },
    { point: 'gas-1.total', t: at('11-23T09:00'), v: 1300.5 },
    { point: 'flat-1.total', t: at('10-26T09:00'), v: 80 },
    { point: 'flat-1.total', t: at('11-05T09:00'), v: 75.5 },
    { point: 'tank-1.volume', t: noon - minute, v: 12.4 },
    { point: 'tank-1.chlorine', t: noon - minute, v: 0.3 },
    { point: 'bottle-2.pressure', t: noon - minute, v: 0.8 },
    { point: 'bottle-2.temperature', t: noon - minute, v: 20 },
  ])
  for (const [equipment, days] of [
    ['tank-1', 7],
    ['tank-2', 12],
  ] as const)
    await ground.send('li', 'POST', '/records/dosing', {
      equipment,
      at: noon - days * day,
      fields: { grams: 24, product: '次氯酸钙 65 %' },
      password: passwords.li,
    })
  await vi.waitFor(async () => expect((await ground.send('li', 'GET', '/cycles')).body.items).toHaveLength(2), {
    timeout: 60_000,
    interval: 200,
  })
}, 4 * minute)
afterAll(async () => {
  await browser?.close()
  await ground?.remove()
  await bare?.remove()
  await rm(dashboard, { recursive: true, force: true })
}, minute)
afterEach(async () => {
  await context?.close()
  expect(errors.splice(0)).toEqual([])
})

async function opened(path: string, { width = 1280, locale = 'zh-CN', who = 'li' as Who, at = ground } = {}): Promise<Page> {
  context = await browser.newContext({
    viewport: { width, height: 800 },
    locale,
    timezoneId: 'Asia/Shanghai',
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  page.on('pageerror', error => errors.push(error.message))
  page.on('dialog', dialog => errors.push(dialog.message()))
  const data = { username: who, password: passwords[who] }
  await context.request.post(`${at.address}/api/v1/session`, { data, headers: { origin: at.address } })
  await page.goto(`${at.address}${path}`)
  return page
}
async function expectWell(page: Page): Promise<void> {
  await page.evaluate(axeSource)
  const found = await page.evaluate(async () => {
    // @ts-expect-error axe puts itself on the window
    const { violations } = await window.axe.run(document, { resultTypes: ['violations'] })
    return (violations as { id: string; nodes: { html: string }[] }[]).map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)
  })
  expect(found).toEqual([])
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth)).toBe(true)
}

describe.each([
  ['zh-CN', 360],
  ['en-GB', 1280],
] as const)('in %s, %d px wide', (locale, width) => {
  test('cycles are cards with verdict, reason, clause and curve; the one under way says how long it still takes', async () => {
    const page = await opened('/cycles', { locale, width })
    const early = page.locator('[data-verdict=opened-early]')
    await early.waitFor()
    expect(await early.innerText()).toMatch(
      locale === 'zh-CN' ? /开门时柜内 98.°C，降到 45.°C 才能开门/ : /It was 98.°C when the door was opened/,
    )
    expect(await early.getByRole('link', { name: /CAN-8/ }).getAttribute('href')).toBe('/policies#CAN-8')
    expect(await early.locator('svg[role=img] .hold').count()).toBe(1)
    expect(await page.locator('[data-phase=holding]').innerText()).toMatch(
      locale === 'zh-CN' ? /正在保温，还要\s\d+\s分钟/ : /Holding, \d+.min to go/,
    )
    expect(await page.locator('[data-count]').allInnerTexts()).toHaveLength(4)
    expect(await page.locator('[data-count=interrupted] strong').innerText()).toBe('1')
    await expectWell(page)
  })
  test('the reading sheet has a bar for each group, what is suspect, and what is left to do', async () => {
    const page = await opened('/meters', { locale, width })
    const fell = page.locator('[data-meter=flat-1]')
    await fell.waitFor()
    expect(await fell.getAttribute('data-mark')).toBe('fell')
    expect(await page.locator('[data-clause=GAS-2] [role=progressbar]').getAttribute('aria-valuenow')).toBe('1')
    expect(await page.locator('[data-clause=GAS-4]').innerText()).toContain('50 %')
    expect(await page.locator('[data-meter=gas-2] a.write').getAttribute('href')).toBe('/records/meter-reading?equipment=gas-2')
    await page.getByRole('checkbox').check()
    await expect.poll(() => page.locator('[data-meter]').count()).toBe(5)
    await expectWell(page)
  })
  test('tanks come most pressing first, with ring, water and what to weigh out', async () => {
    const page = await opened('/dosing', { locale, width })
    await page.locator('[data-tank=tank-1] .grams').waitFor()
    expect(await page.locator('[data-tank]').evaluateAll(all => all.map(one => one.getAttribute('data-tank')))).toEqual([
      'tank-2',
      'tank-1',
    ])
    expect(await page.locator('[data-tank=tank-2]').getAttribute('data-tone')).toBe('medium')
    // 12.4 m³ × (0.5 + 1 − 0.3) mg/L ÷ 0.65 = 22.892 g, rounded down.
    expect(await page.locator('[data-tank=tank-1] .grams strong').innerText()).toBe('22.89')
    expect(await page.locator('[data-tank=tank-1] svg[role=img][aria-label*="7"]').count()).toBe(1)
    await expectWell(page)
  })
  test('fire equipment comes overdue first, and a month shows what expires in it', async () => {
    const page = await opened('/gauges', { locale, width })
    await page.locator('[data-gauge]').first().waitFor()
    expect(await page.locator('[data-gauge]').first().getAttribute('data-gauge')).toBe('bottle-1')
    expect(await page.locator('[data-gauge=bottle-2]').getAttribute('data-needle')).toBe('low')
    await expectWell(page)
    await page.locator('[data-place="2027-05"]').click()
    await expect
      .poll(() => page.locator('[data-gauge]').evaluateAll(all => all.map(one => one.getAttribute('data-gauge'))))
      .toEqual(['bottle-3'])
    await page.locator('[data-place="2027-05"]').click()
    await expect.poll(() => page.locator('[data-gauge]').count()).toBe(5)
  })
})

test('the views are found from rail and records, from the equipment, and from one another', async () => {
  const page = await opened('/equipment/cabinet-1')
  await page.getByRole('link', { name: '看消毒曲线' }).click()
  await page.locator('[data-verdict]').first().waitFor()
  expect(new URL(page.url()).search).toBe('?equipment=cabinet-1')
  expect(await page.locator('[data-phase]').count()).toBe(0)
  await page.getByRole('navigation', { name: '专项视图' }).getByRole('link', { name: '投药' }).click()
  await page.locator('[data-tank]').first().waitFor()
  expect(await page.locator('nav.rail [aria-current=page]').innerText()).toBe('专项')
})

test('names of two hundred characters with markup are text, in the cabinets to choose from too', async () => {
  const page = await opened('/cycles', { width: 360 })
  await page.locator('[data-phase]').waitFor()
  expect(await page.locator('[data-phase] h2').innerText()).toContain('<script>alert(1)</script>')
  expect(await page.locator('main script').count()).toBe(0)
  await page.locator('main select').selectOption('cabinet-1')
  await expect.poll(() => page.locator('[data-phase]').count()).toBe(0)
})

test.each(['cycles', 'meters', 'dosing', 'gauges'])(
  '%s says what would be needed where there is none, and who may not look',
  async view => {
    const page = await opened(`/${view}`, { at: bare, width: 360 })
    await page.getByText('站点文件').waitFor()
    await expectWell(page)
    await context.close()
    const guest = await opened(`/${view}`, { who: 'guest' })
    await guest.getByText('您的账户不能看记录').waitFor()
    await expectWell(guest)
  },
)

test('on paper there is neither rail nor button, and where and when it was printed', async () => {
  const page = await opened('/meters')
  await page.locator('[data-meter]').first().waitFor()
  await page.emulateMedia({ media: 'print' })
  expect(
    await page
      .locator('nav.rail, .deeds, nav.views, .question')
      .evaluateAll(all => all.filter(one => one.checkVisibility()).length),
  ).toBe(0)
  expect(await page.locator('.printed').innerText()).toContain('青山小学')
})
