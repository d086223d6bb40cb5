import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import type { Clock, Millis } from '../contract/time.ts'
import { millis, seconds } from '../contract/time.ts'
import type { Answer } from '../kit/answer.ts'
import { answered, failed } from '../kit/answer.ts'
import { Link } from '../kit/link.ts'
import type { Turns } from '../kit/turns.ts'
import { turnsOn } from '../kit/turns.ts'
import { dialWire } from '../kit/wire.ts'
import type { Question } from './judged.ts'
import { LineBook } from './line-book.ts'
import type { MeterConnection } from './meters.ts'
import { labelOf } from './meters.ts'
import type { Crowd, Outcome } from './session.ts'
import { MeterSession } from './session.ts'
import type { Cut } from '../kit/frame-finder.ts'

export interface LineParts<F> {
  readonly connection: MeterConnection
  readonly cut: (bytes: Uint8Array, at: number) => Cut<F>
  readonly wall: Clock
  readonly up: () => void
  readonly down: (why: Fault) => void
}

/** A line while it may be used; questions of everybody who uses it take turns. */
export interface OpenLine<F> {
  /** False once it is of no more use: calling again is the line's own business. */
  readonly isOpen: boolean
  ask(meter: string, question: Question<F>): Promise<{ readonly outcome: Outcome<F>; readonly ms: number }>
  call(question: Question<F>): Promise<Crowd<F>>
}

/** Keeps one line open and lets one question at a time onto it. */
export class MeterLine<F> {
  readonly book: LineBook
  readonly #parts: LineParts<F>
  readonly #link: Link<MeterSession<F>>
  #turns: Turns | undefined
  #leave: () => void = () => {}
  /** The last question and the rest behind it. */
  #busy: Promise<void> = Promise.resolve()
  #state: 'new' | 'running' | 'stopped' = 'new'
  #down: Fault | undefined

  constructor(parts: LineParts<F>) {
    this.#parts = parts
    this.book = new LineBook(parts.wall)
    this.#link = new Link({
      wall: parts.wall,
      dial: signal => this.#dial(signal),
      patience: millis(Math.max(parts.connection.timeout, seconds(3))),
      up: () => {
        this.#down = undefined
        parts.up()
      },
      down: why => {
        this.#down = why
        parts.down(why)
      },
    })
  }

  start(): void {
    this.#state = 'running'
    ;({ turns: this.#turns, leave: this.#leave } = turnsOn(this.#parts.connection.line))
    this.#link.start()
  }

  async stop(): Promise<void> {
    this.#state = 'stopped'
    await this.#link.stop()
    await this.#busy
    this.#leave()
  }

  /** The line as it is now; undefined while it is down. */
  get open(): OpenLine<F> | undefined {
    const session = this.#link.session
    return session && this.#turns && this.#over(session, this.#turns)
  }

  /** Somebody answered: the next loss starts again with short pauses. */
  proved(): void {
    this.#link.proved()
  }

  /** Nobody answers: a connection over the network may be dead without anybody having told us. A serial port is not. */
  async doubt(): Promise<void> {
    if (this.#parts.connection.line.via === 'tcp') await this.#link.renew()
  }

  /** Over the running line, or over one of its own that is hung up afterwards. */
  async use<T>(signal: AbortSignal, act: (line: OpenLine<F>) => Promise<T>): Promise<Answer<T>> {
    // Whoever still searches must not open a line again that was just let go.
    if (this.#state === 'stopped') return failed(fault('disconnected', 'The connection is being closed.'))
    if (this.#state === 'running') {
      const { open } = this
      return open ? answered(await act(open)) : failed(this.#down ?? fault('unreachable', 'The line is being opened.'))
    }
    const session = await this.#dial(signal)
    if (!session.ok) return session
    const { turns, leave } = turnsOn(this.#parts.connection.line)
    const hangUp = (): void => void session.value.close()
    signal.addEventListener('abort', hangUp, { once: true })
    try {
      return answered(await act(this.#over(session.value, turns)))
    } finally {
      signal.removeEventListener('abort', hangUp)
      await session.value.close()
      await this.#busy
      leave()
    }
  }

  async #dial(signal: AbortSignal): Promise<Answer<MeterSession<F>>> {
    const { connection, cut, wall } = this.#parts
    const wire = await dialWire(connection.line, signal)
    return wire.ok ? answered(new MeterSession(wire.value, cut, wall)) : wire
  }

  #over(session: MeterSession<F>, turns: Turns): OpenLine<F> {
    const { wake, timeout } = this.#parts.connection
    let isOpen = true
    void session.ended.then(() => (isOpen = false))
    return {
      get isOpen() {
        return isOpen
      },
      ask: (meter, question) =>
        this.#alone(session, turns, async () => {
          const { outcome, sent, heard, roundTripMs: ms } = await session.ask(question, wake, timeout)
          this.book.note(labelOf(meter), { sent, heard, ms }, outcome)
          return { outcome, ms }
        }),
      call: question =>
        this.#alone(session, turns, async () => {
          const crowd = await session.call(question, wake, timeout)
          this.book.note('everybody', { sent: crowd.sent, heard: crowd.heard, ms: timeout })
          return crowd
        }),
    }
  }

  /** In turn with everybody on this line, whatever he speaks, and with a pause behind it in which the line settles. */
  async #alone<T>(session: MeterSession<F>, turns: Turns, act: () => Promise<T>): Promise<T> {
    await turns.take()
    const asked = act()
    this.#busy = this.#settle(asked, session, turns)
    return asked
  }

  async #settle(asked: Promise<unknown>, session: MeterSession<F>, turns: Turns): Promise<void> {
    await Promise.allSettled([asked])
    await pause(this.#parts.wall, this.#parts.connection.pause, session.ended)
    turns.give()
  }
}

async function pause(wall: Clock, length: Millis, ended: Promise<unknown>): Promise<void> {
  if (length === 0) return
  let cancel = (): void => {}
  const over = new Promise<void>(resolve => {
    cancel = wall.after(length, resolve)
  })
  await Promise.race([over, ended])
  cancel()
}
