import { canonical } from '../journal/canonical.ts'
import { bytesOf, hexOf } from '../journal/hashing.ts'
import type { RunningHash } from '../journal/hashing.ts'
import { nodeHashing } from '../journal/node-hashing.ts'
import { MerkleTree } from '../journal/tree.ts'
import { inTransaction, scalar } from '../store/database.ts'
import type { Database, Statement } from '../store/database.ts'
import { lineAt } from './line.ts'
import type { OpenPoint } from './open-points.ts'
import type { OpenRows } from './open-rows.ts'
import type { Rows } from './rows.ts'

/**
 * Readings are sealed by periods: when one ends, each point's rows of it are hashed, and the root over all points goes into the journal. A row
 * carries the number of its period, so that what comes late, or under a clock that was set back, belongs to a later one and never changes an
 * earlier. `open_span` says where in time the rows of a period lie that are in blocks already.
 */
export const sealSchema = `
  CREATE TABLE sealed_period (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, points INTEGER NOT NULL, rows INTEGER NOT NULL, root TEXT NOT NULL
  ) STRICT;
  CREATE TABLE sealed_series (
    period INTEGER NOT NULL, point INTEGER NOT NULL, rows INTEGER NOT NULL, first REAL NOT NULL, last REAL NOT NULL, digest BLOB NOT NULL,
    PRIMARY KEY (period, point)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE open_span (
    period INTEGER NOT NULL, point INTEGER NOT NULL, first REAL NOT NULL, last REAL NOT NULL, PRIMARY KEY (period, point)
  ) STRICT, WITHOUT ROWID;
`

/** A period as the journal says it: `root` is the RFC 9162 root over the series, sorted by the name of their point. */
export interface SealedPeriod {
  readonly period: number
  /** When it was closed, on the domain clock. */
  readonly at: number
  readonly points: number
  readonly rows: number
  /** Hex. */
  readonly root: string
}

/** One point's rows of one period; canonical JSON of this is a leaf of the period's tree. */
export interface SealedSeries {
  readonly point: string
  readonly rows: number
  /** Times of its first and last reading, ms. */
  readonly first: number
  readonly last: number
  /** SHA-256 over the canonical lines in the order of their times, hex. */
  readonly digest: string
}

/** The last moment that a date can have. */
const forever = 8.64e15

export const seriesLeaf = (tree: MerkleTree, { point, rows, first, last, digest }: SealedSeries) =>
  tree.leaf(bytesOf(canonical({ point, rows, first, last, digest })))

export const byName = (a: { readonly point: string }, b: { readonly point: string }): number => (a.point < b.point ? -1 : 1)

interface Span {
  readonly point: string
  readonly id: number
  first: number
  last: number
}

/** What of a running period is in blocks already, and where. */
export class OpenSpans {
  readonly #widen: Statement

  constructor(database: Database) {
    this.#widen = database.prepare(`
      INSERT INTO open_span VALUES (?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET first = min(first, excluded.first), last = max(last, excluded.last)`)
  }

  /**
   * The open rows of a point go into blocks. Inside the caller's transaction; `forget` it when that fails. What is newer than all blocks is
   * noted without an end, once for each period: so much is read at its close anyway, and thirty readings need no line of their own.
   */
  note(point: OpenPoint, isNewest: boolean): void {
    for (const [period, { first, last }] of spansIn(point.rows)) {
      if (period === point.notedPeriod && first >= point.notedFrom) continue
      this.#widen.run(period, point.id, first, isNewest ? forever : last)
      if (!isNewest || period < point.notedPeriod) continue
      point.notedPeriod = period
      point.notedFrom = first
    }
  }

  /** What was noted of a point was not written. */
  forget(point: OpenPoint): void {
    point.notedPeriod = 0
    point.notedFrom = Infinity
  }
}

function spansIn(rows: OpenRows): Map<number, { first: number; last: number }> {
  const spans = new Map<number, { first: number; last: number }>()
  let known: { first: number; last: number } | undefined
  let running: number | undefined
  for (let index = 0; index < rows.length; index++) {
    const at = rows.at(index)
    const period = rows.periodOf(index)
    if (period !== running || !known) {
      running = period
      known = spans.get(period)
      if (!known) spans.set(period, (known = { first: at, last: at }))
    }
    if (at < known.first) known.first = at
    if (at > known.last) known.last = at
  }
  return spans
}

/** What sealing asks of the history. */
export interface SealedFrom {
  readonly points: Iterable<Pick<OpenPoint, 'id' | 'name' | 'rows'>>
  columns(name: string, from: number, to: number): Iterable<Rows>
  /** The period to which what is written down now belongs. */
  period: number
}

/** Closes periods and knows the closed ones. Runs in the worker. */
export class Seals {
  readonly #database: Database
  readonly #from: SealedFrom

  constructor(database: Database, from: SealedFrom) {
    this.#database = database
    this.#from = from
  }

  /**
   * Begins to close the oldest period that is not closed and has readings; `undefined` where there is none. From now on what is written down
   * belongs to the next one. `above`: the number of the last period that the journal knows.
   */
  close(at: number, above: number): PeriodClosing | undefined {
    const sealed = Number(scalar(this.#database, 'SELECT coalesce(max(id), 0) FROM sealed_period'))
    this.#from.period = Math.max(this.#from.period, above + 1)
    const open = this.#open(sealed)
    const period = Math.min(...open.keys())
    const spans = open.get(period)
    if (!spans) return undefined
    this.#from.period = Math.max(this.#from.period, period + 1)
    const task = { period, at, spans: [...spans.values()].toSorted(byName), more: open.size > 1 }
    return new PeriodClosing(this.#database, this.#from, task)
  }

  /** Closed periods above `period`, in order. */
  closedAfter(period: number, limit: number): readonly SealedPeriod[] {
    return this.#database
      .prepare('SELECT id, at, points, rows, root FROM sealed_period WHERE id > ? ORDER BY id LIMIT ?')
      .all(period, limit)
      .map(row => ({
        period: Number(row['id']),
        at: Number(row['at']),
        points: Number(row['points']),
        rows: Number(row['rows']),
        root: String(row['root']),
      }))
  }

  /** The series of one closed period, by the name of their point. */
  seriesOf(period: number): readonly SealedSeries[] {
    return this.#database
      .prepare(
        `SELECT name, rows, first, last, digest FROM sealed_series JOIN point ON point.id = sealed_series.point
         WHERE period = ?`,
      )
      .all(period)
      .map(readSeries)
      .toSorted(byName)
  }

  /** One of them. */
  series(period: number, point: string): SealedSeries | undefined {
    const row = this.#database
      .prepare(
        `SELECT name, rows, first, last, digest FROM sealed_series JOIN point ON point.id = sealed_series.point
         WHERE period = ? AND name = ?`,
      )
      .get(period, point)
    return row && readSeries(row)
  }

  /** By period above the last closed one: what of each point belongs to it. */
  #open(sealed: number): Map<number, Map<number, Span>> {
    const found = new Map<number, Map<number, Span>>()
    const add = (period: number, span: Span): void => {
      if (period <= sealed) return
      let spans = found.get(period)
      if (!spans) found.set(period, (spans = new Map()))
      const known = spans.get(span.id)
      if (!known) return void spans.set(span.id, span)
      known.first = Math.min(known.first, span.first)
      known.last = Math.max(known.last, span.last)
    }
    const kept = `SELECT period, id, name, first, last FROM open_span JOIN point ON point.id = open_span.point WHERE period > ?`
    for (const row of this.#database.prepare(kept).iterate(sealed)) {
      const [id, first, last] = [Number(row['id']), Number(row['first']), Number(row['last'])]
      add(Number(row['period']), { point: String(row['name']), id, first, last })
    }
    for (const { id, name, rows } of this.#from.points)
      for (const [period, span] of spansIn(rows)) add(period, { point: name, id, ...span })
    return found
  }
}

function readSeries(row: Record<string, unknown>): SealedSeries {
  return {
    point: String(row['name']),
    rows: Number(row['rows']),
    first: Number(row['first']),
    last: Number(row['last']),
    digest: hexOf(row['digest'] as Uint8Array),
  }
}

interface ClosingTask {
  readonly period: number
  readonly at: number
  readonly spans: readonly Span[]
  readonly more: boolean
}

/** A period that was just closed; `more`: an older run has left another one to close. */
export type ClosedNow = SealedPeriod & { readonly more: boolean }

/** One period on its way to being closed: the rows of it stand still, so it can be read bit by bit between other work. */
export class PeriodClosing {
  readonly #database: Database
  readonly #from: SealedFrom
  readonly #task: ClosingTask
  readonly #work: Generator<void, ClosedNow>
  #budget = 0

  constructor(database: Database, from: SealedFrom, task: ClosingTask) {
    this.#database = database
    this.#from = from
    this.#task = task
    this.#work = this.#closing()
  }

  /** Reads about so many rows more; the period once it is on disk. Throws what the disk says: the period is still to be closed then. */
  step(rows: number): ClosedNow | undefined {
    this.#budget = rows
    const { done, value } = this.#work.next()
    return done ? value : undefined
  }

  *#closing(): Generator<void, ClosedNow> {
    const { period, at, spans, more } = this.#task
    const tree = new MerkleTree(nodeHashing)
    const growing = tree.grow()
    const found: { readonly id: number; readonly series: SealedSeries }[] = []
    let rows = 0
    for (const span of spans) {
      const series = yield* this.#series(span)
      if (series.rows === 0) continue
      growing.add(seriesLeaf(tree, series))
      found.push({ id: span.id, series })
      rows += series.rows
    }
    const sealed = { period, at, points: found.length, rows, root: hexOf(growing.root) }
    inTransaction(this.#database, () => {
      const insert = this.#database.prepare('INSERT INTO sealed_series VALUES (?, ?, ?, ?, ?, ?)')
      for (const { id, series } of found)
        insert.run(period, id, series.rows, series.first, series.last, Buffer.from(series.digest, 'hex'))
      this.#database
        .prepare('INSERT INTO sealed_period (id, at, points, rows, root) VALUES (?, ?, ?, ?, ?)')
        .run(period, at, sealed.points, rows, sealed.root)
      this.#database.prepare('DELETE FROM open_span WHERE period <= ?').run(period)
    })
    return { ...sealed, more }
  }

  /** Between two steps blocks may be made anew: it goes on after the last time it has read. */
  *#series({ point, first, last }: Span): Generator<void, SealedSeries> {
    const digest = new SeriesDigest()
    let after = -Infinity
    for (let isRead = false; !isRead;) {
      isRead = true
      for (const rows of this.#from.columns(point, Math.max(first, after), last + 1)) {
        digest.add(rows, row => rows.period[row] === this.#task.period && (rows.at[row] as number) > after)
        this.#budget -= rows.at.length
        if (this.#budget > 0) continue
        after = rows.at[rows.at.length - 1] ?? last
        isRead = false
        break
      }
      if (!isRead) yield
    }
    return digest.of(point)
  }
}

/** The digest of one point's rows of a period, in the order of their times. */
export class SeriesDigest {
  readonly #hash: RunningHash = nodeHashing.begin()
  rows = 0
  first = 0
  last = 0

  /** Those rows that `belongs` says. */
  add(rows: Rows, belongs: (row: number) => boolean): void {
    let text = ''
    for (let row = 0; row < rows.at.length; row++) {
      if (!belongs(row)) continue
      if (this.rows === 0) this.first = rows.at[row] as number
      this.last = rows.at[row] as number
      this.rows += 1
      text += lineAt(rows, row)
    }
    if (text !== '') this.#hash.add(bytesOf(text))
  }

  of(point: string): SealedSeries {
    return { point, rows: this.rows, first: this.first, last: this.last, digest: hexOf(this.#hash.end()) }
  }
}
