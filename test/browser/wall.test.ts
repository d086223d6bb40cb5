import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBrowser } from '../kit/browser.ts'
import { facility, password, person } from '../kit/product.ts'
import type { Facility, Product } from '../kit/product.ts'

/** A screen on a wall from its key to the day the key is taken back, with the real start command and real equipment. */
const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const minute = 60_000
let works: Facility
let gateway: Product
let browser: Browser
let admin: Awaited<ReturnType<typeof person>>
let link = ''
let wall: Page
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

async function screen(options: Parameters<Browser['newContext']>[0] = {}): Promise<{ page: Page; context: BrowserContext }> {
  const context = await browser.newContext({ locale: 'zh-CN', viewport: { width: 1920, height: 1080 }, ...options })
  const page = await context.newPage()
  page.on('pageerror', error => errors.push(error.message))
  return { page, context }
}

async function violations(page: Page): Promise<readonly unknown[]> {
  await page.evaluate(axeSource)
  return page.evaluate(async () => {
    // @ts-expect-error axe is put into the page above
    const { violations: found } = await window.axe.run(document, { resultTypes: ['violations'] })
    return (found as { id: string; nodes: { html: string }[] }[]).map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])
  })
}

describe('a wall screen', () => {
  test('without a key says how it gets one, and shows nothing', async () => {
    const { page, context } = await screen()
    await page.goto(`${gateway.address}/wall`)
    await page.getByText('这块屏幕还没有钥匙').waitFor()
    expect(await page.locator('[data-equipment]').count()).toBe(0)
    await context.close()
  })

  test('gets a key from an administrator', async () => {
    const { page, context } = await screen({ viewport: { width: 1280, height: 800 } })
    await page.goto(`${gateway.address}/me`)
    await page.getByLabel('用户名').fill('admin')
    await page.getByLabel('密码', { exact: true }).fill(password)
    await page.getByRole('button', { name: '登录' }).click()
    const make = page.getByRole('button', { name: '做一把钥匙' })
    await make.click()
    await page.getByText('请写放在哪里').waitFor()
    await page.getByLabel('放在哪里').fill('值班室 <b>🧊</b>')
    await make.click()
    await page.locator('output').waitFor()
    link = await page.locator('output').innerText()
    expect(link).toContain(`${gateway.address}/wall#key=`)
    await page.getByRole('button', { name: '收回 值班室 <b>🧊</b>' }).waitFor()
    expect(await violations(page)).toEqual([])
    await context.close()
  })

  test('opens by its link without a sign-in, keeps the key out of the address, and may only look', async () => {
    const { page } = await screen()
    wall = page
    await wall.goto(link)
    await wall.getByRole('heading', { level: 1 }).waitFor()
    await wall.locator('[data-equipment]').first().waitFor()
    expect(wall.url()).toBe(`${gateway.address}/wall`)
    const key = decodeURIComponent(link.split('key=')[1] ?? '')
    const headers = { authorization: `Bearer ${key}` }
    const tried = await fetch(`${gateway.address}/api/v1/users`, { headers })
    expect(tried.status).toBe(403)
    const pressed = await fetch(`${gateway.address}/api/v1/demo/faults`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ equipment: 'cold-1', fault: 'door-left-open' }),
    })
    expect(pressed.status).toBe(403)
    await wall.reload()
    await wall.locator('[data-equipment]').first().waitFor()
  })

  test('fits its glass without scrolling, from a small screen to a 4K one, and is accessible in both languages and grounds', async () => {
    for (const [width, height] of [
      [1280, 720],
      [1920, 1080],
      [3840, 2160],
    ] as const) {
      await wall.setViewportSize({ width, height })
      await wall.locator('[data-equipment]').first().waitFor()
      const size = await wall.evaluate(() => {
        const { scrollWidth, clientWidth, scrollHeight, clientHeight } = document.documentElement
        const value = document.querySelector('[data-equipment] .value')
        return {
          wide: scrollWidth - clientWidth,
          high: scrollHeight - clientHeight,
          letters: value ? Number.parseFloat(getComputedStyle(value).fontSize) : 0,
        }
      })
      expect(size.wide).toBeLessThanOrEqual(0)
      expect(size.high).toBeLessThanOrEqual(0)
      // A twenty-fifth of the height at least: readable from six metres on a screen of half a metre.
      expect(size.letters).toBeGreaterThan(height / 25)
    }
    await wall.setViewportSize({ width: 1920, height: 1080 })
    for (const colorScheme of ['light', 'dark'] as const) {
      await wall.emulateMedia({ colorScheme })
      expect(await violations(wall)).toEqual([])
    }
  })

  test('shows an alarm at once with its clause, and stays with it', async () => {
    const fault = await admin.send('POST', '/api/v1/demo/faults', { equipment: 'cold-1', fault: 'door-left-open' })
    expect(fault.status).toBeLessThan(300)
    await wall.locator('.calls [data-alarm]').first().waitFor()
    await wall.locator('[data-equipment="cold-1"].abnormal').waitFor()
    const called = await wall.locator('.calls').innerText()
    expect(called).toMatch(/CAN-\d/)
    expect(called).toContain('保鲜柜')
    await expect.poll(() => wall.locator('.sum strong').innerText()).toMatch(/项等人处理/)
  })

  test('says in huge letters that the picture has stopped while the gateway is away, and goes on by itself', async () => {
    await gateway.kill()
    const frozen = wall.locator('.frozen strong')
    await frozen.waitFor()
    expect(await frozen.innerText()).toMatch(/^画面已停 \d+/)
    expect(await frozen.evaluate(element => Number.parseFloat(getComputedStyle(element).fontSize))).toBeGreaterThan(64)
    gateway = await works.start(['--speed', '60'])
    admin = await person(gateway.address)
    await frozen.waitFor({ state: 'detached' })
    await wall.locator('[data-equipment]').first().waitFor()
  })

  test('says it too when its own page hangs: what the compositor begins needs no page', async () => {
    const { page, context } = await screen({ reducedMotion: 'reduce' })
    await page.goto(link)
    await page.locator('[data-equipment]').first().waitFor()
    const hung = page.locator('.hung')
    expect(await hung.evaluate(element => getComputedStyle(element).opacity)).toBe('0')
    const beats = await hung.evaluate(
      element =>
        new Promise<readonly (string | undefined)[]>(resolve => {
          const seen = [(element as HTMLElement).dataset['beat']]
          new MutationObserver((_, observer) => {
            seen.push((element as HTMLElement).dataset['beat'])
            if (seen.length < 3) return
            observer.disconnect()
            resolve(seen)
          }).observe(element, { attributeFilter: ['data-beat'] })
        }),
    )
    expect(new Set(beats).size).toBe(2)
    // What the browser itself has drawn while nothing of the page ran: only the compositor can have begun that.
    const watch = await context.newCDPSession(page)
    const frames: number[] = []
    const drawn = Promise.withResolvers<void>()
    let from = Infinity
    watch.on('Page.screencastFrame', ({ sessionId, metadata }) => {
      frames.push((metadata.timestamp ?? 0) * 1_000)
      if (frames.some(at => at > from + 14_000)) drawn.resolve()
      void watch.send('Page.screencastFrameAck', { sessionId })
    })
    // The page waits, and nothing of it runs, until the answer is let go: when the browser has drawn, or after two minutes.
    await page.route('**/held', async route => {
      await Promise.race([drawn.promise, new Promise(resolve => setTimeout(resolve, 2 * minute))])
      await route.fulfill({ body: '' })
    })
    await watch.send('Page.startScreencast', { format: 'jpeg', quality: 20, everyNthFrame: 1 })
    from = await page.evaluate(() => Date.now())
    const until = await page.evaluate(() => {
      const request = new XMLHttpRequest()
      request.open('GET', '/held', false)
      request.send()
      return Date.now()
    })
    await watch.send('Page.stopScreencast')
    // Nothing else moves: what a page under way had still to draw is drawn in the first seconds.
    expect(frames.filter(at => at > from + 8_000 && at < from + 13_000)).toEqual([])
    expect(frames.some(at => at > from + 14_000 && at < until)).toBe(true)
    await expect.poll(() => hung.evaluate(element => getComputedStyle(element).opacity)).toBe('0')
    await context.close()
  })

  test('goes blank when its key is taken back, and says why', async () => {
    const { items } = (await admin.get('/api/v1/tokens')) as { items: { id: string; name: string }[] }
    const key = items.find(({ name }) => name.startsWith('wall: '))
    expect((await admin.send('DELETE', `/api/v1/tokens/${key?.id}`)).status).toBe(204)
    await wall.getByText('这块屏幕的钥匙不再有效').waitFor()
    expect(await wall.locator('[data-equipment]').count()).toBe(0)
    expect(errors).toEqual([])
  })
})
