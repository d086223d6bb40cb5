import type { Database, Statement } from '../store/database.ts'
import { unpackBatch } from './batch.ts'
import { BadBytes } from './bytes.ts'
import { good, noRows, push, qualityOf } from './rows.ts'
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
  rows: Rows = noRows()
  /** The oldest batch of the log that still holds an open reading of this point. */
  firstBatch = Infinity
  sealedRows = 0
  /** Readings in batches up to this one are in blocks. */
  sealedBatch = 0
  newest: Row | undefined
  newestGood: Row | undefined

  constructor(id: number, name: string) {
    this.id = id
    this.name = name
  }

  get newestAt(): number {
    return this.newest?.at ?? -Infinity
  }

  add(row: Row, batch: number): void {
    push(this.rows, row)
    if (batch < this.firstBatch) this.firstBatch = batch
    if (row.at > this.newestAt) this.newest = row
    if (qualityOf(row.mark) === good && row.at > (this.newestGood?.at ?? -Infinity)) this.newestGood = row
  }

  /** Its open readings are in blocks now. */
  sealed(): void {
    this.sealedRows += this.rows.at.length
    this.rows = noRows()
    this.firstBatch = Infinity
  }

  latestText(): string | null {
    return this.newest ? JSON.stringify({ newest: this.newest, newestGood: this.newestGood }) : null
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
  }

  #replay(batch: number, data: Uint8Array): void {
    try {
      for (const { point: id, row } of unpackBatch(data)) {
        const point = this.#byId.get(id)
        if (point && batch > point.sealedBatch) point.add(row, batch)
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
    point.newest = latest.newest
    point.newestGood = latest.newestGood
  }
  return point
}
