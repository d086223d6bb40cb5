import { existsSync, mkdirSync, openSync, closeSync, fsyncSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Instant } from '../../protocols/contract/time.ts'
import { openDatabase, scalar, sqliteCause } from './database.ts'
import type { Access, Database } from './database.ts'

/** A file that was set aside, and why. */
export interface Damage {
  readonly file: string
  readonly movedTo: string
  readonly why: string
}

/** What a database file of ours must look like. */
export interface Layout {
  /** Written into the SQLite header, so that a foreign database is told from ours. */
  readonly applicationId: number
  readonly version: number
  readonly schema: string
  /** Tables that are checked whatever their size; the rest only while the file is small enough to read through at a start. */
  readonly checkAlways: readonly string[]
}

const readThroughBytes = 256 * 1024 * 1024

/**
 * Opens `file`, making it when absent. A damaged or foreign one is moved, with its -wal and -shm, into `damaged-<time>/` beside it
 * and a fresh one is made. Throws what is no damage: no permission, no space, a newer version's file.
 */
export function openOrSetAside(file: string, layout: Layout, now: Instant): { database: Database; damage: readonly Damage[] } {
  if (!existsSync(file)) {
    make(file, layout)
    return { database: openDatabase(file), damage: [] }
  }
  const found = inspect(file, layout, 'own')
  if (found.ok) return { database: found.database, damage: [] }
  const movedTo = setAside(file, now)
  make(file, layout)
  return { database: openDatabase(file), damage: [{ file, movedTo, why: found.why }] }
}

/** Opens an existing file for reading next to its owner. */
export function openBeside(file: string, layout: Layout): Database {
  const found = inspect(file, layout, 'beside')
  if (found.ok) return found.database
  throw new Error(`${file} is damaged: ${found.why}`)
}

type Found = { readonly ok: true; readonly database: Database } | { readonly ok: false; readonly why: string }

function inspect(file: string, layout: Layout, access: Access): Found {
  let database: Database | undefined
  try {
    database = openDatabase(file, access)
    const why = wrongWith(database, layout, access)
    if (why === undefined) return { ok: true, database }
    closeQuietly(database)
    return { ok: false, why }
  } catch (error) {
    if (database) closeQuietly(database)
    if (sqliteCause(error) === 'damaged') return { ok: false, why: error instanceof Error ? error.message : String(error) }
    throw error
  }
}

function wrongWith(database: Database, layout: Layout, access: Access): string | undefined {
  // Files are made complete under another name and renamed, so an empty one was emptied by something else.
  const pages = Number(scalar(database, 'PRAGMA page_count'))
  if (pages === 0) return 'the file is empty'
  const id = scalar(database, 'PRAGMA application_id')
  if (id !== layout.applicationId) return `not a database of this gateway (application id ${String(id)})`
  const version = Number(scalar(database, 'PRAGMA user_version'))
  if (version > layout.version) {
    throw new Error(`The data was written by a newer version (format ${version}, this one knows ${layout.version}).`)
  }
  if (access === 'beside') return undefined
  const small = pages * Number(scalar(database, 'PRAGMA page_size')) <= readThroughBytes
  const checks = small ? ['PRAGMA quick_check(1)'] : layout.checkAlways.map(table => `PRAGMA quick_check(${table})`)
  for (const check of checks) {
    const verdict = scalar(database, check)
    if (verdict !== 'ok') return String(verdict)
  }
  return undefined
}

/** Under another name first: a file that bears the real name is always whole. */
function make(file: string, layout: Layout): void {
  const draft = `${file}.new`
  for (const suffix of ['', '-wal', '-shm']) rmSync(draft + suffix, { force: true })
  const database = openDatabase(draft)
  try {
    database.exec(`PRAGMA application_id = ${layout.applicationId}`)
    database.exec(`PRAGMA user_version = ${layout.version}`)
    database.exec(layout.schema)
  } finally {
    database.close()
  }
  renameSync(draft, file)
  syncFolder(dirname(file))
}

function setAside(file: string, now: Instant): string {
  const stamp = new Date(now).toISOString().replaceAll(/[:.]/g, '-')
  const folder = join(dirname(file), `damaged-${stamp}`)
  mkdirSync(folder, { recursive: true })
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(file + suffix)) renameSync(file + suffix, join(folder, basename(file) + suffix))
  }
  syncFolder(dirname(file))
  return join(folder, basename(file))
}

function syncFolder(folder: string): void {
  // Windows cannot open a folder; there the rename is durable by itself.
  if (process.platform === 'win32') return
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function closeQuietly(database: Database): void {
  try {
    database.close()
  } catch {
    // It is being set aside anyway.
  }
}
