import type { Clock, Instant, Millis } from '../../protocols/contract/time.ts'
import { seconds } from '../../protocols/contract/time.ts'
import type { AccountShelf } from '../store/store.ts'
import { accountKey, accountName, digest, readAccount } from './account.ts'
import type { Account, AccountRow, Story, TokenRow } from './account.ts'
import { hashPassword, isPassword, longestPassword, randomPassword, shortestPassword } from './password.ts'
import type { PasswordHash } from './password.ts'
import type { Role } from './permissions.ts'
import { Sessions, usualLimits } from './sessions.ts'
import type { SessionLimits } from './sessions.ts'
import { Tokens } from './tokens.ts'
import type { NewToken } from './tokens.ts'
import { accountPatience, addressPatience, Throttle } from './throttle.ts'

/** Who is asking, and how they proved it. `proof` is the digest of what they showed, never the secret. */
export interface Who {
  readonly name: string
  readonly displayName: string
  readonly role: Role
  readonly via: 'session' | 'token'
  readonly proof: string
}
export type SignIn =
  | { readonly ok: true; readonly token: string; readonly who: Who; readonly expiresAt: Instant }
  /** The same answer whether the name or the password was wrong, or the account is disabled. */
  | { readonly ok: false; readonly why: 'wrong' }
  | { readonly ok: false; readonly why: 'wait'; readonly wait: Millis }
export type AccountRefusal = 'bad-name' | 'taken' | 'weak-password' | 'no-such-account' | 'last-admin'
export type AccountChange =
  { readonly ok: true; readonly account: Account } | { readonly ok: false; readonly why: AccountRefusal }

/** A deed that is not in the journal yet. */
export type Unrecorded = Story & { readonly about: string }
export interface AccountsOptions {
  readonly limits?: SessionLimits
  /** Set where the journal is out of reach: changes carry this name and their story until the gateway writes it down. */
  readonly by?: string
}

/** Hashes at the same time: each takes 19 MiB and a thread. More wait, and more than that are sent away. */
const hashesAtOnce = 2
const hashesWaiting = 32

/** Accounts, sessions and API tokens of one data directory. Lives by the wall clock: security is never sped up. */
export class Accounts {
  readonly #shelf: AccountShelf
  readonly #wall: Clock
  readonly #by: string | undefined
  readonly #sessions: Sessions
  readonly #tokens: Tokens
  readonly #byAccount: Throttle
  readonly #byAddress: Throttle
  readonly #listeners = new Set<() => void>()
  #nobody: Promise<PasswordHash> | undefined
  #hashing = 0
  readonly #queue: (() => void)[] = []

  constructor(shelf: AccountShelf, wall: Clock, { limits = usualLimits, by }: AccountsOptions = {}) {
    this.#shelf = shelf
    this.#wall = wall
    this.#by = by
    this.#sessions = new Sessions(shelf, wall, limits)
    this.#tokens = new Tokens(shelf, wall)
    this.#byAccount = new Throttle(wall, accountPatience)
    this.#byAddress = new Throttle(wall, addressPatience)
  }

  /**
   * Makes the account `admin` when nobody is administrator. Returns the password that was made up, to be printed once; `undefined`
   * when one was given or there is an administrator already.
   */
  async begin(given?: string): Promise<string | undefined> {
    await this.#sessions.sweep()
    await this.#nobodysHash()
    if ((await this.#rows()).some(isAdmin)) return undefined
    const password = given ?? randomPassword()
    await this.#write({
      name: 'admin',
      displayName: 'admin',
      role: 'admin',
      password: await hashPassword(password),
      disabled: false,
      epoch: 1,
      createdAt: this.#wall.now(),
    })
    return given === undefined ? password : undefined
  }

  async signIn(username: string, password: string, address: string): Promise<SignIn> {
    const proof = await this.#prove(username, password, address)
    if (!proof.ok) return proof
    const { key, row } = proof
    const session = await this.#sessions.begin(key, row.epoch)
    const who: Who = { name: row.name, displayName: row.displayName, role: row.role, via: 'session', proof: session.key }
    return { ok: true, token: session.token, who, expiresAt: session.expiresAt }
  }

  /**
   * Who stands here and enters their password: the second person at a shelf, both at a hand-over. It is a signature and begins no session.
   * Throttled like signing in. `undefined` when it is wrong or has to wait.
   */
  async confirm(
    username: string,
    password: string,
    address: string,
  ): Promise<Pick<Who, 'name' | 'displayName' | 'role'> | undefined> {
    const proof = await this.#prove(username, password, address)
    return proof.ok ? proof.row : undefined
  }

  async #prove(
    username: string,
    password: string,
    address: string,
  ): Promise<{ readonly ok: true; readonly key: string; readonly row: AccountRow } | Exclude<SignIn, { ok: true }>> {
    const key = accountKey(username.slice(0, 200))
    const wait = Math.max(this.#byAccount.wait(key), this.#byAddress.wait(address)) as Millis
    if (wait > 0) return { ok: false, why: 'wait', wait }
    if (this.#queue.length >= hashesWaiting) return { ok: false, why: 'wait', wait: seconds(1) }
    this.#byAccount.strike(key)
    this.#byAddress.strike(address)
    const row = await this.#row(key)
    // A name that does not exist costs the same hash, so that time tells nothing.
    const isRight = await this.#matches(password, row?.password ?? (await this.#nobodysHash()))
    if (!isRight || row === undefined || row.disabled) return { ok: false, why: 'wrong' }
    this.#byAccount.forgive(key)
    this.#byAddress.pardon(address)
    return { ok: true, key, row }
  }

  async signOut(token: string): Promise<void> {
    await this.#sessions.end(digest(token))
    this.#tell()
  }

  async bySession(token: string): Promise<Who | undefined> {
    return token.length > 200 ? undefined : this.#ofSession(digest(token), true)
  }

  async byBearer(token: string): Promise<Who | undefined> {
    return token.length > 200 ? undefined : this.#ofToken(digest(token))
  }

  /** Whether what was proved a while ago still holds, with the same role: what a long-lived socket asks again and again. */
  async isCurrent(who: Who): Promise<boolean> {
    // A screen on the wall that may only look counts as use; whoever may act has to come back.
    const now = who.via === 'token' ? await this.#ofToken(who.proof) : await this.#ofSession(who.proof, who.role === 'viewer')
    return now !== undefined && now.role === who.role
  }

  /** Tells at once when sign-ins may have ended in this process; what another process changed is seen by `isCurrent`. */
  onEnded(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async list(): Promise<readonly Account[]> {
    return (await this.#rows()).map(known).toSorted((a, b) => a.name.localeCompare(b.name))
  }

  async create(name: string, role: Role, password: string, displayName = name): Promise<AccountChange> {
    if (!accountName.test(name)) return { ok: false, why: 'bad-name' }
    if (!isFit(password)) return { ok: false, why: 'weak-password' }
    if ((await this.#row(accountKey(name))) !== undefined) return { ok: false, why: 'taken' }
    const row = {
      name,
      displayName,
      role,
      password: await hashPassword(password),
      disabled: false,
      epoch: 1,
      createdAt: this.#wall.now(),
    }
    await this.#write(this.#signed(row, 'account.created'))
    return { ok: true, account: known(row) }
  }

  async setPassword(name: string, password: string): Promise<AccountChange> {
    if (!isFit(password)) return { ok: false, why: 'weak-password' }
    const hash = await hashPassword(password)
    return this.#change(name, 'account.password-changed', row => ({ ...row, password: hash }))
  }

  async disable(name: string, disabled = true): Promise<AccountChange> {
    return this.#change(name, disabled ? 'account.disabled' : 'account.enabled', row => ({ ...row, disabled }))
  }

  async setRole(name: string, role: Role): Promise<AccountChange> {
    return this.#change(name, 'account.role-changed', row => ({ ...row, role }))
  }

  createToken(name: string, role: Role, createdBy: string, expiresAt?: Instant): Promise<NewToken> {
    return this.#tokens.create(name, role, createdBy, expiresAt)
  }

  listTokens(): Promise<readonly TokenRow[]> {
    return this.#tokens.list()
  }

  async revokeToken(id: string): Promise<TokenRow | undefined> {
    const revoked = await this.#tokens.revoke(id)
    if (revoked !== undefined) this.#tell()
    return revoked
  }

  async #change(name: string, kind: string, edit: (row: AccountRow) => AccountRow): Promise<AccountChange> {
    const key = accountKey(name)
    const row = await this.#row(key)
    if (row === undefined) return { ok: false, why: 'no-such-account' }
    const next = { ...edit(row), epoch: row.epoch + 1 }
    const others = (await this.#rows()).filter(other => other.name !== row.name && isAdmin(other))
    if (isAdmin(row) && !isAdmin(next) && others.length === 0) return { ok: false, why: 'last-admin' }
    await this.#write(this.#signed(next, kind))
    await this.#sessions.endAllOf(key)
    this.#byAccount.forgive(key)
    this.#tell()
    return { ok: true, account: known(next) }
  }

  /** Hands every deed that is not in the journal to `write`, and forgets it once that has succeeded. */
  async recordStories(write: (story: Unrecorded) => Promise<void>): Promise<void> {
    for (const { unrecorded = [], ...row } of await this.#rows()) {
      for (const story of unrecorded) await write({ ...story, about: row.name })
      if (unrecorded.length > 0) await this.#write(row)
    }
  }

  #signed(row: AccountRow, kind: string): AccountRow {
    if (this.#by === undefined) return row
    const story = { kind, by: this.#by, at: this.#wall.now() }
    return { ...row, unrecorded: [...(row.unrecorded ?? []), story].slice(-20) }
  }

  async #ofSession(key: string, used: boolean): Promise<Who | undefined> {
    const session = await this.#sessions.find(key, used)
    const row = session && (await this.#row(session.account))
    if (session === undefined || row === undefined || row.disabled || row.epoch !== session.epoch) return undefined
    return { name: row.name, displayName: row.displayName, role: row.role, via: 'session', proof: key }
  }

  async #ofToken(key: string): Promise<Who | undefined> {
    const row = await this.#tokens.find(key)
    return row && { name: `token:${row.name}`, displayName: row.name, role: row.role, via: 'token', proof: key }
  }

  async #row(key: string): Promise<AccountRow | undefined> {
    return readAccount(await this.#shelf.get('account', key))
  }

  async #rows(): Promise<readonly AccountRow[]> {
    return (await this.#shelf.all('account')).flatMap(({ value }) => readAccount(value) ?? [])
  }

  async #write(row: AccountRow): Promise<void> {
    await this.#shelf.put('account', accountKey(row.name), row)
  }

  #nobodysHash(): Promise<PasswordHash> {
    this.#nobody ??= hashPassword(randomPassword())
    return this.#nobody
  }

  async #matches(password: string, hash: PasswordHash): Promise<boolean> {
    if (this.#hashing >= hashesAtOnce) await new Promise<void>(resolve => this.#queue.push(resolve))
    else this.#hashing += 1
    try {
      return await isPassword(password, hash)
    } finally {
      // The next in line takes this place over, so the count stays.
      const next = this.#queue.shift()
      if (next === undefined) this.#hashing -= 1
      else next()
    }
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}

const isAdmin = (row: AccountRow): boolean => row.role === 'admin' && !row.disabled
const isFit = (password: string): boolean => password.length >= shortestPassword && password.length <= longestPassword
const known = ({ password: _p, epoch: _e, unrecorded: _u, ...account }: AccountRow): Account => account
