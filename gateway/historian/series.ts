import type { Instant, Millis } from '../../protocols/contract/time.ts'
import type { Database } from '../store/database.ts'
import type { Gap, Tier } from '../store/store.ts'
import type { Blocks } from './blocks.ts'
import type { Figures, Summary } from './codec.ts'
import { BucketSums } from './bucket-sums.ts'
import { gapsOf } from './gaps.ts'
import { amongGone, goneRuns } from './gone.ts'
import type { GoneRun } from './gone.ts'
import { readRun } from './runs.ts'
import type { Run } from './runs.ts'
import type { Stop, Word } from './gaps.ts'
import type { OpenPoints } from './open-points.ts'
import { rolledUp, tailOf } from './rolled.ts'
import type { RolledParts } from './rolled.ts'
import { quarter } from './rollup.ts'
import { halfLarge } from './seal-plan.ts'
import { edgesOf } from './tiers.ts'
import { atOnce } from './turns.ts'
import { firstNotBefore, merged, noRows, push, qualityOf, rowAt, slice, sorted } from './rows.ts'
import type { Row, Rows } from './rows.ts'
import type { Span } from './seal-plan.ts'

export interface RawAnswer {
  readonly samples: Float64Array
  readonly more: boolean
}
/** What the writing side lends to the reading side. */
export interface SeriesParts extends RolledParts {
  readonly points: OpenPoints
}

/** The reading side of the history: sealed blocks and open readings as one series in time order. Times run from `from` until before `to`. */
export class Series {
  readonly #database: Database
  readonly #table: SeriesParts
  readonly #points: OpenPoints
  readonly #blocks: Blocks

  constructor(database: Database, table: SeriesParts) {
    this.#database = database
    this.#table = table
    this.#points = table.points
    this.#blocks = table.blocks
  }

  /** Time, value, quality (0 good, 1 uncertain, 2 bad), one after the other. */
  raw(name: string, from: number, to: number, limit: number): RawAnswer {
    return atOnce(this.rawInTurns(name, from, to, limit))
  }

  /** The same, with a pause after each block, so that others get their turn. */
  *rawInTurns(name: string, from: number, to: number, limit: number): Generator<void, RawAnswer> {
    const found: number[] = []
    for (const { at, value, mark } of this.#figures(name, from, to)) {
      for (let index = firstNotBefore(at, from); index < at.length; index++) {
        const time = at[index] as number
        if (time >= to) break
        if (found.length >= limit * 3) return { samples: Float64Array.from(found), more: true }
        found.push(time, value[index] as number, qualityOf(mark[index] as number))
      }
      yield
    }
    return { samples: Float64Array.from(found), more: false }
  }

  /** Start, min, mean, max, count per bucket, one after the other. Throws RangeError when there would be too many. */
  buckets(name: string, from: number, to: number, every: number): Float64Array {
    return atOnce(this.bucketsInTurns(name, from, to, every))
  }

  /** The same, with a pause after each block. Of readings that were trimmed whole minutes are counted, by their beginning. */
  *bucketsInTurns(name: string, from: number, to: number, every: number): Generator<void, Float64Array> {
    const sums = new BucketSums(from, to, every)
    const point = this.#points.get(name)
    if (!point) return sums.done()
    const { rollups } = this.#table
    const isWide = every % quarter === 0
    for (const span of rollups.spans(point.id, from, to)) {
      const rest = rollups.trimmed(span, isWide ? 'quarters' : 'minutes')
      if (rest) sums.addBuckets(rest.buckets)
      yield
    }
    for (const span of this.#blocks.spans(point.id, from, to)) {
      const inside = span.first >= from && span.last < to
      const inOne = inside && Math.floor(span.first / every) === Math.floor(span.last / every)
      const summary = inOne ? this.#blocks.summary(span) : undefined
      if (summary && sums.addWhole(summary)) continue
      // The quarter it begins in must be asked for whole as well: what is kept of it goes by its beginning.
      const hasQuarters = inside && isWide && Math.floor(span.first / quarter) * quarter >= from && span.rows >= halfLarge
      const quarters = hasQuarters ? rollups.of(span.id) : undefined
      if (quarters) sums.addBuckets(quarters.buckets)
      else {
        const figures = inOne && !summary ? undefined : this.#blocks.figures(span)
        if (figures) sums.add(figures)
      }
      yield
    }
    sums.add(point.rows.columns())
    return sums.done()
  }

  /** Start, min, mean, max, count, ms outside the limits, ms of gaps per bucket. Throws RangeError when there would be too many. */
  rollup(name: string, from: number, to: number, tier: Tier): Float64Array {
    return atOnce(this.rollupInTurns(name, from, to, tier))
  }

  *rollupInTurns(name: string, from: number, to: number, tier: Tier): Generator<void, Float64Array> {
    const { limits, rollups } = this.#table
    const edges = edgesOf(tier, from, to, limits.zone)
    const point = this.#points.get(name)
    if (!point || edges.length === 0) return new Float64Array(0)
    const valid = limits.of(name)
    const row = this.#neighbour(name, from, 'before')
    const gone = rollups.before(point.id, from)
    const tail = row && tailOf(row, valid)
    const before = gone && (!tail || gone.at > tail.at) ? gone : tail
    const nextGone = rollups.after(point.id, to)
    const nextRow = this.#neighbour(name, to, 'from')?.at
    const after = Math.min(nextGone ?? Infinity, nextRow ?? Infinity)
    return yield* rolledUp(this.#table, point, { edges, from, to }, { before, after: after === Infinity ? undefined : after })
  }

  /** Everything stored of a point in the order of its times, a block at a time: for whoever reads a year and keeps none of it. */
  columns(name: string, from: number, to: number): Generator<Rows> {
    return this.#rowChunks(name, from, to)
  }

  /** What remains of a point's readings that were trimmed. */
  *gone(name: string, from: number, to: number): Generator<GoneRun> {
    const point = this.#points.get(name)
    if (point) yield* goneRuns(this.#table, point, from, to)
  }

  /** The time of the first reading that is stored of a point. */
  firstAt(name: string): number | undefined {
    const point = this.#points.get(name)
    const gone = point && this.#table.rollups.after(point.id, -Infinity)
    const there = this.#neighbour(name, -Infinity, 'from')?.at
    return gone === undefined || there === undefined ? (gone ?? there) : Math.min(gone, there)
  }

  /** The times of the last word before `from` and of the first one from `to` on. */
  neighbours(
    name: string,
    from: number,
    to: number,
  ): { readonly before: number | undefined; readonly after: number | undefined } {
    return { before: this.#neighbour(name, from, 'before')?.at, after: this.#neighbour(name, to, 'from')?.at }
  }

  /** Where blocks of a point were damaged; ends not included. */
  damagedSpans(name: string, from: number, to: number): readonly Stop[] {
    const point = this.#points.get(name)
    return point ? this.#blocks.damagedSpans(point.id, from, to) : []
  }

  /** The runs of the gateway on this folder, in their order. */
  runs(): readonly Run[] {
    return this.#database.prepare('SELECT start, alive, boot FROM run ORDER BY id').all().map(readRun)
  }

  /** When no gateway was running: from the last word of one run to the start of the next. */
  stops(): readonly Stop[] {
    return this.#stops()
  }

  /** From the beginning of the first run of a gateway to the last word of the last one. */
  span(): Stop | undefined {
    const { start, alive } = this.#database.prepare('SELECT min(start) AS start, max(alive) AS alive FROM run').get() ?? {}
    return typeof start === 'number' && typeof alive === 'number' ? { from: start, to: alive } : undefined
  }

  /** `rolled`: what remains of readings that were trimmed speaks for them. */
  gaps(name: string, from: Instant, to: Instant, silentAfter: Millis, rolled = false): Gap[] {
    const words: Word[] = []
    const say = (rows: Rows): void => {
      for (let index = 0; index < rows.at.length; index++) {
        const at = rows.at[index] ?? 0
        words.push({ at, fault: (rows.mark[index] ?? 0) === 0 ? undefined : rowAt(rows, index).fault?.code })
      }
    }
    const before = this.#neighbour(name, from, 'before')
    if (before) words.push({ at: before.at, fault: before.fault?.code })
    for (const chunk of this.#chunks(name, from, to, summary => summary.bad === 0 && summary.widest <= silentAfter)) {
      if ('at' in chunk) say(chunk)
      else words.push({ at: chunk.first, until: chunk.last, fault: undefined })
    }
    const next = this.#neighbour(name, to, 'from')
    if (next) words.push({ at: next.at, fault: next.fault?.code })
    const gone = rolled ? [...this.gone(name, from, to)] : []
    return gapsOf(gone.length === 0 ? words : amongGone(words, gone), this.#stops(), from, to, silentAfter)
  }

  *#rowChunks(name: string, from: number, to: number): Generator<Rows> {
    for (const chunk of this.#chunks(name, from, to, () => false)) if ('at' in chunk && chunk.at.length > 0) yield chunk
  }

  /**
   * Rows in time order, block by block, with the open ones in their places. A block that lies wholly inside, with no open row in its
   * time, is given by its summary alone where `enough` says so.
   */
  *#chunks(name: string, from: number, to: number, enough: (summary: Summary) => boolean): Generator<Rows | Summary> {
    for (const { span, early, alone } of this.#places(name, from, to)) {
      const summary = alone && span ? this.#blocks.summary(span) : undefined
      if (summary && enough(summary)) {
        yield summary
        continue
      }
      const sealed = span && this.#blocks.rows(span)
      if (!sealed) yield early
      else yield early.at.length === 0 ? cut(sealed, from, to) : merged(cut(sealed, from, to), early)
    }
  }

  /** The same without what only a few ask for; not cut where a block reaches beyond the time asked. */
  *#figures(name: string, from: number, to: number): Generator<Figures> {
    for (const { span, early } of this.#places(name, from, to)) {
      const rows = span && early.at.length > 0 ? this.#blocks.rows(span) : undefined
      const figures = span && !rows ? this.#blocks.figures(span) : undefined
      yield rows ? merged(rows, early) : (figures ?? early)
    }
  }

  /** The blocks in time order, each with the open rows up to its end; the open rows behind them last. */
  *#places(
    name: string,
    from: number,
    to: number,
  ): Generator<{ readonly span: Span | undefined; readonly early: Rows; readonly alone: boolean }> {
    const point = this.#points.get(name)
    if (!point || !(from < to)) return
    let open = cut(sorted(point.rows.columns()), from, to)
    for (const span of this.#blocks.spans(point.id, from, to)) {
      const upTo = firstNotBefore(open.at, span.last)
      const early = slice(open, 0, upTo)
      open = slice(open, upTo, open.at.length)
      yield { span, early, alone: upTo === 0 && span.first >= from && span.last < to }
    }
    yield { span: undefined, early: open, alone: false }
  }

  /** The last row before `at`, or the first one from it on. */
  #neighbour(name: string, at: number, side: 'before' | 'from'): Row | undefined {
    const point = this.#points.get(name)
    if (!point) return undefined
    const candidates = noRows()
    for (let index = 0; index < point.rows.length; index++)
      if (point.rows.at(index) < at === (side === 'before')) push(candidates, point.rows.row(index))
    const sealed = side === 'before' ? this.#sealedBefore(point.id, at) : this.#sealedFrom(point.id, at)
    if (sealed) push(candidates, sealed)
    const inOrder = sorted(candidates)
    if (inOrder.at.length === 0) return undefined
    return rowAt(inOrder, side === 'before' ? inOrder.at.length - 1 : 0)
  }

  #sealedBefore(point: number, at: number): Row | undefined {
    for (let span = this.#blocks.before(point, at); span; span = this.#blocks.before(point, span.first)) {
      const rows = this.#blocks.rows(span)
      if (rows) return rowAt(rows, firstNotBefore(rows.at, at) - 1)
    }
    return undefined
  }

  #sealedFrom(point: number, at: number): Row | undefined {
    let span: Span | undefined = this.#blocks.spans(point, at, at).at(-1) ?? this.#blocks.after(point, at)
    for (; span; span = this.#blocks.after(point, span.first)) {
      const rows = this.#blocks.rows(span)
      if (rows) return rowAt(rows, firstNotBefore(rows.at, at))
    }
    return undefined
  }

  #stops(): Stop[] {
    const runs = this.#database.prepare('SELECT start, alive FROM run ORDER BY id').all()
    const stops: Stop[] = []
    let alive = Infinity
    for (const run of runs) {
      const start = Number(run['start'])
      if (start > alive) stops.push({ from: alive, to: start })
      alive = Math.max(Number(run['alive']), alive === Infinity ? -Infinity : alive)
    }
    return stops
  }
}

function cut(rows: Rows, from: number, to: number): Rows {
  const start = firstNotBefore(rows.at, from)
  const end = firstNotBefore(rows.at, to)
  return start === 0 && end === rows.at.length ? rows : slice(rows, start, end)
}
