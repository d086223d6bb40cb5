import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { startGateway } from '../../gateway/app.ts'
import type { Gateway } from '../../gateway/app.ts'
import { systemClock } from '../../gateway/clock.ts'
import { loadSite } from '../../gateway/site/load.ts'
import { openStore } from '../../gateway/store/open.ts'
import { builtDashboard } from '../dashboard/built.ts'
import { freePort } from '../kit/product.ts'

const siteText = `site: { id: greenhill, name: { zh: 青山小学, en: Greenhill }, policies: [rounds] }
calendar: { hours: { night: '00:00-24:00' } }
connections:
  push: { protocol: http }
areas:
  labs:
    name: { zh: 实验楼, en: Laboratories }
    equipment:
      patrol-1: { type: patrol-point, name: { zh: 巡更点, en: Patrol point }, connection: push, points: { visits: {} } }
rounds:
  night-labs:
    name: { zh: 夜间巡更：实验楼, en: 'Night patrol, laboratories' }
    equipment: patrol-1
    within: 45m
    checkpoints:
      gate: { name: { zh: 大门, en: Front door }, code: 7F3K-9QPM, area: labs, checks: [{ zh: 门锁好, en: Locked }, { zh: 灯已关, en: Lights off }] }
      store: { name: { zh: 化学药品库, en: Chemical store }, code: 4XW2-T8RB, area: labs }
      stairs: { name: { zh: 三楼楼梯间, en: 'Stairs, third floor' }, code: M5D6-HC3V, area: labs }
`
export const passwords = { admin: 'administer-4', li: 'Walk-the-round-1', wang: 'Walk-the-round-2' } as const
export type Who = keyof typeof passwords

/** A gateway with one round, on a port that stays its own, and the built page. */
export class RoundsGround {
  readonly folder: string
  readonly dashboard: string
  readonly port: number
  #gateway: Gateway | undefined

  private constructor(folder: string, dashboard: string, port: number) {
    this.folder = folder
    this.dashboard = dashboard
    this.port = port
  }

  static async make(): Promise<RoundsGround> {
    const folder = await mkdtemp(join(tmpdir(), 'zhishou-rounds-'))
    await writeFile(join(folder, 'site.yaml'), siteText)
    const ground = new RoundsGround(folder, await builtDashboard(), await freePort())
    await ground.start()
    for (const username of ['li', 'wang'] as const)
      await ground.ask('POST', '/api/v1/users', {
        username,
        displayName: { li: '李强', wang: '王芳' }[username],
        role: 'operator',
        password: passwords[username],
      })
    return ground
  }

  get address(): string {
    return `http://127.0.0.1:${this.port}`
  }

  async start(): Promise<void> {
    const path = join(this.folder, 'site.yaml')
    const loaded = await loadSite(path, {})
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
    const data = join(this.folder, 'data')
    this.#gateway = await startGateway(loaded.site, {
      clock: { ...systemClock, speed: 1 },
      wall: systemClock,
      store: await openStore(data, { wall: systemClock }),
      folder: data,
      host: '127.0.0.1',
      port: this.port,
      dashboardFolder: this.dashboard,
      version: '0.1.0',
      adminPassword: passwords.admin,
      complain: line => console.error(line),
    })
  }

  async stop(): Promise<void> {
    await this.#gateway?.stop()
    this.#gateway = undefined
  }

  async remove(): Promise<void> {
    await this.stop()
    await rm(this.folder, { recursive: true, force: true })
    await rm(this.dashboard, { recursive: true, force: true })
  }

  /** As the administrator, past the page. */
  async ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const headers = { origin: this.address, 'content-type': 'application/json' }
    const signIn = await fetch(`${this.address}/api/v1/session`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ username: 'admin', password: passwords.admin }),
    })
    const cookie = signIn.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const answer = await fetch(this.address + path, {
      method,
      headers: { ...headers, cookie },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
    return answer.json()
  }

  /** What is in the journal of rounds, oldest first. */
  async entries(
    ...kinds: readonly string[]
  ): Promise<readonly { kind: string; at: string; by: string; data: Record<string, unknown> }[]> {
    const { items } = (await this.ask('GET', `/api/v1/journal?limit=500&kinds=${kinds.join(',')}`)) as {
      items: { kind: string; at: string; by: string; data: Record<string, unknown> }[]
    }
    return items.toReversed()
  }

  async signIn(page: Page, who: Who): Promise<void> {
    await page.getByLabel('用户名').fill(who)
    await page.getByLabel('密码', { exact: true }).fill(passwords[who])
    await page.getByRole('button', { name: '登录' }).click()
  }

  /** A phone on which somebody has signed in and opened the rounds once, so that it can do without network. */
  async phone(context: BrowserContext, who: Who): Promise<Page> {
    const page = await context.newPage()
    await page.goto(`${this.address}/rounds`)
    await this.signIn(page, who)
    await page.getByRole('heading', { name: '夜间巡更：实验楼' }).waitFor()
    await page.evaluate(async () => {
      await navigator.serviceWorker.ready
      if (!navigator.serviceWorker.controller)
        await new Promise(resolve => navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true }))
    })
    return page
  }
}

export const phoneSize = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
  locale: 'zh-CN',
  timezoneId: 'Asia/Shanghai',
} as const
