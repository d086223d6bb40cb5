import { BerReader, element, int32, integer, NotBer, objectId, octets, oidOf, tags, unsigned } from './ber.ts'

/** Everything that can be said to an agent: three ways to ask. A SET has no word here, and nothing else is ever sent. */
const questions = { get: 0xa0, next: 0xa1, bulk: 0xa5 } as const

export type Question =
  | { readonly kind: 'get' | 'next'; readonly oids: readonly string[] }
  /** What follows each of them, so many times. */
  | { readonly kind: 'bulk'; readonly oids: readonly string[]; readonly repetitions: number }

export type Value =
  | { readonly type: 'integer' | 'counter32' | 'gauge' | 'ticks' | 'float'; readonly number: number }
  | { readonly type: 'counter64'; readonly count: bigint }
  | { readonly type: 'text' | 'opaque'; readonly bytes: Buffer }
  | { readonly type: 'oid' | 'address'; readonly text: string }
  | { readonly type: 'null' | 'no-such-object' | 'no-such-instance' | 'end-of-view' }

export interface Varbind {
  readonly oid: string
  readonly value: Value
  /** Tag, length and content as they came. */
  readonly raw: Buffer
}

export interface Pdu {
  readonly kind: 'response' | 'report'
  readonly id: number
  /** 0 is none; 1 tooBig, 2 noSuchName, 5 genErr, … (RFC 3416). */
  readonly status: number
  /** Counted from 1: the variable that the status is about. */
  readonly index: number
  readonly varbinds: readonly Varbind[]
}

export function encodeQuestion(id: number, question: Question): Buffer {
  const nothing = element(tags.null, Buffer.alloc(0))
  const varbinds = question.oids.map(oid => element(tags.sequence, objectId(oid), nothing))
  const repetitions = question.kind === 'bulk' ? question.repetitions : 0
  // In a bulk the two numbers are those asked once and the repetitions of the others; else an error status, which a question has not.
  return element(questions[question.kind], integer(id), integer(0), integer(repetitions), element(tags.sequence, ...varbinds))
}

/** The answer in a message. Throws `NotBer` where it is none: a question, a trap, an invention. */
export function readPdu(reader: BerReader): Pdu {
  const tag = reader.next
  if (tag !== 0xa2 && tag !== 0xa8) throw new NotBer('it is no answer')
  const pdu = reader.inside(tag)
  const [id, status, index] = [pdu.integer(), pdu.integer(), pdu.integer()]
  if (status < 0 || index < 0) throw new NotBer('an error status below zero')
  const list = pdu.inside(tags.sequence)
  pdu.end()
  const varbinds: Varbind[] = []
  while (!list.isDone) varbinds.push(readVarbind(list.inside(tags.sequence)))
  return { kind: tag === 0xa2 ? 'response' : 'report', id, status, index, varbinds }
}

function readVarbind(reader: BerReader): Varbind {
  const oid = oidOf(reader.take(tags.oid))
  const { tag, content, raw } = reader.whole()
  reader.end()
  return { oid, value: readValue(tag, content), raw }
}

function readValue(tag: number, content: Buffer): Value {
  switch (tag) {
    case tags.integer:
      return { type: 'integer', number: int32(content) }
    case 0x41:
      return { type: 'counter32', number: Number(unsigned(content, 32)) }
    case 0x42:
      return { type: 'gauge', number: Number(unsigned(content, 32)) }
    case 0x43:
      return { type: 'ticks', number: Number(unsigned(content, 32)) }
    case 0x46:
      return { type: 'counter64', count: unsigned(content, 64) }
    case tags.octets:
      return { type: 'text', bytes: content }
    case tags.oid:
      return { type: 'oid', text: oidOf(content) }
    case 0x40:
      if (content.length !== 4) throw new NotBer(`an address of ${content.length} bytes`)
      return { type: 'address', text: [...content].join('.') }
    case 0x44:
      return readOpaque(content)
    case tags.null:
      return empty('null', content)
    case 0x80:
      return empty('no-such-object', content)
    case 0x81:
      return empty('no-such-instance', content)
    case 0x82:
      return empty('end-of-view', content)
    default:
      throw new NotBer(`a value of a type that SNMP does not have (0x${tag.toString(16)})`)
  }
}

function empty(type: 'null' | 'no-such-object' | 'no-such-instance' | 'end-of-view', content: Buffer): Value {
  if (content.length > 0) throw new NotBer('an empty value that is not empty')
  return { type }
}

/** SNMP has no fractions; net-snmp and what is built on it wrap floats (0x9f78) and doubles (0x9f79) into an opaque. */
function readOpaque(content: Buffer): Value {
  if (content.length === 7 && content.readUIntBE(0, 3) === 0x9f_78_04) return { type: 'float', number: content.readFloatBE(3) }
  if (content.length === 11 && content.readUIntBE(0, 3) === 0x9f_79_08) return { type: 'float', number: content.readDoubleBE(3) }
  return { type: 'opaque', bytes: content }
}

const version2c = 1

/** A message of SNMP v2c: the community goes in the clear. */
export const encodeCommunity = (community: string, id: number, question: Question): Buffer =>
  element(tags.sequence, integer(version2c), octets(community), encodeQuestion(id, question))

/** Of an answer in v2c. Throws `NotBer`. */
export function readCommunity(datagram: Buffer): { readonly community: Buffer; readonly pdu: Pdu } {
  const whole = new BerReader(datagram)
  const message = whole.inside(tags.sequence)
  whole.end()
  const version = message.integer()
  if (version !== version2c) throw new NotBer(`version ${version + (version < 3 ? 1 : 0)} where 2c was asked`)
  const community = message.take(tags.octets)
  const pdu = readPdu(message)
  message.end()
  if (pdu.kind === 'report') throw new NotBer('a report in v2c')
  return { community, pdu }
}
