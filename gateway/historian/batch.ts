import { crc32 } from 'node:zlib'
import type { Fault } from '../../protocols/contract/fault.ts'
import { BadBytes, ByteSink, ByteSource } from './bytes.ts'
import * as before from './columns-before.ts'
import { readBeside, readRuns, readTimes, readValues, writeBeside, writeRuns, writeTimes, writeValues } from './columns.ts'
import { rowAt } from './rows.ts'
import type { Row, Rows } from './rows.ts'

/** Readings of many points in the order they came, as columns. The period is given when they are written down. */
export interface Batch extends Omit<Rows, 'period'> {
  readonly points: readonly string[]
  /** Per row, the position of its point in `points`. */
  readonly which: ArrayLike<number>
}

/** The same as it crosses: the points by their places among all names that came over so far, with those that are new. */
export interface Gathered extends Omit<Batch, 'points'> {
  readonly names: readonly string[]
}

/** Rows of the log name points by their number in the point table. */
export interface Logged {
  readonly point: ArrayLike<number>
  readonly rows: Rows
}
/** One of them. */
export interface LoggedRow {
  readonly point: number
  readonly row: Row
}

const version = 3
const withPeriods = 2
const withoutPeriods = 1

/** One row of the log: CRC-32, then the columns. It lives until its readings are sealed, so it is written fast rather than small. */
export function packBatch({ point, rows }: Logged): Uint8Array {
  const sink = new ByteSink()
  // Room for the checksum.
  for (let index = 0; index < 4; index++) sink.u8(0)
  sink.u8(version)
  sink.varint(rows.at.length)
  writeTimes(sink, point)
  writeTimes(sink, rows.at)
  writeBeside(sink, rows.receivedAt, rows.at)
  writeRuns(sink, rows.mark)
  writeRuns(sink, rows.period)
  writeValues(sink, rows.value)
  sink.text(JSON.stringify(rows.faults))
  const batch = sink.done()
  new DataView(batch.buffer, batch.byteOffset).setUint32(0, crc32(batch.subarray(4)), true)
  return batch
}

/** Throws BadBytes. */
export function unpackBatch(bytes: Uint8Array): Logged {
  const body = bytes.subarray(4)
  const checksum = bytes.length < 4 ? undefined : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
  if (checksum !== crc32(body)) throw new BadBytes('the checksum does not fit')
  const source = new ByteSource(body)
  const form = source.u8()
  if (form === withPeriods || form === withoutPeriods) return unpackOld(source, form)
  if (form !== version) throw new BadBytes('not a batch of readings')
  const count = source.varint()
  const point = readTimes(source, count)
  const at = readTimes(source, count)
  const receivedAt = readBeside(source, at)
  const mark = readRuns(source, count)
  const period = readRuns(source, count)
  const value = readValues(source, count)
  return { point, rows: { at, receivedAt, mark, period, value, faults: JSON.parse(source.text()) as Fault[] } }
}

function unpackOld(source: ByteSource, form: number): Logged {
  const count = source.varint()
  const point: number[] = []
  for (let index = 0; index < count; index++) point.push(source.varint())
  const at = before.readTimes(source, count)
  const receivedAt = before.readTimes(source, count)
  const mark = readRuns(source, count)
  const period = form === withoutPeriods ? new Uint32Array(count) : readRuns(source, count)
  const value = before.readValues(source, count)
  return { point, rows: { at, receivedAt, mark, period, value, faults: JSON.parse(source.text()) as Fault[] } }
}

/** The rows of a batch one by one, each with its point. */
export function* rowsOf({ point, rows }: Logged): Generator<LoggedRow> {
  for (let index = 0; index < point.length; index++) yield { point: point[index] as number, row: rowAt(rows, index) }
}
