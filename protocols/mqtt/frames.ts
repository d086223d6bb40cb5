import { packetLength } from './packet.ts'

/** Cuts a stream of bytes into whole packets. What is not whole is held; who holds too much or too long is the owner's business. */
export class Frames {
  #held: Buffer[] | undefined
  #size = 0
  /** Length of the packet that is under way, once it is known. */
  #wanted = 0
  #isFirst = true

  /** Bytes of a packet that is not whole yet. */
  get held(): number {
    return this.#size
  }

  /** Length of the packet that is under way; 0 while it is not known. */
  get wanted(): number {
    return this.#size > 0 ? this.#wanted : 0
  }

  /**
   * Hands each whole packet on as a place in a buffer. Stops and tells as soon as one is garbage or longer than `longest`, or when
   * `packet` returns false.
   */
  take(
    chunk: Buffer,
    longest: number,
    packet: (bytes: Buffer, at: number, end: number) => boolean,
  ): 'garbage' | 'oversize' | undefined {
    let bytes = chunk
    if (this.#held) {
      this.#held.push(chunk)
      this.#size += chunk.length
      if (this.#size < this.#wanted) return undefined
      bytes = Buffer.concat(this.#held, this.#size)
      this.#held = undefined
      this.#size = 0
    }
    let at = 0
    while (at < bytes.length) {
      const length = packetLength(bytes, this.#isFirst, at)
      if (length === 'garbage') return 'garbage'
      if (length !== 'more' && length > longest) return 'oversize'
      if (length === 'more' || at + length > bytes.length) {
        // A copy, so that a few bytes do not hold the chunk they came in.
        this.#held = [Buffer.from(bytes.subarray(at))]
        this.#size = bytes.length - at
        this.#wanted = length === 'more' ? 0 : length
        return undefined
      }
      this.#isFirst = false
      if (!packet(bytes, at, at + length)) return undefined
      at += length
    }
    return undefined
  }
}
