import type { Database, Statement } from '../store/database.ts'
import { inTransaction, scalar } from '../store/database.ts'
import type { RawKeeping, TrimmedRaw } from '../store/store.ts'
import { apart } from './rolled.ts'
import { bucketsOf, minute, quarter, timesOf } from './rollup.ts'
import type { Rollup } from './rollup.ts'
import type { TrimmedSpan } from './rollup-table.ts'
import { merged, sorted } from './rows.ts'
import type { Rows } from './rows.ts'
import type { Span } from './seal-plan.ts'
import type { OpenPoint } from './open-points.ts'
import type { ReadingTable } from './table.ts'

// One plan names no more: what is left is planned the next time.
const mostBlocks = 5_000
/** What of a block the minutes that remain of it take, about. */
const remains = 0.4

interface Candidate extends TrimmedRaw {
  readonly bytes: number
}

/** Readings that go: planned first, so that it can be written down, and done then. What is between a plan and its doing costs nothing. */
export class Trimming {
  readonly #database: Database
  readonly #table: ReadingTable
  readonly #size: Statement
  readonly #count: Statement

  constructor(database: Database, table: ReadingTable) {
    this.#database = database
    this.#table = table
    this.#size = database.prepare('SELECT length(data) AS size FROM block WHERE id = ?')
    this.#count = database.prepare('UPDATE point SET sealed_rows = sealed_rows - ? WHERE id = ?')
  }

  /**
   * Whole blocks, the oldest first: those that are no longer needed, and, while all that is stored takes more than the budget, the next
   * ones. What an outside historian is still to be told stays while there is room. Never one under a hold, nor one of a period that is
   * still open. `beside`: bytes of the other files.
   */
  *plan({ budget = Infinity, keep, holds }: RawKeeping, beside: number): Generator<void, TrimmedRaw[]> {
    const before = new Map<string, number>(keep.map(one => [one.point, one.before]))
    const sealed = Number(scalar(this.#database, 'SELECT coalesce(max(id), 0) FROM sealed_period'))
    const over = { bytes: this.#used() + beside - budget }
    const stays = over.bytes > 0 ? holds : [...holds, ...this.#table.spool.unsent()]
    const queues: Generator<Candidate>[] = []
    for (const point of this.#table.points.all) queues.push(this.#candidates(point, stays, sealed === 0 ? Infinity : sealed))
    const chosen: Candidate[] = []
    const next: { readonly candidate: Candidate; readonly queue: Generator<Candidate> }[] = []
    const choose = (candidate: Candidate): void => {
      chosen.push(candidate)
      over.bytes -= candidate.bytes * (1 - remains)
    }
    for (const queue of queues) {
      let step = queue.next()
      for (
        ;
        !step.done && step.value.to <= (before.get(step.value.point) ?? -Infinity) && chosen.length < mostBlocks;
        step = queue.next()
      )
        choose(step.value)
      if (!step.done) next.push({ candidate: step.value, queue })
      yield
    }
    while (over.bytes > 0 && next.length > 0 && chosen.length < mostBlocks) {
      const oldest = next.reduce(
        (best, one, index) => (one.candidate.to < (next[best]?.candidate.to ?? Infinity) ? index : best),
        0,
      )
      const [{ candidate, queue }] = next.splice(oldest, 1) as [(typeof next)[number]]
      choose(candidate)
      const step = queue.next()
      if (!step.done) next.push({ candidate: step.value, queue })
      yield
    }
    return gathered(chosen)
  }

  /** Does what was planned, a block at a time; gives back what went. Where something came meanwhile the rest of that time stays. */
  *trim(plan: readonly TrimmedRaw[]): Generator<void, TrimmedRaw[]> {
    const done: TrimmedRaw[] = []
    for (const planned of plan) {
      const point = this.#table.points.get(planned.point)
      if (!point) continue
      let left = planned.rows
      while (left > 0) {
        const spans = this.#inside(point, planned)
        const [span] = spans
        if (!span || spans.reduce((sum, { rows }) => sum + rows, 0) !== left) break
        const rows = this.#table.blocks.rows(span)
        if (!rows) break
        this.#replace(point, span, rows)
        left -= span.rows
        done.push({ ...planned, from: span.first, to: span.last + 1, rows: span.rows })
        yield
      }
    }
    return gathered(done.map(one => ({ ...one, bytes: 0 })))
  }

  #inside({ id }: OpenPoint, { from, to }: TrimmedRaw): Span[] {
    return this.#table.blocks.spans(id, from, to).filter(({ first, last }) => first >= from && last < to)
  }

  #replace(point: OpenPoint, span: Span, rows: Rows): void {
    const { blocks, rollups, limits } = this.#table
    const covers = rollups.spans(point.id, span.first, span.last).filter(one => one.covers)
    const { inside, outside } = apart(rows, covers)
    const valid = limits.of(point.name)
    // Words of the same time in other blocks, or not yet in one: how long each word held they decide as well.
    const beside = this.#beside(point, span)
    const act = (): void => {
      for (const part of outside) {
        const times = timesOf(among(part, beside), valid)
        const rollup = (every: number): Rollup => ({ buckets: bucketsOf(part, every), ...times })
        rollups.keepTrimmed(point.id, spanOf(part, true), { quarters: rollup(quarter), minutes: rollup(minute) })
      }
      for (const part of inside) {
        const none = { outside: new Float64Array(0), gaps: [], tail: timesOf(part, valid).tail }
        const rollup = (every: number): Rollup => ({ buckets: bucketsOf(part, every), ...none })
        rollups.keepTrimmed(point.id, spanOf(part, false), { quarters: rollup(quarter), minutes: rollup(minute) })
      }
      blocks.remove(point.id, span)
      this.#count.run(span.rows, point.id)
    }
    try {
      inTransaction(this.#database, act)
    } catch (error) {
      blocks.forget()
      throw error
    }
    point.sealedRows -= span.rows
  }

  #beside(point: OpenPoint, span: Span): Rows[] {
    const others = this.#table.blocks.spans(point.id, span.first, span.last).filter(({ id }) => id !== span.id)
    return [...others.flatMap(other => this.#table.blocks.rows(other) ?? []), sorted(point.rows.columns())]
  }

  *#candidates({ id, name }: OpenPoint, holds: RawKeeping['holds'], sealed: number): Generator<Candidate> {
    const held = holds.filter(({ point }) => point === undefined || point === name)
    for (const span of this.#table.blocks.spans(id, -Infinity, Infinity)) {
      if (held.some(({ from, to }) => from <= span.last && to > span.first)) continue
      const periods = this.#periods(span)
      if (!periods || periods.lastPeriod > sealed) continue
      const bytes = Number(this.#size.get(span.id)?.['size'] ?? 0)
      yield { point: name as TrimmedRaw['point'], from: span.first, to: span.last + 1, rows: span.rows, ...periods, bytes }
    }
  }

  #periods(span: Span): Pick<TrimmedRaw, 'firstPeriod' | 'lastPeriod'> | undefined {
    const summary = this.#table.blocks.summary(span)
    if (!summary || summary.lastPeriod > 0) return summary && { firstPeriod: summary.firstPeriod, lastPeriod: summary.lastPeriod }
    const period = this.#table.blocks.rows(span)?.period
    if (!period) return undefined
    let [firstPeriod, lastPeriod] = [Infinity, 0]
    for (let index = 0; index < period.length; index++) {
      firstPeriod = Math.min(firstPeriod, period[index] as number)
      lastPeriod = Math.max(lastPeriod, period[index] as number)
    }
    return { firstPeriod, lastPeriod }
  }

  #used(): number {
    const figure = (name: string): number => Number(scalar(this.#database, `PRAGMA ${name}`))
    return (figure('page_count') - figure('freelist_count')) * figure('page_size')
  }
}

/** A run with what else there is between its first and its last word. */
function among(part: Rows, beside: readonly Rows[]): Rows {
  const ends = [spanOf(part, true)]
  return beside.flatMap(rows => apart(rows, ends).inside).reduce((all, rows) => merged(all, rows), part)
}

const spanOf = (rows: Rows, covers: boolean): Omit<TrimmedSpan, 'id'> => ({
  first: rows.at[0] as number,
  last: rows.at[rows.at.length - 1] as number,
  rows: rows.at.length,
  covers,
})

/** Blocks of a point that follow each other as one. */
function gathered(blocks: readonly Candidate[]): TrimmedRaw[] {
  const result: TrimmedRaw[] = []
  for (const { bytes: _, ...block } of blocks.toSorted((a, b) =>
    a.point < b.point ? -1 : a.point > b.point ? 1 : a.from - b.from,
  )) {
    const last = result.at(-1)
    if (last?.point !== block.point) result.push(block)
    else
      result[result.length - 1] = {
        ...last,
        to: block.to,
        rows: last.rows + block.rows,
        firstPeriod: Math.min(last.firstPeriod, block.firstPeriod),
        lastPeriod: Math.max(last.lastPeriod, block.lastPeriod),
      }
  }
  return result
}
