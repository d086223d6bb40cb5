import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import { NotBer, octets } from './ber.ts'
import type { Pdu, Question } from './message.ts'
import { encodeCommunity, readCommunity } from './message.ts'

/** What a datagram was. */
export type Heard =
  | { readonly is: 'answer'; readonly id: number; readonly pdu: Pdu }
  /** The agent's word about the conversation itself (v3): it cannot be had this way, or it can be had when asked once more. */
  | { readonly is: 'report'; readonly id: number; readonly fault: Fault }
  | { readonly is: 'again'; readonly id: number }
  /** Not taken: no answer of this agent to us. Whoever waits goes on waiting. */
  | { readonly is: 'noise'; readonly why: Fault }

/** How one agent is spoken to: what is put around a question, and what must be around an answer. */
export interface Voice {
  /** What must be asked first, before a question can be put at all. */
  hello(id: number): Buffer | undefined
  say(id: number, question: Question): Buffer
  hear(datagram: Buffer): Heard
  /** A copy in which nothing secret can be read. */
  hide(datagram: Buffer): Buffer
}

export const noise = (code: 'garbled' | 'wrong-reply', detail: string): Heard => ({ is: 'noise', why: fault(code, detail) })

export class CommunityVoice implements Voice {
  readonly #community: string
  readonly #secret: Buffer

  constructor(community: string) {
    this.#community = community
    this.#secret = Buffer.from(community)
  }

  hello(): undefined {
    return undefined
  }

  say(id: number, question: Question): Buffer {
    return encodeCommunity(this.#community, id, question)
  }

  hear(datagram: Buffer): Heard {
    try {
      const { community, pdu } = readCommunity(datagram)
      if (!community.equals(this.#secret)) return noise('wrong-reply', 'An answer with another community.')
      return { is: 'answer', id: pdu.id, pdu }
    } catch (error) {
      if (error instanceof NotBer) return noise('garbled', `No SNMP answer: ${error.message}.`)
      throw error
    }
  }

  /** The community stands in every message in the clear. A short one is hidden in its place only: it is found everywhere. */
  hide(datagram: Buffer): Buffer {
    const hidden = Buffer.from(datagram)
    const needle = this.#secret.length < shortWord ? octets(this.#secret) : this.#secret
    for (let at = hidden.indexOf(needle); at >= 0; at = hidden.indexOf(needle, at + needle.length))
      hidden.fill('*', at + needle.length - this.#secret.length, at + needle.length)
    return hidden
  }
}

const shortWord = 4
