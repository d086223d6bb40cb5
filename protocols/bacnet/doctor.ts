import type { Frame } from '../contract/driver.ts'
import type { Clock, Instant, Millis } from '../contract/time.ts'
import { between, millis } from '../contract/time.ts'
import type { Reply } from './exchange.ts'
import type { Tally } from './talk.ts'

const framesKept = 64
/** A datagram may have 1,497 bytes; its beginning says what it is. */
const frameBytes = 200
const tripsKept = 64
/** `busy` is told over so many slices of time. */
const slices = 18
const slice = millis(10_000)

/** What one device has answered, and how fast. */
export class Figures implements Tally {
  readonly #spent: (ms: number) => void
  readonly #trips: number[] = []
  readonly refusals: Record<string, number> = {}
  asked = 0
  answered = 0
  timeouts = 0
  nonsense = 0
  told = 0

  constructor(spent: (ms: number) => void) {
    this.#spent = spent
  }

  heard(reply: Reply, refusal: string | undefined): void {
    if (reply.kind === 'fault' && reply.fault.code === 'disconnected') return
    this.asked += 1
    this.#spent(reply.roundTripMs)
    if (reply.kind === 'fault') {
      if (reply.fault.code === 'timeout' || reply.fault.code === 'device-silent') this.timeouts += 1
      else this.nonsense += 1
      return
    }
    this.answered += 1
    this.#trips.push(reply.roundTripMs)
    if (this.#trips.length > tripsKept) this.#trips.shift()
    if (refusal !== undefined) this.refusals[refusal] = (this.refusals[refusal] ?? 0) + 1
  }

  garbled(): void {
    this.answered -= 1
    this.nonsense += 1
  }

  get roundTrip(): { readonly median: Millis; readonly worst: Millis } | undefined {
    const sorted = this.#trips.toSorted((a, b) => a - b)
    const [median, worst] = [sorted[sorted.length >> 1], sorted.at(-1)]
    return median === undefined || worst === undefined ? undefined : { median: millis(median), worst: millis(worst) }
  }
}

interface Noted {
  readonly at: Instant
  readonly place: string
  readonly way: Frame['way']
  readonly bytes: Buffer
  readonly note: string | undefined
}

/** Counts what goes over one port, and keeps the last of it. */
export class Doctor {
  readonly #wall: Clock
  readonly since: Instant
  readonly #noted: Noted[] = []
  readonly #spent = new Map<number, number>()
  readonly #figures = new Map<string, Figures>()

  constructor(wall: Clock) {
    this.#wall = wall
    this.since = wall.now()
  }

  of(name: string): Figures {
    const found = this.#figures.get(name) ?? new Figures(ms => this.#spend(ms))
    this.#figures.set(name, found)
    return found
  }

  note(way: Frame['way'], place: string, bytes: Buffer, note?: string): void {
    this.#noted.push({
      at: this.#wall.now(),
      place,
      way,
      bytes: Buffer.from(bytes.subarray(0, frameBytes)),
      note: note === '' ? undefined : note,
    })
    if (this.#noted.length > framesKept) this.#noted.shift()
  }

  /** The oldest first. */
  frames(nameOf: (place: string) => string): Frame[] {
    return this.#noted.map(({ at, place, way, bytes, note }) => ({
      at,
      device: nameOf(place),
      way,
      hex: bytes.toString('hex'),
      ...(note === undefined ? {} : { note }),
    }))
  }

  /** Share of the last three minutes in which an answer was awaited. */
  get busy(): number {
    const now = this.#wall.now()
    const first = Math.floor(now / slice) - slices + 1
    for (const old of this.#spent.keys()) if (old < first) this.#spent.delete(old)
    const length = Math.min(between(this.since, now), (slices - 1) * slice + (now % slice))
    return length <= 0 ? 0 : Math.min(1, [...this.#spent.values()].reduce((sum, ms) => sum + ms, 0) / length)
  }

  #spend(ms: number): void {
    const at = Math.floor(this.#wall.now() / slice)
    this.#spent.set(at, (this.#spent.get(at) ?? 0) + ms)
    this.#spent.delete(at - slices)
  }
}
