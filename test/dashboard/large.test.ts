import { rm } from 'node:fs/promises'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { WireEquipment, WireSite } from '../../gateway/api/wire.ts'
import { openBrowser } from '../kit/browser.ts'
import { builtDashboard } from './built.ts'
import { alarmOf, alarmSketches, school } from './school.ts'
import { Stage } from './stage.ts'

/** A university: 10 000 points, 5 000 alarms. What is drawn is counted, for what is not drawn costs nobody any time. */
const [areas, cabinets] = [25, 200]
let folder: string
let browser: Browser
let stage: Stage
let page: Page
const errors: string[] = []

function university(): WireSite {
  const site = school()
  const [model] = site.equipment
  const points = (model?.points ?? []).slice(0, 2)
  if (!model || points.length < 2) throw new Error('no cabinet to copy')
  const copy = (area: number, n: number): WireEquipment => {
    const id = `c${area}-${n}`
    const own = points.map(point => ({ ...point, id: `${id}.${point.id.split('.')[1]}`, equipment: id }))
    const name = { zh: `${area} 号楼 ${n} 号柜`, en: `Cabinet ${area}/${n}` }
    return { ...model, id, area: `a${area}`, name, points: own, mainPoint: own[0]?.id ?? '' }
  }
  return {
    ...site,
    areas: Array.from({ length: areas }, (_, area) => ({ id: `a${area}`, name: { zh: `${area} 号楼`, en: `Building ${area}` } })),
    equipment: Array.from({ length: areas * cabinets }, (_, i) => copy(Math.floor(i / cabinets), i % cabinets)),
  }
}

beforeAll(async () => {
  folder = await builtDashboard()
  browser = await openBrowser()
  const site = university()
  const [, sketch] = alarmSketches
  if (!sketch) throw new Error('no alarm to copy')
  const now = Date.now()
  const alarms = site.equipment.map(({ id }) => alarmOf({ ...sketch, id: `A-${id}`, point: `${id}.temperature` }, now))
  expect(site.equipment.flatMap(({ points }) => points)).toHaveLength(10_000)
  stage = new Stage({ dist: folder, site, alarms, now })
  const address = await stage.start()
  const context = await browser.newContext({ locale: 'zh-CN', viewport: { width: 1280, height: 800 }, serviceWorkers: 'block' })
  await context.request.post(`${address}/api/v1/session`, { data: { username: 'admin', password: 'secret' } })
  page = await context.newPage()
  page.on('pageerror', error => errors.push(error.message))
  await page.goto(address)
})
afterAll(async () => {
  await browser?.close()
  await stage?.stop()
  await rm(folder, { recursive: true, force: true })
})

const drawn = (): Promise<number> => page.evaluate(() => document.querySelectorAll('main *').length)
const go = (path: string): Promise<void> =>
  page.evaluate(to => {
    history.pushState(null, '', to)
    dispatchEvent(new PopStateEvent('popstate'))
  }, path)

test('ten thousand points and five thousand alarms are counted whole, drawn in part, and each is found', async () => {
  await page.locator('[data-equipment]').first().waitFor()
  expect(await page.locator('.needs [data-alarm]').count()).toBe(5)
  expect(await page.locator('.strip .bell .count').innerText()).toBe('5000')
  expect(await page.locator('[data-equipment]').count()).toBe(600)
  expect(await drawn()).toBeLessThan(12_000)
  // The rest of a building comes when it is asked for.
  await page
    .locator('#area-a3')
    .getByRole('button', { name: /再显示|另有|更多/ })
    .click()
  await page.locator('#area-a3 [data-equipment="c3-199"]').waitFor()

  await go('/equipment')
  await page.getByRole('searchbox').fill('24 号楼 199 号柜')
  await page.locator('[data-equipment="c24-199"]').waitFor()
  expect(await page.locator('[data-equipment]').count()).toBe(1)

  await go('/alarms')
  await page.locator('[data-row]').first().waitFor()
  expect(await page.locator('[data-row]').count()).toBeLessThanOrEqual(50)
  await page.getByRole('searchbox').fill('c24-199')
  await page.locator('[data-row="A-c24-199"]').waitFor()

  // And it goes on: what comes now is seen now.
  await go('/equipment/c24-199')
  stage.tell({ readings: [['c24-199.temperature', stage.now, stage.now, 7.7, 'good']] })
  await page.locator('main header .value').filter({ hasText: '7.7' }).waitFor()
  expect(errors).toEqual([])
})
