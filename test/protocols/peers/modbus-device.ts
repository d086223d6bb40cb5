import type { Server, Socket } from 'node:net'
import { createServer } from 'node:net'
import { listen } from '../kit.ts'

/** What a device does with one request: bytes to send back as they are, or nothing at all. */
export type Behaviour = (request: Asked, socket: Socket) => Buffer | undefined | void

export interface Asked {
  readonly transaction: number
  readonly unit: number
  readonly code: number
  readonly start: number
  readonly quantity: number
}

/** A right answer to a read of registers, from a codec that shares nothing with the gateway's. */
export function answer({ transaction, unit, code, start, quantity }: Asked, register: (address: number) => number): Buffer {
  const bytes = [0, 0, unit, code, quantity * 2]
  for (let address = start; address < start + quantity; address++)
    bytes.push((register(address) >> 8) & 255, register(address) & 255)
  return Buffer.from([
    transaction >> 8,
    transaction & 255,
    0,
    0,
    (bytes.length - 2) >> 8,
    (bytes.length - 2) & 255,
    ...bytes.slice(2),
  ])
}

export const exception = ({ transaction, unit, code }: Asked, why: number): Buffer =>
  Buffer.from([transaction >> 8, transaction & 255, 0, 0, 0, 3, unit, code | 0x80, why])

/** A Modbus TCP device made of one function; it can lie, stammer and hang up. */
export class ModbusDevice {
  behave: Behaviour
  readonly asked: Asked[] = []
  connections = 0
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  constructor(behave: Behaviour) {
    this.behave = behave
    this.#server = createServer(socket => {
      this.connections += 1
      this.#sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('close', () => this.#sockets.delete(socket))
      socket.on('error', () => {})
      let received = Buffer.alloc(0)
      socket.on('data', bytes => {
        received = Buffer.concat([received, bytes])
        while (received.length >= 12) {
          const request = received.subarray(0, 12)
          received = received.subarray(12)
          const asked: Asked = {
            transaction: request.readUInt16BE(0),
            unit: request.readUInt8(6),
            code: request.readUInt8(7),
            start: request.readUInt16BE(8),
            quantity: request.readUInt16BE(10),
          }
          this.asked.push(asked)
          const reply = this.behave(asked, socket)
          if (reply && !socket.destroyed) socket.write(reply)
        }
      })
    })
  }

  start(port = 0): Promise<number> {
    return listen(this.#server, port)
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise(resolve => this.#server.close(resolve))
  }
}
