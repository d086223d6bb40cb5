import type { DriverHost, Words } from '../contract/driver.ts'
import type { Cancel, Instant, Zone } from '../contract/time.ts'
import { after, between, hours, millis } from '../contract/time.ts'
import { chinaTime } from '../kit/local-time.ts'
import type { MeterRead } from './meters.ts'
import type { RoundState } from './round.ts'
import { dueAt, windowAt } from './round.ts'

export interface RoundKeeperParts<F> {
  readonly host: DriverHost
  readonly reads: readonly MeterRead<F>[]
  /** Reads these now. Which were read good, or nothing where the line was lost: then they are asked again when it is back. */
  readonly read: (reads: readonly MeterRead<F>[]) => Promise<ReadonlySet<MeterRead<F>> | undefined>
}

/** A clock that is set, or a machine that slept, is noticed within this time. */
const look = hours(6)

/** Reads meters in their windows: at the time, again until each has answered, and then not before the next window. */
export class RoundKeeper<F> {
  readonly #parts: RoundKeeperParts<F>
  readonly #zone: Zone
  readonly #states = new Map<MeterRead<F>, RoundState>()
  #cancel: Cancel = () => {}
  #running: Promise<void> | undefined
  #stopped = true

  constructor(parts: RoundKeeperParts<F>) {
    this.#parts = parts
    this.#zone = parts.host.zone ?? chinaTime
  }

  /** What should have been read by now and was not. */
  get open(): readonly MeterRead<F>[] {
    const now = this.#parts.host.clock.now()
    return this.#parts.reads.filter(read => this.#isOpen(read, now))
  }

  start(): void {
    this.#stopped = false
    this.#arm()
  }

  /** The line is there again: what is due need not wait. */
  soon(): void {
    if (this.#stopped) return
    this.#cancel()
    this.#tick()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancel()
    await this.#running
  }

  /** When it is read next, for whoever looks at the line. */
  words(reads: readonly MeterRead<F>[]): readonly Words[] {
    const now = this.#parts.host.clock.now()
    const due = reads.flatMap(read => this.#due(read, now) ?? [])
    const next = due.toSorted((a, b) => a - b)[0]
    if (next === undefined) return []
    const { month, day, hour, minute } = this.#zone.shows(next)
    const time = `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`
    return [
      {
        zh: `按抄表窗口读取，下次 ${month} 月 ${day} 日 ${time}`,
        en: `It is read in its window, next on ${day}/${month} at ${time}.`,
      },
    ]
  }

  #due(read: MeterRead<F>, now: Instant): Instant | undefined {
    return read.round && dueAt(read.round, this.#states.get(read) ?? {}, now, this.#zone)
  }

  #isOpen(read: MeterRead<F>, now: Instant): boolean {
    if (!read.round) return false
    const { from } = windowAt(read.round, now, this.#zone)
    return from <= now && this.#states.get(read)?.readIn !== from
  }

  #arm(): void {
    this.#cancel()
    if (this.#stopped || this.#parts.reads.length === 0) return
    const now = this.#parts.host.clock.now()
    const due = this.#parts.reads.flatMap(read => this.#due(read, now) ?? [])
    const wait = Math.min(look, ...due.map(at => between(now, at)))
    this.#cancel = this.#parts.host.clock.after(millis(Math.max(0, wait)), () => this.#tick())
  }

  #tick(): void {
    if (this.#stopped || this.#running) return
    this.#running = this.#read()
      .catch((bug: unknown) => {
        queueMicrotask(() => {
          throw bug
        })
      })
      .finally(() => {
        this.#running = undefined
        this.#arm()
      })
  }

  async #read(): Promise<void> {
    const now = this.#parts.host.clock.now()
    const due = this.#parts.reads.filter(read => (this.#due(read, now) ?? Infinity) <= now)
    if (due.length === 0) return
    const done = await this.#parts.read(due)
    const later = this.#parts.host.clock.now()
    for (const read of due) {
      if (!read.round) continue
      // Begun in one window and answered in the next, it was read in the one it was asked in.
      const { from } = windowAt(read.round, now, this.#zone)
      const again = after(later, read.round.retry)
      this.#states.set(read, done?.has(read) ? { readIn: from } : { ...this.#states.get(read), again })
    }
  }
}
