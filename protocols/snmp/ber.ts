/** Bytes that are no BER, or not what belongs here. It never leaves this folder: whoever reads a message turns it into a fault. */
export class NotBer extends Error {}

export const tags = { integer: 2, octets: 4, null: 5, oid: 6, sequence: 0x30 } as const

/** More parts than any object has: RFC 2578 allows 128. */
const longestOid = 128
const widestPart = 0xffff_ffff

/** Reads what a message is made of, and nothing beyond its end. Lengths are believed only where so many bytes are there. */
export class BerReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get isDone(): boolean {
    return this.#at >= this.#bytes.length
  }

  /** The tag of what comes next. */
  get next(): number {
    return this.#bytes[this.#at] ?? -1
  }

  /** The content of the next element, which must have this tag. */
  take(tag: number): Buffer {
    if (this.next !== tag) throw new NotBer(this.isDone ? 'it ends too early' : `tag ${hex(this.next)} where ${hex(tag)} belongs`)
    return this.#body().content
  }

  /** The next element whatever it is, with its tag and its length as they came. */
  whole(): { readonly tag: number; readonly content: Buffer; readonly raw: Buffer } {
    if (this.isDone) throw new NotBer('it ends too early')
    return this.#body()
  }

  inside(tag: number): BerReader {
    return new BerReader(this.take(tag))
  }

  integer(): number {
    return int32(this.take(tags.integer))
  }

  /** Nothing may follow: bytes behind the end belong to something else. */
  end(): void {
    if (!this.isDone) throw new NotBer('bytes follow its end')
  }

  #body(): { readonly tag: number; readonly content: Buffer; readonly raw: Buffer } {
    const start = this.#at
    const tag = this.next
    let at = start + 1
    const first = this.#bytes[at++]
    if (first === undefined) throw new NotBer('it ends too early')
    let length = first
    if (first >= 0x80) {
      const width = first & 0x7f
      // Agents do write lengths with leading zeros, but nobody writes more than four bytes of them.
      if (width === 0 || width > 4) throw new NotBer('a length of a form that SNMP does not have')
      if (at + width > this.#bytes.length) throw new NotBer('it ends too early')
      length = this.#bytes.readUIntBE(at, width)
      at += width
    }
    if (at + length > this.#bytes.length) throw new NotBer('it ends too early')
    this.#at = at + length
    return { tag, content: this.#bytes.subarray(at, this.#at), raw: this.#bytes.subarray(start, this.#at) }
  }
}

/** Two's complement of one to nine bytes. */
function wholeNumber(content: Buffer): bigint {
  if (content.length === 0 || content.length > 9) throw new NotBer(`an integer of ${content.length} bytes`)
  return BigInt.asIntN(content.length * 8, BigInt(`0x${content.toString('hex')}`))
}

export function int32(content: Buffer): number {
  const value = wholeNumber(content)
  if (value < -0x8000_0000n || value > 0x7fff_ffffn) throw new NotBer('an integer beyond 32 bits')
  return Number(value)
}

/** Some agents leave out the zero byte before a high first bit: what has exactly the bytes of the type is taken as unsigned. */
export function unsigned(content: Buffer, bits: 32 | 64): bigint {
  const value = content.length * 8 === bits ? BigInt.asUintN(bits, wholeNumber(content)) : wholeNumber(content)
  if (value < 0n || value >= 1n << BigInt(bits)) throw new NotBer(`a counter beyond ${bits} bits`)
  return value
}

/** As text, `1.3.6.1`. */
export function oidOf(content: Buffer): string {
  if (content.length === 0) return '0.0'
  const parts: number[] = []
  let value = 0
  let begins = true
  for (const byte of content) {
    if (begins && byte === 0x80) throw new NotBer('a part of an OID that begins with nothing')
    value = value * 128 + (byte & 0x7f)
    if (value > widestPart) throw new NotBer('a part of an OID beyond 32 bits')
    begins = byte < 0x80
    if (!begins) continue
    if (parts.length > 0) parts.push(value)
    else {
      const root = Math.min(2, Math.floor(value / 40))
      parts.push(root, value - root * 40)
    }
    value = 0
  }
  if (!begins) throw new NotBer('an OID that ends too early')
  if (parts.length > longestOid) throw new NotBer('an OID of too many parts')
  return parts.join('.')
}

export function element(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = contents.length === 1 && contents[0] ? contents[0] : Buffer.concat(contents)
  const length = content.length
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content])
  const width = length < 0x100 ? 1 : length < 0x1_0000 ? 2 : 3
  const head = Buffer.alloc(2 + width)
  head[0] = tag
  head[1] = 0x80 | width
  head.writeUIntBE(length, 2, width)
  return Buffer.concat([head, content])
}

/** A whole number from 0 to 2³¹ − 1: everything that a question says. */
export function integer(value: number): Buffer {
  const width = value < 0x80 ? 1 : value < 0x8000 ? 2 : value < 0x80_0000 ? 3 : 4
  const content = Buffer.alloc(width)
  content.writeIntBE(value, 0, width)
  return element(tags.integer, content)
}

export const octets = (value: Buffer | string): Buffer =>
  element(tags.octets, typeof value === 'string' ? Buffer.from(value, 'utf8') : value)

export function objectId(oid: string): Buffer {
  const [root = 0, second = 0, ...rest] = oid.split('.').map(Number)
  const bytes: number[] = []
  for (const part of [root * 40 + second, ...rest]) {
    const groups = [part % 128]
    for (let left = Math.floor(part / 128); left > 0; left = Math.floor(left / 128)) groups.unshift(0x80 | (left % 128))
    bytes.push(...groups)
  }
  return element(tags.oid, Buffer.from(bytes))
}

const hex = (tag: number): string => `0x${tag.toString(16).padStart(2, '0')}`
