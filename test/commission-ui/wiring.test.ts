import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBrowser } from '../kit/browser.ts'
import { startIllBus } from '../kit/ill-bus.ts'
import { facility, freePort, password } from '../kit/product.ts'
import type { Facility, Product } from '../kit/product.ts'

/** Whoever wires a bus for the first time: what each mistake looks like, what to try, and one tap where a setting would mend it. */
const minute = 60_000
let works: Facility
let gateway: Product
let bus: Awaited<ReturnType<typeof startIllBus>>
let browser: Browser
let context: BrowserContext
let page: Page

beforeAll(async () => {
  works = await facility()
  bus = await startIllBus()
  const file = join(works.folder, 'greenhill.yaml')
  await writeFile(file, siteOf(bus.port, await freePort()))
  browser = await openBrowser()
  gateway = await works.start(['--site', file])
  context = await browser.newContext({ locale: 'zh-CN', viewport: { width: 390, height: 844 } })
  await context.request.post(`${gateway.address}/api/v1/session`, {
    data: { username: 'admin', password },
    headers: { origin: gateway.address },
  })
  page = await context.newPage()
}, 4 * minute)

afterAll(async () => {
  await browser?.close()
  await works?.remove()
  await bus?.stop()
}, minute)

const siteOf = (port: number, nobody: number): string => `
site: { id: greenhill, name: { zh: 青山小学, en: Greenhill School } }
connections:
  new-bus: { protocol: modbus-tcp, framing: rtu, host: 127.0.0.1, port: ${port}, every: 1s, timeout: 250ms, retries: 0 }
  push: { protocol: http }
  nobody: { protocol: modbus-tcp, host: 127.0.0.1, port: ${nobody}, every: 1s, timeout: 250ms }
areas:
  office:
    name: { zh: 办公楼, en: Office }
    equipment:
      rack-1: { type: server-room, name: { zh: 1 号机房, en: Room 1 }, connection: new-bus, unit: 1, model: xy-md02 }
      rack-2: { type: server-room, name: { zh: 2 号机房, en: Room 2 }, connection: new-bus, unit: 2, model: xy-md02 }
`

const next = () => page.getByRole('button', { name: '下一步' }).click()
const step = (title: string) => page.getByRole('heading', { name: title }).waitFor()
const reading = (key: string) => page.locator(`[data-point=${key}]`)

/** Through the first three steps to the values of that unit. */
async function lookAt(unit: number, model = 'xy-md02', settings: Readonly<Record<string, string>> = {}): Promise<void> {
  await page.goto(`${gateway.address}/connect`)
  await page.getByRole('button', { name: '从头开始' }).click()
  await page.getByRole('radio', { name: /new-bus/ }).check()
  await next()
  await page.getByRole('button', { name: '不查找，直接填写' }).click()
  await step('它是什么设备？')
  await page.getByLabel('设备种类').selectOption('server-room')
  if (model !== '') await page.getByLabel('型号').selectOption(model)
  await page.getByLabel('名称', { exact: true }).fill('新机房')
  await page.getByLabel('站号').fill(String(unit))
  if (model === '') {
    expect(await page.getByRole('button', { name: '下一步' }).isDisabled()).toBe(true)
    await page.getByText('还差：', { exact: false }).waitFor()
    const point = page.locator('details.point').filter({ hasText: '主要测点' })
    if ((await point.getAttribute('open')) === null) await point.locator('summary').first().click()
    await point.getByLabel('寄存器').fill(settings['register'] ?? '')
    await point.getByLabel('表', { exact: true }).selectOption(settings['table'] ?? '')
    await point.getByLabel('数据类型').selectOption(settings['type'] ?? '')
  }
  await next()
  await step('读数对不对？')
}

describe('a bus that was wired wrongly', () => {
  test('nobody answers where the wires are swapped: wires, speed and address are named', async () => {
    await lookAt(9)
    await page.getByText('A、B 线是否接反', { exact: false }).first().waitFor()
    await page.getByText('9600 8N1', { exact: false }).first().waitFor()
    // The batch that left the factory with another parity is known.
    await page.getByText('format: 8E1', { exact: false }).first().waitFor()
    expect(await reading('temperature').textContent()).toContain('没有读数')
  })

  test('bytes without sense are told from silence: speed and parity', async () => {
    await lookAt(3)
    await page.getByText('多半是波特率或校验位不一致', { exact: false }).first().waitFor()
    expect(await reading('temperature').textContent()).not.toMatch(/\d °C/)
  })

  test('two devices with one address are no value, and are spoken of', async () => {
    await lookAt(4)
    await page.getByText('同一站号上有两台设备', { exact: false }).first().waitFor()
    expect(await reading('temperature').textContent()).not.toMatch(/\d °C/)
  })

  test('an answer of another address is no value of this one', async () => {
    await lookAt(5)
    await page.getByText('答的不是这个问题', { exact: false }).first().waitFor()
    expect(await reading('temperature').textContent()).not.toMatch(/\d °C/)
  })

  test('a bad cable looks well every other time: it is counted, and stays in sight', async () => {
    await lookAt(2)
    await page.getByText(/读了 \d+ 次，\d+ 次数据错乱/).waitFor({ timeout: 120_000 })
    await expect.poll(() => reading('temperature').textContent(), { timeout: 120_000 }).toMatch(/21\.5.°C/)
    await page.getByText(/读了 \d+ 次，\d+ 次数据错乱/).waitFor()
    await page.getByText('总线两端缺终端电阻', { exact: false }).first().waitFor()
    await page.goto(`${gateway.address}/connections/new-bus`)
    await page.getByText('所以速率和格式没错', { exact: false }).first().waitFor()
    await page.getByText('台要看一下', { exact: false }).waitFor()
    await page.getByText('乱码，校验或长度不对').first().waitFor()
  })

  test('humidity first: one tap turns the two round, and back', async () => {
    await lookAt(6)
    await page.getByText('很像是两个地址对调了', { exact: false }).waitFor()
    expect(await reading('temperature').textContent()).toMatch(/51\.0.°C/)
    expect(await reading('temperature').locator('code').textContent()).toContain('01 fe')
    await page.getByRole('button', { name: '改成这样' }).first().click()
    await expect.poll(() => reading('temperature').textContent()).toMatch(/22\.4.°C/)
    expect(await reading('temperature').locator('code').textContent()).toContain('00 e0')
    await page.getByRole('button', { name: '撤销这个改动' }).click()
    await expect.poll(() => reading('temperature').textContent()).toMatch(/51\.0.°C/)
  })

  test('a batch of the model that counts by whole degrees is known, and read with one tap', async () => {
    await lookAt(7)
    const batch = page.locator('[data-hint=variant]')
    await batch.getByText('改后：25.0', { exact: false }).waitFor()
    await batch.getByRole('button', { name: '改成这样' }).click()
    await expect.poll(() => reading('temperature').textContent()).toMatch(/25\.0.°C/)
    await expect.poll(() => reading('humidity').textContent()).toMatch(/51.%RH/)
  })

  test('words that are turned round are put right with one tap', async () => {
    await lookAt(8, '', { register: '1', table: 'input', type: 'float32' })
    await page.getByText('字节顺序：CDAB 读出 21.5 °C', { exact: false }).waitFor()
    await page.getByRole('button', { name: '改成这样' }).first().click()
    await expect.poll(() => reading('temperature').textContent()).toMatch(/21\.5.°C/)
  })

  test('was only ever read', () => {
    expect([...bus.asked()].filter(code => code !== 3 && code !== 4)).toEqual([])
    expect(bus.asked().size).toBeGreaterThan(0)
  })
})
