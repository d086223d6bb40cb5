import { readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { builtDashboard } from '../dashboard/built.ts'
import { Stage } from '../dashboard/stage.ts'
import { openBrowser } from '../kit/browser.ts'

/** Every part in every state at once: what axe finds nowhere here it finds nowhere. */
const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
let folder: string
let browser: Browser
let stage: Stage
let address: string
beforeAll(async () => {
  folder = await builtDashboard()
  browser = await openBrowser()
  stage = new Stage({ dist: folder })
  address = await stage.start()
})
afterAll(async () => {
  await browser.close()
  await stage.stop()
  await rm(folder, { recursive: true, force: true })
})

async function visit(language: string, path: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: language, reducedMotion: 'reduce' })
  await context.request.post(`${address}/api/v1/session`, { data: { username: 'admin', password: 'secret' } })
  const page = await context.newPage()
  await page.goto(address + path)
  await page.locator('h1').first().waitFor()
  return page
}

const contrast = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], resultTypes: ['violations'] }

async function violations(page: Page, options: object = contrast): Promise<readonly unknown[]> {
  await page.evaluate(axeSource)
  return page.evaluate(async given => {
    // @ts-expect-error axe is put into the page above
    const { violations: found } = await window.axe.run(document, given)
    return (found as { id: string; nodes: { html: string }[] }[]).map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])
  }, options)
}

describe('the samples of the interface', () => {
  test.each(['zh-CN', 'en-GB'])('are free of violations on both grounds, in usual and in high contrast (%s)', async language => {
    const page = await visit(language, '/gallery')
    expect(await page.locator('[data-equipment]').count()).toBeGreaterThan(20)
    expect(await page.locator('script:not([src])').count()).toBe(0)
    for (const more of [false, true]) {
      await page.evaluate(wanted => {
        if (wanted) document.documentElement.dataset['contrast'] = 'more'
        else delete document.documentElement.dataset['contrast']
      }, more)
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        expect(await violations(page), `${colorScheme}, ${more ? 'more' : 'usual'} contrast`).toEqual([])
        // In high contrast texts keep 7 to 1, the measure of AAA; usually some do not, which shows that it is looked for.
        const faint = await violations(page, { runOnly: ['color-contrast-enhanced'], resultTypes: ['violations'] })
        if (more) expect(faint).toEqual([])
        else expect(faint.length).toBeGreaterThan(0)
      }
    }
    await page.context().close()
  })

  test('fit a phone without sideways scrolling', async () => {
    const page = await visit('zh-CN', '/gallery')
    await page.setViewportSize({ width: 360, height: 780 })
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    expect(over).toBeLessThanOrEqual(0)
    await page.context().close()
  })
})

describe('high contrast', () => {
  test('is chosen in the browser, stays, and comes by itself where the system asks for it', async () => {
    const page = await visit('zh-CN', '/me')
    const look = () => page.evaluate(() => document.documentElement.dataset['contrast'])
    expect(await look()).toBeUndefined()
    await page.emulateMedia({ contrast: 'more' })
    await expect.poll(look).toBe('more')
    await page.emulateMedia({ contrast: 'no-preference' })
    await expect.poll(look).toBeUndefined()
    await page
      .getByRole('radio', { name: '高对比' })
      .or(page.getByRole('button', { name: '高对比' }))
      .click()
    await expect.poll(look).toBe('more')
    await page.reload()
    await page.locator('h1').first().waitFor()
    expect(await look()).toBe('more')
    await page.context().close()
  })
})
