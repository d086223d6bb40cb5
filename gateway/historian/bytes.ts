/** Bytes that end too early or say what they cannot. */
export class BadBytes extends Error {
  override readonly name = 'BadBytes'
}

/** A growing run of bytes. */
export class ByteSink {
  #bytes = new Uint8Array(1024)
  #view = new DataView(this.#bytes.buffer)
  #length = 0

  u8(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
  }

  /** A whole number from 0 to 2^53 − 1, seven bits a byte, low bits first. */
  varint(value: number): void {
    this.#reserve(8)
    let rest = value
    while (rest >= 128) {
      this.#bytes[this.#length++] = (rest % 128) | 128
      rest = Math.floor(rest / 128)
    }
    this.#bytes[this.#length++] = rest
  }

  /** A signed whole number within ±2^52: small ones of either sign stay short. */
  zigzag(value: number): void {
    this.varint(value < 0 ? -value * 2 - 1 : value * 2)
  }

  /**
   * Signed whole numbers within ±2^52, most of them near 0: two or four bits each where that is enough for nearly all, with the others
   * behind them as varints; else a varint each. Two bits hold 0, −1 and 1.
   */
  wholes(values: ArrayLike<number>): void {
    let wide = 0
    let wider = 0
    for (let index = 0; index < values.length; index++) {
      const value = values[index] as number
      if (value > 1 || value < -1) {
        wide++
        if (value > 7 || value < -7) wider++
      }
    }
    const [crumbs, nibbles, bytes] = [2 * values.length + 12 * wide, 4 * values.length + 12 * wider, 8 * values.length]
    const bits = crumbs <= nibbles && crumbs <= bytes ? 2 : nibbles <= bytes ? 4 : 8
    this.u8(bits)
    if (bits === 8) for (let index = 0; index < values.length; index++) this.zigzag(values[index] as number)
    else this.#packed(values, bits)
  }

  #packed(values: ArrayLike<number>, bits: 2 | 4): void {
    const escape = (1 << bits) - 1
    const packed = new Uint8Array(Math.ceil((values.length * bits) / 8))
    const mask = 8 / bits - 1
    const shift = bits === 2 ? 2 : 1
    const large: number[] = []
    for (let index = 0; index < values.length; index++) {
      const value = values[index] as number
      const zigzag = value < 0 ? -value * 2 - 1 : value * 2
      if (zigzag >= escape) large.push(zigzag - escape)
      const symbol = zigzag >= escape ? escape : zigzag
      packed[index >> shift] = (packed[index >> shift] as number) | (symbol << ((index & mask) * bits))
    }
    this.block(packed)
    for (const zigzag of large) this.varint(zigzag)
  }

  f64(value: number): void {
    this.#reserve(8)
    this.#view.setFloat64(this.#length, value, true)
    this.#length += 8
  }

  block(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  text(words: string): void {
    const bytes = Buffer.from(words, 'utf8')
    this.varint(bytes.length)
    this.block(bytes)
  }

  /** Empty again, with the room that it had. What `done` gave before is overwritten. */
  begin(): this {
    this.#length = 0
    return this
  }

  done(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more))
    grown.set(this.#bytes)
    this.#bytes = grown
    this.#view = new DataView(grown.buffer)
  }
}

/** Reads back what a sink wrote. Throws BadBytes at the end of the bytes. */
export class ByteSource {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #position = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  u8(): number {
    const byte = this.#bytes[this.#position++]
    if (byte === undefined) throw new BadBytes('the bytes end too early')
    return byte
  }

  varint(): number {
    // Nearly every number of a series is one byte: this path is what a query costs.
    let byte = this.#bytes[this.#position++]
    if (byte === undefined) throw new BadBytes('the bytes end too early')
    if (byte < 128) return byte
    let value = byte % 128
    let weight = 128
    do {
      byte = this.u8()
      value += (byte % 128) * weight
      weight *= 128
    } while (byte >= 128 && weight < 2 ** 56)
    if (byte >= 128) throw new BadBytes('a number is too long')
    return value
  }

  zigzag(): number {
    const value = this.varint()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  /** `count` signed numbers in a row. Written as one loop over local variables, because this is where a long query spends its time. */
  zigzags(count: number): Float64Array {
    // Each number takes a byte at least: a mangled count must not take the memory.
    if (count > this.#bytes.length - this.#position) throw new BadBytes('the bytes end too early')
    const bytes = this.#bytes
    const values = new Float64Array(count)
    let position = this.#position
    for (let index = 0; index < count; index++) {
      const byte = bytes[position] ?? 128
      if (byte < 128) {
        position++
        values[index] = (byte >>> 1) ^ -(byte & 1)
        continue
      }
      this.#position = position
      values[index] = this.zigzag()
      position = this.#position
    }
    this.#position = position
    return values
  }

  /** Reads back what `ByteSink.wholes` wrote. */
  wholes(count: number): Float64Array {
    const bits = this.u8()
    if (bits === 8) return this.zigzags(count)
    if (bits !== 2 && bits !== 4) throw new BadBytes('numbers of a width that is never written')
    const packed = this.block(Math.ceil((count * bits) / 8))
    const escape = (1 << bits) - 1
    const mask = 8 / bits - 1
    const shift = bits === 2 ? 2 : 1
    const values = new Float64Array(count)
    for (let index = 0; index < count; index++) {
      const symbol = ((packed[index >> shift] as number) >>> ((index & mask) * bits)) & escape
      if (symbol < escape) values[index] = (symbol >>> 1) ^ -(symbol & 1)
      else {
        const zigzag = this.varint() + escape
        values[index] = zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2
      }
    }
    return values
  }

  f64(): number {
    if (this.#position + 8 > this.#bytes.length) throw new BadBytes('the bytes end too early')
    const value = this.#view.getFloat64(this.#position, true)
    this.#position += 8
    return value
  }

  block(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#position) throw new BadBytes('the bytes end too early')
    this.#position += length
    return this.#bytes.subarray(this.#position - length, this.#position)
  }

  text(): string {
    const bytes = this.block(this.varint())
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  }
}
