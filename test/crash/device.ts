import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

export type Manner = 'honest' | 'slow' | 'garbage' | 'other transaction' | 'silent' | 'hangs up'

/** A Modbus TCP device written from the specification's page 1 alone: it answers function 3 and 4 with one word per register. */
export class Device {
  manner: Manner = 'honest'
  /** What register 0 holds. */
  word = 42
  asked = 0
  port = 0
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  constructor() {
    this.#server = createServer(socket => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
      socket.on('error', () => {})
      let waiting = Buffer.alloc(0)
      socket.on('data', bytes => {
        waiting = Buffer.concat([waiting, bytes])
        while (waiting.length >= 12) {
          const request = waiting.subarray(0, 12)
          waiting = waiting.subarray(12)
          void this.#answer(socket, request)
        }
      })
    })
  }

  async start(port = 0): Promise<this> {
    await new Promise<void>(resolve => this.#server.listen(port, '127.0.0.1', resolve))
    const address = this.#server.address()
    if (typeof address === 'object' && address !== null) this.port = address.port
    return this
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise(resolve => this.#server.close(resolve))
  }

  async #answer(socket: Socket, request: Buffer): Promise<void> {
    this.asked += 1
    const manner = this.manner
    if (manner === 'silent') return
    if (manner === 'hangs up') return void socket.destroy()
    if (manner === 'garbage') return void socket.write(Buffer.from('<html>not modbus</html>'.repeat(3)))
    if (manner === 'slow') await pause(3_000)
    const transaction = request.readUInt16BE(0) + (manner === 'other transaction' ? 7 : 0)
    const unit = request[6] ?? 0
    const code = request[7] ?? 0
    const count = request.readUInt16BE(10)
    const answer = Buffer.alloc(9 + count * 2)
    answer.writeUInt16BE(transaction & 0xffff, 0)
    answer.writeUInt16BE(3 + count * 2, 4)
    answer[6] = unit
    answer[7] = code
    answer[8] = count * 2
    for (let index = 0; index < count; index++) answer.writeUInt16BE(this.word + index, 9 + index * 2)
    if (!socket.destroyed) socket.write(answer)
  }
}
