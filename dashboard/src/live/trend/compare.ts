/** One time beside another: the same curve a day or a week before, moved under this one. Pure. */
import type { Curve } from '../trend.ts'
import { day } from './span.ts'
import type { Span } from './span.ts'

export const comparisons = ['none', 'yesterday', 'last-week'] as const
export type Comparison = (typeof comparisons)[number]
export const shifts: Readonly<Record<Exclude<Comparison, 'none'>, number>> = { yesterday: day, 'last-week': 7 * day }

/** The curve of before as if it were now. */
export const shifted = (curve: Curve, by: number): Curve => ({
  every: curve.every,
  dots: curve.dots.map(dot => ({ ...dot, t: dot.t + by })),
  holes: curve.holes.map(hole => ({ ...hole, from: hole.from + by, to: hole.to === undefined ? undefined : hole.to + by })),
})

export interface Difference {
  /** Mean of this less mean of the other, over the time of which both are known. */
  readonly mean: number
  /** How much of the time that has passed could be compared, 0–1. */
  readonly share: number
}
const parts = 120
/** Less than this of the time says nothing of it. */
const leastShare = 0.1

/** The time is cut into 120 parts; only those count that both know, so that a gap of one is none of the other's difference. */
export function differenceOf(curve: Curve, other: Curve, span: Span, now: number): Difference | undefined {
  const end = Math.min(span.to, now)
  if (!(end > span.from)) return undefined
  const width = (end - span.from) / parts
  const mine = meansOf(curve, span.from, width)
  const theirs = meansOf(other, span.from, width)
  let [sum, both] = [0, 0]
  for (const [index, value] of mine) {
    const before = theirs.get(index)
    if (before === undefined) continue
    sum += value - before
    both += 1
  }
  // Where buckets are longer than parts, no more of these can be filled than there are buckets.
  const most = Math.min(parts, Math.ceil((end - span.from) / (curve.every ?? width)))
  const share = Math.min(1, both / most)
  return share < leastShare ? undefined : { mean: sum / both, share }
}

function meansOf(curve: Curve, from: number, width: number): ReadonlyMap<number, number> {
  const sums = new Map<number, { sum: number; count: number }>()
  for (const { t, mean } of curve.dots) {
    const index = Math.floor((t + (curve.every ?? 0) / 2 - from) / width)
    if (mean === null || index < 0 || index >= parts) continue
    const known = sums.get(index)
    if (known) {
      known.sum += mean
      known.count += 1
    } else sums.set(index, { sum: mean, count: 1 })
  }
  return new Map([...sums].map(([index, { sum, count }]) => [index, sum / count]))
}
