import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { PointId, Reading } from '../../protocols/contract/reading.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import { arrivals } from '../historian/arrivals.ts'
import type { ExplainedGap, LedgerPoint } from '../historian/gap-ledger.ts'
import type { GoneRun } from '../historian/gone.ts'
import type { Rows } from '../historian/rows.ts'
import type { Entry } from '../journal/entry.ts'
import { openBeside } from './damage.ts'
import { describeFailure } from './database.ts'
import { ledgerOf } from './gap-reasons.ts'
import { History, historyLayout } from './history.ts'
import { Ledger, ledgerLayout } from './ledger.ts'
import { rolledOf } from './open.ts'
import { pastEvidenceOf } from './past-evidence.ts'
import type { PastEvidence } from './past-evidence.ts'
import { StoreTrouble } from './store.ts'
import type { Gap, RolledBucket, Tier } from './store.ts'

/** The stored readings and the journal as they are at one moment, however much the gateway beside goes on writing. Times run until before `to`. */
export interface Past {
  /** In the order of arrival; readings that came together in one list, which is used again for the next ones. */
  arrivals(points: readonly PointId[], from: Instant, to: Instant): Iterable<readonly Reading[]>
  /** One point's rows as columns, in the order of their times. */
  columns(point: PointId, from: Instant, to: Instant): Iterable<Rows>
  /** What remains of a point's readings that were trimmed, in order. */
  gone(point: PointId, from: Instant, to: Instant): Iterable<GoneRun>
  /** Journal entries of these kinds that happened from `from` until before `to`, in the order in which they were written. */
  entries(kinds: readonly string[], from: Instant, to: Instant): Iterable<Entry>
  /** What was written about something (an alarm, a case, an equipment) behind that place in the journal, in order. */
  about(id: string, behind: number): Iterable<Entry>
  /** Buckets of a tier, as `Historian.rollup` gives them; also where readings were trimmed. */
  rollup(point: PointId, from: Instant, to: Instant, tier: Tier): readonly RolledBucket[]
  /** Holes of a point, as `Historian.gaps` tells them. */
  gaps(point: PointId, from: Instant, to: Instant, silentAfter: Millis): readonly Gap[]
  /** The gap ledger of a point: every time of which nothing is known, with its cause and the journal entries that say so. */
  ledgerOf(point: LedgerPoint, from: Instant, to: Instant, rolled?: boolean): readonly ExplainedGap[]
  /** The value of a secret of the installation, such as the signing key. */
  secret(key: string): unknown
  /** When the first word of a point came. */
  firstAt(point: PointId): Instant | undefined
  /** From the beginning of the first gateway run on this folder to the last word of the last one. */
  readonly span: { readonly from: Instant; readonly to: Instant } | undefined
  /** When no gateway was running. */
  readonly stops: readonly { readonly from: Instant; readonly to: Instant }[]
  /** What proves the rest. */
  readonly evidence: PastEvidence
  /** Blocks and batches that could not be read back so far. */
  readonly damaged: number
}

/**
 * Reads a data folder in the caller's own thread, from first to last in one view; safe beside the gateway that runs on it. It blocks: on
 * a gateway's main thread it has no place. Throws StoreTrouble when the folder holds no data or cannot be read.
 */
export function lookBack<T>(folder: string, act: (past: Past) => T): T {
  const { history, past, close } = open(folder)
  try {
    return history.read(() => act(past))
  } finally {
    close()
  }
}

/** The same for work that takes its time: the view is held until what `act` promises is settled. */
export async function lookBackLong<T>(folder: string, act: (past: Past) => Promise<T>): Promise<T> {
  const { history, past, close } = open(folder)
  try {
    return await history.readLong(() => act(past))
  } finally {
    close()
  }
}

function open(folder: string): { readonly history: History; readonly past: Past; close(): void } {
  const [readings, journal] = ['history.db', 'ledger.db'].map(name => join(resolve(folder), name)) as [string, string]
  if (!existsSync(readings) || !existsSync(journal)) throw new StoreTrouble(`${resolve(folder)} holds no data of a gateway`)
  const history = trying(() => new History(openBeside(readings, historyLayout), 'beside'))
  try {
    const ledger = trying(() => new Ledger(openBeside(journal, ledgerLayout)))
    // The journal first: whatever it speaks of is in the readings that are looked at afterwards.
    trying(() => ledger.hold())
    return {
      history,
      past: pastOf(history, ledger),
      close() {
        ledger.close()
        history.close()
      },
    }
  } catch (error) {
    history.close()
    throw error
  }
}

const entriesPerLook = 1_000

function* entriesOf(ledger: Ledger, kinds: readonly string[], from: Instant, to: Instant): Generator<Entry> {
  let after: number | undefined
  do {
    const asked = { kinds, from, to, limit: entriesPerLook, ...(after === undefined ? {} : { after }) }
    const { entries, next } = ledger.journal.page(asked)
    yield* entries
    after = next
  } while (after !== undefined)
}

function* entriesAbout(ledger: Ledger, about: string, behind: number): Generator<Entry> {
  let after: number | undefined = behind
  // Few at a time: who asks about an alarm stops at its end.
  for (let limit = 25; after !== undefined; limit = entriesPerLook) {
    const page = ledger.journal.page({ about, after, limit })
    yield* page.entries
    after = page.next
  }
}

function pastOf(history: History, ledger: Ledger): Past {
  const { series } = history
  return {
    arrivals: (points, from, to) => arrivals(points.map(point => ({ point, rows: series.columns(point, from, to) }))),
    columns: (point, from, to) => series.columns(point, from, to),
    gone: (point, from, to) => series.gone(point, from, to),
    entries: (kinds, from, to) => entriesOf(ledger, kinds, from, to),
    about: (id, behind) => entriesAbout(ledger, id, behind),
    rollup: (point, from, to, tier) => rolledOf(series.rollup(point, from, to, tier)),
    gaps: (point, from, to, silentAfter) => series.gaps(point, from, to, silentAfter),
    ledgerOf: (point, from, to, rolled) => ledgerOf({ history, ledger }, point, from, to, rolled),
    secret(key) {
      const json = ledger.accounts.get('secret', key)
      return json === undefined ? undefined : JSON.parse(json)
    },
    evidence: pastEvidenceOf(history, ledger),
    firstAt: point => series.firstAt(point) as Instant | undefined,
    span: series.span() as Past['span'],
    stops: series.stops().map(({ from, to }) => ({ from: from as Instant, to: to as Instant })),
    get damaged() {
      return history.damaged
    },
  }
}

function trying<T>(act: () => T): T {
  try {
    return act()
  } catch (error) {
    throw new StoreTrouble(describeFailure(error))
  }
}
