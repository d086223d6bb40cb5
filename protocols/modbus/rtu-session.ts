import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import type { Cancel, Clock, Instant, Millis } from '../contract/time.ts'
import { after, between, later, millis } from '../contract/time.ts'
import type { LineSettings } from '../kit/line-settings.ts'
import type { Wire } from '../kit/wire.ts'
import type { FrameLog } from './frame-log.ts'
import type { Judged, Span } from './frame.ts'
import { dataLength, functionOf, judgeReply } from './frame.ts'
import { Library } from './library.ts'
import { OwedAnswers } from './owed.ts'
import { findReply } from './rtu-frame.ts'
import type { ModbusSession, Patience, Reply, SessionParts } from './session.ts'
import { closed, notAnswered } from './session.ts'

interface Pending {
  readonly span: Span
  readonly timeout: Millis
  readonly sent: Buffer
  readonly sentAt: Instant
  readonly settle: (judged: Judged) => void
}

/** No answer is longer than an RTU frame; what comes in front of it is noise, and there is not much of that. */
const longestAnswer = 512
/** After bytes that belong to nothing the line has to be still for so long before it is believed again. */
const stillness = millis(50)

/** What one byte takes, and the silence between frames. Modbus over serial line V1.02, 2.5.1.1: 3.5 bytes, above 19,200 baud 1.75 ms. */
export function lineTimes(line: LineSettings): { readonly byteMs: number; readonly silence: Millis } {
  if (line.via === 'tcp') return { byteMs: 0, silence: millis(0) }
  const bits = 2 + Number(line.format[0]) + (line.format[1] === 'N' ? 0 : 1) + (line.format[2] === '2' ? 1 : 0)
  const byteMs = (bits * 1_000) / line.baud
  return { byteMs, silence: millis(line.baud > 19_200 ? 1.75 : 3.5 * byteMs) }
}

/**
 * RTU frames over a serial port or a socket. A serial line has no transaction ids, so this session knows what is still owed to it: an
 * answer that comes after its time-out is told by its shape, and until it came, or could no longer come, nothing of the same shape is asked of
 * that unit. Questions are made and answers are read by modbus-serial, which sees nothing but answers that passed here: docs/decisions.md 41a.
 */
export class RtuSession implements ModbusSession {
  readonly ended: Promise<Fault>
  readonly #wire: Wire
  readonly #wall: Clock
  readonly #frames: FrameLog
  readonly #library = new Library()
  readonly #owed: OwedAnswers
  readonly #byteMs: number
  readonly #silence: Millis
  #heard: Buffer = Buffer.alloc(0)
  #foreign: string | undefined
  /** Since the question other answers came: what does not fit it may be one more of them, and its own is still to come. */
  #heardOthers = false
  #pending: Pending | undefined
  #heardAt: Instant | undefined
  #silent: Promise<void> | undefined
  #endSilence: () => void = () => {}
  #disturbed = false
  #trusted = true
  #closed = false

  constructor(wire: Wire, line: LineSettings, { wall, frames, owed = new OwedAnswers() }: SessionParts) {
    this.#wire = wire
    this.#wall = wall
    this.#frames = frames
    this.#owed = owed
    ;({ byteMs: this.#byteMs, silence: this.#silence } = lineTimes(line))
    this.ended = wire.ended.then(why => {
      this.#closed = true
      this.#endSilence()
      this.#owe()
      this.#settle(notAnswered(why))
      return why
    })
    wire.hear(bytes => this.#hear(Buffer.from(bytes)))
  }

  get trusted(): boolean {
    return this.#trusted
  }

  close(): void | Promise<void> {
    return this.#wire.close()
  }

  async read(span: Span, patience: Patience): Promise<Reply> {
    if (this.#pending) throw new Error('One request at a time.')
    const still = await this.#stillness(span, patience)
    if (this.#closed) return { judged: closed, roundTripMs: 0 }
    if (!still) return { judged: this.#neverStill(), roundTripMs: 0 }
    const sentAt = this.#wall.now()
    const sent = this.#library.question(span)
    // The bytes of question and answer take their time; the device's patience begins behind it.
    const wire = (sent.length + dataLength(span) + 5) * this.#byteMs
    const deadline = millis(Math.ceil(patience.timeout + wire))
    let cancel: Cancel = () => {}
    const judged = await new Promise<Judged>(settle => {
      this.#heard = Buffer.alloc(0)
      this.#foreign = undefined
      this.#heardOthers = false
      this.#disturbed = false
      this.#pending = { span, timeout: patience.timeout, sent, sentAt, settle }
      cancel = this.#wall.after(deadline, () => this.#giveUp())
      this.#frames.note(span.unit, 'sent', sent)
      this.#wire.send(sent)
    })
    cancel()
    return { judged, roundTripMs: between(sentAt, this.#wall.now()) }
  }

  /** Waits until the line has rested and no answer is owed that could be taken for this one's. False when it babbles on and on. */
  async #stillness(span: Span, { pause, timeout }: Patience): Promise<boolean> {
    const began = this.#wall.now()
    for (;;) {
      await this.#silent
      const now = this.#wall.now()
      const rest = millis(Math.max(pause, this.#disturbed ? stillness : 0))
      const rested = this.#heardAt === undefined ? now : after(this.#heardAt, rest)
      const doubt = this.#owed.doubtUntil(span, now)
      const ready = doubt === undefined ? rested : later(rested, doubt)
      if (this.#closed || (ready <= now && !this.#silent)) return true
      if (doubt === undefined && between(began, now) > timeout + rest + this.#silence) return false
      const left = millis(Math.min(between(now, ready), 100))
      if (left > 0) await new Promise<void>(resolve => this.#wall.after(left, resolve))
    }
  }

  /**
   * The silence behind what was just heard. Its timer is set here, not when the next question comes, and counts fractions: milliseconds
   * rounded up at each question are two hundredths of what the line can carry.
   */
  #fallSilent(): void {
    this.#endSilence()
    if (this.#silence === 0) return
    const silent = Promise.withResolvers<void>()
    const over = (): void => {
      if (this.#silent === silent.promise) this.#silent = undefined
      silent.resolve()
    }
    const cancel = this.#wall.after(this.#silence, over)
    this.#silent = silent.promise
    this.#endSilence = () => (cancel(), over())
  }

  #neverStill(): Judged {
    this.#trusted = false
    return notAnswered(fault('garbled', 'The line is never still: somebody else is speaking on it.'))
  }

  #giveUp(): void {
    const pending = this.#pending
    if (!pending) return
    const { span, timeout, sent } = pending
    const heard = this.#heard
    this.#owe()
    if (heard.length > 0) this.#frames.note(span.unit, 'heard', heard, 'no answer to what was asked')
    this.#disturbed = heard.length > 0
    this.#settle(notAnswered(this.#whyNot(span, timeout, heard.length, findReply(span, heard, sent).kind)))
  }

  #mayBeAnothers(): boolean {
    return this.#heardOthers || this.#owed.any(this.#wall.now())
  }

  /** The answer that is awaited may come when nobody waits for it any more. */
  #owe(): void {
    if (this.#pending) this.#owed.gaveUp(this.#pending.span, this.#pending.timeout, this.#pending.sentAt)
  }

  #whyNot(span: Span, timeout: Millis, length: number, kind: string): Fault {
    if (this.#foreign !== undefined) {
      return fault('wrong-reply', `Wrong reply: ${this.#foreign}.`)
    }
    if (length === 0) return fault('timeout', `No answer within ${timeout} ms.`)
    if (kind === 'half') return fault('timeout', `Only ${length} bytes came within ${timeout} ms.`)
    return fault('garbled', `Garbled reply: ${length} bytes came that are no Modbus frame.`)
  }

  #hear(bytes: Buffer): void {
    this.#heardAt = this.#wall.now()
    this.#fallSilent()
    if (!this.#trusted) return
    this.#heard = this.#heard.length === 0 ? bytes : Buffer.concat([this.#heard, bytes])
    const pending = this.#pending
    if (!pending) return this.#overhear()
    for (;;) {
      const found = findReply(pending.span, this.#heard, pending.sent)
      if (found.kind === 'spoilt') return this.#spoilt(pending, found.behind)
      if (found.kind === 'reply') {
        if (this.#take(pending, found.body, found.end)) return
      } else if (found.kind === 'foreign') this.#drop(found.unit, found.code, found.length, found.end)
      else break
    }
    if (this.#heard.length <= longestAnswer) return
    this.#trusted = false
    this.#owe()
    this.#frames.note(pending.span.unit, 'heard', this.#heard, 'more bytes than any answer has')
    this.#settle(notAnswered(fault('garbled', `Garbled reply: more than ${longestAnswer} bytes.`)))
  }

  /** False where the frame was the late answer to something else of the same unit: the real one may follow. */
  #take({ span, timeout, sentAt }: Pending, body: Buffer, end: number): boolean {
    const fits = judgeReply(span, body)
    const judged = fits.kind === 'fault' ? fits : this.#library.answer(this.#heard.subarray(end - body.length - 2, end))
    const length = (body[1] ?? 0) & 0x80 ? 0 : body.length - 3
    if (judged.kind === 'fault' && this.#owed.expects(span.unit, body[1] ?? 0, length)) {
      this.#drop(span.unit, body[1] ?? 0, length, end)
      return false
    }
    if (judged.kind === 'fault' && this.#mayBeAnothers()) this.#owe()
    if (judged.kind !== 'fault') this.#owed.answered(span, timeout, sentAt, judged.kind === 'exception')
    this.#frames.note(span.unit, 'heard', this.#heard.subarray(0, end), judged.kind === 'fault' ? judged.fault.detail : undefined)
    this.#heard = this.#heard.subarray(end)
    // Whatever follows an answer belongs to nothing that was asked.
    this.#disturbed = this.#heard.length > 0 || judged.kind === 'fault'
    this.#settle(judged)
    if (this.#heard.length > 0) this.#overhear()
    return true
  }

  #spoilt({ span }: Pending, behind: number): void {
    // Two bytes of something else's bent answer can look like the beginning of this one.
    if (behind > 0 || this.#mayBeAnothers()) this.#owe()
    this.#frames.note(span.unit, 'heard', this.#heard, 'checksum wrong')
    this.#disturbed = true
    this.#settle(notAnswered(fault('garbled', 'Garbled reply: the checksum is wrong.')))
  }

  /** A frame that answers nothing asked now: a late one is no longer owed. */
  #drop(unit: number, code: number, length: number, end: number): void {
    const late = this.#owed.came(unit, code, length, this.#wall.now())
    this.#heardOthers = true
    this.#frames.note(unit, 'heard', this.#heard.subarray(0, end), late ? 'late: dropped' : 'not asked: dropped')
    if (!late && this.#pending) this.#foreign = mistaken(this.#pending.span, unit, code)
    this.#heard = this.#heard.subarray(end)
  }

  /** Bytes while nothing is asked: late answers, second copies, another master. */
  #overhear(): void {
    this.#disturbed = true
    const nothing: Span = { unit: -1, table: 'holding', start: 0, quantity: 1 }
    for (;;) {
      const found = findReply(nothing, this.#heard, Buffer.from([0, 0]))
      if (found.kind !== 'foreign') break
      this.#drop(found.unit, found.code, found.length, found.end)
    }
    if (this.#heard.length > longestAnswer) this.#heard = Buffer.alloc(0)
  }

  #settle(judged: Judged): void {
    const pending = this.#pending
    this.#pending = undefined
    pending?.settle(judged)
  }
}

const mistaken = ({ unit: asked, table }: Span, unit: number, code: number): string =>
  unit === asked
    ? `function ${code} answered, function ${functionOf[table]} was asked`
    : `unit ${unit} answered, unit ${asked} was asked`
