import { apart } from './rolled.ts'
import type { RolledParts } from './rolled.ts'
import { bucketsOf, minute } from './rollup.ts'
import type { Buckets, RunGap, Tail } from './rollup.ts'
import type { OpenPoint } from './open-points.ts'
import type { Word } from './gaps.ts'
import { joined, sorted } from './rows.ts'
import type { Rows } from './rows.ts'

/** What remains of readings that were trimmed, from the first to the last of them: figures of each minute, and exact times. */
export interface GoneRun {
  readonly first: number
  readonly last: number
  /** In order; a minute in which there was no good reading is left out. */
  readonly minutes: readonly GoneMinute[]
  /** From, to, one after the other: where good readings outside their limits stood. */
  readonly outside: Float64Array
  readonly gaps: readonly RunGap[]
  /** What was known after the last of them. */
  readonly tail: Tail
}
export interface GoneMinute {
  readonly start: number
  readonly count: number
  readonly sum: number
  readonly min: number
  readonly max: number
}

/** The runs of a point that touch the time from `from` until before `to`, in order, one at a time: years of them are not held. What came late for their time counts in their minutes. */
export function* goneRuns({ blocks, rollups }: RolledParts, point: OpenPoint, from: number, to: number): Generator<GoneRun> {
  const spans = rollups.spans(point.id, from, to)
  for (const span of spans) {
    const rollup = span.covers && span.first < to ? rollups.trimmed(span, 'minutes') : undefined
    if (!rollup) continue
    const { outside, gaps, tail } = rollup
    const inTime = (one: Rows): Rows[] => apart(one, [span]).inside
    const late = spans
      .filter(one => !one.covers && one.first >= span.first && one.last <= span.last)
      .flatMap(one => rollups.trimmed(one, 'minutes')?.buckets ?? [])
    const standing = blocks
      .spans(point.id, span.first, span.last)
      .flatMap(one => inTime(blocks.rows(one) ?? joined([])))
      .concat(inTime(sorted(point.rows.columns())))
    const minutes = together([rollup.buckets, ...late, ...standing.map(rows => bucketsOf(rows, minute))])
    yield { first: span.first, last: span.last, minutes, outside, gaps, tail }
  }
}

/** Words of readings that are there, with those of what remains of the others in their places; in time order. */
export function amongGone(words: readonly Word[], gone: readonly GoneRun[]): Word[] {
  const isGone = ({ at }: Word): boolean => gone.some(({ first, last }) => at >= first && at <= last)
  return [...words.filter(word => !isGone(word)), ...gone.flatMap(wordsOf)].toSorted((a, b) => a.at - b.at)
}

function wordsOf({ first, last, gaps, tail }: GoneRun): Word[] {
  const words: Word[] = []
  let at = first
  for (const { from, to, cause } of gaps) {
    if (from > at || cause === 'silent') words.push({ at, until: from, fault: undefined })
    if (cause !== 'silent') words.push({ at: from, fault: cause })
    at = to
  }
  if (at < last) words.push({ at, until: last, fault: undefined })
  return at === last || tail.fault !== undefined ? [...words, { at: last, fault: tail.fault }] : words
}

function together(all: readonly Buckets[]): GoneMinute[] {
  const found = new Map<number, GoneMinute>()
  for (const { start, count, sum, min, max } of all) {
    for (let index = 0; index < start.length; index++) {
      const at = start[index] as number
      const before = found.get(at)
      found.set(at, {
        start: at,
        count: (before?.count ?? 0) + (count[index] as number),
        sum: (before?.sum ?? 0) + (sum[index] as number),
        min: Math.min(before?.min ?? Infinity, min[index] as number),
        max: Math.max(before?.max ?? -Infinity, max[index] as number),
      })
    }
  }
  return [...found.values()].toSorted((a, b) => a.start - b.start)
}
