import { createHash, ECDH } from 'node:crypto'
import type { Clock, Instant } from '../../protocols/contract/time.ts'
import type { AccountShelf } from '../store/store.ts'
import { accountKey, readAccount } from './account.ts'

/** A browser that wants to be told, as it signed up: a row of the table `push`, keyed by the SHA-256 of its endpoint. */
export interface PushRow {
  readonly endpoint: string
  /** Base64url: the browser's public key (65 bytes, a point of P-256) and its secret (16 bytes), RFC 8291. */
  readonly keys: { readonly p256dh: string; readonly auth: string }
  /** The account's key, in lower case. */
  readonly account: string
  readonly language: 'zh' | 'en'
  readonly since: Instant
}
export type NewPush = Pick<PushRow, 'endpoint' | 'keys' | 'language'>

/** Old telephones leave their subscriptions behind; who has more devices than this has forgotten some. */
export const mostDevices = 10

/** The browsers that people have signed up for messages, by account. */
export class PushSubscriptions {
  readonly #shelf: AccountShelf
  readonly #wall: Clock
  #turn: Promise<unknown> = Promise.resolve()

  constructor(shelf: AccountShelf, wall: Clock) {
    this.#shelf = shelf
    this.#wall = wall
  }

  /** Of an account that may sign in, oldest first; none of one that is disabled or gone. */
  async of(account: string): Promise<readonly PushRow[]> {
    const key = accountKey(account)
    const row = readAccount(await this.#shelf.get('account', key))
    return row === undefined || row.disabled ? [] : this.#rowsOf(key)
  }

  /** A browser belongs to whoever signed it up last. Beyond `mostDevices` the oldest of the account goes. */
  add(account: string, { endpoint, keys, language }: NewPush): Promise<void> {
    return this.#inTurn(async () => {
      const row: PushRow = { endpoint, keys, language, account: accountKey(account), since: this.#wall.now() }
      await this.#shelf.put('push', rowKey(endpoint), row)
      const rows = await this.#rowsOf(row.account)
      const others = rows.filter(one => one.endpoint !== endpoint)
      for (const old of others.slice(0, Math.max(0, rows.length - mostDevices)))
        await this.#shelf.remove('push', rowKey(old.endpoint))
    })
  }

  /** Signs a browser off; false where it is not this account's. */
  remove(account: string, endpoint: string): Promise<boolean> {
    return this.#inTurn(async () => {
      const row = readPush(await this.#shelf.get('push', rowKey(endpoint)))
      if (row?.account !== accountKey(account)) return false
      await this.#shelf.remove('push', rowKey(endpoint))
      return true
    })
  }

  /** The push service says that nobody is there any more. */
  gone(endpoint: string): Promise<void> {
    return this.#inTurn(() => this.#shelf.remove('push', rowKey(endpoint)))
  }

  async #rowsOf(key: string): Promise<readonly PushRow[]> {
    const rows = (await this.#shelf.all('push')).flatMap(({ value }) => readPush(value) ?? [])
    return rows.filter(row => row.account === key).toSorted((a, b) => a.since - b.since)
  }

  /** One change after the other: two devices that sign up at once must not both see room for the tenth. */
  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(act)
    this.#turn = done.catch(() => {})
    return done
  }
}

/** Small secrets of the installation (keys a channel makes for itself), kept in the data directory. */
export const secretsOn = (
  shelf: AccountShelf,
): { get(key: string): Promise<unknown>; put(key: string, value: unknown): Promise<void> } => ({
  get: key => shelf.get('secret', key),
  put: (key, value) => shelf.put('secret', key, value),
})

const rowKey = (endpoint: string): string => createHash('sha256').update(endpoint).digest('hex')
const base64url = /^[A-Za-z0-9_-]+={0,2}$/

/** A browser's keys as the encryption needs them: a real point of the curve and a secret of 16 bytes. */
export function areKeys({ p256dh, auth }: PushRow['keys']): boolean {
  if (!base64url.test(p256dh) || !base64url.test(auth) || Buffer.from(auth, 'base64url').length !== 16) return false
  const point = Buffer.from(p256dh, 'base64url')
  if (point.length !== 65 || point[0] !== 4) return false
  try {
    ECDH.convertKey(point, 'prime256v1')
    return true
  } catch {
    return false
  }
}

function readPush(value: unknown): PushRow | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const row = value as Readonly<Record<string, unknown>>
  const keys = row['keys'] as Readonly<Record<string, unknown>> | null | undefined
  const texts = [row['endpoint'], row['account'], row['language'], keys?.['p256dh'], keys?.['auth']]
  const sound = texts.every(text => typeof text === 'string') && Number.isFinite(row['since'])
  return sound ? (row as unknown as PushRow) : undefined
}
