import type { Instant, Millis } from '../../protocols/contract/time.ts'
import { between, minutes } from '../../protocols/contract/time.ts'

/** A time in which more alarms came than a person can answer. */
export interface Flood {
  readonly from: Instant
  readonly to: Instant
  /** Raised from its beginning to its end. */
  readonly alarms: number
  /** The most within ten minutes. */
  readonly peak: number
}

/**
 * A flood begins with the alarm that makes more than 10 within 10 minutes and ends when fewer than 5 are left within the last 10
 * (EEMUA 191 and ISA-18.2; the words "more than" and the end value are as told in secondary sources). It counts from the first of the
 * alarms that made it.
 */
export const floodWindow: Millis = minutes(10)
const begins = 10
const ends = 5

/** The floods among alarms raised at `times`, which must be in order. */
export function floodsOf(times: readonly Instant[]): readonly Flood[] {
  const floods: Flood[] = []
  let oldest = 0
  let open: { from: Instant; first: number; peak: number } | undefined
  const close = (at: Instant, upTo: number): void => {
    if (open) floods.push({ from: open.from, to: at, alarms: upTo - open.first, peak: open.peak })
    open = undefined
  }
  for (const [index, at] of times.entries()) {
    // One alarm after the other leaves the window: the flood may have ended between two alarms.
    while (between(times[oldest] as Instant, at) >= floodWindow) {
      const left = (times[oldest] as Instant) + floodWindow
      oldest += 1
      if (index - oldest < ends) close(left as Instant, index)
    }
    const count = index - oldest + 1
    if (open) open.peak = Math.max(open.peak, count)
    else if (count > begins) open = { from: times[oldest] as Instant, first: oldest, peak: count }
  }
  // Without a further alarm the window empties until fewer than five are left in it.
  const last = times.length - ends
  if (open && last >= 0) close(((times[last] as number) + floodWindow) as Instant, times.length)
  return floods
}
