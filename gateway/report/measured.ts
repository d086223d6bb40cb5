import { days, hours, millis, minutes } from '../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import type { Day } from '../policy/calendar-days.ts'
import { dayAt } from '../policy/calendar-days.ts'
import type { GoneRun } from '../historian/gone.ts'
import { firstNotBefore, good, qualityOf } from '../historian/rows.ts'
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
  /** What remains of those that were trimmed; absent: nothing does. */
  gone?(from: Instant, to: Instant): Iterable<GoneRun>
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
    gone: (from, to) => source.past.gone(point.id, from, to),
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
  const begin = (from - point.staleAfter) as Instant
  for (const part of inTheirPlaces(what.columns(begin, to), what.gone?.(begin, to) ?? [])) {
    if ('minutes' in part) {
      figures.gone(part)
      line.gone(part)
      halves?.add(meansOf(part))
    } else {
      figures.add(part)
      halves?.add(part)
      line.add(part)
    }
  }
  figures.end()
  const isSameDay = (a: Instant, b: Instant): boolean => dayAt(a, timeZone) === dayAt(b, timeZone)
  const holes =
    what.holes ??
    remembered(() => gathered(explained(source, point, figures.unknown(), what.gone !== undefined), short, isSameDay))
  const now = limits.stretches.at(-1)?.limits ?? {}
  const chart = line.drawn(point, now, holes)
  return { equipment, point, limits, due, days: dates, figures, whole: figures.whole(), holes, ...(halves && { halves }), chart }
}

/** Readings that are there, and what remains of others, in the order of time. A reading within a time that is gone is counted there. */
function* inTheirPlaces(chunks: Iterable<ReadingColumns>, gone: Iterable<GoneRun>): Generator<ReadingColumns | GoneRun> {
  const runs = gone[Symbol.iterator]()
  const following = (): GoneRun | undefined => runs.next().value as GoneRun | undefined
  let run = following()
  let upTo = Number.NEGATIVE_INFINITY
  for (const rows of chunks) {
    let start = 0
    for (; run && run.first <= (rows.at[rows.at.length - 1] ?? -Infinity); run = following()) {
      const end = firstNotBefore(rows.at, run.first)
      if (end > start) yield part(rows, start, end)
      yield run
      upTo = run.last
      start = Math.max(start, firstNotBefore(rows.at, run.last))
      if (rows.at[start] === run.last) start += 1
    }
    while (start < rows.at.length && (rows.at[start] ?? 0) <= upTo) start += 1
    yield start === 0 ? rows : part(rows, start, rows.at.length)
  }
  for (; run; run = following()) yield run
}

const part = ({ at, value, mark }: ReadingColumns, start: number, end: number): ReadingColumns => {
  const cut = (column: ArrayLike<number>): number[] =>
    Array.from({ length: end - start }, (_, index) => column[start + index] ?? 0)
  return { at: cut(at), value: cut(value), mark: cut(mark) }
}

/** The mean of each minute, as if it had been read in its middle. */
const meansOf = ({ minutes: all }: GoneRun): ReadingColumns => ({
  at: all.map(({ start }) => start + 30_000),
  value: all.map(({ sum, count }) => sum / count),
  mark: all.map(() => good),
})

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

  gone({ minutes: all }: GoneRun): void {
    for (const { start, count, sum, min, max } of all) {
      const place = Math.floor((start - this.#from) / this.#every) * 4
      const sums = this.#sums
      if (place < 0 || place >= sums.length) continue
      const before = sums[place] ?? 0
      sums[place] = before + count
      sums[place + 1] = (sums[place + 1] ?? 0) + sum
      if (before === 0 || min < (sums[place + 2] ?? 0)) sums[place + 2] = min
      if (before === 0 || max > (sums[place + 3] ?? 0)) sums[place + 3] = max
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
