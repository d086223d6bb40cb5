import type { Fault } from '../contract/fault.ts'
import type { Clock, Instant, Millis } from '../contract/time.ts'
import { after, millis } from '../contract/time.ts'

export interface Silent {
  readonly why: Fault
  readonly since: Instant
  readonly times: number
  /** Left alone until then, real time. */
  readonly until: Instant
}

/** In lengths of one vain attempt: a dead meter costs its line at most a sixteenth of the time. */
const longestPause = 15

/** Which meters of a line do not answer, and how long each is left alone so that the others do not wait for it. */
export class Silence {
  readonly #wall: Clock
  readonly #attempt: Millis
  readonly #silent = new Map<string, Silent>()

  /** `attempt`: real time that one vain attempt takes, repetitions included. */
  constructor(wall: Clock, attempt: Millis) {
    this.#wall = wall
    this.#attempt = attempt
  }

  of(meter: string): Silent | undefined {
    return this.#silent.get(meter)
  }

  /** Why it is not asked now; undefined when it is its turn. */
  now(meter: string): Fault | undefined {
    const silent = this.#silent.get(meter)
    return silent && this.#wall.now() < silent.until ? silent.why : undefined
  }

  /** How often in a row it did not answer. */
  fell(meter: string, why: Fault): number {
    const before = this.#silent.get(meter)
    const times = (before?.times ?? 0) + 1
    const now = this.#wall.now()
    const pause = millis(this.#attempt * Math.min(longestPause, 2 ** times))
    this.#silent.set(meter, { why, times, since: before?.since ?? now, until: after(now, pause) })
    return times
  }

  spoke(meter: string): void {
    this.#silent.delete(meter)
  }

  forget(): void {
    this.#silent.clear()
  }
}
