import { createRequire } from 'node:module'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fingerprintOf, makeKey, publicKeyOf } from '../../gateway/evidence/signed.ts'
import { builtDashboard } from '../dashboard/built.ts'
import { openBrowser } from '../kit/browser.ts'
import { fileOf } from './log-files.ts'
import { packFile } from './pack-file.ts'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
let built: string
let browser: Browser
const folder = mkdtempSync(join(tmpdir(), 'zhishou-verifier-'))

beforeAll(async () => {
  ;[built, browser] = await Promise.all([builtDashboard(), openBrowser()])
})
afterAll(async () => {
  await browser?.close()
  for (const one of [built, folder]) rmSync(one, { recursive: true, force: true })
})

/** The page as somebody opens it from a stick; `asked` is everything it has tried to load. */
async function opened(
  width = 390,
  height = 844,
  more: { locale?: string; dark?: boolean } = {},
): Promise<{ page: Page; asked: string[] }> {
  const { locale = 'zh-CN', dark = false } = more
  const context = await browser.newContext({
    viewport: { width, height },
    locale,
    colorScheme: dark ? 'dark' : 'light',
    bypassCSP: false,
  })
  const page = await context.newPage()
  const asked: string[] = []
  page.on('request', request => asked.push(request.url()))
  page.on('pageerror', error => asked.push(error.message))
  page.on('console', message => asked.push(message.text()))
  await page.goto(pathToFileURL(join(built, 'verifier.html')).href)
  asked.length = 0
  return { page, asked }
}
const put = (name: string, bytes: Uint8Array): string => {
  const file = join(folder, name)
  writeFileSync(file, bytes)
  return file
}
const verdict = async (page: Page, file: string): Promise<string> => {
  await page.setInputFiles('#file', file)
  await page.locator('.verdict h2').waitFor()
  return page.locator('#result').innerText()
}
const shots = process.env['ZHISHOU_SHOTS']

describe('the page that verifies without us', () => {
  test('is one file that loads nothing, and checks logs in every form', async () => {
    const key = makeKey()
    const { page, asked } = await opened()
    for (const format of ['json', 'csv', 'xlsx', 'pdf'] as const) {
      const bytes = await fileOf(format, 30, key)
      const text = await verdict(page, put(`good.${format}`, bytes))
      expect(text).toContain('与导出时完全一致')
      expect(text).toContain(fingerprintOf(publicKeyOf(key)))
      const bent = Uint8Array.from(bytes)
      const place = Math.floor(bent.length / 2)
      bent[place] = (bent[place] ?? 0) ^ 1
      await page.reload()
      expect(await verdict(page, put(`bad.${format}`, bent))).toContain('与导出时不符')
      await page.reload()
    }
    expect(asked.filter(url => !url.startsWith('file:'))).toEqual([])
    await page.context().close()
  })

  test('names the first record, in both languages', async () => {
    const text = new TextDecoder().decode(await fileOf('json', 30, makeKey()))
    const { page } = await opened()
    expect(await verdict(page, put('altered.json', new TextEncoder().encode(text.replace('冷柜 7', '冷柜 8'))))).toMatch(
      /daily 第 8 行.*被改过/,
    )
    await page.getByRole('button', { name: 'English' }).click()
    expect(await page.locator('#result').innerText()).toMatch(/daily row 8 .* was altered/)
    if (shots) await page.screenshot({ path: join(shots, 'bad-phone-en.png'), fullPage: true })
    await page.context().close()
  })

  test('checks an inspector pack with its evidence, and shows the fingerprint to compare', async () => {
    const { file } = await packFile()
    const { page, asked } = await opened()
    const good = await verdict(page, file)
    expect(good).toContain('与导出时完全一致')
    expect(good).toMatch(/[0-9a-f]{4}(-[0-9a-f]{4}){3}/)
    expect(good).toContain('温度记录.csv')
    expect(await page.locator('.fingerprint').evaluate(one => one.scrollWidth <= one.clientWidth)).toBe(true)
    if (shots) await page.screenshot({ path: join(shots, 'pack-phone.png'), fullPage: true })
    const bytes = Uint8Array.from(readFileSync(file))
    const bent = bytes.with(Math.floor(bytes.length * 0.7), (bytes[Math.floor(bytes.length * 0.7)] ?? 0) ^ 8)
    await page.reload()
    expect(await verdict(page, put('bent.zip', bent))).toContain('与导出时不符')
    expect(asked.filter(url => !url.startsWith('file:'))).toEqual([])
    await page.context().close()
  })

  test.each([
    [390, 844, false],
    [1280, 800, true],
    [1920, 1080, false],
  ] as const)('can be read at %i×%i by everyone', async (width, height, dark) => {
    const { page } = await opened(width, height, { dark, locale: dark ? 'en-GB' : 'zh-CN' })
    if (shots) await page.screenshot({ path: join(shots, `empty-${width}.png`) })
    await verdict(page, put('seen.json', await fileOf('json', 5, makeKey())))
    if (shots) await page.screenshot({ path: join(shots, `good-${width}.png`) })
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true)
    await page.evaluate(axeSource)
    const violations = await page.evaluate(async () => {
      // @ts-expect-error axe puts itself on the window
      const { violations: found } = await window.axe.run(document)
      return found.map(({ id, nodes }: { id: string; nodes: { html: string }[] }) => `${id}: ${nodes[0]?.html}`)
    })
    expect(violations).toEqual([])
    await page.context().close()
  })
})
