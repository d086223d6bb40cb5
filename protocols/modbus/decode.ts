import { fault } from '../contract/fault.ts'
import type { Answer } from '../kit/answer.ts'
import { answered, failed } from '../kit/answer.ts'
import { shortestFloat, toValue } from '../kit/number.ts'
import type { ModbusPoint, Order, WordType } from './config.ts'
import { isBitTable } from './config.ts'
import type { ReadRequest } from './plan.ts'

/** The value of one point out of the data bytes of its read. The session has already checked that they are as many as asked for. */
export function decode(point: ModbusPoint, request: ReadRequest, data: Uint8Array): Answer<number> {
  const raw = isBitTable(point.table)
    ? rawBit(point.register - request.start, data)
    : rawWords(point, bytesOf(point, request, data))
  if (!raw.ok) return raw
  if (point.sentinels.some(code => isSentinel(code, raw.value, point))) {
    return failed(fault('sentinel', `The device sent ${raw.value}, its code for "no sensor".`))
  }
  return toValue(raw.value, point)
}

/** The point's own bytes, as they came. */
export function bytesOf(point: ModbusPoint, request: ReadRequest, data: Uint8Array): Uint8Array {
  const start = point.register - request.start
  return isBitTable(point.table)
    ? data.subarray(start >> 3, (start >> 3) + 1)
    : data.subarray(start * 2, (start + point.width) * 2)
}

function rawBit(index: number, data: Uint8Array): Answer<number> {
  const byte = data[index >> 3]
  return byte === undefined ? tooShort() : answered((byte >> (index & 7)) & 1)
}

function rawWords(point: ModbusPoint, bytes: Uint8Array): Answer<number> {
  if (bytes.length !== point.width * 2) return tooShort()
  const view = new DataView(Uint8Array.from(arrange(bytes, point.order)).buffer)
  switch (point.type) {
    case 'bit':
      return answered((view.getUint16(0) >> point.bit) & 1)
    case 'int16':
      return answered(view.getInt16(0))
    case 'uint16':
      return answered(view.getUint16(0))
    case 'int32':
      return answered(view.getInt32(0))
    case 'uint32':
      return answered(view.getUint32(0))
    case 'int64':
      return exactly(view.getBigInt64(0))
    case 'uint64':
      return exactly(view.getBigUint64(0))
    case 'float32':
      return answered(shortestFloat(view.getFloat32(0)))
    case 'float64':
      return answered(view.getFloat64(0))
  }
}

const tooShort = (): Answer<number> => failed(fault('garbled', 'The answer is shorter than the value.'))

/** Puts the bytes into network order. Beyond two words the word order is turned as a whole. */
export function arrange(bytes: Uint8Array, order: Order): Uint8Array {
  const swapsWords = order === 'CDAB' || order === 'DCBA'
  const swapsBytes = order === 'BADC' || order === 'DCBA'
  return bytes.map((_, index) => {
    const word = index >> 1
    const from = (swapsWords ? bytes.length / 2 - 1 - word : word) * 2 + (swapsBytes ? 1 - (index & 1) : index & 1)
    return bytes[from] ?? 0
  })
}

function exactly(value: bigint): Answer<number> {
  const number = Number(value)
  return Number.isSafeInteger(number)
    ? answered(number)
    : failed(fault('out-of-range', `${value} has more digits than a reading can hold exactly.`))
}

const signBits: Partial<Record<WordType, number>> = { int16: 16, int32: 32, int64: 64 }

/** Manuals print the code unsigned (32768, 65535) or signed (-32768, -1); both are understood. */
function isSentinel(code: number, raw: number, { type }: ModbusPoint): boolean {
  const bits = signBits[type]
  if (type === 'float32') return Math.fround(code) === Math.fround(raw)
  return code === raw || (bits !== undefined && raw < 0 && code === raw + 2 ** bits)
}
