import type { Socket } from 'node:net'
import type { Traffic } from './house.ts'
import type { BrokerLimits } from './limits.ts'

export interface PenParts {
  readonly traffic: Traffic
  readonly limits: BrokerLimits
  /** Calls `flush` at the end of this turn of the loop. */
  readonly flushLater: (pen: Pen) => void
  /** The client has taken something: there may be room again. */
  readonly taken: (wasRoomy: boolean) => void
}

/** More than this goes out at once. */
const flushAt = 64 * 1024
/** What a client may always be behind. */
const always = 16 * 1024

/**
 * What is said to one client, gathered over a turn of the loop. It takes whatever it is given, so that the broker never waits for a socket;
 * whether a client that is behind is given more is asked before.
 */
export class Pen {
  readonly #socket: Socket
  readonly #parts: PenParts
  #pieces: (Uint8Array | string)[] = []
  #size = 0
  /** Promised to be said in this turn. */
  #coming = 0
  #unsent = 0
  #isDown = false

  constructor(socket: Socket, parts: PenParts) {
    this.#socket = socket
    this.#parts = parts
  }

  /** False while the client, or all clients together, are behind with reading. */
  get isRoomy(): boolean {
    const { limits, traffic } = this.#parts
    const owed = this.#unsent + this.#coming
    return owed < limits.unsentBytes && (traffic.unsent < limits.unsentBytesInAll || owed < always)
  }

  /** So many bytes will be said before this turn ends. */
  expect(bytes: number): void {
    this.#coming += bytes
  }

  /** A packet or a piece of one. */
  send(piece: Uint8Array | string): void {
    if (this.#isDown) return
    if (this.#pieces.length === 0) this.#parts.flushLater(this)
    this.#pieces.push(piece)
    const size = typeof piece === 'string' ? Buffer.byteLength(piece) : piece.length
    this.#size += size
    this.#unsent += size
    this.#parts.traffic.unsent += size
    if (this.#size > flushAt) this.flush()
  }

  flush(): void {
    const [pieces, size] = [this.#pieces, this.#size]
    this.#coming = 0
    if (size === 0) return
    this.#pieces = []
    this.#size = 0
    this.#parts.traffic.bytesOut += size
    this.#socket.write(joined(pieces, size), () => this.#taken(size))
  }

  /** Nothing more is said, and nothing is owed to the budget of all. */
  putDown(): void {
    this.flush()
    this.#isDown = true
    this.#parts.traffic.unsent -= this.#unsent
    this.#unsent = 0
  }

  #taken(size: number): void {
    if (this.#isDown) return
    const wasRoomy = this.isRoomy
    this.#unsent -= size
    this.#parts.traffic.unsent -= size
    this.#parts.taken(wasRoomy)
  }
}

/** One buffer for one write: the broker gives a message in five pieces or more. */
function joined(pieces: readonly (Uint8Array | string)[], size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size)
  let at = 0
  for (const piece of pieces) {
    if (typeof piece === 'string') at += bytes.write(piece, at)
    else if (piece.length === 1) bytes[at++] = piece[0] ?? 0
    else {
      bytes.set(piece, at)
      at += piece.length
    }
  }
  return bytes
}
