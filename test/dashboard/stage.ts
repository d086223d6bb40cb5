import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Server } from 'socket.io'
import type {
  BrowserToServer,
  Role,
  ServerToBrowser,
  WireAlarm,
  WireChange,
  WireLockOut,
  WireReading,
  WireSession,
  WireSite,
} from '../../gateway/api/wire.ts'
import { isoAlarm } from '../../gateway/api/http-views.ts'
import type { WirePlan, WirePlanDetail } from '../../gateway/api/wire-plans.ts'
import type { WireLink } from '../../gateway/api/wire-notices.ts'
import { coverageOf, dutiesOf } from './books.ts'
import { alarmOf, alarmSketches, pastSketches, school } from './school.ts'
import { afterDeed, dutyPlan, timelineOf, watchPeople } from './deeds.ts'
import { outlookOf } from './outlooks.ts'
import { gapsOf, seriesOf, valueAt } from './series.ts'

/**
 * A real HTTP and socket.io server that plays a school in the words of the wire, for the dashboard's own tests and for drawing.
 * Test code only: it judges nothing and stores nothing.
 */
export interface StageOptions {
  readonly port?: number
  /** The folder of the built dashboard. */
  readonly dist?: string
  readonly site?: WireSite
  readonly alarms?: readonly WireAlarm[]
  readonly plan?: WirePlanDetail
  /** Domain time the stage begins at, ms. */
  readonly now?: number
  /** How fast domain time goes; at 0 it stands. */
  readonly speed?: number
  /** Real ms between two live changes; none when absent, so that a test decides what comes. */
  readonly beat?: number
}
const builtHere = fileURLToPath(new URL('../../dashboard/dist', import.meta.url))
const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}
const rights: Record<Role, WireSession['may']> = {
  viewer: ['see'],
  operator: ['see', 'acknowledge', 'record', 'run-demo'],
  inspector: ['see', 'read-journal', 'read-logs'],
  admin: ['see', 'acknowledge', 'record', 'read-journal', 'read-logs', 'push-readings', 'run-demo', 'administer'],
}
const people: Record<string, readonly [string, Role]> = {
  admin: ['管理员', 'admin'],
  li: ['李老师', 'operator'],
  guest: ['Guest', 'viewer'],
}

export class Stage {
  readonly site: WireSite
  readonly alarms = new Map<string, WireAlarm>()
  readonly past: readonly WireAlarm[]
  readonly #options: StageOptions
  readonly #http: HttpServer
  readonly #io: Server<BrowserToServer, ServerToBrowser>
  readonly #faults = new Set<string>(['cold-1 door-left-open'])
  #seq = 0
  #speed: number
  #clock: { readonly now: number; readonly real: number }
  #timer: NodeJS.Timeout | undefined
  /** Points the stage keeps silent, and those whose last word was bad. */
  readonly silent = new Set(['office-1.temperature'])
  readonly bad = new Map([['hydrant-2.pressure', 'device-silent']])
  readonly watched: unknown[] = []
  /** What people did, in order. */
  readonly deeds: { readonly id: string; readonly deed: string; readonly body: Record<string, unknown> }[] = []
  readonly links = new Map<string, WireLink>()
  lockOuts: readonly WireLockOut[] = []
  /** The one floor plan. */
  plan: WirePlanDetail | undefined

  constructor(options: StageOptions = {}) {
    this.#options = options
    this.#speed = options.speed ?? 60
    this.site = options.site ?? school()
    this.plan = options.plan
    this.#clock = { now: options.now ?? Date.now(), real: performance.now() }
    for (const alarm of options.alarms ?? alarmSketches.map(sketch => alarmOf(sketch, this.now))) this.alarms.set(alarm.id, alarm)
    this.past = pastSketches.map(sketch => alarmOf(sketch, this.now))
    this.#http = createServer((request, response) => void this.#answer(request, response))
    this.#io = new Server(this.#http)
  }

  get now(): number {
    return this.#clock.now + (performance.now() - this.#clock.real) * this.#speed
  }

  async start(): Promise<string> {
    this.#io.use((socket, next) => (this.#who(socket.request) ? next() : next(new Error('sign in first'))))
    this.#io.on('connection', socket => {
      socket.on('watch', what => {
        this.watched.push(what)
        socket.emit('snapshot', {
          seq: this.#seq,
          clock: { now: this.now, speed: this.#speed },
          readings: this.readings(),
          alarms: [...this.alarms.values()],
          links: [{ connection: 'canteen-bus', up: true, since: this.now - 9e6 }],
          faults: [...this.#faults].map(key => ({ equipment: key.split(' ')[0] ?? '', fault: key.split(' ')[1] ?? '' })),
          lockOuts: this.lockOuts,
          plans: this.plan ? [this.plan] : [],
          health: { ready: true, troubles: [] },
        })
      })
    })
    await new Promise<void>(resolve => this.#http.listen(this.#options.port ?? 0, '127.0.0.1', resolve))
    const { beat } = this.#options
    if (beat !== undefined) {
      const tick = () => {
        this.tell({ readings: this.readings() })
        this.#timer = setTimeout(tick, beat)
      }
      tick()
    }
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer)
    await this.#io.close()
  }

  readings(): WireReading[] {
    return this.site.equipment.flatMap(one =>
      one.points.map((point): WireReading => {
        const fault = this.bad.get(point.id)
        if (fault) return [point.id, this.now - 4000, this.now, null, 'bad', fault]
        const at = this.silent.has(point.id) ? this.now - 5 * 3_600_000 : this.now - (point.id.length % 5) * 900
        return [point.id, at, at + 80, valueAt(point, at), 'good']
      }),
    )
  }

  /** Sends the next numbered change; `skip` numbers are swallowed first, as a lost message would be. */
  tell(change: Omit<WireChange, 'seq' | 'clock'>, skip = 0): void {
    this.#seq += 1 + skip
    for (const alarm of change.alarms ?? []) {
      if (alarm.state === 'normal') this.alarms.delete(alarm.id)
      else this.alarms.set(alarm.id, alarm)
    }
    this.#io.emit('change', { seq: this.#seq, clock: { now: this.now, speed: this.#speed }, ...change })
  }

  /** As a cable pulled and plugged in again: every live connection ends, and the browsers come back by themselves. */
  dropSockets(): void {
    this.#io.disconnectSockets(true)
  }

  #who(request: IncomingMessage): WireSession | undefined {
    const name = /session=([a-z]+)/.exec(request.headers.cookie ?? '')?.[1] ?? ''
    const person = people[name]
    return person && { username: name, displayName: person[0], role: person[1], may: rights[person[1]] }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://stage')
    if (url.pathname.startsWith('/socket.io')) return
    if (!url.pathname.startsWith('/api/')) return file(this.#options.dist ?? builtHere, url.pathname, response)
    const body = await bodyOf(request)
    const send = (status: number, value?: unknown, headers: Record<string, string> = {}) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      response.end(value === undefined ? '' : JSON.stringify(value))
    }
    const path = url.pathname.replace('/api/v1', '')
    const link = /^\/links\/([^/]+)$/.exec(path)
    if (link) return this.#link(link[1] ?? '', request.method ?? '', String(body['comment'] ?? ''), send)
    if (path === '/session' && request.method === 'POST') {
      if (body['username'] === 'flood') return send(429, { type: 'urn:zhishou:problem:too-many' }, { 'retry-after': '30' })
      const person = people[String(body['username'])]
      if (!person || body['password'] !== 'secret') return send(401, { type: 'urn:zhishou:problem:wrong-credentials' })
      const session = { username: String(body['username']), displayName: person[0], role: person[1], may: rights[person[1]] }
      return send(200, session, { 'set-cookie': `session=${session.username}; Path=/; HttpOnly; SameSite=Strict` })
    }
    const who = this.#who(request)
    if (!who) return send(401, { type: 'urn:zhishou:problem:not-signed-in' })
    if (path === '/session') {
      return request.method === 'DELETE' ? send(204, undefined, { 'set-cookie': 'session=; Path=/; Max-Age=0' }) : send(200, who)
    }
    if (path === '/site') return send(200, this.site)
    const series = /^\/points\/([^/]+)\/readings$/.exec(path)
    if (series) return this.#series(decodeURIComponent(series[1] ?? ''), url, send)
    const ahead = /^\/points\/([^/]+)\/outlook$/.exec(path)
    if (ahead) return this.#outlook(decodeURIComponent(ahead[1] ?? ''), url, send)
    if (path === '/records/kinds') return send(200, { items: recordKinds(this.site), next: null })
    if (path === '/logs') return send(200, { items: logKinds, next: null })
    if (path === '/alarms') return this.#alarms(url, send)
    const alarm = /^\/alarms\/([^/]+)$/.exec(path)
    if (alarm) return this.#alarm(alarm[1] ?? '', send)
    const deed = /^\/alarms\/([^/]+)\/([a-z-]+)$/.exec(path)
    if (deed) return this.#deed(who, deed[1] ?? '', deed[2] ?? '', body, send)
    if (path === '/duty') return send(200, dutyPlan(this.now))
    if (path === '/people') return send(200, { items: watchPeople, next: null })
    if (path === '/journal') {
      if (!who.may.includes('read-journal')) return send(403, {})
      return send(200, { items: this.#journal(url.searchParams.get('about') ?? ''), next: null })
    }
    if (path === '/coverage') return send(200, { items: coverageOf(this), next: null })
    if (path === '/duties') return send(200, { items: dutiesOf(this.now), next: null })
    if (path.startsWith('/plans')) return this.#plans(path, body, send, response)
    if (path === '/demo/faults') {
      if (request.method === 'GET') return send(200, this.#demo())
      if (!who.may.includes('run-demo')) return send(403, {})
      const key = `${String(body['equipment'])} ${String(body['fault'])}`
      if (request.method === 'POST') this.#faults.add(key)
      else this.#faults.delete(key)
      this.tell({
        faults: [...this.#faults].map(one => ({ equipment: one.split(' ')[0] ?? '', fault: one.split(' ')[1] ?? '' })),
      })
      return send(204)
    }
    if (path === '/demo/speed' && request.method === 'PUT') {
      this.#clock = { now: this.now, real: performance.now() }
      this.#speed = Number(body['speed'])
      this.tell({})
      return send(200, { speed: this.#speed })
    }
    send(404, {})
  }

  #plans(
    path: string,
    body: Record<string, unknown>,
    send: (status: number, value: unknown) => void,
    response: ServerResponse,
  ): void {
    const { plan } = this
    if (path === '/plans') return send(200, { items: plan ? [listed(plan)] : [], next: null })
    if (!plan) return send(404, {})
    if (path.endsWith('/drawing')) {
      response.writeHead(200, { 'content-type': 'image/svg+xml' })
      return void response.end(drawn(plan))
    }
    if (path.endsWith('/places'))
      this.plan = { ...plan, version: plan.version + 1, places: body['places'] as WirePlanDetail['places'] }
    send(200, this.plan)
  }

  #series(id: string, url: URL, send: (status: number, value: unknown) => void): void {
    const point = this.site.equipment.flatMap(one => one.points).find(one => one.id === id)
    if (!point) return send(404, {})
    const from = Number(url.searchParams.get('from'))
    const to = Number(url.searchParams.get('to'))
    const every = Number.parseInt(url.searchParams.get('every') ?? '0', 10) * 1000
    const gaps = gapsOf(from, to)
    send(200, {
      items: seriesOf(point, from, Math.min(to, this.now), every, gaps),
      next: null,
      gaps: gaps.map(gap => ({ ...gap, from: new Date(gap.from).toISOString(), to: new Date(gap.to).toISOString() })),
    })
  }

  #outlook(id: string, url: URL, send: (status: number, value: unknown) => void): void {
    const point = this.site.equipment.flatMap(one => one.points).find(one => one.id === id)
    if (!point) return send(404, {})
    const [from, to] = ['from', 'to'].map(name => Number(url.searchParams.get(name)))
    send(200, outlookOf(this.site, point, from ?? 0, to ?? 0, this.now))
  }

  #alarms(url: URL, send: (status: number, value: unknown) => void): void {
    const equipment = url.searchParams.get('equipment')
    const state = url.searchParams.get('state')
    const limit = Number(url.searchParams.get('limit') ?? 50)
    const start = Number(url.searchParams.get('cursor') ?? 0)
    const from = Number(url.searchParams.get('from') ?? 0)
    const to = Number(url.searchParams.get('to') ?? Number.POSITIVE_INFINITY)
    const all = [...this.alarms.values(), ...this.past]
      .filter(
        alarm =>
          (equipment === null || alarm.equipment === equipment) &&
          (state === null || state.split(',').includes(alarm.state)) &&
          alarm.raisedAt >= from &&
          alarm.raisedAt <= to,
      )
      .toSorted((a, b) => b.raisedAt - a.raisedAt)
    const next = start + limit < all.length ? String(start + limit) : null
    send(200, { items: all.slice(start, start + limit).map(isoTimes), next })
  }

  #link(token: string, method: string, comment: string, send: (status: number, value?: unknown) => void): void {
    const link = this.links.get(token)
    if (token === 'expired') return send(410, { type: 'urn:zhishou:problem:gone' })
    if (!link) return send(404, { type: 'urn:zhishou:problem:not-found' })
    if (method === 'GET') return send(200, link)
    if (!link.answerable) return send(409, { type: 'urn:zhishou:problem:conflict' })
    const acknowledged = { by: link.person.zh, at: iso(this.now), comment }
    this.links.set(token, { ...link, answerable: false, why: 'answered', acknowledged })
    send(200, this.links.get(token))
  }

  #alarm(id: string, send: (status: number, value: unknown) => void): void {
    const alarm = this.alarms.get(id) ?? this.past.find(one => one.id === id)
    if (!alarm) return send(404, {})
    send(200, { ...isoTimes(alarm), timeline: timelineOf(alarm, iso) })
  }

  #deed(
    who: WireSession,
    id: string,
    deed: string,
    body: Record<string, unknown>,
    send: (status: number, value?: unknown) => void,
  ): void {
    if (!who.may.includes('acknowledge')) return send(403, {})
    const alarm = this.alarms.get(id)
    if (!alarm) return send(404, {})
    const done = afterDeed(alarm, deed, body, who.username, this.now)
    if ('status' in done) return send(done.status, { type: 'urn:zhishou:problem:conflict', detail: done.said })
    this.deeds.push({ id, deed, body })
    this.tell({ alarms: [done] })
    send(200, isoTimes(done))
  }

  #journal(about: string) {
    return Array.from({ length: 12 }, (_, i) => ({
      seq: 400 - i,
      at: new Date(this.now - i * 2_400_000).toISOString(),
      writtenAt: new Date(this.now - i * 2_400_000).toISOString(),
      kind: ['alarm.raised', 'alarm.acknowledged', 'alarm.cleared', 'fault.injected', 'link.down', 'link.up'][i % 6] ?? '',
      by: i % 6 === 1 ? 'li' : 'system',
      about,
      data: i % 6 === 1 ? { comment: '门未关严，已关好' } : {},
      leaf: '0'.repeat(64),
    }))
  }

  #demo() {
    const kinds = [
      ['door-left-open', { zh: '门未关', en: 'Door left open' }],
      ['compressor-dead', { zh: '压缩机停转', en: 'Compressor dead' }],
      ['sensor-stuck', { zh: '传感器卡死', en: 'Sensor stuck' }],
      ['device-silent', { zh: '设备失联', en: 'Device silent' }],
    ] as const
    const items = this.site.equipment.map(one => ({
      equipment: one.id,
      faults: kinds.map(([fault, name]) => ({ fault, name, active: this.#faults.has(`${one.id} ${fault}`) })),
    }))
    return { speed: this.#speed, items }
  }
}

const logKinds = [
  { kind: 'temperature', name: { zh: '温度记录', en: 'Temperature log' } },
  { kind: 'alarms', name: { zh: '报警记录', en: 'Alarm log' } },
  { kind: 'gas', name: { zh: '燃气抄表', en: 'Gas meter log' } },
]
const recordKinds = ({ equipment }: WireSite) => [
  {
    kind: 'defrost',
    name: { zh: '除霜', en: 'Defrosting' },
    icon: 'fridge',
    fields: [],
    equipment: equipment.flatMap(({ id }) => (/^(cold|freezer)/.test(id) ? id : [])),
  },
  { kind: 'repair', name: { zh: '维修', en: 'Repair' }, icon: 'repair', fields: [], equipment: equipment.map(({ id }) => id) },
  { kind: 'dosing', name: { zh: '投药', en: 'Dosing' }, icon: 'tank', fields: [], equipment: ['tank-1'] },
]

const listed = ({ places: _places, ...plan }: WirePlanDetail): WirePlan => plan
const drawn = ({ drawing: { width, height } }: WirePlanDetail): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}"><rect width="${width}" height="${height}" fill="#fff"/></svg>`

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = ''
  for await (const part of request) text += String(part)
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
}

async function file(dist: string, path: string, response: ServerResponse): Promise<void> {
  const shell = path.startsWith('/a/') ? '/answer.html' : '/index.html'
  const wanted = extname(path) === '' ? shell : normalize(path)
  try {
    const content = await readFile(join(dist, wanted))
    response.writeHead(200, {
      'content-type': types[extname(wanted)] ?? 'application/octet-stream',
      'content-security-policy':
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'",
    })
    response.end(content)
  } catch {
    response.writeHead(404).end()
  }
}

const iso = (ms: number) => new Date(ms).toISOString()
/** HTTP answers carry ISO times where the live channel has ms. */
const isoTimes = (alarm: WireAlarm) => isoAlarm(alarm, 'Asia/Shanghai')

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const stage = new Stage({ port: Number(process.env['PORT'] ?? 8099), beat: 1000 })
  console.log(await stage.start())
}
