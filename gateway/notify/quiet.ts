import type { Instant } from '../../protocols/contract/time.ts'
import type { Duty } from '../duty/duty.ts'
import { dayAt, nextDay } from '../policy/calendar-days.ts'
import { wallTime } from '../policy/calendar-hours.ts'
import type { Priority } from '../policy/rule.ts'

/** The end of the quiet hours that `at` lies in, for a priority that keeps them; `undefined` where it may go out at once. */
export function quietUntil(at: Instant, priority: Priority, quiet: Duty['quiet'], zone: string): Instant | undefined {
  if (!quiet?.priorities.includes(priority)) return undefined
  const today = dayAt(at, zone)
  // Quiet hours that go over midnight may have begun the day before.
  for (const day of [nextDay(today, -1), today]) {
    const [from, to] = [quiet.span.from, quiet.span.to].map(minute => wallTime(day, minute, zone))
    if (from !== undefined && to !== undefined && from <= at && at < to) return to
  }
  return undefined
}
