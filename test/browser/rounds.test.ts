import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { placeOf } from '../../dashboard/src/router.svelte.ts'
import { openBrowser } from '../kit/browser.ts'
import { readDrawing } from '../kit/qr-picture.ts'
import { phoneSize, RoundsGround } from './rounds-ground.ts'

/** A guard, a phone and a building with no signal in it: the real page in a real browser, the real gateway behind it. */
let ground: RoundsGround
let browser: Browser
let context: BrowserContext
let page: Page
const minute = 60_000
/** A poll is over as soon as it is true; this is only its bound on a busy machine. */
const soon = { timeout: 120_000 }
const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

beforeAll(async () => {
  browser = await openBrowser()
  ground = await RoundsGround.make()
}, 3 * minute)
afterAll(async () => {
  await browser?.close()
  await ground?.remove()
}, minute)
beforeEach(async () => {
  context = await browser.newContext(phoneSize)
  page = await ground.phone(context, 'li')
})
afterEach(() => context.close())

const kept = (of: Page = page) => of.locator('li[data-state]')
const place = (of: Page, name: string) => of.locator('.marked').getByRole('heading', { name })
async function goUnderground(): Promise<void> {
  await ground.stop()
  await context.setOffline(true)
}
async function comeUp(): Promise<void> {
  await ground.start()
  await context.setOffline(false)
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

describe('a round with no network at all', () => {
  test('is noted down, survives a reload and a second tab, and arrives whole, once, with both times', async () => {
    const before = (await ground.entries('record.round')).length
    await goUnderground()

    // The phone's own camera opens the label.
    const label = await context.newPage()
    await label.goto(`${ground.address}/c/7F3K-9QPM`)
    await place(label, '大门').waitFor()
    expect(new URL(label.url()).pathname).toBe('/rounds')
    await label.getByRole('button', { name: '都正常，发送' }).click()
    await expect.poll(() => label.locator('body').innerText(), soon).toContain('已记，待发送')
    await label.reload()
    await expect.poll(() => kept(label).count(), soon).toBe(1)
    expect(await label.locator('body').innerText()).toContain('没有网络：已记 1 条')

    // Another tab knows it at once, and types the next one.
    await expect.poll(() => kept().count(), soon).toBe(1)
    await page.getByLabel('编码').fill('4xw2 t8rb')
    await page.getByRole('button', { name: '记下', exact: true }).click()
    await place(page, '化学药品库').waitFor()
    await expect.poll(() => kept(label).count(), soon).toBe(2)

    // The tab is killed; the last label opens a new one.
    await page.close()
    await label.close()
    page = await context.newPage()
    await page.goto(`${ground.address}/c/M5D6-HC3V`)
    await place(page, '三楼楼梯间').waitFor()
    await expect.poll(() => kept().count(), soon).toBe(3)
    expect(await kept().allInnerTexts()).toEqual([0, 1, 2].map(() => expect.stringContaining('已记，待发送')))
    await expectAccessible()

    await comeUp()
    await expect.poll(() => page.locator('li[data-state="delivered"]').count(), { timeout: 120_000 }).toBe(3)
    const visited = (await ground.entries('round.visited')).slice(-3)
    expect(visited.map(({ by, data }) => [by, data['checkPoint'], data['offline']])).toEqual([
      ['li', 'gate', true],
      ['li', 'store', true],
      ['li', 'stairs', true],
    ])
    for (const { at, data } of visited) {
      expect(Date.parse(at)).toBe(data['phoneAt'])
      expect(data['receivedAt']).toBeGreaterThan(data['phoneAt'] as number)
    }
    const rounds = await ground.entries('record.round')
    expect(rounds).toHaveLength(before + 1)
    expect(rounds.at(-1)).toMatchObject({ by: 'li', at: visited[2]?.at, data: { equipment: 'patrol-1', verdict: 'passed' } })
    // The rule waits a few seconds for the tag reader on the wall, which might have something to say of an earlier time.
    const doneAt = async (): Promise<readonly (string | null)[]> => {
      const { items } = (await ground.ask('GET', '/api/v1/duties?equipment=patrol-1')) as { items: { doneAt: string | null }[] }
      return items.map(item => item.doneAt)
    }
    await expect.poll(doneAt, { timeout: 120_000, interval: 500 }).toContain(visited[2]?.at)
    await page.reload()
    await expect.poll(() => page.locator('li[data-state="delivered"]').count(), soon).toBe(3)
  })

  test('begins with the network away from the start: the page opens, and the rest of it comes by itself', async () => {
    await goUnderground()
    await page.close()
    page = await context.newPage()
    await page.goto(`${ground.address}/rounds`)
    await page.getByRole('heading', { name: '夜间巡更：实验楼' }).waitFor()
    expect(await page.locator('body').innerText()).toContain('没有网络，照样可以巡查')

    await comeUp()
    await page.getByRole('navigation').first().waitFor({ state: 'attached', timeout: 120_000 })
  })
})

describe('what is noted down', () => {
  test('can say what is wrong, in the minute before it is sent', async () => {
    await page.goto(`${ground.address}/c/7F3K-9QPM`)
    await page.getByRole('button', { name: '灯已关' }).click()
    await page.getByPlaceholder('哪里不对').fill('走廊灯亮着')
    await page.getByPlaceholder('哪里不对').blur()
    await page.getByRole('button', { name: '有问题，记下并发送' }).click()
    await page.locator('li[data-state="delivered"]').first().waitFor()

    expect((await ground.entries('record.inspection')).at(-1)).toMatchObject({
      by: 'li',
      data: { verdict: 'failed', fields: { checkPoint: '大门', found: '灯已关', note: '走廊灯亮着' } },
    })
    const repair = await page.getByRole('link', { name: '报修' }).getAttribute('href')
    expect(Object.fromEntries(new URLSearchParams(repair?.split('?')[1]))).toMatchObject({
      equipment: 'patrol-1',
      text: '大门，灯已关，走廊灯亮着',
    })
  })

  test('is refused where everybody can read why, and goes only when somebody has read it', async () => {
    await page.getByLabel('编码').fill('AAAA-BBBB-CC')
    await page.getByRole('button', { name: '记下', exact: true }).click()
    await page.getByText('手机上的清单里没有这个编码').waitFor()
    expect(await kept().count()).toBe(0)
    await page.getByRole('button', { name: '照样记下' }).click()

    await page.locator('li[data-state="refused"]').waitFor()
    expect(await page.locator('li[data-state="refused"]').innerText()).toContain('可能是旧标签')
    await page.reload()
    await page.getByRole('button', { name: '知道了，删去' }).click()
    await expect.poll(() => kept().count(), soon).toBe(0)
    await page.getByLabel('编码').fill('12')
    await page.getByRole('button', { name: '记下', exact: true }).click()
    await page.getByText('这不是编码').waitFor()
  })

  test('is one visit when the label is opened twice or the page loaded again', async () => {
    await page.goto(`${ground.address}/c/4XW2-T8RB`)
    await page.locator('li[data-state="delivered"]').waitFor()
    await page.goto(`${ground.address}/c/4XW2-T8RB`)
    await place(page, '化学药品库').waitFor()
    await page.reload()
    await page.getByRole('heading', { name: '本机记录' }).waitFor()
    await expect.poll(() => kept().count(), soon).toBe(1)
  })

  test('goes out under the name of who made it: another account does not send it', async () => {
    const sent = (await ground.entries('round.visited')).length
    await goUnderground()
    await page.goto(`${ground.address}/c/4XW2-T8RB`)
    await place(page, '化学药品库').waitFor()
    await ground.start()
    // Somebody else takes the phone and signs in, before it has found its network.
    await context.clearCookies()
    await context.setOffline(false)
    await page.goto(`${ground.address}/rounds`)
    await page.getByText('本机保存着 1 条巡查记录').waitFor()
    await ground.signIn(page, 'wang')
    await page.getByText('1 条是别人记的').waitFor()
    expect(await kept().innerText()).toContain('等 李强 本人登录后发送')
    expect(await ground.entries('round.visited')).toHaveLength(sent)

    await context.clearCookies()
    await page.goto(`${ground.address}/rounds`)
    await ground.signIn(page, 'li')
    await page.locator('li[data-state="delivered"]').waitFor()
    expect((await ground.entries('round.visited')).at(-1)).toMatchObject({ by: 'li', data: { checkPoint: 'store' } })
  })

  test('without anybody signed in has no name until somebody says whose it is', async () => {
    await context.clearCookies()
    await page.goto(`${ground.address}/`)
    await page.getByLabel('用户名').waitFor()
    await page.goto(`${ground.address}/c/M5D6-HC3V`)
    await page.getByText('本机保存着 1 条巡查记录').waitFor()
    await ground.signIn(page, 'wang')
    await page.getByRole('button', { name: '是我（王芳）走的' }).click()
    await page.locator('li[data-state="delivered"]').waitFor()
    expect((await ground.entries('round.visited')).at(-1)).toMatchObject({ by: 'wang', data: { checkPoint: 'stairs' } })
  })
})

describe('the labels', () => {
  test('are printed so that a reader nobody here wrote reads every one, and no other role sees them', async () => {
    await page.goto(`${ground.address}/rounds/night-labs`)
    await page.getByRole('heading', { name: '最近走过' }).waitFor()
    expect(await page.getByRole('link', { name: '打印二维码' }).count()).toBe(0)
    await expectAccessible()
    await context.clearCookies()
    await page.goto(`${ground.address}/rounds/night-labs`)
    await ground.signIn(page, 'admin')
    await page.getByRole('link', { name: '打印二维码' }).click()
    await page.locator('[data-holds]').nth(2).waitFor()
    // A sheet of paper is wider than a phone.
    await page.setViewportSize({ width: 1000, height: 1200 })
    await page.emulateMedia({ media: 'print' })

    const read = await Promise.all((await page.locator('[data-holds]').all()).map(drawing => readDrawing(drawing)))
    expect(read).toEqual(['7F3K-9QPM', '4XW2-T8RB', 'M5D6-HC3V'].map(code => `${ground.address}/c/${code}`))
  })
})

describe('the page as an app', () => {
  test('has a new version as soon as there is one, keeps the one before for pages that are open, and no older one', async () => {
    const publish = async (version: string): Promise<void> => {
      const [index, worker] = ['index.html', 'sw.js'].map(name => join(ground.dashboard, name)) as [string, string]
      const page_ = (await readFile(index, 'utf8')).replace(/<meta name="version"[^>]*>/, '')
      await writeFile(index, page_.replace('<title>', `<meta name="version" content="${version}"><title>`))
      await writeFile(worker, `${await readFile(worker, 'utf8')}\n`.replace(/(?<=[`"'])[0-9a-f]{16}(?=[`"'])/, version))
      // One after the other: a version counts once it is in force.
      await page.evaluate(async () => {
        const registration = await navigator.serviceWorker.ready
        await registration.update()
        const worker_ = registration.installing ?? registration.waiting
        if (!worker_) return
        await new Promise<void>(resolve => {
          const look = (): void => {
            if (worker_.state === 'activated' || worker_.state === 'redundant') resolve()
          }
          worker_.addEventListener('statechange', look)
          look()
        })
      })
      await expect.poll(() => page.evaluate(() => caches.keys()), { timeout: 120_000 }).toContain(`zhishou-${version}`)
    }
    await publish('2222222222222222')
    await publish('3333333333333333')
    await expect.poll(() => page.evaluate(() => caches.keys())).toEqual(['zhishou-2222222222222222', 'zhishou-3333333333333333'])
    await goUnderground()
    await page.goto(`${ground.address}/rounds`)
    await page.getByRole('heading', { name: '夜间巡更：实验楼' }).waitFor()
    expect(await page.locator('meta[name="version"]').getAttribute('content')).toBe('3333333333333333')
    await comeUp()
    expect(
      await page.evaluate(async () =>
        (
          await Promise.all(
            (await caches.keys()).map(async key =>
              (await (await caches.open(key)).keys()).map(({ url }) => new URL(url).pathname),
            ),
          )
        )
          .flat()
          .filter(path => path.startsWith('/api')),
      ),
    ).toEqual([])
  })

  test('shows what is pushed to it, and keeps a grave alarm on the screen', async () => {
    await context.grantPermissions(['notifications'], { origin: ground.address })
    const session = await context.newCDPSession(page)
    const registered = new Promise<string>(resolve => {
      session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
        const [first] = registrations
        if (first) resolve(first.registrationId)
      })
    })
    await session.send('ServiceWorker.enable')
    const registrationId = await registered
    const push = (data: string) =>
      session.send('ServiceWorker.deliverPushMessage', { origin: ground.address, registrationId, data })
    const shown = () =>
      page.evaluate(async () =>
        (await (await navigator.serviceWorker.ready).getNotifications()).map(
          ({ title, body, tag, lang, requireInteraction, data }) => ({
            title,
            body,
            tag,
            lang,
            requireInteraction,
            data: data as unknown,
          }),
        ),
      )
    const message = {
      key: 'A7:1',
      occasion: 'raised',
      priority: 'high',
      language: 'zh',
      title: '严重：食堂燃气报警',
      text: '1 号探测器 22 %LEL',
      link: 'https://school.example/a/token',
    }
    await push(JSON.stringify(message))
    await expect.poll(shown, soon).toEqual([
      {
        title: '严重：食堂燃气报警',
        body: '1 号探测器 22 %LEL',
        tag: 'A7:1',
        lang: 'zh-CN',
        requireInteraction: true,
        data: { link: 'https://school.example/a/token' },
      },
    ])
    // The same message again takes its own place; one that cannot be read is shown all the same, because the browser demands it.
    await push(JSON.stringify({ ...message, occasion: 'cleared', title: '已恢复' }))
    await expect.poll(shown, soon).toMatchObject([{ title: '已恢复', requireInteraction: false }])
    await push('not json')
    await expect.poll(async () => (await shown()).length, soon).toBe(2)
  })

  test('can be installed: its manifest and every icon are there and of the size they say', async () => {
    const manifest = (await (await fetch(`${ground.address}/manifest.webmanifest`)).json()) as {
      name: string
      icons: { src: string; sizes: string; purpose?: string }[]
      shortcuts: { url: string }[]
    }
    expect(manifest).toMatchObject({ name: '值守', start_url: '/', scope: '/', display: 'standalone' })
    // What a browser asks for before it offers to install, and what a telephone cuts into its own shape.
    expect(manifest.icons.filter(({ purpose = 'any' }) => purpose === 'any').map(({ sizes }) => sizes)).toEqual(
      expect.arrayContaining(['192x192', '512x512']),
    )
    expect(manifest.icons.filter(({ purpose }) => purpose === 'maskable').map(({ sizes }) => sizes)).toEqual(['512x512'])
    expect(manifest.shortcuts.map(({ url }) => placeOf(url).page)).toEqual(['scan', 'rounds', 'alarms'])
    const worker = await page.evaluate(() => navigator.serviceWorker.controller?.scriptURL)
    expect(worker).toBe(`${ground.address}/sw.js`)
    for (const { src, sizes } of manifest.icons) {
      const size = await page.evaluate(async url => {
        const image = new Image()
        image.src = url
        await image.decode()
        return `${image.naturalWidth}x${image.naturalHeight}`
      }, src)
      if (sizes !== 'any') expect([src, size]).toEqual([src, sizes])
    }
    const session = await context.newCDPSession(page)
    const { installabilityErrors } = await session.send('Page.getInstallabilityErrors')
    expect(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito')).toEqual([])
  })
})
