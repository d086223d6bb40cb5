import { X509Certificate, createHash } from 'node:crypto'
import type { Clock } from '../../../protocols/contract/time.ts'
import { isPassword } from '../../accounts/password.ts'
import type { PasswordHash } from '../../accounts/password.ts'
import { accountPatience, addressPatience, Throttle } from '../../accounts/throttle.ts'
import { limits } from './guard.ts'
import type { FromFace } from './talk.ts'

type Told = Extract<FromFace, { say: 'entered' | 'refused' }>

export interface DoorkeeperParts {
  readonly wall: Clock
  readonly accounts: readonly (readonly [name: string, hash: PasswordHash])[]
  /** SHA-1 or SHA-256 fingerprints; empty: every valid certificate may knock. */
  readonly clients: readonly string[]
  readonly tell: (what: Told) => void
}

/** Knows the accounts by their hashes. One password is tried at a time, and whoever guesses waits longer and longer. */
export class Doorkeeper {
  readonly #parts: DoorkeeperParts
  readonly #accounts: ReadonlyMap<string, PasswordHash>
  readonly #byAccount: Throttle
  readonly #byAddress: Throttle
  /** Account and address of those who have got in; the newest last. */
  readonly #waysKnown = new Set<string>()
  #checks = 0
  #turn: Promise<unknown> = Promise.resolve()

  constructor(parts: DoorkeeperParts) {
    this.#parts = parts
    this.#accounts = new Map(parts.accounts)
    this.#byAccount = new Throttle(parts.wall, accountPatience)
    this.#byAddress = new Throttle(parts.wall, addressPatience)
  }

  /** Whether a client with this certificate (DER) may open a channel: it is in its time, and on the list where there is one. */
  knows(certificate: Uint8Array | undefined): boolean {
    if (certificate === undefined) return false
    const { clients, wall } = this.#parts
    try {
      const { validFromDate, validToDate } = new X509Certificate(certificate)
      const now = wall.now()
      if (now < validFromDate.getTime() || now > validToDate.getTime()) return false
    } catch {
      return false
    }
    return clients.length === 0 || ['sha1', 'sha256'].some(kind => clients.includes(fingerprint(kind, certificate)))
  }

  async opensFor(account: string, password: string, from: string): Promise<boolean> {
    const name = account.slice(0, 64)
    const refuse = (why: Extract<Told, { say: 'refused' }>['why']): false => {
      this.#parts.tell({ say: 'refused', account: name, from, why })
      return false
    }
    const way = `${name} ${from}`
    // Somebody else's guesses keep nobody waiting who got in from here before.
    const isKnown = this.#waysKnown.has(way)
    if ((!isKnown && this.#byAccount.wait(name) > 0) || this.#byAddress.wait(from) > 0) return refuse('waiting')
    if (this.#checks >= limits.checks * (isKnown ? 2 : 1)) return refuse('busy')
    // Counted before it is tried, so that many at once gain nothing.
    this.#byAccount.strike(name)
    this.#byAddress.strike(from)
    if (!(await this.#tried(this.#accounts.get(account), password))) return refuse('wrong-password')
    this.#byAccount.forgive(name)
    this.#byAddress.pardon(from)
    this.#remember(way)
    this.#parts.tell({ say: 'entered', account: name, from })
    return true
  }

  #remember(way: string): void {
    this.#waysKnown.delete(way)
    this.#waysKnown.add(way)
    const [oldest] = this.#waysKnown
    if (this.#waysKnown.size > limits.knownWays && oldest !== undefined) this.#waysKnown.delete(oldest)
  }

  /** One at a time: a check takes memory on purpose. A name that does not exist takes as long as one that does. */
  async #tried(hash: PasswordHash | undefined, password: string): Promise<boolean> {
    const some = hash ?? this.#parts.accounts[0]?.[1] ?? ''
    this.#checks += 1
    const turn = this.#turn.then(() => isPassword(password, some))
    this.#turn = turn.catch(() => false)
    try {
      return (await turn) && hash !== undefined
    } finally {
      this.#checks -= 1
    }
  }
}

/** Lower-case hex without colons. */
export const fingerprint = (kind: string, certificate: Uint8Array): string => createHash(kind).update(certificate).digest('hex')
