import { createSocket } from 'node:dgram'
import type { Socket } from 'node:net'
import { connect } from 'node:net'

export interface Moment {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

/** Where a part is: system type and number, part type, loop and number. */
export interface PartAt {
  readonly system: number
  readonly systemAddress: number
  readonly type: number
  readonly loop: number
  readonly number: number
}

const low = (value: number, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, at) => Math.floor(value / 256 ** at) % 256)
const dated = ({ second, minute, hour, day, month, year }: Moment): number[] => [second, minute, hour, day, month, year - 2000]
const placed = ({ system, systemAddress, type, number, loop }: PartAt): number[] => [
  system,
  systemAddress,
  type,
  ...low(number, 2),
  ...low(loop, 2),
]

/** State bits as the standard counts them, from 1. */
export const stateOf = (...bits: readonly number[]): number => bits.reduce((state, bit) => state + 2 ** (bit - 1), 0)

/** The messages a transmission unit sends up: type flag, count, objects. */
export const message = {
  systemState: (system: number, address: number, state: number, at: Moment): number[] => [
    1,
    1,
    system,
    address,
    ...low(state, 2),
    ...dated(at),
  ],
  partState: (part: PartAt, state: number, text: readonly number[], at: Moment): number[] => [
    2,
    1,
    ...placed(part),
    ...low(state, 2),
    ...Array.from({ length: 31 }, (_, index) => text[index] ?? 0),
    ...dated(at),
  ],
  analog: (part: PartAt, code: number, value: number, at: Moment): number[] => [
    3,
    1,
    ...placed(part),
    code,
    ...low(value < 0 ? value + 65_536 : value, 2),
    ...dated(at),
  ],
  unitState: (state: number, at: Moment): number[] => [21, 1, state, ...dated(at)],
}

export interface FireUnitSettings {
  readonly host: string
  readonly port: number
  readonly source: number
  readonly now: () => Moment
}

/** A frame as GB/T 26875.3-2011 draws it: `40 40`, head, data, all bytes between added up, `23 23`. */
export function frameOf(sequence: number, command: number, source: number, at: Moment, data: readonly number[]): Buffer {
  const body = [
    ...low(sequence, 2),
    1,
    1,
    ...dated(at),
    ...low(source, 6),
    ...low(0, 6),
    ...low(data.length, 2),
    command,
    ...data,
  ]
  return Buffer.from([0x40, 0x40, ...body, body.reduce((sum, byte) => sum + byte, 0) % 256, 0x23, 0x23])
}

/** A transmission unit that calls its centre. It keeps every byte the centre sends. */
export class FireUnit {
  readonly #settings: FireUnitSettings
  #socket: Socket | undefined
  #sequence = 0
  #answers = Buffer.alloc(0)
  #waiting: (() => void)[] = []

  constructor(settings: FireUnitSettings) {
    this.#settings = settings
  }

  /** Everything the centre has sent. */
  get answers(): Buffer {
    return this.#answers
  }

  connect(): Promise<void> {
    const socket = connect({ host: this.#settings.host, port: this.#settings.port, noDelay: true })
    this.#socket = socket
    socket.on('error', () => socket.destroy())
    socket.on('data', bytes => {
      this.#answers = Buffer.concat([this.#answers, bytes])
      for (const tell of this.#waiting.splice(0)) tell()
    })
    socket.on('close', () => {
      for (const tell of this.#waiting.splice(0)) tell()
    })
    return new Promise((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
  }

  get isConnected(): boolean {
    return this.#socket !== undefined && !this.#socket.destroyed
  }

  /** Sends one message; resolves with the number it was given. */
  send(data: readonly number[], command = 2): number {
    this.#sequence = (this.#sequence + 1) % 65_536
    this.raw(frameOf(this.#sequence, command, this.#settings.source, this.#settings.now(), data))
    return this.#sequence
  }

  raw(bytes: Buffer): void {
    this.#socket?.write(bytes)
  }

  /** Resolves when the centre has sent so many bytes, or the connection has ended. */
  async answered(bytes: number): Promise<Buffer> {
    while (this.#answers.length < bytes && this.isConnected) await new Promise<void>(resolve => this.#waiting.push(resolve))
    return this.#answers
  }

  stop(): Promise<void> {
    const socket = this.#socket
    if (!socket || socket.destroyed) return Promise.resolve()
    return new Promise(resolve => {
      socket.once('close', () => resolve())
      socket.destroy()
    })
  }
}

/** One datagram and its answer, if there is one within `patience` ms. */
export function sendDatagram(port: number, bytes: Buffer, patience: number): Promise<Buffer | undefined> {
  const socket = createSocket('udp4')
  return new Promise(resolve => {
    const over = setTimeout(() => socket.close(() => resolve(undefined)), patience)
    socket.once('message', answer => {
      clearTimeout(over)
      socket.close(() => resolve(answer))
    })
    socket.send(bytes, port, '127.0.0.1')
  })
}
