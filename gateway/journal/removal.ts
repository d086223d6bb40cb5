import type { Instant } from '../../protocols/contract/time.ts'
import type { Database } from '../store/database.ts'

/** From the first to the last position, both included. */
export type Range = readonly [first: number, last: number]

export const removedKind = 'retention.removed'

/** Who did what, how evidence was made and what was removed stays as long as the data directory. `GLOB` patterns. */
export const neverRemoved = [
  'account.*',
  'access.*',
  'token.*',
  'gateway.*',
  'clock.*',
  'site.*',
  'evidence.*',
  'readings.*',
  'retention.*',
  'hold.*',
  'backup.*',
  'log.*',
] as const

/**
 * What an entry said may go when its time is over, and only so: a stub that names it stands later in the journal, the transaction has said so in
 * `removing`, and nothing but the data changes. The leaf stays, so that every proof over the journal stays what it was.
 */
export const removalSchema = `
  CREATE TABLE removing (first INTEGER NOT NULL, last INTEGER NOT NULL, stub INTEGER NOT NULL) STRICT;
  CREATE TRIGGER removing_has_stub BEFORE INSERT ON removing
    WHEN NOT EXISTS (SELECT 1 FROM entry WHERE seq = NEW.stub AND kind = '${removedKind}' AND NEW.first <= NEW.last AND NEW.last < seq)
    BEGIN SELECT RAISE(ABORT, 'nothing is removed without its stub'); END;
  DROP TRIGGER entry_unaltered;
  CREATE TRIGGER entry_unaltered BEFORE UPDATE ON entry WHEN NOT (
    NEW.seq IS OLD.seq AND NEW.at IS OLD.at AND NEW.written_at IS OLD.written_at AND NEW.kind IS OLD.kind AND NEW.by IS OLD.by
    AND NEW.about IS OLD.about AND NEW.leaf IS OLD.leaf
    AND ${neverRemoved.map(pattern => `OLD.kind NOT GLOB '${pattern}'`).join(' AND ')}
    AND EXISTS (SELECT 1 FROM removing WHERE OLD.seq BETWEEN first AND last AND NEW.data = '{"removed":' || stub || '}')
  ) BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
`

/** The data of the entries in these ranges become `{"removed": stub}`. Inside a transaction; throws where the journal does not allow it. */
export function removeData(database: Database, stub: number, ranges: readonly Range[]): number {
  const open = database.prepare('INSERT INTO removing VALUES (?, ?, ?)')
  const strike = database.prepare(
    `UPDATE entry SET data = '{"removed":' || CAST(?3 AS INTEGER) || '}' WHERE seq BETWEEN ?1 AND ?2 AND substr(data, 1, 11) <> '{"removed":'`,
  )
  let removed = 0
  for (const [first, last] of ranges) open.run(first, last, stub)
  for (const [first, last] of ranges) removed += Number(strike.run(first, last, stub).changes)
  database.exec('DELETE FROM removing')
  return removed
}

/** An entry as far as its time needs it. */
export interface Aged {
  readonly seq: number
  readonly at: Instant
  readonly kind: string
  readonly about?: string
  readonly leaf: string
  /** What its data name: the equipment it speaks of, how long its rule keeps it, the clause. */
  readonly equipment?: string
  readonly retention?: string
  readonly clause?: string
}

/** So many positions are looked at in one question: the writes of others do not wait long. */
const window = 10_000

/** Entries after `after` that happened before `before` and still have their data, in order; `next` is where to go on, absent at the end. */
export function agedEntries(
  database: Database,
  { after, before }: { readonly after: number; readonly before: Instant },
): { readonly entries: readonly Aged[]; readonly next: number | undefined } {
  const end = after + window
  const named = (path: string): string => `CASE WHEN json_valid(data) THEN json_extract(data, '$.${path}') END`
  const rows = database
    .prepare(
      `SELECT seq, at, kind, about, leaf, ${named('equipment')} AS equipment, ${named('retention')} AS retention, ${named('clause')} AS clause
       FROM entry WHERE seq > ? AND seq <= ? AND at < ? AND substr(data, 1, 11) <> '{"removed":' ORDER BY seq`,
    )
    .all(after, end, before)
  const more = database.prepare('SELECT 1 FROM entry WHERE seq > ? LIMIT 1').get(end)
  return { entries: rows.map(agedOf), next: more && end }
}

function agedOf(row: Record<string, unknown>): Aged {
  const text = (key: string): object => (typeof row[key] === 'string' ? { [key]: row[key] } : {})
  const [seq, at, kind, leaf] = [Number(row['seq']), Number(row['at']) as Instant, String(row['kind']), String(row['leaf'])]
  return { seq, at, kind, leaf, ...text('about'), ...text('equipment'), ...text('retention'), ...text('clause') }
}

const photo = /[0-9a-f]{64}\.(?:jpg|png|webp)/g

/** The photos that entries after `after` cite, as far as one question goes. */
export function citedPhotos(
  database: Database,
  { after }: { readonly after: number },
): { readonly photos: readonly string[]; readonly next: number | undefined } {
  const end = after + window
  const rows = database
    .prepare(
      `SELECT data FROM entry WHERE seq > ? AND seq <= ? AND (instr(data, '.jpg') OR instr(data, '.png') OR instr(data, '.webp'))`,
    )
    .all(after, end)
  const more = database.prepare('SELECT 1 FROM entry WHERE seq > ? LIMIT 1').get(end)
  return { photos: [...new Set(rows.flatMap(({ data }) => String(data).match(photo) ?? []))], next: more && end }
}

/** Where the data of an entry were removed after their time: the stub's place. */
export function stubIn(text: string): number | undefined {
  const [, stub] = /^\{"removed":(\d{1,15})\}$/.exec(text) ?? []
  return stub === undefined ? undefined : Number(stub)
}
