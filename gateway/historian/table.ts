import type { Database, Statement } from '../store/database.ts'
import { inTransaction, scalar } from '../store/database.ts'
import { packBatch } from './batch.ts'
import type { Batch, Logged } from './batch.ts'
import { blockSchema, Blocks } from './blocks.ts'
import { openSchema, OpenPoints } from './open-points.ts'
import type { OpenPoint } from './open-points.ts'
import { joined, merged, noRows, pushFrom, slice, sorted } from './rows.ts'
import type { Rows } from './rows.ts'
import { Spool } from './spool.ts'
import type { Boot } from '../store/store.ts'
import { OpenSpans } from './seals.ts'
import { LimitsTable } from './limits.ts'
import { quartersOf } from './rollup.ts'
import { RollupTable } from './rollup-table.ts'
import { cuts, fullBlock, halfLarge, planJoining, planSeal, smallRun } from './seal-plan.ts'
import type { Span } from './seal-plan.ts'

export const historySchema = openSchema + blockSchema

// A restart reads the log back and the open readings stay in memory, 32 bytes each: this bounds both.
const mostLoggedRows = 600_000
const rowsPerSealing = 16_384

/** A batch with what of it is new, until it is committed. */
interface Arrival {
  readonly batch: Batch
  /** By their place in the batch. */
  readonly known: readonly OpenPoint[]
  readonly taken: number[]
}

/** The writing side of the history. Runs in the worker. Memory changes only after the commit, so a failed write leaves no trace. */
export class ReadingTable {
  readonly points: OpenPoints
  readonly blocks: Blocks
  readonly rollups: RollupTable
  readonly limits: LimitsTable
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
  /** The points of the names by which the last batches called them. */
  #called: { readonly names: readonly string[]; readonly points: OpenPoint[] } = { names: [], points: [] }
  #run: number | undefined
  /** The sealing period that is running: what is written down now belongs to it. */
  period = 1

  constructor(database: Database) {
    this.#database = database
    this.points = new OpenPoints(database)
    this.blocks = new Blocks(database)
    this.rollups = new RollupTable(database)
    this.limits = new LimitsTable(database)
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
    let logged: Logged | undefined
    try {
      const id = inTransaction(this.#database, () => {
        let alive = -Infinity
        for (const batch of batches) {
          const known = this.#pointsOf(batch.points, created)
          const arrival: Arrival = { batch, known, taken: [] }
          arrivals.push(arrival)
          alive = Math.max(alive, this.#take(arrival, arrivals))
        }
        if (this.#run !== undefined && alive > -Infinity) this.#extendRun.run(alive, this.#run)
        logged = loggedOf(arrivals, this.period)
        const rows = logged.point.length
        if (rows === 0) return this.points.lastBatch
        const packed = packBatch(logged)
        if (this.spool.isWanted) this.spool.add(alive, rows, packed)
        return Number(this.#insertBatch.run(rows, packed).lastInsertRowid)
      })
      if (logged && logged.point.length > 0) this.#remember(arrivals, logged, id)
      this.#markOldest()
    } catch (error) {
      for (const point of created) this.points.forget(point)
      if (created.length > 0) this.#called = { names: [], points: [] }
      throw error
    } finally {
      for (const { known } of arrivals) for (const point of known) point.settle()
    }
  }

  /** Reads everything anew: what another process wrote. */
  reload(): void {
    this.points.load()
    this.#called = { names: [], points: [] }
    this.blocks.forget()
    this.rollups.load()
    this.limits.load()
  }

  /** Limits and days as they are valid from `at` on. */
  limit(at: number, zone: string, limits: Parameters<LimitsTable['set']>[2]): void {
    try {
      inTransaction(this.#database, () => this.limits.set(at, zone, limits))
    } catch (error) {
      this.limits.load()
      throw error
    }
  }

  /** A run begins. Runs tell where a silence is the gateway's own. */
  listen(at: number, boot?: Boot): void {
    const text = boot === undefined ? null : JSON.stringify(boot)
    this.#run = inTransaction(this.#database, () => Number(this.#beginRun.run(at, text).lastInsertRowid))
  }

  get sealingDue(): boolean {
    return this.#ripe.size > 0
  }

  /** Small blocks wait to become large ones: for a time when nothing else is to be done. */
  get joiningDue(): boolean {
    return this.blocks.manySmall.size > 0
  }

  /** Joins the blocks of one point that make one large block, if there are such. */
  joinSome(): void {
    const [point] = this.blocks.manySmall
    if (point === undefined) return
    const spans = planJoining(this.blocks.spans(point, -Infinity, Infinity))
    if (!spans) return void this.blocks.manySmall.delete(point)
    this.#change(() => {
      const runs = this.#takeOut(point, spans)
      if (runs.length > 0) this.#store(point, joined(runs))
    })
  }

  /** Seals a bounded number of ripe points and drops what the log no longer needs, in one transaction. */
  sealSome(): void {
    const chosen: OpenPoint[] = []
    let rows = 0
    for (const point of this.#ripe) {
      if (rows >= rowsPerSealing) break
      chosen.push(point)
      rows += point.rows.length
    }
    const upTo = this.points.lastBatch
    const keepFrom = this.#oldestNeeded(new Set(chosen))
    try {
      this.#change(() => {
        for (const point of chosen) {
          this.#seal(point)
          this.#savePoint.run(upTo, point.sealedRows + point.rows.length, point.latestText(), point.id)
        }
        this.#dropBatches.run(keepFrom)
      })
    } catch (error) {
      for (const point of chosen) this.spans.forget(point)
      throw error
    }
    for (const point of chosen) {
      point.sealed()
      point.sealedBatch = upTo
      this.#ripe.delete(point)
    }
    this.points.dropped(keepFrom)
  }

  /** Batch after batch names the same points: only names that were added are looked up. */
  #pointsOf(names: readonly string[], created: OpenPoint[]): readonly OpenPoint[] {
    if (this.#called.names !== names) this.#called = { names, points: [] }
    const { points } = this.#called
    for (let place = points.length; place < names.length; place++) {
      const name = names[place] as string
      points.push(this.points.get(name) ?? this.#create(name, created))
    }
    return points
  }

  #create(name: string, created: OpenPoint[]): OpenPoint {
    const point = this.points.create(name)
    created.push(point)
    return point
  }

  /** Finds what of a batch is new; gives back when the last of it came. */
  #take({ batch: { at, receivedAt, which }, known, taken }: Arrival, arrivals: readonly Arrival[]): number {
    let alive = -Infinity
    for (let index = 0; index < which.length; index++) {
      const point = known[which[index] as number]
      if (!point) throw new RangeError('a batch names a point it does not list')
      const [time, came] = [at[index] as number, receivedAt[index] as number]
      if (came > alive) alive = came
      // Newer than anything known is the rule; only late ones have to be looked up.
      if (time > point.staged) {
        point.staged = time
        point.arriving?.add(time)
      } else {
        point.arriving ??= timesTaken(point, arrivals)
        if (point.arriving.has(time) || point.holds(time) || this.blocks.has(point.id, time)) continue
        point.arriving.add(time)
      }
      taken.push(index)
    }
    return alive
  }

  #remember(arrivals: readonly Arrival[], { rows }: Logged, id: number): void {
    this.points.logged(id, rows.at.length)
    let row = 0
    for (const { batch, known, taken } of arrivals) {
      for (const index of taken) (known[batch.which[index] as number] as OpenPoint).add(rows, row++, id)
      for (const point of known) this.#markRipe(point)
    }
  }

  #seal(point: OpenPoint): void {
    const open = sorted(point.rows.columns())
    const first = open.at[0]
    const last = open.at[open.at.length - 1]
    if (first === undefined || last === undefined) return
    const newest = this.blocks.newest(point.id)
    const isNewest = !newest || first > newest.last
    this.spans.note(point, isNewest)
    const spans = isNewest ? (newest ? [newest] : []) : this.#around(point.id, first, last)
    const before = (at: number): Span | undefined => this.blocks.beforeAmongNewest(point.id, at)
    for (const { start, end, into } of planSeal(open.at, spans)) {
      const piece = slice(open, start, end)
      const old = this.#takeOut(point.id, into ? smallRun(into, piece.at.length, before) : [])
      const whole = old.length > 0 ? merged(joined(old), piece) : piece
      for (const [from, to] of cuts(whole.at.length)) this.#store(point.id, slice(whole, from, to))
    }
  }

  /** The blocks between two times, ends included, with the one before and the one after. */
  #around(point: number, first: number, last: number): readonly Span[] {
    const neighbours = [this.blocks.before(point, first), this.blocks.after(point, last)]
    const spans = [...neighbours, ...this.blocks.spans(point, first, last)].filter(span => span !== undefined)
    return [...new Map(spans.map(span => [span.id, span])).values()].toSorted((a, b) => a.first - b.first)
  }

  /** Blocks are made anew, or nothing of it happens. */
  #change(act: () => void): void {
    try {
      inTransaction(this.#database, act)
    } catch (error) {
      this.blocks.forget()
      throw error
    }
  }

  /** The rows of blocks that are to be made anew; what cannot be read is kept aside. */
  #takeOut(point: number, spans: readonly Span[]): readonly Rows[] {
    return spans.flatMap(span => {
      const rows = this.blocks.rows(span)
      if (rows) this.blocks.remove(point, span)
      else this.blocks.setAside(point, span)
      return rows ? [rows] : []
    })
  }

  /** Large blocks have their rollup from the beginning: it is never wrong, because it goes when they are made anew. */
  #store(point: number, rows: Rows): void {
    const id = this.blocks.add(point, rows)
    if (rows.at.length >= halfLarge) this.rollups.keep(id, quartersOf(rows, this.limits.of(this.points.nameOf(point))))
  }

  /** The open readings of a point go into blocks at the next chance, however few they are. */
  ripen(point: OpenPoint): void {
    if (point.rows.length > 0) this.#ripe.add(point)
  }

  #markRipe(point: OpenPoint): void {
    if (point.rows.length >= fullBlock) this.#ripe.add(point)
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
    for (const point of this.points.all) if (point.firstBatch <= until) this.ripen(point)
  }

  #oldestNeeded(except: ReadonlySet<OpenPoint>): number {
    let oldest = this.points.lastBatch + 1
    for (const point of this.points.all) if (!except.has(point) && point.firstBatch < oldest) oldest = point.firstBatch
    return oldest
  }
}

/** What one row of the log will hold. */
function loggedOf(arrivals: readonly Arrival[], period: number): Logged {
  const [only] = arrivals
  const whole = arrivals.length === 1 && only && only.taken.length === only.batch.at.length ? only : undefined
  const point = new Uint32Array(arrivals.reduce((sum, { taken }) => sum + taken.length, 0))
  let place = 0
  for (const { batch, known, taken } of arrivals)
    for (const index of taken) point[place++] = (known[batch.which[index] as number] as OpenPoint).id
  if (whole) return { point, rows: { ...whole.batch, period: new Uint32Array(point.length).fill(period) } }
  const rows = noRows()
  for (const { batch, taken } of arrivals) {
    const all: Rows = { ...batch, period: new Uint32Array(batch.at.length).fill(period) }
    for (const index of taken) pushFrom(rows, all, index)
  }
  return { point, rows }
}

/** The times of a point that this transaction has taken so far. */
function timesTaken(point: OpenPoint, arrivals: readonly Arrival[]): Set<number> {
  const times = new Set<number>()
  for (const { batch, known, taken } of arrivals)
    for (const index of taken) if (known[batch.which[index] as number] === point) times.add(batch.at[index] as number)
  return times
}
