import { days, hours, millis, minutes } from '../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import type { Day } from '../policy/calendar-days.ts'
import { dayAt } from '../policy/calendar-days.ts'
import { good, qualityOf } from '../historian/rows.ts'
import type { Equipment, Point } from '../site/site.ts'
import type { LogChart } from './document.ts'
import { dueOf, explained, gathered, remembered } from './completeness.ts'
import type { Hole } from './completeness.ts'
import { PointFigures } from './figures.ts'
import type { Figures, ReadingColumns, Stretch } from './figures.ts'
import { SensorHalves } from './figures-twice.ts'
import { limitsOver } from './limits.ts'
import type { LimitsOver } from './limits.ts'
import { daysOf } from './period.ts'
import type { LogQuestion } from './question.ts'
import type { LogSource } from './source.ts'

/** Everything that a log tells of one measuring point over a period, from one look at its readings. */
export interface Measured {
  readonly equipment: Equipment
  readonly point: Point
  readonly limits: LimitsOver
  readonly due: Stretch
  readonly days: readonly (Stretch & { readonly day: Day })[]
  readonly figures: PointFigures
  readonly whole: Figures
  /** In order of time; short ones of one day and cause together. */
  readonly holes: Iterable<Hole>
  /** Where it was asked for: the readings nearest to the morning's and the afternoon's best time. */
  readonly halves?: SensorHalves
  readonly chart: LogChart
}

/** Holes shorter than that are told together. */
const short = minutes(10)

/** What is to be measured: a point of the site, or a figure that is worked out from two of them. */
export interface Measurable {
  readonly equipment: Equipment
  readonly point: Point
  /** In the order of their times. */
  columns(from: Instant, to: Instant): Iterable<ReadingColumns>
  readonly limits: LimitsOver
  readonly due: Stretch
  /** Where the causes of its holes are known already. */
  readonly holes?: Iterable<Hole>
  readonly isVaccine?: boolean
}

/** A point as it is stored, with its limits as they were valid. */
export function measure(
  source: LogSource,
  question: LogQuestion,
  [equipment, point]: readonly [Equipment, Point],
  isVaccine = false,
): Measured {
  return measureSeries(source, question, {
    equipment,
    point,
    columns: (from, to) => source.past.columns(point.id, from, to),
    limits: limitsOver(source, point, question.from, question.to),
    due: dueOf(source, question, point),
    isVaccine,
  })
}

/** Reads the readings of the period once. Memory grows with the days and the excursions, not with the readings. */
export function measureSeries(source: LogSource, { from, to }: LogQuestion, what: Measurable): Measured {
  const { equipment, point, limits, due, isVaccine = false } = what
  const { timeZone } = source.site
  const dates = [...daysOf(from, to, timeZone)]
  const figures = new PointFigures({ days: dates, limits: limits.stretches, staleAfter: point.staleAfter, due, isVaccine })
  const halves = isVaccine
    ? new SensorHalves(
        dates.map(({ day }) => day),
        timeZone,
      )
    : undefined
  const line = new ChartLine(from, to)
  for (const rows of what.columns((from - point.staleAfter) as Instant, to)) {
    figures.add(rows)
    halves?.add(rows)
    line.add(rows)
  }
  figures.end()
  const isSameDay = (a: Instant, b: Instant): boolean => dayAt(a, timeZone) === dayAt(b, timeZone)
  const holes = what.holes ?? remembered(() => gathered(explained(source, point, figures.unknown()), short, isSameDay))
  const now = limits.stretches.at(-1)?.limits ?? {}
  const chart = line.drawn(point, now, holes)
  return { equipment, point, limits, due, days: dates, figures, whole: figures.whole(), holes, ...(halves && { halves }), chart }
}

const steps = [...[1, 2, 5, 10, 15, 30].map(minutes), ...[1, 2, 3, 4, 6, 12].map(hours), ...[1, 2, 7, 14, 30, 60].map(days)]
/** More than paper can show side by side. */
const mostDrawn = 800

/** Least, mean and greatest of equal steps, for drawing. */
class ChartLine {
  readonly #from: Instant
  readonly #every: Millis
  readonly #sums: Float64Array

  constructor(from: Instant, to: Instant) {
    this.#from = from
    this.#every = steps.find(step => (to - from) / step <= mostDrawn) ?? millis(Math.ceil((to - from) / mostDrawn))
    this.#sums = new Float64Array(Math.ceil((to - from) / this.#every) * 4)
  }

  add({ at, value, mark }: ReadingColumns): void {
    for (let index = 0; index < at.length; index++) {
      const place = Math.floor(((at[index] ?? 0) - this.#from) / this.#every) * 4
      const reading = value[index] ?? Number.NaN
      if (place < 0 || qualityOf(mark[index] ?? 0) !== good || !Number.isFinite(reading)) continue
      const sums = this.#sums
      const count = sums[place] ?? 0
      sums[place] = count + 1
      sums[place + 1] = (sums[place + 1] ?? 0) + reading
      if (count === 0 || reading < (sums[place + 2] ?? 0)) sums[place + 2] = reading
      if (count === 0 || reading > (sums[place + 3] ?? 0)) sums[place + 3] = reading
    }
  }

  drawn({ unit, decimals }: Point, limits: LogChart['limits'], holes: Iterable<Hole>): LogChart {
    const points: LogChart['points'][number][] = []
    for (let place = 0; place < this.#sums.length; place += 4) {
      const [count = 0, sum = 0, min = 0, max = 0] = this.#sums.subarray(place, place + 4)
      const t = (this.#from + (place / 4) * this.#every) as Instant
      if (count > 0) points.push({ t, min, mean: Number((sum / count).toFixed(decimals + 2)), max })
    }
    const gaps: LogChart['gaps'][number][] = []
    for (const { from, to, cause, length } of holes)
      if (length >= this.#every && gaps.length < mostDrawn) gaps.push({ from, to, cause })
    return { unit, decimals, every: this.#every, points, limits, gaps }
  }
}
