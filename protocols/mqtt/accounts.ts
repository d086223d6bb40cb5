import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** Names and passwords of the devices that may use the broker. A name is a topic level, so it is kept simple. */
export const accountName = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/

/** What the site file says of one device. */
export interface Account {
  /** Without one, only a certificate opens the door. */
  readonly password?: string
  /** SHA-256 of the one certificate that counts, in lower-case hex; else any that our `ca` has signed for this name. */
  readonly fingerprint?: string
  /** Filters it may listen to beyond its own tree: a screen, Home Assistant. */
  readonly hears: readonly string[]
}

/** Who a verified client certificate speaks for. */
export interface Identity {
  /** Common name and DNS names, as they stand in it. */
  readonly names: readonly string[]
  readonly fingerprint: string
}

/** Compares passwords in a time that tells nothing of them, and takes as long for a name nobody has. */
export class Accounts {
  readonly #key = randomBytes(32)
  readonly #digests = new Map<string, Buffer>()
  readonly #accounts: ReadonlyMap<string, Account>

  constructor(accounts: ReadonlyMap<string, Account>) {
    this.#accounts = accounts
    for (const [name, { password }] of accounts) {
      if (password !== undefined) this.#digests.set(name, this.#digest(Buffer.from(password)))
    }
  }

  has(name: string): boolean {
    return this.#accounts.has(name)
  }

  knows(name: string, password: Uint8Array): boolean {
    const known = this.#digests.get(name)
    const same = timingSafeEqual(this.#digest(password), known ?? Buffer.alloc(32))
    return known !== undefined && same
  }

  /** The account that a certificate opens; where the client gave a name too, it must be that one. */
  of({ names, fingerprint }: Identity, asked?: string): string | undefined {
    return names.find(name => {
      const account = this.#accounts.get(name)
      if (!account || (asked !== undefined && asked !== name)) return false
      return account.fingerprint === undefined || account.fingerprint === fingerprint
    })
  }

  hears(name: string): readonly string[] {
    return this.#accounts.get(name)?.hears ?? []
  }

  #digest(password: Uint8Array): Buffer {
    return createHmac('sha256', this.#key).update(password).digest()
  }
}
