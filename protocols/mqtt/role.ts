import type { Fault } from '../contract/fault.ts'
import type { Message } from './mapping.ts'
import type { OwnWord } from './own-words.ts'

/** The open line as a role sees it. */
export interface Voice {
  say(word: OwnWord): void
  /** Hears more topics from now on, where the line does not hear everything; false when the broker refuses. */
  listen(filter: string): Promise<boolean>
  /** Gives the connection up; it is made anew. */
  leave(): void
}

/** Something the gateway is on a broker beside one who reads topics: a Sparkplug host, an edge node, a guest of Home Assistant. */
export interface Role {
  readonly filters: readonly string[]
  /** The last will of the next connection; absent where the role needs none, and shares a connection with others. */
  farewell?(): OwnWord
  /** The line stands and its subscriptions, too. */
  begin(voice: Voice): void
  hear(message: Message): void
  /** The broker does not let us hear this filter. */
  refused?(filter: string): void
  /** The line is lost. */
  end(why: Fault): void
  /** It is left on purpose: what is said before. No timer stays behind. */
  goodbye(): readonly OwnWord[]
  counters?(): Readonly<Record<string, number>>
}
