import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBrowser } from '../kit/browser.ts'
import { png } from '../kit/picture.ts'
import { facility, password, person, root } from '../kit/product.ts'
import type { Facility, Product } from '../kit/product.ts'

/**
 * An administrator gives the school its floor plan: uploads it, puts equipment on it with mouse, taps and keys, and saves. A second screen sees
 * it without being touched, and the alarm that comes then; the next start and the backup have it too.
 */
const minute = 60_000
let works: Facility
let gateway: Product
let browser: Browser
let context: BrowserContext
let page: Page
let other: Page

beforeAll(async () => {
  works = await facility()
  browser = await openBrowser()
  gateway = await works.start(['--speed', '120'])
  context = await visitor({ width: 1280, height: 800 })
  page = await context.newPage()
}, 4 * minute)

afterAll(async () => {
  await browser?.close()
  await works?.remove()
}, minute)

async function visitor(viewport: { width: number; height: number }, colorScheme: 'light' | 'dark' = 'light') {
  const made = await browser.newContext({ locale: 'zh-CN', viewport, colorScheme, reducedMotion: 'reduce' })
  const signIn = await made.request.post(`${gateway.address}/api/v1/session`, {
    data: { username: 'admin', password },
    headers: { origin: gateway.address },
  })
  expect(signIn.ok()).toBe(true)
  return made
}

async function faultsOfAccess(of: Page): Promise<readonly string[]> {
  await of.evaluate(await readFile(join(root, 'node_modules/axe-core/axe.min.js'), 'utf8'))
  return of.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }
    return (await axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)
  })
}

const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 250"><!-- made with care --><filter/>
<rect x="5" y="5" width="390" height="240" fill="none" stroke="#333" stroke-width="4"/><text x="20" y="40">食堂</text></svg>`
const file = (text: string, name: string) => ({ name, mimeType: 'image/svg+xml', buffer: Buffer.from(text) })
const marker = (id: string, of = page) => of.locator(`[data-place="${id}"]`)
const inTray = (id: string) => page.locator(`[data-tray="${id}"]`)
const picture = (of = page) => of.locator('.layer img')
async function boxOf(of: ReturnType<typeof marker>) {
  const box = await of.boundingBox()
  if (!box) throw new Error('it is not drawn')
  return { ...box, x: box.x + box.width / 2, y: box.y + box.height / 2 }
}
/** A place of the drawing in the window. */
async function at(x: number, y: number) {
  const box = await picture().boundingBox()
  if (!box) throw new Error('no drawing')
  return { x: box.x + box.width * x, y: box.y + box.height * y }
}
const lightOf = (of: Page) => picture(of).evaluate(img => getComputedStyle(img).filter)
const places = async () => {
  const admin = await person(gateway.address)
  return (await admin.get('/api/v1/plans/P1')) as { version: number; places: { equipment: string; x: number; y: number }[] }
}
const placeOf = async (id: string) => (await places()).places.find(({ equipment }) => equipment === id)

describe('a floor plan', () => {
  test('is not there at first: the page says what it is for, and takes one', async () => {
    await page.goto(`${gateway.address}/`)
    await page.getByRole('link', { name: '平面图' }).click()
    await page.getByText('还没有平面图').waitFor()
    expect(await faultsOfAccess(page)).toEqual([])

    await page
      .locator('input[type=file]')
      .setInputFiles(file('<svg viewBox="0 0 9 9">\n<script>alert(1)</script></svg>', 'evil.svg'))
    await page.getByRole('button', { name: '上传' }).click()
    await page.getByRole('alert').filter({ hasText: '<script>' }).waitFor()
    expect(await page.getByRole('alert').textContent()).toContain('第 2 行')

    await page
      .locator('input[type=file]')
      .setInputFiles({ name: 'photo.png', mimeType: 'image/png', buffer: Buffer.from([0xff, 0xd8, 0xff, 0xe0]) })
    await page.getByRole('button', { name: '上传' }).click()
    await page.getByRole('alert').filter({ hasText: 'JPEG' }).waitFor()
  })

  test('is uploaded, and says what was left out of it', async () => {
    await page.locator('input[type=file]').setInputFiles(file(svg, 'ground.svg'))
    await page.getByLabel('名称（中文）').fill('一层 <script> 🍳')
    await page.getByRole('button', { name: '上传' }).click()
    await page.waitForURL(/\/plan\/P1$/)
    await page.getByText('未保留：filter').waitFor()
    await page.getByText('一层 <script> 🍳').waitFor()
    await expect.poll(() => picture().evaluate(img => (img as HTMLImageElement).naturalWidth)).toBe(2_048)

    const second = await visitor({ width: 1280, height: 800 }, 'dark')
    other = await second.newPage()
    await other.goto(`${gateway.address}/plan`)
    await picture(other).waitFor()
    // At night lines on paper are light on dark.
    await expect.poll(() => lightOf(other)).toContain('invert')
  })

  test('is filled with the mouse, with two taps, and with keys alone', async () => {
    await page.getByRole('button', { name: '布置设备' }).click()
    expect(await faultsOfAccess(page)).toEqual([])
    const from = await boxOf(inTray('cold-1'))
    const to = await at(0.25, 0.5)
    await page.mouse.move(from.x, from.y)
    await page.mouse.down()
    await page.mouse.move(from.x - 40, from.y + 10, { steps: 3 })
    await page.mouse.move(to.x, to.y, { steps: 6 })
    await page.mouse.up()
    await marker('cold-1').waitFor()
    expect(await inTray('cold-1').count()).toBe(0)

    await inTray('cold-2').click()
    await page.getByText(/请点.*在图上的位置/).waitFor()
    const tap = await at(0.75, 0.5)
    await page.mouse.click(tap.x, tap.y)
    await marker('cold-2').waitFor()

    await inTray('freezer-1').focus()
    await page.keyboard.press('Enter')
    await expect.poll(() => marker('freezer-1').evaluate(one => one === document.activeElement)).toBe(true)
    const begun = await boxOf(marker('freezer-1'))
    for (let step = 0; step < 5; step += 1) await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Shift+ArrowRight')
    const ended = await boxOf(marker('freezer-1'))
    expect([ended.x - begun.x, ended.y - begun.y]).toEqual([expect.closeTo(1, 0), expect.closeTo(-40, 0)])
    await page.keyboard.press('Enter')
    await page.getByText('3 处改动未保存').waitFor()
    expect((await places()).places).toEqual([])
  })

  test('keeps what is not saved when the page is loaded again', async () => {
    await page.reload()
    await page.getByText('3 处改动未保存').waitFor()
    expect(await marker('cold-1').count()).toBe(1)
  })

  test('lets things be moved and taken off again, each also without dragging', async () => {
    const from = await boxOf(marker('cold-1'))
    const to = await at(0.5, 0.75)
    await page.mouse.move(from.x, from.y)
    await page.mouse.down()
    await page.mouse.move(to.x, to.y, { steps: 5 })
    await page.mouse.up()
    const moved = await boxOf(marker('cold-1'))
    expect([moved.x, moved.y]).toEqual([expect.closeTo(to.x, -0.5), expect.closeTo(to.y, -0.5)])

    await marker('cold-1').click()
    const back = await at(0.25, 0.5)
    await page.mouse.click(back.x, back.y)
    await expect.poll(async () => (await boxOf(marker('cold-1'))).x).toBeCloseTo(back.x, -0.5)
    await page.getByRole('button', { name: '放下' }).click()

    await marker('freezer-1').focus()
    await page.keyboard.press('Delete')
    await inTray('freezer-1').waitFor()
    await page.getByText('2 处改动未保存').waitFor()
  })

  test('is saved in one go, and the other screen shows it without being touched', async () => {
    expect(await marker('cold-1', other).count()).toBe(0)
    await page.getByRole('button', { name: '保存' }).click()
    await page.getByRole('button', { name: '布置设备' }).waitFor()
    await marker('cold-1', other).waitFor()
    await marker('cold-2', other).waitFor()
    const { version } = await places()
    expect(version).toBe(2)
    expect(await placeOf('cold-1')).toMatchObject({ x: expect.closeTo(0.25, 2), y: expect.closeTo(0.5, 2) })
    const admin = await person(gateway.address)
    const { items } = (await admin.get('/api/v1/journal?limit=100')) as {
      items: { kind: string; by: string; data: Record<string, unknown> }[]
    }
    expect(items.find(({ kind }) => kind === 'plan.arranged')).toMatchObject({
      by: 'admin',
      data: { plan: 'P1', placed: ['cold-1', 'cold-2'], moved: [], takenOff: [] },
    })
  })

  test('of which two people save at once loses nothing of either', async () => {
    await page.getByRole('button', { name: '布置设备' }).click()
    await marker('cold-1').focus()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Enter')
    const mine = await boxOf(marker('cold-1'))
    const admin = await person(gateway.address)
    const { version, places: known } = await places()
    const theirs = known.map(({ equipment, x, y }) =>
      equipment === 'cold-2' ? { equipment, x: 0.9, y: 0.1 } : { equipment, x, y },
    )
    expect((await admin.send('PUT', '/api/v1/plans/P1/places', { version, places: theirs })).status).toBe(200)

    await page.getByText('别人刚刚保存了这张图', { exact: false }).waitFor()
    expect((await boxOf(marker('cold-1'))).x).toBeCloseTo(mine.x, 0)
    const corner = await at(0.9, 0.1)
    expect((await boxOf(marker('cold-2'))).x).toBeCloseTo(corner.x, 0)
    await page.getByRole('button', { name: '保存' }).click()
    await page.getByRole('button', { name: '布置设备' }).waitFor()
    expect(await placeOf('cold-2')).toMatchObject({ x: 0.9, y: 0.1 })
    expect((await placeOf('cold-1'))?.x).toBeGreaterThan(0.25)
  })

  test('is zoomed by wheel, buttons, keys and a double tap, while markers keep their size', async () => {
    const scale = async () => Number(await page.locator('.layer').getAttribute('data-scale'))
    const whole = await scale()
    const size = (await boxOf(marker('cold-1'))).width
    const middle = await at(0.5, 0.9)
    await page.mouse.move(middle.x, middle.y)
    await page.mouse.wheel(0, -200)
    await expect.poll(scale).toBeGreaterThan(whole)
    expect((await boxOf(marker('cold-1'))).width).toBe(size)
    await page.getByRole('button', { name: '显示全图' }).click()
    await expect.poll(scale).toBe(whole)
    await page.getByRole('button', { name: '放大' }).click()
    await expect.poll(scale).toBeCloseTo(whole * 1.5, 2)
    await page.locator('.stage').focus()
    await page.keyboard.press('0')
    await expect.poll(scale).toBe(whole)
    await page.mouse.dblclick(middle.x, middle.y)
    await expect.poll(scale).toBeCloseTo(whole * 2, 2)
    const before = await boxOf(marker('cold-1'))
    await page.mouse.move(middle.x, middle.y)
    await page.mouse.down()
    await page.mouse.move(middle.x - 60, middle.y, { steps: 4 })
    await page.mouse.up()
    expect((await boxOf(marker('cold-1'))).x).toBeCloseTo(before.x - 60, 0)
    await page.keyboard.press('0')
  })

  test('is zoomed with two fingers, and arranged with one', async () => {
    const hand = await browser.newContext({
      storageState: await context.storageState(),
      locale: 'zh-CN',
      viewport: { width: 800, height: 900 },
      hasTouch: true,
      reducedMotion: 'reduce',
    })
    const tablet = await hand.newPage()
    const fingers = await hand.newCDPSession(tablet)
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...points: readonly { x: number; y: number }[]) =>
      fingers.send('Input.dispatchTouchEvent', { type, touchPoints: points.map(({ x, y }, id) => ({ x, y, id })) })
    await tablet.goto(`${gateway.address}/plan/P1`)
    await marker('cold-1', tablet).waitFor()
    const scale = async () => Number(await tablet.locator('.layer').getAttribute('data-scale'))
    const whole = await scale()
    const size = (await boxOf(marker('cold-1', tablet))).width
    const box = await tablet.locator('.stage').boundingBox()
    if (!box) throw new Error('no stage')
    const [x, y] = [box.x + box.width / 2, box.y + box.height * 0.8]
    const spread = (by: number) => [
      { x: x - by, y },
      { x: x + by, y },
    ]
    await touch('touchStart', ...spread(40))
    for (const by of [50, 60, 70, 80]) await touch('touchMove', ...spread(by))
    await touch('touchEnd')
    await expect.poll(scale).toBeCloseTo(whole * 2, 1)
    expect((await boxOf(marker('cold-1', tablet))).width).toBe(size)
    await tablet.getByRole('button', { name: '显示全图' }).tap()
    await expect.poll(scale).toBe(whole)

    await tablet.getByRole('button', { name: '布置设备' }).tap()
    await tablet.locator('[data-tray="freezer-1"]').waitFor()
    const arranged = await scale()
    const from = await boxOf(marker('cold-1', tablet))
    await touch('touchStart', from)
    for (const step of [10, 20, 40, 60]) await touch('touchMove', { x: from.x + step, y: from.y + step / 2 })
    await touch('touchEnd')
    await expect.poll(async () => (await boxOf(marker('cold-1', tablet))).x).toBeCloseTo(from.x + 60, -0.5)
    expect((await boxOf(marker('cold-1', tablet))).y).toBeCloseTo(from.y + 30, -0.5)
    expect(await scale()).toBe(arranged)
    await tablet.getByText('1 处改动未保存').waitFor()
    await hand.close()
  })

  test('shows an alarm where it is, on every screen: larger, with its word, and first in the list', async () => {
    const admin = await person(gateway.address)
    expect((await admin.send('POST', '/api/v1/demo/faults', { equipment: 'cold-1', fault: 'door-left-open' })).ok).toBe(true)
    const calm = (await boxOf(marker('cold-2', other))).width
    for (const one of [page, other]) {
      await expect
        .poll(() => marker('cold-1', one).getAttribute('data-tone'), { timeout: 3 * minute })
        .toMatch(/^(high|medium|low)$/)
      expect((await boxOf(marker('cold-1', one))).width).toBeGreaterThan(calm)
      expect(await marker('cold-1', one).innerText()).toMatch(/1 号保鲜柜[^]*(严重|警告|注意)[^]*°C/)
      expect(await one.locator('main ul li').first().textContent()).toContain('1 号保鲜柜')
      expect(await faultsOfAccess(one)).toEqual([])
    }
    await marker('cold-1', other).click()
    await other
      .getByRole('region', { name: /1 号保鲜柜/ })
      .getByText(/高于|超过/)
      .waitFor()
    expect(await faultsOfAccess(other)).toEqual([])
    await other.getByRole('link', { name: '查看设备' }).click()
    await other.waitForURL(/\/equipment\/cold-1$/)
  })

  test.each(['light', 'dark'] as const)('fits a phone, in %s, and is reached from its menu', async theme => {
    const phone = await visitor({ width: 360, height: 740 }, theme)
    const hand = await phone.newPage()
    await hand.goto(gateway.address)
    await hand.locator('summary', { hasText: '记录' }).click()
    await hand.getByRole('link', { name: '平面图' }).click()
    await marker('cold-1', hand).waitFor()
    expect(await hand.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
    expect(await faultsOfAccess(hand)).toEqual([])
    await hand.getByRole('button', { name: '布置设备' }).click()
    await hand.locator('[data-tray="freezer-1"]').waitFor()
    expect(await hand.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
    expect(await faultsOfAccess(hand)).toEqual([])
    await phone.close()
  })

  test('is drawn anew, renamed, and another one is beside it', async () => {
    await page.reload()
    await page.getByRole('button', { name: '管理这张图' }).click()
    expect(await faultsOfAccess(page)).toEqual([])
    await page.locator('input[type=file]').setInputFiles({ name: 'x.png', mimeType: 'image/png', buffer: png(400, 250, 230) })
    await page.getByRole('button', { name: '上传' }).click()
    await expect.poll(() => picture().evaluate(img => (img as HTMLImageElement).naturalWidth)).toBe(400)
    expect(await placeOf('cold-2')).toMatchObject({ x: 0.9, y: 0.1 })
    // White paper or not is judged by what is on it: a photograph keeps its light.
    await other.goto(`${gateway.address}/plan/P1`)
    await expect.poll(() => lightOf(other)).toContain('invert')
    await page.getByRole('button', { name: '管理这张图' }).click()
    await page.locator('input[type=file]').setInputFiles({ name: 'x.png', mimeType: 'image/png', buffer: png(400, 250, 90) })
    await page.getByRole('button', { name: '上传' }).click()
    await expect.poll(() => lightOf(other)).toBe('none')

    await page.getByRole('button', { name: '添加平面图' }).click()
    await page.locator('input[type=file]').setInputFiles(file(svg, 'first.svg'))
    await page.getByLabel('名称（中文）').fill('二层')
    await page.getByRole('button', { name: '上传' }).click()
    await page.waitForURL(/\/plan\/P2$/)
    await page.getByRole('link', { name: '二层' }).waitFor()
    await page.getByRole('button', { name: '管理这张图' }).click()
    await page.getByRole('button', { name: '删除平面图' }).click()
    await page.getByRole('button', { name: '删除', exact: true }).click()
    await page.getByText('没有这张平面图').waitFor()
    await page.getByRole('link', { name: '全部平面图' }).click()
    await marker('cold-1').waitFor()
  })

  test('is there after a start, and in the backup with its drawing', async () => {
    const before = await places()
    await gateway.stop()
    const backup = join(works.folder, 'backup.zip')
    const made = works.command('backup', '--data', works.folder, '--out', backup)
    expect(made.out).toContain('backup.zip')
    expect(made.code).toBe(0)
    const second = await facility()
    try {
      expect(works.command('restore', backup, '--data', second.folder).code).toBe(0)
      gateway = await second.start(['--speed', '120'])
      expect(await places()).toEqual(before)
      const admin = await person(gateway.address)
      const { drawing } = (await admin.get('/api/v1/plans/P1')) as { drawing: { href: string } }
      const shown = await admin.send('GET', drawing.href)
      expect(Buffer.from(await shown.arrayBuffer())).toEqual(png(400, 250, 90))
    } finally {
      await second.remove()
    }
  })
})
