import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import type { Cancel, Clock, Millis } from '../contract/time.ts'

export type Refusal =
  'garbage' | 'oversize' | 'slow' | 'credentials' | 'session' | 'topic' | 'subscription' | 'retained' | 'clients' | 'flood'

export interface GateParts {
  readonly wall: Clock
  /** Bytes, header included. */
  readonly maxPacket: number
  /** For the first packet, from the moment of connecting. */
  readonly connectWithin: Millis
  /** For any later packet, from its first byte to its last. */
  readonly packetWithin: Millis
  readonly refused: (why: Refusal) => void
}

/** Packets a client may send, with the flags the fixed header must carry: MQTT 3.1.1, table 2.2. PUBLISH has flags of its own. */
const fixedFlags: Readonly<Record<number, number | undefined>> = { 1: 0, 4: 0, 5: 0, 6: 2, 7: 0, 8: 2, 10: 2, 12: 0, 14: 0 }

const firstPacket = 1
const publish = 3

/** A look at the next packet: its whole length, `more` bytes needed to tell, or that no client may send it. */
export function packetLength(bytes: Uint8Array, isFirst: boolean): number | 'more' | 'garbage' {
  const header = bytes[0]
  if (header === undefined) return 'more'
  const type = header >> 4
  if ((type === firstPacket) !== isFirst) return 'garbage'
  if (type === publish ? (header & 6) === 6 : fixedFlags[type] !== (header & 15)) return 'garbage'
  let length = 0
  for (let index = 1; index <= 4; index++) {
    const byte = bytes[index]
    if (byte === undefined) return 'more'
    length += (byte & 127) * 128 ** (index - 1)
    if (byte < 128) return 1 + index + length
  }
  return 'garbage'
}

/**
 * Stands between a socket and the broker, which by itself knows no limit: lets whole, legal, small enough packets through and
 * hangs up on all else. What the broker has not read yet stays in the socket, so a fast sender is slowed and not stored.
 */
export class Gate extends Duplex {
  readonly #socket: Socket
  readonly #parts: GateParts
  #waiting: Buffer[] = []
  #held = 0
  #isFirst = true
  #cancel: Cancel | undefined

  constructor(socket: Socket, parts: GateParts) {
    super({ allowHalfOpen: false })
    this.#socket = socket
    this.#parts = parts
    this.#cancel = parts.wall.after(parts.connectWithin, () => this.#refuse('slow'))
    socket.on('data', bytes => this.#take(bytes))
    socket.on('end', () => this.push(null))
    socket.on('error', () => this.destroy())
    socket.on('close', () => this.destroy())
  }

  /** The broker asks where a connection comes from. */
  get remoteAddress(): string | undefined {
    return this.#socket.remoteAddress
  }

  override _read(): void {
    this.#socket.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, error => done(error))
  }

  override _final(done: () => void): void {
    this.#socket.end(done)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#cancel?.()
    this.#waiting = []
    // What the broker said last (a refusal) is still to go out; then the socket closes, and not later than this.
    this.#socket.destroySoon()
    const cancel = this.#parts.wall.after(500 as Millis, () => this.#socket.destroy())
    this.#socket.once('close', cancel)
    done(error)
  }

  #take(bytes: Buffer): void {
    if (this.destroyed) return
    this.#waiting.push(bytes)
    this.#held += bytes.length
    for (;;) {
      const length = packetLength(this.#peek(), this.#isFirst)
      if (length === 'garbage') return this.#refuse('garbage')
      if (length !== 'more' && length > this.#parts.maxPacket) return this.#refuse('oversize')
      if (length === 'more' || length > this.#held) return this.#await()
      this.#isFirst = false
      this.#cancel?.()
      this.#cancel = undefined
      if (!this.push(this.#cut(length))) this.#socket.pause()
      if (this.#held === 0) return
    }
  }

  /** One deadline for the whole packet, however many pieces it comes in. */
  #await(): void {
    this.#cancel ??= this.#parts.wall.after(this.#parts.packetWithin, () => this.#refuse('slow'))
  }

  /** The first bytes, enough for a fixed header. */
  #peek(): Buffer {
    const first = this.#waiting[0]
    if (first && first.length >= 5) return first
    return Buffer.concat(this.#waiting, Math.min(this.#held, 5))
  }

  #cut(length: number): Buffer {
    const all = this.#waiting.length === 1 && this.#waiting[0] ? this.#waiting[0] : Buffer.concat(this.#waiting)
    this.#waiting = all.length > length ? [all.subarray(length)] : []
    this.#held = all.length - length
    return all.subarray(0, length)
  }

  #refuse(why: Refusal): void {
    this.#parts.refused(why)
    this.destroy()
  }
}
