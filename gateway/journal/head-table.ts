import type { Database, Statement } from '../store/database.ts'

/** Signed heads can be added and read; their time stamps come later, and how far each copy outside the house is, is said beside. */
export const headSchema = `
  CREATE TABLE head (id INTEGER PRIMARY KEY, size INTEGER NOT NULL, at REAL NOT NULL, json TEXT NOT NULL) STRICT;
  CREATE TRIGGER head_unaltered BEFORE UPDATE ON head BEGIN SELECT RAISE(ABORT, 'signed heads are append-only'); END;
  CREATE TRIGGER head_kept BEFORE DELETE ON head BEGIN SELECT RAISE(ABORT, 'signed heads are append-only'); END;
  CREATE TABLE head_stamp (head INTEGER PRIMARY KEY, at REAL NOT NULL, token BLOB NOT NULL) STRICT;
  CREATE TABLE head_copied (place TEXT PRIMARY KEY, head INTEGER NOT NULL, at REAL NOT NULL) STRICT, WITHOUT ROWID;
`

/** A head as it is kept, with the answer of a time-stamping authority where there is one. */
export interface KeptHead {
  readonly id: number
  /** A signed head: JSON. */
  readonly json: string
  /** RFC 3161, DER. */
  readonly stamp?: Uint8Array
}

/** How far one place outside has all heads. */
export interface Copied {
  readonly place: string
  readonly head: number
  readonly at: number
}

/** What is to be kept of heads. */
export type HeadWord =
  | { readonly is: 'head'; readonly size: number; readonly at: number; readonly json: string }
  | { readonly is: 'stamp'; readonly head: number; readonly at: number; readonly token: Uint8Array }
  | ({ readonly is: 'copied' } & Copied)

export interface HeadQuestion {
  /** Heads with a higher id only. */
  readonly after?: number
  /** Heads with a lower id only. */
  readonly before?: number
  readonly limit: number
  readonly newestFirst?: boolean
  /** Only those without a time stamp. */
  readonly unstamped?: boolean
}

/** The SQL side of signed heads. Runs in the worker. */
export class HeadTable {
  readonly #database: Database
  #insert: Statement | undefined

  constructor(database: Database) {
    this.#database = database
  }

  /** Inside the caller's transaction. */
  keep(word: HeadWord): void {
    if (word.is === 'head') {
      this.#insert ??= this.#database.prepare('INSERT INTO head (size, at, json) VALUES (?, ?, ?)')
      this.#insert.run(word.size, word.at, word.json)
    } else if (word.is === 'stamp') {
      this.#database.prepare('INSERT OR REPLACE INTO head_stamp VALUES (?, ?, ?)').run(word.head, word.at, word.token)
    } else {
      this.#database.prepare('INSERT OR REPLACE INTO head_copied VALUES (?, ?, ?)').run(word.place, word.head, word.at)
    }
  }

  list({
    after = 0,
    before = Number.MAX_SAFE_INTEGER,
    limit,
    newestFirst = false,
    unstamped = false,
  }: HeadQuestion): readonly KeptHead[] {
    const rows = this.#database
      .prepare(
        `SELECT head.id, head.json, head_stamp.token FROM head LEFT JOIN head_stamp ON head_stamp.head = head.id
         WHERE head.id > ? AND head.id < ? ${unstamped ? 'AND head_stamp.token IS NULL' : ''} ORDER BY head.id ${newestFirst ? 'DESC' : 'ASC'} LIMIT ?`,
      )
      .all(after, before, limit)
    return rows.map(row => ({
      id: Number(row['id']),
      json: String(row['json']),
      ...(row['token'] === null ? {} : { stamp: row['token'] as Uint8Array }),
    }))
  }

  copied(): readonly Copied[] {
    return this.#database
      .prepare('SELECT * FROM head_copied')
      .all()
      .map(row => ({ place: String(row['place']), head: Number(row['head']), at: Number(row['at']) }))
  }
}
