import { BadBytes } from './bytes.ts'
import type { ByteSink, ByteSource } from './bytes.ts'

// Whole numbers up to here keep their differences of differences within what a varint holds exactly.
const largestWhole = 2 ** 50
const mostDecimals = 9

const asWhole = 0
const asRaw = 1
const asDecimal = 2
const asSingleDecimal = 3

/** Times in order: steps of steps, which are all 0 for a steady rhythm; raw when they are not whole milliseconds. */
export function writeTimes(sink: ByteSink, times: readonly number[]): void {
  if (!times.every(isWhole)) return writeRaw(sink, times)
  sink.u8(asWhole)
  let last = 0
  let step = 0
  for (const time of times) {
    sink.zigzag(time - last - step)
    step = time - last
    last = time
  }
}

export function readTimes(source: ByteSource, count: number): number[] {
  if (form(source, asWhole, asRaw) === asRaw) return readRaw(source, count)
  const times: number[] = []
  let last = 0
  let step = 0
  for (const change of source.zigzags(count)) {
    step += change
    last += step
    times.push(last)
  }
  return times
}

/** A column that follows another closely, such as arrival after event time: the changes of the distance. */
export function writeBeside(sink: ByteSink, values: readonly number[], others: readonly number[]): void {
  if (!values.every(isWhole) || !others.every(isWhole)) return writeRaw(sink, values)
  sink.u8(asWhole)
  let last = 0
  values.forEach((value, index) => {
    const distance = value - (others[index] ?? 0)
    sink.zigzag(distance - last)
    last = distance
  })
}

export function readBeside(source: ByteSource, others: readonly number[]): number[] {
  if (form(source, asWhole, asRaw) === asRaw) return readRaw(source, others.length)
  const changes = source.zigzags(others.length)
  let last = 0
  return others.map((other, index) => {
    last += changes[index] ?? 0
    return other + last
  })
}

/**
 * Sensor values are short decimals, or single-precision copies of them: the steps of the scaled whole numbers are small. Anything
 * else is kept bit by bit, with equal bytes of neighbours side by side so that they still compress.
 */
export function writeValues(sink: ByteSink, values: readonly number[]): void {
  const same = (value: number): number => value
  const decimals = fewestDecimals(values, same)
  if (decimals !== undefined) return writeScaled(sink, values, asDecimal, decimals)
  const single = fewestDecimals(values, Math.fround)
  if (single !== undefined) return writeScaled(sink, values, asSingleDecimal, single)
  writeRaw(sink, values)
}

export function readValues(source: ByteSource, count: number): number[] {
  const kind = form(source, asDecimal, asSingleDecimal, asRaw)
  if (kind === asRaw) return readRaw(source, count)
  const decimals = source.u8()
  if (decimals > mostDecimals) throw new BadBytes('a scale that is never written')
  const scale = 10 ** decimals
  const values: number[] = []
  let last = 0
  for (const change of source.zigzags(count)) {
    last += change
    values.push(kind === asDecimal ? last / scale : Math.fround(last / scale))
  }
  return values
}

/** Numbers that change rarely: each with how often it stands in a row. */
export function writeRuns(sink: ByteSink, values: readonly number[]): void {
  let start = 0
  while (start < values.length) {
    const value = values[start] ?? 0
    let end = start + 1
    while (end < values.length && values[end] === value) end++
    sink.varint(value)
    sink.varint(end - start)
    start = end
  }
}

export function readRuns(source: ByteSource, count: number): number[] {
  const values: number[] = []
  while (values.length < count) {
    const value = source.varint()
    const length = source.varint()
    if (length === 0 || length > count - values.length) throw new BadBytes('a run of an impossible length')
    for (let index = 0; index < length; index++) values.push(value)
  }
  return values
}

function writeScaled(sink: ByteSink, values: readonly number[], kind: number, decimals: number): void {
  sink.u8(kind)
  sink.u8(decimals)
  const scale = 10 ** decimals
  let last = 0
  for (const value of values) {
    const whole = Math.round(value * scale)
    sink.zigzag(whole - last)
    last = whole
  }
}

/** How many decimals bring every value back exactly, or `undefined`. */
function fewestDecimals(values: readonly number[], round: (value: number) => number): number | undefined {
  let decimals = 0
  for (const value of values) while (!comesBack(value, 10 ** decimals, round)) if (++decimals > mostDecimals) return undefined
  // More decimals than an earlier value needed may have made it too large.
  const scale = 10 ** decimals
  return values.every(value => comesBack(value, scale, round)) ? decimals : undefined
}

function comesBack(value: number, scale: number, round: (value: number) => number): boolean {
  const whole = Math.round(value * scale)
  return Math.abs(whole) <= largestWhole && round(whole / scale) === value && !Object.is(value, -0)
}

function writeRaw(sink: ByteSink, values: readonly number[]): void {
  sink.u8(asRaw)
  const bytes = new Uint8Array(Float64Array.from(values).buffer)
  for (let plane = 0; plane < 8; plane++)
    for (let index = 0; index < values.length; index++) sink.u8(bytes[index * 8 + plane] ?? 0)
}

function readRaw(source: ByteSource, count: number): number[] {
  const planes = source.block(count * 8)
  const bytes = new Uint8Array(count * 8)
  for (let plane = 0; plane < 8; plane++) {
    for (let index = 0; index < count; index++) bytes[index * 8 + plane] = planes[plane * count + index] ?? 0
  }
  return Array.from(new Float64Array(bytes.buffer))
}

function form(source: ByteSource, ...known: readonly number[]): number {
  const kind = source.u8()
  if (!known.includes(kind)) throw new BadBytes(`a column of unknown form ${kind}`)
  return kind
}

function isWhole(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) <= largestWhole && !Object.is(value, -0)
}
