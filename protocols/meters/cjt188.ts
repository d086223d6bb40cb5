import { fault } from '../contract/fault.ts'
import { bytesOfDigits, digitsOf, fitsAddress, hexOf, isSame, sumOf } from './bcd.ts'
import type { Judged, Question } from './judged.ts'
import { wrongReply } from './judged.ts'
import type { Cut } from '../kit/frame-finder.ts'

/** One CJ/T 188 frame with a right checksum: `68 T A0…A6 C L DATA CS 16`. */
export interface Cjt188Frame {
  /** T: what kind of meter. */
  readonly type: number
  /** Fourteen digits, the maker's code first. */
  readonly address: string
  readonly control: number
  readonly data: Uint8Array
}

/** The data identifier low byte first, as the standard counts its fields, or high byte first, as many meters in the field have it. */
export type DiOrder = 'le' | 'be'

/** Everything that can be said to a meter. Writing, setting an address and moving a valve are not among it. */
export type Cjt188Ask =
  | {
      readonly ask: 'read'
      readonly type: number
      readonly address: string
      readonly di: number
      readonly order: DiOrder
      /** The meter sends it back. */
      readonly serial: number
    }
  | { readonly ask: 'address'; readonly type: number; readonly order: DiOrder; readonly serial: number }

/** Read data, read address (CJ/T 188, control code C, bits 0–4). There are no others here. */
const controls = { read: 0x01, address: 0x03 } as const satisfies Readonly<Record<Cjt188Ask['ask'], number>>
/** Bytes AA stand for any address, and as T for any kind of meter. */
export const anyAddress = 'AAAAAAAAAAAAAA'
export const anyType = 0xaa
const addressDi = 0x810a

const start = 0x68
const end = 0x16
/** Start, T, address, C and L before the data, checksum and end behind it. */
const head = 11
const longestData = 200

export function cutCjt188(bytes: Uint8Array, at: number): Cut<Cjt188Frame> {
  if (bytes[at] !== start) return { at: 'none' }
  const length = bytes[at + head - 1]
  if (length === undefined) return { at: 'more' }
  if (length > longestData) return { at: 'none', why: `a length of ${length}` }
  const whole = head + length + 2
  if (bytes.length < at + whole) return { at: 'more' }
  const [sum, last] = [bytes[at + whole - 2], bytes[at + whole - 1]]
  if (last !== end) return { at: 'none', why: 'no end byte 16 where the length says' }
  const right = sumOf(bytes.subarray(at, at + whole - 2))
  if (sum !== right) return { at: 'none', why: `checksum ${hexOf(sum ?? 0)} instead of ${hexOf(right)}` }
  const frame = {
    type: bytes[at + 1] ?? 0,
    address: digitsOf(bytes.subarray(at + 2, at + 9)),
    control: bytes[at + 9] ?? 0,
    data: bytes.slice(at + head, at + head + length),
  }
  return { at: 'frame', frame, length: whole }
}

const diBytes = (di: number, order: DiOrder): readonly number[] => (order === 'le' ? [di & 255, di >> 8] : [di >> 8, di & 255])

export function encodeCjt188(ask: Cjt188Ask): Uint8Array {
  const di = diBytes(ask.ask === 'read' ? ask.di : addressDi, ask.order)
  const address = bytesOfDigits(ask.ask === 'read' ? ask.address : anyAddress)
  const body = Uint8Array.of(start, ask.type, ...address, controls[ask.ask], 3, ...di, ask.serial & 255)
  return Uint8Array.of(...body, sumOf(body), end)
}

const isReply = 0x80
const isError = 0x40

/** The question with all that its answer must match: kind of meter, address, function, identifier and number. */
export function askCjt188(ask: Cjt188Ask): Question<Cjt188Frame> {
  return { bytes: encodeCjt188(ask), judge: frame => judgeCjt188(ask, frame) }
}

export function judgeCjt188(ask: Cjt188Ask, { type, address, control, data }: Cjt188Frame): Judged<Cjt188Frame> {
  if ((control & isReply) === 0) return { kind: 'echo' }
  const wanted = ask.ask === 'read' ? ask.address : anyAddress
  if (!fitsAddress(wanted, address)) return wrongReply(`meter ${address} answered, meter ${wanted} was asked`)
  if (ask.type !== anyType && type !== ask.type)
    return wrongReply(`the meter says it is of kind ${hexOf(type)}, ${hexOf(ask.type)} was asked`)
  if ((control & 0x1f) !== controls[ask.ask])
    return wrongReply(`an answer to function ${hexOf(control & 0x1f)}, function ${hexOf(controls[ask.ask])} was asked`)
  // An error carries no identifier, so nothing more can be compared.
  if ((control & isError) !== 0)
    return {
      kind: 'refused',
      fault: fault('refused', `The meter refused: ${[...data].map(hexOf).join(' ') || 'no reason given'}.`),
    }
  const di = diBytes(ask.ask === 'read' ? ask.di : addressDi, ask.order)
  if (!isSame(data.subarray(0, 2), Uint8Array.from(di)))
    return wrongReply(`data ${[...data.subarray(0, 2)].map(hexOf).join(' ')}, ${di.map(hexOf).join(' ')} was asked`)
  if (data[2] !== (ask.serial & 255))
    return wrongReply(
      `an answer to number ${data[2] === undefined ? 'none' : hexOf(data[2])}, ${hexOf(ask.serial & 255)} was asked`,
    )
  // Bit 5 says that more follows, and the standard names no function that reads it: the first part is all there is, and a point beyond it is told as missing.
  return { kind: 'data', data: data.subarray(3) }
}
