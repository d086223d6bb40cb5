import { BadBytes } from './bytes.ts'
import type { ByteSink, ByteSource } from './bytes.ts'

type Numbers = ArrayLike<number>

// Whole numbers up to here keep their differences within what a varint holds exactly.
const largestWhole = 2 ** 49
const mostDecimals = 9
const powers = Array.from({ length: mostDecimals + 1 }, (_, decimals) => 10 ** decimals)

const asWhole = 0
const asRaw = 1
const asDecimal = 2
const asSingleDecimal = 3

/** Times in order: what each step differs from the usual one, which is 0 for a steady rhythm; raw when they are not whole milliseconds. */
export function writeTimes(sink: ByteSink, times: Numbers): void {
  if (!areWhole(times)) return writeRaw(sink, times)
  sink.u8(asWhole)
  if (times.length === 0) return
  const usual = usualStep(times)
  sink.zigzag(times[0] as number)
  sink.zigzag(usual)
  const steps = new Float64Array(times.length - 1)
  for (let index = 0; index < steps.length; index++)
    steps[index] = (times[index + 1] as number) - (times[index] as number) - usual
  sink.wholes(steps)
}

export function readTimes(source: ByteSource, count: number): Float64Array {
  if (form(source, asWhole, asRaw) === asRaw) return readRaw(source, count)
  if (count === 0) return new Float64Array(0)
  let last = source.zigzag()
  const usual = source.zigzag()
  const steps = source.wholes(count - 1)
  const times = new Float64Array(count)
  times[0] = last
  for (let index = 1; index < count; index++) times[index] = last += usual + (steps[index - 1] as number)
  return times
}

/** A column that follows another closely, such as arrival after event time: what its distance differs from the usual one. */
export function writeBeside(sink: ByteSink, values: Numbers, others: Numbers): void {
  if (!areWhole(values) || !areWhole(others)) return writeRaw(sink, values)
  sink.u8(asWhole)
  const distances = new Float64Array(values.length)
  for (let index = 0; index < values.length; index++) distances[index] = (values[index] as number) - (others[index] as number)
  const usual = middleOf(distances)
  sink.zigzag(usual)
  for (let index = 0; index < distances.length; index++) distances[index] = (distances[index] as number) - usual
  sink.wholes(distances)
}

export function readBeside(source: ByteSource, others: Numbers): Float64Array {
  if (form(source, asWhole, asRaw) === asRaw) return readRaw(source, others.length)
  const usual = source.zigzag()
  const values = source.wholes(others.length)
  for (let index = 0; index < values.length; index++)
    values[index] = (values[index] as number) + usual + (others[index] as number)
  return values
}

/**
 * Sensor values are short decimals, or single-precision copies of them: the steps of the scaled whole numbers are small. Anything
 * else is kept bit by bit, with equal bytes of neighbours side by side so that they still compress.
 */
export function writeValues(sink: ByteSink, values: Numbers): void {
  const decimals = decimalsOf(values)
  if (decimals !== undefined) return writeScaled(sink, values, asDecimal, decimals)
  const single = fewestDecimals(values, true)
  if (single !== undefined) return writeScaled(sink, values, asSingleDecimal, single)
  writeRaw(sink, values)
}

export function readValues(source: ByteSource, count: number): Float64Array {
  const kind = form(source, asDecimal, asSingleDecimal, asRaw)
  if (kind === asRaw) return readRaw(source, count)
  const scale = powers[source.u8()]
  if (scale === undefined) throw new BadBytes('a scale that is never written')
  const values = source.wholes(count)
  let last = 0
  if (kind === asDecimal) for (let index = 0; index < count; index++) values[index] = (last += values[index] as number) / scale
  else for (let index = 0; index < count; index++) values[index] = Math.fround((last += values[index] as number) / scale)
  return values
}

/** Numbers that change rarely: each with how often it stands in a row. */
export function writeRuns(sink: ByteSink, values: Numbers): void {
  let start = 0
  while (start < values.length) {
    const value = values[start] as number
    let end = start + 1
    while (end < values.length && values[end] === value) end++
    sink.varint(value)
    sink.varint(end - start)
    start = end
  }
}

export function readRuns(source: ByteSource, count: number): Uint32Array {
  const values = new Uint32Array(count)
  let start = 0
  while (start < count) {
    const value = source.varint()
    const length = source.varint()
    if (length === 0 || length > count - start) throw new BadBytes('a run of an impossible length')
    values.fill(value, start, (start += length))
  }
  return values
}

/** How many decimals bring every value back exactly, at most nine; `undefined` when some value needs more. */
export const decimalsOf = (values: Numbers): number | undefined => fewestDecimals(values, false)

function writeScaled(sink: ByteSink, values: Numbers, kind: number, decimals: number): void {
  sink.u8(kind)
  sink.u8(decimals)
  const scale = powers[decimals] as number
  const steps = new Float64Array(values.length)
  let last = 0
  for (let index = 0; index < values.length; index++) {
    const whole = Math.round((values[index] as number) * scale)
    steps[index] = whole - last
    last = whole
  }
  sink.wholes(steps)
}

function fewestDecimals(values: Numbers, single: boolean): number | undefined {
  let decimals = 0
  let raisedAt = 0
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number
    while (!comesBack(value, powers[decimals] as number, single)) {
      if (++decimals > mostDecimals) return undefined
      raisedAt = index
    }
  }
  // More decimals than an earlier value needed may have made it too large.
  const scale = powers[decimals] as number
  for (let index = 0; index < raisedAt; index++) if (!comesBack(values[index] as number, scale, single)) return undefined
  return decimals
}

function comesBack(value: number, scale: number, single: boolean): boolean {
  const whole = Math.round(value * scale)
  const back = single ? Math.fround(whole / scale) : whole / scale
  return back === value && whole <= largestWhole && whole >= -largestWhole && (value !== 0 || 1 / value > 0)
}

function writeRaw(sink: ByteSink, values: Numbers): void {
  sink.u8(asRaw)
  const bytes = new Uint8Array(Float64Array.from(values).buffer)
  const planes = new Uint8Array(bytes.length)
  for (let plane = 0; plane < 8; plane++)
    for (let index = 0; index < values.length; index++) planes[plane * values.length + index] = bytes[index * 8 + plane] as number
  sink.block(planes)
}

function readRaw(source: ByteSource, count: number): Float64Array {
  const planes = source.block(count * 8)
  const bytes = new Uint8Array(count * 8)
  for (let plane = 0; plane < 8; plane++)
    for (let index = 0; index < count; index++) bytes[index * 8 + plane] = planes[plane * count + index] as number
  return new Float64Array(bytes.buffer)
}

function form(source: ByteSource, ...known: readonly number[]): number {
  const kind = source.u8()
  if (!known.includes(kind)) throw new BadBytes(`a column of unknown form ${kind}`)
  return kind
}

function areWhole(values: Numbers): boolean {
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number
    if (!(Math.trunc(value) === value && value <= largestWhole && value >= -largestWhole)) return false
    if (value === 0 && 1 / value < 0) return false
  }
  return true
}

// A handful of steps tells the rhythm; sorting thousands of them would cost more than it saves.
const looks = 33

function usualStep(times: Numbers): number {
  const steps = new Float64Array(Math.min(looks, times.length - 1))
  const stride = Math.max(1, Math.floor((times.length - 1) / looks))
  for (let look = 0; look < steps.length; look++)
    steps[look] = (times[look * stride + 1] as number) - (times[look * stride] as number)
  return middleOf(steps)
}

/** Roughly the median. */
function middleOf(values: Float64Array): number {
  if (values.length === 0) return 0
  const stride = Math.max(1, Math.floor(values.length / looks))
  const some = new Float64Array(Math.ceil(values.length / stride))
  let isSteady = true
  for (let index = 0; index < some.length; index++) {
    some[index] = values[index * stride] as number
    if (some[index] !== some[0]) isSteady = false
  }
  if (isSteady) return some[0] as number
  return some.sort()[some.length >> 1] as number
}
