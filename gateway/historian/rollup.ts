import type { FaultCode } from '../../protocols/contract/fault.ts'
import type { Figures } from './codec.ts'
import { decimalsOf } from './columns.ts'

import type { ValidLimits } from './limits.ts'
import { bad, faultAt, good, qualityOf } from './rows.ts'

export const minute = 60_000
/** Everything longer is put together from these: the zones of the world differ by quarters of an hour. */
export const quarter = 900_000

/** The good, finite readings in buckets of `every` ms, aligned to the epoch; empty ones are left out. Columns, in time order. */
export interface Buckets {
  readonly every: number
  readonly start: Float64Array
  readonly count: Float64Array
  readonly sum: Float64Array
  readonly min: Float64Array
  readonly max: Float64Array
}
/** A hole between two words of a run: a fault that lasted, or nothing at all (`silent`). */
export interface RunGap {
  readonly from: number
  readonly to: number
  readonly cause: FaultCode | 'silent'
}
/** What is known of a point after its last word. */
export interface Tail {
  readonly at: number
  readonly isOutside: boolean
  readonly fault: FaultCode | undefined
}
/** What remains of a run of readings in time order when the readings go: buckets, and exact times between its first and last word. */
export interface RunTimes {
  /** From, to, one after the other: where good readings outside the limits stood. Those that touch are one. */
  readonly outside: Float64Array
  readonly gaps: readonly RunGap[]
  readonly tail: Tail
}
export interface Rollup extends RunTimes {
  readonly buckets: Buckets
}

/** Where times outside and gaps go as they are found. */
export interface TimesSink {
  outside(from: number, to: number): void
  gap(from: number, to: number, cause: FaultCode | 'silent'): void
}

/** The time from the word `tail` until the next one at `next`: a reading holds until then, at most `staleAfter`; a fault until then. */
export function between(tail: Tail, next: number, limits: ValidLimits, sink: TimesSink): void {
  if (tail.isOutside) sink.outside(tail.at, Math.min(next, tail.at + limits.staleAfter))
  if (next - tail.at > limits.silentAfter) sink.gap(tail.at, next, tail.fault ?? 'silent')
  else if (tail.fault) sink.gap(tail.at, next, tail.fault)
}

/** Goes through rows in time order, from the word before them; gives back their last word. `limits` is never empty. */
export function walkTimes(
  rows: Figures,
  before: Tail | undefined,
  limits: readonly ValidLimits[],
  sink: TimesSink,
): Tail | undefined {
  const { at, value, mark } = rows
  let lastAt = before?.at ?? Number.NaN
  let isOutside = before?.isOutside ?? false
  let fault = before?.fault
  let place = Math.max(
    0,
    limits.findLastIndex(({ since }) => since <= (before?.at ?? at[0] ?? 0)),
  )
  let valid = limits[place] as ValidLimits
  for (let index = 0; index < at.length; index++) {
    const time = at[index] as number
    if (isOutside || fault !== undefined || time - lastAt > valid.silentAfter)
      between({ at: lastAt, isOutside, fault }, time, valid, sink)
    while (place + 1 < limits.length && (limits[place + 1] as ValidLimits).since <= time) valid = limits[++place] as ValidLimits
    const quality = qualityOf(mark[index] as number)
    const figure = value[index] as number
    isOutside =
      quality === good && ((valid.max !== undefined && figure > valid.max) || (valid.min !== undefined && figure < valid.min))
    fault = quality === bad ? (faultAt(rows, index)?.code ?? 'device-reported') : undefined
    lastAt = time
  }
  return Number.isNaN(lastAt) ? undefined : { at: lastAt, isOutside, fault }
}

/** Collects times as they come: in order. Those of one cause that touch become one, but a silence ends with a word. */
export class TimesList implements TimesSink {
  readonly #outside: number[] = []
  readonly #gaps: RunGap[] = []

  outside(from: number, to: number): void {
    if (this.#outside.at(-1) === from) this.#outside[this.#outside.length - 1] = to
    else this.#outside.push(from, to)
  }

  gap(from: number, to: number, cause: RunGap['cause']): void {
    const last = this.#gaps.at(-1)
    if (last && last.to === from && last.cause === cause && cause !== 'silent')
      this.#gaps[this.#gaps.length - 1] = { ...last, to }
    else this.#gaps.push({ from, to, cause })
  }

  done(tail: Tail): RunTimes {
    return { outside: Float64Array.from(this.#outside), gaps: this.#gaps, tail }
  }
}

/** The times of a run that has at least one row. */
export function timesOf(rows: Figures, limits: readonly ValidLimits[]): RunTimes {
  const list = new TimesList()
  const tail = walkTimes(rows, undefined, limits, list)
  if (!tail) throw new RangeError('a run without readings has no times')
  return list.done(tail)
}

/** The buckets of rows in time order. Sums are rounded to the decimals of the readings, as if they had been added on paper. */
export function bucketsOf({ at, value, mark }: Omit<Figures, 'faults'>, every: number): Buckets {
  const columns: number[][] = [[], [], [], [], []]
  const [start, counts, sums, least, most] = columns as [number[], number[], number[], number[], number[]]
  let bucket = Number.NaN
  let [count, sum, min, max] = [0, 0, 0, 0]
  const close = (): void => {
    if (count === 0) return
    start.push(bucket)
    counts.push(count)
    sums.push(sum)
    least.push(min)
    most.push(max)
  }
  const figures: number[] = []
  for (let index = 0; index < at.length; index++) {
    const figure = value[index] as number
    if (qualityOf(mark[index] as number) !== good || !Number.isFinite(figure)) continue
    figures.push(figure)
    const time = at[index] as number
    if (!(time < bucket + every)) {
      close()
      bucket = Math.floor(time / every) * every
      ;[count, sum, min, max] = [0, 0, Infinity, -Infinity]
    }
    count++
    sum += figure
    if (figure < min) min = figure
    if (figure > max) max = figure
  }
  close()
  const scale = 10 ** (decimalsOf(figures) ?? Number.NaN)
  const round = (total: number): number => (Math.abs(total * scale) < 2 ** 49 ? Math.round(total * scale) / scale : total)
  const column = (numbers: readonly number[]): Float64Array => Float64Array.from(numbers)
  return {
    every,
    start: column(start),
    count: column(counts),
    sum: column(sums.map(round)),
    min: column(least),
    max: column(most),
  }
}

export const quartersOf = (rows: Figures, limits: readonly ValidLimits[]): Rollup => ({
  buckets: bucketsOf(rows, quarter),
  ...timesOf(rows, limits),
})
