import type { Clock, Instant, Millis } from '../../protocols/contract/time.ts'
import { after, between, millis, minutes, seconds } from '../../protocols/contract/time.ts'

export interface Patience {
  /** Wrong attempts that cost nothing: people mistype. */
  readonly free: number
  /** The wait after the first attempt that is not free; doubles with each further one. */
  readonly first: Millis
  readonly longest: Millis
  /** Quiet for so long: forgotten. */
  readonly forget: Millis
}

/** One person's name: short waits, because anybody can make them happen to a colleague. */
export const accountPatience: Patience = { free: 4, first: seconds(1), longest: minutes(5), forget: minutes(60) }
/** One address: more free attempts (a whole office may share it), then long waits. */
export const addressPatience: Patience = { free: 20, first: seconds(1), longest: minutes(15), forget: minutes(60) }

interface Strikes {
  readonly count: number
  readonly last: Instant
  readonly until: Instant
}

/** Counts wrong sign-ins by key, in a table that cannot grow beyond `rows`: the key that was quiet longest makes room. */
export class Throttle {
  readonly #wall: Clock
  readonly #patience: Patience
  readonly #rows: number
  readonly #strikes = new Map<string, Strikes>()

  constructor(wall: Clock, patience: Patience, rows = 10_000) {
    this.#wall = wall
    this.#patience = patience
    this.#rows = rows
  }

  /** How long this key has to wait, 0 when it need not. */
  wait(key: string): Millis {
    const strikes = this.#strikes.get(key)
    return millis(strikes === undefined ? 0 : Math.max(0, between(this.#wall.now(), strikes.until)))
  }

  /** Counts one attempt as wrong. Called before the password is tried, so that many at once gain nothing. */
  strike(key: string): void {
    const now = this.#wall.now()
    const before = this.#strikes.get(key)
    const stale = before === undefined || between(before.last, now) > this.#patience.forget
    const count = stale ? 1 : before.count + 1
    const over = count - this.#patience.free
    const wait =
      over <= 0 ? millis(0) : millis(Math.min(this.#patience.longest, this.#patience.first * 2 ** Math.min(over - 1, 30)))
    this.#strikes.delete(key)
    this.#strikes.set(key, { count, last: now, until: after(now, wait) })
    this.#makeRoom()
  }

  /** Takes one strike back: the attempt turned out to be right. */
  pardon(key: string): void {
    const strikes = this.#strikes.get(key)
    if (strikes === undefined) return
    if (strikes.count <= 1) this.#strikes.delete(key)
    else this.#strikes.set(key, { ...strikes, count: strikes.count - 1, until: this.#wall.now() })
  }

  /** The key proved itself: all is forgotten. */
  forgive(key: string): void {
    this.#strikes.delete(key)
  }

  get size(): number {
    return this.#strikes.size
  }

  #makeRoom(): void {
    for (const key of this.#strikes.keys()) {
      if (this.#strikes.size <= this.#rows) return
      this.#strikes.delete(key)
    }
  }
}
