import type { Fault } from '../contract/fault.ts'
import type { Clock, Millis } from '../contract/time.ts'
import { millis } from '../contract/time.ts'
import type { Answer } from '../kit/answer.ts'
import { answered, failed } from '../kit/answer.ts'
import { Link } from '../kit/link.ts'
import type { Turns } from '../kit/turns.ts'
import { turnsOn } from '../kit/turns.ts'
import type { ModbusConfig, UnitSettings } from './config.ts'
import { dialModbus } from './dial.ts'
import type { Doctor } from './doctor.ts'
import type { FrameLog } from './frame-log.ts'
import type { Span } from './frame.ts'
import { owedOn } from './owed.ts'
import type { ModbusSession, Reply } from './session.ts'

export interface LineParts {
  readonly wall: Clock
  readonly frames: FrameLog
  readonly doctor: Doctor
  readonly up: () => void
  readonly down: (why: Fault) => void
}

/** How often a lost or garbled read is repeated, and how long an answer is awaited. */
export type Manners = Pick<UnitSettings, 'timeout' | 'pause' | 'retries'> & {
  /** Somebody is looking for something: what the unit refuses then says nothing about how it does. */
  readonly looking?: true
}

/** Something that can be asked: the running line, or a call made for the purpose. */
export interface Talk {
  /** Undefined when the connection was lost over it. */
  read(span: Span, manners: Manners): Promise<Reply | undefined>
  /** Hangs up where the call was made for this talk. */
  end(): Promise<void>
}

/** One connection: who asks waits for his turn, and a session that is no longer trusted is made anew before the next question. */
export class Line implements Talk {
  readonly #config: ModbusConfig
  readonly #parts: LineParts
  readonly #link: Link<ModbusSession>
  #turns: Turns | undefined
  #leave: () => void = () => {}
  #why: Fault | undefined

  constructor(config: ModbusConfig, parts: LineParts) {
    this.#config = config
    this.#parts = parts
    const { wall, up, down } = parts
    this.#link = new Link({
      wall,
      dial: signal => dialModbus(config, { ...parts, ...(this.#turns && { owed: owedOn(this.#turns) }) }, signal),
      patience: millis(Math.max(config.usual.timeout, 3_000) + config.pauseAfterConnect),
      up: () => {
        this.#why = undefined
        up()
      },
      down: why => {
        this.#why = why
        down(why)
      },
    })
  }

  get isUp(): boolean {
    return this.#link.session !== undefined
  }

  start(): void {
    ;({ turns: this.#turns, leave: this.#leave } = turnsOn(this.#config.line))
    this.#link.start()
  }

  async stop(): Promise<void> {
    this.#turns = undefined
    await this.#link.stop()
    this.#leave()
  }

  proved(): void {
    this.#link.proved()
  }

  renew(): Promise<unknown> {
    return this.#link.renew()
  }

  read(span: Span, manners: Manners): Promise<Reply | undefined> {
    const turns = this.#turns
    if (!turns) return Promise.resolve(undefined)
    return this.#ask(turns, span, manners, () => {
      const { session } = this.#link
      return session?.trusted === false ? this.#link.renew() : session
    })
  }

  end(): Promise<void> {
    return Promise.resolve()
  }

  /** A talk beside the sweeps: over the running line, else over a call of its own. `unreachable` where there is neither. */
  async talk(signal: AbortSignal): Promise<Answer<Talk>> {
    if (this.#turns) return this.isUp ? answered(this) : this.#why ? failed(this.#why) : this.#soonUp(signal)
    return this.#call(this.#config, signal)
  }

  /** A call of its own, perhaps with other settings of the serial port. */
  async call(settings: ModbusConfig, signal: AbortSignal): Promise<Answer<Talk>> {
    return this.#call(settings, signal)
  }

  get isRunning(): boolean {
    return this.#turns !== undefined
  }

  /** Just started: the first call is still out. */
  async #soonUp(signal: AbortSignal): Promise<Answer<Talk>> {
    for (let look = 0; look < 100 && !signal.aborted && !this.isUp && !this.#why; look++) {
      await new Promise<void>(resolve => this.#parts.wall.after(millis(50), resolve))
    }
    if (this.isUp) return answered(this)
    return failed(this.#why ?? { code: 'unreachable', detail: 'The connection is not up yet.' })
  }

  async #call(settings: ModbusConfig, signal: AbortSignal): Promise<Answer<Talk>> {
    const { turns, leave } = turnsOn(settings.line)
    const parts = { ...this.#parts, owed: owedOn(turns) }
    const dialled = await dialModbus(settings, parts, signal)
    if (!dialled.ok) {
      leave()
      return dialled
    }
    let session: ModbusSession | undefined = dialled.value
    const hangUp = (): void => void session?.close()
    signal.addEventListener('abort', hangUp, { once: true })
    const redial = async (): Promise<ModbusSession | undefined> => {
      await session?.close()
      const again = await dialModbus(settings, parts, signal)
      session = again.ok ? again.value : undefined
      return session
    }
    return answered({
      read: (span, manners) =>
        signal.aborted
          ? Promise.resolve(undefined)
          : this.#ask(turns, span, manners, () => (session?.trusted === false ? redial() : session)),
      async end() {
        signal.removeEventListener('abort', hangUp)
        leave()
        await session?.close()
      },
    })
  }

  async #ask(
    turns: Turns,
    span: Span,
    { timeout, pause, retries, looking }: Manners,
    ready: () => ModbusSession | undefined | Promise<ModbusSession | undefined>,
  ): Promise<Reply | undefined> {
    for (let left = retries; ; left--) {
      const turn = turns.take()
      if (turn) await turn
      try {
        const now = ready()
        const session = now instanceof Promise ? await now : now
        if (!session) return undefined
        const reply = await session.read(span, { timeout, pause })
        const { judged } = reply
        // The link tells of a lost connection itself, once for all points.
        if (judged.kind === 'fault' && judged.fault.code === 'disconnected') return undefined
        if (looking) this.#parts.doctor.carried(reply)
        else this.#parts.doctor.heard(span.unit, reply)
        if (judged.kind !== 'fault' || left <= 0) return left < retries ? { ...reply, repeated: true } : reply
      } finally {
        turns.give()
      }
    }
  }
}

/** No retries: for units nobody knows to be there. */
export const once = (manners: Manners, longest: Millis = manners.timeout): Manners => ({
  ...manners,
  timeout: millis(Math.min(manners.timeout, longest)),
  retries: 0,
})
