import type { Server, Socket } from 'node:net'
import { createServer } from 'node:net'
import { crc16 } from './crc16.ts'

export type Table = 'coil' | 'discrete' | 'holding' | 'input'

/** What a unit behind the server does with a request. */
export type Manner = 'normal' | 'silent' | 'garbage' | 'wrong-transaction' | 'slow'

/** One unit: its registers are asked for at the moment of the request. */
export interface ModbusUnit {
  manner(): Manner
  /** `count` words or bits from `address`, or the Modbus exception it answers with. */
  read(table: Table, address: number, count: number): readonly number[] | { readonly exception: number }
}

export interface ModbusServerSettings {
  readonly host: string
  readonly port: number
  /** MBAP frames, or RTU frames with their checksum sent over TCP. */
  readonly framing: 'tcp' | 'rtu'
  readonly units: ReadonlyMap<number, ModbusUnit>
  /** How late a `slow` unit answers, ms of real time. */
  readonly slowness: number
}

const tables: ReadonlyMap<number, { readonly table: Table; readonly most: number }> = new Map([
  [1, { table: 'coil', most: 2000 }],
  [2, { table: 'discrete', most: 2000 }],
  [3, { table: 'holding', most: 125 }],
  [4, { table: 'input', most: 125 }],
])

const ILLEGAL_FUNCTION = 1
const ILLEGAL_VALUE = 3
const NO_RESPONSE_BEHIND = 0x0b

interface Request {
  readonly transaction: number
  readonly unit: number
  readonly pdu: Buffer
}

/** A Modbus TCP server with any number of read-only units on one port. */
export class ModbusServer {
  readonly #settings: ModbusServerSettings
  readonly #sockets = new Set<Socket>()
  readonly #late = new Set<NodeJS.Timeout>()
  #server: Server | undefined
  #nonsense = 0

  constructor(settings: ModbusServerSettings) {
    this.#settings = settings
  }

  /** Resolves with the port it listens on. Rejects when the port is taken. */
  start(): Promise<number> {
    const server = createServer({ noDelay: true }, socket => this.#serve(socket))
    this.#server = server
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.#settings.port, this.#settings.host, () => {
        server.off('error', reject)
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

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    let unread: Buffer = Buffer.alloc(0)
    socket.on('data', chunk => {
      const bytes = Buffer.concat([unread, chunk])
      const { requests, rest } = this.#settings.framing === 'tcp' ? splitMbap(bytes) : splitRtu(bytes)
      if (!rest) return socket.destroy()
      unread = rest
      for (const request of requests) this.#handle(socket, request)
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#sockets.delete(socket))
  }

  #handle(socket: Socket, request: Request): void {
    const unit = this.#settings.units.get(request.unit)
    if (!unit) return this.#answer(socket, request, exception(request, NO_RESPONSE_BEHIND))
    switch (unit.manner()) {
      case 'silent':
        return
      case 'garbage':
        return this.#babble(socket, request)
      case 'wrong-transaction':
        return this.#answer(socket, { ...request, transaction: (request.transaction + 7) & 0xffff }, reply(unit, request))
      case 'slow': {
        const timer = setTimeout(() => {
          this.#late.delete(timer)
          this.#answer(socket, request, reply(unit, request))
        }, this.#settings.slowness)
        this.#late.add(timer)
        return
      }
      case 'normal':
        return this.#answer(socket, request, reply(unit, request))
    }
  }

  /** In turn: a function nobody asked for, a byte count that does not fit, and bytes that are no frame at all. */
  #babble(socket: Socket, request: Request): void {
    const kind = this.#nonsense++ % 3
    if (kind === 0) return this.#answer(socket, request, Buffer.from([0x67, 0xff, 0x00]))
    if (kind === 1) return this.#answer(socket, request, Buffer.from([request.pdu[0] ?? 3, 0xfa, 0x12, 0x34]))
    const noise = Buffer.alloc(11)
    for (let at = 0; at < noise.length; at++) noise[at] = (this.#nonsense * 37 + at * 101) & 0xff
    if (!socket.destroyed) socket.write(noise)
  }

  #answer(socket: Socket, { transaction, unit }: Request, pdu: Buffer): void {
    if (socket.destroyed) return
    if (this.#settings.framing === 'rtu') {
      const body = Buffer.concat([Buffer.from([unit]), pdu])
      const sum = Buffer.alloc(2)
      sum.writeUInt16LE(crc16(body))
      socket.write(Buffer.concat([body, sum]))
      return
    }
    const head = Buffer.alloc(7)
    head.writeUInt16BE(transaction, 0)
    head.writeUInt16BE(pdu.length + 1, 4)
    head.writeUInt8(unit, 6)
    socket.write(Buffer.concat([head, pdu]))
  }
}

function reply(unit: ModbusUnit, request: Request): Buffer {
  const asked = tables.get(request.pdu[0] ?? 0)
  if (!asked) return exception(request, ILLEGAL_FUNCTION)
  if (request.pdu.length !== 5) return exception(request, ILLEGAL_VALUE)
  const address = request.pdu.readUInt16BE(1)
  const count = request.pdu.readUInt16BE(3)
  if (count < 1 || count > asked.most) return exception(request, ILLEGAL_VALUE)
  const values = unit.read(asked.table, address, count)
  if ('exception' in values) return exception(request, values.exception)
  const bits = asked.table === 'coil' || asked.table === 'discrete'
  const data = bits ? packBits(values) : packWords(values)
  return Buffer.concat([Buffer.from([request.pdu[0] ?? 0, data.length]), data])
}

const exception = (request: Request, code: number): Buffer => Buffer.from([(request.pdu[0] ?? 0) | 0x80, code])

function packBits(values: readonly number[]): Buffer {
  const data = Buffer.alloc(Math.ceil(values.length / 8))
  for (const [at, value] of values.entries()) if (value) data[at >> 3] = (data[at >> 3] ?? 0) | (1 << (at & 7))
  return data
}

function packWords(values: readonly number[]): Buffer {
  const data = Buffer.alloc(values.length * 2)
  for (const [at, value] of values.entries()) data.writeUInt16BE(value & 0xffff, at * 2)
  return data
}

/** `rest` is missing when the stream cannot be Modbus: the connection is then closed, as a device would. */
type Split = { readonly requests: readonly Request[]; readonly rest?: Buffer }

function splitMbap(bytes: Buffer): Split {
  const requests: Request[] = []
  let at = 0
  while (bytes.length - at >= 8) {
    const length = bytes.readUInt16BE(at + 4)
    if (bytes.readUInt16BE(at + 2) !== 0 || length < 2 || length > 254) return { requests }
    if (bytes.length - at < 6 + length) break
    const pdu = bytes.subarray(at + 7, at + 6 + length)
    requests.push({ transaction: bytes.readUInt16BE(at), unit: bytes.readUInt8(at + 6), pdu })
    at += 6 + length
  }
  return { requests, rest: bytes.subarray(at) }
}

/** Every request this server understands is eight bytes long; a frame with a wrong checksum is dropped unanswered. */
function splitRtu(bytes: Buffer): Split {
  const requests: Request[] = []
  let at = 0
  for (; bytes.length - at >= 8; at += 8) {
    const frame = bytes.subarray(at, at + 6)
    if (crc16(frame) !== bytes.readUInt16LE(at + 6)) return { requests, rest: Buffer.alloc(0) }
    requests.push({ transaction: 0, unit: frame.readUInt8(0), pdu: frame.subarray(1) })
  }
  return { requests, rest: bytes.subarray(at) }
}
