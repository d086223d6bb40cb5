import { days, hours } from '../../protocols/contract/time.ts'
import type { Instant } from '../../protocols/contract/time.ts'

/** What a counter stood at. */
export interface Counted {
  readonly at: Instant
  readonly value: number
}

/**
 * What is suspect of a reading: it went back, it goes on by more than the meter lets through, by far more than in the time before, or not
 * at all. Suspect only: whoever knows the place decides.
 */
export type Plausibility = 'fell' | 'impossible' | 'jump' | 'stands'

/** So many times the use of a day before is out of the ordinary, from so many m³ on. */
const farMore = 3
const worthSaying = 5
/** A meter that stands for a weekend says nothing. */
const standsFor = days(14)

export function plausibilityOf(
  before: Counted | undefined,
  last: Counted | undefined,
  now: Counted | undefined,
  qmax: number | undefined,
): Plausibility | undefined {
  if (!last || !now || now.at <= last.at) return undefined
  const used = usedOf(last, now)
  const length = now.at - last.at
  if (used < 0) return 'fell'
  if (used === 0) return length >= standsFor ? 'stands' : undefined
  if (qmax !== undefined && used > (qmax * length) / hours(1)) return 'impossible'
  if (!before || last.at <= before.at) return undefined
  const perDay = used / length
  const usual = usedOf(before, last) / (last.at - before.at)
  return usual > 0 && used >= worthSaying && perDay > farMore * usual ? 'jump' : undefined
}

/** m³ between two readings, without the dust of binary fractions. */
export const usedOf = (from: Counted, to: Counted): number => Number((to.value - from.value).toFixed(6))

/** How far the readings of a group have come. */
export interface Progress {
  readonly done: number
  readonly of: number
  /** 0–1. */
  readonly required: number
  /** How many are to be read at least, and how many of them still are. */
  readonly needed: number
  readonly left: number
  readonly state: 'not-begun' | 'open' | 'met' | 'missed'
}

export function progressOf(
  done: number,
  of: number,
  required: number,
  { from, to }: { readonly from: Instant; readonly to: Instant },
  now: Instant,
): Progress {
  // 0.98 × 50 is 49, although binary fractions make a little more of it.
  const needed = Math.ceil(Number((required * of).toFixed(6)))
  const left = Math.max(0, needed - done)
  const state = left === 0 && of > 0 ? 'met' : now >= to ? 'missed' : now < from ? 'not-begun' : 'open'
  return { done, of, required, needed, left, state }
}
