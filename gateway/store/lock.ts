import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Instant } from '../../protocols/contract/time.ts'
import { holdExclusively, sqliteCause } from './database.ts'
import type { Database } from './database.ts'

/** Another gateway lives in this folder. `pid` is what it wrote about itself; 0 when that could not be read. */
export class FolderTaken extends Error {
  override readonly name = 'FolderTaken'
  readonly folder: string
  readonly pid: number
  /** When the other one started, ISO 8601; empty when unknown. */
  readonly since: string

  constructor(folder: string, pid: number, since: string) {
    super(`The data folder ${folder} is in use by process ${pid === 0 ? '(unknown)' : pid}${since && ` since ${since}`}.`)
    this.folder = folder
    this.pid = pid
    this.since = since
  }
}

/**
 * One gateway per folder. The kernel holds the lock (on `lock.db`), so a killed process leaves none behind; the text file only says
 * who it is. Nothing else may ever open `lock.db` in this process: POSIX drops a file's locks when any descriptor of it is closed.
 */
export class FolderLock {
  readonly #database: Database
  readonly #nameplate: string

  private constructor(database: Database, nameplate: string) {
    this.#database = database
    this.#nameplate = nameplate
  }

  static take(folder: string, now: Instant): FolderLock {
    const file = join(folder, 'lock.db')
    const nameplate = join(folder, 'gateway.pid')
    const database = holdOrMend(folder, file, nameplate)
    try {
      writeFileSync(nameplate, `${JSON.stringify({ pid: process.pid, since: new Date(now).toISOString() })}\n`)
    } catch {
      // A full disk must not keep the gateway from watching; only the refusal's wording suffers.
    }
    return new FolderLock(database, nameplate)
  }

  release(): void {
    rmSync(this.#nameplate, { force: true })
    this.#database.close()
  }
}

function holdOrMend(folder: string, file: string, nameplate: string): Database {
  try {
    return holdExclusively(file)
  } catch (error) {
    const cause = sqliteCause(error)
    if (cause === 'taken') {
      const { pid, since } = readNameplate(nameplate)
      throw new FolderTaken(folder, pid, since)
    }
    if (cause !== 'damaged') throw error
    // It holds nothing but the lock, and nobody can hold a lock on bytes that are no database.
    rmSync(file, { force: true })
    return holdExclusively(file)
  }
}

function readNameplate(file: string): { pid: number; since: string } {
  try {
    const read: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (typeof read === 'object' && read !== null && 'pid' in read && 'since' in read) {
      return { pid: Number(read.pid) || 0, since: String(read.since) }
    }
  } catch {
    // Half-written or gone: the lock itself has already decided.
  }
  return { pid: 0, since: '' }
}
