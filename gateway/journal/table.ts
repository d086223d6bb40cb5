import { instant } from '../../protocols/contract/time.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { Database, Statement } from '../store/database.ts'
import { scalar } from '../store/database.ts'
import type { JournalQuery } from '../store/store.ts'
import { canonical } from './canonical.ts'
import type { Draft, Entry } from './entry.ts'
import { leafOf } from './leaf.ts'
import { agedEntries, citedPhotos, stubIn } from './removal.ts'

/** Entries can be added at the end and read; the database itself refuses anything else. */
export const journalSchema = `
  CREATE TABLE entry (
    seq INTEGER PRIMARY KEY, at REAL NOT NULL, written_at REAL NOT NULL,
    kind TEXT NOT NULL, by TEXT NOT NULL, about TEXT, data TEXT NOT NULL, leaf TEXT NOT NULL
  ) STRICT;
  CREATE INDEX entry_kind ON entry (kind, seq);
  CREATE INDEX entry_about ON entry (about, seq) WHERE about IS NOT NULL;
  CREATE TRIGGER entry_unaltered BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
  CREATE TRIGGER entry_kept BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
  CREATE TRIGGER entry_in_order BEFORE INSERT ON entry WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM entry)
    BEGIN SELECT RAISE(ABORT, 'the journal has no holes'); END;
  CREATE TABLE checkpoint (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
`

/** A checkpoint on its way to the table: its value as JSON text, `undefined` removes the key. */
export interface CheckpointText {
  readonly key: string
  readonly json: string | undefined
}

/** The SQL side of the journal. Runs in the worker; every write happens inside a transaction that the worker opened. */
export class JournalTable {
  readonly #database: Database
  readonly #insert: Statement
  readonly #keep: Statement
  readonly #forget: Statement

  constructor(database: Database) {
    this.#database = database
    this.#insert = database.prepare('INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
    this.#keep = database.prepare('INSERT OR REPLACE INTO checkpoint VALUES (?, ?)')
    this.#forget = database.prepare('DELETE FROM checkpoint WHERE key = ?')
  }

  count(): number {
    return Number(scalar(this.#database, 'SELECT coalesce(max(seq), 0) FROM entry'))
  }

  write(entries: readonly Entry[], checkpoints: readonly CheckpointText[]): void {
    for (const { seq, at, writtenAt, kind, by, about, data, leaf } of entries) {
      this.#insert.run(seq, at, writtenAt, kind, by, about ?? null, canonical(data), leaf)
    }
    for (const { key, json } of checkpoints) {
      if (json === undefined) this.#forget.run(key)
      else this.#keep.run(key, json)
    }
  }

  checkpoints(): readonly CheckpointText[] {
    const rows = this.#database.prepare('SELECT key, value FROM checkpoint').all()
    return rows.map(row => ({ key: String(row['key']), json: String(row['value']) }))
  }

  aged(query: Parameters<typeof agedEntries>[1]): ReturnType<typeof agedEntries> {
    return agedEntries(this.#database, query)
  }

  citedPhotos(query: Parameters<typeof citedPhotos>[1]): ReturnType<typeof citedPhotos> {
    return citedPhotos(this.#database, query)
  }

  page(query: JournalQuery): { readonly entries: readonly Entry[]; readonly next: number | undefined } {
    const where: string[] = []
    const values: (string | number)[] = []
    const add = (condition: string, ...bound: (string | number)[]): void => {
      where.push(condition)
      values.push(...bound)
    }
    if (query.about !== undefined) add('about = ?', query.about)
    if (query.from !== undefined) add('at >= ?', query.from)
    if (query.to !== undefined) add('at < ?', query.to)
    if (query.after !== undefined) add(query.newestFirst ? 'seq < ?' : 'seq > ?', query.after)
    const order = query.newestFirst ? 'DESC' : 'ASC'
    const most = query.limit + 1
    const { condition, bound } = ofKinds(query.kinds, { where, values, order, most })
    const rows = this.#database.prepare(`SELECT * FROM entry ${condition} ORDER BY seq ${order} LIMIT ?`).all(...bound, most)
    const entries = rows.slice(0, query.limit).map(readEntry)
    return { entries, next: rows.length > query.limit ? entries.at(-1)?.seq : undefined }
  }
}

interface Wanted {
  readonly where: readonly string[]
  readonly values: readonly (string | number)[]
  readonly order: 'ASC' | 'DESC'
  readonly most: number
}

/**
 * Of several kinds the first so many of each are enough to have the first so many of all. Asked for together they would be gathered to the
 * last and then sorted, and a page of a long journal would cost as much as all of it.
 */
function ofKinds(
  kinds: readonly string[] | undefined,
  { where, values, order, most }: Wanted,
): { readonly condition: string; readonly bound: readonly (string | number)[] } {
  const all = (conditions: readonly string[]): string => (conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '')
  if (!kinds) return { condition: all(where), bound: values }
  const [first, ...more] = new Set(kinds)
  if (first === undefined) return { condition: 'WHERE FALSE', bound: [] }
  if (more.length === 0) return { condition: all(['kind = ?', ...where]), bound: [first, ...values] }
  const one = `SELECT seq FROM (SELECT seq FROM entry ${all(['kind = ?', ...where])} ORDER BY seq ${order} LIMIT ?)`
  return {
    condition: `WHERE seq IN (${[first, ...more].map(() => one).join(' UNION ALL ')})`,
    bound: [first, ...more].flatMap(kind => [kind, ...values, most]),
  }
}

/** Gives drafts their place and their leaf. Throws TypeError for data that JSON cannot say. */
export function enter(drafts: readonly Draft[], firstSeq: number, writtenAt: Instant): Entry[] {
  return drafts.map(({ kind, at, by, about, data }, index) => {
    const entry = { seq: firstSeq + index, at, writtenAt, kind, by, ...(about === undefined ? {} : { about }), data }
    return { ...entry, leaf: leafOf(entry) }
  })
}

/**
 * An entry as it was written. One that is not what its leaf says (a failing disk, somebody's hand) keeps its place and its leaf, and
 * shows what is left of its data as `damaged`: it must neither pass for the truth nor hide the entries beside it. One whose data were removed
 * after their time shows `removed`, the place of the stub that says so.
 */
function readEntry(row: Record<string, unknown>): Entry {
  const { about, leaf } = row
  const head = {
    seq: Number(row['seq']),
    at: instant(Number(row['at'])),
    writtenAt: instant(Number(row['written_at'])),
    kind: String(row['kind']),
    by: String(row['by']),
    ...(about === null ? {} : { about: String(about) }),
  }
  const text = String(row['data'])
  const stub = stubIn(text)
  if (stub !== undefined) return { ...head, data: { removed: stub }, leaf: String(leaf) }
  const data = parsed(text)
  if (data !== undefined && leafOf({ ...head, data }) === leaf) return { ...head, data, leaf }
  return { ...head, data: { damaged: text }, leaf: String(leaf) }
}

function parsed(text: string): Entry['data'] | undefined {
  try {
    const data: unknown = JSON.parse(text)
    return typeof data === 'object' && data !== null ? (data as Entry['data']) : undefined
  } catch {
    return undefined
  }
}
