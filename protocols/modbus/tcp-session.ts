import type { Socket } from 'node:net'
import { fault } from '../contract/fault.ts'
import type { Fault } from '../contract/fault.ts'
import type { Clock, Millis } from '../contract/time.ts'
import type { Answer } from '../kit/answer.ts'
import { answered } from '../kit/answer.ts'
import type { Judged, Span } from './frame.ts'
import { encodeRead, encodeTcp, judgeReply, takeTcpFrame } from './frame.ts'
import type { DialOptions, ModbusSession, Reply } from './session.ts'
import { endOf, notAnswered, openSocket } from './session.ts'

/**
 * Modbus TCP by our own codec. modbus-serial 8.0.25 was tried and is not strict enough for it: it drops an answer with a foreign
 * transaction id in silence (ports/tcpport.js, `_onReceive`), accepts an exception from any unit (the address is checked after the
 * exception), believes the byte count of a reply rather than the quantity asked for, never looks at the protocol id, and after a
 * length field of 65535 swallows all further answers. It carries RTU framing, where it is good: see rtu-session.ts.
 */
export async function dialTcp(options: DialOptions, signal: AbortSignal): Promise<Answer<ModbusSession>> {
  const socket = await openSocket(options, signal)
  return socket.ok ? answered(new TcpSession(socket.value, options)) : socket
}

interface Pending {
  readonly span: Span
  readonly transaction: number
  readonly settle: (judged: Judged) => void
}

/** Transactions whose answer may still come, or come twice, without doubt about whose it is. */
const remembered = 32

class TcpSession implements ModbusSession {
  readonly ended: Promise<Fault>
  readonly #socket: Socket
  readonly #wall: Clock
  readonly #timeout: Millis
  readonly #past: number[] = []
  #received: Buffer = Buffer.alloc(0)
  #pending: Pending | undefined
  #transaction = 0
  #trusted = true
  #closed = false

  constructor(socket: Socket, { wall, timeout }: DialOptions) {
    this.#socket = socket
    this.#wall = wall
    this.#timeout = timeout
    this.ended = endOf(socket, why => {
      this.#closed = true
      this.#settle(notAnswered(why))
    })
    socket.on('data', bytes => this.#take(bytes))
  }

  get trusted(): boolean {
    return this.#trusted
  }

  close(): void {
    this.#socket.destroy()
  }

  async read(span: Span): Promise<Reply> {
    if (this.#pending) throw new Error('One request at a time.')
    const sentAt = this.#wall.now()
    if (this.#closed) return { judged: notAnswered(fault('disconnected', 'The connection is closed.')), roundTripMs: 0 }
    const transaction = (this.#transaction % 0xffff) + 1
    this.#transaction = transaction
    this.#past.push(transaction)
    if (this.#past.length > remembered) this.#past.shift()
    const cancel = this.#wall.after(this.#timeout, () => this.#giveUp())
    const judged = await new Promise<Judged>(settle => {
      this.#pending = { span, transaction, settle }
      this.#socket.write(encodeTcp(transaction, encodeRead(span)))
    })
    cancel()
    return { judged, roundTripMs: this.#wall.now() - sentAt }
  }

  #giveUp(): void {
    const half = this.#received.length
    // A whole answer that comes late is known by its transaction; the tail of half a one is not.
    if (half > 0) this.#trusted = false
    const detail = half > 0 ? `Only ${half} bytes came` : 'No answer'
    this.#settle(notAnswered(fault('timeout', `${detail} within ${this.#timeout} ms.`)))
  }

  #take(bytes: Buffer): void {
    if (!this.#trusted) return
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes])
    for (;;) {
      const frame = takeTcpFrame(this.#received)
      if (frame.kind === 'more') return
      if (frame.kind === 'garbled') return this.#distrust(fault('garbled', `No Modbus TCP frame: ${frame.detail}.`))
      this.#received = frame.rest
      this.#hear(frame.transaction, frame.body)
    }
  }

  #hear(transaction: number, body: Uint8Array): void {
    const pending = this.#pending
    if (pending?.transaction === transaction) {
      const judged = judgeReply(pending.span, body)
      if (judged.kind === 'fault') this.#trusted = false
      this.#settle(judged)
    } else if (!this.#past.includes(transaction)) {
      this.#distrust(fault('wrong-reply', `An answer to transaction ${transaction}, which was never asked.`))
    }
  }

  #distrust(why: Fault): void {
    this.#trusted = false
    this.#received = Buffer.alloc(0)
    this.#settle(notAnswered(why))
  }

  #settle(judged: Judged): void {
    const pending = this.#pending
    this.#pending = undefined
    pending?.settle(judged)
  }
}
