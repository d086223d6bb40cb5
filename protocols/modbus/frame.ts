import { fault } from '../contract/fault.ts'
import type { Fault } from '../contract/fault.ts'
import type { Table } from './config.ts'
import { isBitTable } from './config.ts'

/** The four reads are the only functions that exist here: the gateway cannot write to equipment. */
export type ReadFunction = 1 | 2 | 3 | 4
export const functionOf: Readonly<Record<Table, ReadFunction>> = { coil: 1, discrete: 2, holding: 3, input: 4 }

export interface Span {
  readonly unit: number
  readonly table: Table
  readonly start: number
  readonly quantity: number
}

/** The read as a PDU behind its unit id: unit, function, start, quantity. */
export function encodeRead({ unit, table, start, quantity }: Span): Buffer {
  const bytes = Buffer.alloc(6)
  bytes.writeUInt8(unit, 0)
  bytes.writeUInt8(functionOf[table], 1)
  bytes.writeUInt16BE(start, 2)
  bytes.writeUInt16BE(quantity, 4)
  return bytes
}

/** Data bytes that a right answer to this read carries. */
export const dataLength = ({ table, quantity }: Span): number => (isBitTable(table) ? Math.ceil(quantity / 8) : quantity * 2)

export type Judged =
  | { readonly kind: 'data'; readonly data: Uint8Array }
  | { readonly kind: 'exception'; readonly code: number }
  | { readonly kind: 'fault'; readonly fault: Fault }

/** Judges an answer (unit, function, …) against the read it should answer: nothing but an exact fit is data. */
export function judgeReply(span: Span, reply: Uint8Array): Judged {
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

const exceptionNames: Readonly<Record<number, string>> = {
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

export const mbapLength = 7

/** A request or reply behind its Modbus TCP header. */
export function encodeTcp(transaction: number, body: Uint8Array): Buffer {
  const frame = Buffer.alloc(mbapLength - 1 + body.length)
  frame.writeUInt16BE(transaction, 0)
  frame.writeUInt16BE(body.length, 4)
  frame.set(body, mbapLength - 1)
  return frame
}

export type TcpFrame =
  | { readonly kind: 'frame'; readonly transaction: number; readonly body: Uint8Array; readonly rest: Buffer }
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
