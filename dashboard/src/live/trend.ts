/** The curve of one point over a span of time, in the columns a chart wants. Pure. */
import type { WireBucket, WireReadings, WireSample } from '../../../gateway/api/wire.ts'

/** One place on the curve. `null` everywhere is a break: the line must not cross what nobody measured. */
export interface Dot {
  readonly t: number
  readonly min: number | null
  readonly mean: number | null
  readonly max: number | null
  readonly count: number
}
export interface Hole {
  readonly from: number
  /** Open while nothing has come since. */
  readonly to: number | undefined
  readonly cause: string
}
export interface Curve {
  readonly every: number | undefined
  readonly dots: readonly Dot[]
  readonly holes: readonly Hole[]
}

export function curveOf({ items, gaps }: WireReadings, every: number | undefined): Curve {
  const dots = items.map(dotOf).toSorted((a, b) => a.t - b.t)
  const holes = gaps.map(gap => ({
    from: Date.parse(gap.from),
    to: gap.to === null ? undefined : Date.parse(gap.to),
    cause: gap.cause,
  }))
  return { every, dots, holes }
}

function dotOf(item: WireSample | WireBucket): Dot {
  const t = Date.parse(item.t)
  if ('count' in item) return { t, min: item.min, mean: item.mean, max: item.max, count: item.count }
  const v = item.q === 'bad' ? null : item.v
  return { t, min: v, mean: v, max: v, count: v === null ? 0 : 1 }
}

/** The curve with one live reading more; what lies before `since` falls off. A reading older than the curve's end changes nothing. */
export function withReading(curve: Curve, at: number, value: number | null, since: number): Curve {
  const t = curve.every === undefined ? at : Math.floor(at / curve.every) * curve.every
  const last = curve.dots.at(-1)
  if (last && t < last.t) return curve
  if (last && t === last.t && curve.every === undefined) return curve
  const kept = curve.dots[0] && curve.dots[0].t < since ? curve.dots.filter(dot => dot.t >= since) : curve.dots
  // The hole that was still open ends with the first good word.
  const holes =
    value === null ? curve.holes : curve.holes.map(hole => (hole.to === undefined && at > hole.from ? { ...hole, to: at } : hole))
  if (last && t === last.t) return { ...curve, holes, dots: [...kept.slice(0, -1), fold(last, value)] }
  return { ...curve, holes, dots: [...kept, { t, min: value, mean: value, max: value, count: value === null ? 0 : 1 }] }
}

function fold(dot: Dot, value: number | null): Dot {
  if (value === null) return dot
  if (dot.mean === null || dot.min === null || dot.max === null) return { ...dot, min: value, mean: value, max: value, count: 1 }
  const count = dot.count + 1
  return {
    t: dot.t,
    min: Math.min(dot.min, value),
    mean: dot.mean + (value - dot.mean) / count,
    max: Math.max(dot.max, value),
    count,
  }
}

/** Times and means; where the curve has buckets, their greatest and least values too. */
export type Columns = [number[], (number | null)[], ...(number | null)[][]]

/** Columns t, mean, max, min, with a break in every hole and wherever two dots stand apart by more than `silentAfter` and three buckets. */
export function columnsOf(curve: Curve, silentAfter: number): Columns {
  const times: number[] = []
  const means: (number | null)[] = []
  const [most, least]: [(number | null)[], (number | null)[]] = [[], []]
  const spreads = curve.every !== undefined
  const put = (t: number, mean: number | null, max: number | null, min: number | null) => {
    times.push(t)
    means.push(mean)
    if (!spreads) return
    most.push(max)
    least.push(min)
  }
  const apart = Math.max(silentAfter, 3 * (curve.every ?? 0))
  const holed = curve.holes.length > 0
  let before: Dot | undefined
  for (const dot of curve.dots) {
    const last = before
    if (
      last &&
      (dot.t - last.t > apart ||
        (holed && curve.holes.some(hole => hole.from >= last.t && hole.from < dot.t && (hole.to ?? Infinity) <= dot.t)))
    ) {
      put((last.t + dot.t) / 2, null, null, null)
    }
    put(dot.t, dot.mean, dot.max, dot.min)
    before = dot
  }
  return spreads ? [times, means, most, least] : [times, means]
}

/** Lowest and highest value on the curve. */
export function extent(curve: Curve): { readonly min: number; readonly max: number } | undefined {
  let min = Infinity
  let max = -Infinity
  for (const dot of curve.dots) {
    if (dot.min !== null && dot.min < min) min = dot.min
    if (dot.max !== null && dot.max > max) max = dot.max
  }
  return min <= max ? { min, max } : undefined
}
