import { createHash } from 'node:crypto'
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { days } from '../../protocols/contract/time.ts'
import type { Clock, Instant } from '../../protocols/contract/time.ts'
import { signed } from '../evidence/signed.ts'
import type { Signed, SigningKey } from '../evidence/signed.ts'
import { removedKind } from '../journal/removal.ts'
import type { Range } from '../journal/removal.ts'
import type { Draft, Entry } from '../journal/entry.ts'
import { nextTime, Timetable } from '../schedule.ts'
import type { Archive, Journal } from '../store/store.ts'
import { StoreTrouble } from '../store/store.ts'
import type { Decide } from '../turn.ts'
import type { Holds } from './holds.ts'
import { textOf } from './keep.ts'
import type { Kept, KeepingBook, Removal } from './plan.ts'
import { equipmentOf, planRemoval, rangesOf } from './plan.ts'

/** What a stub signs: which places of the journal no longer say what they said, and that nobody can put anything else there. */
export interface RemovalStatement {
  readonly what: 'zhishou-removal-1'
  readonly site: string
  readonly seqs: readonly Range[]
  readonly count: number
  /** SHA-256 over the leaves of what was removed (raw bytes), in order, hex. */
  readonly leaves: string
  readonly at: number
}

export interface RetentionParts {
  readonly site: { readonly id: string; readonly timeZone: string }
  readonly book: KeepingBook
  readonly holds: Holds
  readonly store: { readonly journal: Pick<Journal, 'page'>; readonly archive: Archive }
  /** The domain clock. */
  readonly clock: Clock
  /** Photos of records, by their digest; real time is theirs. */
  readonly photos: string
  readonly wall: Clock
  /** Whether anything is removed by itself. */
  readonly removes: boolean
  /** Undefined where nobody has made one yet: the stub then goes unsigned, the journal's heads prove it all the same. */
  readonly key: () => Promise<SigningKey | undefined>
  readonly act: <T>(decide: Decide<T>) => Promise<T>
  readonly complain: (line: string) => void
}

export interface RetentionState {
  readonly lastAt: Instant | undefined
  /** What the last look removed, and what only a hold has kept. */
  readonly removed: number
  readonly spared: number
}

// Half past two at night of the site: before the daily backup, after the day's end.
const daily = '30 2 * * *'
const photoAge = days(7)

/** Removes what is over, once a day: the signed stub first, then what it names. */
export class Retention {
  readonly #parts: RetentionParts
  readonly #timetable: Timetable
  #state: RetentionState = { lastAt: undefined, removed: 0, spared: 0 }

  constructor(parts: RetentionParts) {
    this.#parts = parts
    const { clock, site } = parts
    this.#timetable = new Timetable(
      clock,
      at => nextTime(daily, site.timeZone, at),
      async () => {
        try {
          await this.run()
        } catch (error) {
          // Nothing is lost by waiting a day.
          if (!(error instanceof StoreTrouble)) throw error
          parts.complain(`retention: ${error.message}`)
        }
      },
    )
  }

  get state(): RetentionState {
    return this.#state
  }
  get book(): KeepingBook {
    return this.#parts.book
  }

  /** Ends what a kill interrupted, and then looks every night. */
  async start(): Promise<void> {
    const { journal, archive } = this.#parts.store
    const { entries } = await journal.page({ kinds: [removedKind], limit: 20, newestFirst: true })
    for (const { seq, data } of entries) {
      const seqs = data['seqs']
      if (Array.isArray(seqs)) await archive.strike(seq, seqs as readonly Range[])
    }
    if (this.#parts.removes) this.#timetable.start()
  }

  stop(): Promise<void> {
    return this.#timetable.stop()
  }

  /** One look at everything. Rejects with StoreTrouble where the disk does not take it. */
  async run(): Promise<RetentionState> {
    const { book, holds, clock, store } = this.#parts
    const now = clock.now()
    const ground = { book, now, expiries: await this.#expiries(), isHeld: holds.isHeld.bind(holds) }
    const before = book.earliestEnd(now)
    let [removed, spared] = [0, 0]
    for (let after: number | undefined = 0; after !== undefined;) {
      const { entries, next }: Awaited<ReturnType<Archive['aged']>> = await store.archive.aged({ after, before })
      const plan = planRemoval(entries, ground)
      spared += plan.spared
      for (const removal of plan.removals) removed += await this.#remove(removal)
      after = next
    }
    if (removed > 0) await this.#removePhotos()
    this.#state = { lastAt: now, removed, spared }
    return this.#state
  }

  async #remove(removal: Removal): Promise<number> {
    const { act, holds, key, store, site } = this.#parts
    const by = await key()
    const stub = await act<Entry | undefined>(at => {
      // A hold that was placed meanwhile counts.
      const { kind } = removal.kept
      const entries = removal.entries.filter(one => !holds.isHeld({ at: one.at, equipment: equipmentOf(one), kind }))
      if (entries.length === 0) return { answer: () => undefined }
      return { drafts: [stubOf({ ...removal, entries }, site.id, at, by)], answer: ([entry]) => entry }
    })
    if (!stub) return 0
    return store.archive.strike(stub.seq, stub.data['seqs'] as readonly Range[])
  }

  /** Until when the goods in a piece of equipment are good, as people wrote it down. */
  async #expiries(): Promise<ReadonlyMap<string, Instant>> {
    const { entries } = await this.#parts.store.journal.page({ kinds: ['record.expiry'], limit: 1_000, newestFirst: true })
    const found = new Map<string, Instant>()
    for (const { about, data } of entries) {
      const fields: unknown = data['fields']
      if (about === undefined || typeof fields !== 'object' || fields === null) continue
      for (const value of Object.values(fields)) {
        const day = typeof value === 'string' && /^\d{4}-\d{2}-\d{2}/.test(value) ? Date.parse(value.slice(0, 10)) : Number.NaN
        if (!Number.isNaN(day)) found.set(about, Math.max(day, found.get(about) ?? 0) as Instant)
      }
    }
    return found
  }

  /** Photos that no entry cites any more. A young one may belong to a record that is just being written. */
  async #removePhotos(): Promise<void> {
    const { photos, wall, store, act, site, key } = this.#parts
    const old: string[] = []
    for (const name of await readdir(photos).catch(() => [])) {
      const found = await stat(join(photos, name)).catch(() => undefined)
      if (found?.isFile() && wall.now() - found.mtimeMs > photoAge) old.push(name)
    }
    if (old.length === 0) return
    const cited = new Set<string>()
    for (let after: number | undefined = 0; after !== undefined;) {
      const page: Awaited<ReturnType<Archive['citedPhotos']>> = await store.archive.citedPhotos({ after })
      for (const photo of page.photos) cited.add(photo)
      after = page.next
    }
    const gone = old.filter(name => /^[0-9a-f]{64}\./.test(name) && !cited.has(name))
    if (gone.length === 0) return
    const by = await key()
    await act(at => {
      const statement = { what: 'zhishou-photo-removal-1', site: site.id, photos: gone, at } as const
      const data = { photos: gone, count: gone.length, statement: by ? signed(statement, by) : statement }
      return { drafts: [{ kind: removedKind, at, by: 'system', data }], answer: () => undefined }
    })
    for (const name of gone) await rm(join(photos, name), { force: true })
  }
}

/** What stands in the journal instead. */
export function stubOf({ kept, entries }: Removal, site: string, at: Instant, key: SigningKey | undefined): Draft {
  const seqs = rangesOf(entries.map(({ seq }) => seq))
  const hash = createHash('sha256')
  for (const { leaf } of entries) hash.update(Buffer.from(leaf, 'hex'))
  const statement: RemovalStatement = {
    what: 'zhishou-removal-1',
    site,
    seqs,
    count: entries.length,
    leaves: hash.digest('hex'),
    at,
  }
  const by: Signed<RemovalStatement> | RemovalStatement = key ? signed(statement, key) : statement
  const kinds: Record<string, number> = {}
  for (const { kind } of entries) kinds[kind] = (kinds[kind] ?? 0) + 1
  const times: readonly number[] = entries.map(one => one.at)
  return {
    kind: removedKind,
    at,
    by: 'system',
    data: {
      seqs,
      kinds,
      count: entries.length,
      oldest: times.reduce((a, b) => Math.min(a, b)),
      newest: times.reduce((a, b) => Math.max(a, b)),
      leaves: statement.leaves,
      ...reasonOf(kept),
      statement: by,
    },
  }
}

const reasonOf = ({ kind, keep, clause }: Kept): object => ({
  record: kind,
  retention: textOf(keep),
  ...(clause === undefined ? {} : { clause }),
})
