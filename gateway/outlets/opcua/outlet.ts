import type { PointId, Reading } from '../../../protocols/contract/reading.ts'
import type { Cancel, Clock, Instant, Millis } from '../../../protocols/contract/time.ts'
import { millis, seconds } from '../../../protocols/contract/time.ts'
import { hashPassword } from '../../accounts/password.ts'
import type { Alarm, AlarmEvent } from '../../alarm/alarm.ts'
import type { Draft } from '../../journal/entry.ts'
import type { Outlet } from '../../pipeline.ts'
import { siteBook } from '../../site/site-book.ts'
import type { Site } from '../../site/site.ts'
import type { FaceReport, OutletCounts } from './doctor.ts'
import { FaceDoctor } from './doctor.ts'
import { conditionFor, dataOf, faceOf, stateOf } from './face.ts'
import type { ConditionState, FaceCondition, FaceReading } from './face.ts'
import { Keeper } from './keeper.ts'
import type { FromFace, ToFace } from './talk.ts'

export interface OpcuaOutletParts {
  readonly site: Site
  readonly clock: Clock
  /** Restarts and rests live by this one. */
  readonly wall: Clock
  /** For its key and certificate. */
  readonly folder: string
  readonly version: string
  /** What was known before this start. */
  readonly latest: Iterable<Reading>
  readonly openAlarms: readonly Alarm[]
  readonly mention: (draft: Omit<Draft, 'at'>) => void
}

/** Readings of one breath go together. */
const gather = millis(100)
/** More than this does not wait for the process: then of each point only the newest. */
const mostUnsaid = 20_000

/**
 * What a SCADA sees of the gateway over OPC UA. The server runs in a process of its own: what it weighs and what is thrown at it is not
 * the gateway's.
 */
export class OpcuaOutlet implements Outlet {
  readonly #parts: OpcuaOutletParts
  readonly #rules: ReturnType<typeof siteBook>
  readonly #latest = new Map<PointId, Reading>()
  readonly #stale = new Set<PointId>()
  readonly #states = new Map<string, ConditionState>()
  /** Conditions that are not the site's own rules, as they turn up. */
  readonly #more = new Map<string, FaceCondition>()
  /** In the order in which they came; a SCADA that subscribes hears of each. */
  #unsaid: FaceReading[] = []
  #accounts: readonly (readonly [string, string])[] = []
  readonly #keeper: Keeper
  readonly #doctor: FaceDoctor
  #cancelSay: Cancel | undefined
  #cancelLook: Cancel = () => {}
  #ready = Promise.withResolvers<string>()

  constructor(parts: OpcuaOutletParts) {
    this.#parts = parts
    this.#rules = siteBook(parts.site)
    this.#doctor = new FaceDoctor(parts.wall)
    this.#keeper = new Keeper({
      wall: parts.wall,
      opening: () => this.#opening(),
      hear: message => this.#hear(message),
      died: how => {
        if (this.#doctor.died(how)) parts.mention({ kind: 'opcua-server.ended', by: 'system', data: { how } })
      },
    })
    for (const reading of parts.latest) this.#latest.set(reading.point, reading)
    for (const alarm of parts.openAlarms) this.#note(alarm, alarm.clearedAt ?? alarm.raisedAt)
  }

  /** Resolves with the address when the server listens for the first time. */
  get ready(): Promise<string> {
    return this.#ready.promise
  }

  /** The process that serves now. */
  get pid(): number | undefined {
    return this.#keeper.pid
  }

  get counts(): OutletCounts {
    return this.#doctor.counts
  }

  report(): FaceReport {
    return this.#doctor.report()
  }

  troubles(): ReturnType<FaceDoctor['troubles']> {
    return this.#doctor.troubles()
  }

  async start(): Promise<void> {
    const accounts = this.#parts.site.opcuaServer?.accounts
    if (!accounts) return
    this.#accounts = await Promise.all(
      [...accounts].map(async ([name, password]) => [name, await hashPassword(password)] as const),
    )
    this.#keeper.start()
    this.#lookForStale()
  }

  async stop(): Promise<void> {
    this.#cancelLook()
    this.#cancelSay?.()
    await this.#keeper.stop()
  }

  readings(readings: readonly Reading[]): void {
    for (const reading of readings) {
      const { point } = reading
      if (!isNews(reading, this.#latest.get(point))) continue
      this.#latest.set(point, reading)
      this.#stale.delete(point)
      this.#unsaid.push(dataOf(reading))
    }
    if (this.#unsaid.length > mostUnsaid) this.#unsaid = newestOfEach(this.#unsaid)
    this.#cancelSay ??= this.#parts.wall.after(gather, () => this.#say())
  }

  alarmChanged({ alarm, at }: AlarmEvent): void {
    const noted = this.#note(alarm, at)
    if (!noted) return
    // Whoever looks at the value on hearing of the alarm finds the one that it is about.
    this.#cancelSay?.()
    this.#say()
    this.#keeper.tell({ do: 'conditions', states: [noted.state], known: noted.known, news: true })
  }

  /** An alarm of a rule that is no longer there has no condition. */
  #note(alarm: Alarm, at: Instant): { readonly state: ConditionState; readonly known: readonly FaceCondition[] } | undefined {
    const rule = this.#rules.get(alarm.rule)
    if (!rule) return undefined
    const { site } = this.#parts
    const state = stateOf(alarm, rule, at)
    // What is over is kept as it ended: a later look at the condition finds it acknowledged and inactive.
    this.#states.set(alarm.rule, state)
    if (site.rules.some(({ id }) => id === alarm.rule)) return { state, known: [] }
    const condition = conditionFor(rule, site.clauses.get(rule.clause)?.title)
    this.#more.set(alarm.rule, condition)
    return { state, known: [condition] }
  }

  /** Everything, from the start. */
  #opening(): readonly ToFace[] {
    const { site, folder, version } = this.#parts
    const settings = site.opcuaServer
    if (!settings) return []
    this.#unsaid = []
    const readings = [...this.#latest.values()].map(one => dataOf(one, this.#stale.has(one.point)))
    return [
      { do: 'begin', face: faceOf(site), orders: { ...settings, accounts: this.#accounts, folder, version } },
      { do: 'readings', readings },
      { do: 'conditions', states: [...this.#states.values()], known: [...this.#more.values()], news: false },
    ]
  }

  #hear(message: FromFace): void {
    if (message.say === 'ready') this.#ready.resolve(message.address)
    if (this.#doctor.hear(message)) this.#mention(message)
  }

  #mention(message: FromFace): void {
    const { mention } = this.#parts
    const { say, ...data } = message
    if (say === 'counts') return
    const by = message.say === 'entered' ? `opcua:${message.account}` : 'system'
    mention({ kind: `opcua-server.${say}`, by, data: message.say === 'entered' ? { from: message.from } : data })
  }

  #say(): void {
    this.#cancelSay = undefined
    if (this.#unsaid.length === 0) return
    if (!this.#keeper.isFree) {
      this.#cancelSay = this.#parts.wall.after(seconds(1), () => this.#say())
      return
    }
    this.#keeper.tell({ do: 'readings', readings: this.#unsaid })
    this.#unsaid = []
  }

  /** A point of which nothing has been heard for too long keeps its value, and says that it is an old one. */
  #lookForStale(): void {
    const { site, clock, wall } = this.#parts
    const speed = (clock as { readonly speed?: number }).speed ?? 1
    for (const { id, staleAfter } of site.points) {
      const last = this.#latest.get(id)
      if (!last || last.quality === 'bad' || this.#stale.has(id) || clock.now() - last.at <= staleAfter) continue
      this.#stale.add(id)
      this.#unsaid.push(dataOf(last, true))
    }
    if (this.#unsaid.length > 0) this.#cancelSay ??= wall.after(gather, () => this.#say())
    this.#cancelLook = wall.after(millis(Math.max(1_000, seconds(5) / speed)) as Millis, () => this.#lookForStale())
  }
}

/** What is older than what is shown belongs to the history, unless it says that there is nothing to be shown, or nothing was. */
const isNews = (reading: Reading, shown: Reading | undefined): boolean =>
  !shown || reading.at >= shown.at || reading.quality === 'bad' || shown.quality === 'bad'

/** Each point's last word, in the order in which those came. */
function newestOfEach(readings: readonly FaceReading[]): FaceReading[] {
  const newest = new Map<string, FaceReading>()
  for (const reading of readings) {
    newest.delete(reading.point)
    newest.set(reading.point, reading)
  }
  return [...newest.values()]
}
