import type { Database, Statement } from '../store/database.ts'
import { BadBytes } from './bytes.ts'
import { figuresIn, seal, summaryIn, unseal } from './codec.ts'
import type { Figures, Summary } from './codec.ts'
import { firstNotBefore } from './rows.ts'
import type { Rows } from './rows.ts'
import { halfLarge, largeBlock } from './seal-plan.ts'
import type { Span } from './seal-plan.ts'

export const blockSchema = `
  CREATE TABLE block (
    id INTEGER PRIMARY KEY, point INTEGER NOT NULL, first REAL NOT NULL, last REAL NOT NULL, rows INTEGER NOT NULL, data BLOB NOT NULL
  ) STRICT;
  CREATE INDEX block_in_time ON block (point, first, last, rows);
  CREATE TABLE damaged_block (
    id INTEGER PRIMARY KEY, point INTEGER NOT NULL, first REAL NOT NULL, last REAL NOT NULL, rows INTEGER NOT NULL, data BLOB NOT NULL
  ) STRICT;
`

const rememberedBlocks = 48
/** Blocks below the size that stays, each about twice the next. */
const longestTail = 6

/** The sealed blocks. One whose checksum fails is left out, counted, and moved away at the next chance; it never ends a query. */
export class Blocks {
  readonly #spans: Statement
  readonly #read: Statement
  readonly #insert: Statement
  readonly #remove: Statement
  readonly #removeRollup: Statement
  readonly #moveAway: Statement
  readonly #previous: Statement
  readonly #next: Statement
  readonly #quarantined: Statement
  readonly #newest: Statement
  /** Times of recently asked blocks, for telling duplicates among late readings. */
  readonly #times = new Map<number, ArrayLike<number>>()
  readonly #damaged = new Set<number>()
  /** By point: rows in blocks that are small. */
  readonly #loose = new Map<number, number>()
  /** Points whose small blocks may be enough for a large one. */
  readonly manySmall = new Set<number>()
  /** By point: its newest blocks in time order, with none missing between them or after. What comes in order needs no other. */
  readonly #tails = new Map<number, Span[]>()

  constructor(database: Database) {
    const loose = database.prepare('SELECT point, sum(rows) AS rows FROM block WHERE rows < ? GROUP BY point')
    for (const row of loose.iterate(halfLarge)) this.#count(Number(row['point']), Number(row['rows']))
    this.#spans = database.prepare(`
      SELECT id, first, last, rows FROM block
      WHERE point = ?1 AND first <= ?3 AND last >= ?2
        AND first >= coalesce((SELECT max(first) FROM block WHERE point = ?1 AND first <= ?2), ?2)
      ORDER BY first`)
    this.#read = database.prepare('SELECT data FROM block WHERE id = ?')
    this.#insert = database.prepare('INSERT INTO block (point, first, last, rows, data) VALUES (?, ?, ?, ?, ?)')
    this.#removeRollup = database.prepare('DELETE FROM rollup WHERE block = ?')
    this.#remove = database.prepare('DELETE FROM block WHERE id = ?')
    this.#moveAway = database.prepare('INSERT OR REPLACE INTO damaged_block SELECT * FROM block WHERE id = ?')
    this.#previous = database.prepare(
      'SELECT id, first, last, rows FROM block WHERE point = ? AND first < ? ORDER BY first DESC LIMIT 1',
    )
    this.#quarantined = database.prepare('SELECT first, last FROM damaged_block WHERE point = ?1 AND first < ?3 AND last >= ?2')
    this.#newest = database.prepare(
      `SELECT id, first, last, rows FROM block WHERE point = ? ORDER BY first DESC LIMIT ${longestTail}`,
    )
    this.#next = database.prepare('SELECT id, first, last, rows FROM block WHERE point = ? AND first > ? ORDER BY first LIMIT 1')
  }

  /** How many blocks were found damaged since the start. */
  get damaged(): number {
    return this.#damaged.size
  }

  /** Blocks with a reading between `from` and `to`, ends included, in time order. */
  spans(point: number, from: number, to: number): Span[] {
    return this.#spans.all(point, from, to).map(readSpan)
  }

  /** The times of blocks that could not be read, moved away or not: from the first reading until just after the last. */
  damagedSpans(point: number, from: number, to: number): { readonly from: number; readonly to: number }[] {
    const inPlace = this.spans(point, from, to).filter(({ id }) => this.#damaged.has(id))
    const movedAway = this.#quarantined.all(point, from, to)
    return [...inPlace, ...movedAway].map(({ first, last }) => ({ from: Number(first), to: Number(last) + 1 }))
  }

  before(point: number, at: number): Span | undefined {
    const row = this.#previous.get(point, at)
    return row && readSpan(row)
  }

  after(point: number, at: number): Span | undefined {
    const row = this.#next.get(point, at)
    return row && readSpan(row)
  }

  /** The last block of a point. */
  newest(point: number): Span | undefined {
    return this.#tail(point).at(-1)
  }

  /** The same as `before`, looked up among the newest as long as those are enough. */
  beforeAmongNewest(point: number, at: number): Span | undefined {
    return this.#tail(point).findLast(({ first }) => first < at) ?? this.before(point, at)
  }

  rows(span: Span): Rows | undefined {
    return this.#whole(span, unseal)
  }

  figures(span: Span): Figures | undefined {
    return this.#whole(span, figuresIn)
  }

  summary(span: Span): Summary | undefined {
    return this.#whole(span, summaryIn)
  }

  has(point: number, at: number): boolean {
    return this.spans(point, at, at).some(span => {
      const times = this.#timesOf(span)
      return times[firstNotBefore(times, at)] === at
    })
  }

  /** Inside the caller's transaction. */
  add(point: number, rows: Rows): number {
    const length = rows.at.length
    const [first, last] = [rows.at[0] ?? 0, rows.at[length - 1] ?? 0]
    const id = Number(this.#insert.run(point, first, last, length, seal(rows)).lastInsertRowid)
    if (length < halfLarge) this.#count(point, length)
    const tail = this.#tails.get(point)
    if (tail && first > (tail.at(-1)?.last ?? -Infinity)) {
      tail.push({ id, first, last, rows: length })
      if (tail.length > longestTail) tail.shift()
    } else this.#tails.delete(point)
    return id
  }

  /** Inside the caller's transaction. */
  remove(point: number, span: Span): void {
    this.#remove.run(span.id)
    // Only large ones have a rollup.
    if (span.rows < halfLarge) this.#loose.set(point, (this.#loose.get(point) ?? 0) - span.rows)
    else this.#removeRollup.run(span.id)
    this.#times.delete(span.id)
    const tail = this.#tails.get(point)
    const place = tail?.findIndex(({ id }) => id === span.id) ?? -1
    if (place >= 0) tail?.splice(place, 1)
  }

  /** Keeps the bytes of a damaged block out of the way, for whoever wants to look. Inside the caller's transaction. */
  setAside(point: number, span: Span): void {
    this.#moveAway.run(span.id)
    this.remove(point, span)
  }

  /** What was remembered may be wrong: another process wrote, or a transaction failed. */
  forget(): void {
    this.#times.clear()
    this.#tails.clear()
  }

  #tail(point: number): readonly Span[] {
    let tail = this.#tails.get(point)
    if (!tail) this.#tails.set(point, (tail = this.#newest.all(point).map(readSpan).toReversed()))
    return tail
  }

  /** Asks for a look at a point's blocks each time as many rows have come in small ones as a large one holds. */
  #count(point: number, rows: number): void {
    const loose = (this.#loose.get(point) ?? 0) + rows
    this.#loose.set(point, loose)
    if (loose > largeBlock) this.manySmall.add(point)
  }

  #whole<T>(span: Span, open: (block: Uint8Array) => T): T | undefined {
    const row = this.#read.get(span.id)
    if (!row) return undefined
    try {
      return open(row['data'] as Uint8Array)
    } catch (error) {
      if (!(error instanceof BadBytes) && !(error instanceof SyntaxError)) throw error
      this.#damaged.add(span.id)
      return undefined
    }
  }

  #timesOf(span: Span): ArrayLike<number> {
    const known = this.#times.get(span.id)
    if (known) return known
    const times = this.figures(span)?.at ?? []
    const oldest = this.#times.keys().next()
    if (this.#times.size >= rememberedBlocks && !oldest.done) this.#times.delete(oldest.value)
    this.#times.set(span.id, times)
    return times
  }
}

function readSpan(row: Record<string, unknown>): Span {
  return { id: Number(row['id']), first: Number(row['first']), last: Number(row['last']), rows: Number(row['rows']) }
}
