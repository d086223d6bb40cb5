import type { Millis } from '../../protocols/contract/time.ts'
import type { GoneMinute, GoneRun } from '../historian/gone.ts'

/** A time in which the readings that are gone said something: their mean stood for it. */
export interface Piece {
  readonly from: number
  readonly to: number
  readonly isOutside: boolean
}

const minute = 60_000

/**
 * What is known of the time of each minute of a run, up to the next one that had a reading: a reading held for `staleAfter` at most. The
 * mean of the minute stands for all of it, what was outside the limits and what was unknown is exact.
 */
export function* piecesOf(
  run: Pick<GoneRun, 'first' | 'last' | 'minutes' | 'outside' | 'gaps'>,
  staleAfter: Millis,
): Generator<{ readonly minute: GoneMinute; readonly at: number; readonly pieces: readonly Piece[] }> {
  // A silence begins with a reading that still held for a while; a fault does not.
  const unknown = run.gaps.flatMap(({ from, to, cause }) => {
    const begins = cause === 'silent' ? from + staleAfter : from
    return begins < to ? [{ from: begins, to }] : []
  })
  const outside: { readonly from: number; readonly to: number }[] = []
  for (let index = 0; index < run.outside.length; index += 2)
    outside.push({ from: run.outside[index] as number, to: run.outside[index + 1] as number })
  let [unknownAt, outsideAt] = [0, 0]
  for (const [index, one] of run.minutes.entries()) {
    const at = Math.max(one.start, run.first)
    const next = run.minutes[index + 1]
    const end = Math.min(next ? Math.max(next.start, run.first) : run.last, one.start + minute + staleAfter)
    while ((unknown[unknownAt]?.to ?? Infinity) <= at) unknownAt += 1
    while ((outside[outsideAt]?.to ?? Infinity) <= at) outsideAt += 1
    const pieces = known(at, end, unknown, unknownAt).flatMap(({ from, to }) => split(from, to, outside, outsideAt))
    yield { minute: one, at, pieces }
  }
}

type Spans = readonly { readonly from: number; readonly to: number }[]

function known(from: number, to: number, unknown: Spans, first: number): { from: number; to: number }[] {
  const left: { from: number; to: number }[] = []
  let begins = from
  for (let index = first; index < unknown.length && begins < to; index++) {
    const hole = unknown[index] as Spans[number]
    if (hole.from >= to) break
    if (hole.from > begins) left.push({ from: begins, to: hole.from })
    begins = Math.max(begins, hole.to)
  }
  if (begins < to) left.push({ from: begins, to })
  return left
}

function split(from: number, to: number, outside: Spans, first: number): Piece[] {
  const pieces: Piece[] = []
  let begins = from
  for (let index = first; index < outside.length && begins < to; index++) {
    const out = outside[index] as Spans[number]
    if (out.from >= to) break
    if (out.to <= begins) continue
    if (out.from > begins) pieces.push({ from: begins, to: out.from, isOutside: false })
    begins = Math.max(begins, out.from)
    const end = Math.min(out.to, to)
    pieces.push({ from: begins, to: end, isOutside: true })
    begins = end
  }
  if (begins < to) pieces.push({ from: begins, to, isOutside: false })
  return pieces
}
