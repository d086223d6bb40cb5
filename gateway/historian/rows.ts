import type { Fault } from '../../protocols/contract/fault.ts'
import type { PointId, Reading } from '../../protocols/contract/reading.ts'
import { instant } from '../../protocols/contract/time.ts'

/**
 * Readings of one point as columns. `value` is 0 where the reading is bad. `mark` holds the quality in two bits, then the late bit,
 * then the position of the fault in `faults`.
 */
export interface Rows {
  readonly at: ArrayLike<number>
  readonly receivedAt: ArrayLike<number>
  readonly value: ArrayLike<number>
  readonly mark: ArrayLike<number>
  /** The sealing period in which each was written down; 0 before there were any. */
  readonly period: ArrayLike<number>
  readonly faults: readonly Fault[]
}
/** Rows to which more are added at the end. */
export interface GrowingRows extends Rows {
  readonly at: number[]
  readonly receivedAt: number[]
  readonly value: number[]
  readonly mark: number[]
  readonly period: number[]
  readonly faults: Fault[]
}
/** One row taken out of its columns. */
export interface Row {
  readonly at: number
  readonly receivedAt: number
  readonly value: number
  readonly mark: number
  readonly period: number
  readonly fault: Fault | undefined
}

export const noRows = (): GrowingRows => ({ at: [], receivedAt: [], value: [], mark: [], period: [], faults: [] })

export const good = 0
export const uncertain = 1
export const bad = 2
export const lateBit = 4
const qualityBits = 3
const faultShift = 8

export const qualityOf = (mark: number): number => mark & qualityBits
export const isLate = (mark: number): boolean => (mark & lateBit) !== 0
const faultIndexOf = (mark: number): number => Math.floor(mark / faultShift)
/** A mark without the place of its fault. */
export const unmarked = (mark: number): number => mark % faultShift

export function rowAt(rows: Rows, index: number): Row {
  const mark = rows.mark[index] ?? bad
  return {
    at: rows.at[index] ?? Number.NaN,
    receivedAt: rows.receivedAt[index] ?? Number.NaN,
    value: rows.value[index] ?? 0,
    mark: unmarked(mark),
    period: rows.period[index] ?? 0,
    fault: qualityOf(mark) === bad ? rows.faults[faultIndexOf(mark)] : undefined,
  }
}

/** Why a row is bad; `undefined` for any other. */
export function faultAt({ mark, faults }: Pick<Rows, 'mark' | 'faults'>, index: number): Fault | undefined {
  const marked = mark[index] ?? good
  return qualityOf(marked) === bad ? faults[faultIndexOf(marked)] : undefined
}

/** Adds a row at the end. Equal faults are kept once. */
export function push(rows: GrowingRows, row: Row): void {
  rows.at.push(row.at)
  rows.receivedAt.push(row.receivedAt)
  rows.value.push(row.value)
  rows.period.push(row.period)
  rows.mark.push(row.fault ? markOf(row.mark, row.fault, rows.faults) : row.mark)
}

/** The mark of a bad row, whose fault is put among `faults` when it is not there. */
export const markOf = (mark: number, fault: Fault, faults: Fault[]): number => mark + faultShift * placeOf(fault, faults)

/** Adds a row of others at the end, without a row of its own in between. */
export function pushFrom(rows: GrowingRows, others: Rows, index: number): void {
  const mark = others.mark[index] as number
  if (qualityOf(mark) === bad) return push(rows, rowAt(others, index))
  rows.at.push(others.at[index] as number)
  rows.receivedAt.push(others.receivedAt[index] as number)
  rows.value.push(others.value[index] as number)
  rows.period.push(others.period[index] as number)
  rows.mark.push(mark)
}

/** Position of an equal fault in `faults`, added when new. Looks back a little only: what repeats repeats soon. */
function placeOf(fault: Fault, faults: Fault[]): number {
  for (let index = faults.length - 1; index >= Math.max(0, faults.length - 16); index--) {
    const known = faults[index]
    if (known && known.code === fault.code && known.detail === fault.detail) return index
  }
  return faults.push(fault) - 1
}

/** Whether the times ascend. */
export function isSorted({ at }: Rows): boolean {
  for (let index = 1; index < at.length; index++) if (!((at[index - 1] as number) < (at[index] as number))) return false
  return true
}

/** The same rows in time order. Times within one point are distinct. */
export function sorted(rows: Rows): Rows {
  if (isSorted(rows)) return rows
  const order = Array.from(rows.at, (_, index) => index).sort((a, b) => (rows.at[a] ?? 0) - (rows.at[b] ?? 0))
  const result = noRows()
  for (const index of order) pushFrom(result, rows, index)
  return result
}

/** Rows from `start` until before `end`, with only the faults they use. */
export function slice(rows: Rows, start: number, end: number): Rows {
  if (start === 0 && end === rows.at.length) return rows
  const result = noRows()
  for (let index = start; index < end; index++) pushFrom(result, rows, index)
  return result
}

/** Several runs that follow each other in time, as one. */
export function joined(runs: readonly Rows[]): Rows {
  const result = noRows()
  for (const rows of runs) for (let index = 0; index < rows.at.length; index++) pushFrom(result, rows, index)
  return result
}

/** Two runs in time order become one. Where both have the same time, the one of `first` stays. */
export function merged(first: Rows, second: Rows): Rows {
  const result = noRows()
  let a = 0
  let b = 0
  while (a < first.at.length || b < second.at.length) {
    const left = first.at[a] ?? Infinity
    const right = second.at[b] ?? Infinity
    if (left <= right) {
      pushFrom(result, first, a++)
      if (left === right) b++
    } else {
      pushFrom(result, second, b++)
    }
  }
  return result
}

/** Index of the first time that is not before `at`, in ascending times. */
export function firstNotBefore(times: ArrayLike<number>, at: number): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((times[middle] ?? Infinity) < at) low = middle + 1
    else high = middle
  }
  return low
}

/** A stored row as the reading it was. */
export function readingOf(point: PointId, row: Row): Reading {
  const head = { point, at: instant(row.at), receivedAt: instant(row.receivedAt) }
  const quality = qualityOf(row.mark)
  if (quality === bad) return { ...head, quality: 'bad', fault: row.fault ?? { code: 'device-reported', detail: '' } }
  return { ...head, value: row.value, quality: quality === good ? 'good' : 'uncertain' }
}
