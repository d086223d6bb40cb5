import type { Database, Statement } from '../store/database.ts'
import { BadBytes } from './bytes.ts'
import type { Rollup, Tail } from './rollup.ts'
import { packRollup, unpackRollup } from './rollup-codec.ts'

/**
 * `rollup` holds the quarters of an hour of large blocks, so that a year need not be unpacked; `trimmed` what remains of blocks that are
 * gone: quarters and minutes. `covers`: its times outside and gaps are those from `first` to `last`; not where another one has them already.
 */
export const rollupSchema = `
  CREATE TABLE rollup (block INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
  CREATE TABLE trimmed (
    id INTEGER PRIMARY KEY, point INTEGER NOT NULL, first REAL NOT NULL, last REAL NOT NULL, rows INTEGER NOT NULL, covers INTEGER NOT NULL,
    quarters BLOB NOT NULL, minutes BLOB NOT NULL
  ) STRICT;
  CREATE INDEX trimmed_in_time ON trimmed (point, first, last, rows, covers);
`

/** Where readings were that are gone; ends included. */
export interface TrimmedSpan {
  readonly id: number
  readonly first: number
  readonly last: number
  readonly rows: number
  readonly covers: boolean
}
export type Fineness = 'quarters' | 'minutes'

/** What is kept of readings beside and after them. Runs in the worker. */
export class RollupTable {
  readonly #read: Statement
  readonly #keep: Statement
  readonly #readTrimmed: { readonly [K in Fineness]: Statement }
  readonly #spans: Statement
  readonly #keepTrimmed: Statement
  readonly #previous: Statement
  readonly #next: Statement
  readonly #points: Statement
  #trimmedPoints = new Set<number>()
  readonly #damaged = new Set<number>()

  constructor(database: Database) {
    this.#read = database.prepare('SELECT data FROM rollup WHERE block = ?')
    this.#keep = database.prepare('INSERT OR REPLACE INTO rollup VALUES (?, ?)')
    this.#readTrimmed = {
      quarters: database.prepare('SELECT quarters AS data FROM trimmed WHERE id = ?'),
      minutes: database.prepare('SELECT minutes AS data FROM trimmed WHERE id = ?'),
    }
    this.#spans = database.prepare(
      'SELECT id, first, last, rows, covers FROM trimmed WHERE point = ? AND first <= ? AND last >= ? ORDER BY first, id',
    )
    this.#previous = database.prepare(
      'SELECT quarters AS data FROM trimmed WHERE point = ? AND last < ? AND covers = 1 ORDER BY first DESC LIMIT 1',
    )
    this.#next = database.prepare(
      'SELECT first FROM trimmed WHERE point = ? AND first >= ? AND covers = 1 ORDER BY first LIMIT 1',
    )
    this.#keepTrimmed = database.prepare(
      'INSERT INTO trimmed (point, first, last, rows, covers, quarters, minutes) VALUES (?, ?, ?, ?, ?, ?, ?)',
    )
    this.#points = database.prepare('SELECT DISTINCT point FROM trimmed')
    this.load()
  }

  /** Rollups of trimmed readings that could not be read. */
  get damaged(): number {
    return this.#damaged.size
  }

  load(): void {
    this.#trimmedPoints = new Set(this.#points.all().map(({ point }) => Number(point)))
  }

  /** The quarters of a block, where they are kept and whole. */
  of(block: number): Rollup | undefined {
    const row = this.#read.get(block)
    return row && opened(row['data'])
  }

  /** Inside the caller's transaction. */
  keep(block: number, rollup: Rollup): void {
    this.#keep.run(block, packRollup(rollup))
  }

  /** What was trimmed of a point between `from` and `to`, ends included, in the order of its beginnings. */
  spans(point: number, from: number, to: number): TrimmedSpan[] {
    if (!this.#trimmedPoints.has(point)) return []
    return this.#spans.all(point, to, from).map(row => ({
      id: Number(row['id']),
      first: Number(row['first']),
      last: Number(row['last']),
      rows: Number(row['rows']),
      covers: row['covers'] === 1,
    }))
  }

  /** What is known after the last of the trimmed readings before `at`. */
  before(point: number, at: number): Tail | undefined {
    if (!this.#trimmedPoints.has(point)) return undefined
    const row = this.#previous.get(point, at)
    return row && opened(row['data'])?.tail
  }

  /** The first time from `at` on at which there was a reading that is gone. */
  after(point: number, at: number): number | undefined {
    if (!this.#trimmedPoints.has(point)) return undefined
    const row = this.#next.get(point, at)
    return row && Number(row['first'])
  }

  trimmed({ id }: TrimmedSpan, fineness: Fineness): Rollup | undefined {
    const rollup = opened(this.#readTrimmed[fineness].get(id)?.['data'])
    if (!rollup) this.#damaged.add(id)
    return rollup
  }

  /** Inside the caller's transaction. */
  keepTrimmed(point: number, span: Omit<TrimmedSpan, 'id'>, of: { readonly [K in Fineness]: Rollup }): void {
    const { first, last, rows, covers } = span
    this.#keepTrimmed.run(point, first, last, rows, covers ? 1 : 0, packRollup(of.quarters), packRollup(of.minutes))
    this.#trimmedPoints.add(point)
  }
}

function opened(data: unknown): Rollup | undefined {
  if (!(data instanceof Uint8Array)) return undefined
  try {
    return unpackRollup(data)
  } catch (error) {
    if (!(error instanceof BadBytes) && !(error instanceof SyntaxError)) throw error
    return undefined
  }
}
