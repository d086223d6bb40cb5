import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import type { PointId } from '../contract/reading.ts'
import type { Scaling } from '../kit/number.ts'
import { shortestFloat, toValue } from '../kit/number.ts'
import { layout, readBcd } from '../kit/orders.ts'
import type { ReadRequest } from './plan.ts'
import type { ModbusPoint } from './points.ts'
import type { WordType } from './types.ts'
import { isBitTable } from './types.ts'

/** A value in the point's own unit, or why there is none. */
export type Decoded = number | Fault

/** Everything about one point that is known before its bytes come. */
export interface PointReader {
  readonly point: PointId
  /** From the data bytes of the read, which the session has found to be as many as asked for. */
  read(data: Buffer): Decoded
  /** The value's own bytes, as they came. */
  bytes(data: Buffer): Buffer
}

type Raw = (data: Buffer) => Decoded

/** The readers of a request's points, in its order: made once, used for every answer. */
export function readersOf(request: ReadRequest): readonly PointReader[] {
  return request.points.map(point => readerOf(point, request))
}

function readerOf(point: ModbusPoint, request: ReadRequest): PointReader {
  const index = point.register - request.start
  if (isBitTable(point.table)) {
    const [at, bit] = [index >> 3, index & 7]
    const raw: Raw = data => (at < data.length ? ((data[at] ?? 0) >> bit) & 1 : tooShort)
    return { point: point.point, read: finished(raw, point), bytes: data => data.subarray(at, at + 1) }
  }
  const from = index * 2
  const to = from + point.width * 2
  const plain = wordReader(point, from)
  const whole: Raw = data => (to <= data.length ? plain(data) : tooShort)
  const divided = point.decimals ? withDecimals(whole, point.decimals, (point.decimals.register - request.start) * 2) : whole
  return { point: point.point, read: finished(divided, point), bytes: data => data.subarray(from, to) }
}

const tooShort = fault('garbled', 'The answer is shorter than the value.')
const noNumber = (what: string): Fault => fault('not-a-number', `The device sent ${what}, which is no number.`)

/** Bytes put in their order until they are read, of one value at a time: by their number. */
const scratches = new Map([2, 4, 8].map(length => [length, Buffer.alloc(length)]))

function wordReader(point: ModbusPoint, from: number): Raw {
  const places = layout(point.width, point.order).map(place => from + place)
  const [a = 0, b = 0, c = 0, d = 0] = places
  const inOrder = places.every((place, index) => place === from + index)
  const scratch = scratches.get(places.length) ?? Buffer.alloc(0)
  const gather = (data: Buffer): Buffer => {
    for (let index = 0; index < places.length; index++) scratch[index] = data[places[index] ?? 0] ?? 0
    return scratch
  }
  switch (point.type) {
    case 'bit':
    case 'bits': {
      const mask = 2 ** point.count - 1
      return data => ((((data[a] ?? 0) << 8) | (data[b] ?? 0)) >> point.bit) & mask
    }
    case 'uint16':
      return data => ((data[a] ?? 0) << 8) | (data[b] ?? 0)
    case 'int16':
      return data => ((((data[a] ?? 0) << 8) | (data[b] ?? 0)) << 16) >> 16
    case 'uint32':
      return data => (((data[a] ?? 0) << 24) | ((data[b] ?? 0) << 16) | ((data[c] ?? 0) << 8) | (data[d] ?? 0)) >>> 0
    case 'int32':
      return data => ((data[a] ?? 0) << 24) | ((data[b] ?? 0) << 16) | ((data[c] ?? 0) << 8) | (data[d] ?? 0)
    case 'float32':
      return inOrder ? data => shortestFloat(data.readFloatBE(from)) : data => shortestFloat(gather(data).readFloatBE(0))
    case 'float64':
      return data => gather(data).readDoubleBE(0)
    case 'int64':
      return data => exactly(gather(data).readBigInt64BE(0))
    case 'uint64':
      return data => exactly(gather(data).readBigUInt64BE(0))
    case 'bcd16':
    case 'bcd32':
    case 'bcd64':
      return data => exactly(readBcd(gather(data)) ?? `0x${gather(data).toString('hex')} as decimal digits`)
    case 'string':
      return data => numberIn(textOf(data, from, point), point)
  }
}

/** Registers keep their order in a text; only the two characters of each may be turned. */
function textOf(data: Buffer, from: number, { width, order }: ModbusPoint): string {
  const turned = order === 'BADC' || order === 'DCBA'
  let text = ''
  for (let index = 0; index < width * 2; index++) {
    const byte = data[from + (turned ? index ^ 1 : index)] ?? 0
    if (byte === 0) break
    text += String.fromCharCode(byte)
  }
  return text.trim()
}

function numberIn(text: string, { map }: ModbusPoint): Decoded {
  const meant = map?.get(text)
  if (meant !== undefined) return meant
  if (!map && /^[+-]?\d{1,15}(\.\d{1,15})?$/.test(text)) return Number(text)
  return noNumber(JSON.stringify(text.slice(0, 40)))
}

function exactly(value: bigint | number | string): Decoded {
  if (typeof value === 'string') return noNumber(value)
  const number = Number(value)
  return Number.isSafeInteger(number)
    ? number
    : fault('out-of-range', `${value} has more digits than a reading can hold exactly.`)
}

/** No meter has more decimals; a larger figure is another register. */
const mostDecimals = 9

function withDecimals(raw: Raw, { highByte }: NonNullable<ModbusPoint['decimals']>, at: number): Raw {
  return data => {
    if (at < 0 || at + 2 > data.length) return tooShort
    const places = highByte ? data.readUInt8(at) : data.readUInt16BE(at)
    if (places > mostDecimals) return noNumber(`${places} as the number of decimals`)
    const value = raw(data)
    return typeof value === 'number' ? value / 10 ** places : value
  }
}

/** From the raw number to the point's own: sentinels, scale, unit, plausible range. */
function finished(raw: Raw, point: ModbusPoint): Raw {
  const scaled = scaler(point, point.decimals !== undefined)
  const { sentinels } = point
  if (sentinels.length === 0) {
    return data => {
      const value = raw(data)
      return typeof value === 'number' ? scaled(value) : value
    }
  }
  return data => {
    const value = raw(data)
    if (typeof value !== 'number') return value
    return sentinels.some(code => isSentinel(code, value, point))
      ? fault('sentinel', `The device sent ${value}, its code for "no sensor".`)
      : scaled(value)
  }
}

/** The same as `toValue` without its detours where nothing is to be computed, or only tenths, hundredths … of a whole number. */
function scaler(scaling: Scaling, fraction: boolean): (raw: number) => Decoded {
  const { scale, offset, convert, plausible } = scaling
  const thorough = (raw: number): Decoded => {
    const answer = toValue(raw, scaling)
    return answer.ok ? answer.value : answer.fault
  }
  const parts = Math.round(1 / scale)
  const tenths = Math.abs(scale) < 1 && [10, 100, 1_000, 10_000].includes(parts) && 1 / parts === scale && !fraction
  if (offset !== 0 || convert || (scale !== 1 && !tenths)) return thorough
  const least = plausible?.min ?? -Number.MAX_VALUE
  const most = plausible?.max ?? Number.MAX_VALUE
  return raw => {
    const value = tenths ? raw / parts : raw
    if (!(value >= least && value <= most) || (tenths && (!Number.isInteger(raw) || Math.abs(raw) > 1e11))) return thorough(raw)
    return value === 0 ? 0 : value
  }
}

const signBits: Partial<Record<WordType, number>> = { int16: 16, int32: 32, int64: 64 }

/** Manuals print the code unsigned (32768, 65535) or signed (-32768, -1); both are understood. */
function isSentinel(code: number, raw: number, { type }: ModbusPoint): boolean {
  const bits = signBits[type]
  if (type === 'float32') return Math.fround(code) === Math.fround(raw)
  return code === raw || (bits !== undefined && raw < 0 && code === raw + 2 ** bits)
}
