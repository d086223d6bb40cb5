import type { Answer } from '../kit/answer.ts'
import { answered, failed } from '../kit/answer.ts'
import { fault } from '../contract/fault.ts'
import type { ObjectId } from './names.ts'

/** One primitive of ASHRAE 135 clause 20.2, as it came. */
type Primitive =
  | { readonly type: 'null' }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'unsigned' | 'signed' | 'enumerated' | 'real' | 'double'; readonly value: number }
  /** More than a number can hold exactly. */
  | { readonly type: 'huge'; readonly digits: string }
  | { readonly type: 'text'; readonly value: string }
  | { readonly type: 'bits'; readonly value: readonly boolean[] }
  | { readonly type: 'object'; readonly value: ObjectId }
  | { readonly type: 'octets' | 'date' | 'time' }
  /** Something made of several, in tags of its own. */
  | { readonly type: 'constructed' }
export type Value = Primitive & { readonly raw: Buffer }

/** Bytes that are not what the standard says. Thrown and caught in this folder's readers only. */
class Nonsense extends Error {}
export function nonsense(why: string): never {
  throw new Nonsense(why)
}
/** What `read` makes of it, or `garbled`. */
export function strictly<T>(read: () => T): Answer<T> {
  try {
    return answered(read())
  } catch (error) {
    if (error instanceof Nonsense) return failed(fault('garbled', `The device's answer makes no sense: ${error.message}.`))
    throw error
  }
}

interface Tag {
  readonly number: number
  readonly context: boolean
  readonly kind: 'value' | 'open' | 'close'
  /** Of what follows; of an application boolean its value. */
  readonly length: number
  readonly size: number
}
const deepest = 16

/** Reads tagged bytes from front to back. Whatever does not fit exactly is nonsense: nothing is guessed and nothing is skipped. */
export class Cursor {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  end(): void {
    if (!this.isAtEnd) nonsense(`${this.#bytes.length - this.#at} bytes too many`)
  }

  isContext(number: number, kind: Tag['kind'] = 'value'): boolean {
    if (this.isAtEnd) return false
    const tag = this.#tag()
    return tag.context && tag.number === number && tag.kind === kind
  }

  open(number: number): void {
    if (!this.isContext(number, 'open')) nonsense(`no opening tag ${number}`)
    this.#at += this.#tag().size
  }

  close(number: number): void {
    if (!this.isContext(number, 'close')) nonsense(`no closing tag ${number}`)
    this.#at += this.#tag().size
  }

  contextUnsigned(number: number): number {
    return small(this.#context(number))
  }

  contextObject(number: number): ObjectId {
    return objectIn(this.#context(number))
  }

  /** Every value up to the closing tag of that number, which is left behind. */
  valuesIn(number: number): Value[] {
    this.open(number)
    const values: Value[] = []
    while (!this.isContext(number, 'close')) values.push(this.#tag().context ? this.#constructed() : this.value())
    this.close(number)
    return values
  }

  enumerated(): number {
    const value = this.value()
    return value.type === 'enumerated' ? value.value : nonsense(`${value.type} in place of an enumeration`)
  }

  /** The next application-tagged value. */
  value(): Value {
    const begun = this.#at
    const tag = this.#tag()
    if (tag.context || tag.kind !== 'value') nonsense('a context tag in place of a value')
    this.#at += tag.size
    if (tag.number === 1) {
      if (tag.length > 1) nonsense('a boolean that is neither')
      return { type: 'boolean', value: tag.length === 1, raw: this.#bytes.subarray(begun, this.#at) }
    }
    const content = this.#take(tag.length)
    return { ...primitive(tag.number, content), raw: this.#bytes.subarray(begun, this.#at) }
  }

  #constructed(): Value {
    const begun = this.#at
    let depth = 0
    do {
      const tag = this.#tag()
      this.#at += tag.size
      if (tag.kind === 'open') depth += 1
      else if (tag.kind === 'close') depth -= 1
      else if (tag.context || tag.number !== 1) this.#take(tag.length)
      if (depth < 0 || depth > deepest) nonsense('tags that are opened and not closed')
    } while (depth > 0)
    return { type: 'constructed', raw: this.#bytes.subarray(begun, this.#at) }
  }

  #context(number: number): Buffer {
    if (!this.isContext(number)) nonsense(`no tag ${number}`)
    const tag = this.#tag()
    this.#at += tag.size
    return this.#take(tag.length)
  }

  #take(length: number): Buffer {
    if (length > this.#bytes.length - this.#at) nonsense('it ends too early')
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  #byte(at: number): number {
    return this.#bytes[at] ?? nonsense('it ends too early')
  }

  /** The tag that comes next; it is not passed. */
  #tag(): Tag {
    const first = this.#byte(this.#at)
    let size = 1
    let number = first >> 4
    if (number === 15) number = this.#byte(this.#at + size++)
    const context = (first & 8) !== 0
    const low = first & 7
    if (low >= 6) {
      if (!context) nonsense('an application tag that opens')
      return { number, context, kind: low === 6 ? 'open' : 'close', length: 0, size }
    }
    if (low < 5) return { number, context, kind: 'value', length: low, size }
    let length = this.#byte(this.#at + size++)
    if (length === 254 || length === 255) {
      const wide = length === 254 ? 2 : 4
      length = 0
      for (let step = 0; step < wide; step++) length = length * 256 + this.#byte(this.#at + size++)
    }
    return { number, context, kind: 'value', length, size }
  }
}

function primitive(tag: number, content: Buffer): Primitive {
  switch (tag) {
    case 0:
      return content.length === 0 ? { type: 'null' } : nonsense('a null with content')
    case 2:
      return whole('unsigned', content)
    case 3:
      return whole('signed', content)
    case 4:
      return content.length === 4 ? { type: 'real', value: content.readFloatBE() } : nonsense(`a real of ${content.length} bytes`)
    case 5:
      return content.length === 8
        ? { type: 'double', value: content.readDoubleBE() }
        : nonsense(`a double of ${content.length} bytes`)
    case 6:
      return { type: 'octets' }
    case 7:
      return { type: 'text', value: textIn(content) }
    case 8:
      return { type: 'bits', value: bitsIn(content) }
    case 9:
      return { type: 'enumerated', value: small(content) }
    case 10:
      return content.length === 4 ? { type: 'date' } : nonsense(`a date of ${content.length} bytes`)
    case 11:
      return content.length === 4 ? { type: 'time' } : nonsense(`a time of ${content.length} bytes`)
    case 12:
      return { type: 'object', value: objectIn(content) }
    default:
      return nonsense(`a value of the unknown type ${tag}`)
  }
}

function whole(type: 'unsigned' | 'signed', content: Buffer): Primitive {
  const { length } = content
  if (length < 1 || length > 8) nonsense(`a whole number of ${length} bytes`)
  if (length <= 6) return { type, value: type === 'signed' ? content.readIntBE(0, length) : content.readUIntBE(0, length) }
  const plain = BigInt(`0x${content.toString('hex')}`)
  const long = type === 'signed' ? BigInt.asIntN(length * 8, plain) : plain
  const value = Number(long)
  return Number.isSafeInteger(value) ? { type, value } : { type: 'huge', digits: String(long) }
}

/** An unsigned or enumeration of up to four bytes. */
function small(content: Buffer): number {
  if (content.length < 1 || content.length > 4) nonsense(`a number of ${content.length} bytes`)
  return content.readUIntBE(0, content.length)
}

function objectIn(content: Buffer): ObjectId {
  if (content.length !== 4) nonsense(`an object of ${content.length} bytes`)
  const plain = content.readUInt32BE()
  return { type: plain >>> 22, instance: plain & 0x3f_ffff }
}

function bitsIn(content: Buffer): readonly boolean[] {
  const [unused = 8] = content
  const count = (content.length - 1) * 8 - unused
  if (unused > 7 || count < 0 || count > 512) nonsense('a bit string of a wrong length')
  return Array.from({ length: count }, (_, bit) => ((content[1 + (bit >> 3)] ?? 0) & (0x80 >> (bit & 7))) !== 0)
}

/** Character sets of clause 20.2.9; of one that is not known the plain part is shown. */
function textIn(content: Buffer): string {
  const [set = nonsense('a text without a character set')] = content
  const bytes = content.subarray(1)
  if (set === 0) return new TextDecoder('utf-8').decode(bytes)
  if (set === 3) return [...Array(bytes.length >> 2).keys()].map(at => codePoint(bytes.readUInt32BE(at * 4))).join('')
  if (set === 4) return new TextDecoder('utf-16be').decode(bytes)
  // 1 is followed by a code page: 936 is what controllers made for China send, 850 was the first in the standard.
  if (set === 1 && bytes.length >= 2) {
    const page = bytes.readUInt16BE()
    return new TextDecoder(page === 936 ? 'gbk' : page === 932 ? 'shift_jis' : 'latin1').decode(bytes.subarray(2))
  }
  return bytes.toString('latin1')
}

const codePoint = (code: number): string => (code <= 0x10_ffff ? String.fromCodePoint(code) : '\ufffd')
