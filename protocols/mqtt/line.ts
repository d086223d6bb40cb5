import type { DriverHost } from '../contract/driver.ts'
import type { Fault } from '../contract/fault.ts'
import { seconds } from '../contract/time.ts'
import type { Answer } from '../kit/answer.ts'
import type { Session } from '../kit/link.ts'
import { Link } from '../kit/link.ts'
import type { BrokerSession } from './client.ts'
import type { Message } from './mapping.ts'
import type { OwnWord } from './own-words.ts'
import type { Role, Voice } from './role.ts'

/** A broker of our own, or an outside one, as long as the conversation lasts. */
export type SpeakingSession = Session &
  Pick<BrokerSession, 'say'> &
  Partial<Pick<BrokerSession, 'refused' | 'listen'>> & {
    /** The embedded broker: what it has retained is heard at once, and everything after that until the returned function is called. */
    readonly hub?: { listen(ear: (message: Message) => void): () => void }
  }
export type Dial = (ears: LineEars, signal: AbortSignal) => Promise<Answer<SpeakingSession>>
export interface LineEars {
  readonly filters: readonly string[]
  readonly heard: (message: Message) => void
  readonly farewell?: OwnWord
}

export interface LineParts {
  readonly host: DriverHost
  readonly roles: readonly Role[]
  readonly dial: Dial
  readonly farewell?: OwnWord
  readonly up?: (session: SpeakingSession) => void
  readonly down?: (why: Fault) => void
}

/** One connection to a broker and the roles that share it. A role with a last will has one to itself, because a connection has but one. */
export class RoleLine {
  readonly #roles: readonly Role[]
  readonly #link: Link<SpeakingSession>
  readonly #up: LineParts['up']

  constructor({ host, roles, dial, farewell, up, down }: LineParts) {
    this.#roles = roles
    this.#up = up
    this.#link = new Link({
      wall: host.wall,
      dial: signal => {
        const will = farewell ?? roles.map(role => role.farewell?.()).find(word => word !== undefined)
        const filters = [...new Set(roles.flatMap(role => role.filters))]
        return dial({ filters, heard: message => this.hear(message), ...(will ? { farewell: will } : {}) }, signal)
      },
      patience: seconds(15),
      up: session => this.#begin(session),
      down: why => {
        for (const role of roles) role.end(why)
        down?.(why)
      },
    })
  }

  get session(): SpeakingSession | undefined {
    return this.#link.session
  }

  start(): void {
    this.#link.start()
  }

  async stop(): Promise<void> {
    for (const role of this.#roles) for (const word of role.goodbye()) this.#link.session?.say(word)
    await this.#link.stop()
  }

  hear(message: Message): void {
    for (const role of this.#roles) role.hear(message)
  }

  #begin(session: SpeakingSession): void {
    this.#link.proved()
    this.#up?.(session)
    const voice: Voice = {
      say: word => session.say(word),
      listen: filter => session.listen?.(filter) ?? Promise.resolve(true),
      leave: () => void session.close(),
    }
    for (const role of this.#roles) role.begin(voice)
    for (const filter of session.refused ?? []) {
      for (const role of this.#roles) if (role.filters.includes(filter)) role.refused?.(filter)
    }
    // An outside broker tells what it has retained by itself.
    session.hub?.listen(message => message.replayed && this.hear(message))()
  }
}
