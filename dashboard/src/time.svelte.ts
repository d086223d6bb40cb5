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

/** Less than this (real ms) between two clocks troubles nobody. */
const tolerable = 60_000

/**
 * The clock on the wall of this device, which may be wrong. Nothing on the page is reckoned by it but what is noted down without a network;
 * the gateway's answers carry the gateway's own time, and who should set his clock is told so.
 */
export class OwnClock {
  #ahead = $state(0)

  now(): number {
    return Date.now()
  }

  /** Whole minutes, in ms, this device is ahead of the gateway (behind, where less than nothing); 0 where that is no more than one. */
  get ahead(): number {
    return this.#ahead
  }

  /** `date` as an answer carries it, to the second; `asked`: this device's clock when the question left. */
  compare(date: string | null, asked: number): void {
    const there = Date.parse(date ?? '')
    if (Number.isNaN(there)) return
    const here = Date.now()
    // The gateway wrote it down somewhere between question and answer, and within that second.
    const ahead = (asked + here) / 2 - (there + 500)
    const unsure = Math.abs(here - asked) / 2 + 500
    this.#ahead = Math.abs(ahead) - unsure > tolerable ? Math.round(ahead / tolerable) * tolerable : 0
  }
}

/** One for the page, as the device has one. */
export const ownClock = new OwnClock()
