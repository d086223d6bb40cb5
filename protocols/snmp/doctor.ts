import type { Frame } from '../contract/driver.ts'
import type { Fault } from '../contract/fault.ts'
import type { Clock, Instant, Millis } from '../contract/time.ts'
import { between, millis, minutes } from '../contract/time.ts'

interface Noted {
  readonly at: Instant
  readonly way: Frame['way']
  readonly bytes: Buffer
  readonly note: string | undefined
}
interface Asked {
  readonly at: Instant
  readonly took: number
}

const framesKept = 64
const shown = 300
const asksKept = 256
const window = minutes(3)

/** Keeps count of what goes to one agent and what comes back. */
export class Doctor {
  readonly device: string
  readonly #wall: Clock
  readonly #since: Instant
  readonly #frames: Noted[] = []
  readonly #asks: Asked[] = []
  readonly #trips: number[] = []
  readonly refusals = new Map<string, number>()
  asked = 0
  answered = 0
  timeouts = 0
  garbled = 0
  /** Answers that came after they had been given up; how long the slowest of them took. */
  late: { count: number; slowest: Millis } = { count: 0, slowest: millis(0) }
  /** What the agent or the network said when a call failed, the last time. */
  failure: Fault | undefined

  constructor(wall: Clock, device: string) {
    this.#wall = wall
    this.#since = wall.now()
    this.device = device
  }

  get since(): Instant {
    return this.#since
  }

  /** The bytes must not hold a secret, and nobody may change them afterwards. */
  frame(way: Frame['way'], bytes: Buffer, note?: string): void {
    this.#frames.push({ at: this.#wall.now(), way, bytes: bytes.subarray(0, shown), note })
    if (this.#frames.length > framesKept) this.#frames.shift()
  }

  spent(ms: Millis, why: Fault | undefined): void {
    this.asked += 1
    this.#asks.push({ at: this.#wall.now(), took: ms })
    if (this.#asks.length > asksKept) this.#asks.shift()
    if (!why) {
      this.answered += 1
      this.#trips.push(ms)
      if (this.#trips.length > framesKept) this.#trips.shift()
    } else if (why.code === 'timeout' || why.code === 'unreachable') this.timeouts += 1
    else if (why.code === 'garbled' || why.code === 'wrong-reply') this.garbled += 1
    else this.refused(why.detail)
  }

  refused(why: string): void {
    // An agent that invents reasons does not fill the memory.
    const name = this.refusals.has(why) || this.refusals.size < 20 ? why : 'other'
    this.refusals.set(name, (this.refusals.get(name) ?? 0) + 1)
  }

  wasLate(by: Millis): void {
    this.late = { count: this.late.count + 1, slowest: millis(Math.max(this.late.slowest, by)) }
  }

  /** Share of the last minutes in which an answer was awaited. */
  get busy(): number {
    const now = this.#wall.now()
    // Where more was asked than is kept, it is told over the time that is.
    const oldest = this.#asks.length < asksKept ? this.#since : (this.#asks[0]?.at ?? this.#since)
    const length = Math.min(window, between(oldest, now))
    const spent = this.#asks.filter(({ at }) => between(at, now) <= window).reduce((sum, { took }) => sum + took, 0)
    return length <= 0 ? 0 : Math.min(1, spent / length)
  }

  get roundTrip(): { readonly median: Millis; readonly worst: Millis } | undefined {
    const sorted = this.#trips.toSorted((a, b) => a - b)
    const [median, worst] = [sorted[sorted.length >> 1], sorted.at(-1)]
    return median === undefined || worst === undefined ? undefined : { median: millis(median), worst: millis(worst) }
  }

  frames(): Frame[] {
    return this.#frames.map(({ at, way, bytes, note }) => ({
      at,
      device: this.device,
      way,
      hex: bytes.toString('hex'),
      ...(note === undefined ? {} : { note }),
    }))
  }
}
