import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startGateway } from '../../gateway/app.ts'
import type { Gateway } from '../../gateway/app.ts'
import { systemClock } from '../../gateway/clock.ts'
import { loadSite } from '../../gateway/site/load.ts'
import { openStore } from '../../gateway/store/open.ts'
import { freePort } from '../kit/product.ts'

const siteText = `site: { id: greenhill, name: { zh: 青山小学, en: Greenhill }, policies: [drinking-water, canteen] }
connections:
  push: { protocol: http }
areas:
  pumps:
    name: { zh: 水泵房, en: Pump house }
    equipment:
      tank-1:
        type: water-tank
        name: { zh: 1 号生活水箱, en: Drinking-water tank 1 }
        connection: push
        facts: { capacity: 20 m³, product: 次氯酸钙 65 %, strength: 0.65 }
        points: { volume: {}, chlorine: {}, dosings: {} }
      tank-2:
        type: water-tank
        name: { zh: 2 号生活水箱, en: Drinking-water tank 2 }
        connection: push
        facts: { capacity: 20 m³ }
        points: { chlorine: {}, dosings: {} }
  canteen:
    name: { zh: 食堂, en: Canteen }
    equipment:
      cold-1:
        type: fresh-keeping-cabinet
        name: { zh: 1 号保鲜柜, en: Fresh-keeping cabinet 1 }
        connection: push
        facts: { holds: raw }
        points: { temperature: {} }
      gas-1:
        type: gas-meter
        name: { zh: 食堂燃气表, en: Canteen gas meter }
        connection: push
        facts: { class: commercial, meter: G16, serial: '1', installed: '2024-01-01', inlet: left, replaceBy: '2034-01-01' }
        points: { total: {} }
`
export const passwords = {
  admin: 'administer-4',
  li: 'Dose-the-water-1',
  wang: 'Dose-the-water-2',
  guest: 'Only-look-here-3',
} as const
export type Who = keyof typeof passwords
const names = { li: '李强', wang: '王芳', guest: '来客' } as const

export interface Told {
  readonly status: number
  // What a route answers is looked at field by field in the tests.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any
}

/** A real gateway with two tanks, a cabinet and a meter; readings are pushed to it, people sign in to it. */
export class RecordsGround {
  readonly folder: string
  readonly port: number
  readonly dashboard: string | undefined
  #gateway: Gateway | undefined
  readonly #cookies = new Map<Who, string>()

  private constructor(folder: string, port: number, dashboard: string | undefined) {
    this.folder = folder
    this.port = port
    this.dashboard = dashboard
  }

  static async make(dashboard?: string): Promise<RecordsGround> {
    const folder = await mkdtemp(join(tmpdir(), 'zhishou-records-'))
    await writeFile(join(folder, 'site.yaml'), siteText)
    const ground = new RecordsGround(folder, await freePort(), dashboard)
    await ground.start()
    for (const [username, displayName] of Object.entries(names))
      await ground.send('admin', 'POST', '/users', {
        username,
        displayName,
        role: username === 'guest' ? 'viewer' : 'operator',
        password: passwords[username as Who],
      })
    return ground
  }

  get address(): string {
    return `http://127.0.0.1:${this.port}`
  }

  async start(): Promise<void> {
    const loaded = await loadSite(join(this.folder, 'site.yaml'), {})
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
    const data = join(this.folder, 'data')
    this.#gateway = await startGateway(loaded.site, {
      clock: { ...systemClock, speed: 1 },
      wall: systemClock,
      store: await openStore(data, { wall: systemClock }),
      folder: data,
      host: '127.0.0.1',
      port: this.port,
      dashboardFolder: this.dashboard ?? join(this.folder, 'no-page'),
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
  }

  /** `path` begins after `/api/v1`. */
  async send(who: Who, method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Told> {
    const answer = await fetch(`${this.address}/api/v1${path}`, {
      method,
      headers: {
        origin: this.address,
        cookie: await this.cookie(who),
        'accept-language': 'zh',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) }
  }

  async cookie(who: Who): Promise<string> {
    const known = this.#cookies.get(who)
    if (known !== undefined) return known
    const answer = await fetch(`${this.address}/api/v1/session`, {
      method: 'POST',
      headers: { origin: this.address, 'content-type': 'application/json' },
      body: JSON.stringify({ username: who, password: passwords[who] }),
    })
    const cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    this.#cookies.set(who, cookie)
    return cookie
  }

  /** Equipment says something; 204 means that it is stored. */
  async reads(readings: Readonly<Record<string, number>>, t = Date.now()): Promise<void> {
    const body = Object.entries(readings).map(([point, v]) => ({ point, t, v }))
    const { status, body: answer } = await this.send('admin', 'POST', '/readings', body)
    if (status !== 204) throw new Error(`readings: ${status} ${JSON.stringify(answer)}`)
  }
}
