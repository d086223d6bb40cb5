import { fault } from '../contract/fault.ts'
import type { Fault } from '../contract/fault.ts'
import type { Table } from './types.ts'
import { isBitTable } from './types.ts'

/** The four reads are the only functions that exist here: the gateway cannot write to equipment. */
export type ReadFunction = 1 | 2 | 3 | 4
export const functionOf: Readonly<Record<Table, ReadFunction>> = { coil: 1, discrete: 2, holding: 3, input: 4 }

export interface Span {
  readonly unit: number
  readonly table: Table
  readonly start: number
  readonly quantity: number
}

/** Where unit, function, start and quantity stand in a request, whatever is around them. */
function putRead(bytes: Buffer, at: number, { unit, table, start, quantity }: Span): void {
  bytes[at] = unit
  bytes[at + 1] = functionOf[table]
  bytes[at + 2] = start >> 8
  bytes[at + 3] = start & 255
  bytes[at + 4] = quantity >> 8
  bytes[at + 5] = quantity & 255
}

/** A read behind its Modbus TCP header: transaction, protocol 0, length, unit, function, start, quantity. */
export function encodeTcpRead(transaction: number, span: Span): Buffer {
  const bytes = Buffer.allocUnsafe(12)
  bytes[0] = transaction >> 8
  bytes[1] = transaction & 255
  bytes[2] = bytes[3] = bytes[4] = 0
  bytes[5] = 6
  putRead(bytes, 6, span)
  return bytes
}

/** Data bytes that a right answer to this read carries. */
export const dataLength = ({ table, quantity }: Span): number => (isBitTable(table) ? Math.ceil(quantity / 8) : quantity * 2)

export type Judged =
  | { readonly kind: 'data'; readonly data: Buffer }
  | { readonly kind: 'exception'; readonly code: number }
  | { readonly kind: 'fault'; readonly fault: Fault }

/** Judges an answer (unit, function, …) against the read it should answer: nothing but an exact fit is data. */
export function judgeReply(span: Span, reply: Buffer): Judged {
  const [unit, code, third] = reply
  const expected = functionOf[span.table]
  if (unit !== span.unit) return wrong(`unit ${unit} answered, unit ${span.unit} was asked`)
  if (code === (expected | 0x80)) {
    return reply.length === 3 && third !== undefined
      ? { kind: 'exception', code: third }
      : garbled(`an exception of ${reply.length} bytes instead of 3`)
  }
  if (code === undefined) return garbled('an empty answer')
  if (code !== expected) return wrong(`function ${code} answered, function ${expected} was asked`)
  const length = dataLength(span)
  if (third !== length) return garbled(`byte count ${third ?? 'missing'} instead of ${length}`)
  if (reply.length !== 3 + length) return garbled(`${reply.length - 3} data bytes instead of ${length}`)
  return { kind: 'data', data: reply.subarray(3) }
}

const wrong = (detail: string): Judged => ({ kind: 'fault', fault: fault('wrong-reply', `Wrong reply: ${detail}.`) })
const garbled = (detail: string): Judged => ({ kind: 'fault', fault: fault('garbled', `Garbled reply: ${detail}.`) })

export const exceptionNames: Readonly<Record<number, string>> = {
  1: 'illegal function',
  2: 'illegal data address',
  3: 'illegal data value',
  4: 'device failure',
  5: 'acknowledge: needs more time',
  6: 'busy',
  8: 'memory parity error',
  10: 'gateway path unavailable',
  11: 'the device behind the gateway does not answer',
}

/** The fault of an exception code: 2 is an address, 10 and 11 a silent device, all else a refusal. */
export function exceptionFault(code: number): Fault {
  const detail = `Modbus exception ${code} (${exceptionNames[code] ?? 'unknown'}).`
  if (code === 2) return fault('no-such-address', detail)
  return fault(code === 10 || code === 11 ? 'device-silent' : 'refused', detail)
}

export type TcpFrame =
  | { readonly kind: 'frame'; readonly transaction: number; readonly body: Buffer; readonly rest: Buffer }
  | { readonly kind: 'more' }
  | { readonly kind: 'garbled'; readonly detail: string }

/** Takes the first frame off the received bytes. A header that no Modbus device can have sent condemns the whole stream. */
export function takeTcpFrame(bytes: Buffer): TcpFrame {
  if (bytes.length >= 4 && bytes.readUInt16BE(2) !== 0) return { kind: 'garbled', detail: `protocol id ${bytes.readUInt16BE(2)}` }
  if (bytes.length < 6) return { kind: 'more' }
  const length = bytes.readUInt16BE(4)
  // Unit, function and at least one byte more; a PDU has at most 253 bytes.
  if (length < 2 || length > 254) return { kind: 'garbled', detail: `length field ${length}` }
  if (bytes.length < 6 + length) return { kind: 'more' }
  return {
    kind: 'frame',
    transaction: bytes.readUInt16BE(0),
    body: bytes.subarray(6, 6 + length),
    rest: bytes.subarray(6 + length),
  }
}

const crcTable = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1
  return crc
})

/** The checksum of a serial frame over the bytes from `from` up to `to`; it goes over the line with its low byte first. */
export function crc16(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0xffff
  for (let at = from; at < to; at++) crc = (crc >> 8) ^ (crcTable[(crc ^ (bytes[at] ?? 0)) & 255] ?? 0)
  return crc
}
