import { DatabaseSync } from 'node:sqlite'
import type { StatementSync } from 'node:sqlite'

export type Database = DatabaseSync
export type Statement = StatementSync

/** `beside` reads next to the process that owns the folder. */
export type Access = 'own' | 'beside'

/** Opens one database file with the durability the product promises: a commit that returned is on disk. */
export function openDatabase(file: string, access: Access = 'own'): Database {
  const database = new DatabaseSync(file, { readOnly: access === 'beside', timeout: access === 'beside' ? 5_000 : 2_000 })
  try {
    // Numbers are KiB when negative: two of these live in one worker, whose budget is small.
    database.exec('PRAGMA cache_size = -1024')
    database.exec('PRAGMA temp_store = FILE')
    if (access === 'own') {
      database.exec('PRAGMA journal_mode = WAL')
      database.exec('PRAGMA synchronous = FULL')
      database.exec('PRAGMA journal_size_limit = 16777216')
      // REPLACE would otherwise slip past the triggers that keep the journal append-only.
      database.exec('PRAGMA recursive_triggers = ON')
    }
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** Takes the kernel's exclusive lock on `file` for as long as the returned database stays open. Throws when somebody has it. */
export function holdExclusively(file: string): Database {
  const database = new DatabaseSync(file, { timeout: 0 })
  try {
    database.exec('BEGIN EXCLUSIVE')
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** All of `act` or nothing of it. The commit is one fsync. */
export function inTransaction<T>(database: Database, act: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = act()
    database.exec('COMMIT')
    return result
  } catch (error) {
    // A full disk may have rolled it back already; a second failure must not hide the first.
    try {
      if (database.isTransaction) database.exec('ROLLBACK')
    } catch {
      // The next BEGIN will say so.
    }
    throw error
  }
}

/** One number or text out of a one-row query. */
export function scalar(database: Database, sql: string): unknown {
  const row = database.prepare(sql).get()
  return row === undefined ? undefined : Object.values(row)[0]
}

export type SqliteCause = 'damaged' | 'taken' | 'disk full' | 'I/O error' | 'cannot open' | 'read-only' | 'other'

/** What kind of failure SQLite reports, from its primary result code. */
export function sqliteCause(error: unknown): SqliteCause {
  const code = error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : 0
  switch (code) {
    case 11: // CORRUPT
    case 26: // NOTADB
      return 'damaged'
    case 5: // BUSY
    case 6: // LOCKED
      return 'taken'
    case 13:
      return 'disk full'
    case 10:
      return 'I/O error'
    case 14:
      return 'cannot open'
    case 8:
      return 'read-only'
    default:
      return 'other'
  }
}

/** A sentence for the operator: the kind first, SQLite's own words after it. */
export function describeFailure(error: unknown): string {
  const words = error instanceof Error ? error.message : String(error)
  const cause = sqliteCause(error)
  return cause === 'other' ? words : `${cause}: ${words}`
}
