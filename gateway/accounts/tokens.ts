import type { Clock, Instant } from '../../protocols/contract/time.ts'
import type { AccountShelf } from '../store/store.ts'
import { digest, newSecret, readToken } from './account.ts'
import type { TokenRow } from './account.ts'
import type { Role } from './permissions.ts'

/** API tokens for programs, scoped to a role. They belong to the site, not to the person who made them. */
export class Tokens {
  readonly #shelf: AccountShelf
  readonly #wall: Clock

  constructor(shelf: AccountShelf, wall: Clock) {
    this.#shelf = shelf
    this.#wall = wall
  }

  /** The only time the secret is seen; the store has its digest. */
  async create(name: string, role: Role, createdBy: string, expiresAt?: Instant): Promise<NewToken> {
    const secret = newSecret('zst')
    const key = digest(secret)
    const expiry = expiresAt === undefined ? {} : { expiresAt }
    const token: TokenRow = { id: key.slice(0, 12), name, role, createdBy, createdAt: this.#wall.now(), ...expiry }
    await this.#shelf.put('token', key, token)
    return { secret, token }
  }

  /** The token behind a digest while it holds. */
  async find(key: string): Promise<TokenRow | undefined> {
    const row = readToken(await this.#shelf.get('token', key))
    return row?.expiresAt !== undefined && row.expiresAt <= this.#wall.now() ? undefined : row
  }

  async list(): Promise<readonly TokenRow[]> {
    return (await this.#all()).map(({ row }) => row).toSorted((a, b) => a.createdAt - b.createdAt)
  }

  async revoke(id: string): Promise<TokenRow | undefined> {
    const found = (await this.#all()).find(({ row }) => row.id === id)
    if (found !== undefined) await this.#shelf.remove('token', found.key)
    return found?.row
  }

  async #all(): Promise<readonly { readonly key: string; readonly row: TokenRow }[]> {
    return (await this.#shelf.all('token')).flatMap(({ key, value }) => {
      const row = readToken(value)
      return row === undefined ? [] : [{ key, row }]
    })
  }
}
export interface NewToken {
  readonly secret: string
  readonly token: TokenRow
}
