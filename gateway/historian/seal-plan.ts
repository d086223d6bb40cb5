import { firstNotBefore } from './rows.ts'

/** Where one block of a point lies in time, ends included. Blocks of a point never overlap. */
export interface Span {
  readonly id: number
  readonly first: number
  readonly last: number
  readonly rows: number
}

/** Open rows `start` until before `end` go into a block of their own, or together with the rows of `into`. */
export interface Piece {
  readonly start: number
  readonly end: number
  readonly into: Span | undefined
}

/**
 * Open rows of a point that are worth a block. Below half of it a block is opened again for at least as many rows, rather than left small: so
 * each row is written anew a few times only, however few come at a time (as in a log-structured merge; O'Neil et al. 1996).
 */
export const fullBlock = 1024
const shortBlock = fullBlock / 2

/** Rows that one block holds once its neighbours have been joined. */
export const largeBlock = 16_384
/** From here on a block stays as it is. */
export const halfLarge = largeBlock / 2
// What lies between two large blocks came late; so many small ones are worth a joining too.
const manySmall = 8

/**
 * Says which open rows join which block, so that blocks stay apart in time and none stays small for long. `times` and `spans` are in
 * order; `spans` holds at least the block before the first time and all up to the last.
 */
export function planSeal(times: ArrayLike<number>, spans: readonly Span[]): Piece[] {
  const pieces: Piece[] = []
  const firsts = spans.map(span => span.first)
  let start = 0
  while (start < times.length) {
    const at = times[start] ?? 0
    const place = firstNotBefore(firsts, at)
    const before = spans[firsts[place] === at ? place : place - 1]
    const next = spans[firsts[place] === at ? place + 1 : place]
    const inside = before !== undefined && at <= before.last
    const upToNext = next ? firstNotBefore(times, next.first) : times.length
    const isWorthwhile = (span: Span | undefined): boolean =>
      span !== undefined && span.rows < shortBlock && span.rows <= upToNext - start
    const join = before && (inside || isWorthwhile(before)) ? before : isWorthwhile(next) ? next : undefined
    // A full block takes only what lies inside it; everything up to the next block belongs together otherwise.
    const limit = inside && before.rows >= shortBlock ? firstAfter(times, before.last) : times.length
    const end = Math.max(start + 1, Math.min(limit, upToNext))
    const last = pieces.at(-1)
    if (join && last?.into === join) pieces[pieces.length - 1] = { start: last.start, end, into: join }
    else pieces.push({ start, end, into: join })
    start = end
  }
  return pieces
}

/**
 * The block that takes in so many rows, with those before it that are no larger than what is gathered after them; oldest first. `before` finds
 * the block before a time.
 */
export function smallRun(into: Span, rows: number, before: (at: number) => Span | undefined): readonly Span[] {
  const run = [into]
  let gathered = rows + into.rows
  for (let span = before(into.first); span && span.rows < shortBlock && span.rows <= gathered; span = before(span.first)) {
    run.unshift(span)
    gathered += span.rows
  }
  return run
}

/** Cuts `rows` rows into blocks: none too large, and no crumb at the end. */
export function cuts(rows: number): [start: number, end: number][] {
  const result: [number, number][] = []
  let start = 0
  while (rows - start > largeBlock + halfLarge) {
    result.push([start, start + largeBlock])
    start += largeBlock
  }
  result.push([start, rows])
  return result
}

/** The first neighbours among the blocks of a point, in order, that are together as large as one block shall be. */
export function planJoining(spans: readonly Span[]): readonly Span[] | undefined {
  let run: Span[] = []
  let rows = 0
  for (const span of spans) {
    const ends = span.rows >= halfLarge
    if (run.length > 1 && ((ends && run.length >= manySmall) || (!ends && rows + span.rows > largeBlock))) return run
    if (ends) [run, rows] = [[], 0]
    else {
      run.push(span)
      rows += span.rows
    }
  }
  return undefined
}

function firstAfter(times: ArrayLike<number>, at: number): number {
  const index = firstNotBefore(times, at)
  return times[index] === at ? index + 1 : index
}
