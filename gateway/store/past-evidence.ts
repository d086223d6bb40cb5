import { SeriesDigest } from '../historian/seals.ts'
import type { SealedPeriod, SealedSeries } from '../historian/seals.ts'
import type { Rows } from '../historian/rows.ts'
import { hexOf } from '../journal/hashing.ts'
import type { KeptHead } from '../journal/head-table.ts'
import { scalar } from './database.ts'
import type { History } from './history.ts'
import type { Ledger } from './ledger.ts'

/** An entry as its row has it: nothing is taken for granted. */
export interface RawEntry {
  readonly seq: number
  readonly at: number
  readonly writtenAt: number
  readonly kind: string
  readonly by: string
  readonly about: string | undefined
  /** JSON text. */
  readonly data: string
  /** Hex. */
  readonly leaf: string
}

/** What of the stored data is evidence. Reads as it goes. */
export interface PastEvidence {
  /** Every entry, in order. */
  entries(): Iterable<RawEntry>
  /** These entries, in ascending order. */
  some(seqs: readonly number[]): Iterable<RawEntry>
  readonly size: number
  /** What lies beside these entries in the tree over the first `size` (ascending), hex. */
  beside(seqs: readonly number[], size: number): readonly string[]
  heads(): Iterable<KeptHead>
  periods(): Iterable<SealedPeriod>
  seriesOf(period: number): readonly SealedSeries[]
  series(period: number, point: string): SealedSeries | undefined
  points(): readonly string[]
  columns(point: string, from: number, to: number): Iterable<Rows>
  digest(): SeriesDigest
  /** What SQLite finds wrong with its files; empty when nothing. */
  faults(): readonly string[]
  /** Blocks and batches that could not be read back so far. */
  readonly damaged: number
}

const headsAtOnce = 500

export function pastEvidenceOf(history: History, ledger: Ledger): PastEvidence {
  return {
    entries: () => ledger.raw(),
    *some(seqs) {
      for (const seq of seqs) yield* ledger.raw(seq)
    },
    get size() {
      return ledger.journal.count()
    },
    beside: (seqs, size) => ledger.tree.some(seqs, size).map(hexOf),
    *heads() {
      for (let after = 0; ;) {
        const heads = ledger.heads.list({ after, limit: headsAtOnce })
        yield* heads
        const last = heads.at(-1)
        if (!last || heads.length < headsAtOnce) return
        after = last.id
      }
    },
    *periods() {
      for (let after = 0; ;) {
        const periods = history.seals.closedAfter(after, headsAtOnce)
        yield* periods
        const last = periods.at(-1)
        if (!last || periods.length < headsAtOnce) return
        after = last.period
      }
    },
    seriesOf: period => history.seals.seriesOf(period),
    series: (period, point) => history.seals.series(period, point),
    points: () => [...history.table.points.all].map(({ name }) => name).toSorted(),
    columns: (point, from, to) => history.series.columns(point, from, to),
    digest: () => new SeriesDigest(),
    faults: () => [...ledger.faults(), ...history.faults()],
    get damaged() {
      return history.damaged
    },
  }
}

/** Reads a whole database file against its indexes. */
export function faultsOf(database: Parameters<typeof scalar>[0], file: string): string[] {
  const verdict = String(scalar(database, 'PRAGMA integrity_check(1)'))
  return verdict === 'ok' ? [] : [`${file}: ${verdict}`]
}

export function rawEntry(row: Record<string, unknown>): RawEntry {
  return {
    seq: Number(row['seq']),
    at: Number(row['at']),
    writtenAt: Number(row['written_at']),
    kind: String(row['kind']),
    by: String(row['by']),
    about: row['about'] === null ? undefined : String(row['about']),
    data: String(row['data']),
    leaf: String(row['leaf']),
  }
}
