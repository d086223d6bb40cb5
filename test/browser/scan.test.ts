import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { drawQr } from '../../gateway/rounds/qr.ts'
import { openBrowser } from '../kit/browser.ts'
import { filmOf, photoOf, pictureOf, readDrawing } from '../kit/qr-picture.ts'
import { phoneSize, RoundsGround } from './rounds-ground.ts'

/** The real page in a real browser that is held before labels: its camera plays a film of one of them. */
let ground: RoundsGround
let browser: Browser
let context: BrowserContext
let page: Page
let folder: string
const minute = 60_000
const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const reader = createRequire(import.meta.url).resolve('jsqr')

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zhishou-film-'))
  await hold('nothing yet')
  browser = await openBrowser([
    '--use-fake-device-for-media-stream',
    `--use-file-for-fake-video-capture=${join(folder, 'film.y4m')}`,
  ])
  ground = await RoundsGround.make()
}, 3 * minute)
afterAll(async () => {
  await browser?.close()
  await ground?.remove()
  await rm(folder, { recursive: true, force: true })
}, minute)
beforeEach(async () => {
  context = await browser.newContext({ ...phoneSize, permissions: ['camera'] })
})
afterEach(() => context.close())

/** What the camera sees from its next opening on: the label a little askew, in the light of a corridor. */
async function hold(text: string): Promise<void> {
  const picture = pictureOf(drawQr(text), { width: 640, height: 480, dots: 6, turned: 0.2, noise: 30, light: 0.8 })
  await writeFile(join(folder, 'film.y4m'), filmOf(picture))
}
const label = (path: string): string => ground.address + path
const button = (name: string) => page.getByRole('button', { name, exact: true })
const heading = (name: string) => page.getByRole('heading', { name })
const bar = () => page.getByRole('navigation', { name: '主导航' }).last()

/** Shows a label to the camera of the page, beginning anywhere on the phone. */
async function scan(text: string): Promise<void> {
  await hold(text)
  await bar().getByRole('link', { name: '扫码' }).click()
}
/** Again, on the page that stands open: the camera is opened anew. */
async function scanNext(text: string): Promise<void> {
  await bar().getByRole('link', { name: '我' }).click()
  await heading('李强').waitFor()
  await scan(text)
}

async function expectAccessible(): Promise<void> {
  await page.evaluate(axeSource)
  const found = await page.evaluate(async () => {
    // @ts-expect-error axe puts itself on the window
    const { violations } = await window.axe.run(document, { resultTypes: ['violations'] })
    return (violations as { id: string; nodes: { html: string }[] }[]).map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)
  })
  expect(found).toEqual([])
}

describe('the camera of the page, where the browser reads no codes by itself', () => {
  test('opens what a label belongs to, tells of every other code what it is, and does so without network', async () => {
    page = await ground.phone(context, 'li')
    expect(await page.evaluate(() => 'BarcodeDetector' in globalThis)).toBe(false)

    // Thumb-sized, and on every page.
    const place = await bar().getByRole('link', { name: '扫码' }).boundingBox()
    expect(Math.min(place?.width ?? 0, place?.height ?? 0)).toBeGreaterThanOrEqual(44)
    await scan(label('/e/greenhill/patrol-1'))
    await heading('巡更点').waitFor()
    expect(new URL(page.url()).pathname).toBe('/equipment/patrol-1')

    await scan(label('/e/hillside/patrol-1'))
    await heading('这是另一个站点（hillside）的标签').waitFor()
    await page.getByText('这里是 青山小学').waitFor()
    await page.locator('[data-open="true"]').waitFor()
    await expectAccessible()
    await scanNext(label('/e/greenhill/freezer-9'))
    await heading('本站点没有设备 freezer-9').waitFor()
    await scanNext('https://menu.example/today')
    await heading('这是 menu.example 的网址，不是值守的标签').waitFor()
    await scanNext('WIFI:T:WPA;S:<b>canteen</b>;P:secret;;')
    await page.getByText('二维码里写的是“WIFI:T:WPA;S:<b>canteen</b>;P:secret;;”').waitFor()
    await scanNext('https://other.example/c/AAAA-BBBB-CC')
    await page.getByText('标签上的网址是 other.example').waitFor()
    await button('照样记下').waitFor()

    // No gateway and no network: what is open goes on, and what is loaded anew does what can be done without.
    await ground.stop()
    await context.setOffline(true)
    await scanNext(label('/e/greenhill/patrol-1'))
    await heading('巡更点').waitFor()
    await scan(label('/c/4XW2-T8RB'))
    await page.locator('.marked').getByRole('heading', { name: '化学药品库' }).waitFor()
    await hold(label('/e/greenhill/patrol-1'))
    await page.goto(label('/scan'))
    await heading('这是设备 patrol-1 的标签').waitFor()
    await expectAccessible()
    await ground.start()
    await context.setOffline(false)
    await heading('巡更点').waitFor()
    expect(new URL(page.url()).pathname).toBe('/equipment/patrol-1')
  })

  test('is not needed: a label on a photograph, or what is typed, does the same, and whatever keeps the camera shut is told', async () => {
    await context.clearPermissions()
    page = await ground.phone(context, 'li')
    await scan('nothing')
    await heading('浏览器没有得到摄像头的许可').waitFor()
    await expectAccessible()
    const photo = (text: string) =>
      photoOf(page, pictureOf(drawQr(text), { width: 1200, height: 900, dots: 8, turned: -0.3, noise: 20 }))
    const camera = page.locator('input[type="file"]')
    await camera.setInputFiles(await photo(label('/e/hillside/cold-1')))
    await heading('这是另一个站点（hillside）的标签').waitFor()
    await camera.setInputFiles({ name: 'notes.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('no picture') })
    await heading('这张照片打不开').waitFor()
    await camera.setInputFiles(await photo(label('/e/greenhill/patrol-1')))
    await heading('巡更点').waitFor()

    await scan('nothing')
    await page.getByLabel('扫不了就输入编码').fill('PATROL-9')
    await button('打开').click()
    await heading('没有“PATROL-9”这个编码').waitFor()
    await page.getByLabel('扫不了就输入编码').fill('patrol 1')
    await button('打开').click()
    await heading('巡更点').waitFor()

    // What else a camera may fail of.
    for (const [devices, isSecure, said] of [
      ['none', false, '网页用不了摄像头'],
      ['none', true, '没有找到摄像头'],
      ['NotFoundError', true, '没有找到摄像头'],
      ['NotReadableError', true, '摄像头正被占用'],
      ['TypeError', true, '摄像头打不开'],
    ] as const) {
      await page.evaluate(
        ({ fault, secure }) => {
          const getUserMedia = () => Promise.reject(new DOMException('no', fault))
          const mediaDevices = fault === 'none' ? undefined : { getUserMedia }
          Object.defineProperty(navigator, 'mediaDevices', { configurable: true, value: mediaDevices })
          Object.defineProperty(window, 'isSecureContext', { configurable: true, value: secure })
        },
        { fault: devices, secure: isSecure },
      )
      await scanNext('nothing')
      await heading(said).waitFor()
      expect(await button('再试一次').count()).toBe(isSecure ? 1 : 0)
    }
    await expectAccessible()
  })
})

describe('the camera of the page, where the browser reads codes by itself', () => {
  test('asks the browser, and ours is fetched where that has its reader by name only', async () => {
    // Stands for the reader that Chromium has on a telephone and not here.
    await context.addInitScript({ path: reader })
    await context.addInitScript(() => {
      type Read = (dots: Uint8ClampedArray, width: number, height: number) => { data: string } | null
      const { jsQR: read } = globalThis as unknown as { jsQR: Read }
      const detector = { asked: 0, works: true }
      class BarcodeDetector {
        static getSupportedFormats = () => Promise.resolve(['qr_code', 'ean_13'])
        detect(video: HTMLVideoElement) {
          detector.asked += 1
          if (!detector.works) return Promise.reject(new DOMException('Service unavailable.', 'NotSupportedError'))
          const pen = new OffscreenCanvas(video.videoWidth, video.videoHeight).getContext('2d')
          pen?.drawImage(video, 0, 0)
          const picture = pen?.getImageData(0, 0, video.videoWidth, video.videoHeight)
          const found = picture && read(picture.data, picture.width, picture.height)
          return Promise.resolve(found ? [{ rawValue: found.data }] : [])
        }
      }
      Object.assign(globalThis, { BarcodeDetector, detector })
    })
    type Detector = { detector: { asked: number; works: boolean } }
    const seen = () =>
      page.evaluate(() => ({
        asked: (globalThis as unknown as Detector).detector.asked,
        isFetched: performance.getEntriesByType('resource').some(({ name }) => name.includes('/decode-')),
      }))
    page = await ground.phone(context, 'li')
    await scan(label('/e/greenhill/patrol-1'))
    await heading('巡更点').waitFor()
    const { asked, isFetched } = await seen()
    expect([asked > 0, isFetched]).toEqual([true, false])

    await page.evaluate(() => Object.assign((globalThis as unknown as Detector).detector, { works: false }))
    await scan(label('/e/greenhill/patrol-1'))
    await heading('巡更点').waitFor()
    expect(await seen()).toEqual({ asked: asked + 1, isFetched: true })
  })
})

describe('labels of equipment', () => {
  test("are printed from its page and from the list; the phone's own camera opens it, after signing in where that is needed", async () => {
    page = await ground.phone(context, 'li')
    await page.goto(label('/equipment/patrol-1'))
    await page.getByRole('link', { name: '打印标签' }).click()
    await page.locator('[data-holds]').waitFor()
    await page.getByText('标签里的网址只在这台电脑上有效').waitFor()
    await expectAccessible()
    await page.goto(label('/equipment'))
    await page.getByRole('link', { name: '打印标签' }).click()
    await page.locator('[data-holds]').first().waitFor()
    // A sheet of paper is wider than a phone, and has nothing on it but labels.
    await page.setViewportSize({ width: 1000, height: 1200 })
    await page.emulateMedia({ media: 'print' })
    const address = label('/e/greenhill/patrol-1')
    const drawings = await page.locator('[data-holds]').all()
    expect(await Promise.all(drawings.map(drawing => readDrawing(drawing)))).toEqual([address])
    expect((await page.locator('main').innerText()).split(/\s*\n\s*/)).toEqual(['巡更点', '实验楼', '扫不出时输入', 'patrol-1'])
    expect(await page.locator('.strip, .rail, .bar').filter({ visible: true }).count()).toBe(0)

    await context.clearCookies()
    const opened = await context.newPage()
    await opened.goto(address)
    await ground.signIn(opened, 'li')
    await opened.getByRole('heading', { name: '巡更点' }).waitFor()
    expect(new URL(opened.url()).pathname).toBe('/equipment/patrol-1')
    await opened.goto(label('/e/hillside/patrol-1'))
    await opened.getByRole('heading', { name: '这是另一个站点（hillside）的标签' }).waitFor()
    await opened.getByRole('link', { name: '扫另一张' }).waitFor()
  })

  test('of check-points are told to who may only look, who notes nothing down', async () => {
    const before = (await ground.entries('round.visited', 'access.refused')).length
    await ground.ask('POST', '/api/v1/users', {
      username: 'guest',
      displayName: '来宾',
      role: 'viewer',
      password: 'Only-looking-1',
    })
    page = await context.newPage()
    await page.goto(label('/scan'))
    await page.getByLabel('用户名').fill('guest')
    await page.getByLabel('密码', { exact: true }).fill('Only-looking-1')
    await hold(label('/c/7F3K-9QPM'))
    await page.getByRole('button', { name: '登录' }).click()
    await heading('这是巡查点的标签').waitFor()
    expect(await ground.entries('round.visited', 'access.refused')).toHaveLength(before)
  })
})
