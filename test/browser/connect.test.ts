import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBrowser } from '../kit/browser.ts'
import { facility, freePort, password, person, root } from '../kit/product.ts'
import type { Facility, Product } from '../kit/product.ts'
import { startSchoolBus } from '../kit/school-bus.ts'

/**
 * A caretaker with a phone connects a cabinet: finds it on the bus (pymodbus, which nobody here wrote), picks what it is, sees that its words
 * are turned round, mends that with one tap, writes it, sees it live, and takes it back.
 */
const minute = 60_000
let works: Facility
let gateway: Product
let bus: Awaited<ReturnType<typeof startSchoolBus>>
let browser: Browser
let context: BrowserContext
let page: Page
let file: string

beforeAll(async () => {
  works = await facility()
  bus = await startSchoolBus()
  file = join(works.folder, 'greenhill.yaml')
  await writeFile(file, siteOf(bus.port, await freePort()))
  browser = await openBrowser()
  gateway = await works.start(['--site', file])
  context = await browser.newContext({ locale: 'zh-CN', viewport: { width: 390, height: 844 } })
  page = await context.newPage()
  await page.goto(gateway.address)
  await page.getByLabel('用户名').fill('admin')
  await page.getByLabel('密码', { exact: true }).fill(password)
  await page.getByRole('button', { name: '登录' }).click()
  await page.getByRole('heading', { name: '食堂' }).first().waitFor()
}, 4 * minute)

afterAll(async () => {
  await browser?.close()
  await works?.remove()
  await bus?.stop()
}, minute)

const siteOf = (port: number, nobody: number): string => `# the school's own file
site: { id: greenhill, name: { zh: 青山小学, en: Greenhill School } }
connections:
  canteen-bus: { protocol: modbus-tcp, host: 127.0.0.1, port: ${port}, every: 1s, timeout: 300ms }
  dead-bus: { protocol: modbus-tcp, host: 127.0.0.1, port: ${nobody}, every: 1s, timeout: 300ms } # cable not laid yet
areas:
  canteen:
    name: { zh: 食堂, en: Canteen }
    equipment:
      # here from the beginning
      cold-1:
        type: fresh-keeping-cabinet
        name: 1 号保鲜柜
        connection: canteen-bus
        unit: 1
        points:
          temperature: { table: input, register: 1, type: int16, scale: 0.1 }
`

const next = () => page.getByRole('button', { name: '下一步' }).click()
const step = (title: string) => page.getByRole('heading', { name: title }).waitFor()

async function faultsOfAccess(): Promise<readonly string[]> {
  await page.evaluate(await readFile(join(root, 'node_modules/axe-core/axe.min.js'), 'utf8'))
  const found = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }
    return (await axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)
  })
  return found
}

describe('a caretaker who connects equipment', () => {
  test('finds what is on the bus, and is told which of it is connected already', async () => {
    await page.goto(`${gateway.address}/connections`)
    await page.getByRole('link', { name: '接入设备' }).click()
    await step('设备接在哪条线路上？')
    expect(await faultsOfAccess()).toEqual([])
    await page.getByRole('radio', { name: /canteen-bus/ }).check()
    await next()
    await step('这条线路上有什么？')
    await page.getByLabel('从', { exact: true }).fill('1')
    await page.getByLabel('到', { exact: true }).fill('5')
    await page.getByRole('button', { name: '开始查找' }).click()
    await page.getByText('找到 3 台').waitFor()
    await page.getByText('已接入：1 号保鲜柜').waitFor()
    expect(await faultsOfAccess()).toEqual([])
  })

  test('types in what it is, and loses nothing when the page is loaded again', async () => {
    await page.getByRole('button', { name: '选这台 站号 2' }).click()
    await step('它是什么设备？')
    await page.getByLabel('设备种类').selectOption('fresh-keeping-cabinet')
    await page.getByLabel('名称', { exact: true }).fill('2 号保鲜柜')
    await page.getByLabel('编号').fill('cold-2')
    const temperature = page.locator('details.point').filter({ hasText: '主要测点' })
    if ((await temperature.getAttribute('open')) === null) await temperature.locator('summary').first().click()
    await temperature.getByLabel('寄存器').fill('0')
    await temperature.getByLabel('数据类型').selectOption('float32')
    await page.reload()
    await step('它是什么设备？')
    expect(await page.getByLabel('名称', { exact: true }).inputValue()).toBe('2 号保鲜柜')
    expect(await page.getByLabel('站号').inputValue()).toBe('2')
    expect(await faultsOfAccess()).toEqual([])
  })

  test('sees that the words are turned round, and mends it with one tap', async () => {
    await next()
    await step('读数对不对？')
    const reading = page.locator('[data-point=temperature]')
    await page.getByText('字节顺序：CDAB 读出 4.1 °C', { exact: false }).waitFor()
    expect(await reading.locator('code').textContent()).toContain('33 33 40 83')
    expect(await faultsOfAccess()).toEqual([])
    await page.getByRole('button', { name: '改成这样' }).click()
    await expect.poll(() => reading.textContent()).toMatch(/4\.1.°C/)
    await page.getByText('读数都在正常范围内').waitFor()
  })

  test('sees the very lines that will be written, writes them, and the tile is live', async () => {
    await next()
    await step('要写入的改动')
    await page.getByText(/^\+ .*cold-2:/).waitFor()
    const diff = (await page.getByRole('region', { name: '要写入的改动' }).textContent()) ?? ''
    expect(diff).toContain('order: CDAB')
    expect(diff).not.toMatch(/\n-/)
    expect(await faultsOfAccess()).toEqual([])
    await page.getByRole('button', { name: '写入并启用' }).click()
    await step('接入好了')
    await expect
      .poll(async () => (await page.locator('[data-equipment=cold-2]').textContent()) ?? '', { timeout: minute })
      .toMatch(/4\.1/)
    const written = await readFile(file, 'utf8')
    expect(written).toContain('# here from the beginning')
    expect(written).toContain('# cable not laid yet')
    expect(written).toContain('cold-2:')
    await page.screenshot({ path: join(works.folder, 'done.png') })
  })

  test('takes it back in one step: the file is as it was, to the byte', async () => {
    await page.getByRole('button', { name: '撤销这次接入' }).click()
    await page.getByText('已撤销，现场文件回到了之前的样子。').waitFor()
    const port = /port: (\d+), every: 1s, timeout: 300ms \}$/m.exec(await readFile(file, 'utf8'))?.[1]
    expect(port).toBe(String(bus.port))
    expect(await readFile(file, 'utf8')).not.toContain('cold-2')
    const admin = await person(gateway.address)
    const journal = (await admin.get('/api/v1/journal?limit=200')) as { items: { kind: string; data: Record<string, unknown> }[] }
    const kinds = journal.items.map(({ kind }) => kind)
    for (const kind of ['commissioning.scan', 'commissioning.try', 'site.changed']) expect(kinds).toContain(kind)
    // Values are read every three seconds; the journal hears of it once.
    expect(kinds.filter(kind => kind === 'commissioning.try').length).toBeLessThan(4)
  })

  test('is told what to look at where the line is dead, and on the page of that line', async () => {
    await page.getByRole('button', { name: '再接一台' }).click()
    await page.getByRole('radio', { name: /dead-bus/ }).check()
    await next()
    await page.getByRole('button', { name: '开始查找' }).click()
    await page.getByText('连不上这个地址', { exact: false }).waitFor()
    await page.goto(`${gateway.address}/connections`)
    await page.getByText('网线灯是否亮', { exact: false }).waitFor()
    expect(await faultsOfAccess()).toEqual([])
    await page.getByRole('link', { name: 'canteen-bus' }).click()
    await page.getByRole('heading', { name: '各台设备' }).waitFor()
    await page.getByText('站号 1').first().waitFor()
    await page.getByRole('heading', { name: '最近的报文' }).waitFor()
    await page.getByRole('button', { name: '细看' }).click()
    await page.getByText('读数看起来正常。').waitFor()
    expect(await faultsOfAccess()).toEqual([])
  })

  test('is no way for people who may not change the site', async () => {
    const admin = await person(gateway.address)
    expect((await admin.send('POST', '/api/v1/users', { username: 'cook', role: 'operator', password })).status).toBe(201)
    const other = await browser.newContext({ locale: 'en-GB' })
    const cook = await other.newPage()
    await cook.goto(`${gateway.address}/connect`)
    await cook.getByLabel('User name').fill('cook')
    await cook.getByLabel('Password', { exact: true }).fill(password)
    await cook.getByRole('button', { name: 'Sign in' }).click()
    await cook.getByText('Only administrators can connect equipment').waitFor()
    expect((await other.request.get(`${gateway.address}/api/v1/commissioning/ground`)).status()).toBe(403)
    await other.close()
  })
})
