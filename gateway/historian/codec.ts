import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { Fault } from '../../protocols/contract/fault.ts'
import { BadBytes, ByteSink, ByteSource } from './bytes.ts'
import * as before from './columns-before.ts'
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
  /** The sealing periods in which its rows were written down; both 0 in blocks of older versions, which must be asked row by row. */
  readonly firstPeriod: number
  readonly lastPeriod: number
}

/** The columns that a question about values needs. */
export type Figures = Pick<Rows, 'at' | 'mark' | 'value' | 'faults'>

const version = 3
const withPeriods = 2
const withoutPeriods = 1
const oldHead = 1 + 4 + 3 * 4 + 6 * 8
const newHead = oldHead + 3 * 4
// A block never unpacks to more: a forged or mangled length must not take the memory.
const mostUnpacked = 64 * 1024 * 1024
// Steps are packed before zstd sees them: a higher level takes ten times as long for one byte in fifty.
const level = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

/**
 * A block of few rows is opened again and made larger soon, or joined with its neighbours: a compressor made for each would cost more than all
 * the rest (of ten thousand points such a block is written every thirty readings). It stands as it is in a frame that zstd reads too.
 */
const worthPacking = 256
const mostStored = 4_096
const storedHead = 12
// RFC 8878: the magic number; then a descriptor that says one segment, its length in four bytes.
const storedMagic = 0xfd2fb528
const storedDescriptor = 0xa0

/** A zstd frame of one raw block. */
function stored(columns: Uint8Array): Uint8Array {
  const frame = new Uint8Array(storedHead + columns.length)
  const view = new DataView(frame.buffer)
  view.setUint32(0, storedMagic, true)
  frame[4] = storedDescriptor
  view.setUint32(5, columns.length, true)
  // Three bytes: the last block, raw, of so many bytes.
  view.setUint16(9, ((columns.length << 3) | 1) & 0xffff, true)
  frame[11] = columns.length >> 13
  frame.set(columns, storedHead)
  return frame
}

/** What a frame of our own holds; `undefined` for any other. */
function storedIn(packed: Uint8Array, length: number): Uint8Array | undefined {
  if (packed.length !== storedHead + length || packed[4] !== storedDescriptor) return undefined
  const view = new DataView(packed.buffer, packed.byteOffset)
  const isOurs = view.getUint32(0, true) === storedMagic && view.getUint32(5, true) === length
  const isRaw = (view.getUint16(9, true) | ((packed[11] as number) << 16)) === ((length << 3) | 1)
  return isOurs && isRaw ? packed.subarray(storedHead) : undefined
}

/** One for all: thousands of small blocks are packed in a row, and what a sink holds is copied into each. */
const sink = new ByteSink()

/** Packs rows in time order: version, CRC-32 of all that follows, summary, zstd of the columns. */
export function seal(rows: Rows): Uint8Array {
  const columns = columnsOf(rows, sink.begin())
  const packed =
    rows.at.length < worthPacking && columns.length <= mostStored ? stored(columns) : zstdCompressSync(columns, level)
  const block = new Uint8Array(newHead + packed.length)
  const view = new DataView(block.buffer)
  const { rows: length, count, bad: faulty, first, last, sum, min, max, widest, firstPeriod, lastPeriod } = summaryOf(rows)
  block[0] = version
  ;[length, count, faulty].forEach((figure, index) => view.setUint32(5 + index * 4, figure, true))
  ;[first, last, sum, min, max, widest].forEach((figure, index) => view.setFloat64(17 + index * 8, figure, true))
  ;[firstPeriod, lastPeriod, columns.length].forEach((figure, index) => view.setUint32(oldHead + index * 4, figure, true))
  block.set(packed, newHead)
  view.setUint32(1, crc32(block.subarray(5)), true)
  return block
}

/** Throws BadBytes when a single bit differs from what was sealed. */
export function unseal(block: Uint8Array): Rows {
  const summary = summaryIn(block)
  if (block[0] !== version) return unsealOld(block, summary)
  const source = unpack(block)
  const figures = readFigures(source, summary)
  return { ...figures, receivedAt: readBeside(source, figures.at), period: readRuns(source, summary.rows) }
}

/** The same without what only a few ask for: when readings came, and in which period they were written down. */
export function figuresIn(block: Uint8Array): Figures {
  const summary = summaryIn(block)
  return block[0] === version ? readFigures(unpack(block), summary) : unsealOld(block, summary)
}

function readFigures(source: ByteSource, { rows: count, bad: faulty }: Summary): Figures {
  const at = readTimes(source, count)
  const mark = readRuns(source, count)
  const values = readValues(source, count - faulty)
  const faults = JSON.parse(source.text()) as Fault[]
  return { at, mark, value: faulty === 0 ? values : spread(values, mark), faults }
}

function unsealOld(block: Uint8Array, { rows: count, bad: faulty }: Summary): Rows {
  const source = new ByteSource(unzip(block.subarray(oldHead), mostUnpacked))
  const at = before.readTimes(source, count)
  const receivedAt = before.readBeside(source, at)
  const mark = readRuns(source, count)
  const period = block[0] === withoutPeriods ? new Uint32Array(count) : readRuns(source, count)
  const values = before.readValues(source, count - faulty)
  const faults = JSON.parse(source.text()) as Fault[]
  return { at, receivedAt, value: faulty === 0 ? values : spread(values, mark), mark, period, faults }
}

/** Puts a 0 where a reading is bad and has no value. */
function spread(values: ArrayLike<number>, mark: Uint32Array): Float64Array {
  const result = new Float64Array(mark.length)
  let next = 0
  for (let index = 0; index < mark.length; index++)
    if (qualityOf(mark[index] as number) !== bad) result[index] = values[next++] as number
  return result
}

/** The summary, after the checksum has been compared. Throws BadBytes. */
export function summaryIn(block: Uint8Array): Summary {
  const form = block[0]
  const head = form === version ? newHead : form === withPeriods || form === withoutPeriods ? oldHead : Infinity
  if (block.length < head) throw new BadBytes('not a block of readings')
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength)
  if (view.getUint32(1, true) !== crc32(block.subarray(5))) throw new BadBytes('the checksum does not fit')
  const whole = (place: number): number => view.getUint32(5 + place * 4, true)
  const figure = (place: number): number => view.getFloat64(17 + place * 8, true)
  const period = (place: number): number => (form === version ? view.getUint32(oldHead + place * 4, true) : 0)
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
    firstPeriod: period(0),
    lastPeriod: period(1),
  }
}

export function summaryOf(rows: Rows): Summary {
  const { at, value: values, mark, period } = rows
  let count = 0
  let sum = 0
  let min = Infinity
  let max = -Infinity
  let faulty = 0
  let widest = 0
  let firstPeriod = at.length === 0 ? 0 : Infinity
  let lastPeriod = 0
  for (let index = 0; index < at.length; index++) {
    const quality = qualityOf(mark[index] as number)
    if (quality === bad) faulty++
    const step = index === 0 ? 0 : (at[index] as number) - (at[index - 1] as number)
    if (step > widest) widest = step
    const written = period[index] as number
    if (written < firstPeriod) firstPeriod = written
    if (written > lastPeriod) lastPeriod = written
    const value = values[index] as number
    if (quality !== good || !Number.isFinite(value)) continue
    count++
    sum += value
    if (value < min) min = value
    if (value > max) max = value
  }
  const [first, last] = [at[0] ?? 0, at[at.length - 1] ?? 0]
  return { rows: at.length, first, last, count, sum, min, max, bad: faulty, widest, firstPeriod, lastPeriod }
}

/** What most questions need comes first, so that the rest need not be read. */
function columnsOf(rows: Rows, sink: ByteSink): Uint8Array {
  writeTimes(sink, rows.at)
  writeRuns(sink, rows.mark)
  writeValues(sink, rows.faults.length === 0 ? rows.value : valuesOf(rows))
  sink.text(JSON.stringify(rows.faults))
  writeBeside(sink, rows.receivedAt, rows.at)
  writeRuns(sink, rows.period)
  return sink.done()
}

const valuesOf = ({ value, mark }: Rows): number[] =>
  Array.from(value).filter((_, index) => qualityOf(mark[index] as number) !== bad)

function unpack(block: Uint8Array): ByteSource {
  const length = new DataView(block.buffer, block.byteOffset).getUint32(oldHead + 8, true)
  if (length > mostUnpacked) throw new BadBytes('a block of an impossible length')
  const packed = block.subarray(newHead)
  return new ByteSource(storedIn(packed, length) ?? unzip(packed, length))
}

function unzip(packed: Uint8Array, length: number): Uint8Array {
  try {
    // One piece of the right size where it is known: growing one costs as much as unpacking.
    return zstdDecompressSync(packed, { maxOutputLength: length, chunkSize: Math.min(Math.max(length, 64), 1 << 20) })
  } catch (error) {
    throw new BadBytes(error instanceof Error ? error.message : String(error))
  }
}
