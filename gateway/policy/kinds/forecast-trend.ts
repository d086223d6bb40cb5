import { studentQuantile } from './forecast-quantile.ts'

/** A mean of some readings: hours before (negative) or after the last one, and the value. */
export interface Sample {
  readonly t: number
  readonly y: number
}

/** A straight line through samples, with what is known of how sure it is. */
export interface Line {
  /** Value at `middle`, and change per unit of time. */
  readonly level: number
  readonly slope: number
  readonly middle: number
  /** Sum of squared distances of the times from their middle. */
  readonly spread: number
  /** Variance of one sample round the line; infinite where the samples say nothing of it. */
  readonly variance: number
  /** Samples that are as good as independent, and what is left of them after the line took two. */
  readonly count: number
  readonly freedom: number
}

/**
 * Least squares, with fewer degrees of freedom where neighbours resemble each other: n (1 − ρ) / (1 + ρ) samples are as good as
 * independent, ρ being the correlation of a residual with the next (B. D. Santer et al., J. Geophys. Res. 105 (2000) 7337–7356, §2;
 * ρ is raised by its known bias in short series, (1 + 4 ρ) / n, M. G. Kendall, Biometrika 41 (1954) 403–404).
 */
export function fit(samples: readonly Sample[]): Line {
  const n = samples.length
  let [middle, level] = [0, 0]
  for (const { t, y } of samples) {
    middle += t / n
    level += y / n
  }
  let [spread, product] = [0, 0]
  for (const { t, y } of samples) {
    spread += (t - middle) ** 2
    product += (t - middle) * (y - level)
  }
  const slope = spread > 0 ? product / spread : 0
  const residuals = samples.map(({ t, y }) => y - level - slope * (t - middle))
  const scatter = residuals.reduce((sum, residual) => sum + residual * residual, 0)
  const moved = Math.abs(slope) * ((samples.at(-1)?.t ?? 0) - (samples[0]?.t ?? 0))
  // What is left of an exact line is the rounding of its numbers.
  if (scatter <= n * (1e-9 * (Math.abs(level) + moved)) ** 2)
    return { level, slope, middle, spread, count: n, freedom: n - 2, variance: 0 }
  const seen = likeness(residuals, scatter)
  const rho = Math.min(0.98, Math.max(0, seen + (1 + 4 * seen) / n))
  const alike = (n * (1 - rho)) / (1 + rho)
  // A smooth curve leaves residuals that are all alike; where they are small beside the way that was gone, it is a trend all the same.
  const count = scatter / n < (moved / smooth) ** 2 ? Math.max(alike, Math.min(n, 6)) : alike
  const freedom = count - 2
  return { level, slope, middle, spread, count, freedom, variance: freedom > 0 ? scatter / freedom : Number.POSITIVE_INFINITY }
}
const smooth = 20

/**
 * How much a residual resembles the next. Noise of single readings hides it at the first neighbour; the second and third, their
 * likeness brought back to one step, show it. The greatest is taken: to think samples more alike than they are only costs time.
 */
function likeness(residuals: readonly number[], scatter: number): number {
  let greatest = 0
  for (let lag = 1; lag <= 3; lag += 1) {
    let sum = 0
    for (let index = lag; index < residuals.length; index += 1) sum += (residuals[index] ?? 0) * (residuals[index - lag] ?? 0)
    if (sum > 0) greatest = Math.max(greatest, (sum / scatter) ** (lag === 1 ? 1 : 1.3 / lag))
  }
  return greatest
}

/** How many of its own standard errors the slope is away from level; 0 where too little is known. */
export function steepness({ slope, spread, variance, freedom }: Line): number {
  if (freedom <= 1 || spread === 0 || slope === 0) return 0
  return variance === 0 ? Math.sign(slope) * Number.POSITIVE_INFINITY : slope / Math.sqrt(variance / spread)
}

/** When the line meets a limit: at best, and the band that holds it with the confidence asked for. The same time as the samples. */
export interface Crossing {
  readonly early: number
  readonly likely: number
  /** Infinite where the line may as well be level. */
  readonly late: number
}

/**
 * Inverse prediction: the times at which the confidence band of the line contains the limit (E. C. Fieller, J. R. Statist. Soc. B 16
 * (1954) 175–185; N. R. Draper & H. Smith, Applied Regression Analysis, 3rd ed., §3.2). The line must lead towards the limit.
 */
export function crossing(line: Line, limit: number, confidence: number): Crossing {
  const { level, slope, middle, spread, variance, freedom, count } = line
  const likely = middle + (limit - level) / slope
  if (variance === 0) return { early: likely, likely, late: likely }
  const t = studentQuantile(1 - confidence, Math.max(2.01, freedom))
  // (limit − level − slope·x)² = t²·variance·(1/count + x²/spread), a quadratic in x, the time from the middle.
  const size = t * t * variance
  const a = slope * slope - size / spread
  const b = slope * (limit - level)
  const c = (limit - level) ** 2 - size / count
  const root = Math.sqrt(Math.max(0, b * b - a * c))
  if (a <= 0) {
    // The slope may be nought: the early edge is the nearer root ahead, a late edge does not exist.
    const ahead = [(b - root) / a, (b + root) / a].map(x => middle + x)
    return { early: Math.min(likely, ...ahead.filter(x => x > middle)), likely, late: Number.POSITIVE_INFINITY }
  }
  return { early: middle + (b - root) / a, likely, late: middle + (b + root) / a }
}

/** The confidence band of a line at a time: `crossing` tells when an edge of it is at the limit. */
export function bandAt(
  { level, slope, middle, spread, variance, freedom, count }: Line,
  t: number,
  confidence: number,
): { readonly low: number; readonly mean: number; readonly high: number } {
  const mean = level + slope * (t - middle)
  if (variance === 0) return { low: mean, mean, high: mean }
  const half =
    studentQuantile(1 - confidence, Math.max(2.01, freedom)) * Math.sqrt(variance * (1 / count + (t - middle) ** 2 / spread))
  return { low: mean - half, mean, high: mean + half }
}

/**
 * All that may be at a time, on the way `up` (1) or down (-1): the edge that meets the limit first by what `near` says, the other by
 * what `far` says, and both by where a bend leads.
 */
export function widest(
  { near, far, bend }: { readonly near: readonly Line[]; readonly far: readonly Line[]; readonly bend: Bend },
  up: number,
  t: number,
  confidence: number,
): { readonly low: number; readonly high: number } {
  const edges = (lines: readonly Line[], way: number): readonly number[] =>
    lines.map(line => bandAt(line, t, confidence)).map(({ low, high }) => (way > 0 ? high : low))
  const bent = bend.isBent ? [bend.bend, 2 * bend.bend].map(half => bend.value + bend.pace * t + half * t * t) : []
  const first = [...edges(near, up), ...bent]
  const last = [...edges(far, -up), ...bent]
  return { low: Math.min(...(up > 0 ? last : first)), high: Math.max(...(up > 0 ? first : last)) }
}

/**
 * The newest stretch that one straight line describes: all samples if it may, else fewer, but not fewer than `least`. A stretch is bent
 * where a parabola describes it better than chance would (F test on the added term).
 */
export function newestStretch(samples: readonly Sample[], least: number): readonly Sample[] {
  let stretch = samples
  while (stretch.length > least && bendOf(stretch).isBent) stretch = stretch.slice(-nextLength(stretch.length, least))
  return stretch
}
const nextLength = (length: number, least: number): number => Math.max(least, Math.floor(length * 0.8))

/** A parabola through samples: value and pace at time 0, and half of how the pace changes. */
export interface Bend {
  readonly isBent: boolean
  readonly value: number
  readonly pace: number
  readonly bend: number
}
const bentBeyond = 0.01

export function bendOf(samples: readonly Sample[]): Bend {
  const { level, slope, middle, spread } = fit(samples)
  const n = samples.length
  const straight: Bend = { isBent: false, value: level - slope * middle, pace: slope, bend: 0 }
  if (spread === 0 || n < 5) return straight
  // The part of t² that a line cannot follow, by Gram–Schmidt; its own least-squares factor is the bend.
  const skew = samples.reduce((sum, { t }) => sum + (t - middle) ** 3, 0) / spread
  const curveAt = (t: number): number => (t - middle) ** 2 - spread / n - skew * (t - middle)
  let [own, product, scatter] = [0, 0, 0]
  const left = samples.map(({ t, y }) => {
    const residual = y - level - slope * (t - middle)
    own += curveAt(t) ** 2
    product += curveAt(t) * residual
    scatter += residual * residual
    return { t, y: residual }
  })
  if (own === 0) return straight
  const bend = product / own
  const rest = fit(left.map(({ t, y }) => ({ t, y: y - bend * curveAt(t) })))
  return {
    isBent: isSure(bend, own, scatter, rest),
    value: straight.value + bend * curveAt(0),
    pace: slope + bend * (-2 * middle - skew),
    bend,
  }
}

function isSure(bend: number, own: number, scatter: number, { variance, freedom }: Line): boolean {
  // Too much alike to be tested: bent is what a parabola explains the better part of.
  if (freedom <= 2) return bend * bend * own > 0.5 * scatter
  return variance === 0 ? scatter > 0 : Math.abs(bend) / Math.sqrt(variance / own) > studentQuantile(bentBeyond, freedom - 1)
}

/**
 * The band of a line whose newest stretch is still bent also holds where the bend leads: as it is, and twice as strong. A decline that
 * slows down may never reach the limit, one that grows reaches it sooner than any line says.
 */
export function bentBand(band: Crossing, { value, pace, bend }: Bend, limit: number): Crossing {
  const ends = [bend, 2 * bend].map(half => soonest(limit - value, pace, half))
  return { early: Math.min(band.early, ...ends), likely: band.likely, late: Math.max(band.late, ...ends) }
}

/** When pace·t + half·t² first comes to `way`; infinite where it turns back before. */
function soonest(way: number, pace: number, half: number): number {
  const inside = pace * pace + 4 * half * way
  if (inside < 0) return Number.POSITIVE_INFINITY
  const root = Math.sqrt(inside)
  const times = [(-pace + root) / (2 * half), (-pace - root) / (2 * half)].filter(time => time >= 0)
  return times.length > 0 ? Math.min(...times) : Number.POSITIVE_INFINITY
}

/**
 * Whether a rise like this one has been seen and came to nothing: in the past, within a time as long, the value went at least half as
 * far the same way, and before this stretch began it had gone back by half of that. A slow cycle (defrosting, the day's sun) rises so.
 */
export function cameToNothing(past: readonly Sample[], stretch: readonly Sample[], { slope, level, middle }: Line): boolean {
  const [from, to] = [stretch[0]?.t ?? 0, stretch.at(-1)?.t ?? 0]
  const length = 1.5 * (to - from)
  const up = Math.sign(slope)
  const size = Math.abs(slope) * (to - from)
  const before = [...past.filter(({ t }) => t < from), { t: from, y: level + slope * (from - middle) }]
  let lowestAfter = Number.POSITIVE_INFINITY
  for (let end = before.length - 1; end > 0; end -= 1) {
    const high = before[end] as Sample
    for (let start = end - 1; start >= 0; start -= 1) {
      const low = before[start] as Sample
      if (high.t - low.t > length) break
      const gained = up * (high.y - low.y)
      if (gained >= size / 2 && up * high.y - lowestAfter >= gained / 2) return true
    }
    lowestAfter = Math.min(lowestAfter, up * high.y)
  }
  return false
}

/** Means of so many neighbours. */
export function smoothed(samples: readonly Sample[], by: number): readonly Sample[] {
  const means: Sample[] = []
  for (let index = 0; index < samples.length; index += by) {
    const part = samples.slice(index, index + by)
    means.push({
      t: part.reduce((sum, { t }) => sum + t, 0) / part.length,
      y: part.reduce((sum, { y }) => sum + y, 0) / part.length,
    })
  }
  return means
}
