import type { Instant } from '../../protocols/contract/time.ts'
import { after, later, minutes, seconds } from '../../protocols/contract/time.ts'
import type { DigestReason } from './digest.ts'
import { Kept } from './kept.ts'
import type { Trace } from './kept.ts'

interface Row {
  readonly dueAt?: Instant
  readonly reason?: DigestReason
  /** The last one, of the flood that is going on. */
  readonly lastAt?: Instant
}

/** The first one waits so long, that what comes in the same second is in it. */
const first = seconds(1)
const every = minutes(1)
/** A danger to life does not wait for the minute to pass. */
const urgently = seconds(10)
/** What a line sends afterwards takes a while to come in. */
const gathering = seconds(30)

/** When each person gets their next digest. */
export class Digests {
  readonly #rows: Kept<string, Row>

  constructor(trace: Trace) {
    this.#rows = new Kept('digest:', trace)
  }

  restore(checkpoints: ReadonlyMap<string, unknown>): void {
    this.#rows.restore(checkpoints, value => (typeof value === 'object' && value !== null ? (value as Row) : undefined))
  }

  /** Something waits for this person's next digest. */
  add(person: string, reason: 'flood' | 'late', now: Instant, isUrgent: boolean): void {
    const row = this.#rows.get(person) ?? {}
    const { lastAt } = row
    const fresh = after(now, reason === 'late' ? gathering : first)
    const wanted = lastAt === undefined || reason === 'late' ? fresh : later(fresh, after(lastAt, isUrgent ? urgently : every))
    const dueAt = row.dueAt === undefined ? wanted : (Math.min(row.dueAt, wanted) as Instant)
    const merged = row.reason === 'flood' || reason === 'flood' ? 'flood' : 'late'
    if (row.dueAt !== dueAt || row.reason !== merged) this.#rows.set(person, { ...row, dueAt, reason: merged })
  }

  /** Everybody who got one hears that it is over, with what was still waiting. */
  floodOver(now: Instant): void {
    for (const [person, row] of this.#rows.entries()) {
      if (row.lastAt === undefined && row.reason !== 'flood') continue
      this.#rows.set(person, { ...row, dueAt: now, reason: 'flood-over' })
    }
  }

  nextAt(): Instant | undefined {
    let next: Instant | undefined
    for (const { dueAt } of this.#rows.values()) if (dueAt !== undefined && (next === undefined || dueAt < next)) next = dueAt
    return next
  }

  due(at: Instant): readonly { readonly person: string; readonly reason: DigestReason }[] {
    return [...this.#rows.entries()].flatMap(([person, { dueAt, reason = 'flood' }]) =>
      dueAt !== undefined && dueAt <= at ? [{ person, reason }] : [],
    )
  }

  done(person: string, reason: DigestReason, at: Instant): void {
    this.#rows.set(person, reason === 'flood' ? { lastAt: at } : undefined)
  }

  /** The clock was set: what is to come keeps its distance. */
  shift(by: number): void {
    for (const [person, row] of this.#rows.entries()) {
      const moved = (at: Instant | undefined): Instant | undefined => (at === undefined ? undefined : ((at + by) as Instant))
      const [dueAt, lastAt] = [moved(row.dueAt), moved(row.lastAt)]
      this.#rows.set(person, {
        ...(row.reason === undefined ? {} : { reason: row.reason }),
        ...(dueAt === undefined ? {} : { dueAt }),
        ...(lastAt === undefined ? {} : { lastAt }),
      })
    }
  }
}
