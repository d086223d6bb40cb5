import type { Clock, Instant, Millis } from '../contract/time.ts'
import { between, millis } from '../contract/time.ts'
import { exceptionNames } from './frame.ts'
import type { Reply } from './session.ts'

/** What one unit has answered, and how fast. */
export interface UnitFigures {
  asked: number
  answered: number
  timeouts: number
  /** Bytes came that are no frame: checksum, length. */
  garbled: number
  /** Answers from somebody else, or to something else. */
  wrong: number
  /** Exceptions, by their code. */
  refusals: Map<number, number>
  /** The last round trips, ms, in a ring. */
  readonly trips: number[]
  next: number
}

const kept = 64
/** `busy` is told over so many slices of time. */
const slices = 18
const slice = millis(10_000)

/** Counts what goes over one line. */
export class Doctor {
  readonly #wall: Clock
  readonly #units = new Map<number, UnitFigures>()
  readonly #busy = new Float64Array(slices)
  #slice = -1
  #since: Instant | undefined

  constructor(wall: Clock) {
    this.#wall = wall
  }

  get since(): Instant {
    return (this.#since ??= this.#wall.now())
  }

  of(unit: number): UnitFigures {
    const known = this.#units.get(unit)
    if (known) return known
    const fresh = { asked: 0, answered: 0, timeouts: 0, garbled: 0, wrong: 0, refusals: new Map(), trips: [], next: 0 }
    this.#units.set(unit, fresh)
    return fresh
  }

  heard(unit: number, { judged, roundTripMs }: Reply): void {
    const figures = this.of(unit)
    this.#spent(roundTripMs)
    figures.asked += 1
    if (judged.kind === 'fault') {
      const { code } = judged.fault
      if (code === 'timeout') figures.timeouts += 1
      else if (code === 'garbled') figures.garbled += 1
      else if (code === 'wrong-reply') figures.wrong += 1
      return
    }
    figures.answered += 1
    figures.trips[figures.next] = roundTripMs
    figures.next = (figures.next + 1) % kept
    if (judged.kind === 'exception') figures.refusals.set(judged.code, (figures.refusals.get(judged.code) ?? 0) + 1)
  }

  /** What the line carried for somebody else than the sweeps. */
  carried({ roundTripMs }: Reply): void {
    this.#spent(roundTripMs)
  }

  /** Share of the last three minutes in which a question was out. */
  get busy(): number {
    const now = this.#wall.now()
    this.#turn(now)
    const length = Math.min(between(this.since, now), (slices - 1) * slice + (now % slice))
    return length <= 0 ? 0 : Math.min(1, this.#busy.reduce((sum, ms) => sum + ms, 0) / length)
  }

  #spent(ms: number): void {
    const now = this.#wall.now()
    this.#since ??= now
    this.#turn(now)
    const at = this.#slice % slices
    this.#busy[at] = (this.#busy[at] ?? 0) + ms
  }

  #turn(now: Instant): void {
    const current = Math.floor(now / slice)
    if (current === this.#slice) return
    const passed = Math.min(slices, Math.max(1, current - this.#slice))
    for (let back = 0; back < passed; back++) this.#busy[(current - back) % slices] = 0
    this.#slice = current
  }
}

export const refusalsOf = ({ refusals }: UnitFigures): Record<string, number> =>
  Object.fromEntries([...refusals].map(([code, count]) => [`exception ${code} (${exceptionNames[code] ?? 'unknown'})`, count]))

export function roundTripOf({ trips }: UnitFigures): { readonly median: Millis; readonly worst: Millis } | undefined {
  if (trips.length === 0) return undefined
  const sorted = trips.toSorted((a, b) => a - b)
  return { median: millis(sorted[sorted.length >> 1] ?? 0), worst: millis(sorted.at(-1) ?? 0) }
}
