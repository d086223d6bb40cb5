import { randomInt } from 'node:crypto'
import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import type { Cancel, Clock, Instant, Millis } from '../contract/time.ts'
import { between } from '../contract/time.ts'
import type { Session } from '../kit/link.ts'
import type { Doctor } from './doctor.ts'
import type { Pdu, Question } from './message.ts'
import type { Datagrams } from './udp.ts'
import type { Heard, Voice } from './voice.ts'

export interface Patience {
  /** For one datagram's answer, real time. */
  readonly timeout: Millis
  /** How often a question is put again. */
  readonly retries: number
}
export type Reply =
  | { readonly ok: true; readonly pdu: Pdu; readonly roundTripMs: number }
  | { readonly ok: false; readonly fault: Fault; readonly roundTripMs: number }

/** Puts questions to an agent and waits for their answers. */
export type Ask = (question: Question) => Promise<Reply>

export interface SessionParts {
  readonly wall: Clock
  readonly doctor: Doctor
  /** Where it is, for people. */
  readonly place: string
}

interface Pending {
  readonly sentAt: Instant
  readonly settle: (heard: Heard) => void
  /** What came meanwhile and was not taken: it says more than "no answer". */
  why?: Fault
}

/** Questions whose answers may still come. */
const remembered = 64
/** In one question: an agent that goes on reporting another time is not followed for ever. */
const mostAgain = 3

/**
 * A conversation with one agent. Every datagram has a number of its own that nobody can guess, even the same question put again: an
 * answer is taken only for the question that is out, once, and from the agent's own address.
 */
export class SnmpSession implements Session {
  readonly ended: Promise<Fault>
  readonly #datagrams: Datagrams
  readonly #voice: Voice
  readonly #parts: SessionParts
  readonly #pending = new Map<number, Pending>()
  readonly #past = new Map<number, { readonly sentAt: Instant; readonly answered: boolean }>()
  #why: Fault | undefined
  #over: Fault | undefined

  constructor(datagrams: Datagrams, voice: Voice, parts: SessionParts) {
    this.#datagrams = datagrams
    this.#voice = voice
    this.#parts = parts
    datagrams.hear(bytes => this.#hear(bytes))
    this.ended = datagrams.ended.then(why => {
      this.#over = this.#why ?? why
      for (const { settle } of this.#pending.values()) settle({ is: 'noise', why: this.#over })
      return this.#over
    })
  }

  /** One question, put again where nothing came. Never rejects. */
  async ask(question: Question, { timeout, retries }: Patience): Promise<Reply> {
    let last: Fault = fault('timeout', 'It was not asked.')
    for (let left = retries, again = 0; left >= 0 && !this.#over;) {
      const begun = this.#parts.wall.now()
      const heard = await this.#once(question, timeout)
      const roundTripMs = between(begun, this.#parts.wall.now())
      if (heard.is === 'again') {
        if (++again > mostAgain)
          return this.#failed(fault('refused', 'The agent does not agree about its time or id.'), roundTripMs)
        continue
      }
      if (heard.is === 'answer') {
        this.#parts.doctor.spent(roundTripMs, undefined)
        return { ok: true, pdu: heard.pdu, roundTripMs }
      }
      if (heard.is === 'report') return this.#failed(heard.fault, roundTripMs)
      last = heard.why
      this.#parts.doctor.spent(roundTripMs, last)
      left -= 1
    }
    return { ok: false, fault: this.#over ?? last, roundTripMs: 0 }
  }

  /** The agent is given up: whoever keeps the session learns why. */
  async giveUp(why: Fault): Promise<void> {
    this.#why ??= why
    await this.#datagrams.close()
  }

  async close(): Promise<void> {
    await this.#datagrams.close()
  }

  #failed(why: Fault, roundTripMs: Millis): Reply {
    this.#parts.doctor.spent(roundTripMs, why)
    return { ok: false, fault: why, roundTripMs }
  }

  #once(question: Question, timeout: Millis): Promise<Heard> {
    const { wall, doctor, place } = this.#parts
    const id = this.#newId()
    const bytes = this.#voice.hello(id) ?? this.#voice.say(id, question)
    return new Promise(resolve => {
      const sentAt = wall.now()
      let cancel: Cancel = () => {}
      const pending: Pending = {
        sentAt,
        settle: heard => {
          cancel()
          this.#pending.delete(id)
          this.#remember(id, sentAt, heard.is !== 'noise')
          resolve(heard)
        },
      }
      this.#pending.set(id, pending)
      cancel = wall.after(timeout, () =>
        pending.settle({ is: 'noise', why: pending.why ?? fault('timeout', `No answer from ${place} within ${timeout} ms.`) }),
      )
      doctor.frame('sent', this.#voice.hide(bytes), question.kind)
      this.#datagrams.send(bytes)
    })
  }

  #hear(bytes: Buffer): void {
    const { doctor, wall } = this.#parts
    const heard = this.#understand(bytes)
    const hidden = this.#voice.hide(bytes)
    if (heard.is === 'noise') {
      doctor.frame('heard', hidden, heard.why.detail)
      for (const pending of this.#pending.values()) pending.why = heard.why
      return
    }
    const pending = this.#pending.get(heard.id)
    if (pending) {
      doctor.frame('heard', hidden, noteOf(heard))
      return pending.settle(heard)
    }
    const past = this.#past.get(heard.id)
    doctor.frame('heard', hidden, past ? (past.answered ? 'once more: dropped' : 'late: dropped') : 'never asked: dropped')
    if (past && !past.answered) {
      this.#remember(heard.id, past.sentAt, true)
      doctor.wasLate(between(past.sentAt, wall.now()))
    }
    if (!past)
      for (const each of this.#pending.values()) each.why = fault('wrong-reply', 'An answer to a question that was never put.')
  }

  /** Whatever an agent sends, it is no reason to stop. */
  #understand(bytes: Buffer): Heard {
    try {
      return this.#voice.hear(bytes)
    } catch (error) {
      return { is: 'noise', why: fault('garbled', `No SNMP answer: ${error instanceof Error ? error.message : 'unreadable'}.`) }
    }
  }

  #newId(): number {
    for (;;) {
      const id = randomInt(1, 0x7fff_ffff)
      if (!this.#pending.has(id) && !this.#past.has(id)) return id
    }
  }

  #remember(id: number, sentAt: Instant, answered: boolean): void {
    this.#past.delete(id)
    this.#past.set(id, { sentAt, answered })
    const oldest = this.#past.keys().next()
    if (this.#past.size > remembered && !oldest.done) this.#past.delete(oldest.value)
  }
}

const noteOf = (heard: Heard): string | undefined =>
  heard.is === 'report' ? heard.fault.detail : heard.is === 'again' ? 'report' : undefined
