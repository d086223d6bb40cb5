import type { ExplainedGap, LedgerPoint } from '../historian/gap-ledger.ts'
import type { Row } from '../historian/rows.ts'
import type { Gathered } from '../historian/batch.ts'
import type { Draft, Entry } from '../journal/entry.ts'
import type { agedEntries, citedPhotos, Range } from '../journal/removal.ts'
import type { CheckpointText } from '../journal/table.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import type { Access } from './database.ts'
import type { EvidenceCalls } from './evidence-calls.ts'
import type { Damage } from './damage.ts'
import type { SpoolCalls } from './spool-calls.ts'
import type { AccountTable, Boot, Gap, JournalQuery, PointLimits, RawKeeping, Tier, TrimmedRaw } from './store.ts'

/** What may be asked of the worker, and what it answers. Wide answers travel as one array of numbers. */
export interface Calls extends EvidenceCalls, SpoolCalls {
  append: {
    ask: { readonly drafts: readonly Draft[]; readonly checkpoints: readonly CheckpointText[]; readonly writtenAt: Instant }
    answer: readonly Entry[]
  }
  put: { ask: { readonly table: AccountTable; readonly key: string; readonly json: string }; answer: void }
  remove: { ask: { readonly table: AccountTable; readonly key: string }; answer: void }
  listen: { ask: { readonly at: Instant; readonly boot?: Boot }; answer: void }
  record: { ask: Gathered; answer: void }
  checkpoints: { ask: null; answer: readonly CheckpointText[] }
  page: { ask: JournalQuery; answer: { readonly entries: readonly Entry[]; readonly next: number | undefined } }
  get: { ask: { readonly table: AccountTable; readonly key: string }; answer: string | undefined }
  all: { ask: { readonly table: AccountTable }; answer: readonly { readonly key: string; readonly json: string }[] }
  latest: { ask: null; answer: readonly { readonly point: string; readonly any: Row; readonly good: Row | undefined }[] }
  raw: {
    ask: { readonly point: string; readonly from: number; readonly to: number; readonly limit: number }
    answer: { readonly samples: Float64Array; readonly more: boolean }
  }
  buckets: {
    ask: { readonly point: string; readonly from: number; readonly to: number; readonly every: number }
    answer: Float64Array
  }
  limits: {
    ask: { readonly at: Instant; readonly zone: string; readonly limits: readonly PointLimits[] }
    answer: void
  }
  rollup: {
    ask: { readonly point: string; readonly from: number; readonly to: number; readonly tier: Tier }
    answer: Float64Array
  }
  trimPlan: { ask: RawKeeping; answer: readonly TrimmedRaw[] }
  trim: { ask: readonly TrimmedRaw[]; answer: readonly TrimmedRaw[] }
  gaps: {
    ask: { readonly point: string; readonly from: Instant; readonly to: Instant; readonly silentAfter: Millis }
    answer: readonly Gap[]
  }
  strike: { ask: { readonly stub: number; readonly ranges: readonly Range[] }; answer: number }
  aged: { ask: { readonly after: number; readonly before: Instant }; answer: ReturnType<typeof agedEntries> }
  citedPhotos: { ask: { readonly after: number }; answer: ReturnType<typeof citedPhotos> }
  ledgerOf: {
    ask: { readonly point: LedgerPoint; readonly from: Instant; readonly to: Instant }
    answer: readonly ExplainedGap[]
  }
  stats: { ask: null; answer: WorkerStats }
  close: { ask: null; answer: void }
}
export type Operation = keyof Calls
export const ledgerWrites: ReadonlySet<Operation> = new Set<Operation>(['append', 'put', 'remove', 'strike', 'attest'])
export const historyWrites: ReadonlySet<Operation> = new Set<Operation>(['listen', 'record', 'limits', 'spoolWrite'])
/** Writes that take many turns: they wait among the questions. */
export const slowWrites: ReadonlySet<Operation> = new Set<Operation>(['trim'])

export interface WorkerStats {
  /** On disk, journals of the databases included. */
  readonly bytes: number
  readonly readings: number
  readonly entries: number
  /** Readings that are in the log but not yet in blocks. */
  readonly openReadings: number
  readonly points: number
}

export type Question = {
  [K in Operation]: { readonly id: number; readonly operation: K; readonly ask: Calls[K]['ask'] }
}[Operation]

/** `trouble`: the disk would not. `mistake`: the question itself was wrong, asking again is of no use. */
export type Word =
  | { readonly is: 'ready'; readonly damage: readonly Damage[] }
  | { readonly is: 'not ready'; readonly why: string }
  | { readonly is: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly is: 'refusal'; readonly id: number; readonly kind: 'trouble' | 'mistake'; readonly why: string }
  | { readonly is: 'notice'; readonly trouble: string }
  | { readonly is: 'damaged readings'; readonly count: number }

export interface WorkerStart {
  readonly folder: string
  readonly access: Access
  readonly now: Instant
}
