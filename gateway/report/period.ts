import type { Instant } from '../../protocols/contract/time.ts'
import { dayAt, nextDay, parseDay } from '../policy/calendar-days.ts'
import type { Day } from '../policy/calendar-days.ts'
import { wallTime } from '../policy/calendar-hours.ts'
import { parseTime } from '../zone.ts'

/** The beginning of a period: ms, ISO 8601 (naive times are the site's), or a day. */
export function parseFrom(text: string, zone: string): Instant | undefined {
  const day = parseDay(text)
  return day === undefined ? parseTime(text, zone) : startOf(day, zone)
}

/** The end of a period, not included. A day alone is meant whole, as people say it: 1 to 30 November has the 30th in it. */
export function parseTo(text: string, zone: string): Instant | undefined {
  const day = parseDay(text)
  return day === undefined ? parseTime(text, zone) : startOf(nextDay(day), zone)
}

/** When a day of the calendar begins. */
export const startOf = (day: Day, zone: string): Instant => wallTime(day, 0, zone)

/** The days of a period, cut to it: each with when it begins and ends. */
export function* daysOf(
  from: Instant,
  to: Instant,
  zone: string,
): Generator<{ readonly day: Day; readonly from: Instant; readonly to: Instant }> {
  for (let day = dayAt(from, zone); startOf(day, zone) < to; day = nextDay(day)) {
    const [start, end] = [startOf(day, zone), startOf(nextDay(day), zone)]
    yield { day, from: (start < from ? from : start) as Instant, to: (end > to ? to : end) as Instant }
  }
}
