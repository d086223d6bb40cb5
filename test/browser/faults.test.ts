import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openBrowser } from '../kit/browser.ts'
import { lineTo } from '../kit/line.ts'
import type { Line } from '../kit/line.ts'
import { facility, password, person } from '../kit/product.ts'
import type { Facility, Product } from '../kit/product.ts'

/**
 * What a page does when something around it fails: the line to the gateway, the gateway itself, the clock of the browser, the rights of whoever
 * looks. It says what it no longer knows, loses nothing of what was typed, and needs no reload.
 */
const minute = 60_000
let works: Facility
let gateway: Product
let browser: Browser
let admin: Awaited<ReturnType<typeof person>>
let line: Line
const contexts: BrowserContext[] = []
const errors: string[] = []

beforeAll(async () => {
  works = await facility()
  browser = await openBrowser()
  gateway = await works.start(['--speed', '60'])
  admin = await person(gateway.address)
}, 3 * minute)
afterAll(async () => {
  await browser?.close()
  await works?.remove()
}, minute)
beforeEach(async () => {
  line = await lineTo(gateway.address)
})
afterEach(async () => {
  for (const context of contexts.splice(0)) await context.close()
  await line.close()
  expect(errors.splice(0)).toEqual([])
})

/** A browser of its own at the far end of the line, signed in. */
async function visitor(username = 'admin', options: BrowserContextOptions = {}): Promise<BrowserContext> {
  const context = await browser.newContext({
    locale: 'zh-CN',
    viewport: { width: 1280, height: 800 },
    serviceWorkers: 'block',
    reducedMotion: 'reduce',
    ...options,
  })
  contexts.push(context)
  const headers = { origin: line.address }
  const answer = await context.request.post(`${line.address}/api/v1/session`, { headers, data: { username, password } })
  expect(answer.status()).toBe(200)
  return context
}
async function open(context: BrowserContext, path: string): Promise<Page> {
  const page = await context.newPage()
  page.on('pageerror', error => errors.push(`${path}: ${error.message}`))
  await page.addInitScript(() => {
    const said: string[] = []
    Object.assign(window, { said })
    const hear = (): void => {
      const line = document.querySelector('[aria-live=assertive]')?.textContent?.trim()
      if (line) said.push(line)
    }
    new MutationObserver(hear).observe(document, { subtree: true, childList: true, characterData: true })
  })
  await page.goto(line.address + path)
  await page.locator('main h1, main h2').first().waitFor({ state: 'attached' })
  // Gone if anything loads the page anew.
  await page.evaluate(() => Object.assign(window, { stayed: true }))
  return page
}
const hasStayed = (page: Page): Promise<boolean> => page.evaluate(() => 'stayed' in window)
const follow = (page: Page, path: string): Promise<void> =>
  page.evaluate(to => {
    history.pushState(null, '', to)
    dispatchEvent(new PopStateEvent('popstate'))
  }, path)

const frozen = (page: Page) => page.getByRole('alert').filter({ hasText: /画面已停\s\d+/ })
const isFrozen = async (...pages: readonly Page[]): Promise<void> => {
  for (const page of pages) await frozen(page).waitFor()
}
const isLive = async (...pages: readonly Page[]): Promise<void> => {
  for (const page of pages) {
    await frozen(page).waitFor({ state: 'detached' })
    await page.locator('.pulse.live').waitFor()
  }
}

async function fault(equipment: string, name: string, on: boolean): Promise<void> {
  const answer = await admin.send(on ? 'POST' : 'DELETE', '/api/v1/demo/faults', { equipment, fault: name })
  expect(answer.status).toBe(204)
}
const pace = (speed: number): Promise<Response> => admin.send('PUT', '/api/v1/demo/speed', { speed })

interface Alarm {
  readonly id: string
  readonly rule: string
  readonly state: string
  readonly raisedAt: string
}
async function alarmsOf(equipment: string): Promise<readonly Alarm[]> {
  return ((await admin.get(`/api/v1/alarms?equipment=${equipment}&limit=50`)) as { items: readonly Alarm[] }).items
}
async function until<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const found: T[] = []
  await expect
    .poll(
      async () => {
        const one = await ask()
        if (one !== undefined) found.push(one)
        return found.length
      },
      { timeout: 2 * minute, interval: 250, message: what },
    )
    .toBeGreaterThan(0)
  return found[0] as T
}
const too = (warm: string) => (alarm: Alarm) => alarm.rule === warm && alarm.state !== 'normal'

describe('a thin line', () => {
  test(
    'shows the first values after what fits through 50 kbit/s in forty seconds, and says what it waits for',
    async () => {
      await line.close()
      line = await lineTo(gateway.address, 60_000)
      const context = await visitor()
      const before = line.carried()
      const page = await context.newPage()
      await page.goto(line.address, { waitUntil: 'commit' })
      await page.locator('[aria-busy="true"]').first().waitFor({ state: 'attached' })
      await page.locator('[data-equipment="cold-1"] .value').filter({ hasText: /\d/ }).first().waitFor()
      expect(line.carried() - before).toBeLessThan(250_000)
    },
    3 * minute,
  )

  test(
    'of 50 kbit/s with two seconds of latency gives a page that says what it does, gives nothing up, and tells an alarm',
    async () => {
      await fault('freezer-1', 'door-left-open', true)
      const raised = await until('freezer-1 is open for too long', async () =>
        (await alarmsOf('freezer-1')).find(({ state }) => state === 'unacknowledged'),
      )
      await pace(1)
      await line.close()
      line = await lineTo(gateway.address, 6_250, 2_000)
      const context = await visitor('admin', { viewport: { width: 360, height: 780 }, serviceWorkers: 'allow' })
      const page = await context.newPage()
      page.on('pageerror', error => errors.push(error.message))
      const sockets: string[] = []
      page.on('websocket', socket => sockets.push(socket.url()))
      await page.addInitScript(() => {
        const seen: string[] = []
        Object.assign(window, { seen })
        const isKnown = (): boolean =>
          [...document.querySelectorAll('[data-equipment] .value')].some(one => /\d/.test(one.textContent ?? ''))
        const look = (): void => {
          const text = document.body?.innerText ?? ''
          for (const word of ['一切正常', '实时在线', '画面已停', '连不上网关'])
            if (!isKnown() && text.includes(word) && !seen.includes(word)) seen.push(word)
        }
        // What is kept for later comes after what is looked at now.
        const register = navigator.serviceWorker.register.bind(navigator.serviceWorker)
        navigator.serviceWorker.register = (...what) => {
          if (!isKnown()) seen.push('the worker')
          return register(...what)
        }
        new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true })
      })
      await page.goto(line.address, { waitUntil: 'commit' })
      // Before any of the script is there.
      await page.getByText('正在打开').waitFor()
      await page.locator('[data-equipment="cold-1"] .value').filter({ hasText: /\d/ }).first().waitFor()
      expect(await page.getByText('正在打开').count()).toBe(0)
      const { painted, loaded } = await page.evaluate(() => ({
        painted: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.POSITIVE_INFINITY,
        loaded: (performance.getEntriesByType('resource') as PerformanceResourceTiming[]).flatMap(({ name, responseEnd }) =>
          /\.(?:css|js)$/.test(name) ? [responseEnd] : [],
        ),
      }))
      expect(painted).toBeLessThan(Math.min(...loaded))
      await page.locator('.pulse.live').waitFor({ state: 'attached' })
      expect(await page.evaluate(() => (window as unknown as { seen: string[] }).seen)).toEqual([])
      expect(sockets).toHaveLength(1)

      const card = page.locator(`.needs [data-alarm="${raised.id}"]`)
      await card.waitFor()
      expect((await admin.send('POST', `/api/v1/alarms/${raised.id}/acknowledge`, { comment: '' })).status).toBe(200)
      await card.waitFor({ state: 'detached' })
      await pace(60)
      await fault('freezer-1', 'door-left-open', false)
    },
    3 * minute,
  )
})

describe('a line that is cut while hours pass at the site', () => {
  test(
    'is said with its time, nothing old is called current, and afterwards all is caught up without a reload',
    async () => {
      const context = await visitor()
      const [overview, trend, history] = [
        await open(context, '/'),
        await open(context, '/equipment/cold-2'),
        await open(context, '/alarms'),
      ]
      await trend
        .getByText(/最低.*最高/)
        .first()
        .waitFor()
      await history
        .getByRole('button', { name: '历史' })
        .or(history.getByRole('radio', { name: '历史' }))
        .first()
        .click()
      await overview.locator('[data-equipment="freezer-1"]').waitFor()
      await isLive(overview, trend, history)

      line.cut()
      await isFrozen(overview, trend, history)
      await overview.getByText(/与网关的连接中断，下面是.*\d\d:\d\d\s为止的数据/).waitFor()
      expect(await overview.getByText('一切正常').count()).toBe(0)
      expect(await overview.getByText('实时在线').count()).toBe(0)
      await trend.locator('main header').getByText('未知').waitFor()
      await trend.locator('main header .age').getByText(/过期/).waitFor()
      await trend.getByText('画面停了，还不知道').first().waitFor()

      // One alarm comes, is answered and is over while nobody can see it; another one stands.
      await fault('cold-2', 'door-left-open', true)
      await fault('freezer-1', 'door-left-open', true)
      await pace(600)
      const over = await until('cold-2 is too warm', async () =>
        (await alarmsOf('cold-2')).find(too('cold-2.temperature.too-warm')),
      )
      const stands = await until('freezer-1 is too warm', async () =>
        (await alarmsOf('freezer-1')).find(too('freezer-1.temperature.too-warm')),
      )
      expect((await admin.send('POST', `/api/v1/alarms/${over.id}/acknowledge`, { comment: '' })).status).toBe(200)
      await fault('cold-2', 'door-left-open', false)
      await until('cold-2 is cold again', async () =>
        (await alarmsOf('cold-2')).find(({ id, state }) => id === over.id && state === 'normal'),
      )
      await pace(60)

      line.mend()
      await isLive(overview, trend, history)
      await overview.locator(`.needs [data-alarm="${stands.id}"]`).waitFor()
      await overview.waitForFunction(() =>
        (window as unknown as { said: readonly string[] }).said.some(line => line.includes('1 号冰柜') || line.includes('条')),
      )
      await history.locator(`[data-row="${over.id}"]`).waitFor()
      // The highest value is of the time in which nothing was heard: history filled the gap.
      await trend
        .getByText(/最高\s(?:[89]|[1-9]\d)\.\d/)
        .first()
        .waitFor()
      await expect.poll(() => trend.getByText('画面停了，还不知道').count()).toBe(0)
      // The facility goes on: both are asked until they are of the same moment.
      const apart = async (): Promise<number> => {
        const query = 'state=unacknowledged,returned-unacknowledged,latched-unacknowledged&limit=500'
        const { items } = (await admin.get(`/api/v1/alarms?${query}`)) as { items: readonly Alarm[] }
        return items.length - Number(await overview.locator('.strip .bell .count').innerText())
      }
      await expect.poll(apart, { timeout: minute }).toBe(0)
      for (const page of [overview, trend, history]) expect(await hasStayed(page)).toBe(true)
      await fault('freezer-1', 'door-left-open', false)
    },
    6 * minute,
  )
})

describe('a gateway that is killed', () => {
  test(
    'leaves what was typed, is asked again by itself, and what was done meanwhile arrives',
    async () => {
      const context = await visitor()
      const [overview, form] = [await open(context, '/'), await open(context, '/records/defrost?equipment=freezer-1')]
      await overview.locator('[data-equipment="cold-1"]').waitFor()
      const note = form.getByRole('textbox').last()
      await note.fill('除霜 <b>两次</b>')
      await isLive(overview, form)

      await gateway.kill()
      await isFrozen(overview, form)
      expect(await note.inputValue()).toBe('除霜 <b>两次</b>')
      // Whoever opens it only now is told, and need press nothing.
      const late = await context.newPage()
      await late.route('**/api/v1/session', route => route.abort())
      const [, port] = line.address.split(/:(?=\d)/)
      gateway = await works.start(['--speed', '60'])
      admin = await person(gateway.address)
      await late.goto(`http://127.0.0.1:${port}/`)
      await late.getByText('连不上网关').waitFor()
      await late.unroute('**/api/v1/session')
      await late.locator('[data-equipment="cold-1"]').waitFor()

      await isLive(overview, form)
      expect(await note.inputValue()).toBe('除霜 <b>两次</b>')
      expect(await overview.locator('[data-equipment="cold-1"] .age').innerText()).toMatch(/刚刚|秒前|1 分钟前/)
      for (const page of [overview, form]) expect(await hasStayed(page)).toBe(true)
    },
    5 * minute,
  )

  test(
    'and was upgraded: a page whose files are gone loads itself anew, once',
    async () => {
      const page = await open(await visitor(), '/')
      let isGone = true
      await page.route(/\/assets\/Kpi-/, route => (isGone ? route.fulfill({ status: 404 }) : route.continue()))
      // What the gateway has now names another script.
      await page.route(`${line.address}/`, async route => {
        const answer = await route.fetch()
        isGone = false
        return route.fulfill({
          response: answer,
          body: (await answer.text()).replace(/\/assets\/index-[\w-]+\.js/, '/assets/index-newer.js'),
        })
      })
      await follow(page, '/kpi')
      await page.getByRole('heading', { level: 1 }).filter({ hasText: '绩效' }).waitFor()
      expect(new URL(page.url()).pathname).toBe('/kpi')
      expect(await hasStayed(page)).toBe(false)
    },
    3 * minute,
  )
})

describe('an answer that does not come', () => {
  test(
    'is waited for in words, asked for once, given up in words, and what was typed is still there',
    async () => {
      await fault('freezer-1', 'door-left-open', true)
      await pace(600)
      const waits = await until('freezer-1 is too warm', async () =>
        (await alarmsOf('freezer-1')).find(
          ({ rule, state }) => rule === 'freezer-1.temperature.too-warm' && state === 'unacknowledged',
        ),
      )
      await pace(1)
      const context = await visitor()
      const page = await context.newPage()
      await page.clock.install()
      await page.goto(line.address)
      const asked: string[] = []
      await page.route('**/acknowledge', (_, request) => {
        asked.push(`${new URL(request.url()).pathname} ${request.postData() ?? ''}`)
      })
      const card = page.locator(`.needs [data-alarm="${waits.id}"]`)
      await card.locator('[data-deed="acknowledge"]').click()
      await card.getByRole('textbox').fill('我去看')
      const button = card.locator('form button[type="submit"]')
      await button.dblclick()
      await card.getByRole('button', { name: '正在办理…' }).waitFor()
      expect(await button.isDisabled()).toBe(true)
      await card.getByRole('textbox').press('Enter')
      await page.getByText('网关答复很慢，还在等').waitFor()
      await page.clock.fastForward(61_000)
      await card.getByText('网关迟迟没有答复，不知道办成了没有').waitFor()
      // A card stands for an alarm and what follows from it: each is asked for, none twice.
      expect(asked).toContain(`/api/v1/alarms/${waits.id}/acknowledge {"comment":"我去看"}`)
      expect(asked.filter((one, index) => asked.indexOf(one) !== index)).toEqual([])
      expect(await card.getByRole('textbox').inputValue()).toBe('我去看')
      // And again, as it says.
      await page.unroute('**/acknowledge')
      await button.click()
      await card.waitFor({ state: 'detached' })
      await pace(60)
      await fault('freezer-1', 'door-left-open', false)
    },
    4 * minute,
  )
})

describe('a browser whose clock is wrong', () => {
  const zone = 'Asia/Shanghai'
  const clock = (at: number): string =>
    new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at)
  const minutesApart = (a: string, b: string): number => {
    const [one = 0, other = 0] = [a, b].map(text => Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5)))
    return Math.min(Math.abs(one - other), 1_440 - Math.abs(one - other))
  }

  test.each([
    { off: -3 * 60 * minute, says: /这台设备的时钟慢\s3\s小时/ },
    { off: 24 * 60 * minute, says: /这台设备的时钟快\s1\s天/ },
  ])(
    'by $off ms and in another zone shows the time of the gateway at the site, and says that its own is wrong',
    async ({ off, says }) => {
      await pace(1)
      const page = await (await visitor('admin', { timezoneId: 'America/New_York' })).newPage()
      page.on('pageerror', error => errors.push(error.message))
      await page.clock.install({ time: Date.now() + off })
      await page.goto(`${line.address}/equipment/cold-1`)
      await page
        .locator('main header .age')
        .filter({ hasText: /刚刚|秒前/ })
        .waitFor()
      expect(await page.locator('main header').getByText('未知').count()).toBe(0)
      expect(await page.getByText(says).count()).toBe(0)
      const now = async (): Promise<number> => {
        const [{ at = '' } = {}] = (
          (await admin.get('/api/v1/points?limit=500')) as { items: { id: string; at?: string }[] }
        ).items.filter(({ id }) => id === 'cold-1.temperature')
        return Date.parse(at)
      }
      expect(minutesApart(await page.locator('.strip .clock').innerText(), clock(await now()))).toBeLessThan(3)
      await page.getByText('以表格查看').click()
      const rows = page.locator('main table td, main table th').filter({ hasText: /^\s*\d\d:\d\d/ })
      // Whichever end of the table is the newer one.
      const ends = await Promise.all([rows.first(), rows.last()].map(row => row.innerText()))
      const there = clock(await now())
      expect(Math.min(...ends.map(text => minutesApart(text.trim(), there)))).toBeLessThan(40)

      await follow(page, '/records/defrost?equipment=cold-1')
      await page.getByText(says).waitFor()
      await page.getByText('补记以前的').first().click()
      const field = page.locator('input[type="datetime-local"]')
      expect(minutesApart((await field.inputValue()).slice(11), clock(await now()))).toBeLessThan(3)
      await pace(60)
    },
    3 * minute,
  )
})

describe('rights that are taken away while a page is open', () => {
  async function someone(username: string): Promise<void> {
    expect((await admin.send('POST', '/api/v1/users', { username, role: 'operator', password })).status).toBe(201)
  }
  const change = (username: string, body: object): Promise<Response> => admin.send('PATCH', `/api/v1/users/${username}`, body)
  async function warm(): Promise<string> {
    await fault('cold-1', 'door-left-open', true)
    await pace(600)
    const { id } = await until('cold-1 is too warm', async () =>
      (await alarmsOf('cold-1')).find(({ rule, state }) => rule === 'cold-1.temperature.too-warm' && state === 'unacknowledged'),
    )
    await pace(60)
    return id
  }

  test(
    'close the page with a sentence, an act on its way is said not to be done, and the buttons are gone',
    async () => {
      await someone('chen')
      const id = await warm()
      const context = await visitor('chen')
      const page = await context.newPage()
      const closed = new Promise<void>(resolve => page.on('websocket', socket => socket.on('close', () => resolve())))
      await page.goto(line.address)
      const card = page.locator(`.needs [data-alarm="${id}"]`)
      await card.locator('[data-deed="acknowledge"]').click()
      const demoted = Promise.withResolvers<void>()
      await page.route('**/acknowledge', async route => {
        await demoted.promise
        await route.continue()
      })
      await card.locator('form button[type="submit"]').click()
      await card.getByRole('button', { name: '正在办理…' }).waitFor()

      expect((await change('chen', { role: 'viewer' })).status).toBe(200)
      demoted.resolve()
      await page.getByText('登录已失效，刚才的操作没有办成').waitFor()
      await closed
      expect((await alarmsOf('cold-1')).find(alarm => alarm.id === id)?.state).toBe('unacknowledged')

      await page.getByLabel('用户名').fill('chen')
      await page.getByLabel('密码', { exact: true }).fill(password)
      await page.getByRole('button', { name: '登录' }).click()
      await page.locator(`.needs [data-alarm="${id}"]`).waitFor()
      expect(await page.locator('[data-deed]').count()).toBe(0)
      await page.getByText('查看者只能查看，不能确认报警').first().waitFor()

      expect((await change('chen', { disabled: true })).status).toBe(200)
      await page.getByText('登录已失效').waitFor()
      expect(await page.locator('[data-equipment], [data-alarm]').count()).toBe(0)
      await fault('cold-1', 'door-left-open', false)
    },
    4 * minute,
  )
})
