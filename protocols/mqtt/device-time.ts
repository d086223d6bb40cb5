import { fault } from '../contract/fault.ts'
import type { Instant } from '../contract/time.ts'
import { instant, minutes } from '../contract/time.ts'
import type { Answer } from '../kit/answer.ts'
import { answered, failed } from '../kit/answer.ts'

/** Beyond this a device's clock is not fast but wrong; taken at its word, it would make every later reading late. */
const fastestClock = minutes(10)
/** A clock that shows less was never set. */
const earliest = Date.parse('2000-01-01T00:00:00Z')

/** A device's own time, in ms since 1970, if its clock can be believed; else `garbled`. */
export function believedTime(ms: number, receivedAt: Instant): Answer<Instant> {
  if (ms < earliest) {
    return failed(fault('garbled', `The device's clock shows ${new Date(Math.max(ms, 0)).toISOString()}: it is not set.`))
  }
  if (ms > receivedAt + fastestClock) {
    return failed(fault('garbled', `The device's clock is ${Math.round((ms - receivedAt) / 1_000)} s ahead.`))
  }
  return answered(instant(Math.round(ms)))
}

/**
 * Milliseconds out of what devices call a time: epoch seconds, milli-, micro- or nanoseconds, which cannot be mistaken for one another
 * between 2000 and 2286, or ISO 8601 with an offset (without one it could be anybody's noon). NaN when it is none.
 */
export function epochOf(value: unknown): number {
  if (typeof value === 'string') {
    const text = value.trim()
    if (/^\d{9,19}(\.\d+)?$/.test(text)) return epochOf(Number(text))
    return /^\d{4}-\d\d-\d\d[T ].*(Z|[+-]\d\d:?\d\d)$/.test(text) ? Date.parse(text) : Number.NaN
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) return Number.NaN
  const seconds = earliest / 1_000
  for (const unit of [1e9, 1e6, 1e3]) if (value >= seconds * unit) return value / (unit / 1e3)
  return value >= seconds ? value * 1_000 : value
}
