import { between, later } from '../../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../../protocols/contract/time.ts'
import type { Inputs } from '../kind.ts'

/**
 * One run of a cabinet, from switching it on. What was seen of the temperature is counted twice: `longest` is the longest stretch that
 * was surely hot, `possible` what it would be if it had been hot in every gap. Where the two disagree nobody knows.
 */
export interface Run {
  readonly from: Instant
  /** Heating was seen to begin; else the watch began in the middle of it. */
  readonly isWhole: boolean
  readonly start: 'proper' | 'open' | 'wet' | 'unknown' | 'drying'
  /** How long the door had been shut when it began to heat. */
  readonly dryFor: Millis | null
  /** The door has been seen shut since it began. */
  readonly wasShut: boolean
  /** The newest reading of the temperature. */
  readonly lastAt: Instant | null
  /** Since when it is surely, and possibly, hot. */
  readonly hotFrom: Instant | null
  readonly maybeFrom: Instant | null
  /** ms: hot in all, the longest stretch, the longest possible stretch, not seen. */
  readonly hot: number
  readonly longest: number
  readonly possible: number
  readonly unseen: number
  readonly peak: number | null
}

export interface Hold {
  /** °C */
  readonly at: number
  readonly for: Millis
}

/** The longest silence that still counts as having watched. */
export function longestGap(gap: Millis, { temperature }: Inputs): number {
  return Math.min(gap, temperature?.staleAfter ?? Number.POSITIVE_INFINITY)
}

/** A run that begins at `at`, in a cabinet that may still be warm from the last. */
export function beginRun(
  at: Instant,
  begins: Pick<Run, 'isWhole' | 'start' | 'dryFor' | 'wasShut'>,
  hold: Hold,
  gap: number,
  { temperature }: Inputs,
): Run {
  const { newestAt, value } = temperature ?? {}
  const isFresh = newestAt !== undefined && value !== undefined && at - newestAt <= gap
  const hotFrom = isFresh && value >= hold.at ? at : null
  return {
    from: at,
    ...begins,
    lastAt: newestAt ?? null,
    hotFrom,
    maybeFrom: hotFrom,
    hot: 0,
    longest: 0,
    possible: 0,
    unseen: 0,
    peak: isFresh ? value : null,
  }
}

/** The run after a good reading of the temperature. */
export function warmed(run: Run, celsius: number, at: Instant, hold: Hold, gap: number): Run {
  const seen = watched(run, at, gap)
  const peak = seen.peak === null ? celsius : Math.max(seen.peak, celsius)
  if (celsius < hold.at) return { ...seen, lastAt: at, hotFrom: null, maybeFrom: null, peak }
  const hotFrom = seen.hotFrom ?? at
  const maybeFrom = seen.maybeFrom ?? at
  const counted = seen.hotFrom === null ? 0 : between(later(seen.lastAt ?? seen.from, seen.from), at)
  return {
    ...seen,
    lastAt: at,
    hotFrom,
    maybeFrom,
    hot: seen.hot + counted,
    longest: Math.max(seen.longest, between(hotFrom, at)),
    possible: Math.max(seen.possible, between(maybeFrom, at)),
    peak,
  }
}

/** The run as of `at`: a gap ends what was surely hot and may have been hot all through. */
export function watched(run: Run, at: Instant, gap: number): Run {
  const { lastAt, from } = run
  if (lastAt !== null && at - lastAt <= gap) return run
  const silentFrom = lastAt === null ? from : later(lastAt, from)
  const maybeFrom = run.maybeFrom ?? silentFrom
  return {
    ...run,
    hotFrom: null,
    maybeFrom,
    possible: Math.max(run.possible, between(maybeFrom, at)),
    unseen: run.unseen + between(silentFrom, at),
  }
}

/** Whether the run held its temperature: by what was seen, by nothing that can have been, or nobody knows. */
export function heldIn({ isWhole, longest, possible }: Run, hold: Hold): 'held' | 'short' | 'unknown' {
  if (longest >= hold.for) return 'held'
  return isWhole && possible < hold.for ? 'short' : 'unknown'
}
