import type { Cancel, Clock, Instant, Millis } from '../../../protocols/contract/time.ts'
import { between } from '../../../protocols/contract/time.ts'
import { limits } from './guard.ts'

/** A connection as it comes to the port. */
export interface Knock {
  readonly address: string
  readonly port: number
  hangUp(): void
}

export interface TurnstileParts {
  readonly wall: Clock
  /** For those in front of the door; see `guard.ts`. */
  readonly bounds?: Bounds
}
interface Bounds {
  /** Connections on which nobody has signed in: all together, and of one address. */
  readonly strangers: number
  readonly strangersOfAddress: number
  readonly comings: Flow
  readonly comingsOfAddress: Flow
  readonly bytesBefore: number
  readonly tries: number
  readonly patience: Millis
}

/** Somebody in front of the door: connected, and nobody has signed in over it yet. */
interface Stranger {
  readonly knock: Knock
  readonly of: string
  readonly cancel: Cancel
  bytes: number
  tries: number
}

/** So many at once, and then so many a second. */
export interface Flow {
  readonly atOnce: number
  readonly perSecond: number
}

/**
 * Keeps those who have not signed in from taking anything of those who have: they stand in a queue of their own, which is short, of which no
 * address has more than its share, and in which nobody may stay long, say much or guess often. A connection on which somebody has signed in
 * stands in no queue and is never asked to make room.
 */
export class Turnstile {
  readonly #wall: Clock
  readonly #bounds: Bounds
  /** In the order in which they came. */
  readonly #strangers = new Map<string, Stranger>()
  readonly #known = new Map<string, Knock>()
  readonly #ofAddress = new Map<string, Bucket>()
  readonly #all: Bucket
  #turnedAway = 0

  constructor({ wall, bounds = limits }: TurnstileParts) {
    this.#wall = wall
    this.#bounds = bounds
    this.#all = new Bucket(bounds.comings)
  }

  /** Connections that were not let in or were shown out. */
  get turnedAway(): number {
    return this.#turnedAway
  }
  /** Connections that wait, and those on which somebody is signed in. */
  get inside(): { readonly strangers: number; readonly known: number } {
    return { strangers: this.#strangers.size, known: this.#known.size }
  }

  /** Whether the connection is let in. Where the queue is full its first makes room: he has had his time. */
  admits(knock: Knock): boolean {
    const of = neighbourhood(knock.address)
    const share = [...this.#strangers.values()].filter(one => one.of === of).length
    if (share >= this.#bounds.strangersOfAddress || !this.#isSlowEnough(of)) {
      this.#turnedAway += 1
      return false
    }
    const [first] = this.#strangers.keys()
    if (this.#strangers.size >= this.#bounds.strangers && first !== undefined) this.#showOut(first)
    this.#queue(knock, of)
    return true
  }

  /** It has said so much more. */
  says(way: string, bytes: number): void {
    const stranger = this.#strangers.get(way)
    if (!stranger) return
    stranger.bytes += bytes
    if (stranger.bytes > this.#bounds.bytesBefore) this.#showOut(way)
  }

  /** Whether one more try to sign in is heard over this connection. */
  mayTry(way: string): boolean {
    const stranger = this.#strangers.get(way)
    if (!stranger) return this.#known.has(way)
    stranger.tries += 1
    if (stranger.tries <= this.#bounds.tries) return true
    this.#showOut(way)
    return false
  }

  signedIn(way: string): void {
    const stranger = this.#strangers.get(way)
    if (!stranger) return
    stranger.cancel()
    this.#strangers.delete(way)
    this.#known.set(way, stranger.knock)
  }

  /** The last who was signed in over it is not any more: it is a stranger's connection again. */
  signedOut(way: string): void {
    const knock = this.#known.get(way)
    if (!knock) return
    this.#known.delete(way)
    this.#queue(knock, neighbourhood(knock.address))
  }

  gone(way: string): void {
    this.#strangers.get(way)?.cancel()
    this.#strangers.delete(way)
    this.#known.delete(way)
  }

  #queue(knock: Knock, of: string): void {
    const way = wayOf(knock)
    const cancel = this.#wall.after(this.#bounds.patience, () => this.#showOut(way))
    this.#strangers.set(way, { knock, of, cancel, bytes: 0, tries: 0 })
  }

  #showOut(way: string): void {
    const stranger = this.#strangers.get(way)
    if (!stranger) return
    this.gone(way)
    this.#turnedAway += 1
    stranger.knock.hangUp()
  }

  /** What one address uses up is its own loss first: only what it may say is counted for all. */
  #isSlowEnough(of: string): boolean {
    const now = this.#wall.now()
    const own = this.#ofAddress.get(of) ?? new Bucket(this.#bounds.comingsOfAddress)
    this.#ofAddress.delete(of)
    this.#ofAddress.set(of, own)
    const [oldest] = this.#ofAddress.keys()
    if (this.#ofAddress.size > mostAddresses && oldest !== undefined) this.#ofAddress.delete(oldest)
    return own.takes(now) && this.#all.takes(now)
  }
}

/** Whoever has more addresses than this is held by what is allowed to all together. */
const mostAddresses = 10_000

/** Fills up slowly and is emptied by one for each that comes. */
class Bucket {
  readonly #flow: Flow
  #left: number
  #at: Instant | undefined

  constructor(flow: Flow) {
    this.#flow = flow
    this.#left = flow.atOnce
  }

  takes(now: Instant): boolean {
    const { atOnce, perSecond } = this.#flow
    const passed = this.#at === undefined ? 0 : Math.max(0, between(this.#at, now))
    this.#at = now
    this.#left = Math.min(atOnce, this.#left + (passed / 1_000) * perSecond)
    if (this.#left < 1) return false
    this.#left -= 1
    return true
  }
}

/** The name of a connection for as long as it lasts. */
export const wayOf = ({ address, port }: Pick<Knock, 'address' | 'port'>): string => `${address} ${port}`

/** Whom an address belongs to: a line of IPv6 comes with 2⁶⁴ of them, and a dual-stack socket shows IPv4 in its own way. */
export function neighbourhood(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  if (!plain.includes(':')) return plain
  const [head = '', tail] = plain.replace(/%.*$/, '').split('::')
  const front = head === '' ? [] : head.split(':')
  const back = tail === undefined || tail === '' ? [] : tail.split(':')
  const missing = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length)
  const groups = [...front, ...Array.from({ length: missing }, () => '0'), ...back]
  return groups
    .slice(0, 4)
    .map(group => group.toLowerCase().replace(/^0+(?=.)/, ''))
    .join(':')
}
