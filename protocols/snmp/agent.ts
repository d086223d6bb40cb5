import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import type { Clock } from '../contract/time.ts'
import { millis } from '../contract/time.ts'
import type { Answer } from '../kit/answer.ts'
import { answered, failed } from '../kit/answer.ts'
import { Link } from '../kit/link.ts'
import type { SnmpConfig } from './config.ts'
import type { Doctor } from './doctor.ts'
import { upTime } from './reads.ts'
import type { Ask } from './session.ts'
import { SnmpSession } from './session.ts'
import { openDatagrams } from './udp.ts'
import { UserVoice } from './user-voice.ts'
import { securityOf } from './usm.ts'
import type { Voice } from './voice.ts'
import { CommunityVoice } from './voice.ts'

export interface AgentParts {
  readonly wall: Clock
  readonly doctor: Doctor
  readonly up: () => void
  readonly down: (why: Fault) => void
}

/** Someone to be asked beside the sweeps: the running conversation, or one of its own. */
export interface Talk {
  readonly ask: Ask
  end(): Promise<void>
}

/** What every agent has; that it answers is what matters, not what. */
const signOfLife = { kind: 'get', oids: [upTime] } as const

/** One agent. Over UDP nobody is connected: it is there while it answers, and called again with growing pauses when it does not. */
export class Agent {
  readonly #config: SnmpConfig
  readonly #parts: AgentParts
  readonly #link: Link<SnmpSession>
  #isRunning = false
  #why: Fault | undefined
  #firstWord: PromiseWithResolvers<void> = Promise.withResolvers()

  constructor(config: SnmpConfig, parts: AgentParts) {
    this.#config = config
    this.#parts = parts
    this.#link = new Link({
      wall: parts.wall,
      dial: signal => this.#dial(signal),
      // The agent's id and time come first in v3.
      patience: millis(config.timeout * (config.retries + 3) + 5_000),
      up: () => {
        this.#why = undefined
        this.#firstWord.resolve()
        parts.up()
      },
      down: why => {
        this.#why = why
        this.#firstWord.resolve()
        parts.down(why)
      },
    })
  }

  get isUp(): boolean {
    return this.#link.session !== undefined
  }

  start(): void {
    this.#isRunning = true
    this.#firstWord = Promise.withResolvers()
    this.#link.start()
  }

  async stop(): Promise<void> {
    this.#isRunning = false
    this.#firstWord.resolve()
    await this.#link.stop()
  }

  proved(): void {
    this.#link.proved()
  }

  readonly ask: Ask = async question => {
    const { session } = this.#link
    return session ? session.ask(question, this.#config) : gone
  }

  /** Whether it answers anything at all; where it does not, it is given up and called again. */
  async isAlive(why: Fault): Promise<boolean> {
    const { session } = this.#link
    if (!session) return false
    const reply = await session.ask(signOfLife, { timeout: this.#config.timeout, retries: 0 })
    if (reply.ok) return true
    await session.giveUp(reply.fault.code === 'timeout' ? why : reply.fault)
    return false
  }

  async talk(signal: AbortSignal): Promise<Answer<Talk>> {
    if (this.#isRunning) {
      await Promise.race([this.#firstWord.promise, aborted(signal)])
      if (this.isUp)
        return answered({
          ask: question => (signal.aborted ? Promise.resolve(gone) : this.ask(question)),
          end: () => Promise.resolve(),
        })
      return failed(this.#why ?? fault('unreachable', 'The agent has not answered yet.'))
    }
    const dialled = await this.#dial(signal)
    if (!dialled.ok) return dialled
    const session = dialled.value
    const hangUp = (): void => void session.close()
    signal.addEventListener('abort', hangUp, { once: true })
    return answered({
      ask: question => session.ask(question, this.#config),
      async end() {
        signal.removeEventListener('abort', hangUp)
        await session.close()
      },
    })
  }

  async #dial(signal: AbortSignal): Promise<Answer<SnmpSession>> {
    const { host, port } = this.#config
    const { wall, doctor } = this.#parts
    const voice = await this.#voice()
    const datagrams = await openDatagrams(host, port, signal)
    if (!datagrams.ok) return this.#failed(datagrams.fault)
    const session = new SnmpSession(datagrams.value, voice, { wall, doctor, place: doctor.device })
    const hangUp = (): void => void session.close()
    signal.addEventListener('abort', hangUp, { once: true })
    if (signal.aborted) hangUp()
    const reply = await session.ask(signOfLife, this.#config)
    signal.removeEventListener('abort', hangUp)
    if (reply.ok) {
      doctor.failure = undefined
      return answered(session)
    }
    await session.close()
    return this.#failed(reply.fault)
  }

  #failed(why: Fault): Answer<never> {
    this.#parts.doctor.failure = why
    return failed(why)
  }

  async #voice(): Promise<Voice> {
    const { way } = this.#config
    if (way.version === '2c') return new CommunityVoice(way.community)
    const { credentials, context } = way
    return new UserVoice({ credentials, context, security: await securityOf(credentials), wall: this.#parts.wall })
  }
}

const gone = { ok: false, fault: fault('disconnected', 'The conversation was ended.'), roundTripMs: 0 } as const

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
