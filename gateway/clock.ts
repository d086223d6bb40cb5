import { readFileSync } from 'node:fs'
import { uptime } from 'node:os'
import type { Cancel, Clock, Instant, Millis } from '../protocols/contract/time.ts'

/** The longest delay a Node timer takes; beyond it a timer would fire at once. */
const longest = 2 ** 31 - 1

/** Real time as the machine has it. The only file that asks for it, together with `monotonic` below. */
export const systemClock: Clock = {
  now: () => Date.now() as Instant,
  after(delay, act) {
    const due = monotonic() + Math.max(0, delay)
    let handle: NodeJS.Timeout
    const arm = (): void => {
      const left = due - monotonic()
      if (left <= 0.5) act()
      else handle = setTimeout(arm, Math.min(left, longest))
    }
    handle = setTimeout(arm, Math.min(Math.max(0, delay), longest))
    return () => clearTimeout(handle)
  },
}

/** Milliseconds that never step back, for measuring lengths of real time. */
export const monotonic = (): number => performance.now()

/** Which boot of the machine this is. Linux has a name for each; elsewhere the time is what there is. */
export function thisBoot(): { readonly id?: string; readonly at: Instant } {
  const at = Math.round(Date.now() - uptime() * 1_000) as Instant
  try {
    return { id: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(), at }
  } catch {
    return { at }
  }
}

/** A second is followed by so many ms at most: small corrections of the machine's clock are taken over without a step. */
const slew = 100

/**
 * The clock of a real site. It runs by itself and never steps back; small corrections of the machine's clock it follows bit by bit. That the
 * machine's clock was set it does not notice: `ClockWatch` does, and sets it together with everything that counts time.
 */
export class SteadyClock implements Clock {
  readonly speed = 1
  readonly #wall: Clock
  readonly #ticks: () => number
  #base: number

  constructor(wall: Clock, ticks: () => number = monotonic) {
    this.#wall = wall
    this.#ticks = ticks
    this.#base = wall.now() - ticks()
  }

  now(): Instant {
    return Math.floor(this.#base + this.#ticks()) as Instant
  }

  after(delay: Millis, act: () => void): Cancel {
    return this.#wall.after(delay, act)
  }

  /** How far the machine's clock is ahead of this one. */
  get behind(): number {
    return this.#wall.now() - this.now()
  }

  /** From now on it goes as the machine's clock does. Returns by how much it was set. */
  set(): number {
    const by = this.behind
    this.#base += by
    return by
  }

  /** Follows a small correction; once a second. */
  follow(): void {
    this.#base += Math.max(-slew, Math.min(slew, this.behind))
  }
}

interface Waiting {
  readonly due: number
  readonly act: () => void
  cancel: Cancel
}

/** The demo's clock: runs `speed` times as fast as real time, never steps back, and keeps its timers when the speed changes. */
export class DemoClock implements Clock {
  readonly #wall: Clock
  readonly #ticks: () => number
  readonly #waiting = new Set<Waiting>()
  #speed: number
  #domainAt: number
  #realAt: number

  constructor(wall: Clock, start: Instant, speed: number, ticks: () => number = monotonic) {
    this.#wall = wall
    this.#ticks = ticks
    this.#speed = speed
    this.#domainAt = start
    this.#realAt = ticks()
  }

  get speed(): number {
    return this.#speed
  }

  now(): Instant {
    return Math.floor(this.#domainAt + (this.#ticks() - this.#realAt) * this.#speed) as Instant
  }

  after(delay: Millis, act: () => void): Cancel {
    const waiting: Waiting = { due: this.now() + Math.max(0, delay), act, cancel: () => {} }
    this.#waiting.add(waiting)
    this.#arm(waiting)
    return () => {
      waiting.cancel()
      this.#waiting.delete(waiting)
    }
  }

  /** From now on the domain runs `speed` times as fast; what waits keeps its due time. */
  setSpeed(speed: number): void {
    this.#domainAt = this.now()
    this.#realAt = this.#ticks()
    this.#speed = speed
    for (const waiting of this.#waiting) {
      waiting.cancel()
      this.#arm(waiting)
    }
  }

  #arm(waiting: Waiting): void {
    const left = (waiting.due - this.now()) / this.#speed
    waiting.cancel = this.#wall.after(Math.max(0, left) as Millis, () => {
      if (this.now() < waiting.due) return this.#arm(waiting)
      this.#waiting.delete(waiting)
      waiting.act()
    })
  }
}
