import { days, seconds } from '../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'

/** A phone's clock may be so far off before its times are corrected. */
export const clockTolerance = seconds(60)
/** What was done longer ago is refused: nobody can vouch for it any more. */
export const oldestVisit = days(7)

/** The moment at which something came in, on the gateway's two clocks, and how fast the domain runs. */
export interface Arrival {
  readonly wall: Instant
  readonly at: Instant
  readonly speed: number
}

/** When something on a phone was really done. `at` is domain time; the others are real time. */
export interface PhoneTime {
  readonly at: Instant
  readonly phoneAt: Instant
  readonly sentAt: Instant
  /** Present where the phone's clock was wrong: what it would have shown had it been right. */
  readonly correctedAt?: Instant
}

/**
 * Takes what a phone says about time apart: it said `phoneAt` when it happened and `sentAt` when it sent this, by the same clock. How far
 * that clock is off is seen from the second.
 */
export function phoneTime(
  phoneAt: Instant,
  sentAt: Instant,
  { wall, at, speed }: Arrival,
): { readonly ok: true; readonly time: PhoneTime } | { readonly ok: false; readonly why: 'after-now' | 'too-old' } {
  if (phoneAt > sentAt + clockTolerance) return { ok: false, why: 'after-now' }
  const offset = wall - sentAt
  const isOff = Math.abs(offset) > clockTolerance
  const real = Math.min(isOff ? phoneAt + offset : phoneAt, wall)
  const age = (wall - real) as Millis
  if (age > oldestVisit) return { ok: false, why: 'too-old' }
  const corrected = isOff ? { correctedAt: real as Instant } : {}
  return { ok: true, time: { at: Math.floor(at - age * speed) as Instant, phoneAt, sentAt, ...corrected } }
}
