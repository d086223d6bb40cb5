import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBrowser } from '../kit/browser.ts'
import { png } from '../kit/picture.ts'
import { facility, freePort, password, person } from '../kit/product.ts'
import type { Facility, Product } from '../kit/product.ts'
import { misfitsOn } from '../kit/screen.ts'
import { step } from '../kit/step.ts'
import { Sink } from '../notify/sink.ts'

/**
 * Somebody types 200 characters of the worst into every form: a script, a picture that runs one, an emoji of several people, letters that run
 * from right to left, a word without end. It is taken, shown whole, and runs nothing. With a sign in it that turns round what follows, every
 * form says so in words and keeps what was typed. The names of the site itself are the same text.
 */
const minute = 60_000
const sizes = [
  { width: 1280, height: 900 },
  { width: 360, height: 780 },
] as const
const begins = '<script>document.body.dataset.hit=1</script><img src=x onerror="document.body.dataset.hit=1">👩‍🍳🧊 שלום '
const fill = (start: string): string => start + 'W'.repeat(200 - start.length)
const hostile = fill(begins)
const turning = fill(`${begins}\u202E`)
/** What a thing of the site is called. */
const named = (what: string): string => fill(`${what} ${begins}`)
const written = (what: string): string => JSON.stringify(fill(`${what} ${begins}\u202E`))

const siteText = (
  hook: string,
  port: number,
): string => `site: { id: greenhill, name: ${written('校')}, policies: [canteen, rounds], server: { publicUrl: 'https://school.example' } }
calendar: { hours: { night: '00:00-24:00' } }
people:
  wang: { name: ${written('王')}, roles: [食堂主管] }
  zhao: { name: ${written('赵')}, account: admin }
duty:
  rosters:
    guard:
      name: ${written('门卫')}
      shifts: { day: '07:30-19:30', night: '19:30-07:30' }
      from: 2026-09-01
      rotation: [{ day: zhao, night: wang }]
channels: { hook: { kind: webhook, url: '${hook}', secret: '${password}${password}' } }
connections:
  push: { protocol: http }
  bus: { protocol: modbus-tcp, host: 127.0.0.1, port: ${port}, every: 1s, timeout: 300ms }
areas:
  canteen:
    name: ${written('食堂')}
    equipment:
      cold-1:
        type: fresh-keeping-cabinet
        name: ${written('一号柜')}
        connection: push
        facts: { holds: cooked, serial: ${written('编号')} }
        points: { temperature: {}, door: {} }
        rules: { temperature.too-warm: { onDelay: 0s, reason: ${written('试')} } }
      cold-2:
        type: fresh-keeping-cabinet
        name: ${written('二号柜')}
        connection: push
        facts: { holds: raw }
        points: { temperature: {} }
        rules: { temperature.too-warm: { onDelay: 0s, reason: ${written('试')} } }
      tank-1: { type: water-tank, name: ${written('水箱')}, connection: push, points: { chlorine: {} } }
      cold-3:
        type: fresh-keeping-cabinet
        name: ${written('三号柜')}
        connection: push
        points: { temperature: {} }
        rules: { temperature.too-warm: { onDelay: 0s } }
      patrol-1: { type: patrol-point, name: ${written('巡更')}, connection: push, points: { visits: {} } }
rounds:
  night:
    name: ${written('夜巡')}
    equipment: patrol-1
    within: 45m
    checkpoints:
      gate: { name: ${written('大门')}, code: 7F3K-9QPM, area: canteen, checks: [${written('门锁')}] }
      store: { name: ${written('库房')}, code: 4XW2-T8RB, area: canteen, checks: [${written('门锁')}] }
`

let works: Facility
let sink: Sink
let gateway: Product
let browser: Browser
let page: Page
let api: Awaited<ReturnType<typeof person>>
const errors: string[] = []
const misfits = new Map<string, string>()

beforeAll(async () => {
  works = await facility()
  const file = join(works.folder, 'greenhill.yaml')
  sink = await new Sink().start()
  await writeFile(file, siteText(sink.url, await freePort()))
  browser = await openBrowser()
  gateway = await works.start(['--site', file])
  api = await person(gateway.address)
  const context = await browser.newContext({ locale: 'zh-CN', viewport: sizes[0], reducedMotion: 'reduce' })
  page = await context.newPage()
  page.setDefaultTimeout(minute)
  page.on('pageerror', error => errors.push(error.message))
  page.on('dialog', dialog => {
    errors.push(`a dialog opened: ${dialog.message()}`)
    void dialog.dismiss()
  })
  await context.request.post(`${gateway.address}/api/v1/session`, {
    headers: { origin: gateway.address },
    data: { username: 'admin', password },
  })
}, 3 * minute)

afterAll(async () => {
  await browser?.close()
  await works?.remove()
  await sink?.stop()
}, minute)

async function go(path: string): Promise<void> {
  // Only what follows the sign may be another: then the page itself would stay.
  await page.goto('about:blank')
  await page.goto(gateway.address + path)
  await settled()
}

async function settled(): Promise<void> {
  await page.waitForFunction(
    () =>
      document.querySelector('main h1, main h2, main p') !== null &&
      document.querySelector('.skeleton, [aria-busy="true"], .fading') === null,
  )
}

/** It is there to be read, nothing has run, and nothing overflows, on a phone and on a desk. */
async function look(where: string, ...texts: readonly string[]): Promise<void> {
  await settled()
  await page.evaluate(() => {
    for (const details of document.querySelectorAll<HTMLDetailsElement>('main details')) details.open = true
  })
  for (const text of texts)
    await page.waitForFunction(
      wanted =>
        [...document.querySelectorAll('main, main *')].some(
          one => (one.textContent ?? '').includes(wanted) && one.checkVisibility({ visibilityProperty: true }),
        ),
      text,
    )
  for (const size of sizes) {
    await page.setViewportSize(size)
    for (const misfit of await misfitsOn(page)) misfits.set(`${size.width} ${misfit}`, where)
  }
  await page.setViewportSize(sizes[0])
  expect(await page.locator('main script, main img[src="x"], [data-hit]').count()).toBe(0)
  expect(errors).toEqual([])
}

/** Refused in words with the sign that turns the line, the text still there; then taken without it. */
async function type(field: Locator, send: () => Promise<unknown>, text = hostile): Promise<void> {
  const refusal = page.getByText(/看不见的字符（U\+202E）/)
  // What was said of the form before has gone with it.
  await expect.poll(() => refusal.count(), { timeout: minute }).toBe(0)
  const turned = `${begins}\u202E${text.slice(begins.length + 1)}`
  await field.fill(turned)
  await send()
  await refusal.first().waitFor()
  expect(await field.inputValue()).toBe(turned)
  await field.fill(text)
  await send()
}
const press = (name: string) => page.getByRole('button', { name, exact: true }).first().click()

/** The alarm of a cabinet that has just become too warm. */
async function raised(equipment: string): Promise<string> {
  expect((await api.send('POST', '/api/v1/readings', [{ point: `${equipment}.temperature`, v: 25 }])).status).toBe(204)
  const found = async () => {
    const { items } = (await api.get('/api/v1/alarms?limit=200')) as { items: { id: string; rule: string }[] }
    return items.find(({ rule }) => rule === `${equipment}.temperature.too-warm`)?.id
  }
  await expect.poll(found, { timeout: 2 * minute }).toBeDefined()
  return (await found()) ?? ''
}

test(
  'the worst that can be typed is taken in every form, shown whole, and does nothing',
  async () => {
    expect([hostile.length, turning.length]).toEqual([200, 200])
    const [first, second] = [await raised('cold-1'), await raised('cold-2')]

    await step('looks at the site whose names are such', async () => {
      await go('/')
      await look('/', named('一号柜').slice(0, 190))
      for (const path of [
        '/equipment',
        '/equipment/cold-1',
        '/policies',
        '/duties',
        '/duty',
        '/rounds',
        '/labels#cold-1',
        '/system',
      ]) {
        await go(path)
        await look(path)
      }
    })

    await step('answers alarms', async () => {
      await go(`/alarms#${first}`)
      await press('确认')
      await type(page.getByLabel('说明（可不填）'), () => press('确认收到'))
      await press('已处理')
      await type(page.getByLabel('做了什么（必填）'), () => press('登记处理'))
      await press('停用')
      await page.getByLabel('由什么代替（必填）', { exact: true }).fill(hostile)
      await type(page.getByLabel('理由（必填）', { exact: true }), () => page.getByRole('button', { name: /^停用至/ }).click())
      await page.getByRole('button', { name: '恢复使用', exact: true }).waitFor()
      await look('/alarms, out of service', hostile)
      await go(`/alarms#${second}`)
      await press('搁置')
      await type(page.getByLabel('理由（必填）', { exact: true }), () => page.getByRole('button', { name: /^搁置至/ }).click())
      await page.getByRole('button', { name: '取消搁置', exact: true }).waitFor()
      await look('/alarms, shelved', hostile)
    })

    await step('answers from the message', async () => {
      const third = await raised('cold-3')
      const told = () => sink.got.find(({ facts, link }) => link !== undefined && facts.alarms.includes(third))
      await expect.poll(told, { timeout: minute }).toBeDefined()
      const path = new URL(told()?.link ?? '').pathname
      await go(path)
      await look('/a, asked', named('三号柜').slice(0, 190))
      await type(page.getByLabel(/说明/), () => page.locator('form .primary').click())
      await page.locator('p.done').waitFor()
      await go(path)
      await look('/a, answered', hostile)
    })

    await step('reports a fault and sees it through', async () => {
      await go('/cases?report')
      await page.getByLabel('在哪里').selectOption({ index: 1 })
      await page.getByLabel(/^具体位置/).fill(hostile)
      await page.getByText('别人', { exact: true }).click()
      await page.getByLabel('姓名').fill(hostile)
      await page.getByLabel('电话').fill(hostile)
      await page
        .locator('input[type=file]')
        .first()
        .setInputFiles({ name: `${turning}.png`, mimeType: 'image/png', buffer: png(80, 60) })
      await page.getByRole('button', { name: '去掉第 1 张照片' }).waitFor()
      await type(page.getByLabel('什么坏了'), () => press('提交报修'))
      await page.getByLabel('怎么答复的').waitFor()
      await look('/cases/C1', hostile)
      await type(page.getByLabel('怎么答复的'), () => press('答复报修人'))
      await page.getByLabel('派给谁').selectOption({ index: 1 })
      await press('派单')
      await page.getByLabel('具体怎么处理的').waitFor()
      await page.getByRole('button', { name: '加一种配件' }).click()
      await page.getByLabel('配件名称').fill(hostile)
      await type(page.getByLabel('具体怎么处理的'), () => press('登记处理'))
      await page.getByText('您动手处理过，要由别人核实').waitFor()
      await press('备注')
      await type(page.locator('[data-deed=comment] textarea'), () => page.locator('[data-deed=comment] .primary').click())
      await look('/cases/C1, acted', hostile)
      await go('/cases')
      await look('/cases', hostile)
    })

    await step('writes a record down and puts it right', async () => {
      await go('/records/corrective-action?equipment=cold-1')
      await page.getByLabel(/^原因/).fill(hostile)
      await page.getByText('更多项目').click()
      await page.getByLabel(/^哪条报警/).fill(hostile)
      await type(page.getByLabel(/^采取的措施/), () => press('登记'))
      await page.getByText(/已登记，日志第 \d+ 条/).waitFor()
      await page.getByRole('link', { name: '看登记' }).click()
      await page.locator('summary', { hasText: '整改' }).first().click()
      await page.getByRole('button', { name: '更正' }).first().click()
      await page.getByLabel(/^采取的措施/).fill('关好了门')
      await type(page.getByLabel(/^为什么更正/), () => press('登记更正'))
      await page.locator('li', { hasText: '更正过' }).first().waitFor()
      await look('/records', hostile)
    })

    await step('walks a round, and a note that turns the line is told on the phone', async () => {
      // The phone has to know the round before a tag of it is scanned.
      await go('/rounds')
      await look('/rounds', named('夜巡').slice(0, 190))
      for (const [code, note, state] of [
        ['7F3K-9QPM', turning, 'refused'],
        ['4XW2-T8RB', hostile, 'delivered'],
      ] as const) {
        await page.goto(`${gateway.address}/c/${code}`)
        await page.locator('button.check').click()
        await page.getByLabel('哪里不对（可不填）').fill(note)
        await press('有问题，记下并发送')
        await page.locator(`[data-state=${state}]`).first().waitFor()
        await page.goto(`${gateway.address}/rounds`)
        await look('/rounds', state === 'refused' ? '备注里有看不见的字符' : '')
      }
      await go('/rounds/night')
      await look('/rounds/night')
      await go('/logs/rounds')
      await look('/logs/rounds', hostile)
    })

    await step('swaps a shift', async () => {
      await go('/duty')
      await page.locator('[data-slot]:not(.over)').last().click()
      await page.getByLabel('换成谁').selectOption({ index: 1 })
      await type(page.getByLabel('原因'), () => press('登记换班'))
      await page.getByText(/^已登记：/).waitFor()
      await look('/duty, swapped', hostile)
    })

    await step('doses with another beside them', async () => {
      const before = { equipment: 'tank-1', fields: { grams: 2, product: 'calcium hypochlorite 65 %', volume: 10 } }
      expect((await api.send('POST', '/api/v1/records/dosing', before)).status).toBe(200)
      await go('/records/dosing?equipment=tank-1')
    })

    await step('hands over', async () => {
      const made = await api.send('POST', '/api/v1/users', {
        username: 'li',
        displayName: `李 ${begins.slice(0, begins.indexOf('👩'))}`,
        role: 'operator',
        password,
      })
      expect(made.status).toBe(201)
      await go('/handover')
      for (const comment of await page.locator('[data-item] textarea').all()) await comment.fill(hostile)
      await page.getByLabel('密码').first().fill(password)
      await page.getByLabel('用户名').fill('li')
      await page.getByLabel('密码').last().fill(password)
      await type(page.getByLabel(/^给下一班的留言/), () => press('签字交班'))
      await page.getByText('已交接，双方签字').waitFor()
      await look('/handover, signed', hostile)
      await go('/handover')
      await look('/handover', hostile)
    })

    await step('makes a key for a wall', async () => {
      await go('/me')
      await type(page.getByLabel('放在哪里'), () => press('做一把钥匙'), hostile.slice(0, 190))
      await look('/me, a key', hostile.slice(0, 190))
    })

    await step('hangs up a plan', async () => {
      await go('/plan')
      await page
        .locator('input[type=file]')
        .first()
        .setInputFiles({ name: `${turning}.png`, mimeType: 'image/png', buffer: png(80, 60) })
      await type(page.getByLabel('名称（中文）'), () => press('上传'))
      await page.getByText(hostile).first().waitFor()
      await look('/plan', hostile)
      await press('管理这张图')
      await type(page.getByLabel(/^名称（英文/).last(), () => press('保存名称'))
    })

    await step('changes the site', async () => {
      await go('/site#areas/canteen')
      await page.getByLabel('名称', { exact: true }).fill(hostile)
      await page.getByText('1 处改动还没写入').waitFor()
      await page.getByRole('link', { name: '查看更改' }).click()
      const write = page.getByRole('button', { name: '写入并启用' })
      await type(page.getByLabel('为什么改'), async () => {
        await expect.poll(() => write.isEnabled()).toBe(true)
        await write.click()
      })
      await page.getByText('已写入并启用。').waitFor()
      await go('/site#versions')
      await look('/site#versions', hostile)
    })

    await step('connects a cabinet', async () => {
      const texts = 'main input:not([type]):visible, main input[type=text]:visible'
      /** The worst in every field there is: what is filled in may bring fields along, or take some away. */
      const everywhere = async () => {
        await page.evaluate(() => {
          for (const details of document.querySelectorAll<HTMLDetailsElement>('main details')) details.open = true
        })
        let filled = 0
        while (filled < (await page.locator(texts).count())) await page.locator(texts).nth(filled++).fill(hostile)
        await look('/connect, all fields')
        return filled
      }
      const toWhat = async () => {
        await page.getByRole('radio', { name: /^bus/ }).check()
        await press('下一步')
        await page.getByLabel('从', { exact: true }).waitFor()
      }
      const asCabinet = async () => {
        await press('不查找，直接填写')
        await page.getByLabel('设备种类').selectOption('fresh-keeping-cabinet')
        await page.getByRole('combobox', { name: '区域' }).selectOption('+')
      }
      await go('/connect')
      await page.getByRole('radio', { name: /^新建连接/ }).check()
      await page.getByLabel('怎么连接').selectOption('modbus-tcp')
      expect(await everywhere()).toBeGreaterThan(1)
      await toWhat()
      expect(await everywhere()).toBe(2)
      await asCabinet()
      expect(await everywhere()).toBeGreaterThan(6)
      await press('从头开始')
      await toWhat()
      await asCabinet()
      await page.getByLabel('名称', { exact: true }).fill(named('九号柜'))
      await page.getByLabel('新区域的名称').fill(named('新区'))
      await page.getByLabel('编号').fill('cold-9')
      await page.getByLabel('站号').fill('1')
      await page.locator('details.point').first().getByLabel('寄存器').fill('0')
      await press('下一步')
      await page.getByRole('heading', { name: '读数对不对？' }).waitFor()
      await look('/connect, tried')
      await press('下一步')
      await type(page.getByLabel('为什么改'), () => press('写入并启用'))
      await page.getByRole('heading', { name: '接入好了' }).waitFor()
      await look('/connect, done', named('九号柜'))
      await go('/site#versions')
      await look('/site#versions, connected', hostile)
    })

    await step('searches for it', async () => {
      for (const path of ['/alarms', '/equipment', '/policies', '/site']) {
        await go(path)
        await page.getByRole('searchbox').first().fill(turning)
        await look(`${path}, searched`)
      }
      await go('/scan')
      await page.locator('#code').fill(turning)
      await page.locator('form .primary').click()
      await look('/scan, typed')
    })

    await step('reads it on the papers, on the wall and in the journal of the cabinet', async () => {
      const { items } = (await api.get('/api/v1/logs')) as { items: { kind: string }[] }
      for (const path of [...items.map(({ kind }) => `/logs/${kind}`), '/equipment/cold-1', '/kpi']) {
        await go(path)
        await look(path)
      }
      await go('/logs/audit')
      await look('/logs/audit', hostile.slice(0, 190))
      await page.goto(`${gateway.address}/wall`)
      await page.getByText('一号柜').first().waitFor()
      expect(await page.locator('script:not([src]), img[src="x"], [data-hit]').count()).toBe(0)
    })

    expect([...misfits]).toEqual([])
  },
  6 * minute,
)
