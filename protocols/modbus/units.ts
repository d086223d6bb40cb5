import type { Fault } from '../contract/fault.ts'
import type { Clock, Instant, Millis } from '../contract/time.ts'
import { after, between, millis } from '../contract/time.ts'

export interface Silence {
  readonly why: Fault
  readonly since: Instant
  readonly times: number
  /** Not asked again before, real time. */
  readonly until: Instant
}

/** In timeouts: a silent unit is asked again after pauses that double up to this. */
const longestPause = 15
/** In timeouts: where a sweep leaves no room, silent units are asked at their neighbours' expense once in so many, */
const rareness = 40
/** and so often at once after a quiet time: a unit that stumbles is back soon. */
const mostLeave = 1

/** Which units of one line answer, which are silent, and since when those are left alone. */
export class Units {
  readonly #wall: Clock
  readonly #silent = new Map<number, Silence>()
  readonly #lively = new Set<number>()
  #leave = mostLeave
  #leftAt: Instant | undefined

  constructor(wall: Clock) {
    this.#wall = wall
  }

  isLively(unit: number): boolean {
    return this.#lively.has(unit)
  }

  get anyLively(): boolean {
    return this.#lively.size > 0
  }

  silence(unit: number): Silence | undefined {
    return this.#silent.get(unit)
  }

  fellSilent(unit: number, why: Fault, timeout: Millis): void {
    const before = this.#silent.get(unit)
    const now = this.#wall.now()
    const times = (before?.times ?? 0) + 1
    const pause = millis(timeout * Math.min(longestPause, 2 ** times))
    this.#silent.set(unit, { why, since: before?.since ?? now, times, until: after(now, pause) })
    this.#lively.delete(unit)
  }

  answered(unit: number): void {
    if (this.#lively.has(unit)) return
    this.#silent.delete(unit)
    this.#lively.add(unit)
  }

  forget(): void {
    this.#silent.clear()
    this.#lively.clear()
  }

  /** Those that did not answer last time: the never asked first, then who has waited longest. */
  doubtful(units: readonly number[]): number[] {
    const waited = (unit: number): number => this.#silent.get(unit)?.until ?? 0
    return units.filter(unit => !this.#lively.has(unit)).sort((a, b) => waited(a) - waited(b))
  }

  /**
   * Whether a unit that may cost its whole time-out is asked now. Where others answer, it has to fit into what the sweep leaves
   * over (`left`); where that is never enough, one of them is let through now and then, so that it is found when it returns. A unit
   * that was never asked has to wait only while another one has used up the sweep.
   */
  mayAsk(unit: number, timeout: Millis, left: Millis, first: boolean): boolean {
    const now = this.#wall.now()
    const silent = this.#silent.get(unit)
    if (silent && now < silent.until) return false
    if (!this.anyLively || left >= timeout) return true
    if (!silent) return first || left > 0
    const passed = this.#leftAt === undefined ? 0 : between(this.#leftAt, now)
    this.#leave = Math.min(mostLeave, this.#leave + passed / (timeout * rareness))
    this.#leftAt = now
    if (this.#leave < 1) return false
    this.#leave -= 1
    return true
  }
}
