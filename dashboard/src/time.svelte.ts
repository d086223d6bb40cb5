/**
 * The browser's only clock. `now` moves once a second for everything that is drawn from it (ages, running times, the frozen notice);
 * `real()` is the moment itself. Time that counts up must not jump when the computer's clock is corrected, hence `performance`.
 */
export class BrowserTime {
  #now = $state(performance.now())
  #timer: ReturnType<typeof setTimeout> | undefined

  get now(): number {
    return this.#now
  }

  real(): number {
    return performance.now()
  }

  start(): void {
    this.stop()
    const tick = () => {
      this.#now = performance.now()
      this.#timer = setTimeout(tick, 1000)
    }
    tick()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  /** Runs `act` once, `ms` of real time later; returns the way to cancel it. */
  after(ms: number, act: () => void): () => void {
    const timer = setTimeout(act, ms)
    return () => clearTimeout(timer)
  }
}
