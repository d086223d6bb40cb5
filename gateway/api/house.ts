import type { Reading, PointId } from '../../protocols/contract/reading.ts'
import type { Fault } from '../../protocols/contract/fault.ts'
import type { Clock, Instant } from '../../protocols/contract/time.ts'
import type { Words } from '../../protocols/contract/driver.ts'
import type { Alarm, AlarmId } from '../alarm/alarm.ts'
import type { Draft, Entry } from '../journal/entry.ts'
import type { Site } from '../site/site.ts'
import type { Store } from '../store/store.ts'

/** What routes and the live channel may see and do. The app hands it over; nothing here knows of drivers or rules. */
export interface House {
  readonly site: Site
  readonly version: string
  readonly clock: Clock & { readonly speed: number }
  /** Real time, for sessions and throttling. */
  readonly wall: Clock
  readonly store: Store
  readonly state: LiveState
  /** Durable when it resolves; rejects with `StoreTrouble` when it cannot be. For points bound to driver `http`. */
  push(readings: readonly Reading[]): Promise<void>
  acknowledge(alarm: AlarmId, by: string, comment: string): Promise<Acknowledged>
  /** Writes an audit entry (sign-in, refused attempt, fault injected). */
  note(draft: Omit<Draft, 'at'>): Promise<Entry>
  readonly demo?: Demo
  /** Empty when ready; else why not. */
  notReady(): readonly string[]
}

export type Acknowledged =
  | { readonly ok: true; readonly alarm: Alarm }
  | { readonly ok: false; readonly why: 'no-such-alarm' | 'already-acknowledged' | 'not-recordable' }

export interface LiveState {
  latest(point: PointId): Reading | undefined
  isStale(point: PointId): boolean
  /** Every alarm that is not normal. */
  openAlarms(): readonly Alarm[]
  /** Any alarm of this data directory, open or past. */
  alarm(id: AlarmId): Promise<Alarm | undefined>
  isRecorded(id: AlarmId): boolean
  links(): readonly LinkState[]
  troubles(): readonly Trouble[]
  /** Figures for `/metrics`: name → value. */
  counters(): Readonly<Record<string, number>>
  /** Told after the journal has it, in order. Returns the way to stop listening. Listeners return at once. */
  listen(listener: Listener): () => void
}
export interface Listener {
  readings?(readings: readonly Reading[]): void
  alarm?(alarm: Alarm): void
  link?(link: LinkState): void
  troubles?(troubles: readonly Trouble[]): void
  faults?(): void
  speed?(): void
}
export interface LinkState {
  readonly connection: string
  readonly up: boolean
  readonly since: Instant
  readonly fault?: Fault
}
export interface Trouble {
  readonly code: string
  readonly say: Words
}

/** The simulated equipment behind the demo, and its pace. */
export interface Demo {
  readonly faults: () => readonly {
    readonly equipment: string
    readonly fault: string
    readonly name: Words
    readonly active: boolean
  }[]
  setFault(equipment: string, fault: string, on: boolean): Promise<'done' | 'no-such-fault'>
  setSpeed(speed: number): Promise<void>
}
