import { readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { builtDashboard } from './built.ts'
import { alarmOf, alarmSketches, school } from './school.ts'
import { Stage } from './stage.ts'
import { isThorough } from '../kit/thorough.ts'
import { openBrowser } from '../kit/browser.ts'

const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const phone = { width: 360, height: 780 }
const desk = { width: 1280, height: 800 }

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
beforeEach(async () => {
  stage = new Stage({ dist: folder })
  address = await stage.start()
})
afterEach(async () => {
  await Promise.all(contexts.splice(0).map(context => context.close()))
  await stage.stop()
})

interface Visit {
  readonly as?: string
  readonly path?: string
  readonly language?: 'zh-CN' | 'en-GB'
  readonly size?: { readonly width: number; readonly height: number }
  readonly theme?: 'light' | 'dark'
}
/** A browser of its own, signed in unless `as` is empty; errors of the page fail the test. */
async function visit({ as = 'admin', path = '/', language = 'zh-CN', size = desk, theme = 'light' }: Visit = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: size, locale: language, colorScheme: theme, reducedMotion: 'reduce' })
  contexts.push(context)
  const page = await context.newPage()
  page.on('pageerror', error => errors.push(error.message))
  if (as !== '') await context.request.post(`${address}/api/v1/session`, { data: { username: as, password: 'secret' } })
  await page.goto(address + path)
  return page
}
const errors: string[] = []
afterEach(() => expect(errors.splice(0)).toEqual([]))

const alarm = (id: string) => `[data-alarm="${id}"]`
const tile = (id: string) => `[data-equipment="${id}"]`

describe('signing in', () => {
  test('refuses a wrong password in words and lets the right one in', async () => {
    const page = await visit({ as: '' })
    await page.getByLabel('用户名').fill('li')
    await page.getByLabel('密码', { exact: true }).fill('wrong')
    await page.getByRole('button', { name: '登录' }).click()
    await page.getByText('用户名或密码不对').waitFor()

    await page.getByLabel('密码', { exact: true }).fill('secret')
    await page.getByRole('button', { name: '登录' }).click()

    await page.getByText('需要处理').waitFor()
    expect(new URL(page.url()).pathname).toBe('/')
  })

  test('says how long to wait after too many attempts', async () => {
    const page = await visit({ as: '', language: 'en-GB' })
    await page.getByLabel('User name').fill('flood')
    await page.getByLabel('Password', { exact: true }).fill('x')
    await page.getByRole('button', { name: 'Sign in' }).click()

    await page.getByText(/Try again in (30|29) seconds/).waitFor()
    expect(await page.getByRole('button', { name: 'Sign in' }).isDisabled()).toBe(true)
  })

  test('brings the person to the page they wanted', async () => {
    const page = await visit({ as: '', path: '/equipment/cold-1' })
    await page.getByLabel('用户名').fill('li')
    await page.getByLabel('密码', { exact: true }).fill('secret')
    await page.keyboard.press('Enter')

    await page.getByRole('heading', { name: '1 号保鲜柜' }).waitFor()
  })
})

describe('the overview', () => {
  test.each([
    { language: 'zh-CN' as const, needs: '需要处理', pace: '演示 60 倍速', limit: '保鲜柜 0–8 °C' },
    { language: 'en-GB' as const, needs: 'Needs you now', pace: 'Demo at 60×', limit: 'Fresh-keeping cabinet 0–8 °C' },
  ])('speaks $language', async ({ language, needs, pace, limit }) => {
    const page = await visit({ language })
    await page.getByText(needs).waitFor()

    expect(await page.locator('select').first().locator('option:checked').textContent()).toBe(pace)
    expect((await page.locator(alarm('A20')).textContent())?.replaceAll('\u202f', ' ')).toContain(limit)
    expect(await page.locator('html').getAttribute('lang')).toBe(language === 'zh-CN' ? 'zh-CN' : 'en')
  })

  test('leaves no English on the Chinese page and no Chinese on the English one', async () => {
    for (const path of ['/', '/alarms', '/equipment/tank-1', '/policies', '/duties', '/me']) {
      const chinese = await visit({ path, as: 'guest' })
      await chinese.locator('main h1').first().waitFor({ state: 'attached' })
      if (path === '/policies' || path === '/duties') await openEverything(chinese)
      const text = await chinese.locator('body').innerText()
      const words =
        text.replace(/English|Guest|guest|admin|tank|serial|holds|cooked|school|water-bus|zhishou/g, '').match(/[A-Za-z]{3,}/g) ??
        []
      expect(
        [...new Set(words)].filter(word => !['LEL', 'MPa', 'NTU', 'CAN', 'GAS', 'FIR', 'WAT', 'SRV', 'PAT'].includes(word)),
      ).toEqual([])

      const english = await visit({ path, as: 'guest', language: 'en-GB' })
      await english.locator('main h1').first().waitFor({ state: 'attached' })
      if (path === '/policies' || path === '/duties') await openEverything(english)
      const other = (await english.locator('body').innerText())
        .replace(/简体中文|繁體中文/g, '')
        .replace('已通知供水人员补投', '')
      expect(other.match(/\p{Script=Han}+/gu) ?? []).toEqual([])
    }
  })

  test('follows live readings', async () => {
    const page = await visit()
    await page.locator(tile('cold-2')).waitFor()

    stage.tell({ readings: [['cold-2.temperature', stage.now, stage.now, 7.7, 'good']] })

    await page.locator(`${tile('cold-2')}:has-text("7.7")`).waitFor()
  })

  test('asks for everything anew when a number is missing', async () => {
    const page = await visit()
    await page.locator(tile('cold-2')).waitFor()
    const asked = stage.watched.length

    stage.tell({
      alarms: [
        alarmOf({ ...(alarmSketches[1] as (typeof alarmSketches)[number]), id: 'A30', point: 'cold-3.temperature' }, stage.now),
      ],
    })
    await page.locator(alarm('A30')).waitFor()
    stage.alarms.delete('A30')
    stage.tell({}, 1)

    await page.locator(alarm('A30')).waitFor({ state: 'detached' })
    expect(stage.watched.length).toBe(asked + 1)
  })

  test('catches up by itself after the connection was lost', async () => {
    const page = await visit()
    await page.locator(tile('cold-2')).waitFor()

    stage.alarms.delete('A20')
    stage.dropSockets()

    await page.locator(alarm('A20')).waitFor({ state: 'detached' })
  })

  test('says that the picture has stopped when the gateway is gone, and goes on when it is back', async () => {
    const page = await visit()
    await page.locator(tile('cold-2')).waitFor()
    const port = Number(new URL(address).port)

    await stage.stop()
    const notice = page.getByRole('alert').filter({ hasText: /画面已停 \d+/ })
    await notice.waitFor({ timeout: 120_000 })
    stage = new Stage({ dist: folder, port })
    await stage.start()

    await notice.waitFor({ state: 'detached', timeout: 120_000 })
  })

  test('is calm when all is well', async () => {
    await stage.stop()
    stage = new Stage({ dist: folder, alarms: [] })
    stage.silent.clear()
    stage.bad.clear()
    address = await stage.start()
    const page = await visit()

    await page.getByText('一切正常').waitFor()
    await page.getByText('11 条制度有人值守').waitFor()
    expect(await page.locator('.tile.abnormal').count()).toBe(0)
  })

  test('draws names from the site file as text, however long or hostile', async () => {
    const site = school()
    const [first, second, ...rest] = site.equipment
    if (!first || !second) throw new Error('no equipment')
    const hostile = '<script>window.hit=1</script><img src=x onerror="window.hit=1">'
    const long = '🧊'.repeat(40) + 'w'.repeat(160)
    await stage.stop()
    stage = new Stage({
      dist: folder,
      site: {
        ...site,
        equipment: [{ ...first, name: { zh: hostile, en: hostile } }, { ...second, name: { zh: long, en: long } }, ...rest],
      },
    })
    address = await stage.start()

    for (const path of ['/', '/equipment/cold-1', '/equipment/cold-2', '/alarms']) {
      const page = await visit({ path, size: phone })
      await page.locator('main h1').first().waitFor({ state: 'attached' })
      expect(await page.evaluate(() => 'hit' in window)).toBe(false)
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360)
    }
  })
})

describe('answering an alarm', () => {
  test('takes a comment in place and shows who answered', async () => {
    const page = await visit({ as: 'li' })
    await page.locator(alarm('A20')).getByRole('button', { name: '确认' }).click()
    await page.keyboard.type('已派人查看')
    await page.keyboard.press('Enter')

    await page.locator(alarm('A20')).waitFor({ state: 'detached' })
    expect(stage.alarms.get('A20')?.acknowledged).toMatchObject({ by: 'li', comment: '已派人查看' })
  })

  test('works by keyboard alone on the alarm page', async () => {
    const page = await visit({ as: 'li', path: '/alarms' })
    await page.locator('[data-row="A21"]').waitFor()
    await page.keyboard.press('j')
    await page.keyboard.press('a')
    await page.keyboard.type('看到了')
    await page.keyboard.press('Enter')

    await page.locator('[data-row="A20"]').getByText('已确认').waitFor()
    expect(stage.alarms.get('A20')?.acknowledged?.comment).toBe('看到了')
  })

  test('offers no button to who may not, and says why', async () => {
    const page = await visit({ as: 'guest' })
    await page.getByText('查看者只能查看，不能确认报警').first().waitFor()

    expect(await page.locator('[data-acknowledge]').count()).toBe(0)
  })

  test('says when somebody else was faster', async () => {
    const page = await visit({ as: 'li' })
    await page.locator(alarm('A20')).getByRole('button', { name: '确认' }).click()
    const known = stage.alarms.get('A20')
    if (known) stage.alarms.set('A20', { ...known, state: 'acknowledged' })
    await page.keyboard.press('Enter')

    await page.getByText('已有人确认此报警。').waitFor()
  })

  test('announces a new alarm to a screen reader', async () => {
    const page = await visit()
    await page.locator(tile('cold-3')).waitFor()

    stage.tell({
      alarms: [
        alarmOf({ ...(alarmSketches[1] as (typeof alarmSketches)[number]), id: 'A31', point: 'cold-3.temperature' }, stage.now),
      ],
    })

    await page.locator('[aria-live="assertive"]', { hasText: '新报警，警告' }).waitFor({ state: 'attached' })
  })
})

describe('a piece of equipment', () => {
  test('shows its trend, its gaps with their cause, and switches a demo fault', async () => {
    const page = await visit({ path: '/equipment/cold-2' })
    await page.locator('canvas').waitFor()
    await page.getByText('设备没有应答').waitFor()

    await page.locator('[data-fault="compressor-dead"]').click()

    await page.locator('[data-fault="compressor-dead"][aria-pressed="true"]').waitFor()
  })

  test('changes the pace of the demo, and says so', async () => {
    const page = await visit()
    await page.locator(tile('cold-2')).waitFor()
    await page.getByLabel('演示的快慢').selectOption('10')

    await page.locator('select option:checked', { hasText: '演示 10 倍速' }).waitFor({ state: 'attached' })
  })
})

/** Every clause of the books unfolded; of the duties, that they are there. */
async function openEverything(page: Page): Promise<void> {
  await page.locator('[data-clause], [data-duty]').first().waitFor()
  const ids = await page.locator('[data-row]').evaluateAll(rows => rows.map(row => row.getAttribute('data-row')))
  for (const id of ids) await page.locator(`[data-row="${id}"]`).click()
}

describe('the books of rules', () => {
  const clause = (id: string) => `[data-clause="${id}"]`
  const rows = (page: Page) => page.locator('[data-clause]').evaluateAll(all => all.map(one => one.getAttribute('data-clause')))

  test('tell of each clause how it stands, in shape, colour and word, and what watches it', async () => {
    const page = await visit({ path: '/policies' })
    await page.locator(clause('CAN-1')).waitFor()

    expect(await page.locator(clause('CAN-1')).locator('.standing').innerText()).toBe('违反')
    expect(await page.locator(clause('CAN-8')).locator('.standing').innerText()).toBe('符合')
    await page.locator(clause('CAN-12')).getByText('这里没有归它管的设备（和面机）。').waitFor()
    await page.locator(clause('CAN-1')).getByRole('link', { name: '1 号保鲜柜' }).first().click()
    await page.getByRole('heading', { name: '1 号保鲜柜' }).waitFor()
  })

  test('unfold to how it judges, on what basis, where the site changed it and why', async () => {
    const page = await visit({ path: '/policies' })
    await page.locator('[data-row="CAN-1"]').click()

    const detail = page.locator('#clause-CAN-1')
    const text = (await detail.innerText()).replaceAll(/[\u00a0\u202f]/g, ' ')
    expect(text).toContain('高于 8 °C，回差 0.5 °C，持续 20 分钟才报警，恢复满 5 分钟解除')
    expect(text).toContain('制度规定 · 已核实')
    expect(text).toContain('默认设定 · 未核实')
    expect(text).toContain('2 号保鲜柜改为持续 30 分钟才报警；理由：№ 7')
    expect(text).toContain('记入温度记录，保存 2 年')
    expect(text).toContain('最近一次不合格')
    await page.locator('[data-row="CAN-2"]').click()
    const off = await page.locator('#clause-CAN-2').innerText()
    expect(off).toContain('3 号保鲜柜，理由：№ 8')
    expect(off).toContain('4 号保鲜柜的“霜层厚度”')
  })

  test('are narrowed by book, by standing and by words', async () => {
    const page = await visit({ path: '/policies', language: 'en-GB' })
    await page.locator(clause('CAN-1')).waitFor()
    await page.getByLabel('Broken 4').check()
    expect(await rows(page)).toEqual(['CAN-1', 'WAT-3', 'SRV-1', 'GAS-10'])

    await page.getByRole('button', { name: /Drinking water/ }).click()
    expect(await rows(page)).toEqual(['WAT-3'])

    await page.keyboard.press('/')
    await page.keyboard.type('mixer')
    await page.getByText('No clause fits.').waitFor()
    await page.getByRole('button', { name: 'Show all' }).click()
    await page.getByLabel('Search clauses').fill('mixer')
    expect(await rows(page)).toEqual(['CAN-12'])
  })

  test('are walked through by keyboard', async () => {
    const page = await visit({ path: '/policies' })
    await page.locator(clause('CAN-1')).waitFor()
    for (const key of ['j', 'j', 'k', 'Enter']) await page.keyboard.press(key)

    expect(await page.locator('[data-row="CAN-1"]').getAttribute('aria-expanded')).toBe('true')
  })

  test('open at the clause that a link names', async () => {
    const page = await visit({ path: '/policies#FIR-2' })

    await page.locator('[data-row="FIR-2"][aria-expanded="true"]').waitFor()
  })

  test('follow an alarm as it comes', async () => {
    const page = await visit({ path: '/policies' })
    await page.locator(`${clause('FIR-1')}.kept`).waitFor()
    const [, , sketch] = alarmSketches
    if (!sketch) throw new Error('no alarm')

    stage.tell({ alarms: [alarmOf({ ...sketch, id: 'A40', state: 'unacknowledged' }, stage.now)] })

    await page.locator(`${clause('FIR-1')}.breached`).waitFor()
  })

  test('say what must be done, missed first, and lead to the clause', async () => {
    const page = await visit({ path: '/duties' })
    await page.locator('[data-duty]').first().waitFor()

    const headings = await page.locator('h2').allInnerTexts()
    expect(headings.map(heading => heading.replace(/\s*\d+$/, ''))).toEqual(['已错过', '快到期', '24 小时内', '7 天内', '以后'])
    await page.getByText('连续 2 次').waitFor()
    await page.getByRole('link', { name: 'WAT-3' }).first().click()
    await page.locator('[data-row="WAT-3"][aria-expanded="true"]').waitFor()
  })
})

describe('on every page', () => {
  const pages = ['/', '/alarms', '/equipment/cold-1', '/equipment', '/policies', '/duties', '/me', '/sign-in']
  const looks = [
    { theme: 'dark' as const, size: desk },
    { theme: 'light' as const, size: phone },
    // What is covered or too small does not depend on the theme, and what cannot be read not on the size.
    ...(isThorough
      ? [
          { theme: 'light' as const, size: desk },
          { theme: 'dark' as const, size: phone },
        ]
      : []),
  ]

  test.each(looks)(
    'nothing stands in the way of anybody: $theme, $size.width px',
    async ({ theme, size }) => {
      for (const path of pages) {
        const page = await visit({ path, theme, size, as: path === '/sign-in' ? '' : 'admin' })
        await page.locator('h1').first().waitFor({ state: 'attached' })
        if (path.includes('cold-1')) await page.locator('canvas').waitFor()
        if (path === '/policies' || path === '/duties') await openEverything(page)
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
        expect({ path, found }).toEqual({ path, found: [] })
        if (size === phone) expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360)
      }
    },
    120_000,
  )
})
