import type { ExplainedGap, LedgerPoint } from '../historian/gap-ledger.ts'
import type { SpoolShelf } from './spool-calls.ts'
import type { Fault } from '../../protocols/contract/fault.ts'
import type { PointId, Reading, ReadingColumns } from '../../protocols/contract/reading.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import type { Draft, Entry } from '../journal/entry.ts'
import type { EvidenceShelf } from './evidence-calls.ts'
import type { agedEntries, citedPhotos, Range } from '../journal/removal.ts'

/**
 * The two durable stores of one data directory, seen from the main thread. All database work is done by a worker: nothing here
 * blocks. A promise that resolves means the data is on disk (fsync); one that rejects with `StoreTrouble` means it is not.
 */
export interface Store {
  readonly journal: Journal
  readonly historian: Historian
  readonly accounts: AccountShelf
  /** What outside historians have still to be told. */
  readonly spool: SpoolShelf
  readonly archive: Archive
  readonly evidence: EvidenceShelf
  /** Damaged files that were set aside when this store was opened, with what was wrong. */
  readonly damage: readonly { readonly file: string; readonly movedTo: string; readonly why: string }[]
  /** Whether the last write succeeded; `undefined` while all is well. */
  readonly trouble: string | undefined
  stats(): Promise<{ readonly bytes: number; readonly readings: number; readonly entries: number }>
  close(): Promise<void>
}

export class StoreTrouble extends Error {
  override readonly name = 'StoreTrouble'
}

/** A rule's checkpoint, written in one transaction with the journal entries it led to. */
export interface Checkpoint {
  readonly key: string
  /** JSON; `undefined` removes the key. */
  readonly value: unknown
}

export interface Journal {
  /** All or nothing, in order, durable when it resolves. Concurrent calls share one fsync (group commit). */
  append(drafts: readonly Draft[], checkpoints?: readonly Checkpoint[]): Promise<readonly Entry[]>
  checkpoints(): Promise<ReadonlyMap<string, unknown>>
  /** Newest first when `newestFirst`; `after` is the cursor (a seq, exclusive). */
  page(query: JournalQuery): Promise<{ readonly entries: readonly Entry[]; readonly next: number | undefined }>
}

/** What the removal of records after their time asks of the journal. */
export interface Archive {
  /** Entries after `after` that happened before `before` and still have their data; `next` is where to go on. */
  aged(query: Parameters<typeof agedEntries>[1]): Promise<ReturnType<typeof agedEntries>>
  citedPhotos(query: Parameters<typeof citedPhotos>[1]): Promise<ReturnType<typeof citedPhotos>>
  /** The data of these entries become `{"removed": stub}`; the stub must be in the journal. How many were changed. */
  strike(stub: number, ranges: readonly Range[]): Promise<number>
}
export interface JournalQuery {
  readonly kinds?: readonly string[]
  readonly about?: string
  readonly from?: Instant
  readonly to?: Instant
  readonly after?: number
  readonly limit: number
  readonly newestFirst?: boolean
}

export interface StoredReading {
  readonly reading: Reading
  /** `late`: older than the newest of its point when it came; kept, but it did not disturb the live state. */
  readonly mark?: 'late'
}
/** One bucket or one raw reading of a series, event time. */
export type Sample = {
  readonly t: Instant
  readonly v: number | null
  readonly q: 'good' | 'uncertain' | 'bad'
  /** The archive that it comes from, where it is not stored here any more. */
  readonly source?: string
}
export type Bucket = {
  readonly t: Instant
  readonly min: number | null
  readonly mean: number | null
  readonly max: number | null
  readonly count: number
}
/** How long the buckets of a rollup are: days are the site's, the others are aligned to the epoch. */
export type Tier = '1min' | '15min' | '1h' | '1d'
/** What is kept of a time also when its readings are gone. */
export type RolledBucket = Bucket & {
  /** Ms in which good readings outside the record limits stood: each until the next word, at most `staleAfter`. */
  readonly outside: number
  /** Ms in holes: faults, and silences longer than allowed. */
  readonly gap: number
}
/** The record limits of a point, and how long its words count. */
export interface PointLimits {
  readonly point: PointId
  readonly min?: number
  readonly max?: number
  readonly staleAfter: Millis
  readonly silentAfter: Millis
}
/** Which readings may go. */
export interface RawKeeping {
  /** Bytes that all that is stored may take; absent: as many as there are. */
  readonly budget?: number
  /** Readings before that time are no longer needed; of a point that is not named all are. */
  readonly keep: readonly { readonly point: PointId; readonly before: Instant }[]
  /** What must stay whatever happens; without a point, of all. */
  readonly holds: readonly { readonly point?: PointId; readonly from: Instant; readonly to: Instant }[]
}
/** Readings of a point that go, or went; `to` is not included. Periods are those in which they were sealed, 0 before there were any. */
export interface TrimmedRaw {
  readonly point: PointId
  readonly from: number
  readonly to: number
  readonly rows: number
  readonly firstPeriod: number
  readonly lastPeriod: number
}
/** A hole in a series. Never interpolated, always with its cause. */
export type Gap = {
  readonly from: Instant
  readonly to: Instant | null
  readonly cause: Fault['code'] | 'gateway-stopped' | 'silent'
}

/** Which boot of the machine a run belongs to: what tells a power cut from a stop. */
export interface Boot {
  /** The system's own name for it, where it has one. */
  readonly id?: string
  /** When the machine was booted: real time, to a minute or so. */
  readonly at: number
}

/**
 * `soon`: nobody waits for it, so that it may be written together with what comes within a quarter of a second. Whatever is asked of the store
 * meanwhile is done after it all the same. Default `now`.
 */
export type Urgency = 'now' | 'soon'

export interface Historian {
  /** Tells that this gateway run listens from `at` on. What lies between the last word of the run before and this is `gateway-stopped`. */
  listening(at: Instant, boot?: Boot): Promise<void>
  /**
   * Durable when it resolves. The same (point, at) again is accepted and stored once: the first wins.
   * Batches are fsynced together.
   */
  record(readings: readonly StoredReading[], urgency?: Urgency): Promise<void>
  /** The same for columns, none of them late. */
  recordColumns(columns: ReadingColumns, urgency?: Urgency): Promise<void>
  /** The newest good reading of each point and the newest of any quality, to start from. */
  latest(): Promise<ReadonlyMap<PointId, { readonly good?: Reading; readonly any: Reading }>>
  raw(
    point: PointId,
    from: Instant,
    to: Instant,
    limit: number,
  ): Promise<{ readonly samples: readonly Sample[]; readonly more: boolean }>
  /** Aligned to multiples of `every` since the epoch; empty buckets are left out. Good readings only enter min/mean/max/count. */
  buckets(point: PointId, from: Instant, to: Instant, every: Millis): Promise<readonly Bucket[]>
  /** Limits and the zone of the site's days as they are valid from `at` on; what was counted before stays. Durable when it resolves. */
  limits(at: Instant, zone: string, limits: readonly PointLimits[]): Promise<void>
  /**
   * Buckets of a tier that have something of the time from `from` until before `to`, and only that of it; those of which nothing is known
   * are left out. Of readings that were trimmed whole minutes are counted, by their beginning.
   */
  rollup(point: PointId, from: Instant, to: Instant, tier: Tier): Promise<readonly RolledBucket[]>
  /**
   * What would go, the oldest first; nothing is done yet, so that it can be written into the journal. Never what is held, nor what is not
   * sealed yet. A large plan comes in parts: plan again when one is done, until nothing is named.
   */
  trimPlan(keeping: RawKeeping): Promise<readonly TrimmedRaw[]>
  /** Does that: rollups remain. Gives back what went; what changed since the plan stays. */
  trim(plan: readonly TrimmedRaw[]): Promise<readonly TrimmedRaw[]>
  /** Holes: runs of bad readings (with their fault), and silences longer than `silentAfter`. */
  gaps(point: PointId, from: Instant, to: Instant, silentAfter: Millis): Promise<readonly Gap[]>
  /** The same holes with everything that is known of their causes, and the entries of the journal that say so. */
  ledgerOf(point: LedgerPoint, from: Instant, to: Instant): Promise<readonly ExplainedGap[]>
}

/** Rows of accounts, sessions and tokens; what they mean is `gateway/accounts`. */
export interface AccountShelf {
  get(table: AccountTable, key: string): Promise<unknown>
  put(table: AccountTable, key: string, value: unknown): Promise<void>
  remove(table: AccountTable, key: string): Promise<void>
  all(table: AccountTable): Promise<readonly { readonly key: string; readonly value: unknown }[]>
}
export type AccountTable = 'account' | 'session' | 'token' | 'push' | 'secret'
