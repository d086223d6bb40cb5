import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import { bytesOfDigits, digitsOf, fitsAddress, hexOf, isSame, sumOf } from './bcd.ts'
import type { Judged, Question } from './judged.ts'
import { wrongReply } from './judged.ts'
import type { Cut } from '../kit/frame-finder.ts'

/** One DL/T 645 frame with a right checksum: `68 A0…A5 68 C L DATA CS 16`. The 33 that travels on every data byte is taken off. */
export interface Dlt645Frame {
  /** Twelve digits. */
  readonly address: string
  readonly control: number
  readonly data: Uint8Array
}

/** Of 1997 or of 2007: other function codes, and identifiers of two bytes instead of four. */
export type Edition = '1997' | '2007'

/** Everything that can be said to a meter. Writing, freezing, clearing, broadcasting a time and switching are not among it. */
export type Dlt645Ask =
  | { readonly ask: 'read'; readonly edition: Edition; readonly address: string; readonly di: string }
  /** What follows the first part; the number counts the parts of one answer. */
  | { readonly ask: 'next'; readonly edition: Edition; readonly address: string; readonly di: string; readonly part: number }
  | { readonly ask: 'address' }

/** Read, read what follows, read address (DL/T 645, control code C, bits 0–4). There are no others here. */
const controls = {
  '2007': { read: 0x11, next: 0x12, address: 0x13 },
  '1997': { read: 0x01, next: 0x02 },
} as const
/** Bytes AA stand for any: all six for a single meter on its line, the upper ones for all meters whose number ends so. */
export const anyMeter = 'AAAAAAAAAAAA'

const start = 0x68
const end = 0x16
/** Start, address, start, C and L before the data, checksum and end behind it. */
const head = 10
/** The longest answer to a read (DL/T 645-2007, 7.1). */
const longestData = 200
const offset = 0x33
/** An answer in more parts is no answer that a point could want. */
const mostParts = 8

export function cutDlt645(bytes: Uint8Array, at: number): Cut<Dlt645Frame> {
  if (bytes[at] !== start) return { at: 'none' }
  const second = bytes[at + 7]
  if (second === undefined) return { at: 'more' }
  if (second !== start) return { at: 'none' }
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
    address: digitsOf(bytes.subarray(at + 1, at + 7)),
    control: bytes[at + 8] ?? 0,
    data: bytes.slice(at + head, at + head + length).map(byte => (byte - offset) & 255),
  }
  return { at: 'frame', frame, length: whole }
}

const editionOf = (ask: Dlt645Ask): Edition => (ask.ask === 'address' ? '2007' : ask.edition)
function controlOf(ask: Dlt645Ask): number {
  if (ask.ask === 'address') return controls['2007'].address
  return controls[ask.edition][ask.ask]
}

export function encodeDlt645(ask: Dlt645Ask): Uint8Array {
  const di = ask.ask === 'address' ? new Uint8Array() : bytesOfDigits(ask.di)
  const part = ask.ask === 'next' && ask.edition === '2007' ? [ask.part] : []
  const data = Uint8Array.of(...di, ...part).map(byte => (byte + offset) & 255)
  const address = bytesOfDigits(ask.ask === 'address' ? anyMeter : ask.address)
  const body = Uint8Array.of(start, ...address, start, controlOf(ask), data.length, ...data)
  return Uint8Array.of(...body, sumOf(body), end)
}

const isReply = 0x80
const isError = 0x40
const goesOn = 0x20

/** The question with all that its answer must match: address, function, identifier and part. */
export const askDlt645 = (ask: Dlt645Ask): Question<Dlt645Frame> => ({
  bytes: encodeDlt645(ask),
  judge: frame => judgeDlt645(ask, frame),
})

export function judgeDlt645(ask: Dlt645Ask, { address, control, data }: Dlt645Frame): Judged<Dlt645Frame> {
  if ((control & isReply) === 0) return { kind: 'echo' }
  const wanted = ask.ask === 'address' ? anyMeter : ask.address
  if (!fitsAddress(wanted, address)) return wrongReply(`meter ${address} answered, meter ${wanted} was asked`)
  const [asked, said] = [controlOf(ask), control & 0x1f]
  if (said !== asked) {
    const isOlder = editionOf(ask) === '2007' && said === controls['1997'].read
    return wrongReply(
      isOlder
        ? `the meter answers in the edition of 1997`
        : `an answer to function ${hexOf(said)}, function ${hexOf(asked)} was asked`,
    )
  }
  if ((control & isError) !== 0) return { kind: 'refused', fault: refusal(data[0]) }
  // The address stands in the frame itself and, in 2007, once more as its data.
  if (ask.ask === 'address') return { kind: 'data', data }
  const di = bytesOfDigits(ask.di)
  if (!isSame(data.subarray(0, di.length), di))
    return wrongReply(`data ${digitsOf(data.subarray(0, di.length))}, ${ask.di} was asked`)
  return answerOf(ask, control, data.subarray(di.length))
}

function answerOf(ask: Exclude<Dlt645Ask, { ask: 'address' }>, control: number, rest: Uint8Array): Judged<Dlt645Frame> {
  const isPart = ask.ask === 'next' && ask.edition === '2007'
  if (isPart && rest.at(-1) !== ask.part) return wrongReply(`part ${rest.at(-1) ?? 'none'}, part ${ask.part} was asked`)
  const data = isPart ? rest.subarray(0, -1) : rest
  if ((control & goesOn) === 0) return { kind: 'data', data }
  const part = ask.ask === 'next' ? ask.part + 1 : 1
  if (part > mostParts)
    return { kind: 'refused', fault: fault('garbled', `The meter's answer does not end after ${mostParts} parts.`) }
  return { kind: 'more', data, next: askDlt645({ ...ask, ask: 'next', part }) }
}

/** Bits of the error byte (DL/T 645-2007, annex C). */
const reasons = [
  'another error',
  'no such data',
  'password wrong',
  'speed cannot be changed',
  'too many zones',
  'too many periods',
  'too many tariffs',
]

function refusal(byte: number | undefined): Fault {
  const said = byte === undefined ? [] : reasons.filter((_, bit) => (byte >> bit) & 1)
  const detail = `The meter refused: ${said.join(', ') || 'no reason given'}.`
  return fault(byte !== undefined && (byte & 2) !== 0 ? 'no-such-address' : 'refused', detail)
}
