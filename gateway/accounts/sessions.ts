import type { Clock, Instant, Millis } from '../../protocols/contract/time.ts'
import { after, between, days, hours, minutes } from '../../protocols/contract/time.ts'
import { StoreTrouble } from '../store/store.ts'
import type { AccountShelf } from '../store/store.ts'
import { digest, newSecret, readSession } from './account.ts'
import type { SessionRow } from './account.ts'

export interface SessionLimits {
  /** Unused for so long: over. */
  readonly idle: Millis
  /** Over in any case. */
  readonly absolute: Millis
  /** Of one account at the same time; the oldest makes room. */
  readonly atOnce: number
}
export const usualLimits: SessionLimits = { idle: hours(12), absolute: days(7), atOnce: 20 }

/**
 * Sign-ins that last. The browser has the token, the store only its SHA-256, so a copied data directory opens nothing. While the
 * disk refuses writes a session is kept in memory: people must be able to sign in exactly when something is wrong.
 */
export class Sessions {
  readonly #shelf: AccountShelf
  readonly #wall: Clock
  readonly #limits: SessionLimits
  readonly #unsaved = new Map<string, SessionRow>()
  /** Ended in this run: a late "still in use" must not bring one back. */
  readonly #ended = new Set<string>()

  constructor(shelf: AccountShelf, wall: Clock, limits: SessionLimits) {
    this.#shelf = shelf
    this.#wall = wall
    this.#limits = limits
  }

  async begin(
    account: string,
    epoch: number,
  ): Promise<{ readonly token: string; readonly key: string; readonly expiresAt: Instant }> {
    const now = this.#wall.now()
    await this.#makeRoom(account)
    const token = newSecret('zss')
    const key = digest(token)
    const row: SessionRow = { account, epoch, startedAt: now, seenAt: now }
    try {
      await this.#shelf.put('session', key, row)
    } catch (error) {
      if (!(error instanceof StoreTrouble)) throw error
      this.#unsaved.set(key, row)
    }
    return { token, key, expiresAt: after(now, this.#limits.absolute) }
  }

  /** The session behind a key while it lasts. `used` pushes the idle end away. */
  async find(key: string, used: boolean): Promise<SessionRow | undefined> {
    if (this.#ended.has(key)) return undefined
    const row = this.#unsaved.get(key) ?? readSession(await this.#shelf.get('session', key))
    if (row === undefined) return undefined
    const now = this.#wall.now()
    if (this.#isOver(row, now)) {
      await this.end(key)
      return undefined
    }
    // Once a minute is enough to know that it is in use, and spares the disk.
    if (used && between(row.seenAt, now) >= minutes(1)) this.#keep(key, { ...row, seenAt: now })
    return row
  }

  async end(key: string): Promise<void> {
    this.#ended.add(key)
    this.#unsaved.delete(key)
    for (const old of this.#ended) {
      if (this.#ended.size <= 10_000) break
      this.#ended.delete(old)
    }
    // A full disk cannot stop a sign-out: this run knows, and the epoch or the idle end catches a later one.
    await this.#shelf.remove('session', key).catch(() => undefined)
  }

  async endAllOf(account: string): Promise<void> {
    for (const { key } of await this.#of(account)) await this.end(key)
  }

  /** Removes what is over; a table of old sessions would only grow. */
  async sweep(): Promise<void> {
    const now = this.#wall.now()
    for (const { key, value } of await this.#shelf.all('session')) {
      const row = readSession(value)
      if (row === undefined || this.#isOver(row, now)) await this.end(key)
    }
  }

  #isOver(row: SessionRow, now: Instant): boolean {
    return between(row.startedAt, now) >= this.#limits.absolute || between(row.seenAt, now) >= this.#limits.idle
  }

  #keep(key: string, row: SessionRow): void {
    if (this.#ended.has(key)) return
    if (this.#unsaved.has(key)) this.#unsaved.set(key, row)
    else this.#shelf.put('session', key, row).catch(() => undefined)
  }

  async #makeRoom(account: string): Promise<void> {
    const own = await this.#of(account)
    const surplus = own.length - this.#limits.atOnce + 1
    const oldestFirst = own.toSorted((a, b) => a.row.startedAt - b.row.startedAt)
    for (const { key } of oldestFirst.slice(0, Math.max(0, surplus))) await this.end(key)
  }

  async #of(account: string): Promise<readonly { readonly key: string; readonly row: SessionRow }[]> {
    const stored = (await this.#shelf.all('session')).map(({ key, value }) => ({ key, row: readSession(value) }))
    const unsaved = [...this.#unsaved].map(([key, row]) => ({ key, row }))
    return [...stored, ...unsaved].flatMap(({ key, row }) => (row?.account === account ? [{ key, row }] : []))
  }
}
