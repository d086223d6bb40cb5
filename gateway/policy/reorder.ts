import { after } from '../../protocols/contract/time.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { DueHeap } from './heap.ts'
import type { WatchedPoint } from './running.ts'

/** A reading that waits for those from before it; `value` is NaN where it was bad. */
export interface Waiting {
  readonly point: WatchedPoint
  readonly at: Instant
  readonly value: number
  readonly arrival: Instant
  /** The order of arrival, for readings of different points at one instant. */
  readonly sequence: number
}

/**
 * Holds the readings of points with a lateness until nothing from before them is to be expected, and gives them out in event time.
 * Any order of arrival within the lateness comes out the same.
 */
export class Reorder {
  readonly #heap = new DueHeap<Waiting>()
  readonly #times = new Map<WatchedPoint, Set<Instant>>()
  #sequence = 0

  /** When the next reading may be judged. */
  get soonest(): number | undefined {
    return this.#heap.soonest
  }

  /** `false` when a reading of that point and instant waits already: the first word stands. */
  take(point: WatchedPoint, at: Instant, value: number, arrival: Instant): boolean {
    const times = this.#times.get(point) ?? new Set()
    this.#times.set(point, times)
    if (times.has(at)) return false
    times.add(at)
    this.#sequence += 1
    this.#heap.push(after(at, point.lateness), { point, at, value, arrival, sequence: this.#sequence })
    return true
  }

  /** Everything that is to be judged at the soonest instant, in the order of event time, then of arrival. */
  takeSoonest(): readonly Waiting[] {
    const { soonest } = this
    const found: Waiting[] = []
    if (soonest === undefined) return found
    for (let due = this.#heap.soonest; due === soonest; due = this.#heap.soonest) {
      const waiting = this.#heap.pop()?.item
      if (!waiting) break
      this.#times.get(waiting.point)?.delete(waiting.at)
      found.push(waiting)
    }
    return found.sort((a, b) => a.at - b.at || a.sequence - b.sequence)
  }
}
