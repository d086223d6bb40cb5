import type { Instant, Millis } from '../../protocols/contract/time.ts'

/** `1`: above, `-1`: below. */
export type Side = 1 | -1

/** A time in which a point was on one side of its limits, as far as it is known. */
export interface Excursion {
  readonly side: Side
  readonly from: Instant
  /** When it was inside again, or when it was last known to be outside. */
  readonly to: Instant
  /** The value farthest out, and when it was taken. */
  readonly extreme: number
  readonly extremeAt: Instant
  /** Time in which it is known to have been outside: what is unknown in between does not count. */
  readonly outside: Millis
}

const width = 6

/**
 * Puts stretches of one value together to runs of one side. A run ends with the first stretch that is on neither side; an unknown time
 * ends it too, unless it is no longer than `bridge`: a single bad reading does not make two runs of one.
 */
export class Runs {
  readonly #bridge: number
  readonly #least: number
  /** Six figures a run: a log of years has many. */
  readonly #kept: number[] = []
  #side: Side | 0 = 0
  #from = 0
  #to = 0
  #extreme = 0
  #extremeAt = 0
  #outside = 0

  /** `least`: shorter runs are left out. */
  constructor(bridge: Millis, least = 0) {
    this.#bridge = bridge
    this.#least = least
  }

  /** The next stretch, in the order of time. `at`: when its value was taken. Says whether a run began. */
  add(side: Side | 0, value: number, at: number, from: number, to: number): boolean {
    if (side === 0) {
      this.end()
      return false
    }
    const goesOn = side === this.#side && from - this.#to <= this.#bridge
    if (!goesOn) {
      this.end()
      this.#side = side
      this.#from = from
      this.#extreme = value
      this.#extremeAt = at
      this.#outside = 0
    } else if ((value - this.#extreme) * side > 0) {
      this.#extreme = value
      this.#extremeAt = at
    }
    this.#outside += to - from
    this.#to = to
    return !goesOn
  }

  /** What runs is over: nothing follows, or nothing that belongs to it. */
  end(): void {
    if (this.#side !== 0 && this.#outside > 0 && this.#outside >= this.#least)
      this.#kept.push(this.#side, this.#from, this.#to, this.#extreme, this.#extremeAt, this.#outside)
    this.#side = 0
  }

  get count(): number {
    return this.#kept.length / width
  }

  *[Symbol.iterator](): Generator<Excursion> {
    for (let index = 0; index < this.#kept.length; index += width) {
      const figure = (place: number): number => this.#kept[index + place] ?? 0
      yield {
        side: figure(0) as Side,
        from: figure(1) as Instant,
        to: figure(2) as Instant,
        extreme: figure(3),
        extremeAt: figure(4) as Instant,
        outside: figure(5) as Millis,
      }
    }
  }
}
