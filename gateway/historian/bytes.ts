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
