import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { sections } from '../../dashboard/src/live/site/sections.ts'
import type { Section } from '../../dashboard/src/live/site/sections.ts'
import { layHistory } from '../commission/history.ts'
import { openBrowser } from '../kit/browser.ts'
import { facility, password, person, root } from '../kit/product.ts'
import type { Facility, Product } from '../kit/product.ts'
import { misfitsOn } from '../kit/screen.ts'
import { step } from '../kit/step.ts'
import { siteText } from './site-ground.ts'

/**
 * The head of the canteen tightens the limit of a cabinet: sees how many alarms the last month would have had, writes it with a reason, sees
 * it live, and takes it back to the byte.
 */
const minute = 60_000
let works: Facility
let gateway: Product
let browser: Browser
let context: BrowserContext
let page: Page
let file: string

beforeAll(async () => {
  works = await facility()
  file = join(works.folder, 'greenhill.yaml')
  await writeFile(file, siteText)
  // Twice an hour above 7 and below 8, and an hour above both.
  await layHistory(works.folder, 'cold-1', [4, 7.5, 4, 7.5, 4, 9, 4])
  browser = await openBrowser()
  gateway = await works.start(['--site', file])
  context = await browser.newContext({ locale: 'zh-CN', viewport: { width: 1280, height: 900 } })
  page = await context.newPage()
  await signIn(page, 'admin')
  await page.getByRole('heading', { name: '食堂' }).first().waitFor()
}, 4 * minute)

afterAll(async () => {
  await browser?.close()
  await works?.remove()
}, minute)

/** Every story begins with the file as it was, and with nothing that lies in the browser from another. */
beforeEach(async () => {
  if ((await readFile(file, 'utf8')) !== siteText) await putBack()
  await page.close()
  page = await context.newPage()
  await page.goto(`${gateway.address}/healthz`)
  await page.evaluate(() => localStorage.clear())
})

async function putBack(): Promise<void> {
  const admin = await person(gateway.address)
  const { items } = (await admin.get('/api/v1/site/versions')) as { items: { id: number }[] }
  const { digest } = (await admin.get('/api/v1/site/settings')) as { digest: string }
  const back = await admin.send('POST', '/api/v1/site/rollback', { to: items.at(-1)?.id, before: digest, why: 'the next story' })
  expect(back.status).toBe(200)
  expect(await readFile(file, 'utf8')).toBe(siteText)
}

async function signIn(on: Page, name: string): Promise<void> {
  await on.goto(gateway.address)
  await on.getByLabel('用户名').fill(name)
  await on.getByLabel('密码', { exact: true }).fill(password)
  await on.getByRole('button', { name: '登录' }).click()
}

async function faultsOfAccess(): Promise<readonly string[]> {
  await page.evaluate(await readFile(join(root, 'node_modules/axe-core/axe.min.js'), 'utf8'))
  return page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }
    return (await axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)
  })
}

const open = (place: string) => page.goto(`${gateway.address}/site#${place}`)
const limit = () => page.getByLabel('高于此值报警').first()
const diff = () => page.getByRole('region', { name: '逐行差异' })
const pending = (count: number) => page.getByText(`${count} 处改动还没写入`).waitFor()
async function write(why: string): Promise<void> {
  const button = page.getByRole('button', { name: '写入并启用' })
  await expect.poll(() => button.isEnabled()).toBe(true)
  await page.getByLabel('为什么改').fill(why)
  await button.click()
  await page.getByText('已写入并启用。').waitFor()
}

test('somebody tightens a limit, sees it live, and takes it back to the byte', async () => {
  const why = '疫苗要求更严 <script>alert(1)</script> 🧊'
  const admin = await person(gateway.address)
  await step('finds the point by typing, and is told of a slip beside the field', async () => {
    await page.goto(gateway.address)
    await page.getByRole('link', { name: '站点设置' }).click()
    await page.getByRole('searchbox').fill('1 号 温度')
    expect(await faultsOfAccess()).toEqual([])
    await page.getByRole('link', { name: /1 号保鲜柜 · / }).click()
    await limit().fill('很冷')
    await page.locator('p.wrong').first().waitFor()
    expect(await limit().getAttribute('aria-invalid')).toBe('true')
    await limit().fill('7')
    await pending(1)
    await expect.poll(() => limit().getAttribute('aria-invalid')).toBe('false')
    expect(await faultsOfAccess()).toEqual([])
  })
  await step('sees the lines that will be written and what the last month would have had', async () => {
    await page.getByRole('link', { name: '查看更改' }).click()
    await page.getByText('最近 1 天会有 3 次报警，而不是 1 次。').waitFor()
    await page.getByText('会多出的 2 次').click()
    await diff().getByText('value: 7').waitFor()
    expect(await readFile(file, 'utf8')).toBe(siteText)
    expect(await faultsOfAccess()).toEqual([])
  })
  await step('writes it with a reason, and it is in force', async () => {
    await write(why)
    const text = await readFile(file, 'utf8')
    expect(text).toContain('value: 7')
    for (const comment of ['# has the key', '# here from the beginning', '# no history']) expect(text).toContain(comment)
    const point = (await admin.get('/api/v1/points/cold-1.temperature')) as { limits: { max: number } }
    expect(point.limits.max).toBe(7)
    // The page of the equipment draws the new limit without being loaded again.
    await page.getByRole('link', { name: '设备', exact: true }).first().click()
    await page
      .getByRole('link', { name: /1 号保鲜柜/ })
      .first()
      .click()
    await expect.poll(() => page.locator('main').textContent()).toContain('7')
  })
  await step('finds who, when, why and what among the versions, and goes back with a reason of its own', async () => {
    await open('versions')
    await page.getByText(why).first().click()
    await page.getByRole('region', { name: '当时改了' }).first().getByText('value: 7').waitFor()
    expect(await faultsOfAccess()).toEqual([])
    await page.getByRole('button', { name: '退回到此次更改之前' }).first().click()
    await page.getByText('请写明原因（至少两个字）。').first().waitFor()
    await page.getByLabel('为什么退回').first().fill('只是试一试')
    await page.getByRole('button', { name: '退回到此次更改之前' }).first().click()
    await page.getByText('已退回并启用。').waitFor()
    expect(await readFile(file, 'utf8')).toBe(siteText)
    const journal = (await admin.get('/api/v1/journal?limit=50')) as { items: { kind: string; data: { why?: string } }[] }
    const whys = journal.items.filter(({ kind }) => kind === 'site.changed').map(({ data }) => data.why)
    expect(whys.slice(0, 2)).toEqual(['只是试一试', why])
  })
})

describe('what is not written yet', () => {
  beforeEach(async () => {
    await open('points/cold-1.temperature')
    await limit().fill('7')
    await pending(1)
  })

  test('is there when the page is loaded again', async () => {
    await page.reload()
    await pending(1)
    expect(await limit().inputValue()).toBe('7')
  })

  test('is there when the page opens before the site is known, as it does where the network is slow', async () => {
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>()
    await page.route('**/api/v1/site', async route => {
      await held
      await route.continue()
    })
    await page.reload()
    await page.getByRole('heading', { name: '站点设置', level: 1 }).waitFor()
    letGo()
    await pending(1)
    expect(await limit().inputValue()).toBe('7')
  })

  test('is there when the gateway did not answer at first, and is asked again', async () => {
    let isAway = true
    await page.route('**/api/v1/site/settings', route => (isAway ? route.abort() : route.continue()))
    await page.reload()
    const again = page.getByRole('button', { name: '重试' })
    await again.waitFor()
    isAway = false
    // The page asks again by itself too: then there is nothing to press any more.
    await again.evaluateAll(buttons => buttons.forEach(button => (button as HTMLElement).click()))
    await pending(1)
    expect(await limit().inputValue()).toBe('7')
  })
})

describe('somebody who keeps the rest', () => {
  test('is told where there is no history', async () => {
    await open('points/cold-2.temperature')
    await limit().fill('7')
    await page.getByRole('link', { name: '查看更改' }).click()
    await page.getByText('还没有历史读数，无法试算。').waitFor()
    await page.getByRole('button', { name: /^不改/ }).click()
    await page.getByText('没有改动。').waitFor()
  })

  test('cannot take out who is on a roster, and is told by what', async () => {
    await open('people/zhao')
    await page.getByRole('button', { name: '删除' }).click()
    await page.getByText('值班表 门卫').waitFor()
    expect(await page.getByText('处改动还没写入').count()).toBe(0)
    expect(await faultsOfAccess()).toEqual([])
  })

  test('adds somebody with a hostile name, puts them on the roster, and takes it back step by step', async () => {
    const name = `<img src=x onerror=alert(1)> 🧊 ${'长'.repeat(160)}`
    await open('people')
    await page.getByRole('button', { name: '新增人员' }).click()
    await page.getByLabel('姓名').fill(name)
    await page.getByRole('button', { name: '添加' }).click()
    await page.getByRole('heading', { name: /onerror=alert/ }).waitFor()
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
    await open('rosters/guard')
    await page.getByLabel('第 1 天 白班').selectOption('img-src-x-onerror-alert-1')
    await pending(2)
    expect(await faultsOfAccess()).toEqual([])
    await page.getByRole('button', { name: '撤销' }).click()
    await pending(1)
    await page.getByRole('button', { name: '撤销' }).click()
    await page.getByText('没有改动').waitFor()
    expect(await page.getByLabel('第 1 天 白班').inputValue()).toBe('zhao')
  })

  test('moves a cabinet into a new area, and arranges who stands in for whom, each line with its comment', async () => {
    await step('makes the area', async () => {
      await open('areas')
      await page.getByRole('button', { name: '新增区域' }).click()
      await page.getByLabel('区域名称').fill('库房')
      await page.getByRole('button', { name: '添加' }).click()
      await page.getByRole('heading', { name: '库房' }).waitFor()
    })
    await step('moves the cabinet there, and sees where it stands in the file', async () => {
      await open('equipment/cold-1')
      await page.getByText('greenhill.yaml 第 22 行').waitFor()
      await page.getByRole('combobox', { name: '区域', exact: true }).selectOption({ label: '库房' })
      await pending(2)
      expect(await page.getByText('将删除').count()).toBe(0)
      expect(await faultsOfAccess()).toEqual([])
    })
    await step('swaps a night, gives days off their own turns, and turns the days round', async () => {
      await open('rosters/guard')
      await page.getByRole('button', { name: '加一次换班' }).click()
      await page.getByLabel('第 1 次换班：日期').fill('2026-10-01')
      await page.getByLabel('第 1 次换班：由谁值').selectOption('zhao')
      await page.getByRole('button', { name: '休息日另排' }).click()
      await page.getByRole('button', { name: '第 2 天上移一行' }).click()
      await pending(5)
      expect(await faultsOfAccess()).toEqual([])
    })
    await step('is told of a slip in the line where it is', async () => {
      await page.getByLabel('第 1 次换班：班次').selectOption('')
      await page.locator('li p.wrong').waitFor()
      expect(await page.getByLabel('第 1 次换班：班次').getAttribute('aria-invalid')).toBe('true')
      await page.getByRole('button', { name: '撤销' }).click()
      await expect.poll(() => page.locator('p.wrong').count()).toBe(0)
    })
    await step('sees it in words, and writes it', async () => {
      await page.getByRole('link', { name: '查看更改' }).click()
      await page.getByText('1 号保鲜柜 · 区域').waitFor()
      await page.getByText('赵铁柱 / 王芳；王芳 / 赵铁柱').waitFor()
      expect(await faultsOfAccess()).toEqual([])
      await write('库房启用')
      const text = await readFile(file, 'utf8')
      expect(text.slice(text.indexOf('库房'))).toMatch(/# here from the beginning\n +cold-1:/)
      expect(text).toContain('rotation: [{ day: wang, night: zhao }, { day: zhao, night: wang }]')
      expect(text).toContain('person: zhao')
      for (const comment of siteText.match(/# .*/g) ?? []) expect(text).toContain(comment)
    })
  })

  test('replaces the secret of a channel that no page tells', async () => {
    const heard: string[] = []
    page.on('response', async response => {
      if (response.url().includes('/api/v1/site/')) heard.push(await response.text().catch(() => ''))
    })
    await open('channels/robot')
    await page.getByText('已设置，不显示；填写则替换。').first().waitFor()
    await page.getByLabel('签名密钥').fill('SEC-new-9988')
    await page.getByRole('link', { name: '查看更改' }).click()
    await diff().getByText('•••••• *').waitFor()
    expect(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }))).not.toContain('SEC-new-9988')
    await write('换密钥')
    expect(await readFile(file, 'utf8')).toContain('secret: SEC-new-9988')
    expect(heard.length).toBeGreaterThan(2)
    expect(heard.join('')).not.toMatch(/9f8e7d6c|5f4e3d2c|SEC-new-9988/)
  })

  test('sees what somebody else wrote meanwhile, and goes on upon it', async () => {
    await open('people/wang')
    await page.getByLabel('手机').fill('13900000001')
    await pending(1)
    const admin = await person(gateway.address)
    const { digest } = (await admin.get('/api/v1/site/settings')) as { digest: string }
    const theirs = await admin.send('POST', '/api/v1/site/settings/apply', {
      changes: [{ path: ['people', 'zhao', 'email'], value: 'z@example.org' }],
      before: digest,
      why: 'somebody else',
    })
    expect(theirs.status).toBe(200)
    await page.getByRole('link', { name: '查看更改' }).click()
    await page.getByRole('region', { name: '别人的改动' }).getByText('z@example.org').first().waitFor()
    expect(await page.getByRole('button', { name: '写入并启用' }).isDisabled()).toBe(true)
    expect(await faultsOfAccess()).toEqual([])
    await page.getByRole('button', { name: '在新的上面继续' }).click()
    await write('换了号码')
    const text = await readFile(file, 'utf8')
    expect(text).toContain('z@example.org')
    expect(text).toContain('13900000001')
  })

  test(
    'may type the worst into every field: it is kept whole, runs nothing, and where it cannot stand it is said so',
    async () => {
      const begins = '<script>document.body.dataset.hit=1</script><img src=x onerror="document.body.dataset.hit=1">👩‍🍳🧊 שלום '
      const errors: string[] = []
      const misfits = new Map<string, string>()
      page.on('pageerror', error => errors.push(error.message))
      const typed = new Set<string>()
      const cannotStand: Record<Section, readonly string[]> = {
        points: ['高于此值报警', '持续多久才报警'],
        areas: [],
        equipment: ['新增一项（英文键）'],
        people: ['邮箱'],
        rosters: ['白班', '夜班', '新增班次（英文键）'],
        channels: ['每分钟最多'],
      }
      for (const section of sections) {
        await open(section)
        await page.getByRole('searchbox').waitFor()
        const links = page.locator(`main a[href^="#${section}/"]`)
        const things = await links.evaluateAll(all => all.map(one => one.getAttribute('href') ?? ''))
        for (const [index, thing] of things.slice(0, 2).entries()) {
          await page.locator(`main a[href="${thing}"]`).first().click()
          const form = page.locator('main h2', { hasText: /./ }).last()
          await form.waitFor()
          const fields = page.locator(
            'main :is(input:is([type=text], [type=tel], [type=email], :not([type])), textarea):enabled:visible',
          )
          for (let place = 0; place < (await fields.count()); place++) {
            const field = fields.nth(place)
            const label = await field.evaluate(one => (one as HTMLInputElement).labels?.[0]?.textContent?.trim() ?? '')
            const text = `${label} ${begins}`
            const hostile = text + 'W'.repeat(200 - text.length)
            await field.fill(hostile)
            expect(await field.inputValue()).toBe(hostile)
            typed.add(`${section} ${label}`)
          }
          for (const label of index === 0 ? cannotStand[section] : []) {
            const field = page.getByLabel(label, { exact: true }).first()
            await expect.poll(() => field.getAttribute('aria-invalid'), { message: label }).toBe('true')
          }
          for (const size of [
            { width: 360, height: 780 },
            { width: 1280, height: 900 },
          ]) {
            await page.setViewportSize(size)
            for (const misfit of await misfitsOn(page)) misfits.set(`${size.width} ${misfit}`, thing)
          }
        }
      }
      expect([...typed]).toEqual(expect.arrayContaining(['areas 名称', 'equipment 英文名称', 'people 岗位', 'channels 名称']))
      await open('changes')
      await page.locator('main .problems li').first().waitFor()
      expect(await page.getByRole('button', { name: '写入并启用' }).isEnabled()).toBe(false)
      for (const misfit of await misfitsOn(page)) misfits.set(misfit, 'changes')
      expect(await faultsOfAccess()).toEqual([])
      expect([...misfits]).toEqual([])
      expect(errors).toEqual([])
      expect(await page.locator('main script, main img[src="x"], [data-hit]').count()).toBe(0)
      expect(await readFile(file, 'utf8')).toBe(siteText)
    },
    4 * minute,
  )

  test('is nobody who may not administer', async () => {
    const admin = await person(gateway.address)
    const made = await admin.send('POST', '/api/v1/users', { username: 'cook', role: 'operator', password })
    // There already where the story is told again.
    expect([201, 409]).toContain(made.status)
    const cook = await (await browser.newContext({ locale: 'zh-CN' })).newPage()
    await signIn(cook, 'cook')
    await cook.getByRole('heading', { name: '食堂' }).first().waitFor()
    expect(await cook.getByRole('link', { name: '站点设置' }).count()).toBe(0)
    await cook.goto(`${gateway.address}/site`)
    await cook.getByText('只有管理员可以更改站点设置。').waitFor()
    await cook.context().close()
  })
})
