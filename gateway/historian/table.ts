import type { Database, Statement } from '../store/database.ts'
import { inTransaction, scalar } from '../store/database.ts'
import { packBatch } from './batch.ts'
import type { Batch, LoggedRow } from './batch.ts'
import { blockSchema, Blocks } from './blocks.ts'
import { openSchema, OpenPoints } from './open-points.ts'
import type { OpenPoint } from './open-points.ts'
import { merged, rowAt, slice, sorted } from './rows.ts'
import type { Row } from './rows.ts'
import { Spool } from './spool.ts'
import type { Boot } from '../store/store.ts'
import { OpenSpans } from './seals.ts'
import { cuts, fullBlock, planSeal } from './seal-plan.ts'

export const historySchema = openSchema + blockSchema

// A restart reads the log back and the open readings stay in memory: this bounds both.
const mostLoggedRows = 300_000
const rowsPerSealing = 16_384

/** What one transaction is about to add, until it is committed. */
interface Arrival {
  readonly point: OpenPoint
  readonly row: Row
}

/** The writing side of the history. Runs in the worker. Memory changes only after the commit, so a failed write leaves no trace. */
export class ReadingTable {
  readonly points: OpenPoints
  readonly blocks: Blocks
  readonly spool: Spool
  /** Where the rows of running periods lie. */
  readonly spans: OpenSpans
  readonly #database: Database
  readonly #insertBatch: Statement
  readonly #dropBatches: Statement
  readonly #savePoint: Statement
  readonly #beginRun: Statement
  readonly #extendRun: Statement
  readonly #ripe = new Set<OpenPoint>()
  #run: number | undefined
  /** The sealing period that is running: what is written down now belongs to it. */
  period = 1

  constructor(database: Database) {
    this.#database = database
    this.points = new OpenPoints(database)
    this.blocks = new Blocks(database)
    this.spool = new Spool(database)
    this.#insertBatch = database.prepare('INSERT INTO batch (rows, data) VALUES (?, ?)')
    this.#dropBatches = database.prepare('DELETE FROM batch WHERE id < ?')
    this.#savePoint = database.prepare('UPDATE point SET sealed_batch = ?, sealed_rows = ?, latest = ? WHERE id = ?')
    this.#beginRun = database.prepare('INSERT INTO run (start, alive, boot) VALUES (?1, ?1, ?2)')
    this.#extendRun = database.prepare('UPDATE run SET alive = ?1 WHERE id = ?2 AND alive < ?1')
    this.spans = new OpenSpans(database)
    this.period = 1 + Number(scalar(database, 'SELECT coalesce(max(id), 0) FROM sealed_period'))
    this.points.load()
    for (const point of this.points.all) this.#markRipe(point)
  }

  /** One transaction, one fsync, whatever the number of batches. A (point, at) that is known is left out. */
  record(batches: readonly Batch[]): void {
    const created: OpenPoint[] = []
    const arrivals: Arrival[] = []
    try {
      const id = inTransaction(this.#database, () => {
        const seen = new Map<OpenPoint, Set<number>>()
        let alive = -Infinity
        for (const { points, which, rows } of batches) {
          const known = points.map(name => this.points.get(name) ?? this.#create(name, created))
          which.forEach((place, index) => {
            const point = known[place]
            if (!point) throw new RangeError('a batch names a point it does not list')
            const row = { ...rowAt(rows, index), period: this.period }
            if (row.receivedAt > alive) alive = row.receivedAt
            if (this.#isNew(point, row.at, seen)) arrivals.push({ point, row })
          })
        }
        if (this.#run !== undefined && alive > -Infinity) this.#extendRun.run(alive, this.#run)
        if (arrivals.length === 0) return this.points.lastBatch
        const logged: LoggedRow[] = arrivals.map(({ point, row }) => ({ point: point.id, row }))
        const packed = packBatch(logged)
        if (this.spool.isWanted) this.spool.add(alive, logged.length, packed)
        return Number(this.#insertBatch.run(logged.length, packed).lastInsertRowid)
      })
      if (arrivals.length > 0) this.points.logged(id, arrivals.length)
      for (const { point, row } of arrivals) point.add(row, id)
      for (const { point } of arrivals) this.#markRipe(point)
      this.#markOldest()
    } catch (error) {
      for (const point of created) this.points.forget(point)
      throw error
    }
  }

  /** Reads everything anew: what another process wrote. */
  reload(): void {
    this.points.load()
    this.blocks.forget()
  }

  /** A run begins. Runs tell where a silence is the gateway's own. */
  listen(at: number, boot?: Boot): void {
    const text = boot === undefined ? null : JSON.stringify(boot)
    this.#run = inTransaction(this.#database, () => Number(this.#beginRun.run(at, text).lastInsertRowid))
  }

  get sealingDue(): boolean {
    return this.#ripe.size > 0
  }

  /** Seals a bounded number of ripe points and drops what the log no longer needs, in one transaction. */
  sealSome(): void {
    const chosen: OpenPoint[] = []
    let rows = 0
    for (const point of this.#ripe) {
      if (rows >= rowsPerSealing) break
      chosen.push(point)
      rows += point.rows.at.length
    }
    const upTo = this.points.lastBatch
    const keepFrom = this.#oldestNeeded(new Set(chosen))
    inTransaction(this.#database, () => {
      for (const point of chosen) {
        this.spans.note(point)
        this.#seal(point)
        this.#savePoint.run(upTo, point.sealedRows + point.rows.at.length, point.latestText(), point.id)
      }
      this.#dropBatches.run(keepFrom)
    })
    for (const point of chosen) {
      point.sealed()
      point.sealedBatch = upTo
      this.#ripe.delete(point)
    }
    this.points.dropped(keepFrom)
  }

  #create(name: string, created: OpenPoint[]): OpenPoint {
    const point = this.points.create(name)
    created.push(point)
    return point
  }

  #isNew(point: OpenPoint, at: number, seen: Map<OpenPoint, Set<number>>): boolean {
    let mine = seen.get(point)
    if (!mine) seen.set(point, (mine = new Set()))
    if (mine.has(at)) return false
    mine.add(at)
    // Newer than anything known is the rule; only late ones have to be looked up.
    if (at > point.newestAt) return true
    return !point.rows.at.includes(at) && !this.blocks.has(point.id, at)
  }

  #seal(point: OpenPoint): void {
    const open = sorted(point.rows)
    const first = open.at[0]
    const last = open.at.at(-1)
    if (first === undefined || last === undefined) return
    const neighbours = [this.blocks.before(point.id, first), this.blocks.after(point.id, last)]
    const spans = [...neighbours, ...this.blocks.spans(point.id, first, last)].filter(span => span !== undefined)
    const apart = [...new Map(spans.map(span => [span.id, span])).values()].toSorted((a, b) => a.first - b.first)
    for (const { start, end, into } of planSeal(open.at, apart)) {
      const piece = slice(open, start, end)
      const old = into && this.blocks.rows(into)
      if (into && old) this.blocks.remove(into)
      else if (into) this.blocks.setAside(into)
      const whole = old ? merged(old, piece) : piece
      for (const [from, to] of cuts(whole.at.length)) this.blocks.add(point.id, slice(whole, from, to))
    }
  }

  #markRipe(point: OpenPoint): void {
    if (point.rows.at.length >= fullBlock) this.#ripe.add(point)
  }

  /** Over the budget the older half of the log goes: every point that still needs it is sealed, however few its readings. */
  #markOldest(): void {
    if (this.points.loggedRows <= mostLoggedRows) return
    let rows = 0
    let until = 0
    for (const batch of this.points.batches) {
      if (rows > mostLoggedRows / 2) break
      rows += batch.rows
      until = batch.id
    }
    for (const point of this.points.all) if (point.firstBatch <= until) this.#ripe.add(point)
  }

  #oldestNeeded(except: ReadonlySet<OpenPoint>): number {
    let oldest = this.points.lastBatch + 1
    for (const point of this.points.all) if (!except.has(point) && point.firstBatch < oldest) oldest = point.firstBatch
    return oldest
  }
}
