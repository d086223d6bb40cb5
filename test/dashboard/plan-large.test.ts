import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { WireEquipment, WireSite } from '../../gateway/api/wire.ts'
import type { WirePlanDetail } from '../../gateway/api/wire-plans.ts'
import { openBrowser } from '../kit/browser.ts'
import { root } from '../kit/product.ts'
import { builtDashboard } from './built.ts'
import { alarmOf, alarmSketches, school } from './school.ts'
import { Stage } from './stage.ts'

/** A floor with two hundred markers, some of them so close that their names would lie on each other, five of them with an alarm. */
const [across, down] = [20, 10]
const loud = [3, 47, 91, 135, 179]
let folder: string
let browser: Browser
let stage: Stage
let page: Page
const errors: string[] = []

const idOf = (n: number): string => `cab-${n}`
function hall(): WireSite {
  const site = school()
  const [model] = site.equipment
  if (!model) throw new Error('no cabinet to copy')
  const copy = (n: number): WireEquipment => {
    const points = model.points.map(point => ({ ...point, id: `${idOf(n)}.${point.id.split('.')[1]}`, equipment: idOf(n) }))
    const long = n % 40 === 0 ? ' <script>🧊 一个名字很长很长很长很长很长很长的柜子' : ''
    const name = { zh: `${n} 号柜${long}`, en: `Cabinet ${n}${long}` }
    return { ...model, id: idOf(n), area: site.areas[0]?.id ?? '', name, points, mainPoint: points[0]?.id ?? '' }
  }
  return { ...site, equipment: Array.from({ length: across * down }, (_, n) => copy(n)) }
}
const plan: WirePlanDetail = {
  id: 'P1',
  name: { zh: '大厅', en: 'Hall' },
  version: 1,
  drawing: { type: 'image/svg+xml', width: 1_600, height: 1_000, href: '/api/v1/plans/P1/drawing' },
  count: across * down,
  changedAt: '2026-09-01T08:00:00+08:00',
  changedBy: 'admin',
  places: Array.from({ length: across * down }, (_, n) => ({
    equipment: idOf(n),
    name: { zh: `${n} 号柜`, en: `Cabinet ${n}` },
    x: ((n % across) + 0.5) / across,
    y: (Math.floor(n / across) + 0.5) / down,
  })),
}

beforeAll(async () => {
  folder = await builtDashboard()
  browser = await openBrowser()
  const sketch = alarmSketches[1]
  if (!sketch) throw new Error('no alarm to copy')
  const now = Date.now()
  const alarms = loud.map(n => alarmOf({ ...sketch, id: `A-${n}`, point: `${idOf(n)}.temperature` }, now))
  stage = new Stage({ dist: folder, site: hall(), plan, alarms, now, speed: 1 })
  stage.bad.clear()
  stage.silent.clear()
  const address = await stage.start()
  const context = await browser.newContext({
    locale: 'zh-CN',
    viewport: { width: 1280, height: 800 },
    serviceWorkers: 'block',
    reducedMotion: 'reduce',
  })
  await context.request.post(`${address}/api/v1/session`, { data: { username: 'admin', password: 'secret' } })
  page = await context.newPage()
  page.on('pageerror', error => errors.push(error.message))
  await page.goto(`${address}/plan`)
  await page.locator('[data-place]').first().waitFor()
})
afterAll(async () => {
  await browser?.close()
  await stage?.stop()
  await rm(folder, { recursive: true, force: true })
})

const marker = (n: number) => page.locator(`[data-place="${idOf(n)}"]`)
const middleOf = async (n: number) => {
  const box = await marker(n).boundingBox()
  if (!box) throw new Error(`${idOf(n)} is not drawn`)
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 }
}

/** Shown names that lie on each other, where neither of the two has to be shown. */
const collisions = (): Promise<{ readonly shown: number; readonly on: readonly string[] }> =>
  page.evaluate(() => {
    const shown = [...document.querySelectorAll<HTMLElement>('[data-place]')].flatMap(one => {
      const label = one.querySelector<HTMLElement>('.label')
      return label && !label.classList.contains('hidden')
        ? [{ id: one.dataset['place'], box: label.getBoundingClientRect() }]
        : []
    })
    const on = shown.flatMap((a, i) =>
      shown.slice(i + 1).flatMap(b => {
        const [wide, high] = [
          Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left),
          Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top),
        ]
        return wide > 1 && high > 1 ? [`${a.id} ${b.id}`] : []
      }),
    )
    return { shown: shown.length, on }
  })

/** Alarms that a button stands before, or whose name is cut off at the edge. */
const covered = (): Promise<readonly string[]> =>
  page.evaluate(() => {
    const stage = document.querySelector('.stage')?.getBoundingClientRect()
    const tools = [...document.querySelectorAll('.tools button')].map(one => one.getBoundingClientRect())
    return [...document.querySelectorAll<HTMLElement>('.marker.loud')].flatMap(one => {
      const boxes = [one, one.querySelector('.label') ?? one].map(part => part.getBoundingClientRect())
      const isCut = boxes.some(
        box => !stage || box.left < stage.left - 1 || box.right > stage.right + 1 || box.bottom > stage.bottom + 1,
      )
      const isBehind = tools.some(tool =>
        boxes.some(box => box.left < tool.right && tool.left < box.right && box.top < tool.bottom && tool.top < box.bottom),
      )
      return isCut || isBehind ? [`${one.dataset['place']} ${isCut ? 'is cut' : 'stands behind a button'}`] : []
    })
  })

/** What is wider than the window, and what sticks out of it. */
const overflow = (): Promise<readonly string[]> =>
  page.evaluate(() => {
    const wide =
      document.documentElement.scrollWidth > innerWidth ? [`the page is ${document.documentElement.scrollWidth} wide`] : []
    const out = [...document.querySelectorAll<HTMLElement>('main > *, main .body > *, main .head > *')].filter(
      one => one.getBoundingClientRect().right > innerWidth + 1,
    )
    return [...wide, ...out.map(one => one.className)]
  })

test('two hundred markers are all there, each alone is drawn anew with its value, and each is moved with pointer and keys', async () => {
  expect(await page.locator('[data-place]').count()).toBe(across * down)
  for (const n of loud) expect(await marker(n).locator('.label').getAttribute('class')).not.toContain('hidden')
  for (const width of [360, 1280, 1920]) {
    await page.setViewportSize({ width, height: 800 })
    await expect.poll(collisions, { message: `names at ${width} px` }).toMatchObject({ on: [] })
    expect(await covered(), `alarms at ${width} px`).toEqual([])
    expect((await collisions()).shown).toBeGreaterThanOrEqual(loud.length)
    expect(await overflow(), `${width} px`).toEqual([])
  }
  await page.setViewportSize({ width: 1280, height: 800 })

  // A reading that comes changes its marker and no other.
  await page.evaluate(() => {
    const touched: string[] = []
    Object.assign(window, { touched })
    const layer = document.querySelector('.layer')
    if (!layer) throw new Error('no layer')
    new MutationObserver(records => {
      for (const { target, addedNodes, removedNodes } of records) {
        const element = target instanceof Element ? target : target.parentElement
        const of = element?.closest<HTMLElement>('[data-place]')?.dataset['place'] ?? 'layer'
        touched.push(target === layer || addedNodes.length + removedNodes.length > 2 ? `${of} made anew` : of)
      }
    }).observe(layer, { subtree: true, childList: true, characterData: true, attributes: true })
  })
  // What the change of the window still moves comes first, whenever the browser gets to it.
  let value = 4
  await expect
    .poll(async () => {
      value += 0.1
      const now = stage.now
      await page.evaluate(() => void (window as unknown as { touched: string[] }).touched.splice(0))
      stage.tell({ readings: [['cab-60.temperature', now, now, value, 'good']] })
      await marker(60)
        .locator('.value')
        .filter({ hasText: value.toFixed(1) })
        .waitFor({ state: 'attached' })
      return page.evaluate(() => [...new Set((window as unknown as { touched: string[] }).touched)])
    })
    .toEqual(['cab-60'])

  await page.getByRole('button', { name: '布置设备' }).click()
  const [from, to] = [await middleOf(105), await middleOf(106)]
  await page.mouse.move(from.x, from.y)
  await page.mouse.down()
  await page.mouse.move(to.x, to.y + 20, { steps: 4 })
  await page.mouse.up()
  await expect.poll(() => middleOf(105)).toEqual({ x: expect.closeTo(to.x, -0.5), y: expect.closeTo(to.y + 20, -0.5) })
  await marker(22).focus()
  const begun = await middleOf(22)
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Shift+ArrowLeft')
  // What comes meanwhile takes nothing out of the hand.
  stage.tell({
    alarms: [...stage.alarms.values()].slice(0, 1).map(alarm => ({ ...alarm, state: 'normal' as const, active: false })),
  })
  await expect.poll(() => marker(loud[0] ?? 0).getAttribute('data-tone')).toBe('calm')
  await page.keyboard.press('ArrowDown')
  const moved = async () => {
    const ended = await middleOf(22)
    return [ended.x - begun.x, ended.y - begun.y]
  }
  await expect.poll(moved).toEqual([expect.closeTo(-1, 0), expect.closeTo(16, 0)])
  await page.keyboard.press('Enter')
  await page.getByText('2 处改动未保存').waitFor()
  expect(await page.locator('[data-place]').count()).toBe(across * down)
  await page.getByRole('button', { name: '保存' }).click()
  await page.getByRole('button', { name: '布置设备' }).waitFor()
  expect(stage.plan?.places).toHaveLength(across * down)

  await page.evaluate(await readFile(join(root, 'node_modules/axe-core/axe.min.js'), 'utf8'))
  const faults = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }
    return (await axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)
  })
  expect(faults).toEqual([])
  expect(errors).toEqual([])
})
