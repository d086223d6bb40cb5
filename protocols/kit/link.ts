import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import type { Cancel, Clock, Millis } from '../contract/time.ts'
import { millis, seconds } from '../contract/time.ts'
import type { Answer } from './answer.ts'
import { failed, whatWentWrong } from './answer.ts'

/** A conversation with the other side. It notices its own end; closing it twice is harmless. */
export interface Session {
  /** Resolves once, with the reason, when the conversation has ended, by whoever's doing. */
  readonly ended: Promise<Fault>
  close(): void | Promise<void>
}

export interface LinkParts<S extends Session> {
  /** Always real time. */
  readonly wall: Clock
  /** Makes a session or says why not. After `signal` aborts, whatever it still makes is closed unseen. */
  readonly dial: (signal: AbortSignal) => Promise<Answer<S>>
  /** The dial's total deadline. */
  readonly patience: Millis
  /** Once per change. */
  readonly up: (session: S) => void
  readonly down: (why: Fault) => void
  readonly random?: () => number
}

const shortest = seconds(1)
const longest = seconds(60)

/** Full jitter (any length up to a ceiling that doubles from 1 s to 60 s), so that a hundred gateways do not redial together. */
export function backOff(failures: number, random: () => number): Millis {
  return millis(random() * Math.min(longest, shortest * 2 ** Math.min(failures, 10)))
}

/** Keeps one session alive: dials, says up and down once per change, redials with growing pauses, for as long as it takes. */
export class Link<S extends Session> {
  readonly #parts: LinkParts<S>
  #session: S | undefined
  #state: 'unknown' | 'up' | 'down' = 'unknown'
  #failures = 0
  #stopped = true
  #cancelRedial: Cancel = () => {}
  #dialling: AbortController | undefined
  #dialled: Promise<void> = Promise.resolve()
  #leftover: Promise<void> = Promise.resolve()

  constructor(parts: LinkParts<S>) {
    this.#parts = parts
  }

  /** The session, while there is one. */
  get session(): S | undefined {
    return this.#session
  }

  start(): void {
    if (!this.#stopped) return
    this.#stopped = false
    this.#state = 'unknown'
    this.#dialled = this.#dial()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancelRedial()
    this.#dialling?.abort()
    const session = this.#session
    this.#session = undefined
    await session?.close()
    await this.#dialled
    await this.#gone()
  }

  /** The session has proved itself useful: the next loss starts again with short pauses. */
  proved(): void {
    this.#failures = 0
  }

  /** Replaces a session whose bytes can no longer be trusted. It is no loss of the link unless the new call fails. */
  async renew(): Promise<S | undefined> {
    const session = this.#session
    if (this.#stopped || !session) return this.#session
    this.#session = undefined
    await session.close()
    this.#dialled = this.#dial()
    await this.#dialled
    return this.#session
  }

  async #dial(): Promise<void> {
    const { wall, dial, patience } = this.#parts
    const dialling = new AbortController()
    this.#dialling = dialling
    const calling = dial(dialling.signal).catch((error: unknown) => failed(fault('unreachable', whatWentWrong(error))))
    const answer = await within(wall, patience, dialling, calling)
    if (!answer.ok || dialling.signal.aborted || this.#stopped) {
      // Whatever still comes of the call is nobody's: hang up.
      this.#leftover = hangUp(calling)
      if (!this.#stopped) this.#lose(answer.ok ? fault('unreachable', 'The call was given up.') : answer.fault)
      return
    }
    this.#session = answer.value
    void this.#watch(answer.value)
    if (this.#state !== 'up') {
      this.#state = 'up'
      this.#parts.up(answer.value)
    }
  }

  /** A call that was given up still holds a socket until it notices; a library that never notices is not waited for. */
  async #gone(): Promise<void> {
    let cancel: Cancel = () => {}
    const enough = new Promise<void>(resolve => {
      cancel = this.#parts.wall.after(seconds(5), resolve)
    })
    await Promise.race([this.#leftover, enough])
    cancel()
  }

  async #watch(session: S): Promise<void> {
    const why = await session.ended
    if (this.#session !== session) return
    this.#session = undefined
    this.#lose(why)
  }

  #lose(why: Fault): void {
    if (this.#stopped) return
    const { wall, down, random = Math.random } = this.#parts
    this.#cancelRedial = wall.after(backOff(this.#failures++, random), () => {
      this.#dialled = this.#dial()
    })
    if (this.#state === 'down') return
    this.#state = 'down'
    down(why)
  }
}

async function hangUp(calling: Promise<Answer<Session>>): Promise<void> {
  const late = await calling
  if (late.ok) await late.value.close()
}

async function within<T>(wall: Clock, patience: Millis, given: AbortController, calling: Promise<Answer<T>>): Promise<Answer<T>> {
  let cancel: Cancel = () => {}
  const late = new Promise<Answer<T>>(resolve => {
    cancel = wall.after(patience, () => {
      resolve(failed(fault('unreachable', `No connection within ${patience} ms.`)))
      given.abort()
    })
    given.signal.addEventListener('abort', () => resolve(failed(fault('unreachable', 'The call was given up.'))), { once: true })
  })
  try {
    return await Promise.race([calling, late])
  } finally {
    cancel()
  }
}
