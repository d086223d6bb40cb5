import type { Fault } from '../contract/fault.ts'
import type { Clock, Instant, Millis } from '../contract/time.ts'
import { after, millis } from '../contract/time.ts'

interface Silent {
  readonly why: Fault
  readonly times: number
  /** Not asked again before, real time. */
  readonly until: Instant
}

/** In timeouts: a dead unit costs its line at most one timeout in fifteen. */
const longestPause = 15

/** Which units of one line are silent, and since when they are left alone. */
export class Units {
  readonly #wall: Clock
  readonly #timeout: Millis
  readonly #silent = new Map<number, Silent>()

  constructor(wall: Clock, timeout: Millis) {
    this.#wall = wall
    this.#timeout = timeout
  }

  /** The reason why this unit is not asked now, or undefined when it is its turn. */
  silence(unit: number): Fault | undefined {
    const silent = this.#silent.get(unit)
    return silent && this.#wall.now() < silent.until ? silent.why : undefined
  }

  fellSilent(unit: number, why: Fault): void {
    const times = (this.#silent.get(unit)?.times ?? 0) + 1
    const pause = millis(this.#timeout * Math.min(longestPause, 2 ** times))
    this.#silent.set(unit, { why, times, until: after(this.#wall.now(), pause) })
  }

  answered(unit: number): void {
    this.#silent.delete(unit)
  }

  forget(): void {
    this.#silent.clear()
  }

  /** The reads of units that answer before those of units that did not. */
  inOrder<R extends { readonly unit: number }>(requests: readonly R[]): R[] {
    const silent = (request: R): number => (this.#silent.has(request.unit) ? 1 : 0)
    return requests.toSorted((a, b) => silent(a) - silent(b))
  }
}
