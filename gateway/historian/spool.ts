import { instant } from '../../protocols/contract/time.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { Database, Statement } from '../store/database.ts'
import { inTransaction } from '../store/database.ts'
import { rowsOf, unpackBatch } from './batch.ts'
import type { LoggedRow } from './batch.ts'
import { BadBytes } from './bytes.ts'
import { joins, Page, spansOf } from './spool-page.ts'
import type { Refill, RefillPlace, SpoolPage, SpoolPlace, SpoolState } from './spool-page.ts'

/**
 * What outside historians have still to be told: the batches of the log once more, in the order in which they came. The totals run from row to
 * row, so that the length of what waits costs two looks, however long it is.
 */
export const spoolSchema = `
  CREATE TABLE spool (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, rows INTEGER NOT NULL, size INTEGER NOT NULL,
    rows_total INTEGER NOT NULL, bytes_total INTEGER NOT NULL, data BLOB NOT NULL
  ) STRICT;
  CREATE TABLE spool_target (
    name TEXT PRIMARY KEY, sent INTEGER NOT NULL, within INTEGER NOT NULL, refused INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE spool_refill (
    id INTEGER PRIMARY KEY, target TEXT NOT NULL, first REAL NOT NULL, last REAL NOT NULL, point INTEGER NOT NULL, at REAL NOT NULL
  ) STRICT;
  CREATE TABLE spool_refused (id INTEGER PRIMARY KEY, target TEXT NOT NULL, at REAL NOT NULL, line TEXT NOT NULL, why TEXT NOT NULL) STRICT;
  CREATE TABLE spool_rate (
    hour INTEGER PRIMARY KEY, rows INTEGER NOT NULL, bytes INTEGER NOT NULL, first REAL NOT NULL, last REAL NOT NULL
  ) STRICT;
`

const hour = 3_600_000
/** Refused lines that are kept to look at, of each target; all of them are counted. */
const keptRefused = 1_000
/** In hours: of less nobody can say how much comes in a day. */
const shortestRate = 1 / 12
/** A page and a drop take a bounded time of the thread: so many bytes at most. */
const mostBytes = 4 * 1024 * 1024

/** What is too much: from the first batch that waits up to this one, and when they came. */
export interface Excess {
  readonly first: number
  readonly upTo: number
  readonly from: number
  readonly to: number
}

/** The waiting readings of one data folder. Runs in the worker. */
export class Spool {
  readonly #database: Database
  readonly #add: Statement
  readonly #newest: Statement
  readonly #unsent: Statement
  readonly #upTo: Statement
  readonly #name: Statement
  readonly #rate: Statement
  readonly #names = new Map<number, string>()
  #isWanted: boolean

  constructor(database: Database) {
    this.#database = database
    this.#add = database.prepare('INSERT INTO spool (at, rows, size, rows_total, bytes_total, data) VALUES (?, ?, ?, ?, ?, ?)')
    this.#newest = database.prepare('SELECT id, rows_total, bytes_total FROM spool ORDER BY id DESC LIMIT 1')
    this.#unsent = database.prepare(
      'SELECT id, at, rows, size, rows_total, bytes_total FROM spool WHERE id > ? ORDER BY id LIMIT 1',
    )
    this.#upTo = database.prepare('SELECT id, at, bytes_total FROM spool WHERE id <= ? ORDER BY id DESC LIMIT 1')
    this.#name = database.prepare('SELECT name FROM point WHERE id = ?')
    this.#rate = database.prepare(`INSERT INTO spool_rate VALUES (?1, ?2, ?3, ?4, ?4)
      ON CONFLICT (hour) DO UPDATE SET rows = rows + ?2, bytes = bytes + ?3, last = max(last, ?4)`)
    this.#isWanted = database.prepare('SELECT 1 FROM spool_target LIMIT 1').get() !== undefined
  }

  /** Whether anybody is to be told. */
  get isWanted(): boolean {
    return this.#isWanted
  }

  /** In the transaction that writes the readings down: they wait from the moment they are stored. `at`: when the last of them came. */
  add(at: number, rows: number, data: Uint8Array): void {
    const { rows_total = 0, bytes_total = 0 } = this.#newest.get() ?? {}
    this.#add.run(at, rows, data.length, Number(rows_total) + rows, Number(bytes_total) + data.length, data)
    this.#rate.run(Math.floor(at / hour), rows, data.length, at)
  }

  /** From now on these are told, and no others. One that is new hears of all that is stored already. */
  begin(names: readonly string[], stored: { readonly from: number; readonly to: number } | undefined): void {
    const database = this.#database
    inTransaction(database, () => {
      const known = new Set(
        database
          .prepare('SELECT name FROM spool_target')
          .all()
          .map(({ name }) => String(name)),
      )
      const last = Number(database.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'spool'").get()?.['seq'] ?? 0)
      for (const name of names) {
        if (known.has(name)) continue
        database.prepare('INSERT INTO spool_target VALUES (?, ?, 0, 0)').run(name, last)
        if (stored) this.#refill(name, stored.from, stored.to)
      }
      for (const name of known) if (!names.includes(name)) this.#forget(name)
      this.#dropSent()
    })
    this.#isWanted = names.length > 0
  }

  /** The next readings in the order in which they came; `undefined` when all is told. */
  next(name: string, most: number): SpoolPage<SpoolPlace> | undefined {
    const { sent, within } = this.#placeOf(name)
    const page = new Page(point => this.#nameOf(point))
    let place: SpoolPlace = { sent, within }
    let bytes = 0
    let begin = within
    for (const row of this.#database.prepare('SELECT id, size, data FROM spool WHERE id > ? ORDER BY id').iterate(sent)) {
      if (page.length >= most || (bytes > 0 && bytes + Number(row['size']) > mostBytes)) break
      bytes += Number(row['size'])
      const logged = unpacked(row['data'] as Uint8Array)
      const end = Math.min(logged.length, begin + most - page.length)
      for (const { point, row: one } of logged.slice(begin, end)) page.add(point, one)
      begin = 0
      place = end === logged.length ? { sent: Number(row['id']), within: 0 } : { sent: place.sent, within: end }
    }
    return place.sent === sent && place.within === within ? undefined : page.done(place)
  }

  /** The other side has them: they wait no longer, once every target has been told. */
  sent(name: string, place: SpoolPlace | RefillPlace): void {
    inTransaction(this.#database, () => {
      if ('refill' in place) {
        const { refill, point, at, isOver, span } = place
        // One that has grown since is sent from its beginning again: the same readings are the same points there.
        const same = 'WHERE id = ? AND first = ? AND last = ?'
        const bound = [refill, span.first, span.last] as const
        if (isOver) this.#database.prepare(`DELETE FROM spool_refill ${same}`).run(...bound)
        else this.#database.prepare(`UPDATE spool_refill SET point = ?, at = ? ${same}`).run(point, at, ...bound)
        return
      }
      this.#database.prepare('UPDATE spool_target SET sent = ?, within = ? WHERE name = ?').run(place.sent, place.within, name)
      this.#dropSent()
    })
  }

  /** A line that the other side will never take: kept aside and counted, so that it blocks no other. */
  setAside(name: string, at: number, lines: readonly { readonly line: string; readonly why: string }[]): void {
    const database = this.#database
    inTransaction(database, () => {
      const insert = database.prepare('INSERT INTO spool_refused (target, at, line, why) VALUES (?, ?, ?, ?)')
      for (const { line, why } of lines) insert.run(name, at, line, why)
      database.prepare('UPDATE spool_target SET refused = refused + ? WHERE name = ?').run(lines.length, name)
      database
        .prepare(
          'DELETE FROM spool_refused WHERE target = ?1 AND id <= (SELECT id FROM spool_refused WHERE target = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)',
        )
        .run(name, keptRefused)
    })
  }

  refused(name: string): readonly { readonly at: number; readonly line: string; readonly why: string }[] {
    const rows = this.#database.prepare('SELECT at, line, why FROM spool_refused WHERE target = ? ORDER BY id').all(name)
    return rows.map(({ at, line, why }) => ({ at: Number(at), line: String(line), why: String(why) }))
  }

  state(name: string): SpoolState {
    const { sent, within } = this.#placeOf(name)
    const first = this.#unsent.get(sent)
    const newest = this.#newest.get()
    const { refused = 0 } = this.#database.prepare('SELECT refused FROM spool_target WHERE name = ?').get(name) ?? {}
    const { refills } = this.#database.prepare('SELECT count(*) AS refills FROM spool_refill WHERE target = ?').get(name) ?? {}
    const rest = { refused: Number(refused), refills: Number(refills), perHour: this.#perHour() }
    if (!first || !newest) return { rows: 0, bytes: 0, oldest: undefined, ...rest }
    const rows = Number(newest['rows_total']) - Number(first['rows_total']) + Number(first['rows']) - within
    const bytes = Number(newest['bytes_total']) - Number(first['bytes_total']) + Number(first['size'])
    return { rows, bytes, oldest: Number(first['at']), ...rest }
  }

  /** Up to which batch the oldest would have to go so that at most `keep` bytes wait, and when what goes came; `undefined` when all fits. */
  excess(name: string, keep: number): Excess | undefined {
    const { sent } = this.#placeOf(name)
    const first = this.#unsent.get(sent)
    const newest = this.#newest.get()
    if (!first || !newest) return undefined
    const over = Number(newest['bytes_total']) - keep
    let [low, high] = [Number(first['id']), Number(newest['id'])]
    if (Number(first['bytes_total']) - Number(first['size']) >= over) return undefined
    // The totals grow with the numbers of the batches.
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if (Number(this.#upTo.get(middle)?.['bytes_total'] ?? 0) >= over) high = middle
      else low = middle + 1
    }
    return { first: Number(first['id']), upTo: low, from: Number(first['at']), to: Number(this.#upTo.get(low)?.['at']) }
  }

  /** Lets go of the oldest up to a batch, as far as one turn carries, and remembers their times: they are sent again from the history. */
  drop(name: string, upTo: number): void {
    const { sent } = this.#placeOf(name)
    const times: number[] = []
    let bytes = 0
    let last = sent
    const some = this.#database.prepare('SELECT id, at, size, data FROM spool WHERE id > ? AND id <= ? ORDER BY id')
    for (const { id, at, size, data } of some.iterate(sent, upTo)) {
      if (bytes > 0 && bytes + Number(size) > mostBytes) break
      bytes += Number(size)
      last = Number(id)
      const logged = unpacked(data as Uint8Array)
      // Of a damaged batch only the arrival is known; what is late in it is lost to the other side.
      if (logged.length === 0) times.push(Number(at) - hour, Number(at))
      for (const { row } of logged) times.push(row.at)
    }
    if (last === sent) return
    inTransaction(this.#database, () => {
      for (const { from, to } of spansOf(times)) this.#refill(name, from, to)
      this.#database.prepare('UPDATE spool_target SET sent = ?, within = 0 WHERE name = ?').run(last, name)
      this.#dropSent()
    })
  }

  /** The oldest time that is to be sent again. */
  refill(name: string): Refill | undefined {
    const row = this.#database
      .prepare('SELECT id, first, last, point, at FROM spool_refill WHERE target = ? ORDER BY id LIMIT 1')
      .get(name)
    if (!row) return undefined
    const { id, first, last, point, at } = row
    return { id: Number(id), first: Number(first), last: Number(last), point: Number(point), at: Number(at) }
  }

  /** Times that some outside historian is still to be told from the history, ends included. */
  unsent(): readonly { readonly from: Instant; readonly to: Instant }[] {
    return this.#database
      .prepare('SELECT first, last FROM spool_refill')
      .all()
      .map(({ first, last }) => ({ from: instant(Number(first)), to: instant(Number(last) + 1) }))
  }

  #placeOf(name: string): SpoolPlace {
    const row = this.#database.prepare('SELECT sent, within FROM spool_target WHERE name = ?').get(name)
    if (!row) throw new RangeError(`nobody called ${name} is told of readings`)
    return { sent: Number(row['sent']), within: Number(row['within']) }
  }

  /** Joined with the last one where they touch: a long drop is one time, not a thousand. */
  #refill(name: string, first: number, last: number): void {
    const before = this.#database
      .prepare('SELECT id, first, last, point FROM spool_refill WHERE target = ? ORDER BY id DESC LIMIT 1')
      .get(name)
    const isNear =
      before &&
      Number(before['point']) === 0 &&
      first <= Number(before['last']) + joins &&
      last >= Number(before['first']) - joins
    if (isNear)
      this.#database
        .prepare('UPDATE spool_refill SET first = min(first, ?), last = max(last, ?) WHERE id = ?')
        .run(first, last, Number(before['id']))
    else
      this.#database
        .prepare('INSERT INTO spool_refill (target, first, last, point, at) VALUES (?, ?, ?, 0, ?)')
        .run(name, first, last, first)
  }

  #forget(name: string): void {
    for (const table of ['spool_refill', 'spool_refused'])
      this.#database.prepare(`DELETE FROM ${table} WHERE target = ?`).run(name)
    this.#database.prepare('DELETE FROM spool_target WHERE name = ?').run(name)
  }

  #dropSent(): void {
    this.#database.exec('DELETE FROM spool_rate WHERE hour < (SELECT max(hour) FROM spool_rate) - 48')
    this.#database.exec('DELETE FROM spool WHERE id <= coalesce((SELECT min(sent) FROM spool_target), 9223372036854775807)')
  }

  /** Of the last day that there is, so that a night and a morning weigh as they do. */
  #perHour(): SpoolState['perHour'] {
    const { rows, bytes, first, last } =
      this.#database
        .prepare(
          'SELECT sum(rows) AS rows, sum(bytes) AS bytes, min(first) AS first, max(last) AS last FROM spool_rate WHERE hour > (SELECT max(hour) FROM spool_rate) - 24',
        )
        .get() ?? {}
    const hours = (Number(last) - Number(first)) / hour
    return hours >= shortestRate ? { rows: Number(rows) / hours, bytes: Number(bytes) / hours } : undefined
  }

  #nameOf(point: number): string {
    let name = this.#names.get(point)
    if (name === undefined) this.#names.set(point, (name = String(this.#name.get(point)?.['name'] ?? '')))
    return name
  }
}

function unpacked(data: Uint8Array): LoggedRow[] {
  try {
    return [...rowsOf(unpackBatch(data))]
  } catch (error) {
    if (!(error instanceof BadBytes) && !(error instanceof SyntaxError)) throw error
    return []
  }
}
