import { readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openBrowser } from '../kit/browser.ts'
import { builtDashboard } from './built.ts'
import { alarmOf, alarmSketches } from './school.ts'
import { Stage } from './stage.ts'

const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const phone = { width: 360, height: 780 }
const desk = { width: 1280, height: 900 }
const hour = 3_600_000

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
const contexts: BrowserContext[] = []
const errors: string[] = []
beforeEach(async () => {
  stage = new Stage({ dist: folder })
  address = await stage.start()
})
afterEach(async () => {
  await Promise.all(contexts.splice(0).map(context => context.close()))
  await stage.stop()
  expect(errors.splice(0)).toEqual([])
})

interface Visit {
  readonly as?: string
  readonly language?: 'zh-CN' | 'en-GB'
  readonly size?: { readonly width: number; readonly height: number }
  readonly theme?: 'light' | 'dark'
}
async function visit(id: string, { as = 'admin', language = 'zh-CN', size = desk, theme = 'light' }: Visit = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: size, locale: language, colorScheme: theme, reducedMotion: 'reduce' })
  contexts.push(context)
  const page = await context.newPage()
  page.on('pageerror', error => errors.push(error.message))
  await context.request.post(`${address}/api/v1/session`, { data: { username: as, password: 'secret' } })
  await page.goto(`${address}/equipment/${id}`)
  await page.locator('canvas').waitFor()
  await handle(page).waitFor()
  return page
}
const handle = (page: Page) => page.getByRole('slider')
const spoken = async (page: Page) => plain((await handle(page).getAttribute('aria-valuetext')) ?? '')
const head = async (page: Page) => plain(await page.locator('main header').innerText())
const plain = (text: string) => text.replaceAll(/[\u00a0\u202f]/g, ' ')
const asked = (page: Page, what: string) => page.waitForResponse(response => response.url().includes(what))

describe('why', () => {
  test('an alarm is one sentence with its clause, which leads to the clause', async () => {
    const page = await visit('cold-1')

    expect(await head(page)).toMatch(/1 号保鲜柜 柜内温度 9\.4 °C，高于 8 °C\s*已 \d+/)
    await page.getByRole('link', { name: '依据 CAN-1' }).click()
    await page.locator('[data-row="CAN-1"][aria-expanded="true"]').waitFor()
  })

  test('where there is none it says how far the value is from its limit, by which clause', async () => {
    const page = await visit('cold-3', { language: 'en-GB' })
    await page.getByRole('link', { name: 'Basis CAN-1' }).waitFor()

    expect(await head(page)).toMatch(/\d\.\d °C (below its upper limit of 8 °C|above its lower limit of 0 °C)/)
    expect(await head(page)).not.toContain('At this rate')
  })

  test('a point that tells nothing is never said to be within its limits', async () => {
    const page = await visit('office-1')
    await page.getByText('不知道离限值多远').or(page.getByText('值守')).first().waitFor()

    expect(await head(page)).not.toMatch(/还有 \d/)
  })
})

describe('the trend', () => {
  test('draws doors below the curve, hatches what is missing and tells why', async () => {
    const page = await visit('cold-2')
    await page.locator('[data-lane="cold-2.door"] .piece:not(.rest)').first().waitFor()

    await page.locator('.gaps').getByText('设备没有应答').waitFor()
    await page.locator('.gaps').getByText('网关未运行').waitFor()
    // A third of the way along lies the first hole of the stage.
    const box = await handle(page).boundingBox()
    if (!box) throw new Error('no chart')
    const ahead = await handle(page).evaluate(
      element => Number(element.getAttribute('aria-valuemax')) - Number(element.getAttribute('aria-valuemin')),
    )
    await page.mouse.move(box.x + (box.width * 0.33 * 6 * hour) / ahead, box.y + 60)
    await expect.poll(() => spoken(page)).toContain('设备没有应答')
    expect(await violet(page)).toBeGreaterThan(200)
  })

  test('marks an alarm where it was raised; pressed, it says its sentence and leads to it', async () => {
    const page = await visit('cold-1')
    const mark = page.locator('[data-mark="A20"]')
    expect(plain((await mark.getAttribute('aria-label')) ?? '')).toMatch(/^警告：1 号保鲜柜 .*9\.4 °C.*报警，还没恢复$/)
    await mark.focus()
    await page.keyboard.press('Enter')

    await page.getByRole('link', { name: '看这条报警' }).click()
    await page.waitForURL(/\/alarms#A20$/)
  })

  test('takes in an alarm as it comes and as it goes', async () => {
    const page = await visit('cold-3')
    expect(await page.locator('[data-mark]').count()).toBe(0)
    const sketch = { ...(alarmSketches[1] as (typeof alarmSketches)[number]), id: 'A31', point: 'cold-3.temperature' }
    stage.tell({ alarms: [alarmOf(sketch, stage.now)] })

    await page.locator('[data-mark="A31"]').waitFor()
    expect(await head(page)).toContain('CAN-1')
  })

  test('is walked along by arrow keys, and says where it stands', async () => {
    const page = await visit('cold-3')
    await handle(page).focus()
    await page.keyboard.press('Home')
    const first = await spoken(page)
    await page.keyboard.press('ArrowRight')
    const second = await spoken(page)
    await page.keyboard.press('Shift+ArrowRight')
    const far = await spoken(page)
    await page.keyboard.press('Shift+ArrowLeft')

    expect(new Set([first, second, far]).size).toBe(3)
    expect(first).toMatch(/\d\d:\d\d，\d\.\d °C，最低 .*柜门：/)
    expect(await spoken(page)).toBe(second)
    await page.keyboard.press('Escape')
    expect(await spoken(page)).toMatch(/^最低 .*平均 .*最高 .*没有超限，缺口 2 处/)
  })

  test('is zoomed by dragging, by keys, and back', async () => {
    const page = await visit('cold-3')
    const box = await handle(page).boundingBox()
    if (!box) throw new Error('no chart')
    const finer = asked(page, 'cold-3.temperature/readings')
    await page.mouse.move(box.x + box.width * 0.8, box.y + 50)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.9, box.y + 50, { steps: 4 })
    await page.locator('.brush').waitFor({ state: 'attached' })
    await page.mouse.up()

    const url = new URL((await finer).url()).searchParams
    // Its right edge goes on with the clock while it is dragged over.
    const picked = Number(url.get('to')) - Number(url.get('from'))
    expect(picked).toBeGreaterThan(0.5 * hour)
    expect(picked).toBeLessThan(0.9 * hour)
    expect(url.get('every')).toBeNull()
    const back = page.getByRole('button', { name: '返回全段' })
    await back.waitFor()
    const whole = asked(page, 'cold-3.temperature/readings')
    await back.click()
    expect(new URL((await whole).url()).searchParams.get('every')).toBe('60s')

    await handle(page).focus()
    await page.keyboard.press('+')
    await back.waitFor()
    await page.keyboard.press('Escape')
    await page.keyboard.press('Escape')
    await back.waitFor({ state: 'detached' })
  })

  test('shows a month, and a day that is chosen', async () => {
    const page = await visit('cold-3')
    const month = asked(page, 'every=7200s')
    await page.getByLabel('30 天').check()
    await month
    await page.getByLabel('选一天', { exact: true }).first().check()
    const chosen = asked(page, 'every=300s')
    await page.locator('input[type="date"]').fill('2026-11-01')
    await page.locator('input[type="date"]').blur()

    const from = Number(new URL((await chosen).url()).searchParams.get('from'))
    expect(new Date(from).toISOString()).toMatch(/T16:00:00\.000Z$/)
  })

  test('draws last week beside it and says the difference', async () => {
    const page = await visit('cold-3')
    const before = asked(page, 'cold-3.temperature/readings')
    await page.getByLabel('对比').selectOption('last-week')
    await before

    await page.getByText(/(比上周同期平均[高低] .*°C|与上周同期平均持平)/).waitFor()
    await page.locator('.legend').getByText('上周同期').waitFor()
    await page.getByLabel('对比').selectOption('none')
    await page.locator('.legend').getByText('上周同期').waitFor({ state: 'detached' })
  })

  test('shows what may come only where the gateway forecasts it, in words and as a band', async () => {
    const page = await visit('cold-2')
    await page.getByText(/按现在的走势，约\s(3\d|40)\s分钟后超过\s8\s°C/).waitFor()
    await page.getByText(/最早 .*，最晚 .*（把握 90 %）/).waitFor()

    await page.locator('.legend').getByText('按现在的走势').waitFor()
    const axis = await handle(page).evaluate(element => ({
      max: Number(element.getAttribute('aria-valuemax')),
      min: Number(element.getAttribute('aria-valuemin')),
    }))
    expect(axis.max - axis.min).toBeGreaterThan(6 * hour + 30 * 60_000)
    await page.getByLabel('选一天', { exact: true }).first().check()
    await page.locator('.legend').getByText('按现在的走势').waitFor({ state: 'detached' })
  })

  test('draws limits as they were valid, and says that they changed', async () => {
    const page = await visit('freezer-1')

    await page.getByText('限值在这段时间里改过').waitFor()
  })

  test('is there as a table and as a file', async () => {
    const page = await visit('cold-2')
    await page.getByText('以表格查看').click()
    const rows = page.getByRole('region', { name: '以表格查看' }).getByRole('row')
    await rows.nth(20).waitFor()
    expect(await rows.first().innerText()).toMatch(/时间\s+平均\s+最低\s+最高\s+柜门/)
    await page.getByRole('cell', { name: '设备没有应答' }).waitFor()

    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: '导出所示' }).click()
    const file = await download
    expect(file.suggestedFilename()).toMatch(/^2 号保鲜柜 柜内温度 \d{4}-\d\d-\d\d 至 .*\.csv$/)
    const text = await readFile(await file.path(), 'utf8')
    expect(text).toMatch(/^\uFEFF时间,柜内温度 平均 \(°C\),最低 \(°C\),最高 \(°C\),柜门,缺口原因\r\n/)
    expect(text.split('\r\n').length).toBeGreaterThan(300)
    expect(text).toContain('设备没有应答')
  })
})

describe('records and logs', () => {
  test('are one tap away, those that belong to this equipment alone', async () => {
    const page = await visit('cold-2')
    await page.locator('[data-record="defrost"]').waitFor()

    expect(await page.locator('[data-record]').allInnerTexts()).toEqual(['除霜', '维修'])
    expect(await page.locator('[data-record="defrost"]').getAttribute('href')).toBe('/records/defrost?equipment=cold-2')
    expect(await page.locator('[data-log]').evaluateAll(all => all.map(one => one.getAttribute('href')))).toEqual([
      '/logs/temperature?equipment=cold-2&span=today',
      '/logs/temperature?equipment=cold-2&span=week',
      '/logs/alarms?equipment=cold-2&span=today',
      '/logs/alarms?equipment=cold-2&span=week',
    ])
    const log = page.waitForRequest(request => request.url().includes('/logs/temperature?'))
    await page.locator('[data-log="temperature today"]').click()
    const query = new URL((await log).url()).searchParams
    expect(query.get('equipment')).toBe('cold-2')
    expect(query.get('from')).toBe(query.get('to'))
  })

  test('are offered to nobody who may not', async () => {
    const page = await visit('cold-2', { as: 'guest' })

    expect(await page.locator('[data-record], [data-log]').count()).toBe(0)
  })
})

test('on a phone the gauge, the sentence and the last hour are there without scrolling', async () => {
  const page = await visit('cold-1', { size: phone })
  const bottom = async (selector: string) => {
    const box = await page.locator(selector).first().boundingBox()
    return (box?.y ?? Infinity) + (box?.height ?? 0)
  }
  const bar = (await page.locator('nav.bar').boundingBox())?.y ?? phone.height

  expect(await page.getByLabel('1 小时').isChecked()).toBe(true)
  for (const selector of ['main header .gauge', 'main header .why', 'canvas']) expect(await bottom(selector)).toBeLessThan(bar)
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360)
})

test('names of 200 characters and markup stay readable and harmless', async () => {
  const hostile = '<script>window.hit=1</script><img src=x onerror="window.hit=1">'
  const long = '🧊'.repeat(40) + 'w'.repeat(160)
  await stage.stop()
  const plainSite = stage.site
  const site = {
    ...plainSite,
    equipment: plainSite.equipment.map(one => ({
      ...one,
      name: { zh: long, en: long },
      points: one.points.map(point => ({
        ...point,
        name: { zh: hostile + long, en: hostile + long },
        labels: point.labels.map(label => ({ ...label, label: { zh: hostile, en: long } })),
      })),
    })),
  }
  stage = new Stage({ dist: folder, site })
  address = await stage.start()
  for (const size of [phone, desk]) {
    const page = await visit('cold-2', { size })
    await page.getByText('以表格查看').click()
    expect(await page.evaluate(() => 'hit' in window)).toBe(false)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(size.width)
  }
})

test.each([
  { language: 'zh-CN' as const, theme: 'light' as const, size: desk },
  { language: 'zh-CN' as const, theme: 'dark' as const, size: phone },
  { language: 'en-GB' as const, theme: 'light' as const, size: phone },
  { language: 'en-GB' as const, theme: 'dark' as const, size: desk },
])(
  'nothing stands in the way of anybody: $language, $theme, $size.width px',
  async ({ language, theme, size }) => {
    for (const id of ['cold-1', 'cold-2']) {
      const page = await visit(id, { language, theme, size })
      await page.locator('details summary', { hasText: language === 'zh-CN' ? '以表格查看' : 'As a table' }).click()
      for (const mark of await page.locator('[data-mark]').all()) await mark.click()
      await page.evaluate(axeSource)
      const found = await page.evaluate(async () => {
        // @ts-expect-error axe puts itself on the window
        const { violations } = await window.axe.run(document, {
          runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
        })
        return violations.flatMap((rule: { id: string; nodes: { target: string[]; failureSummary: string }[] }) =>
          rule.nodes.map(node => `${rule.id}: ${node.target.join(' ')} ${node.failureSummary}`),
        )
      })
      expect({ id, found }).toEqual({ id, found: [] })
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(size.width)
      const moving = await page.evaluate(() => document.getAnimations().filter(({ playState }) => playState === 'running').length)
      expect(moving).toBe(0)
    }
  },
  120_000,
)

/** How many pixels of the picture have the violet of a hatch. */
async function violet(page: Page): Promise<number> {
  return page.locator('canvas').evaluate((canvas: HTMLCanvasElement) => {
    const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] }
    let found = 0
    for (let i = 0; i < data.length; i += 4) {
      const [red = 0, green = 0, blue = 0, alpha = 0] = [data[i], data[i + 1], data[i + 2], data[i + 3]]
      if (alpha > 20 && blue > green + 12 && red > green + 4) found += 1
    }
    return found
  })
}
