/** The wire format of Protocol Buffers, as much of it as Sparkplug needs. Pure, and bounded by the bytes it is given. */

/** The bytes are no such message. Caught where a payload is decoded; it never leaves this folder. */
export class NotProtobuf extends Error {}

/** Varint, 64 bit, length-delimited, 32 bit; groups (3 and 4) are long forbidden. */
export type WireType = 0 | 1 | 2 | 5

export interface Field {
  readonly number: number
  readonly type: WireType
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Reads one message, field by field; whatever does not fit throws `NotProtobuf`. */
export class Fields {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** The next field's number and type; undefined at the end. */
  next(): Field | undefined {
    if (this.#at >= this.#bytes.length) return undefined
    const key = Number(this.varint())
    const number = Math.floor(key / 8)
    const type = key % 8
    if (number < 1 || number > 0x1fffffff || (type !== 0 && type !== 1 && type !== 2 && type !== 5)) throw new NotProtobuf()
    return { number, type }
  }

  /** 64 bits, unsigned; an overlong one is refused. */
  varint(): bigint {
    let low = 0
    for (let index = 0; index < 4; index++) {
      const byte = this.#byte()
      low += (byte & 127) * 128 ** index
      if (byte < 128) return BigInt(low)
    }
    let value = BigInt(low)
    for (let index = 4n; index < 10n; index++) {
      const byte = this.#byte()
      value |= BigInt(byte & 127) << (7n * index)
      if (byte < 128) {
        if (value > 0xffff_ffff_ffff_ffffn) throw new NotProtobuf()
        return value
      }
    }
    throw new NotProtobuf()
  }

  /** A varint of 32 bits; more is cut off, as protobuf readers do. */
  uint32(): number {
    return Number(BigInt.asUintN(32, this.varint()))
  }

  float(): number {
    return this.#view.getFloat32(this.#skip(4), true)
  }

  double(): number {
    return this.#view.getFloat64(this.#skip(8), true)
  }

  bytes(): Uint8Array {
    const length = Number(this.varint())
    const at = this.#skip(length)
    return this.#bytes.subarray(at, at + length)
  }

  text(): string {
    try {
      return utf8.decode(this.bytes())
    } catch {
      throw new NotProtobuf()
    }
  }

  skip(type: WireType): void {
    if (type === 0) this.varint()
    else this.#skip(type === 1 ? 8 : type === 5 ? 4 : Number(this.varint()))
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++]
    if (byte === undefined) throw new NotProtobuf()
    return byte
  }

  /** Where the next bytes begin, if there are as many. */
  #skip(length: number): number {
    const at = this.#at
    if (length > this.#bytes.length - at) throw new NotProtobuf()
    this.#at += length
    return at
  }
}

/** Writes one message, field by field. */
export class Writer {
  readonly #bytes: number[] = []

  varint(number: number, value: number | bigint): this {
    this.#key(number, 0)
    this.#varint(BigInt.asUintN(64, BigInt(value)))
    return this
  }

  float(number: number, value: number): this {
    this.#key(number, 5)
    const four = new DataView(new ArrayBuffer(4))
    four.setFloat32(0, value, true)
    return this.#push(new Uint8Array(four.buffer))
  }

  double(number: number, value: number): this {
    this.#key(number, 1)
    const eight = new DataView(new ArrayBuffer(8))
    eight.setFloat64(0, value, true)
    return this.#push(new Uint8Array(eight.buffer))
  }

  bytes(number: number, value: Uint8Array): this {
    this.#key(number, 2)
    this.#varint(BigInt(value.length))
    return this.#push(value)
  }

  text(number: number, value: string): this {
    return this.bytes(number, new TextEncoder().encode(value))
  }

  done(): Uint8Array {
    return Uint8Array.from(this.#bytes)
  }

  #push(bytes: Uint8Array): this {
    for (const byte of bytes) this.#bytes.push(byte)
    return this
  }

  #key(number: number, type: WireType): void {
    this.#varint(BigInt(number * 8 + type))
  }

  #varint(value: bigint): void {
    let rest = value
    while (rest > 127n) {
      this.#bytes.push(Number(rest & 127n) | 128)
      rest >>= 7n
    }
    this.#bytes.push(Number(rest))
  }
}
