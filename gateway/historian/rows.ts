import type { Fault } from '../../protocols/contract/fault.ts'
import type { PointId, Reading } from '../../protocols/contract/reading.ts'
import { instant } from '../../protocols/contract/time.ts'

/**
 * Readings of one point as columns. `value` is 0 where the reading is bad. `mark` holds the quality in two bits, then the late bit,
 * then the position of the fault in `faults`.
 */
export interface Rows {
  readonly at: number[]
  readonly receivedAt: number[]
  readonly value: number[]
  readonly mark: number[]
  /** The sealing period in which each was written down; 0 before there were any. */
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

export const noRows = (): Rows => ({ at: [], receivedAt: [], value: [], mark: [], period: [], faults: [] })

export const good = 0
export const uncertain = 1
export const bad = 2
export const lateBit = 4
const qualityBits = 3
const faultShift = 8

export const qualityOf = (mark: number): number => mark & qualityBits
export const isLate = (mark: number): boolean => (mark & lateBit) !== 0
const faultIndexOf = (mark: number): number => Math.floor(mark / faultShift)

export function rowAt(rows: Rows, index: number): Row {
  const mark = rows.mark[index] ?? bad
  return {
    at: rows.at[index] ?? Number.NaN,
    receivedAt: rows.receivedAt[index] ?? Number.NaN,
    value: rows.value[index] ?? 0,
    mark: mark % faultShift,
    period: rows.period[index] ?? 0,
    fault: qualityOf(mark) === bad ? rows.faults[faultIndexOf(mark)] : undefined,
  }
}

/** Adds a row at the end. Equal faults are kept once. */
export function push(rows: Rows, row: Row): void {
  rows.at.push(row.at)
  rows.receivedAt.push(row.receivedAt)
  rows.value.push(row.value)
  rows.period.push(row.period)
  rows.mark.push(row.fault ? row.mark + faultShift * placeOf(row.fault, rows.faults) : row.mark)
}

/** Position of an equal fault in `faults`, added when new. Looks back a little only: what repeats repeats soon. */
function placeOf(fault: Fault, faults: Fault[]): number {
  for (let index = faults.length - 1; index >= Math.max(0, faults.length - 16); index--) {
    const known = faults[index]
    if (known && known.code === fault.code && known.detail === fault.detail) return index
  }
  return faults.push(fault) - 1
}

/** The same rows in time order. Times within one point are distinct. */
export function sorted(rows: Rows): Rows {
  let inOrder = true
  for (let index = 1; index < rows.at.length && inOrder; index++) inOrder = (rows.at[index - 1] ?? 0) < (rows.at[index] ?? 0)
  if (inOrder) return rows
  const order = rows.at.map((_, index) => index).toSorted((a, b) => (rows.at[a] ?? 0) - (rows.at[b] ?? 0))
  const result = noRows()
  for (const index of order) push(result, rowAt(rows, index))
  return result
}

/** Rows from `start` until before `end`, with only the faults they use. */
export function slice(rows: Rows, start: number, end: number): Rows {
  const result = noRows()
  for (let index = start; index < end; index++) push(result, rowAt(rows, index))
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
      push(result, rowAt(first, a++))
      if (left === right) b++
    } else {
      push(result, rowAt(second, b++))
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

/** A reading as the row it will be; the table that writes it down gives it its period. */
export function rowOf(reading: Reading, late: boolean): Row {
  const { at, receivedAt } = reading
  const lateMark = late ? lateBit : 0
  if (reading.quality === 'bad') return { at, receivedAt, value: 0, mark: bad + lateMark, period: 0, fault: reading.fault }
  const quality = reading.quality === 'good' ? good : uncertain
  return { at, receivedAt, value: reading.value, mark: quality + lateMark, period: 0, fault: undefined }
}
