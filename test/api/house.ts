import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pointId } from '../../protocols/contract/reading.ts'
import type { PointId, Reading } from '../../protocols/contract/reading.ts'
import { after, days, hours, instant, millis, minutes } from '../../protocols/contract/time.ts'
import type { Cancel, Clock, Instant, Millis } from '../../protocols/contract/time.ts'
import type { PreparedDriver, Words } from '../../protocols/contract/driver.ts'
import { http } from '../../protocols/http/driver.ts'
import { Accounts } from '../../gateway/accounts/accounts.ts'
import type { Role } from '../../gateway/accounts/permissions.ts'
import { PushSubscriptions, secretsOn } from '../../gateway/accounts/push-subscriptions.ts'
import type { Alarm, AlarmId } from '../../gateway/alarm/alarm.ts'
import type { AlarmCommand } from '../../gateway/alarm/command.ts'
import { AlarmDesk } from '../../gateway/alarm/desk.ts'
import { LockOuts } from '../../gateway/alarm/lock-outs.ts'
import { Cases } from '../../gateway/cases/cases.ts'
import { Commissioning } from '../../gateway/commission/commissioning.ts'
import { nobody } from '../../gateway/duty/duty.ts'
import { Office } from '../../gateway/duty/office.ts'
import { Handovers } from '../../gateway/handover/handovers.ts'
import { publicPushKey } from '../../gateway/notify/channels/web-push.ts'
import { AnswerLinks } from '../../gateway/notify/answer-links.ts'
import { Dispatcher } from '../../gateway/notify/dispatcher.ts'
import type { ChannelState } from '../../gateway/notify/sender.ts'
import { RuleBook } from '../../gateway/policy/rule-book.ts'
import { Drawings } from '../../gateway/plans/drawings.ts'
import { Plans } from '../../gateway/plans/plans.ts'
import { Photos } from '../../gateway/records/photos.ts'
import type { Keeping } from '../../gateway/keeping.ts'
import { Evidence } from '../../gateway/evidence/evidence.ts'
import { usualEvidence } from '../../gateway/evidence/settings.ts'
import { Outside } from '../../gateway/outside/outside.ts'
import { LogDesk } from '../../gateway/report/log-desk.ts'
import { paperSiteOf } from '../../gateway/report/source.ts'
import { Rounds } from '../../gateway/rounds/rounds.ts'
import type { Decide } from '../../gateway/turn.ts'
import { plainCalendar } from '../../gateway/policy/calendar.ts'
import type { PeopleRecord } from '../../gateway/alarm/people.ts'
import { Verdicts } from '../../gateway/alarm/verdicts.ts'
import type { Beside, Demo, House, LinkState, Listener, Trouble } from '../../gateway/api/house.ts'
import { serve } from '../../gateway/api/serve.ts'
import type { Served } from '../../gateway/api/serve.ts'
import type { ServeOptions } from '../../gateway/api/server.ts'
import type { Draft, Entry } from '../../gateway/journal/entry.ts'
import type { Clause, Rule, RuleId } from '../../gateway/policy/rule.ts'
import { Backups } from '../../gateway/backup/backups.ts'
import { Deliveries } from '../../gateway/delivery/deliveries.ts'
import { Holds } from '../../gateway/retention/holds.ts'
import { KeepingBook } from '../../gateway/retention/plan.ts'
import { Retention } from '../../gateway/retention/retention.ts'
import { usualKeeping } from '../../gateway/site/keeping.ts'
import type { Point, Site } from '../../gateway/site/site.ts'
import { StoreTrouble } from '../../gateway/store/store.ts'
import type {
  AccountShelf,
  AccountTable,
  Bucket,
  Gap,
  JournalQuery,
  Sample,
  Store,
  StoredReading,
} from '../../gateway/store/store.ts'

/** A clock that stands still until it is told; `real` timers still let sockets breathe. */
export class ManualClock implements Clock {
  #now: Instant
  readonly #waiting = new Set<{ readonly due: number; readonly act: () => void }>()
  constructor(start: Instant) {
    this.#now = start
  }
  now(): Instant {
    return this.#now
  }
  after(delay: Millis, act: () => void): Cancel {
    const waiting = { due: this.#now + Math.max(0, delay), act }
    this.#waiting.add(waiting)
    return () => this.#waiting.delete(waiting)
  }
  /** Lets time pass, running what falls due in order. */
  pass(by: Millis): void {
    const end = this.#now + by
    for (;;) {
      const next = [...this.#waiting].filter(({ due }) => due <= end).toSorted((a, b) => a.due - b.due)[0]
      if (next === undefined) break
      this.#waiting.delete(next)
      this.#now = instant(Math.max(this.#now, next.due))
      next.act()
    }
    this.#now = instant(end)
  }
}

const say = (text: string, zh = text): Words => ({ zh, en: text })
const noDriver: PreparedDriver = {
  open() {
    throw new Error('no equipment here')
  },
}
const point = (equipment: string, key: string, connection: string, more: Partial<Point> = {}): Point => ({
  id: pointId(equipment, key),
  key,
  name: say('Cabinet temperature', '柜内温度'),
  equipment,
  kind: 'measurement',
  unit: '°C',
  decimals: 1,
  range: { min: -5, max: 20 },
  labels: new Map(),
  limits: { min: 0, max: 8 },
  staleAfter: minutes(10),
  lateness: minutes(0),
  connection,
  binding: {},
  ...more,
})
const doorLabels = new Map([
  [0, say('closed', '关')],
  [1, say('open', '开')],
])

export const points: readonly Point[] = [
  point('cold-1', 'temperature', 'bus'),
  point('cold-1', 'door', 'bus', { name: say('Door', '柜门'), kind: 'contact', unit: '', decimals: 0, labels: doorLabels }),
  point('gas-1', 'reading', 'push', { name: say('Reading', '读数'), kind: 'counter', unit: 'm³', limits: {} }),
  point('gas-1', 'flow', 'push', { name: say('Flow', '流量'), unit: 'm³/h', limits: {} }),
]
/** The gas meter sends its readings by itself. */
const pushBindings = [
  { point: pointId('gas-1', 'reading'), equipment: 'gas-1', device: {}, settings: {} },
  { point: pointId('gas-1', 'flow'), equipment: 'gas-1', device: {}, settings: {} },
]
function pushed(): PreparedDriver {
  const prepared = http.prepare('push', {}, pushBindings)
  if (!prepared.ok) throw new Error('the pushed points are wrong')
  return prepared.driver
}
export const clause: Clause = {
  id: 'CAN-1',
  title: say('Fresh-keeping cabinet 0–8 °C', '保鲜柜 0–8 °C'),
  source: say('Manual 002', '手册(002)'),
  requirement: say('Keep it cold', '保持低温'),
  tell: [say('General affairs', '综合部')],
  pack: 'canteen',
  version: '1.0',
}
const rule = (name: string, kind: string, spec: unknown, of = pointId('cold-1', 'temperature')): Rule => ({
  id: `${of}.${name}` as RuleId,
  kind,
  spec,
  settings: { kind, ...(spec as object) },
  watches: [of],
  point: of,
  equipment: 'cold-1',
  clause: 'CAN-1',
  title: say('Cabinet too warm', '保鲜柜温度过高'),
  priority: 'medium',
  limitBasis: { kind: 'house-rule', source: say('house rule', '制度'), verified: true },
  alarmBasis: { kind: 'design', source: say('design', '设计'), verified: false },
  advice: say('Close the door', '关好柜门'),
  policy: { id: 'canteen', version: '1.0' },
})
export const rules: readonly Rule[] = [
  rule('too-warm', 'limit', { op: 'gt', value: 8 }),
  rule('silent', 'stale', { after: 600_000 }),
  rule('left-open', 'limit', { op: 'ge', value: 1 }, pointId('cold-1', 'door')),
  { ...rule('frozen', 'limit', { op: 'lt', value: 0 }), priority: 'high' },
  {
    ...rule('leak', 'limit', { op: 'gt', value: 5 }, pointId('gas-1', 'flow')),
    priority: 'high',
    lifeSafety: true,
    latching: true,
  },
]
const name = say('Cabinet 1', '1 号保鲜柜')
const equipment = { area: 'canteen', facts: { holds: 'cooked' }, device: {}, clauses: ['CAN-1'] }
export const site: Site = {
  id: 'greenhill',
  name: say('Greenhill School', '青山小学'),
  timeZone: 'Asia/Shanghai',
  areas: [{ id: 'canteen', name: say('Canteen', '食堂') }],
  equipment: [
    {
      ...equipment,
      id: 'cold-1',
      name,
      type: 'fresh-keeping-cabinet',
      typeName: say('Cabinet', '保鲜柜'),
      icon: 'fridge',
      connection: 'bus',
      points: [pointId('cold-1', 'temperature'), pointId('cold-1', 'door')],
      mainPoint: pointId('cold-1', 'temperature'),
    },
    {
      ...equipment,
      id: 'gas-1',
      name: say('Gas meter', '燃气表'),
      type: 'gas-meter',
      typeName: say('Gas meter', '燃气表'),
      icon: 'gas-meter',
      connection: 'push',
      points: [pointId('gas-1', 'reading'), pointId('gas-1', 'flow')],
      mainPoint: pointId('gas-1', 'reading'),
    },
  ],
  points,
  connections: [
    { id: 'bus', protocol: 'modbus-tcp', settings: { password: 'bus-secret' }, driver: noDriver, points: [], bindings: [] },
    { id: 'push', protocol: 'http', settings: {}, driver: pushed(), points: [], bindings: pushBindings },
  ],
  rules,
  clauses: new Map([[clause.id, clause]]),
  policies: [{ id: 'canteen', version: '1.0' }],
  book: [],
  calendar: plainCalendar('Asia/Shanghai'),
  server: { host: '127.0.0.1', port: 0 },
  duty: nobody,
  channels: [],
  rounds: [],
  keeping: usualKeeping,
  digest: 'd'.repeat(64),
}

/** Rows of accounts in memory, copied in and out like a database does. */
export class MemoryShelf implements AccountShelf {
  readonly rows = new Map<string, unknown>()
  isFull = false
  async get(table: AccountTable, key: string): Promise<unknown> {
    return structuredClone(this.rows.get(`${table}/${key}`))
  }
  async put(table: AccountTable, key: string, value: unknown): Promise<void> {
    if (this.isFull) throw new StoreTrouble('disk full')
    this.rows.set(`${table}/${key}`, structuredClone(value))
  }
  async remove(table: AccountTable, key: string): Promise<void> {
    if (this.isFull) throw new StoreTrouble('disk full')
    this.rows.delete(`${table}/${key}`)
  }
  async all(table: AccountTable): Promise<readonly { key: string; value: unknown }[]> {
    return [...this.rows].flatMap(([key, value]) =>
      key.startsWith(`${table}/`) ? [{ key: key.slice(table.length + 1), value: structuredClone(value) }] : [],
    )
  }
}

/** Everything behind the interface, kept in memory and steered by the test: what it says happened, happened. */
const noSpool: Store['spool'] = {
  begin: async () => {},
  next: async () => undefined,
  refill: async () => undefined,
  sent: async () => {},
  setAside: async () => {},
  refused: async () => [],
  excess: async () => undefined,
  drop: async () => {},
  state: async () => ({ rows: 0, bytes: 0, oldest: undefined, perHour: undefined, refused: 0, refills: 0 }),
}

export class TestHouse implements House {
  readonly site = site
  readonly version = '0.1.0'
  readonly clock: ManualClock & { readonly speed: number }
  readonly wall: Clock
  readonly shelf = new MemoryShelf()
  readonly entries: Entry[] = []
  readonly readings: Reading[] = []
  readonly alarms = new Map<AlarmId, Alarm>()
  readonly listeners = new Set<Listener>()
  readonly verdicts: Verdicts
  /** A test may put its own people here. */
  duty = new Office({ duty: nobody, calendar: site.calendar })
  readonly notices = new Dispatcher({
    office: this.duty,
    site,
    rules: new RuleBook(rules),
    alarm: id => this.alarms.get(id),
    isFlood: () => false,
    reaches: () => true,
  })
  readonly answerLinks: AnswerLinks
  channelStates: readonly ChannelState[] = []
  readonly lockOuts = new LockOuts()
  readonly cases = new Cases({
    lockOuts: this.lockOuts,
    placeOf: id =>
      site.equipment.find(one => one.id === id) ?? site.areas.map(one => ({ ...one, area: one.id })).find(one => one.id === id),
    calledFor: () => [],
    personOf: () => undefined,
  })
  readonly photos = new Photos(join(tmpdir(), `zhishou-test-photos-${randomUUID()}`))
  readonly plans = new Plans()
  readonly drawings = new Drawings(join(tmpdir(), `zhishou-test-plans-${randomUUID()}`))
  readonly handovers = new Handovers()
  readonly rounds = new Rounds({ routes: site.rounds })
  /** Where the readings of a rule lead. */
  readonly outlooks = new Map<string, NonNullable<ReturnType<House['outlook']>>>()
  readonly keeping: Keeping
  webPush?: NonNullable<House['webPush']>
  readonly store: Store
  readonly state: House['state']
  demo?: Demo
  isFull = false
  reasons: string[] = []
  /** Cycles that a test says are under way. */
  going: ReturnType<House['underWay']> = []
  troubles: Trouble[] = []
  links: LinkState[] = []
  /** A test may put a real line in its place. */
  readonly commissioning: Commissioning
  lines: House['lines']
  faults = [{ equipment: 'cold-1', fault: 'door-left-open', name: say('Door left open', '柜门未关'), active: false }]
  #speed = 60

  constructor(wall: Clock, start: Instant) {
    this.wall = wall
    this.commissioning = new Commissioning({ clock: wall, env: {} })
    this.answerLinks = new AnswerLinks(Buffer.alloc(32, 7), wall, 'https://watch.example')
    this.verdicts = new Verdicts(start)
    const secrets = secretsOn(this.shelf)
    const folder = join(tmpdir(), `zhishou-test-data-${randomUUID()}`)
    const paper = { site: paperSiteOf(site), folder, wall, prove: async () => ({}) }
    this.webPush = { key: () => publicPushKey(secrets), subscriptions: new PushSubscriptions(this.shelf, wall) }
    const clock = new ManualClock(start)
    const { inlet } = pushed().open({ clock, wall, publish: () => {}, linkUp: () => {}, linkDown: () => {} })
    this.lines = {
      report: () => undefined,
      scan: () => undefined,
      probe: () => undefined,
      inlet: id => (id === 'push' ? inlet : undefined),
    }
    this.clock = Object.defineProperty(clock, 'speed', { get: () => this.#speed }) as ManualClock & { speed: number }
    this.store = {
      journal: {
        append: async drafts => drafts.map(draft => this.#append(draft)),
        checkpoints: async () => new Map(),
        page: async query => {
          const wanted = this.entries.filter(
            entry =>
              (query.kinds?.includes(entry.kind) ?? true) &&
              (query.about === undefined || entry.about === query.about) &&
              entry.at >= (query.from ?? -Infinity) &&
              entry.at <= (query.to ?? Infinity),
          )
          const ordered = query.newestFirst ? wanted.toReversed() : wanted
          const rest = ordered.filter(({ seq }) =>
            query.after === undefined ? true : query.newestFirst ? seq < query.after : seq > query.after,
          )
          const entries = rest.slice(0, query.limit)
          return { entries, next: rest.length > entries.length ? entries.at(-1)?.seq : undefined }
        },
      },
      historian: {
        listening: async () => {},
        record: async (_readings: readonly StoredReading[]) => {},
        recordColumns: async () => {},
        latest: async () => new Map(),
        limits: async () => {},
        rollup: async () => [],
        trimPlan: async () => [],
        trim: async () => [],
        raw: async (of, from, to, limit) => {
          const samples = this.#of(of, from, to).map((one): Sample => ({ t: one.at, v: one.value ?? null, q: one.quality }))
          return { samples: samples.slice(0, limit), more: samples.length > limit }
        },
        buckets: async (of, from, to, every) => {
          const groups = Map.groupBy(this.#of(of, from, to), ({ at }) => instant(Math.floor(at / every) * every))
          return [...groups].map(([t, group]): Bucket => {
            const values = group.flatMap(({ value }) => value ?? [])
            const mean = values.reduce((sum, value) => sum + value, 0) / values.length
            return { t, min: Math.min(...values), mean, max: Math.max(...values), count: values.length }
          })
        },
        gaps: async (_of, from): Promise<readonly Gap[]> => [{ from, to: null, cause: 'silent' }],
        ledgerOf: async (_of, from) => {
          const silent = { zh: '设备无数据', en: 'device silent' }
          return [{ from, to: null, cause: 'silent', causeName: silent, detail: silent, entries: [] }]
        },
      },
      accounts: this.shelf,
      spool: noSpool,
      evidence: {
        closePeriod: async () => undefined,
        closedPeriods: async () => [],
        treeHead: async () => ({ size: 0, root: '' }),
        treeProof: async () => [],
        treeConsistency: async () => [],
        heads: async () => [],
        copied: async () => [],
        attest: async () => {},
      },
      archive: {
        aged: async () => ({ entries: [], next: undefined }),
        citedPhotos: async () => ({ photos: [], next: undefined }),
        strike: async () => 0,
      },
      damage: [],
      trouble: undefined,
      stats: async () => ({ bytes: 1, readings: this.readings.length, entries: this.entries.length }),
      close: async () => {},
    }
    const evidence = new Evidence({
      site: site.id,
      settings: usualEvidence,
      store: this.store,
      clock,
      wall,
      note: draft => this.note(draft),
    })
    const holds = new Holds()
    const book = new KeepingBook({ ...site, settings: usualKeeping.retention })
    const { retention: settings, backup } = usualKeeping
    const journal = { page: (query: JournalQuery) => this.store.journal.page(query) }
    const archive = {
      aged: async () => ({ entries: [], next: undefined }),
      citedPhotos: async () => ({ photos: [], next: undefined }),
    }
    this.keeping = {
      logs: new LogDesk({ ...paper, clock: this.clock }),
      evidence,
      holds,
      retention: new Retention({
        site,
        book,
        holds,
        clock: this.clock,
        wall,
        photos: folder,
        removes: settings.remove,
        store: { journal, archive: { ...archive, strike: async () => 0 } },
        key: async () => undefined,
        act: decide => this.act(decide),
        complain: () => {},
      }),
      backups: new Backups({
        site,
        settings: backup,
        folder,
        version: '0.1.0',
        wall,
        journal,
        mention: draft => void this.note(draft),
      }),
      outside: new Outside({
        site: site.id,
        points: site.points,
        settings: [],
        store: this.store,
        clock: this.clock,
        wall,
        note: draft => this.note(draft),
      }),
      store: this.store,
      deliveries: new Deliveries({
        site,
        settings: [],
        addressOf: () => undefined,
        channel: () => undefined,
        journal,
        clock: this.clock,
        wall,
        logs: new LogDesk({ ...paper, clock: this.clock }),
        act: decide => this.act(decide),
      }),
      troubles: () => [],
    }
    this.state = {
      latest: of => this.readings.findLast(reading => reading.point === of),
      isStale: of => {
        const last = this.readings.findLast(reading => reading.point === of)
        return last !== undefined && after(last.at, minutes(10)) < this.clock.now()
      },
      openAlarms: () => [...this.alarms.values()].filter(({ state }) => state !== 'normal'),
      alarm: async id => this.alarms.get(id),
      isRecorded: () => !this.isFull,
      verdicts: this.verdicts,
      links: () => this.links,
      troubles: () => this.troubles,
      counters: () => ({ readings_total: this.readings.length }),
      listen: listener => {
        this.listeners.add(listener)
        return () => this.listeners.delete(listener)
      },
    }
  }

  async push(readings: readonly Reading[]): Promise<void> {
    if (this.isFull) throw new StoreTrouble('disk full at /secret/path')
    this.hears(...readings)
  }
  channels(): readonly ChannelState[] {
    return this.channelStates
  }
  async command(id: AlarmId, command: AlarmCommand, by: string, past?: Alarm, beside?: Beside): ReturnType<House['command']> {
    const desk = new AlarmDesk(new RuleBook(rules))
    desk.restore({ open: this.state.openAlarms(), counter: this.alarms.size })
    if (this.isFull) return { ok: false, why: 'not-recordable' }
    const also = beside?.(this.clock.now(), desk.byId(id))
    const answer = desk.command(id, command, by, this.clock.now(), past)
    if (!answer.ok) also?.undo?.()
    if (!answer.ok) return answer
    for (const event of answer.events) this.alarmed(event.alarm, event.kind, also?.data)
    return answer
  }
  async act<T>(decide: Decide<T>): Promise<T> {
    if (this.isFull) throw new StoreTrouble('disk full')
    const decision = decide(this.clock.now())
    return decision.answer((decision.drafts ?? []).map(draft => this.#append(draft)))
  }
  async note(draft: Omit<Draft, 'at'>): Promise<Entry> {
    if (this.isFull) throw new StoreTrouble('disk full')
    return this.#append({ ...draft, at: this.clock.now() })
  }
  async record({ kind, equipment, at, by, verdict, fields }: PeopleRecord): Promise<Entry> {
    if (this.isFull) throw new StoreTrouble('disk full')
    return this.#append({ kind: `record.${kind}`, at, by, about: equipment, data: { equipment, verdict, fields } })
  }
  duties(): ReturnType<House['duties']> {
    return []
  }
  outlook(rule: string): ReturnType<House['outlook']> {
    return this.outlooks.get(rule)
  }

  underWay(): ReturnType<House['underWay']> {
    return this.going
  }
  notReady(): readonly string[] {
    return this.reasons
  }

  /** Readings come in. */
  hears(...readings: readonly Reading[]): void {
    this.readings.push(...readings)
    for (const listener of this.listeners) listener.readings?.(readings)
  }
  reads(of: string, value: number, at = this.clock.now()): void {
    this.hears({ point: of as PointId, at, receivedAt: at, value, quality: 'good' })
  }
  /** An alarm changes: written down, then told. */
  alarmed(alarm: Alarm, kind = 'alarm.raised', data: Readonly<Record<string, unknown>> = {}): void {
    this.alarms.set(alarm.id, alarm)
    this.#append({ kind, at: this.clock.now(), by: 'system', about: alarm.id, data: { alarm, ...data } })
    for (const listener of this.listeners) listener.alarm?.(alarm)
  }
  tells(what: 'faults' | 'speed' | 'lockOuts'): void {
    for (const listener of this.listeners) listener[what]?.()
  }
  asDemo(): this {
    this.demo = {
      faults: () => this.faults,
      setFault: async (of, fault, on) => {
        const found = this.faults.find(one => one.equipment === of && one.fault === fault)
        if (found === undefined) return 'no-such-fault'
        found.active = on
        this.tells('faults')
        return 'done'
      },
      setSpeed: async speed => {
        this.#speed = speed
        this.tells('speed')
      },
    }
    return this
  }

  #of(of: PointId, from: Instant, to: Instant): readonly Reading[] {
    return this.readings.filter(({ point: one, at }) => one === of && at >= from && at <= to).toSorted((a, b) => a.at - b.at)
  }
  #append(draft: Draft): Entry {
    const entry = { ...draft, seq: this.entries.length + 1, writtenAt: this.wall.now(), leaf: 'a'.repeat(64) }
    this.entries.push(entry)
    return entry
  }
}

export const noon = instant(Date.UTC(2026, 8, 1, 4))
export const anAlarm = (more: Partial<Alarm> = {}): Alarm => ({
  id: 'A1' as AlarmId,
  rule: 'cold-1.temperature.too-warm' as RuleId,
  state: 'unacknowledged',
  active: true,
  priority: 'medium',
  since: instant(noon - hours(1)),
  raisedAt: instant(noon - minutes(40)),
  value: 9.4,
  times: 1,
  found: 'live',
  ...more,
})

/** Real time, for tests that drive real sockets. */
export const realClock: Clock = {
  now: () => Date.now() as Instant,
  after(delay, act) {
    const timer = setTimeout(act, Math.max(0, delay))
    return () => clearTimeout(timer)
  },
}

export const passwords: Readonly<Record<Role, string>> = {
  viewer: 'look-only-1',
  operator: 'operate-22',
  inspector: 'inspect-33',
  admin: 'administer-4',
}

export interface Running {
  readonly house: TestHouse
  readonly accounts: Accounts
  readonly served: Served
  readonly url: string
  /** A signed-in cookie header of that role. */
  cookie(role: Role): Promise<string>
  get(path: string, cookie?: string, headers?: Record<string, string>): Promise<Response>
  send(method: string, path: string, body: unknown, cookie?: string, headers?: Record<string, string>): Promise<Response>
  close(): Promise<void>
}

/** The real server on a free port, over a house in memory, with one account per role. */
export async function run(options: Partial<ServeOptions> & { wall?: Clock; demo?: boolean } = {}): Promise<Running> {
  const { wall = realClock, demo = true, ...rest } = options
  const house = new TestHouse(wall, noon)
  if (demo) house.asDemo()
  const accounts = new Accounts(house.shelf, wall)
  await accounts.begin(passwords.admin)
  for (const role of ['viewer', 'operator', 'inspector'] as const) await accounts.create(role, role, passwords[role])
  const served = await serve(house, accounts, { host: '127.0.0.1', port: 0, ...rest })
  const url = served.address
  const cookies = new Map<Role, string>()
  const headersOf = (cookie?: string): Record<string, string> => (cookie === undefined ? {} : { cookie })
  return {
    house,
    accounts,
    served,
    url,
    async cookie(role) {
      const known = cookies.get(role)
      if (known !== undefined) return known
      const signIn = await accounts.signIn(role, passwords[role], '127.0.0.1')
      if (!signIn.ok) throw new Error(`cannot sign in as ${role}`)
      const cookie = `zhishou_session=${signIn.token}`
      cookies.set(role, cookie)
      return cookie
    },
    get: (path, cookie, headers) => fetch(url + path, { headers: { ...headersOf(cookie), ...headers } }),
    send(method, path, body, cookie, headers) {
      const isText = typeof body === 'string'
      const type = isText ? 'text/plain' : 'application/json'
      return fetch(url + path, {
        method,
        headers: { ...headersOf(cookie), ...(body === undefined ? {} : { 'content-type': type }), ...headers },
        ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
      })
    },
    close: () => served.close(),
  }
}
export const lastMonth = millis(-days(30))
