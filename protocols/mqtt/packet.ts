import { isUtf8 } from 'node:buffer'
import { filterMistake } from './topic.ts'

/**
 * What no client may send, by MQTT 3.1.1 (OASIS, chapter numbers in brackets) and 3.1. aedes reads packets itself, but kindly: it takes
 * ids of zero, flags that are reserved, text that is no text. Whatever is let through to it has been looked at here. Pure.
 */

export type Qos = 0 | 1 | 2

/** An application message on its way through the broker. */
export interface Letter {
  readonly topic: string
  readonly payload: Buffer
  readonly qos: Qos
  readonly retain: boolean
}

export interface Connect {
  readonly kind: 'connect'
  readonly clientId: string
  readonly clean: boolean
  readonly will?: Letter
  readonly username?: string
  readonly password?: Buffer
}
export type Packet =
  | Connect
  /** Subscribing or unsubscribing; filters that mean nothing, and where they stand in the bytes. */
  | { readonly kind: 'filters'; readonly mistaken: readonly (readonly [filter: string, from: number, to: number])[] }
  | { readonly kind: 'publish' | 'disconnect' | 'other' }

/** Bytes no client may send, or a version of the protocol that is not spoken here. */
export type Unreadable = 'garbage' | 'version'

const [publish, disconnect, other] = [{ kind: 'publish' }, { kind: 'disconnect' }, { kind: 'other' }] as const

/** Packets a client may send, with the flags the fixed header must carry (table 2.2). PUBLISH has flags of its own. */
const fixedFlags: Readonly<Record<number, number | undefined>> = { 1: 0, 4: 0, 5: 0, 6: 2, 7: 0, 8: 2, 10: 2, 12: 0, 14: 0 }
const publishType = 3

/** A look at the next packet from `at`: its whole length, `more` bytes needed to tell, or that no client may send it. */
export function packetLength(bytes: Uint8Array, isFirst: boolean, at = 0): number | 'more' | 'garbage' {
  const header = bytes[at]
  if (header === undefined) return 'more'
  const type = header >> 4
  if ((type === 1) !== isFirst) return 'garbage'
  if (type === publishType ? (header & 6) === 6 : fixedFlags[type] !== (header & 15)) return 'garbage'
  let length = 0
  for (let index = 1; index <= 4; index++) {
    const byte = bytes[at + index]
    if (byte === undefined) return 'more'
    length += (byte & 127) * 128 ** (index - 1)
    if (byte < 128) return 1 + index + length
  }
  return 'garbage'
}

/** What the packet in `bytes` from `at` up to `end`, which `packetLength` has measured, is. */
export function lookAt(bytes: Buffer, at: number, end: number): Packet | Unreadable {
  const header = bytes[at] ?? 0
  let body = at + 1
  while ((bytes[body] ?? 0) >= 128) body++
  body++
  if (header >> 4 === publishType) return isPublish(bytes, header, body, end) ? publish : 'garbage'
  const reader = new Reader(bytes, body, end)
  const packet = lookAtOther(reader, header >> 4)
  if (typeof packet === 'string') return packet
  return reader.wrong || reader.left > 0 ? 'garbage' : packet
}

function lookAtOther(reader: Reader, type: number): Packet | Unreadable {
  switch (type) {
    case 1:
      return readConnect(reader)
    case 4:
    case 5:
    case 6:
    case 7:
      reader.id()
      return other
    case 8:
      return lookAtFilters(reader, true)
    case 10:
      return lookAtFilters(reader, false)
    case 12:
      return other
    default:
      return disconnect
  }
}

function isPublish(bytes: Buffer, header: number, body: number, end: number): boolean {
  const qos = (header >> 1) & 3
  const length = ((bytes[body] ?? 0) << 8) | (bytes[body + 1] ?? 0)
  const behind = body + 2 + length
  // [3.3.2-1] a topic is at least one character; [2.3.1-1] an id is not zero; [3.3.1-2] a repetition has QoS 1 or 2.
  if ((qos === 0 ? behind : behind + 2) > end || length === 0 || (qos === 0 && (header & 8) !== 0)) return false
  if (qos > 0 && bytes[behind] === 0 && bytes[behind + 1] === 0) return false
  let isPlain = true
  for (let at = body + 2; at < behind; at++) {
    const byte = bytes[at] ?? 0
    // [1.5.3-2] no zero; [3.3.2-2] no wildcard.
    if (byte === 0 || byte === 0x2b || byte === 0x23) return false
    if (byte >= 0x80) isPlain = false
  }
  return isPlain || isUtf8(bytes.subarray(body + 2, behind))
}

function readConnect(reader: Reader): Packet | Unreadable {
  const name = reader.text()
  const level = reader.byte()
  if (reader.wrong) return 'garbage'
  if (!((name === 'MQTT' && level === 4) || (name === 'MQIsdp' && level === 3)))
    return name === 'MQTT' || name === 'MQIsdp' ? 'version' : 'garbage'
  const flags = reader.byte()
  reader.number()
  const hasWill = (flags & 4) !== 0
  const qos = (flags >> 3) & 3
  const hasName = (flags & 128) !== 0
  const hasPassword = (flags & 64) !== 0
  // [3.1.2-3, -11, -13 to -15, -22]
  if ((flags & 1) !== 0 || qos === 3 || (!hasWill && (flags & 0x38) !== 0) || (hasPassword && !hasName)) return 'garbage'
  const clientId = reader.text()
  const will = hasWill
    ? { topic: reader.text(), payload: reader.binary(), qos: qos as Qos, retain: (flags & 32) !== 0 }
    : undefined
  const username = hasName ? reader.text() : undefined
  const password = hasPassword ? reader.binary() : undefined
  return {
    kind: 'connect',
    clientId,
    clean: (flags & 2) !== 0,
    ...(will ? { will } : {}),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  }
}

function lookAtFilters(reader: Reader, withQos: boolean): Packet | 'garbage' {
  reader.id()
  const mistaken: (readonly [string, number, number])[] = []
  do {
    const filter = reader.text()
    const to = reader.at
    // [3.8.3-4], [4.7.3-1]
    if ((withQos && reader.byte() > 2) || filter === '') return 'garbage'
    if (filterMistake(filter) !== undefined) mistaken.push([filter, to - Buffer.byteLength(filter), to])
  } while (reader.left > 0 && !reader.wrong)
  return { kind: 'filters', mistaken }
}

/** Well-formed UTF-8 without a zero character [1.5.3-1, -2], or undefined. */
function textIn(bytes: Buffer, from: number, to: number): string | undefined {
  const text = bytes.toString('utf8', from, to)
  // What does not come out as it went in shows as a replacement character, which may also have been sent as such.
  if (text.includes('\ufffd') && !isUtf8(bytes.subarray(from, to))) return undefined
  return text.includes('\0') ? undefined : text
}

/** Reads on; once something was not there or not legal, `wrong` stays true and what is read means nothing. */
class Reader {
  wrong = false
  readonly #bytes: Buffer
  readonly #end: number
  #at: number

  constructor(bytes: Buffer, at: number, end: number) {
    this.#bytes = bytes
    this.#at = at
    this.#end = end
  }

  get left(): number {
    return this.#end - this.#at
  }

  get at(): number {
    return this.#at
  }

  byte(): number {
    if (this.left < 1) this.wrong = true
    return this.wrong ? 0 : (this.#bytes[this.#at++] ?? 0)
  }

  number(): number {
    return this.byte() * 256 + this.byte()
  }

  /** [2.3.1-1] never zero. */
  id(): number {
    const id = this.number()
    if (id === 0) this.wrong = true
    return id
  }

  binary(): Buffer {
    const length = this.number()
    if (this.left < length) this.wrong = true
    if (this.wrong) return Buffer.alloc(0)
    this.#at += length
    // A copy, because a will would otherwise hold the whole chunk it came in.
    return Buffer.from(this.#bytes.subarray(this.#at - length, this.#at))
  }

  text(): string {
    const length = this.number()
    if (this.left < length) this.wrong = true
    const text = this.wrong ? undefined : textIn(this.#bytes, this.#at, this.#at + length)
    this.#at += length
    if (text === undefined) this.wrong = true
    return text ?? ''
  }
}

/** Return codes: 1 version, 2 client id, 3 unavailable, 4 name or password, 5 not authorized (table 3.1). */
export const refusal = (code: 1 | 2 | 3 | 4 | 5): Buffer => Buffer.from([0x20, 2, 0, code])
