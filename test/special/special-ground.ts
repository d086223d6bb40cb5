import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startGateway } from '../../gateway/app.ts'
import type { Gateway } from '../../gateway/app.ts'
import { systemClock } from '../../gateway/clock.ts'
import { loadSite } from '../../gateway/site/load.ts'
import { openStore } from '../../gateway/store/open.ts'
import { instant } from '../../protocols/contract/time.ts'
import { freePort } from '../kit/product.ts'

const meter = (id: string, zh: string, type: string, facts: string): string => `      ${id}:
        type: ${type}
        name: { zh: ${zh}, en: 'Meter ${id}' }
        connection: push
        facts: { serial: 'SN-${id}', installed: '2024-01-01', inlet: left, replaceBy: '2034-01-01', ${facts} }
        points: { total: {} }
`
const bottle = (id: string, zh: string, expires: string): string => `      ${id}:
        type: extinguisher
        name: { zh: ${zh}, en: 'Extinguisher ${id}' }
        connection: push
        facts: { agent: ABC powder 4 kg${expires === '' ? '' : `, expires: '${expires}'`} }
        points: { pressure: {}, temperature: {}, in-place: {} }
`

const siteText = `site: { id: greenhill, name: { zh: 青山小学, en: Greenhill }, timeZone: Asia/Shanghai, policies: [canteen, drinking-water, gas, fire] }
connections:
  push: { protocol: http }
areas:
  canteen:
    name: { zh: 食堂, en: Canteen }
    equipment:
      cabinet-1:
        type: disinfection-cabinet
        name: { zh: 1 号消毒柜, en: Disinfection cabinet 1 }
        connection: push
        points: { temperature: {}, door: {}, heating: {} }
      cabinet-2:
        type: disinfection-cabinet
        name: { zh: '2 号<script>alert(1)</script>消毒柜😀${'长'.repeat(160)}', en: 'Cabinet 2 <script>alert(1)</script> 😀 ${'long '.repeat(30)}' }
        connection: push
        facts: { holdAt: 100, holdFor: 15m }
        points: { temperature: {}, door: {}, heating: {} }
${meter('gas-1', '食堂燃气表', 'gas-meter', 'class: commercial, meter: G16')}${meter('gas-2', '教工食堂燃气表', 'gas-meter', 'class: commercial, meter: G10')}  flats:
    name: { zh: 教工宿舍, en: Staff flats }
    equipment:
${[1, 2, 3].map(n => meter(`flat-${n}`, `10${n} 室`, 'residential-meter', 'class: residential, place: outdoor, meter: G2.5')).join('')}${meter('flat-4', '201 室', 'residential-meter', 'class: residential, place: indoor, meter: G2.5')}  pumps:
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
  halls:
    name: { zh: 教学楼, en: Classrooms }
    equipment:
${bottle('bottle-1', '机房灭火器', '2026-09')}${bottle('bottle-2', '食堂灭火器', '2026-12')}${bottle('bottle-3', '一楼灭火器', '2027-05')}${bottle('bottle-4', '二楼灭火器', '')}      hydrant-1:
        type: hydrant
        name: { zh: 顶层消火栓, en: 'Hydrant, top floor' }
        connection: push
        points: { pressure: {} }
`
const bareText = `site: { id: bare, name: { zh: 空学校, en: Bare school }, timeZone: Asia/Shanghai, policies: [canteen] }
connections:
  push: { protocol: http }
areas:
  canteen:
    name: { zh: 食堂, en: Canteen }
    equipment:
      cold-1:
        type: fresh-keeping-cabinet
        name: { zh: 1 号保鲜柜, en: Fresh-keeping cabinet 1 }
        connection: push
        facts: { holds: raw }
        points: { temperature: {} }
`

/** Noon of the second day on which commercial meters are read. */
export const noon = Date.parse('2026-11-23T12:00:00+08:00')
export const passwords = { admin: 'administer-4', li: 'Look-after-it-1', guest: 'Only-look-here-3' } as const
export type Who = keyof typeof passwords
const names = { li: '李强', guest: '来客' } as const

export interface Told {
  readonly status: number
  readonly text: string
  // What a route answers is looked at field by field in the tests.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any
}

/** A real gateway whose clock began at `noon`; what equipment says is pushed to it, also of the days before. */
export class SpecialGround {
  readonly folder: string
  readonly port: number
  readonly #dashboard: string | undefined
  readonly #cookies = new Map<Who, string>()
  #gateway: Gateway | undefined

  private constructor(folder: string, port: number, dashboard: string | undefined) {
    this.folder = folder
    this.port = port
    this.#dashboard = dashboard
  }

  static async make({ dashboard, bare = false }: { dashboard?: string; bare?: boolean } = {}): Promise<SpecialGround> {
    const folder = await mkdtemp(join(tmpdir(), 'zhishou-special-'))
    await writeFile(join(folder, 'site.yaml'), bare ? bareText : siteText)
    const ground = new SpecialGround(folder, await freePort(), dashboard)
    await ground.#start()
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

  async #start(): Promise<void> {
    const loaded = await loadSite(join(this.folder, 'site.yaml'), {})
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
    const ahead = noon - Date.now()
    const data = join(this.folder, 'data')
    this.#gateway = await startGateway(loaded.site, {
      clock: { ...systemClock, now: () => instant(Date.now() + ahead), speed: 1 },
      wall: systemClock,
      store: await openStore(data, { wall: systemClock }),
      folder: data,
      host: '127.0.0.1',
      port: this.port,
      dashboardFolder: this.#dashboard ?? join(this.folder, 'no-page'),
      version: '0.1.0',
      adminPassword: passwords.admin,
      complain: line => console.error(line),
    })
  }

  async remove(): Promise<void> {
    await this.#gateway?.stop()
    await rm(this.folder, { recursive: true, force: true })
  }

  /** `path` begins after `/api/v1`. */
  async send(who: Who, method: string, path: string, body?: unknown): Promise<Told> {
    const answer = await fetch(`${this.address}/api/v1${path}`, {
      method,
      headers: {
        origin: this.address,
        cookie: await this.#cookie(who),
        'accept-language': 'zh',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    const isJson = (answer.headers.get('content-type') ?? '').includes('json')
    return { status: answer.status, text, body: isJson && text !== '' ? JSON.parse(text) : undefined }
  }

  async #cookie(who: Who): Promise<string> {
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

  /** Equipment said this at some time; 204 means that it is stored. */
  async reads(readings: readonly { readonly point: string; readonly t: number; readonly v: number }[]): Promise<void> {
    const { status, text } = await this.send('admin', 'POST', '/readings', readings)
    if (status !== 204) throw new Error(`readings: ${status} ${text}`)
  }
}

const minute = 60_000
type Reading = { readonly point: string; readonly t: number; readonly v: number }

/**
 * A run of a cabinet, minutes after `at`: loaded and shut at 0, heated from 12, at 122 °C from 20 for `held` minutes, then cooling to `end` °C,
 * at which the door is opened; `over` false leaves it under way.
 */
export function cycle(
  id: string,
  at: number,
  { held = 12, opensAt = 42, hot = 122, over = true }: { held?: number; opensAt?: number; hot?: number; over?: boolean } = {},
): readonly Reading[] {
  const say = (key: string, m: number, v: number): Reading => ({ point: `${id}.${key}`, t: at + m * minute, v })
  const rows = [
    say('temperature', -2, 25),
    say('heating', -2, 0),
    say('door', -2, 1),
    say('door', 0, 0),
    say('temperature', 0, 25),
  ]
  for (let m = 4; m < 12; m += 4) rows.push(say('temperature', m, 25), say('door', m, 0), say('heating', m, 0))
  rows.push(say('heating', 12, 1))
  for (let m = 12; m < 20; m++) rows.push(say('temperature', m, 25 + (m - 12) * 12))
  for (let m = 20; m <= 20 + held; m++) rows.push(say('temperature', m, hot), say('heating', m, 1), say('door', m, 0))
  if (!over) return rows
  rows.push(say('heating', 20.5 + held, 0))
  let [m, celsius] = [21 + held, 114]
  for (; celsius > opensAt; m++, celsius -= 8) rows.push(say('temperature', m, celsius), say('door', m, 0), say('heating', m, 0))
  rows.push(say('temperature', m, opensAt), say('heating', m, 0), say('door', m + 0.1, 1))
  return rows
}
