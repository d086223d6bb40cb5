import { crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { Fault } from '../../protocols/contract/fault.ts'
import { BadBytes, ByteSink, ByteSource } from './bytes.ts'
import { readBeside, readRuns, readTimes, readValues, writeBeside, writeRuns, writeTimes, writeValues } from './columns.ts'
import { bad, good, qualityOf } from './rows.ts'
import type { Rows } from './rows.ts'

/** What a block says of itself without being unpacked. Only good, finite values enter `count`, `sum`, `min`, `max`. */
export interface Summary {
  readonly rows: number
  readonly first: number
  readonly last: number
  readonly count: number
  readonly sum: number
  readonly min: number
  readonly max: number
  /** Bad readings, and the longest time between two neighbours: a block without holes need not be unpacked to look for them. */
  readonly bad: number
  readonly widest: number
}

const version = 2
// Blocks before there were sealing periods.
const withoutPeriods = 1
const headBytes = 1 + 4 + 3 * 4 + 6 * 8
// A block never unpacks to more: a forged or mangled length must not take the memory.
const mostUnpacked = 64 * 1024 * 1024

/** Packs rows in time order: version, CRC-32 of all that follows, summary, zstd of the columns. */
export function seal(rows: Rows): Uint8Array {
  const packed = zstdCompressSync(columnsOf(rows))
  const block = new Uint8Array(headBytes + packed.length)
  const view = new DataView(block.buffer)
  const { rows: length, count, bad: faulty, first, last, sum, min, max, widest } = summaryOf(rows)
  block[0] = version
  ;[length, count, faulty].forEach((figure, index) => view.setUint32(5 + index * 4, figure, true))
  ;[first, last, sum, min, max, widest].forEach((figure, index) => view.setFloat64(17 + index * 8, figure, true))
  block.set(packed, headBytes)
  view.setUint32(1, crc32(block.subarray(5)), true)
  return block
}

/** Throws BadBytes when a single bit differs from what was sealed. */
export function unseal(block: Uint8Array): Rows {
  const { rows: count, bad: faulty } = summaryIn(block)
  const source = new ByteSource(unpack(block.subarray(headBytes)))
  const at = readTimes(source, count)
  const receivedAt = readBeside(source, at)
  const mark = readRuns(source, count)
  const period = block[0] === withoutPeriods ? mark.map(() => 0) : readRuns(source, count)
  const values = readValues(source, count - faulty)
  const faults = JSON.parse(source.text()) as Fault[]
  return { at, receivedAt, value: faulty === 0 ? values : spread(values, mark), mark, period, faults }
}

/** Puts a 0 where a reading is bad and has no value. */
function spread(values: readonly number[], mark: readonly number[]): number[] {
  let next = 0
  return mark.map(each => (qualityOf(each) === bad ? 0 : (values[next++] ?? 0)))
}

/** The summary, after the checksum has been compared. Throws BadBytes. */
export function summaryIn(block: Uint8Array): Summary {
  if (block.length < headBytes || (block[0] !== version && block[0] !== withoutPeriods))
    throw new BadBytes('not a block of readings')
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength)
  if (view.getUint32(1, true) !== crc32(block.subarray(5))) throw new BadBytes('the checksum does not fit')
  const whole = (place: number): number => view.getUint32(5 + place * 4, true)
  const figure = (place: number): number => view.getFloat64(17 + place * 8, true)
  return {
    rows: whole(0),
    count: whole(1),
    bad: whole(2),
    first: figure(0),
    last: figure(1),
    sum: figure(2),
    min: figure(3),
    max: figure(4),
    widest: figure(5),
  }
}

export function summaryOf(rows: Rows): Summary {
  let count = 0
  let sum = 0
  let min = Infinity
  let max = -Infinity
  let faulty = 0
  let widest = 0
  for (let index = 0; index < rows.at.length; index++) {
    const value = rows.value[index] ?? Number.NaN
    const quality = qualityOf(rows.mark[index] ?? bad)
    if (quality === bad) faulty++
    if (index > 0) widest = Math.max(widest, (rows.at[index] ?? 0) - (rows.at[index - 1] ?? 0))
    if (quality !== good || !Number.isFinite(value)) continue
    count++
    sum += value
    if (value < min) min = value
    if (value > max) max = value
  }
  return { rows: rows.at.length, first: rows.at[0] ?? 0, last: rows.at.at(-1) ?? 0, count, sum, min, max, bad: faulty, widest }
}

function columnsOf(rows: Rows): Uint8Array {
  const sink = new ByteSink()
  writeTimes(sink, rows.at)
  writeBeside(sink, rows.receivedAt, rows.at)
  writeRuns(sink, rows.mark)
  writeRuns(sink, rows.period)
  writeValues(
    sink,
    rows.value.filter((_, index) => qualityOf(rows.mark[index] ?? bad) !== bad),
  )
  sink.text(JSON.stringify(rows.faults))
  return sink.done()
}

function unpack(packed: Uint8Array): Uint8Array {
  try {
    return zstdDecompressSync(packed, { maxOutputLength: mostUnpacked })
  } catch (error) {
    throw new BadBytes(error instanceof Error ? error.message : String(error))
  }
}
