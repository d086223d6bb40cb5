import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Instant } from '../../protocols/contract/time.ts'
import { inTransaction, openDatabase, scalar, sqliteCause } from './database.ts'
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
  /** Of the newest of `added`, or 1. */
  readonly version: number
  /** As version 1 made it. */
  readonly schema: string
  /** What each later version added, in order: run on an older file when it is opened. */
  readonly added?: readonly { readonly version: number; readonly schema: string }[]
  /** Tables that are checked whatever their size; the rest only while the file is small enough to read through at a start. */
  readonly checkAlways: readonly string[]
  /** Its free pages are given back bit by bit. */
  readonly givesBack?: boolean
}

// A larger file of an older version would stand still too long: it keeps its free pages and fills them again.
const rewrittenBytes = 64 * 1024 * 1024
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
  // Not beside an owner in this very process: closing the file would drop the locks SQLite holds on it.
  const headerWrong = access === 'own' ? wrongWithHeader(file, layout) : undefined
  if (headerWrong !== undefined) return { ok: false, why: headerWrong }
  let database: Database | undefined
  try {
    database = openDatabase(file, access)
    const why = wrongWith(database, layout, access)
    if (why === undefined) {
      if (access === 'own') upgrade(database, layout)
      return { ok: true, database }
    }
    closeQuietly(database)
    return { ok: false, why }
  } catch (error) {
    if (database) closeQuietly(database)
    if (sqliteCause(error) === 'damaged') return { ok: false, why: error instanceof Error ? error.message : String(error) }
    throw error
  }
}

/** Looks without SQLite, which would turn an empty or foreign file into one of its own on opening. Offsets: SQLite file format, 1.3. */
function wrongWithHeader(file: string, layout: Layout): string | undefined {
  const header = Buffer.alloc(100)
  const descriptor = openSync(file, 'r')
  try {
    // Files are made complete under another name and renamed, so a short one was cut by something else.
    if (readSync(descriptor, header) < header.length) return 'the file is cut off'
  } finally {
    closeSync(descriptor)
  }
  if (header.toString('latin1', 0, 16) !== 'SQLite format 3\0') return 'not a database'
  const id = header.readUInt32BE(68)
  if (id !== layout.applicationId) return `not a database of this gateway (application id ${id})`
  const pageSize = header.readUInt16BE(16)
  const whole = header.readUInt32BE(28) * (pageSize === 1 ? 65_536 : pageSize)
  const size = statSync(file).size
  // With a write-ahead log beside it the missing pages may be in there: SQLite decides.
  const log = statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0
  return log === 0 && size < whole ? `the file is cut off: ${size} of ${whole} bytes` : undefined
}

function wrongWith(database: Database, layout: Layout, access: Access): string | undefined {
  const pages = Number(scalar(database, 'PRAGMA page_count'))
  if (scalar(database, 'PRAGMA application_id') !== layout.applicationId) return 'not a database of this gateway'
  const version = Number(scalar(database, 'PRAGMA user_version'))
  if (version > layout.version) {
    throw new Error(`The data was written by a newer version (format ${version}, this one knows ${layout.version}).`)
  }
  if (access === 'beside') {
    if (version < layout.version)
      throw new Error(
        `The data was written by an older version (format ${version}, this one knows ${layout.version}). Start the gateway once on this folder.`,
      )
    return undefined
  }
  if (version === layout.version && schemaOf(database) !== schemaAsMade(layout)) return 'its tables are not as they were made'
  const small = pages * Number(scalar(database, 'PRAGMA page_size')) <= readThroughBytes
  const checks = small ? ['PRAGMA quick_check(1)'] : layout.checkAlways.map(table => `PRAGMA quick_check(${table})`)
  for (const check of checks) {
    const verdict = scalar(database, check)
    if (verdict !== 'ok') return String(verdict)
  }
  return undefined
}

/** Brings an older file to this version, all or nothing: a power cut in between leaves the old one. */
function upgrade(database: Database, { version, added = [], givesBack }: Layout): void {
  const size = Number(scalar(database, 'PRAGMA page_count')) * Number(scalar(database, 'PRAGMA page_size'))
  if (givesBack && size <= rewrittenBytes && scalar(database, 'PRAGMA auto_vacuum') === 0) makeGivingBack(database)
  const found = Number(scalar(database, 'PRAGMA user_version'))
  if (found >= version) return
  inTransaction(database, () => {
    for (const step of added) if (step.version > found) database.exec(step.schema)
    database.exec(`PRAGMA user_version = ${version}`)
  })
}

/** Has to be said before there are tables, or the file has to be written anew. */
function makeGivingBack(database: Database): void {
  database.exec('PRAGMA auto_vacuum = INCREMENTAL')
  database.exec('VACUUM')
}

/** A flipped bit in the text of the schema passes every check of SQLite's and fails later, at every start. */
function schemaAsMade({ schema, added = [] }: Layout): string {
  const model = openDatabase(':memory:')
  try {
    model.exec(schema)
    for (const { schema: more } of added) model.exec(more)
    return schemaOf(model)
  } finally {
    model.close()
  }
}

function schemaOf(database: Database): string {
  const rows = database
    .prepare("SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name")
    .all()
  return JSON.stringify(rows)
}

/** Under another name first: a file that bears the real name is always whole. */
function make(file: string, layout: Layout): void {
  const draft = `${file}.new`
  for (const suffix of ['', '-wal', '-shm']) rmSync(draft + suffix, { force: true })
  const database = openDatabase(draft)
  try {
    if (layout.givesBack) makeGivingBack(database)
    database.exec(`PRAGMA application_id = ${layout.applicationId}`)
    database.exec(`PRAGMA user_version = ${layout.version}`)
    database.exec(layout.schema)
    for (const { schema } of layout.added ?? []) database.exec(schema)
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
