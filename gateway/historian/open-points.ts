import type { Database, Statement } from '../store/database.ts'
import { unpackBatch } from './batch.ts'
import { BadBytes } from './bytes.ts'
import { OpenRows } from './open-rows.ts'
import { good, qualityOf } from './rows.ts'
import type { Row, Rows } from './rows.ts'

export const openSchema = `
  CREATE TABLE point (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
    sealed_batch INTEGER NOT NULL DEFAULT 0, sealed_rows INTEGER NOT NULL DEFAULT 0, latest TEXT
  ) STRICT;
  CREATE TABLE batch (id INTEGER PRIMARY KEY AUTOINCREMENT, rows INTEGER NOT NULL, data BLOB NOT NULL) STRICT;
  CREATE TABLE run (id INTEGER PRIMARY KEY, start REAL NOT NULL, alive REAL NOT NULL) STRICT;
`

/** What is known of one point without asking the blocks: the readings not yet sealed, and the newest words. */
export class OpenPoint {
  readonly id: number
  readonly name: string
  /** In the order they came. */
  readonly rows = new OpenRows()
  /** The oldest batch of the log that still holds an open reading of this point. */
  firstBatch = Infinity
  sealedRows = 0
  /** Readings in batches up to this one are in blocks. */
  sealedBatch = 0
  /** Of this sealing period it is written down that rows from `notedFrom` on, however late, are in blocks. */
  notedPeriod = 0
  notedFrom = Infinity
  newestAt = -Infinity
  /** The newest of what is being written and may yet fail; the same as `newestAt` in between. */
  staged = -Infinity
  /** Times that are being written, once one of them was not newer than the ones before. */
  arriving: Set<number> | undefined
  #isInOrder = true
  // The newest words by their places among the open rows; -1 once those are sealed, and then as they were.
  #newestPlace = -1
  #newest: Row | undefined
  #newestGoodAt = -Infinity
  #newestGoodPlace = -1
  #newestGood: Row | undefined

  constructor(id: number, name: string) {
    this.id = id
    this.name = name
  }

  get newest(): Row | undefined {
    return this.#newestPlace < 0 ? this.#newest : this.rows.row(this.#newestPlace)
  }

  get newestGood(): Row | undefined {
    return this.#newestGoodPlace < 0 ? this.#newestGood : this.rows.row(this.#newestGoodPlace)
  }

  add(rows: Rows, index: number, batch: number): void {
    const at = rows.at[index] as number
    const place = this.rows.length
    this.rows.add(rows, index)
    if (batch < this.firstBatch) this.firstBatch = batch
    if (at > this.newestAt) {
      this.newestAt = at
      this.#newestPlace = place
    } else if (this.#isInOrder) this.#isInOrder = place === 0 || at > this.rows.at(place - 1)
    if (at > this.#newestGoodAt && qualityOf(rows.mark[index] as number) === good) {
      this.#newestGoodAt = at
      this.#newestGoodPlace = place
    }
  }

  /** What was being written is written, or has failed. */
  settle(): void {
    this.staged = this.newestAt
    this.arriving = undefined
  }

  /** Whether one of the open readings is of this time. */
  holds(at: number): boolean {
    let [low, high] = [0, this.rows.length]
    if (!this.#isInOrder) {
      while (low < high && this.rows.at(low) !== at) low++
      return low < high
    }
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.rows.at(middle) < at) low = middle + 1
      else high = middle
    }
    return low < this.rows.length && this.rows.at(low) === at
  }

  /** Its open readings are in blocks now. */
  sealed(): void {
    this.#newest = this.newest
    this.#newestGood = this.newestGood
    this.#newestPlace = -1
    this.#newestGoodPlace = -1
    this.sealedRows += this.rows.length
    this.rows.clear()
    this.#isInOrder = true
    this.firstBatch = Infinity
  }

  latestText(): string | null {
    const { newest } = this
    if (!newest) return null
    const isGood = this.#newestGoodPlace >= 0 && this.#newestGoodPlace === this.#newestPlace
    const text = JSON.stringify(newest)
    const good = isGood ? text : JSON.stringify(this.newestGood)
    return good === undefined ? `{"newest":${text}}` : `{"newest":${text},"newestGood":${good}}`
  }

  /** As it was written down. */
  start(newest: Row, newestGood: Row | undefined): void {
    this.#newest = newest
    this.#newestGood = newestGood
    this.newestAt = newest.at
    this.staged = newest.at
    this.#newestGoodAt = newestGood?.at ?? -Infinity
  }
}

/** All points and their open readings, rebuilt from the log at the start. */
export class OpenPoints {
  readonly #byName = new Map<string, OpenPoint>()
  readonly #byId = new Map<number, OpenPoint>()
  readonly #database: Database
  readonly #insertPoint: Statement
  /** The batches that are still in the log, oldest first, with their number of rows. */
  readonly batches: { readonly id: number; readonly rows: number }[] = []
  /** Rows of all batches in the log, sealed ones included: what a restart has to read. */
  loggedRows = 0
  lastBatch = 0
  /** Batches whose bytes were damaged and which could not be read back. */
  lostBatches = 0

  constructor(database: Database) {
    this.#database = database
    this.#insertPoint = database.prepare('INSERT INTO point (name) VALUES (?)')
  }

  get all(): Iterable<OpenPoint> {
    return this.#byName.values()
  }

  get(name: string): OpenPoint | undefined {
    return this.#byName.get(name)
  }

  nameOf(id: number): string {
    return this.#byId.get(id)?.name ?? ''
  }

  /** Inside the caller's transaction; `forget` it when that fails. */
  create(name: string): OpenPoint {
    const point = new OpenPoint(Number(this.#insertPoint.run(name).lastInsertRowid), name)
    this.#keep(point)
    return point
  }

  forget(point: OpenPoint): void {
    this.#byName.delete(point.name)
    this.#byId.delete(point.id)
  }

  logged(id: number, rows: number): void {
    this.batches.push({ id, rows })
    this.loggedRows += rows
    this.lastBatch = id
  }

  /** Batches before `id` are gone. */
  dropped(id: number): void {
    let count = 0
    for (const batch of this.batches) {
      if (batch.id >= id) break
      this.loggedRows -= batch.rows
      count++
    }
    this.batches.splice(0, count)
  }

  load(): void {
    this.#byName.clear()
    this.#byId.clear()
    this.batches.length = 0
    this.loggedRows = 0
    this.lostBatches = 0
    for (const row of this.#database.prepare('SELECT * FROM point').iterate()) this.#keep(readPoint(row))
    this.lastBatch = Number(this.#database.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'batch'").get()?.['seq'] ?? 0)
    for (const row of this.#database.prepare('SELECT id, rows, data FROM batch ORDER BY id').iterate()) {
      const id = Number(row['id'])
      this.logged(id, Number(row['rows']))
      this.#replay(id, row['data'] as Uint8Array)
    }
    for (const point of this.all) point.settle()
  }

  #replay(batch: number, data: Uint8Array): void {
    try {
      const { point: ids, rows } = unpackBatch(data)
      for (let index = 0; index < ids.length; index++) {
        const point = this.#byId.get(ids[index] as number)
        if (point && batch > point.sealedBatch) point.add(rows, index, batch)
      }
    } catch (error) {
      if (!(error instanceof BadBytes) && !(error instanceof SyntaxError)) throw error
      this.lostBatches++
    }
  }

  #keep(point: OpenPoint): void {
    this.#byName.set(point.name, point)
    this.#byId.set(point.id, point)
  }
}

function readPoint(row: Record<string, unknown>): OpenPoint {
  const point = new OpenPoint(Number(row['id']), String(row['name']))
  point.sealedBatch = Number(row['sealed_batch'])
  point.sealedRows = Number(row['sealed_rows'])
  if (typeof row['latest'] === 'string') {
    const latest = JSON.parse(row['latest']) as { newest: Row; newestGood?: Row }
    point.start(latest.newest, latest.newestGood)
  }
  return point
}
