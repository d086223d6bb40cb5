import type { Server, Socket } from 'node:net'
import { createServer } from 'node:net'

/** How a meter on the bus behaves. */
export type MeterManner =
  | 'normal'
  | 'silent'
  | 'wrong-checksum'
  /** Answers with the number of another meter. */
  | 'other-meter'
  /** Counts in a unit that is not the one of its kind. */
  | 'wrong-unit'
  | 'refuses'
  /** Right, with noise before and behind it, in pieces. */
  | 'noisy'
  | 'garbage'
  | 'slow'

/** One meter: what it sends when it hears a frame that calls it, nothing when it is not called. */
export interface BusMeter {
  manner: MeterManner
  answer(request: Buffer): Buffer | undefined
}

export interface MeterBusSettings {
  readonly host: string
  readonly port: number
  readonly meters: readonly BusMeter[]
  /** ms by which a `slow` meter is late. */
  readonly slowness: number
  /** Some converters give back what is sent. */
  readonly echo?: boolean
}

/** Bytes that belong to no frame. */
const noise = Buffer.from([0x00, 0xff, 0x68, 0x7f, 0x16, 0xfe])

/** A serial server with meters on its line. Every whole request that came is kept. */
export class MeterBus {
  readonly requests: Buffer[] = []
  readonly #settings: MeterBusSettings
  readonly #sockets = new Set<Socket>()
  readonly #late = new Set<NodeJS.Timeout>()
  #server: Server | undefined

  constructor(settings: MeterBusSettings) {
    this.#settings = settings
  }

  /** Resolves with the port it listens on. */
  start(): Promise<number> {
    const server = createServer({ noDelay: true }, socket => {
      this.#sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => this.#sockets.delete(socket))
      this.attach(socket)
    })
    this.#server = server
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.#settings.port, this.#settings.host, () => {
        const address = server.address()
        resolve(typeof address === 'object' && address ? address.port : this.#settings.port)
      })
    })
  }

  async stop(): Promise<void> {
    for (const timer of this.#late) clearTimeout(timer)
    this.#late.clear()
    for (const socket of this.#sockets) socket.destroy()
    const server = this.#server
    this.#server = undefined
    if (server) await new Promise<void>(resolve => server.close(() => resolve()))
  }

  /** Answers what comes out of a stream: a socket, or one end of a pair of serial ports. */
  attach(stream: NodeJS.ReadWriteStream): void {
    let unread = Buffer.alloc(0)
    stream.on('data', (chunk: Buffer) => {
      if (this.#settings.echo) stream.write(chunk)
      unread = Buffer.concat([unread, chunk])
      for (let request = takeRequest(unread); request; request = takeRequest(unread)) {
        unread = unread.subarray(request.end)
        this.requests.push(request.frame)
        this.#hear(request.frame, stream)
      }
    })
  }

  #hear(request: Buffer, stream: NodeJS.ReadWriteStream): void {
    const answers = this.#settings.meters.flatMap(meter => {
      const answer = meter.manner === 'silent' ? undefined : meter.answer(request)
      return answer ? [{ answer, manner: meter.manner }] : []
    })
    const [first] = answers
    if (!first) return
    // Two that speak at once pull the line down together: what arrives is neither.
    if (answers.length > 1) return void stream.write(answers.map(({ answer }) => answer).reduce(overlaid))
    const { answer, manner } = first
    const garbled = manner === 'garbage' ? Buffer.from(answer.map((byte, at) => (byte * 7 + at) & 255)) : answer
    if (manner === 'noisy') {
      stream.write(Buffer.concat([noise, Buffer.from([0xfe, 0xfe]), answer.subarray(0, 5)]))
      return this.#later(5, () => stream.write(Buffer.concat([answer.subarray(5), noise])))
    }
    if (manner === 'slow') return this.#later(this.#settings.slowness, () => stream.write(answer))
    stream.write(Buffer.concat([Buffer.from([0xfe, 0xfe, 0xfe]), garbled]))
  }

  #later(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#late.delete(timer)
      act()
    }, ms)
    this.#late.add(timer)
  }
}

const overlaid = (a: Buffer, b: Buffer): Buffer =>
  Buffer.from(Array.from({ length: Math.max(a.length, b.length) }, (_, at) => (a[at] ?? 0xff) & (b[at] ?? 0xff)))

/** The first whole frame of either protocol: the second 68 tells them apart. */
function takeRequest(bytes: Buffer): { readonly frame: Buffer; readonly end: number } | undefined {
  const start = bytes.indexOf(0x68)
  if (start < 0 || bytes.length < start + 12) return undefined
  const length = bytes[start + 7] === 0x68 ? 10 + (bytes[start + 9] ?? 0) + 2 : 11 + (bytes[start + 10] ?? 0) + 2
  return bytes.length < start + length ? undefined : { frame: bytes.subarray(start, start + length), end: start + length }
}

/** The two bytes that end a frame of either protocol: all bytes added up, and 16. */
export function ended(body: readonly number[], isWrong = false): Buffer {
  const sum = body.reduce((total, byte) => total + byte, 0) + (isWrong ? 14 : 0)
  return Buffer.from([...body, sum % 256, 0x16])
}

/** `12345678` with 4 → 78 56 34 12. */
export function decimals(value: number, bytes: number): number[] {
  const digits = String(Math.round(value))
    .padStart(bytes * 2, '0')
    .slice(-bytes * 2)
  return Array.from({ length: bytes }, (_, at) => Number.parseInt(digits.slice((bytes - 1 - at) * 2, (bytes - at) * 2), 16))
}

/** Whether the address in a request (low byte first, AA for any) calls this one. */
export const calls = (asked: readonly number[], own: readonly number[]): boolean =>
  asked.every((byte, at) => byte === 0xaa || byte === own[at])
