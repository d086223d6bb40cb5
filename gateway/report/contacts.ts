import type { Instant } from '../../protocols/contract/time.ts'
import { good, isLate, qualityOf } from '../historian/rows.ts'
import type { Point } from '../site/site.ts'
import type { Past } from '../store/past.ts'

/** A time in which a contact was not at rest. */
export interface Turn {
  readonly from: Instant
  /** When it was at rest again, or last known not to be. */
  readonly to: Instant
  readonly code: number
  /** Whether it still was so at the end of what was looked at. */
  readonly lasts: boolean
}

/** When a contact or state showed something else than `rest`, from `from` until before `to`. A reading holds until the next, at most `staleAfter`. */
export function* turnsOf(
  past: Pick<Past, 'columns'>,
  point: Pick<Point, 'id' | 'staleAfter'>,
  [from, to]: readonly [number, number],
  rest = 0,
): Generator<Turn> {
  let turn: { from: number; to: number; code: number } | undefined
  let since = Number.NaN
  const told = (lasts: boolean): Turn[] =>
    turn && turn.to > from ? [{ from: Math.max(turn.from, from) as Instant, to: turn.to as Instant, code: turn.code, lasts }] : []
  for (const { at, value, mark } of past.columns(point.id, (from - point.staleAfter) as Instant, to as Instant)) {
    for (let index = 0; index < at.length; index++) {
      const time = at[index] ?? 0
      const isKnown = qualityOf(mark[index] ?? 0) === good
      const code = isKnown ? (value[index] ?? rest) : rest
      if (turn) turn.to = Math.min(time, since + point.staleAfter)
      // Silent for too long in between: what came after is another time.
      const goesOn = turn !== undefined && turn.code === code && turn.to === time
      if (turn && !goesOn) {
        yield* told(false)
        turn = undefined
      }
      if (code !== rest && !turn) turn = { from: time, to: time, code }
      since = time
    }
  }
  if (turn) {
    turn.to = Math.min(to, since + point.staleAfter)
    yield* told(turn.to >= to)
  }
}

/** One time a counter went up. */
export interface Count {
  readonly at: Instant
  readonly by: number
}

/** When a counter went up within a period. One that is set back begins anew and counts nothing. */
export function* countsOf(
  past: Pick<Past, 'columns'>,
  point: Pick<Point, 'id' | 'staleAfter'>,
  [from, to]: readonly [number, number],
): Generator<Count> {
  let before = Number.NaN
  for (const { at, value, mark } of past.columns(point.id, (from - point.staleAfter) as Instant, to as Instant)) {
    for (let index = 0; index < at.length; index++) {
      const [time, total, word] = [at[index] ?? 0, value[index] ?? 0, mark[index] ?? 0]
      if (qualityOf(word) !== good || isLate(word)) continue
      if (total > before && time >= from) yield { at: time as Instant, by: total - before }
      before = total
    }
  }
}

/** Several series, each in the order of its times, as one. */
export function* inOrder<T>(series: readonly Iterable<T>[], timeOf: (one: T) => number): Generator<T> {
  const heads = series.flatMap(one => {
    const iterator = one[Symbol.iterator]()
    const first = iterator.next()
    return first.done ? [] : [{ iterator, value: first.value }]
  })
  while (heads.length > 0) {
    let soonest = 0
    for (let index = 1; index < heads.length; index++)
      if (timeOf((heads[index] as { value: T }).value) < timeOf((heads[soonest] as { value: T }).value)) soonest = index
    const head = heads[soonest] as (typeof heads)[number]
    yield head.value
    const next = head.iterator.next()
    if (next.done) heads.splice(soonest, 1)
    else head.value = next.value
  }
}
