import { crc32 } from 'node:zlib'
import { BadBytes, ByteSink, ByteSource } from './bytes.ts'
import { readRuns, readTimes, readValues, writeRuns, writeTimes, writeValues } from './columns.ts'
import type { Fault } from '../../protocols/contract/fault.ts'
import type { PointId } from '../../protocols/contract/reading.ts'
import type { StoredReading } from '../store/store.ts'
import { isLate, push, readingOf, rowAt, rowOf, noRows } from './rows.ts'
import type { Row, Rows } from './rows.ts'

/** Readings of many points in the order they came, as columns: what crosses to the worker, and what one row of the log holds. */
export interface Batch {
  readonly points: readonly string[]
  /** Per row, the position of its point in `points`. */
  readonly which: readonly number[]
  readonly rows: Rows
}

/** Throws RangeError for a time that is no time: that is a bug of the caller, not a fault of the field. */
export function batchOf(readings: readonly StoredReading[]): Batch {
  const places = new Map<string, number>()
  const which: number[] = []
  const rows = noRows()
  for (const { reading, mark } of readings) {
    if (!Number.isFinite(reading.at) || !Number.isFinite(reading.receivedAt)) throw new RangeError(`${reading.point} has no time`)
    let place = places.get(reading.point)
    if (place === undefined) places.set(reading.point, (place = places.size))
    which.push(place)
    push(rows, rowOf(reading, mark === 'late'))
  }
  return { points: [...places.keys()], which, rows }
}

export function readingsOf(batch: Batch): StoredReading[] {
  return batch.which.map((place, index) => {
    const row = rowAt(batch.rows, index)
    const reading = readingOf((batch.points[place] ?? '') as PointId, row)
    return isLate(row.mark) ? { reading, mark: 'late' } : { reading }
  })
}

/** Rows of the log name points by their number in the point table. */
export interface LoggedRow {
  readonly point: number
  readonly row: Row
}

const version = 2
// Batches before there were sealing periods.
const withoutPeriods = 1

/** One row of the log: CRC-32, then the columns. It lives until its readings are sealed, so it is written fast rather than small. */
export function packBatch(logged: readonly LoggedRow[]): Uint8Array {
  const sink = new ByteSink()
  const rows = noRows()
  sink.u8(version)
  sink.varint(logged.length)
  for (const { point, row } of logged) {
    sink.varint(point)
    push(rows, row)
  }
  writeTimes(sink, rows.at)
  writeTimes(sink, rows.receivedAt)
  writeRuns(sink, rows.mark)
  writeRuns(sink, rows.period)
  writeValues(sink, rows.value)
  sink.text(JSON.stringify(rows.faults))
  const body = sink.done()
  const batch = new Uint8Array(4 + body.length)
  new DataView(batch.buffer).setUint32(0, crc32(body), true)
  batch.set(body, 4)
  return batch
}

/** Throws BadBytes. */
export function unpackBatch(bytes: Uint8Array): LoggedRow[] {
  const body = bytes.subarray(4)
  const checksum = bytes.length < 4 ? undefined : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
  if (checksum !== crc32(body)) throw new BadBytes('the checksum does not fit')
  const source = new ByteSource(body)
  const form = source.u8()
  if (form !== version && form !== withoutPeriods) throw new BadBytes('not a batch of readings')
  const count = source.varint()
  const points: number[] = []
  for (let index = 0; index < count; index++) points.push(source.varint())
  const at = readTimes(source, count)
  const receivedAt = readTimes(source, count)
  const mark = readRuns(source, count)
  const period = form === withoutPeriods ? mark.map(() => 0) : readRuns(source, count)
  const value = readValues(source, count)
  const rows: Rows = { at, receivedAt, mark, period, value, faults: JSON.parse(source.text()) as Fault[] }
  return points.map((point, index) => ({ point, row: rowAt(rows, index) }))
}
