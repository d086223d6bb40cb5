import { createHash, randomBytes } from 'node:crypto'
import type { Instant } from '../../protocols/contract/time.ts'
import type { PasswordHash } from './password.ts'
import { isRole } from './permissions.ts'
import type { Role } from './permissions.ts'

/** A row of the table `account`, keyed by the name in lower case. */
export interface AccountRow {
  readonly name: string
  readonly displayName: string
  readonly role: Role
  readonly password: PasswordHash
  readonly disabled: boolean
  /** Counts changes of password, role and standing: a session of an earlier epoch is over, whoever made the change. */
  readonly epoch: number
  readonly createdAt: Instant
  /** Done beside the gateway, which alone writes the journal and does so soon. */
  readonly unrecorded?: readonly Story[]
}
export interface Story {
  readonly kind: string
  readonly by: string
  readonly at: Instant
}
/** A row of the table `session`, keyed by the SHA-256 of its token. */
export interface SessionRow {
  readonly account: string
  readonly epoch: number
  readonly startedAt: Instant
  readonly seenAt: Instant
}
/** A row of the table `token`, keyed by the SHA-256 of the token. */
export interface TokenRow {
  readonly id: string
  readonly name: string
  readonly role: Role
  readonly createdBy: string
  readonly createdAt: Instant
  readonly expiresAt?: Instant
}

/** What may be told of an account; the hash stays inside. */
export type Account = Omit<AccountRow, 'password' | 'epoch' | 'unrecorded'>

export const accountName = /^[\p{L}\p{N}][\p{L}\p{N}._@-]{0,63}$/u
export const accountKey = (name: string): string => name.normalize('NFC').toLowerCase()

/** 256 random bits. The prefix lets scanners of published files recognise a leaked one. */
export const newSecret = (prefix: 'zss' | 'zst'): string => `${prefix}_${randomBytes(32).toString('base64url')}`
export const digest = (secret: string): string => createHash('sha256').update(secret).digest('hex')

// Rows come back from a file that a person could have edited: what does not look right is no account, no session, no token.
const fields = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined

export function readAccount(value: unknown): AccountRow | undefined {
  const row = fields(value)
  if (row === undefined || !isRole(row['role'])) return undefined
  const texts = [row['name'], row['displayName'], row['password']]
  const numbers = [row['epoch'], row['createdAt']]
  const sound =
    texts.every(text => typeof text === 'string') && numbers.every(Number.isFinite) && typeof row['disabled'] === 'boolean'
  return sound ? (row as unknown as AccountRow) : undefined
}

export function readSession(value: unknown): SessionRow | undefined {
  const row = fields(value)
  const numbers = [row?.['epoch'], row?.['startedAt'], row?.['seenAt']]
  return typeof row?.['account'] === 'string' && numbers.every(Number.isFinite) ? (row as unknown as SessionRow) : undefined
}

export function readToken(value: unknown): TokenRow | undefined {
  const row = fields(value)
  if (row === undefined || !isRole(row['role'])) return undefined
  const texts = [row['id'], row['name'], row['createdBy']]
  return texts.every(text => typeof text === 'string') && Number.isFinite(row['createdAt'])
    ? (row as unknown as TokenRow)
    : undefined
}
