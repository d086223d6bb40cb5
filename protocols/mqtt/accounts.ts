import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** Names and passwords of the devices that may use the broker. A name is a topic level, so it is kept simple. */
export const accountName = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/

/** Compares passwords in a time that tells nothing of them, and takes as long for a name nobody has. */
export class Accounts {
  readonly #key = randomBytes(32)
  readonly #digests = new Map<string, Buffer>()

  constructor(passwords: ReadonlyMap<string, string>) {
    for (const [name, password] of passwords) this.#digests.set(name, this.#digest(Buffer.from(password)))
  }

  knows(name: string, password: Uint8Array): boolean {
    const known = this.#digests.get(name)
    const same = timingSafeEqual(this.#digest(password), known ?? Buffer.alloc(32))
    return known !== undefined && same
  }

  #digest(password: Uint8Array): Buffer {
    return createHmac('sha256', this.#key).update(password).digest()
  }
}
