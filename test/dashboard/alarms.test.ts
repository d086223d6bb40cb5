import { readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { WireAlarm } from '../../gateway/api/wire.ts'
import { openBrowser } from '../kit/browser.ts'
import { builtDashboard } from './built.ts'
import { Stage } from './stage.ts'
import { evening, flood } from './watch.ts'

const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const phone = { width: 360, height: 780 }
const desk = { width: 1280, height: 800 }
const now = Date.UTC(2026, 10, 22, 11, 30)

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
const open = async (alarms: readonly WireAlarm[]) => {
  stage = new Stage({ dist: folder, now, alarms })
  address = await stage.start()
}
beforeEach(() => open(evening(now)))
afterEach(async () => {
  await Promise.all(contexts.splice(0).map(context => context.close()))
  await stage.stop()
  expect(errors.splice(0)).toEqual([])
})

interface Visit {
  readonly path?: string
  readonly size?: { readonly width: number; readonly height: number }
  readonly theme?: 'light' | 'dark'
  /** Runs in the page before anything else. */
  readonly before?: () => void
}
async function visit({ path = '/alarms', size = desk, theme = 'light', before }: Visit = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: size, locale: 'zh-CN', colorScheme: theme, reducedMotion: 'reduce' })
  contexts.push(context)
  const page = await context.newPage()
  page.on('pageerror', error => errors.push(error.message))
  if (before) await page.addInitScript(before)
  await context.request.post(`${address}/api/v1/session`, { data: { username: 'li', password: 'secret' } })
  await page.goto(address + path)
  return page
}
const row = (id: string) => `[data-row="${id}"]`
const focused = (page: Page) => page.evaluate(() => document.activeElement?.getAttribute('data-row'))
const press = async (page: Page, ...keys: string[]) => {
  for (const key of keys) await page.keyboard.press(key)
}
const list = (page: Page, word: RegExp) => page.getByRole('radio', { name: word }).check()

describe('triage by keyboard', () => {
  test('goes from seen to done to reset without the mouse', async () => {
    const page = await visit()
    await page.locator(row('A20')).waitFor()

    await press(page, 'j', 'a')
    await page.keyboard.type('去看了')
    await press(page, 'Enter')
    await page.locator(row('A30')).getByText('已确认').waitFor()
    await page.waitForFunction(() => document.activeElement?.getAttribute('data-row') === 'A30')
    await press(page, 'j', 'a')
    await press(page, 'Enter')
    await page.locator(row('A20')).getByText('已确认').waitFor()
    await press(page, 'c')
    await page.keyboard.type('门已关好')
    await press(page, 'Enter')
    await page.locator(row('A20')).getByText('已处理').waitFor()
    await list(page, /^已确认/u)
    await page.locator(row('A35')).click()
    await press(page, 'r')

    await page.locator(row('A35')).getByText('已离开此列表').waitFor()
    expect(stage.deeds.map(({ id, deed }) => `${id} ${deed}`)).toEqual([
      'A30 acknowledge',
      'A20 acknowledge',
      'A20 confirm',
      'A35 reset',
    ])
  })

  test('answers several at once', async () => {
    const page = await visit()
    await page.locator(row('A20')).waitFor()

    await page.locator(row('A20')).focus()
    await page.locator(row('A20')).click()
    await press(page, 'x', 'j', 'x', 'a')
    await page.keyboard.type('一起看')
    await press(page, 'Enter')

    await page.locator(row('A20')).waitFor({ state: 'detached' })
    expect(new Set(stage.deeds.map(one => one.id))).toEqual(new Set(['A20', 'A31']))
    expect(stage.alarms.get('A31')?.acknowledged?.comment).toBe('一起看')
  })

  test('shelves with a length and a reason, takes it from the shelf, and out of service with what watches instead', async () => {
    const page = await visit()
    await page.locator(row('A20')).click()
    await press(page, 's')
    await page.getByRole('radio', { name: '30 分钟' }).check()
    await page.getByRole('button', { name: /^搁置至/u }).click()
    await page.getByText('请填写必填项。').waitFor()
    await page.getByRole('button', { name: '已派人处理' }).click()
    await page.getByRole('button', { name: /^搁置至/u }).click()
    await page.locator(row('A20')).getByText('已搁置').waitFor()
    await press(page, 'u')
    await page.locator(row('A20')).getByText('待确认').waitFor()
    await press(page, 'o')
    await page.getByRole('button', { name: '传感器故障，等待更换' }).click()
    await page.getByRole('button', { name: '每小时人工测温并记录' }).click()
    await page.getByRole('button', { name: /^停用至/u }).click()
    await page.locator(row('A20')).getByText('已停用').waitFor()

    expect(stage.deeds.map(one => one.deed)).toEqual(['shelve', 'unshelve', 'out-of-service'])
    expect(stage.deeds[0]?.body).toMatchObject({ for: '30m', reason: '已派人处理', oneShot: false })
    expect(stage.deeds[2]?.body).toMatchObject({ substitute: '每小时人工测温并记录' })
  })

  test('says why what endangers life cannot be shelved, and asks nothing of the gateway', async () => {
    const page = await visit()
    await page.locator(row('A21')).click()
    await press(page, 's')

    await page.getByText('事关人身安全').waitFor()
    expect(await page.getByRole('button', { name: /^搁置至/u }).count()).toBe(0)
    expect(stage.deeds).toEqual([])
  })

  test('asks for a second person beyond what one may decide alone', async () => {
    const urgent = stage.alarms.get('A20')
    if (urgent) stage.tell({ alarms: [{ ...urgent, priority: 'high', shelf: { alone: 3_600_000, together: 7_200_000 } }] })
    const page = await visit()
    await page.locator(row('A20')).click()
    await press(page, 's')
    await page.getByRole('button', { name: '等待配件' }).click()
    await page.getByRole('radio', { name: '2 小时' }).check()
    await page.getByRole('button', { name: /^搁置至/u }).click()
    await page.getByText('请第二人填写用户名和密码。').waitFor()
    await page.getByLabel('第二人的用户名').fill('chen')
    await page.getByLabel('第二人的密码').fill('wrong')
    await page.getByRole('button', { name: /^搁置至/u }).click()
    await page.getByText('第二人的用户名或密码不对。').waitFor()
    await page.getByLabel('第二人的密码').fill('secret')
    await page.getByRole('button', { name: /^搁置至/u }).click()

    await page.locator(row('A20')).getByText('已搁置').waitFor()
    expect(stage.alarms.get('A20')?.shelved?.second).toBe('chen')
  })

  test('keeps the focus where it is while the list changes under it', async () => {
    const page = await visit()
    await page.locator(row('A20')).waitFor()
    await press(page, 'j', 'j', 'j')
    expect(await focused(page)).toBe('A20')

    const alarm = stage.alarms.get('A20')
    if (!alarm) throw new Error('no alarm')
    const acknowledged = { by: 'chen', at: now, comment: '' }
    stage.tell({ alarms: [...flood(now, 30), { ...alarm, state: 'acknowledged', acknowledged }] })

    await page.locator(row('A20')).getByText('已离开此列表').waitFor()
    expect(await focused(page)).toBe('A20')
    await press(page, 'j')
    expect(await focused(page)).not.toBe('A20')
    await page.locator(row('A20')).waitFor({ state: 'detached' })
  })
})

describe('the alarm page', () => {
  test('groups: what a line keeps quiet below it, followers below the first, an escalation above its cause', async () => {
    const page = await visit()
    await page.locator(row('A30/below')).waitFor()

    expect(await page.locator('[data-row]').evaluateAll(rows => rows.map(one => one.getAttribute('data-row')))).toEqual([
      'A21',
      'A30',
      'A30/below',
      'A20',
      'A31',
      'A32',
      'A19',
    ])
    await page.getByText('及另外 14 条，因线路中断不再报').click()
    expect(await page.locator('.row.child').count()).toBe(14)
    await page.locator(row('A20')).getByText('首先发生').waitFor()
    await page.locator(row('A31')).getByText('抖动').waitFor()
  })

  test('finds by words, and opens the alarm that a link names in whatever list it stands', async () => {
    const page = await visit({ path: '/alarms#A33' })
    await page.locator(`${row('A33')}[aria-pressed="true"]`).waitFor()
    expect(await page.getByRole('radio', { name: /^已搁置/u }).isChecked()).toBe(true)

    await list(page, /^待处理/u)
    await press(page, '/')
    await page.keyboard.type('灭火器')
    await page.locator(row('A21')).waitFor({ state: 'detached' })
    await page.locator(row('A32')).waitFor()
  })

  test('leaves alone what somebody does with the alarm of a link, whatever comes meanwhile', async () => {
    const page = await visit({ path: '/alarms#A20' })
    const pane = page.getByRole('region', { name: '报警详情' })
    await pane.getByRole('button', { name: '搁置', exact: true }).click()
    const reason = pane.getByRole('textbox', { name: '理由（必填）' })
    await reason.fill('正在修')
    const told = page.locator('header time')
    const before = await told.getAttribute('datetime')
    stage.tell({ readings: stage.readings() })
    await expect.poll(() => told.getAttribute('datetime')).not.toBe(before)
    expect(await reason.count()).toBe(1)
    expect(await reason.inputValue()).toBe('正在修')
  })

  test('proves who was told how', async () => {
    const page = await visit({ path: '/alarms#A21' })
    const detail = page.locator('article.detail')

    await detail.getByText('王芳').waitFor()
    await detail.getByText(/已送达.*回执 250 OK 4711/u).waitFor()
    await detail.getByText(/没有送到.*试了 4 次/u).waitFor()
    await detail.locator('svg path.line').waitFor({ state: 'attached' })
  })

  test('takes a thousand alarms in one change without a stutter, and says that notices were merged', { retry: 3 }, async () => {
    const page = await visit()
    await page.locator(row('A21')).waitFor()
    const thousand = flood(stage.now).map(alarm => ({
      ...alarm,
      told: [{ ...(stage.alarms.get('A21')?.told[0] as WireAlarm['told'][number]), occasion: 'digest' as const }],
    }))
    const profile = await page.context().newCDPSession(page)
    // Time of the page's own thread: what else this machine is busy with does not count.
    await profile.send('Performance.enable', { timeDomain: 'threadTicks' })
    const scripting = async () => {
      const { metrics } = await profile.send('Performance.getMetrics')
      return (metrics.find(one => one.name === 'ScriptDuration')?.value ?? 0) * 1000
    }
    const before = await scripting()

    stage.tell({ alarms: thousand })
    await page.getByText(/10 分钟 10\d\d 条报警，已合并通知/u).waitFor()
    const took = (await scripting()) - before

    console.info(`scripting for 1,000 alarms in one change: ${took.toFixed(0)} ms`)
    expect(await page.locator('.row').count()).toBeLessThanOrEqual(51)
    expect(took).toBeLessThan(300)
  })

  test('has on a phone one next step under the thumb, and the rest behind 更多', async () => {
    const page = await visit({ size: phone })
    await page.locator('.step').first().getByRole('button', { name: '更多' }).click()
    await page.locator('article.detail').waitFor()
    await page.locator('article.detail [data-deed="out-of-service"]').click()
    await page.getByRole('button', { name: '专人现场看守' }).waitFor()

    const box = await page.locator('.sheet').boundingBox()
    expect(box?.width).toBe(360)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360)
    await page.getByRole('button', { name: '取消' }).click()
    await page.locator('.records summary').click()
    await page.getByRole('link', { name: '交接' }).waitFor()
  })

  test.each([
    { theme: 'light' as const, size: desk },
    { theme: 'dark' as const, size: phone },
  ])(
    'stands in nobody’s way, forms open: $theme, $size.width px',
    async ({ theme, size }) => {
      const page = await visit({ theme, size })
      await page.evaluate(axeSource)
      const violations = () =>
        page.evaluate(async () => {
          // @ts-expect-error axe puts itself on the window
          const { violations: found } = await window.axe.run(document, {
            runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
          })
          return found.flatMap((rule: { id: string; nodes: { target: string[]; failureSummary: string }[] }) =>
            rule.nodes.map(node => `${rule.id}: ${node.target.join(' ')} ${node.failureSummary}`),
          )
        })
      await page.locator(row('A20')).click()
      await page.locator('article.detail').waitFor()
      for (const key of ['s', 'o', 'a', '?']) {
        await press(page, key)
        expect({ key, found: await violations() }).toEqual({ key, found: [] })
        await press(page, 'Escape')
        await page.locator(row('A20')).waitFor()
        if ((await page.locator('article.detail').count()) === 0) await page.locator(row('A20')).click()
      }
    },
    120_000,
  )
})

describe('the sound', () => {
  const counting = () => {
    const heard: number[] = []
    Object.assign(window, { heard })
    const real = AudioContext.prototype.createOscillator
    AudioContext.prototype.createOscillator = function () {
      heard.push(performance.now())
      return real.call(this)
    }
  }
  const heard = (page: Page) => page.evaluate(() => (window as unknown as { heard: number[] }).heard.length)
  const tones = (page: Page, more: number) =>
    page.waitForFunction(n => (window as unknown as { heard: number[] }).heard.length >= n, more, { timeout: 60_000 })

  test('is off until somebody wants it, goes on until everything is answered, and can be muted', async () => {
    const page = await visit({ path: '/', before: counting })
    await page.locator('[data-sound="off"]').waitFor()
    expect(await heard(page)).toBe(0)

    await page.locator('.sound summary').click()
    await page.locator('.sound').getByRole('radio', { name: '开' }).check()
    await page.locator('[data-sound="on"]').waitFor()
    await tones(page, 6)

    await page.getByRole('button', { name: '静音 10 分钟' }).click()
    await page.locator('[data-sound="muted"]').waitFor()
    const muted = await heard(page)
    await page.getByRole('button', { name: '取消静音' }).click()
    await tones(page, muted + 3)

    const acknowledged = { by: 'li', at: now, comment: '' }
    const loud = [...stage.alarms.values()].filter(one => one.priority === 'high' || one.priority === 'medium')
    stage.tell({ alarms: loud.map(one => ({ ...one, state: 'acknowledged' as const, acknowledged })) })
    await page.locator('[data-alarm="A21"]').waitFor({ state: 'detached' })
    const last = await heard(page)
    await page.evaluate(() => new Promise(resolve => setTimeout(resolve, 3500)))
    expect(await heard(page)).toBe(last)
  })
})

describe('the page behind the link of a message', () => {
  const link = {
    alarm: 'A21',
    sentence: { zh: '可燃气体探测器 浓度 18 %LEL，高于 10 %LEL', en: 'Gas detector: 18 %LEL, above 10 %LEL' },
    title: { zh: '可燃气体泄漏', en: 'Gas leak' },
    advice: { zh: '立即关闭总阀。', en: 'Shut the main valve.' },
    clause: 'GAS-10',
    clauseTitle: { zh: '停火后无燃气流动', en: 'No gas flows after closing' },
    priority: 'high' as const,
    state: 'unacknowledged',
    active: true,
    since: '2026-11-22T19:10:00+08:00',
    person: { zh: '王芳', en: 'Wang Fang' },
    answerable: true,
    expiresAt: '2026-11-23T19:10:00+08:00',
  }
  async function stranger(token: string): Promise<Page> {
    const context = await browser.newContext({ viewport: phone, locale: 'zh-CN' })
    contexts.push(context)
    const page = await context.newPage()
    await page.goto(`${address}/a/${token}`)
    return page
  }

  test('answers with one press and without signing in, loading next to nothing', async () => {
    stage.links.set('good', link)
    const page = await stranger('good')
    await page.getByText('王芳，您好').waitFor()
    const loaded = await page.evaluate(() =>
      (performance.getEntriesByType('resource') as PerformanceResourceTiming[]).map(
        one => [one.name, one.decodedBodySize] as const,
      ),
    )
    expect(loaded.map(([name]) => name).filter(name => /socket\.io|session|\/site/u.test(name))).toEqual([])
    const weight = loaded.filter(([name]) => name.endsWith('.js')).reduce((sum, [, bytes]) => sum + bytes, 0)
    // Before packing, which makes a third of it.
    expect(weight).toBeLessThan(125_000)

    await page.getByLabel('说明（可不填）').fill('我就在旁边')
    await page.getByRole('button', { name: '我来处理' }).click()

    await page.getByText('已登记：由您处理。').waitFor()
    expect(stage.links.get('good')?.acknowledged?.comment).toBe('我就在旁边')
  })

  test('says who was faster, and what is wrong with a link', async () => {
    stage.links.set('late', { ...link })
    const page = await stranger('late')
    await page.getByRole('button', { name: '我来处理' }).waitFor()
    const acknowledged = { by: '赵磊', at: '2026-11-22T19:12:00+08:00', comment: '' }
    stage.links.set('late', { ...link, answerable: false, why: 'answered', acknowledged })
    await page.getByRole('button', { name: '我来处理' }).click()
    await page.getByText('赵磊于 11-22 19:12 确认').waitFor()

    await (await stranger('expired')).getByText('链接已过期').waitFor()
    await (await stranger('forged')).getByText('这个链接不对').waitFor()
  })
})
