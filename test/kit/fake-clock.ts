import type { Cancel, Clock, Instant, Millis } from '../../protocols/contract/time.ts'

/** A clock that stands still until a test moves it; what is due happens in order of its time. */
export class FakeClock implements Clock {
  readonly speed = 1
  readonly #waiting = new Set<{ readonly due: number; readonly act: () => void }>()
  #now: number

  constructor(start = Date.UTC(2026, 8, 1)) {
    this.#now = start
  }

  now(): Instant {
    return this.#now as Instant
  }

  after(delay: Millis, act: () => void): Cancel {
    const waiting = { due: this.#now + Math.max(0, delay), act }
    this.#waiting.add(waiting)
    return () => this.#waiting.delete(waiting)
  }

  /** How many timers are set. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** Moves on, stopping at every due time; `settle` runs after each so that what was set off can finish. */
  async passes(length: Millis, settle: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    const end = this.#now + length
    for (;;) {
      const next = [...this.#waiting].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due)[0]
      if (!next) break
      this.#waiting.delete(next)
      this.#now = Math.max(this.#now, next.due)
      next.act()
      await settle()
    }
    this.#now = end
    await settle()
  }
}
