import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { StatementSync } from 'node:sqlite'

/** What a program without a historian would do: one row a reading, each batch a transaction that is on disk before the next. */
export class PlainTable {
  readonly #path: string
  readonly #database: DatabaseSync
  readonly #insert: StatementSync
  readonly #note: StatementSync

  constructor(folder: string) {
    this.#path = join(folder, 'plain.db')
    this.#database = new DatabaseSync(this.#path)
    this.#database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
      CREATE TABLE reading (point TEXT, ts INTEGER, value REAL, PRIMARY KEY (point, ts)) WITHOUT ROWID;
      CREATE TABLE event (id INTEGER PRIMARY KEY, point TEXT, ts INTEGER, what TEXT)`)
    this.#insert = this.#database.prepare('INSERT OR IGNORE INTO reading VALUES (?, ?, ?)')
    this.#note = this.#database.prepare('INSERT INTO event (point, ts, what) VALUES (?, ?, ?)')
  }

  record(
    readings: readonly { readonly point: string; readonly at: number; readonly value: number }[],
    events: readonly { readonly point: string; readonly at: number; readonly what: string }[] = [],
  ): void {
    this.#database.exec('BEGIN')
    for (const { point, at, value } of readings) this.#insert.run(point, at, value)
    for (const { point, at, what } of events) this.#note.run(point, at, what)
    this.#database.exec('COMMIT')
  }

  count(table: 'reading' | 'event'): number {
    return Number(this.#database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n'])
  }

  /** The length of a bucket stands in the text: a bound number is a float here, and would not divide into whole ones. */
  buckets(point: string, from: number, to: number, every: number): Record<string, unknown>[] {
    const start = `ts / ${Math.trunc(every)} * ${Math.trunc(every)}`
    return this.#database
      .prepare(
        `SELECT ${start} AS t, min(value) AS min, avg(value) AS mean, max(value) AS max, count(*) AS count
         FROM reading WHERE point = ? AND ts >= ? AND ts < ? GROUP BY 1 ORDER BY 1`,
      )
      .all(point, from, to)
  }

  /** Everything in the one file, then its size. */
  bytes(): number {
    this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    return statSync(this.#path).size
  }

  close(): void {
    this.#database.close()
  }
}
