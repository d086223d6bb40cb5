import type { Words } from '../../protocols/contract/driver.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { Follower } from '../alarm/follow.ts'
import { readingsOf } from '../alarm/people.ts'
import type { Decision } from '../turn.ts'
import { signedItems, signingRefusal } from './handover.ts'
import type { HandoverItem, SignedItem, Signer, Signing, SigningRefusal } from './handover.ts'

/** The last hand-over of a roster: what was said then helps whoever writes the next. */
export interface LastHandover {
  readonly at: Instant
  readonly outgoing: Signer
  readonly incoming: Signer
  readonly comments: Readonly<Record<string, string>>
  readonly notes: string
}
/** Which shift ends and which begins, as the roster has it. */
export interface ShiftChange {
  readonly name: Words
  readonly goes?: { readonly person?: string; readonly shift: Words }
  readonly comes?: { readonly person?: string; readonly shift: Words }
}
export type Signed =
  | { readonly ok: true; readonly at: Instant; readonly items: readonly SignedItem[] }
  | { readonly ok: false; readonly refusal: SigningRefusal }

const prefix = 'handover:'

/** Shift changes that were signed: the last of each roster, and how the next comes into the journal (DUT-1). */
export class Handovers implements Follower {
  readonly #desks: readonly string[]
  readonly #last = new Map<string, LastHandover>()

  /** `desks`: the equipment whose duty a signed hand-over fulfils; it hears `record:handover`. */
  constructor(desks: readonly string[] = []) {
    this.#desks = desks
  }

  restore(checkpoints: ReadonlyMap<string, unknown>): void {
    for (const [key, value] of checkpoints)
      if (key.startsWith(prefix) && isLast(value)) this.#last.set(key.slice(prefix.length), value)
  }

  last(roster: string): LastHandover | undefined {
    return this.#last.get(roster)
  }

  /** Both have proved who they are; `now` is what is open at this very moment. */
  sign(signing: Signing, change: ShiftChange, now: readonly HandoverItem[], at: Instant): Decision<Signed> {
    const refusal = signingRefusal(signing, now)
    if (refusal) return { answer: () => ({ ok: false, refusal }) }
    const { roster, outgoing, incoming, notes, digest } = signing
    const before = this.#last.get(roster)
    const items = signedItems(signing.items, now)
    const spoken = items.filter(({ comment, settled }) => comment !== '' && !settled)
    const comments = Object.fromEntries(spoken.map(({ key, comment }) => [key, comment]))
    const last = { at, outgoing, incoming, comments, notes }
    this.#last.set(roster, last)
    const by = outgoing.account
    const data = { roster, ...change, outgoing, incoming, digest, items, notes }
    const fields = { roster, outgoing: outgoing.account, incoming: incoming.account, open: now.length }
    const record = { verdict: 'passed' as const, fields }
    return {
      drafts: [
        { kind: 'handover.signed', at, by, about: roster, data },
        ...this.#desks.map(equipment => ({
          kind: 'record.handover',
          at,
          by,
          about: equipment,
          data: { equipment, ...record, enteredAt: at },
        })),
      ],
      checkpoints: [{ key: `${prefix}${roster}`, value: last }],
      readings: this.#desks.flatMap(equipment => readingsOf({ ...record, kind: 'handover', equipment, at })),
      answer: () => ({ ok: true, at, items }),
      undo: () => {
        if (before) this.#last.set(roster, before)
        else this.#last.delete(roster)
      },
    }
  }
}

/** Written by this very class; a row that a failing disk has changed is left out. */
function isLast(value: unknown): value is LastHandover {
  if (typeof value !== 'object' || value === null) return false
  const { at, outgoing, incoming, comments, notes } = value as Readonly<Record<string, unknown>>
  const people = [outgoing, incoming].every(one => typeof one === 'object' && one !== null && 'account' in one)
  return people && typeof at === 'number' && typeof comments === 'object' && comments !== null && typeof notes === 'string'
}
