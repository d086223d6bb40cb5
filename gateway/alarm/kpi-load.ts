import { hours, minutes } from '../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import { floodsOf } from '../policy/floods.ts'
import type { Flood } from '../policy/floods.ts'

/** The time that is looked at: from the first moment to the last, which is not in it. */
export interface Period {
  readonly from: Instant
  readonly to: Instant
  /** When each day of the site begins, the first one at or before `from`. */
  readonly days: readonly Instant[]
  /** Whether somebody is at work then. */
  isWorking(at: Instant): boolean
}

/** More alarms than these in ten minutes or in an hour are more than one person can answer (EEMUA 191). */
const mostInSlot = 10
const mostInHour = 30
const slot = minutes(10)
/** A live call is written down at most so long after it came: what is older than that before a pause is complete. */
const pause = minutes(30)
const mostShown = 20

export interface Load {
  readonly total: number
  /** Slots and hours are counted from the beginning of the period; a last one that is cut short counts as one. */
  readonly perTenMinutes: { readonly mean: number; readonly max: number; readonly over: number; readonly of: number }
  readonly perHour: { readonly max: number; readonly over: number; readonly of: number }
  readonly perDay: readonly { readonly from: Instant; readonly calls: number; readonly isFlood: boolean }[]
  /** Outside working hours, and those of them that are medium or high. */
  readonly outside: { readonly all: number; readonly urgent: number }
  readonly floods: {
    readonly count: number
    readonly alarms: number
    readonly length: Millis
    readonly share: number
    readonly longest: Millis
    /** The largest, in order of time. */
    readonly shown: readonly Flood[]
  }
}

/** How the calls lie over the period. Memory: the slots of the period and the calls since the last half hour without one. */
export class LoadWatch {
  readonly #period: Period
  readonly #slots: Uint32Array
  readonly #hours: Uint32Array
  readonly #days: { calls: number; isFlood: boolean }[]
  #total = 0
  #outside = 0
  #urgent = 0
  #stretch: Instant[] = []
  #floods = { count: 0, alarms: 0, length: 0, longest: 0 }
  #shown: Flood[] = []

  constructor(period: Period) {
    this.#period = period
    const length = period.to - period.from
    this.#slots = new Uint32Array(Math.ceil(length / slot))
    this.#hours = new Uint32Array(Math.ceil(length / hours(1)))
    this.#days = period.days.map(() => ({ calls: 0, isFlood: false }))
  }

  /** A call inside the period. */
  call(at: Instant, isUrgent: boolean): void {
    const { from, isWorking } = this.#period
    this.#total += 1
    const since = at - from
    this.#slots[Math.floor(since / slot)]! += 1
    this.#hours[Math.floor(since / hours(1))]! += 1
    const day = this.#days[this.#dayAt(at)]
    if (day) day.calls += 1
    if (!isWorking(at)) {
      this.#outside += 1
      if (isUrgent) this.#urgent += 1
    }
    if (at - (this.#stretch.at(-1) ?? at) >= pause) this.#closeStretch()
    let place = this.#stretch.length
    while (place > 0 && (this.#stretch[place - 1] as Instant) > at) place -= 1
    this.#stretch.splice(place, 0, at)
  }

  figures(): Load {
    this.#closeStretch()
    const { from, to, days } = this.#period
    const length = to - from
    return {
      total: this.#total,
      perTenMinutes: {
        mean: length === 0 ? 0 : (this.#total * slot) / length,
        max: this.#slots.reduce((most, count) => Math.max(most, count), 0),
        over: this.#slots.reduce((sum, count) => sum + (count > mostInSlot ? 1 : 0), 0),
        of: this.#slots.length,
      },
      perHour: {
        max: this.#hours.reduce((most, count) => Math.max(most, count), 0),
        over: this.#hours.reduce((sum, count) => sum + (count > mostInHour ? 1 : 0), 0),
        of: this.#hours.length,
      },
      perDay: this.#days.map((day, index) => ({ from: days[index] as Instant, ...day })),
      outside: { all: this.#outside, urgent: this.#urgent },
      floods: {
        count: this.#floods.count,
        alarms: this.#floods.alarms,
        length: this.#floods.length as Millis,
        longest: this.#floods.longest as Millis,
        share: length === 0 ? 0 : this.#floods.length / length,
        shown: this.#shown.toSorted((a, b) => a.from - b.from),
      },
    }
  }

  #closeStretch(): void {
    for (const flood of floodsOf(this.#stretch)) this.#flood(flood)
    this.#stretch = []
  }

  #flood({ from, to, alarms, peak }: Flood): void {
    const end = Math.min(to, this.#period.to) as Instant
    const length = end - from
    this.#floods.count += 1
    this.#floods.alarms += alarms
    this.#floods.length += length
    this.#floods.longest = Math.max(this.#floods.longest, length)
    for (let day = this.#dayAt(from); day < this.#days.length && (this.#period.days[day] as Instant) < end; day += 1) {
      const marked = this.#days[day]
      if (marked) marked.isFlood = true
    }
    this.#shown.push({ from, to: end, alarms, peak })
    if (this.#shown.length > mostShown) {
      const least = this.#shown.reduce((a, b) => (b.alarms < a.alarms ? b : a))
      this.#shown.splice(this.#shown.indexOf(least), 1)
    }
  }

  #dayAt(at: Instant): number {
    const { days } = this.#period
    let [low, high] = [0, days.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((days[middle] as Instant) <= at) low = middle
      else high = middle - 1
    }
    return low
  }
}
