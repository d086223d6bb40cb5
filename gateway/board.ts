import type { PointId, Reading } from '../protocols/contract/reading.ts'
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

/** What is true now, for everyone who looks: newest readings, open alarms, links, troubles. Tells listeners and keeps no history. */
export class Board implements LiveState, Outlet {
  readonly #parts: BoardParts
  readonly #latest = new Map<PointId, Reading>()
  readonly #heardAt = new Map<PointId, Instant>()
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
      this.#latest.set(any.point, any)
      if (good) this.#heardAt.set(good.point, good.at)
    }
  }

  latest(point: PointId): Reading | undefined {
    return this.#latest.get(point)
  }

  isStale(point: PointId): boolean {
    const limit = this.#parts.staleAfter(point)
    const heardAt = this.#heardAt.get(point) ?? this.#began
    return limit !== undefined && this.#parts.clock.now() - heardAt > limit
  }

  openAlarms(): readonly Alarm[] {
    return this.#parts.desk.openAlarms()
  }

  async alarm(id: AlarmId): Promise<Alarm | undefined> {
    const open = this.openAlarms().find(alarm => alarm.id === id)
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
    const newer = readings.filter(reading => this.#show(reading))
    if (newer.length > 0) this.#tell(listener => listener.readings?.(newer))
  }

  alarmChanged(event: AlarmEvent): void {
    this.#tell(listener => listener.alarm?.(event.alarm))
  }

  written(entries: readonly Written[]): void {
    for (const entry of entries) this.#parts.verdicts.hear(entry)
    if (entries.some(isLockOut)) this.lockOutsChanged()
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
    const shown = this.#latest.get(reading.point)
    if (shown && reading.quality !== 'bad' && reading.at < shown.at && shown.quality !== 'bad') return false
    this.#latest.set(reading.point, reading)
    if (reading.quality === 'good') {
      const heardAt = this.#heardAt.get(reading.point)
      if (heardAt === undefined || reading.at > heardAt) this.#heardAt.set(reading.point, reading.at)
    }
    return true
  }

  #tell(say: (listener: Listener) => void): void {
    for (const listener of this.#listeners) say(listener)
  }
}

const isLockOut = ({ kind }: Pick<Written, 'kind'>): boolean => kind === 'equipment.locked-out' || kind === 'equipment.released'
