import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import type { Cancel, Clock, Instant } from '../contract/time.ts'
import { after, between, millis } from '../contract/time.ts'
import type { Wire } from '../kit/wire.ts'
import type { FrameLog } from './frame-log.ts'
import type { Judged, Span } from './frame.ts'
import { encodeTcpRead, judgeReply, takeTcpFrame } from './frame.ts'
import type { ModbusSession, Patience, Reply, SessionParts } from './session.ts'
import { closed, notAnswered } from './session.ts'

interface Pending {
  readonly span: Span
  readonly transaction: number
  readonly deadline: Instant
  readonly patience: Patience
  readonly settle: (judged: Judged) => void
}

/** Transactions whose answer may still come, or come twice, without doubt about whose it is. */
const remembered = 32

/**
 * Modbus TCP by our own codec. modbus-serial 8.0.25 was tried and is not strict enough for it: it drops an answer with a foreign
 * transaction id in silence (ports/tcpport.js, `_onReceive`), accepts an exception from any unit (the address is checked after the
 * exception), believes the byte count of a reply rather than the quantity asked for, never looks at the protocol id, and after a
 * length field of 65535 swallows all further answers.
 */
export class TcpSession implements ModbusSession {
  readonly ended: Promise<Fault>
  readonly #wire: Wire
  readonly #wall: Clock
  readonly #frames: FrameLog
  readonly #past = new Int32Array(remembered)
  #received: Buffer | undefined
  #pending: Pending | undefined
  #transaction = 0
  #trusted = true
  #closed = false
  #restedAt: Instant | undefined
  /** One timer serves request after request; it is set again only when it rings too early. */
  #rings: Instant | undefined
  #cancel: Cancel = () => {}

  constructor(wire: Wire, { wall, frames }: SessionParts) {
    this.#wire = wire
    this.#wall = wall
    this.#frames = frames
    this.ended = wire.ended.then(why => {
      this.#closed = true
      this.#cancel()
      this.#settle(notAnswered(why))
      return why
    })
    wire.hear(bytes => this.#take(bytes as Buffer))
  }

  get trusted(): boolean {
    return this.#trusted
  }

  close(): void | Promise<void> {
    this.#cancel()
    this.#rings = undefined
    return this.#wire.close()
  }

  async read(span: Span, patience: Patience): Promise<Reply> {
    if (this.#pending) throw new Error('One request at a time.')
    if (patience.pause > 0) await this.#rest(patience)
    if (this.#closed) return { judged: closed, roundTripMs: 0 }
    const transaction = (this.#transaction % 0xffff) + 1
    this.#transaction = transaction
    this.#past[transaction % remembered] = transaction
    const sentAt = this.#wall.now()
    const deadline = after(sentAt, patience.timeout)
    const request = encodeTcpRead(transaction, span)
    const judged = await new Promise<Judged>(settle => {
      this.#pending = { span, transaction, deadline, patience, settle }
      if (this.#rings === undefined || this.#rings > deadline) this.#ringAt(deadline)
      this.#frames.note(span.unit, 'sent', request)
      this.#wire.send(request)
    })
    this.#restedAt = this.#wall.now()
    return { judged, roundTripMs: between(sentAt, this.#restedAt) }
  }

  async #rest({ pause }: Patience): Promise<void> {
    const left = this.#restedAt === undefined ? 0 : pause - between(this.#restedAt, this.#wall.now())
    if (left > 0) await new Promise<void>(resolve => this.#wall.after(millis(left), resolve))
  }

  #ringAt(deadline: Instant): void {
    this.#cancel()
    this.#rings = deadline
    this.#cancel = this.#wall.after(between(this.#wall.now(), deadline), () => {
      this.#rings = undefined
      const pending = this.#pending
      if (!pending) return
      if (this.#wall.now() < pending.deadline) this.#ringAt(pending.deadline)
      else this.#giveUp(pending)
    })
  }

  #giveUp({ patience }: Pending): void {
    const half = this.#received?.length ?? 0
    // A whole answer that comes late is known by its transaction; the tail of half a one is not.
    if (half > 0) this.#trusted = false
    const detail = half > 0 ? `Only ${half} bytes came` : 'No answer'
    this.#settle(notAnswered(fault('timeout', `${detail} within ${patience.timeout} ms.`)))
  }

  #take(bytes: Buffer): void {
    if (!this.#trusted) return
    let rest = this.#received ? Buffer.concat([this.#received, bytes]) : bytes
    this.#received = undefined
    while (rest.length > 0) {
      const frame = takeTcpFrame(rest)
      if (frame.kind === 'more') {
        this.#received = rest
        return
      }
      if (frame.kind === 'garbled') {
        this.#frames.note(this.#pending?.span.unit ?? 0, 'heard', rest, frame.detail)
        return this.#distrust(fault('garbled', `No Modbus TCP frame: ${frame.detail}.`))
      }
      this.#hear(frame.transaction, frame.body, rest.subarray(0, rest.length - frame.rest.length))
      rest = frame.rest
    }
  }

  #hear(transaction: number, body: Buffer, frame: Buffer): void {
    const pending = this.#pending
    if (pending?.transaction === transaction) {
      const judged = judgeReply(pending.span, body)
      this.#frames.note(pending.span.unit, 'heard', frame, judged.kind === 'fault' ? judged.fault.detail : undefined)
      if (judged.kind === 'fault') this.#trusted = false
      return this.#settle(judged)
    }
    const known = transaction !== 0 && this.#past[transaction % remembered] === transaction
    this.#frames.note(body[0] ?? 0, 'heard', frame, known ? 'late, or once more: dropped' : 'never asked')
    if (!known) this.#distrust(fault('wrong-reply', `An answer to transaction ${transaction}, which was never asked.`))
  }

  #distrust(why: Fault): void {
    this.#trusted = false
    this.#received = undefined
    this.#settle(notAnswered(why))
  }

  #settle(judged: Judged): void {
    const pending = this.#pending
    this.#pending = undefined
    pending?.settle(judged)
  }
}
