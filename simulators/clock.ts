/** The world's clock: at real time `wall` (ms) it showed `domain` (ms), and runs `speed` times as fast. */
export interface Setting {
  readonly wall: number
  readonly domain: number
  readonly speed: number
}

export const slowest = 1
export const fastest = 600

export class WorldClock {
  readonly #real: () => number
  #setting: Setting

  /** Starts at `domain`; `real` is replaced by tests. */
  constructor(domain: number, speed: number, real: () => number = realNow) {
    this.#real = real
    this.#setting = { wall: real(), domain, speed: bounded(speed) }
  }

  now(): number {
    const { wall, domain, speed } = this.#setting
    return domain + (this.#real() - wall) * speed
  }

  get speed(): number {
    return this.#setting.speed
  }

  set(setting: Setting): void {
    this.#setting = { ...setting, speed: bounded(setting.speed) }
  }
}

const bounded = (speed: number): number => (Number.isFinite(speed) ? Math.min(fastest, Math.max(slowest, speed)) : slowest)

export const realNow = (): number => Date.now()

/** Runs `act` again and again, `ms` of real time after the last run ended; never two at once. Returns what stops it. */
export function repeat(ms: number, act: () => void): () => void {
  let timer: NodeJS.Timeout
  const run = () => {
    act()
    timer = setTimeout(run, ms)
  }
  timer = setTimeout(run, ms)
  return () => clearTimeout(timer)
}

/** Runs `act` once, `ms` of real time from now. */
export function later(ms: number, act: () => void): () => void {
  const timer = setTimeout(act, ms)
  return () => clearTimeout(timer)
}

/** The local weekday (0 is Sunday) and hour at `now`; the zone's distance from UTC is looked up once per quarter of an hour. */
export class LocalTime {
  readonly #format: Intl.DateTimeFormat
  #quarter = NaN
  #distance = 0

  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  }

  at(now: number): { readonly weekday: number; readonly hour: number } {
    const local = now + this.offset(now)
    const day = Math.floor(local / 86_400_000)
    return { weekday: (((day + 4) % 7) + 7) % 7, hour: (local - day * 86_400_000) / 3_600_000 }
  }

  /** How far the zone's clocks are ahead of UTC at `now`, in ms. */
  offset(now: number): number {
    const quarter = Math.floor(now / 900_000)
    if (quarter !== this.#quarter) {
      this.#quarter = quarter
      this.#distance = this.#look(quarter * 900_000)
    }
    return this.#distance
  }

  #look(at: number): number {
    const parts = new Map(this.#format.formatToParts(at).map(part => [part.type, Number(part.value)]))
    const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0
    return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second')) - at
  }
}
