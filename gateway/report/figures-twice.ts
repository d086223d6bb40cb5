import { hours } from '../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import { wallTime } from '../policy/calendar-hours.ts'
import type { Day } from '../policy/calendar-days.ts'
import { good, qualityOf } from '../historian/rows.ts'
import type { ReadingColumns } from './figures.ts'

/** A reading that stands for the morning or the afternoon. */
export interface HalfDay {
  readonly at: Instant
  readonly value: number
  /** Who read it by hand; absent where the sensor did. */
  readonly by?: string
}

/** The two readings a day that the vaccine norm asks for, article 11: before noon and after, at least six hours apart. */
export interface TwiceDaily {
  readonly morning?: HalfDay
  readonly afternoon?: HalfDay
  readonly isApart: boolean
}

const apart = hours(6)
const minute = 60_000
/** Minutes of the day: when it may be read, and when best. The end belongs to the window. */
export const halves = { morning: { from: 360, best: 510, to: 660 }, afternoon: { from: 720, best: 990, to: 1_080 } } as const

interface Window {
  readonly from: number
  readonly best: number
  readonly to: number
}

const windowOn = (day: Day, { from, best, to }: (typeof halves)[keyof typeof halves], zone: string): Window => ({
  from: wallTime(day, from, zone),
  best: wallTime(day, best, zone),
  to: wallTime(day, to, zone),
})

/** Of each half of each day the sensor's reading nearest to the best time, found in one look over readings in the order of their times. */
export class SensorHalves {
  readonly #windows: readonly Window[]
  readonly #found: (HalfDay | undefined)[]
  #next = 0

  constructor(days: readonly Day[], zone: string) {
    this.#windows = days.flatMap(day => [windowOn(day, halves.morning, zone), windowOn(day, halves.afternoon, zone)])
    this.#found = this.#windows.map(() => undefined)
  }

  add({ at, value, mark }: ReadingColumns): void {
    for (let index = 0; index < at.length; index++) {
      const time = at[index] ?? Number.NaN
      while (time > (this.#windows[this.#next]?.to ?? Number.POSITIVE_INFINITY)) this.#next++
      const window = this.#windows[this.#next]
      if (!window) return
      const reading = value[index] ?? Number.NaN
      if (time < window.from || qualityOf(mark[index] ?? 0) !== good || !Number.isFinite(reading)) continue
      const before = this.#found[this.#next]
      if (!before || Math.abs(time - window.best) < Math.abs(before.at - window.best))
        this.#found[this.#next] = { at: time as Instant, value: reading }
    }
  }

  /** Morning and afternoon of the day with that place. */
  of(day: number): readonly [HalfDay | undefined, HalfDay | undefined] {
    return [this.#found[day * 2], this.#found[day * 2 + 1]]
  }
}

/** What counts for a day: what a person read goes before the sensor, and of several the one nearest to the best time. */
export function twiceDaily(
  day: Day,
  zone: string,
  byHand: readonly HalfDay[],
  sensor: readonly [HalfDay | undefined, HalfDay | undefined],
): TwiceDaily {
  const of = (half: keyof typeof halves, automatic: HalfDay | undefined): HalfDay | undefined => {
    const { from, best, to } = windowOn(day, halves[half], zone)
    const inside = byHand.filter(({ at }) => at >= from && at <= to)
    return inside.toSorted((a, b) => Math.abs(a.at - best) - Math.abs(b.at - best))[0] ?? automatic
  }
  const [morning, afternoon] = [of('morning', sensor[0]), of('afternoon', sensor[1])]
  const isApart = morning !== undefined && afternoon !== undefined && ((afternoon.at - morning.at) as Millis) >= apart
  return { ...(morning && { morning }), ...(afternoon && { afternoon }), isApart }
}

/** `08:31` on the clocks of the zone. */
export function clockText(at: Instant, offset: number): string {
  const shown = Math.floor((((at + offset) % 86_400_000) + 86_400_000) / minute) % 1_440
  return `${String(Math.floor(shown / 60)).padStart(2, '0')}:${String(shown % 60).padStart(2, '0')}`
}
