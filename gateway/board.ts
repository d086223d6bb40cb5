import type { Fault } from '../protocols/contract/fault.ts'
import { readingAt } from '../protocols/contract/reading.ts'
import type { PointId, Reading, ReadingColumns } from '../protocols/contract/reading.ts'
import { instant } from '../protocols/contract/time.ts'
import type { Clock, Instant, Millis } from '../protocols/contract/time.ts'
import { alarmEventKinds } from './alarm/alarm.ts'
import type { Alarm, AlarmEvent, AlarmId } from './alarm/alarm.ts'
import type { AlarmDesk } from './alarm/desk.ts'
import type { Verdicts, Written } from './alarm/verdicts.ts'
import type { LinkState, Listener, LiveState, Trouble } from './api/house.ts'
import type { Outlet } from './pipeline.ts'
import type { Store } from './store/store.ts'

export interface BoardParts {
  readonly clock: Clock
  readonly desk: AlarmDesk
  readonly journal: Store['journal']
  /** What was said of each rule before this start; goes on from there. */
  readonly verdicts: Verdicts
  readonly staleAfter: (point: PointId) => Millis | undefined
  readonly isRecorded: (id: AlarmId) => boolean
  readonly counters: () => Readonly<Record<string, number>>
}

const never = Number.NEGATIVE_INFINITY

/**
 * The newest word of one point, in its place: a reading that were kept until the next one came would outlive the young, and at ten thousand a
 * second the collector would do nothing else (half of the gateway's time was measured).
 */
class LastWord {
  readonly point: PointId
  at = never
  receivedAt = never
  value = 0
  quality: Reading['quality'] | undefined = undefined
  fault: Fault | undefined = undefined
  /** The newest good one. */
  heardAt = never
  next: LastWord | undefined = undefined

  constructor(point: PointId) {
    this.point = point
  }

  take(reading: Reading): void {
    if (reading.quality === 'bad') return this.takeBad(reading.at, reading.receivedAt, reading.fault)
    const { at, receivedAt, value, quality } = reading
    this.at = at
    this.receivedAt = receivedAt
    this.quality = quality
    this.value = value
    this.fault = undefined
    if (quality === 'good' && at > this.heardAt) this.heardAt = at
  }

  takeGood(at: Instant, value: number): void {
    this.at = at
    this.receivedAt = at
    this.quality = 'good'
    this.value = value
    this.fault = undefined
    if (at > this.heardAt) this.heardAt = at
  }

  takeBad(at: Instant, receivedAt: Instant, why: Fault): void {
    this.at = at
    this.receivedAt = receivedAt
    this.quality = 'bad'
    this.fault = why
  }

  get reading(): Reading | undefined {
    const { point, value, quality, fault } = this
    const times = { point, at: instant(this.at), receivedAt: instant(this.receivedAt) }
    if (fault) return { ...times, quality: 'bad', fault }
    return quality === undefined || quality === 'bad' ? undefined : { ...times, value, quality }
  }
}

/** What is true now, for everyone who looks: newest readings, open alarms, links, troubles. Tells listeners and keeps no history. */
export class Board implements LiveState, Outlet {
  readonly #parts: BoardParts
  readonly #words = new Map<PointId, LastWord>()
  /** Sweeps come in the same order again: looking behind the last point is cheaper than looking the next one up. */
  #last: LastWord | undefined
  readonly #links = new Map<string, LinkState>()
  readonly #listeners = new Set<Listener>()
  readonly #began: Instant
  #troubles: readonly Trouble[] = []

  constructor(parts: BoardParts) {
    this.#parts = parts
    this.#began = parts.clock.now()
  }

  /** What was known before this start. */
  restore(readings: Iterable<{ readonly good?: Reading; readonly any: Reading }>): void {
    for (const { good, any } of readings) {
      const word = this.#wordOf(any.point)
      word.take(any)
      if (good) word.heardAt = good.at
    }
  }

  latest(point: PointId): Reading | undefined {
    return this.#words.get(point)?.reading
  }

  isStale(point: PointId): boolean {
    const limit = this.#parts.staleAfter(point)
    const { heardAt = never } = this.#words.get(point) ?? {}
    return limit !== undefined && this.#parts.clock.now() - (heardAt === never ? this.#began : heardAt) > limit
  }

  openAlarms(): readonly Alarm[] {
    return this.#parts.desk.openAlarms()
  }

  async alarm(id: AlarmId): Promise<Alarm | undefined> {
    const open = this.#parts.desk.byId(id)
    if (open) return open
    // Written by the pipeline: an entry of these kinds holds the whole alarm.
    const { entries } = await this.#parts.journal.page({ kinds: alarmEventKinds, about: id, limit: 1, newestFirst: true })
    const alarm = entries[0]?.data['alarm'] as Alarm | undefined
    // Written before alarms knew it: what is over does not hold.
    return alarm && { ...alarm, active: alarm.active ?? false }
  }

  get verdicts(): Verdicts {
    return this.#parts.verdicts
  }

  isRecorded(id: AlarmId): boolean {
    return this.#parts.isRecorded(id)
  }

  links(): readonly LinkState[] {
    return [...this.#links.values()]
  }

  troubles(): readonly Trouble[] {
    return this.#troubles
  }

  counters(): Readonly<Record<string, number>> {
    return this.#parts.counters()
  }

  listen(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readings(readings: readonly Reading[]): void {
    let newer: Reading[] | undefined
    for (let index = 0; index < readings.length; index++) {
      const reading = readings[index] as Reading
      const isNewer = this.#show(reading)
      if (!isNewer) newer ??= readings.slice(0, index)
      else newer?.push(reading)
    }
    const news = newer ?? readings
    if (news.length > 0) this.#tell(listener => listener.readings?.(news))
  }

  columns(columns: ReadingColumns): void {
    const { points, at: times, value: values, faults } = columns
    const isWatched = this.#isWatched
    const newer: Reading[] = []
    for (let index = 0; index < points.length; index++) {
      // Not taken apart from an array of two: of a hundred thousand a second that was a fifth of all garbage.
      const at = times[index] as Instant
      const value = values[index] as number
      const word = this.#wordOf(points[index] as PointId)
      const why = faults.size > 0 ? faults.get(index) : undefined
      if (why) word.takeBad(at, at, why)
      else if (at < word.at && word.quality !== 'bad') continue
      else word.takeGood(at, value)
      if (isWatched) newer.push(readingAt(columns, index))
    }
    if (newer.length > 0) this.#tell(listener => listener.readings?.(newer))
  }

  get #isWatched(): boolean {
    for (const listener of this.#listeners) if (listener.readings && (listener.wantsReadings?.() ?? true)) return true
    return false
  }

  alarmChanged(event: AlarmEvent): void {
    this.#tell(listener => listener.alarm?.(event.alarm))
  }

  written(entries: readonly Written[]): void {
    for (const entry of entries) this.#parts.verdicts.hear(entry)
    if (entries.some(isLockOut)) this.lockOutsChanged()
    if (entries.some(({ kind }) => kind.startsWith('plan.'))) this.#tell(listener => listener.plans?.())
  }

  /** Decided, and shown although the disk is away. */
  unwritten(entries: readonly Pick<Written, 'kind'>[]): void {
    if (entries.some(isLockOut)) this.lockOutsChanged()
  }

  link(state: LinkState): void {
    this.#links.set(state.connection, state)
    this.#tell(listener => listener.link?.(state))
  }

  trouble(troubles: readonly Trouble[]): void {
    if (JSON.stringify(troubles) === JSON.stringify(this.#troubles)) return
    this.#troubles = troubles
    this.#tell(listener => listener.troubles?.(troubles))
  }

  /** Somebody was told of it, or the telling failed: screens show it again with the proof. */
  toldOf(ids: readonly AlarmId[]): void {
    const { desk } = this.#parts
    for (const id of ids) {
      const alarm = desk.byId(id)
      if (alarm) this.#tell(listener => listener.alarm?.(alarm))
    }
  }

  lockOutsChanged(): void {
    this.#tell(listener => listener.lockOuts?.())
  }

  faultsChanged(): void {
    this.#tell(listener => listener.faults?.())
  }

  speedChanged(): void {
    this.#tell(listener => listener.speed?.())
  }

  #show(reading: Reading): boolean {
    const word = this.#wordOf(reading.point)
    const isOlder = reading.quality !== 'bad' && word.quality !== 'bad' && reading.at < word.at
    if (!isOlder) word.take(reading)
    return !isOlder
  }

  #wordOf(point: PointId): LastWord {
    const expected = this.#last?.next
    if (expected !== undefined && expected.point === point) return (this.#last = expected)
    let word = this.#words.get(point)
    if (!word) this.#words.set(point, (word = new LastWord(point)))
    if (this.#last !== undefined) this.#last.next = word
    return (this.#last = word)
  }

  #tell(say: (listener: Listener) => void): void {
    for (const listener of this.#listeners) say(listener)
  }
}

const isLockOut = ({ kind }: Pick<Written, 'kind'>): boolean => kind === 'equipment.locked-out' || kind === 'equipment.released'
