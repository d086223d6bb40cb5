import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { BadBytes, ByteSink, ByteSource } from './bytes.ts'
import { decimalsOf, readRuns, readTimes, readValues, writeRuns, writeTimes, writeValues } from './columns.ts'
import type { Buckets, Rollup, RunGap, RunTimes, Tail } from './rollup.ts'

const version = 1
const headBytes = 1 + 4 + 4
const mostUnpacked = 64 * 1024 * 1024
const level = { params: { [constants.ZSTD_c_compressionLevel]: 3 } }
const largestWhole = 2 ** 49

/** Packs a rollup: version, CRC-32 of what follows, unpacked length, zstd of the columns. */
export function packRollup(rollup: Rollup): Uint8Array {
  const sink = new ByteSink()
  writeBuckets(sink, rollup.buckets)
  writeRunTimes(sink, rollup)
  const columns = sink.done()
  const packed = zstdCompressSync(columns, level)
  const bytes = new Uint8Array(headBytes + packed.length)
  const view = new DataView(bytes.buffer)
  bytes[0] = version
  view.setUint32(5, columns.length, true)
  bytes.set(packed, headBytes)
  view.setUint32(1, crc32(bytes.subarray(5)), true)
  return bytes
}

/** Throws BadBytes when a single bit differs. */
export function unpackRollup(bytes: Uint8Array): Rollup {
  if (bytes.length < headBytes || bytes[0] !== version) throw new BadBytes('not a rollup')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint32(1, true) !== crc32(bytes.subarray(5))) throw new BadBytes('the checksum does not fit')
  const length = view.getUint32(5, true)
  if (length > mostUnpacked) throw new BadBytes('a rollup of an impossible length')
  const chunkSize = Math.min(Math.max(length, 64), 1 << 20)
  const source = new ByteSource(
    zstdDecompressSync(bytes.subarray(headBytes), { maxOutputLength: Math.max(1, length), chunkSize }),
  )
  const buckets = readBuckets(source)
  return { buckets, ...readRunTimes(source) }
}

/** Extremes and sums of neighbours differ little, and a sum little from as many times its least: as scaled whole numbers those are small. */
function writeBuckets(sink: ByteSink, { every, start, count, sum, min, max }: Buckets): void {
  sink.varint(every)
  sink.varint(start.length)
  writeTimes(
    sink,
    start.map(at => at / every),
  )
  writeTimes(sink, count)
  const scale = scaleOf(sum, min, max)
  sink.u8(scale === undefined ? 0 : 1)
  if (scale === undefined) for (const column of [min, max, sum]) writeValues(sink, column)
  else {
    const whole = (column: Float64Array): Float64Array => column.map(value => Math.round(value * scale))
    const least = whole(min)
    sink.varint(scale)
    writeTimes(sink, least)
    sink.wholes(whole(max).map((value, index) => value - (least[index] as number)))
    sink.wholes(whole(sum).map((value, index) => value - (least[index] as number) * (count[index] as number)))
  }
}

function readBuckets(source: ByteSource): Buckets {
  const every = source.varint()
  const length = source.varint()
  const start = readTimes(source, length).map(index => index * every)
  const count = readTimes(source, length)
  if (source.u8() === 0) {
    const min = readValues(source, length)
    const max = readValues(source, length)
    return { every, start, count, min, max, sum: readValues(source, length) }
  }
  const scale = source.varint()
  const least = readTimes(source, length)
  const max = source.wholes(length).map((value, index) => (value + (least[index] as number)) / scale)
  const sum = source.wholes(length).map((value, index) => (value + (least[index] as number) * (count[index] as number)) / scale)
  return { every, start, count, min: least.map(value => value / scale), max, sum }
}

/** What makes all of them whole numbers that are small enough; `undefined` when nothing does. */
function scaleOf(sum: Float64Array, ...others: readonly Float64Array[]): number | undefined {
  const decimals = [sum, ...others].map(decimalsOf)
  const known = decimals.filter(each => each !== undefined)
  if (known.length < decimals.length) return undefined
  const scale = 10 ** Math.max(...known)
  const fits = [sum, ...others].every(column =>
    column.every(value => Math.abs(value * scale) < largestWhole / 4 && Math.round(value * scale) / scale === value),
  )
  return fits ? scale : undefined
}

function writeRunTimes(sink: ByteSink, { outside, gaps, tail }: RunTimes): void {
  sink.varint(outside.length)
  writeTimes(sink, outside)
  const causes = [...new Set(gaps.map(({ cause }) => cause))]
  sink.text(JSON.stringify(causes))
  sink.varint(gaps.length)
  writeTimes(
    sink,
    gaps.flatMap(({ from, to }) => [from, to]),
  )
  writeRuns(
    sink,
    gaps.map(({ cause }) => causes.indexOf(cause)),
  )
  sink.f64(tail.at)
  sink.u8(tail.isOutside ? 1 : 0)
  sink.text(tail.fault ?? '')
}

function readRunTimes(source: ByteSource): RunTimes {
  const outside = readTimes(source, source.varint())
  const causes = JSON.parse(source.text()) as RunGap['cause'][]
  const count = source.varint()
  const times = readTimes(source, 2 * count)
  const gaps = Array.from(readRuns(source, count), (cause, index): RunGap => ({
    from: times[2 * index] as number,
    to: times[2 * index + 1] as number,
    cause: causes[cause] ?? 'silent',
  }))
  const at = source.f64()
  const isOutside = source.u8() === 1
  const fault = source.text()
  return { outside, gaps, tail: { at, isOutside, fault: fault === '' ? undefined : (fault as NonNullable<Tail['fault']>) } }
}
