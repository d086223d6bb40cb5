import { createHash } from 'node:crypto'
import type { Words } from '../../protocols/contract/driver.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { Priority } from '../policy/rule.ts'

/** What is handed over, in the order in which it is read out. */
export const itemKinds = ['lock-out', 'alarm', 'out-of-service', 'shelved', 'suppressed', 'case', 'duty', 'note'] as const
export type ItemKind = (typeof itemKinds)[number]

/** One thing that is still open at the change of shift (DUT-1). */
export interface HandoverItem {
  /** `alarm:A17`: another one when it was shelved meanwhile, because that is another thing to say. */
  readonly key: string
  readonly kind: ItemKind
  /** The alarm, case, equipment or rule. */
  readonly id: string
  readonly title: Words
  readonly since?: Instant
  /** Until when: a shelf, a permit, a deadline. */
  readonly until?: Instant
  readonly priority: Priority
  /** Nobody may take it over without a word about it: what is urgent, not in use, or late. */
  readonly mustComment: boolean
}

export interface Said {
  readonly key: string
  readonly comment: string
}
/** A person who signs: their account, and what they are called. */
export interface Signer {
  readonly account: string
  readonly name: string
}

/** What both have in front of them when they sign. */
export interface Signing {
  readonly roster: string
  readonly outgoing: Signer
  readonly incoming: Signer
  /** Of the list that both have seen. */
  readonly digest: string
  readonly items: readonly Said[]
  readonly notes: string
}

export type SigningRefusal =
  /** Something came, or became urgent, after the list was made. */
  | { readonly why: 'changed'; readonly keys: readonly string[] }
  | { readonly why: 'uncommented'; readonly keys: readonly string[] }
  | { readonly why: 'same-person' }

/** Of what stands on the list and what of it needs a word: what only grew older is the same list. */
export function digestOf(items: readonly HandoverItem[]): string {
  const lines = items.map(({ key, mustComment }) => `${key} ${mustComment ? 'must' : 'may'}`).toSorted()
  return createHash('sha256').update(lines.join('\n')).digest('hex')
}

/**
 * Whether both may sign. What has been settled since the list was made does not hold them up; what has come since, they have not
 * spoken about.
 */
export function signingRefusal(signing: Signing, now: readonly HandoverItem[]): SigningRefusal | undefined {
  const { outgoing, incoming, items, digest } = signing
  if (keyOf(outgoing) === keyOf(incoming)) return { why: 'same-person' }
  const comments = commentsOf(items)
  const isSameList = digest === digestOf(now)
  const unseen = isSameList ? [] : now.filter(({ key }) => !comments.has(key)).map(({ key }) => key)
  if (unseen.length > 0) return { why: 'changed', keys: unseen }
  const silent = now.filter(({ key, mustComment }) => mustComment && (comments.get(key) ?? '') === '').map(({ key }) => key)
  if (silent.length > 0) return { why: isSameList ? 'uncommented' : 'changed', keys: silent }
  return undefined
}

/** An item as it is signed; `settled` where it was over before both had signed. */
export interface SignedItem extends Partial<Omit<HandoverItem, 'key' | 'mustComment'>> {
  readonly key: string
  readonly comment: string
  readonly settled?: true
}

export function signedItems(said: readonly Said[], now: readonly HandoverItem[]): readonly SignedItem[] {
  const comments = commentsOf(said)
  const open = now.map(({ mustComment: _must, ...item }) => ({ ...item, comment: comments.get(item.key) ?? '' }))
  const known = new Set(now.map(({ key }) => key))
  const settled = [...comments].filter(([key, comment]) => !known.has(key) && comment !== '')
  return [...open, ...settled.map(([key, comment]) => ({ key, comment, settled: true as const }))]
}

const commentsOf = (items: readonly Said[]): ReadonlyMap<string, string> =>
  new Map(items.map(({ key, comment }) => [key, comment.trim()]))
const keyOf = ({ account }: Signer): string => account.normalize('NFC').toLowerCase()
