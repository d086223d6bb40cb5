import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBrowser } from '../kit/browser.ts'
import { facility, password, person } from '../kit/product.ts'
import type { Facility, Product } from '../kit/product.ts'
import { focusOf, movesOn, smallTargetsOn, walkByTab } from '../kit/reach.ts'

/** The demo as a first-time user is led through it, and every main page as somebody meets it who has no mouse, no steady hand or no colours. */
const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const minute = 60_000
const desk = { width: 1280, height: 800 }
const phone = { width: 360, height: 780 }
let works: Facility
let gateway: Product
let browser: Browser
let admin: Awaited<ReturnType<typeof person>>
const errors: string[] = []

beforeAll(async () => {
  works = await facility()
  browser = await openBrowser()
  gateway = await works.start(['--speed', '120'])
  admin = await person(gateway.address)
}, 3 * minute)

afterAll(async () => {
  await browser?.close()
  await works?.remove()
}, minute)

async function signedIn(
  options: Parameters<Browser['newContext']>[0] = {},
  as = { username: 'admin', password },
): Promise<{ page: Page; context: BrowserContext }> {
  const context = await browser.newContext({ locale: 'zh-CN', viewport: desk, reducedMotion: 'reduce', ...options })
  const page = await context.newPage()
  page.on('pageerror', error => errors.push(error.message))
  await context.request.post(`${gateway.address}/api/v1/session`, { headers: { origin: gateway.address }, data: as })
  return { page, context }
}

/** Of what lies behind a sheet only that part counts which is not covered; so there the sheet itself is looked at. */
async function violations(page: Page, part?: string): Promise<readonly unknown[]> {
  await page.evaluate(axeSource)
  return page.evaluate(async within => {
    // @ts-expect-error axe is put into the page above
    const { violations: found } = await window.axe.run(within ?? document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      resultTypes: ['violations'],
    })
    return (found as { id: string; nodes: { html: string }[] }[]).map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])
  }, part)
}

const steps = ['all', 'state', 'call', 'why', 'answer', 'equipment', 'records', 'purpose', 'rounds', 'policies', 'site', 'help']

/** Until the step shows what it speaks of, or says why it cannot. */
async function settled(page: Page, step: string): Promise<'shown' | 'said'> {
  await page.locator(`.tour[data-step="${step}"]`).waitFor()
  await page.locator('.ring, .tour .note p').first().waitFor()
  return (await page.locator('.ring').count()) > 0 ? 'shown' : 'said'
}

/** The ring is in the window and the card lies on no part of it. */
async function isClear(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const ring = document.querySelector('.ring')?.getBoundingClientRect()
    const card = document.querySelector('.tour')?.getBoundingClientRect()
    if (!ring || !card) return false
    const apart = ring.right <= card.left || ring.left >= card.right || ring.bottom <= card.top || ring.top >= card.bottom
    return (
      apart &&
      ring.top >= 0 &&
      ring.bottom <= innerHeight &&
      card.left >= 0 &&
      card.right <= innerWidth &&
      card.bottom <= innerHeight
    )
  })
}

const isSeen = (page: Page, step: string) => expect.poll(async () => `${step}: ${await isClear(page)}`).toBe(`${step}: true`)

describe('the guided tour', () => {
  test('is offered once, leads by keyboard through a real alarm, is left and gone on with, and covers nothing', async () => {
    const { page, context } = await signedIn()
    await page.goto(gateway.address)
    const begin = page.getByRole('button', { name: '开始导览' })
    await begin.waitFor()
    expect(await violations(page)).toEqual([])
    await begin.focus()
    await page.keyboard.press('Enter')

    // Nothing alarms in a demo that has just begun: it says so, and makes something happen when asked to.
    for (const step of ['all', 'state'] as const) {
      expect(await settled(page, step)).toBe('shown')
      await isSeen(page, step)
      expect((await focusOf(page)).is, step).toContain('tourNext=')
      await page.keyboard.press('Enter')
    }
    if ((await settled(page, 'call')) === 'said') {
      expect(await page.locator('.tour .note').innerText()).toContain('现在没有报警')
      await page.locator('[data-tour-fault]').click()
      await page.getByText(/的门已经“开”了/).waitFor()
      expect((await focusOf(page)).is).toContain('tourNext=')
    }
    await page.locator('.ring').waitFor()
    await isSeen(page, 'shown')
    expect(await violations(page)).toEqual([])
    await page.keyboard.press('Enter')
    expect(await settled(page, 'why')).toBe('shown')
    await page.locator('.tour').getByText('为什么响').waitFor()
    expect(await page.locator('[data-tour="clause"]').innerText()).toMatch(/[A-Z]{3}-\d/)
    await expect
      .poll(() => page.locator('[role="status"].unseen').allInnerTexts())
      .toContainEqual(expect.stringMatching(/^第 4 步，共 12 步。为什么响/))
    await page.keyboard.press('Enter')

    expect(await settled(page, 'answer')).toBe('shown')
    await page.keyboard.press('F6')
    // What is pointed at can be used; that it is answered so is proven in test/dashboard/keyboard.test.ts.
    expect((await focusOf(page)).is).toContain('deed=acknowledge')
    await page.keyboard.press('F6')
    expect((await focusOf(page)).is).toContain('tourNext=')
    await page.keyboard.press('Enter')

    expect(await settled(page, 'equipment')).toBe('shown')
    await isSeen(page, 'shown')
    // Whoever goes elsewhere is not held, and is told the way back.
    await page.locator('.rail a[href="/duties"]').click()
    await page.locator('.tour').getByText('您离开了这一步的页面').waitFor()
    await page.getByRole('button', { name: '去看看' }).click()
    expect(await settled(page, 'equipment')).toBe('shown')
    await page.locator('[data-tour-next]').focus()
    await page.keyboard.press('Enter')
    expect(await settled(page, 'records')).toBe('shown')
    expect(await page.locator('.question input:checked').inputValue()).toBe('last-month')

    // It goes on where it was after the page was loaded anew, and is gone once it was left.
    await page.reload()
    expect(await settled(page, 'records')).toBe('shown')
    await page.keyboard.press('Escape')
    await page.locator('.tour').waitFor({ state: 'detached' })
    expect((await focusOf(page)).is).toContain('#main')
    await page.goto(gateway.address)
    await page.locator('[data-equipment]').first().waitFor()
    await page.goto(`${gateway.address}/help`)
    expect(await page.locator('.tour').count()).toBe(0)
    await page.getByRole('button', { name: '从第 7 步接着走' }).click()
    for (const step of steps.slice(6)) {
      await settled(page, step)
      await isSeen(page, step)
      await page.locator('[data-tour-next]').press('Enter')
    }
    await page.locator('.tour').waitFor({ state: 'detached' })
    await page.getByText('您已经走完过一遍').waitFor()
    await page.goto(gateway.address)
    await page.locator('.needs').waitFor()
    expect(await page.locator('[data-tour-begin]').count()).toBe(0)
    await context.close()
  })

  test('stands as a sheet on a phone, above which what it speaks of is seen', async () => {
    const { page, context } = await signedIn({ viewport: phone, locale: 'en-GB', colorScheme: 'dark' })
    await page.goto(gateway.address)
    await page.locator('[data-tour-begin]').click()
    for (const step of steps) {
      if ((await settled(page, step)) === 'shown') await isSeen(page, step)
      expect(await page.evaluate(() => document.documentElement.scrollWidth), step).toBe(phone.width)
      if (step === 'state' || step === 'help') expect(await violations(page, '.tour')).toEqual([])
      await page.locator('[data-tour-next]').click()
    }
    await context.close()
  })

  test('rings what is taller than the room above the sheet as far as it is seen', async () => {
    const { page, context } = await signedIn({ viewport: phone })
    await page.goto(gateway.address)
    // An alarm with all that may be said of it.
    await page.addStyleTag({ content: '.needs { min-height: 900px } .needs [data-alarm] { min-height: 700px }' })
    await page.locator('[data-tour-begin]').click()
    for (const step of ['all', 'state']) {
      await settled(page, step)
      await page.locator('[data-tour-next]').click()
    }
    if ((await settled(page, 'call')) === 'said') await page.locator('[data-tour-fault]').click()
    await page.locator('.ring').waitFor()
    await isSeen(page, 'call')
    const ring = await page.locator('.ring').boundingBox()
    expect(ring?.height).toBeGreaterThan(100)
    await context.close()
  })

  test('says what an account may not see, and goes on', async () => {
    const guest = { username: 'gast', password: 'Look-only-2026!' }
    const made = await admin.send('POST', '/api/v1/users', { ...guest, displayName: 'Guest', role: 'viewer' })
    expect(made.status, await made.text()).toBeLessThan(300)
    const { page, context } = await signedIn({}, guest)
    await page.addInitScript(() => localStorage.setItem('zhishou.tour.gast', '{"step":6}'))
    await page.goto(`${gateway.address}/help`)
    await page.getByRole('button', { name: '从第 7 步接着走' }).click()
    for (const step of steps.slice(6, 11)) {
      const how = await settled(page, step)
      if (step === 'records' || step === 'site') {
        expect(how).toBe('said')
        await page.locator('.tour').getByText('您的账户没有这项权限').waitFor()
      }
      await page.locator('[data-tour-next]').click()
    }
    await page.locator('.tour[data-step="help"]').waitFor()
    await context.close()
  })
})

describe('every main page', () => {
  const pages = [
    '/',
    '/alarms',
    '/equipment',
    '/equipment/cold-1',
    '/policies',
    '/duties',
    '/duty',
    '/cases',
    '/handover',
    '/kpi',
    '/rounds',
    '/records',
    '/records/dosing',
    '/cycles',
    '/meters',
    '/dosing',
    '/gauges',
    '/logs/temperature',
    '/connections',
    '/system',
    '/site#points/cold-1.temperature',
    '/plan',
    '/me',
    '/help',
  ]

  /** Where most sticks to the edges of a phone. */
  const crowded = ['/', '/alarms', '/equipment/cold-1', '/records/dosing', '/logs/temperature', '/site#points/cold-1.temperature']
  test.each([
    { width: 1280, of: pages, back: false },
    { width: 360, of: crowded, back: true },
  ])('has targets of 24 px, stands still, and hides nothing that has the focus, $width px wide', async ({ width, of, back }) => {
    const { page, context } = await signedIn({ viewport: { width, height: 780 } })
    for (const path of of) {
      await page.goto(gateway.address + path)
      await page.locator('main h1').first().waitFor({ state: 'attached' })
      await page.locator('[aria-busy="true"]').waitFor({ state: 'detached' })
      expect({ path, small: await smallTargetsOn(page) }).toEqual({ path, small: [] })
      expect({ path, moves: await movesOn(page) }).toEqual({ path, moves: [] })
      // Strip and rail are the same everywhere: they are walked through once.
      if (path !== '/') await page.locator('#main').focus()
      // Forwards at a desk; backwards on a phone, where what sticks to the upper edge is met from below.
      expect({ path, hidden: await walkByTab(page, back) }).toEqual({ path, hidden: [] })
    }
    await context.close()
  })

  test('asks for nothing twice and lets a password be pasted', async () => {
    const context = await browser.newContext({ locale: 'zh-CN', viewport: desk })
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    const page = await context.newPage()
    await page.goto(gateway.address)
    await page.locator('#password').waitFor()
    expect(await page.locator('#username').getAttribute('autocomplete')).toBe('username')
    expect(await page.locator('#password').getAttribute('autocomplete')).toBe('current-password')
    await page.locator('#username').fill('admin')
    await page.evaluate(text => navigator.clipboard.writeText(text), password)
    await page.locator('#password').focus()
    await page.keyboard.press('ControlOrMeta+v')
    await page.keyboard.press('Enter')
    await page.locator('[data-equipment]').first().waitFor()
    await context.close()
  })

  test('tells each state by shape and word where no colour is left', async () => {
    const { page, context } = await signedIn({ forcedColors: 'active' })
    await page.goto(`${gateway.address}/gallery`)
    await page.locator('[data-equipment]').first().waitFor()
    await page.addStyleTag({ content: 'html { filter: grayscale(1) }' })
    const told = await page.evaluate(() =>
      [...document.querySelectorAll('.tile, .alarm[data-alarm], .row[data-row], .badge')].map(one => ({
        tone: one.closest('[data-tone]')?.getAttribute('data-tone') ?? '',
        shape: one.querySelector('svg')?.innerHTML.replace(/\s+|<!--.*?-->/g, '') ?? '',
        words: (one.textContent ?? '').trim(),
        kind: one.matches('.badge') ? 'badge' : 'part',
      })),
    )
    const badges = told.filter(({ kind }) => kind === 'badge')
    const tones = [...new Set(badges.map(({ tone }) => tone))]
    expect(tones.toSorted()).toEqual(['advisory', 'high', 'low', 'medium', 'unknown'])
    // One shape and its words to each state, and no two states share either.
    for (const tone of tones) {
      const of = badges.filter(one => one.tone === tone)
      expect(new Set(of.map(({ shape }) => shape)).size, tone).toBe(1)
      expect(
        of.filter(({ words }) => words === ''),
        tone,
      ).toEqual([])
    }
    expect(new Set(badges.map(({ shape }) => shape)).size).toBe(tones.length)
    for (const word of ['严重', '警告', '注意', '提醒', '未知'])
      expect(new Set(badges.filter(({ words }) => words === word).map(({ tone }) => tone)).size, word).toBe(1)
    expect(told.filter(({ tone, shape, words }) => tone !== 'calm' && (shape === '' || words === ''))).toEqual([])
    await context.close()
  })

  test('raises no error in the browser', () => {
    expect(errors).toEqual([])
  })
})
