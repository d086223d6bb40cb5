import type { Blocks } from './blocks.ts'
import type { Figures } from './codec.ts'
import type { LimitsTable, ValidLimits } from './limits.ts'
import { validAt } from './limits.ts'
import type { OpenPoint } from './open-points.ts'
import { between, quarter, walkTimes } from './rollup.ts'
import type { Rollup, Tail } from './rollup.ts'
import { RollupSums } from './rollup-sums.ts'
import type { RollupTable, TrimmedSpan } from './rollup-table.ts'
import { halfLarge } from './seal-plan.ts'
import type { Span } from './seal-plan.ts'
import { firstNotBefore, merged, slice, sorted } from './rows.ts'
import type { Row, Rows } from './rows.ts'

export interface RolledParts {
  readonly blocks: Blocks
  readonly rollups: RollupTable
  readonly limits: LimitsTable
}
/** The words around the time that is asked for. */
export interface Neighbours {
  readonly before: Tail | undefined
  readonly after: number | undefined
}

/** A run in the order of time: a block, what remains of one, or open readings. */
type Run =
  | { readonly is: 'block'; readonly first: number; readonly last: number; readonly span: Span }
  | { readonly is: 'rows'; readonly first: number; readonly last: number; readonly rows: Rows }
  | { readonly is: 'trimmed'; readonly first: number; readonly last: number; readonly span: TrimmedSpan }

/**
 * One point's rollup between `edges`, of the time from `from` until before `to`; pauses after each run, so that others get their turn.
 * Blocks are not unpacked where what is kept of them says the same. Of readings that are gone the rollup is what there is: buckets go by
 * their beginning, and what came late for such a time adds to values and count, but cannot change times outside and gaps any more.
 */
export function* rolledUp(
  { blocks, rollups, limits }: RolledParts,
  point: OpenPoint,
  asked: { readonly edges: Float64Array; readonly from: number; readonly to: number },
  { before, after }: Neighbours,
): Generator<void, Float64Array> {
  const { edges, from, to } = asked
  const sums = new RollupSums(edges, from, to)
  const valid = limits.of(point.name)
  const fine = edges.every(edge => edge % quarter === 0) ? 'quarters' : 'minutes'
  const trimmed = rollups.spans(point.id, from, to)
  let tail = before

  const join = (next: number): void => {
    if (tail && next > tail.at) between(tail, next, validAt(valid, tail.at), sums)
  }
  const takeRows = (rows: Figures): void => {
    sums.rows(rows)
    tail = walkTimes(rows, tail, valid, sums)
  }
  const takeRollup = (rollup: Rollup, first: number): void => {
    join(first)
    sums.buckets(rollup.buckets)
    for (let index = 0; index < rollup.outside.length; index += 2)
      sums.outside(rollup.outside[index] as number, rollup.outside[index + 1] as number)
    for (const gap of rollup.gaps) sums.gap(gap.from, gap.to)
    tail = rollup.tail
  }

  const covers = trimmed.filter(span => span.covers)
  for (const span of trimmed) {
    if (span.covers) continue
    const rest = rollups.trimmed(span, fine)
    if (rest) sums.buckets(rest.buckets)
  }
  const hidden = (rows: Rows): Rows[] => {
    const parts = apart(rows, covers)
    for (const part of parts.inside) sums.rows(part)
    return parts.outside
  }
  // A copy: more may come between the turns.
  let open: Rows[] = hidden(cutRows(sorted(point.rows.columns()), from, to))
  const runs = inOrder(blocks.spans(point.id, from, to), covers, span => {
    const rows = blocks.rows(span)
    return rows ? hidden(cutRows(rows, from, to)) : []
  })
  for (const run of runs) {
    const early = open.map(rows => slice(rows, 0, firstNotBefore(rows.at, run.first))).filter(rows => rows.at.length > 0)
    const within = open
      .map(rows => slice(rows, firstNotBefore(rows.at, run.first), firstNotBefore(rows.at, run.last)))
      .filter(rows => rows.at.length > 0)
    open = open.map(rows => slice(rows, firstNotBefore(rows.at, run.last), rows.at.length)).filter(rows => rows.at.length > 0)
    for (const rows of early) takeRows(rows)
    if (run.is === 'trimmed') {
      const rollup = rollups.trimmed(run.span, fine)
      if (rollup) takeRollup(rollup, run.first)
    } else if (run.is === 'rows') {
      takeRows(within.reduce((all, rows) => merged(all, rows), run.rows))
    } else {
      const { span } = run
      // The quarter it begins in must be asked for whole as well: what is kept of it goes by its beginning.
      const isWhole = Math.floor(span.first / quarter) * quarter >= from && span.last < to
      const kept =
        fine === 'quarters' && within.length === 0 && span.rows >= halfLarge && isWhole ? rollups.of(span.id) : undefined
      if (kept) takeRollup(kept, span.first)
      else if (within.length === 0) {
        const figures = blocks.figures(span)
        if (figures) takeRows(cutFigures(figures, from, to))
      } else {
        const rows = blocks.rows(span)
        if (rows) takeRows(within.reduce((all, more) => merged(all, more), cutRows(rows, from, to)))
      }
    }
    yield
  }
  for (const rows of open) takeRows(rows)
  if (after !== undefined) join(after)
  // Nobody knows when the next word comes: up to the end of what is asked it has not.
  else join(to)
  return sums.done()
}

const cutRows = (rows: Rows, from: number, to: number): Rows =>
  slice(rows, firstNotBefore(rows.at, from), firstNotBefore(rows.at, to))

function cutFigures(figures: Figures, from: number, to: number): Figures {
  const [start, end] = [firstNotBefore(figures.at, from), firstNotBefore(figures.at, to)]
  if (start === 0 && end === figures.at.length) return figures
  const cut = (column: ArrayLike<number>): number[] => Array.from(column).slice(start, end)
  return { at: cut(figures.at), value: cut(figures.value), mark: cut(figures.mark), faults: figures.faults }
}

/** Splits rows in time order into those in the time of `spans` and the runs between. */
export function apart(rows: Rows, spans: readonly Pick<TrimmedSpan, 'first' | 'last'>[]): { inside: Rows[]; outside: Rows[] } {
  const result: { inside: Rows[]; outside: Rows[] } = { inside: [], outside: [] }
  let start = 0
  const take = (end: number, into: Rows[]): void => {
    if (end > start) into.push(slice(rows, start, end))
    start = Math.max(start, end)
  }
  for (const { first, last } of spans) {
    take(firstNotBefore(rows.at, first), result.outside)
    const end = firstNotBefore(rows.at, last)
    take(rows.at[end] === last ? end + 1 : end, result.inside)
  }
  take(rows.at.length, result.outside)
  return result
}

/** Blocks in whose time something was trimmed go as the rows that lie outside it. */
function inOrder(spans: readonly Span[], covers: readonly TrimmedSpan[], split: (span: Span) => readonly Rows[]): Run[] {
  const runs: Run[] = covers.map(span => ({ is: 'trimmed', first: span.first, last: span.last, span }))
  for (const span of spans) {
    const { first, last } = span
    if (!covers.some(one => one.first <= last && one.last >= first)) runs.push({ is: 'block', first, last, span })
    else
      for (const rows of split(span))
        runs.push({ is: 'rows', first: rows.at[0] as number, last: rows.at[rows.at.length - 1] as number, rows })
  }
  return runs.sort((a, b) => a.first - b.first)
}

/** A row as what is known after it. */
export function tailOf(row: Row, limits: readonly ValidLimits[]): Tail | undefined {
  const { at, value, mark, fault } = row
  return walkTimes({ at: [at], value: [value], mark: [mark], faults: fault ? [fault] : [] }, undefined, limits, {
    outside: () => {},
    gap: () => {},
  })
}
