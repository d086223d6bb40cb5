import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { builtDashboard } from '../dashboard/built.ts'
import { Stage } from '../dashboard/stage.ts'
import { openBrowser } from '../kit/browser.ts'
import { coarse, differenceOf } from './picture.ts'

/**
 * Screens whose time stands still, compared with how they looked when somebody last looked at them. After a change that is meant:
 * `UPDATE_SCREENS=1 npm test -- test/journeys/screens`, look at test/journeys/screens, and commit them with the change.
 */
const kept = join(import.meta.dirname, 'screens')
const isUpdate = process.env['UPDATE_SCREENS'] === '1'
/** Another font is another picture: without the one they were taken with there is nothing to compare (Debian: fonts-noto-cjk). */
const font = '/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc'
const hasFont = existsSync(font)
const now = Date.UTC(2026, 10, 22, 3, 30)
/** More than this much of all blocks is more than fonts make. */
const mostShare = 0.01

let folder: string
let browser: Browser
let stage: Stage
let address: string
let context: BrowserContext
let page: Page
/** Where pictures are compared. */
let table: Page

beforeAll(async () => {
  if (!hasFont) return console.warn(`no screen is compared: ${font} is missing, install fonts-noto-cjk`)
  folder = await builtDashboard()
  browser = await openBrowser()
  // A beat, so that the picture is not called stopped; the clock itself stands.
  stage = new Stage({ dist: folder, now, speed: 0, beat: 1_000 })
  address = await stage.start()
  context = await browser.newContext({ locale: 'zh-CN', timezoneId: 'Asia/Shanghai', reducedMotion: 'reduce' })
  await context.request.post(`${address}/api/v1/session`, { data: { username: 'admin', password: 'secret' } })
  page = await context.newPage()
  table = await context.newPage()
})

afterAll(async () => {
  await browser?.close()
  await stage?.stop()
  if (folder) await rm(folder, { recursive: true, force: true })
})

interface Screen {
  readonly name: string
  readonly path: string
  readonly width: number
  readonly height: number
  readonly theme: 'light' | 'dark'
}
const screens: readonly Screen[] = [
  { name: 'overview-1280-light', path: '/', width: 1280, height: 900, theme: 'light' },
  { name: 'overview-360-dark', path: '/', width: 360, height: 1200, theme: 'dark' },
  { name: 'overview-3840-light', path: '/', width: 3840, height: 2160, theme: 'light' },
  { name: 'alarms-1920-dark', path: '/alarms', width: 1920, height: 1080, theme: 'dark' },
  { name: 'gallery-1280-light', path: '/gallery', width: 1280, height: 2600, theme: 'light' },
  { name: 'gallery-1280-dark', path: '/gallery', width: 1280, height: 2600, theme: 'dark' },
  { name: 'gallery-360-light', path: '/gallery', width: 360, height: 4000, theme: 'light' },
]

async function take({ path, width, height, theme }: Screen): Promise<Buffer> {
  await page.setViewportSize({ width, height })
  await page.emulateMedia({ colorScheme: theme })
  await page.goto(address + path)
  await page.locator('[data-equipment], [data-row]').first().waitFor()
  // The gallery shows what waits, too.
  if (path !== '/gallery') await page.waitForFunction(() => document.querySelector('main .skeleton') === null)
  await page.evaluate(() => document.fonts.ready)
  // Twice the same: what still comes has come.
  let before: Buffer = Buffer.alloc(0)
  let after: Buffer = await page.screenshot({ animations: 'disabled', caret: 'hide' })
  for (let tries = 0; tries < 20 && !after.equals(before); tries++) {
    before = after
    after = await page.screenshot({ animations: 'disabled', caret: 'hide' })
  }
  return after
}

describe.skipIf(!hasFont)('the screens', () => {
  test.each(screens)('$name looks as it did', async screen => {
    const file = join(kept, `${screen.name}.png`)
    const taken = await take(screen)
    const looks = await coarse(table, taken)
    if (isUpdate) {
      await mkdir(kept, { recursive: true })
      return writeFile(file, looks)
    }
    const { places, share } = await differenceOf(table, await readFile(file), looks)
    const shown = join(tmpdir(), `zhishou-${screen.name}.png`)
    if (places.length > 0 || share > mostShare) await writeFile(shown, taken)
    expect(places, `${screen.name} has changed: see ${shown}`).toEqual([])
    expect(share, `${screen.name} has changed a little everywhere: see ${shown}`).toBeLessThanOrEqual(mostShare)
  })

  test('take little room in the repository', async () => {
    const sizes = await Promise.all(screens.map(async ({ name }) => (await stat(join(kept, `${name}.png`))).size))
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(600_000)
  })
})

describe.skipIf(!hasFont)('the comparison of screens', () => {
  let before: Buffer
  beforeAll(async () => {
    before = await coarse(table, await take({ name: 'sample', path: '/', width: 1280, height: 900, theme: 'light' }))
  })
  async function changed(style: string): Promise<Awaited<ReturnType<typeof differenceOf>>> {
    const sheet = await page.addStyleTag({ content: style })
    const after = await coarse(table, await page.screenshot({ animations: 'disabled', caret: 'hide' }))
    await sheet.evaluate(element => (element as HTMLElement).remove())
    return differenceOf(table, before, after)
  }

  test.each([
    ['nothing at all', ':root { --unused: 1px }'],
    ['letters a quarter of a pixel beside their place', 'main { transform: translateX(0.25px) }'],
  ])('passes over %s', async (_, style) => {
    const { places, share } = await changed(style)
    expect(places).toEqual([])
    expect(share).toBeLessThanOrEqual(mostShare)
  })

  test.each([
    ['a button of another colour', '.needs .button.primary { background: #0f3f63 !important }'],
    ['a button moved by six pixels', '.needs .button.primary { translate: 6px 0 }'],
    ['a tile that is gone', '[data-equipment]:last-child { visibility: hidden }'],
    ['paler letters', 'main { color: #888 !important } main * { color: inherit !important }'],
    ['larger letters', '.needs .sentence { font-size: 21px !important }'],
  ])('finds %s', async (_, style) => {
    const { places } = await changed(style)
    expect(places.length).toBeGreaterThan(0)
  })
})
