import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openZip, writeZip } from '../../gateway/zip.ts'
import type { ZipMember } from '../../gateway/zip.ts'
import { instant } from '../../protocols/contract/time.ts'
import { openBrowser } from '../kit/browser.ts'
import { facility, password, person, root } from '../kit/product.ts'
import type { Facility, Product } from '../kit/product.ts'

/**
 * An inspector comes: reads the temperature log on the page, takes it away as PDF, Excel and CSV and as a pack, and proves at home, with the
 * command and with the page that is in the pack, that nothing was altered; and finds what was.
 */
const minute = 60_000
let works: Facility
let gateway: Product
let browser: Browser
let context: BrowserContext
let page: Page
const files = (name: string): string => join(works.folder, name)

beforeAll(async () => {
  works = await facility()
  browser = await openBrowser()
  gateway = await works.start(['--speed', '60'])
  const admin = await person(gateway.address)
  for (const [username, role] of [
    ['inspector', 'inspector'],
    ['visitor', 'viewer'],
  ] as const)
    expect((await admin.send('POST', '/api/v1/users', { username, role, password })).status).toBe(201)
  expect((await admin.send('POST', '/api/v1/demo/faults', { equipment: 'cold-1', fault: 'door-left-open' })).status).toBeLessThan(
    300,
  )
  context = await browser.newContext({ locale: 'zh-CN', viewport: { width: 1280, height: 900 }, acceptDownloads: true })
  page = await signedIn(context, 'inspector')
}, 3 * minute)

afterAll(async () => {
  await browser?.close()
  await works?.remove()
}, minute)

async function signedIn(into: BrowserContext, username: string): Promise<Page> {
  const opened = await into.newPage()
  await opened.goto(gateway.address)
  await opened.getByLabel('用户名').fill(username)
  await opened.getByLabel('密码', { exact: true }).fill(password)
  await opened.getByRole('button', { name: '登录' }).click()
  await opened.getByRole('heading', { name: '食堂' }).first().waitFor()
  return opened
}

async function taken(button: string, name: string): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: button }).click()])
  await download.saveAs(files(name))
  return download.suggestedFilename()
}

const verify = (file: string): { readonly code: number | null; readonly out: string } =>
  works.command('verify', file, '--lang', 'zh')

describe('an inspector', () => {
  test('reads the temperature log as paper, with its limits, completeness and proof', async () => {
    await page.goto(`${gateway.address}/logs/temperature`)
    const paper = page.getByRole('article')
    await paper.waitFor()
    await expect.poll(async () => (await paper.textContent()) ?? '', { timeout: minute }).toMatch(/1 号保鲜柜/)
    const text = (await paper.textContent()) ?? ''
    expect(text).toContain('青山小学')
    expect(text).toContain('数据完整')
    expect(text).toContain('带签名')
    expect(text).toMatch(/CAN-1/)
    await page.screenshot({ path: files('logs.png') })
  })

  test('takes it away as PDF, Excel, CSV and JSON, and each proves itself', async () => {
    for (const [button, name] of [
      ['PDF', 'log.pdf'],
      ['Excel', 'log.xlsx'],
      ['CSV', 'log.csv'],
      ['JSON', 'log.json'],
    ] as const) {
      const suggested = await taken(button, name)
      expect(suggested).toContain('温度')
      const { code, out } = verify(files(name))
      expect(`${name}: ${code} ${out}`).toMatch(/^\S+: 0 /)
    }
  })

  test('is told which line of the CSV somebody changed afterwards', async () => {
    const lines = (await readFile(files('log.csv'), 'utf8')).split('\r\n')
    const place = lines.findIndex(line => /\d\.\d/.test(line) && /2026|202\d/.test(line))
    const changed = lines.with(
      place,
      (lines[place] ?? '').replace(/(\d)\.(\d)/, (_, a: string, b: string) => `${a}.${(Number(b) + 1) % 10}`),
    )
    await writeFile(files('changed.csv'), changed.join('\r\n'))
    const { code, out } = verify(files('changed.csv'))
    expect(code).toBe(1)
    expect(out).toContain(String(place + 1))
  })

  test('takes a pack, which the command and the page inside it find unaltered', async () => {
    await page.getByText('检查包').first().click()
    for (const name of ['温度记录', '报警记录', '审计记录']) await page.getByRole('checkbox', { name }).check()
    await taken('下载检查包', 'pack.zip')
    const { code, out } = verify(files('pack.zip'))
    expect(`${code} ${out}`).toMatch(/^0 /)
    const zip = await openZip(files('pack.zip'))
    const html = zip.names.find(name => name.endsWith('verifier.html'))
    expect(html).toBeDefined()
    const members: ZipMember[] = []
    for (const name of zip.names) {
      const pieces: Uint8Array[] = []
      for await (const piece of await zip.read(name)) pieces.push(piece as Uint8Array)
      const bytes = Buffer.concat(pieces)
      if (name === html) await writeFile(files('verifier.html'), bytes)
      // One digit of one reading, in the evidence itself.
      const isReading = name.includes('evidence/readings') && !members.some(member => member.name.includes('evidence/readings'))
      const altered = isReading
        ? Buffer.from(bytes.toString().replace(/,(-?\d+(?:\.\d+)?),"good"/, (_, value: string) => `,${Number(value) + 1},"good"`))
        : bytes
      if (isReading) expect(altered.equals(bytes)).toBe(false)
      members.push({ name, from: { bytes: altered } })
    }
    zip.close()
    await writeZip(files('altered.zip'), members, instant(0))

    const offline = await browser.newContext({ locale: 'zh-CN', offline: true })
    const verifier = await offline.newPage()
    await verifier.goto(pathToFileURL(files('verifier.html')).href)
    await verifier.locator('input[type=file]').setInputFiles(files('pack.zip'))
    await expect
      .poll(async () => (await verifier.locator('#result').textContent()) ?? '', { timeout: minute })
      .toMatch(/与导出时完全一致/)
    await verifier.screenshot({ path: files('verifier.png') })
    await verifier.locator('input[type=file]').setInputFiles(files('altered.zip'))
    await expect
      .poll(async () => (await verifier.locator('#result').textContent()) ?? '', { timeout: minute })
      .toMatch(/与导出时不符/)
    await offline.close()
    expect(verify(files('altered.zip')).code).toBe(1)
  })

  test('finds the data directory itself unaltered, and a visitor is shown no logs', async () => {
    const { code, out } = works.command('verify', works.folder, '--lang', 'zh')
    expect(`${code} ${out}`).toMatch(/^0 /)
    const other = await browser.newContext({ locale: 'zh-CN' })
    const visitor = await signedIn(other, 'visitor')
    await visitor.goto(`${gateway.address}/logs`)
    await visitor.getByText('您的账户不能看台账').waitFor()
    const refused = await other.request.get(`${gateway.address}/api/v1/logs/temperature?from=2026-01-01&to=2026-12-31`)
    expect(refused.status()).toBe(403)
    await other.close()
  })
})

test('the verifier is where the pack takes it from', async () => {
  expect((await readFile(join(root, 'dashboard/dist/verifier.html'), 'utf8')).length).toBeGreaterThan(5_000)
})
