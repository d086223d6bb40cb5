import type { Cancel, Clock, Instant, Millis } from '../../protocols/contract/time.ts'

/** The time of a story: it stands still until it is moved, and what is due happens in the order of its time. */
export class StoryClock implements Clock {
  readonly #waiting = new Set<{ readonly due: number; readonly act: () => void }>()
  #now: Instant

  constructor(start: Instant) {
    this.#now = start
  }

  now(): Instant {
    return this.#now
  }

  after(delay: Millis, act: () => void): Cancel {
    const waiting = { due: this.#now + Math.max(0, delay), act }
    this.#waiting.add(waiting)
    return () => this.#waiting.delete(waiting)
  }

  /** Moves on to `end`, stopping at every due time on the way so that what was set off there can finish. */
  async passTo(end: Instant, settled: () => Promise<void>): Promise<void> {
    for (;;) {
      const next = this.#soonest()
      if (next === undefined || next.due > end) break
      this.#waiting.delete(next)
      this.#now = Math.max(this.#now, next.due) as Instant
      next.act()
      await settled()
    }
    this.#now = Math.max(this.#now, end) as Instant
  }

  #soonest(): { readonly due: number; readonly act: () => void } | undefined {
    let soonest: { readonly due: number; readonly act: () => void } | undefined
    for (const waiting of this.#waiting) if (soonest === undefined || waiting.due < soonest.due) soonest = waiting
    return soonest
  }
}
