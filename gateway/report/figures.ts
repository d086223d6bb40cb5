import type { Instant, Millis } from '../../protocols/contract/time.ts'
import type { GoneRun } from '../historian/gone.ts'
import { good, isLate, qualityOf } from '../historian/rows.ts'
import { piecesOf } from './figures-gone.ts'
import { Runs } from './figures-runs.ts'
import type { Side } from './figures-runs.ts'
import { kineticMean, kineticWeight } from './kinetic.ts'

/** A stretch of time, `to` not included. */
export interface Stretch {
  readonly from: Instant
  readonly to: Instant
}

/** What was allowed from when to when; stretches in order that do not overlap. */
export interface LimitStretch extends Stretch {
  readonly limits: { readonly min?: number; readonly max?: number }
}

/** Readings of one point in the order of their times, as the historian gives them. */
export interface ReadingColumns {
  readonly at: ArrayLike<number>
  readonly value: ArrayLike<number>
  readonly mark: ArrayLike<number>
}

export interface FigureSettings {
  /** In order, without holes between them; each at least 1 ms long. */
  readonly days: readonly Stretch[]
  readonly limits: readonly LimitStretch[]
  /** A reading holds until the next one, at most so long. */
  readonly staleAfter: Millis
  /** Before and after nothing could be known: the point was not there yet, or it is still to come. */
  readonly due: Stretch
  /** Mean kinetic temperature and the two flags of WHO's 30-day loggers. */
  readonly isVaccine: boolean
}

/** The figures of a day, or of several together. Lengths in ms. */
export interface Figures {
  /** Of the good readings taken in it; null where there was none. */
  readonly min: number | null
  readonly max: number | null
  /** Each value weighted with how long it held; null where nothing is known. */
  readonly mean: number | null
  readonly kinetic: number | null
  readonly count: number
  /** Of them those that came after a younger one. */
  readonly late: number
  /** Known to have been above its limit, and below. */
  readonly above: number
  readonly below: number
  /** Runs outside that began in it. */
  readonly excursions: number
  /** Known, and what could have been known. */
  readonly known: number
  readonly due: number
}

const fields = ['min', 'max', 'sum', 'kinetic', 'count', 'late', 'above', 'below', 'excursions', 'known', 'due'] as const
const place = Object.fromEntries(fields.map((field, index) => [field, index])) as Record<(typeof fields)[number], number>
const width = fields.length

/** Least and greatest of what is told together. */
interface Extremes {
  readonly min: number
  readonly max: number
}
/** On neither side of any limit. */
const inside: Extremes = { min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY }

const hour = 3_600_000
/** WHO PQS E006: above +8 °C for 10 hours on end, at or below −0.5 °C for 60 minutes on end. */
const heat = { above: 8, least: 10 * hour }
const freeze = { atMost: -0.5, least: hour }

/**
 * The figures of one point, day by day, from readings that are looked at once, in the order of their times, and not kept. Only good ones
 * count. Each holds until the next one of whatever quality, at most `staleAfter`; what no good reading covers is unknown: neither inside nor outside.
 */
export class PointFigures {
  readonly excursions: Runs
  readonly heat: Runs
  readonly freeze: Runs
  readonly #settings: FigureSettings
  readonly #table: Float64Array
  #day = 0
  #limit = 0
  /** The reading that holds; NaN where none does. */
  #at = Number.NaN
  #value = 0
  /** Up to here it is told what is known and what not. */
  #told: number
  /** Beginning and end of each time of which nothing is known. */
  readonly #unknown: number[] = []

  constructor(settings: FigureSettings) {
    const { days, due, staleAfter } = settings
    this.#settings = settings
    this.#told = due.from
    this.excursions = new Runs(staleAfter)
    this.heat = new Runs(staleAfter, heat.least)
    this.freeze = new Runs(staleAfter, freeze.least)
    this.#table = new Float64Array(days.length * width)
    days.forEach(({ from, to }, index) => {
      this.#table[index * width + place.min] = Number.POSITIVE_INFINITY
      this.#table[index * width + place.max] = Number.NEGATIVE_INFINITY
      this.#table[index * width + place.due] = Math.max(0, Math.min(to, due.to) - Math.max(from, due.from))
    })
  }

  /** The next readings; those up to `staleAfter` before the first day belong to it as well. */
  add({ at, value, mark }: ReadingColumns): void {
    for (let index = 0; index < at.length; index++) {
      const time = at[index] ?? Number.NaN
      this.#hold(time)
      const marked = mark[index] ?? 0
      const reading = value[index] ?? Number.NaN
      const counts = qualityOf(marked) === good && Number.isFinite(reading)
      this.#at = counts ? time : Number.NaN
      this.#value = reading
      if (counts) this.#count(time, reading, isLate(marked))
    }
  }

  /**
   * What remains of readings that were trimmed, in its place among the others. Least, greatest, counts and times are as they were; the
   * mean is that of the minutes.
   */
  gone(run: GoneRun): void {
    this.#hold(run.first)
    this.#at = Number.NaN
    let far: Extremes = inside
    for (const { minute, at, pieces } of piecesOf(run, this.#settings.staleAfter)) {
      const { count, sum, min, max } = minute
      this.#countAll(at, count, min, max)
      this.#value = sum / count
      // What held into this minute may have been outside although nothing in it was.
      const isFar = this.#beyond(at, min, max) !== undefined
      for (const { from, to, isOutside } of pieces) this.#spread(from, to, at, isOutside ? (isFar ? { min, max } : far) : inside)
      if (isFar) far = { min, max }
      const beyond = this.#beyond(run.last, min, max)
      if (run.tail.isOutside) this.#value = beyond ?? this.#value
      else if (beyond !== undefined) this.#value = beyond === max ? min : max
    }
    if (run.tail.fault === undefined) this.#at = run.last
  }

  /** Nothing follows; the figures are whole. */
  end(): void {
    this.#hold(Number.POSITIVE_INFINITY)
    this.#at = Number.NaN
    this.#tell(this.#settings.due.to, this.#settings.due.to)
    for (const runs of [this.excursions, this.heat, this.freeze]) runs.end()
  }

  get days(): number {
    return this.#settings.days.length
  }

  day(index: number): Figures {
    return this.#figures(index, index + 1)
  }

  whole(): Figures {
    return this.#figures(0, this.days)
  }

  /** The times of which nothing is known: together with the known ones exactly what was due. */
  *unknown(): Generator<Stretch> {
    for (let index = 0; index < this.#unknown.length; index += 2)
      yield { from: this.#unknown[index] as Instant, to: this.#unknown[index + 1] as Instant }
  }

  #tell(from: number, to: number): void {
    if (from > this.#told) this.#unknown.push(this.#told, from)
    this.#told = to
  }

  #count(at: number, value: number, late: boolean): void {
    if (this.#countAll(at, 1, value, value) && late) this.#add('late', 1)
  }

  #countAll(at: number, count: number, min: number, max: number): boolean {
    const { days } = this.#settings
    while (at >= (days[this.#day]?.to ?? Number.POSITIVE_INFINITY)) this.#day++
    const day = days[this.#day]
    if (!day || at < day.from) return false
    const base = this.#day * width
    const table = this.#table
    if (min < (table[base + place.min] ?? 0)) table[base + place.min] = min
    if (max > (table[base + place.max] ?? 0)) table[base + place.max] = max
    this.#add('count', count)
    return true
  }

  /** Which of two values was outside at `at`. */
  #beyond(at: number, min: number, max: number): number | undefined {
    const valid = this.#settings.limits.find(({ from, to }) => at >= from && at < to)?.limits
    if (valid?.max !== undefined && max > valid.max) return max
    return valid?.min !== undefined && min < valid.min ? min : undefined
  }

  /** The reading that held does so until `next`, cut to days and limits. */
  #hold(next: number): void {
    if (Number.isNaN(this.#at)) return
    this.#spread(this.#at, Math.min(next, this.#at + this.#settings.staleAfter), this.#at)
  }

  /** The value stood from `begin` until `until`. `taken`: when it was; `known`: the values that say on which side of the limits it was. */
  #spread(begin: number, until: number, taken: number, known?: Extremes): void {
    const { days, limits, due } = this.#settings
    let from = Math.max(begin, days[0]?.from ?? 0, due.from)
    const end = Math.min(until, due.to)
    if (from < end) this.#tell(from, end)
    while (from < end) {
      while (from >= (days[this.#day]?.to ?? Number.POSITIVE_INFINITY)) this.#day++
      const day = days[this.#day]
      if (!day) return
      while (from >= (limits[this.#limit]?.to ?? Number.POSITIVE_INFINITY)) this.#limit++
      const limit = limits[this.#limit]
      const isIn = limit !== undefined && from >= limit.from
      const to = Math.min(end, day.to, (isIn ? limit.to : limit?.from) ?? end)
      this.#stretch(from, to, isIn ? limit.limits : {}, taken, known)
      from = to
    }
  }

  #stretch(from: number, to: number, { min, max }: LimitStretch['limits'], taken: number, known?: Extremes): void {
    const value = this.#value
    const [least, most] = [known?.min ?? value, known?.max ?? value]
    const length = to - from
    this.#add('known', length)
    this.#add('sum', value * length)
    const side: Side | 0 = max !== undefined && most > max ? 1 : min !== undefined && least < min ? -1 : 0
    if (side !== 0) this.#add(side > 0 ? 'above' : 'below', length)
    if (this.excursions.add(side, side < 0 ? least : most, taken, from, to)) this.#add('excursions', 1)
    if (!this.#settings.isVaccine) return
    this.#add('kinetic', kineticWeight(value) * length)
    this.heat.add(value > heat.above ? 1 : 0, value, taken, from, to)
    this.freeze.add(value <= freeze.atMost ? -1 : 0, value, taken, from, to)
  }

  #add(field: keyof typeof place, much: number): void {
    const index = this.#day * width + place[field]
    this.#table[index] = (this.#table[index] ?? 0) + much
  }

  #figures(first: number, end: number): Figures {
    const total = (field: keyof typeof place): number => {
      let sum = 0
      for (let day = first; day < end; day++) sum += this.#table[day * width + place[field]] ?? 0
      return sum
    }
    const extreme = (field: 'min' | 'max', of: (a: number, b: number) => number, none: number): number | null => {
      let found = none
      for (let day = first; day < end; day++) found = of(found, this.#table[day * width + place[field]] ?? none)
      return Number.isFinite(found) ? found : null
    }
    const known = total('known')
    return {
      min: extreme('min', Math.min, Number.POSITIVE_INFINITY),
      max: extreme('max', Math.max, Number.NEGATIVE_INFINITY),
      mean: known > 0 ? total('sum') / known : null,
      kinetic: this.#settings.isVaccine ? (kineticMean(total('kinetic'), known) ?? null) : null,
      count: total('count'),
      late: total('late'),
      above: total('above'),
      below: total('below'),
      excursions: total('excursions'),
      known,
      due: total('due'),
    }
  }
}
