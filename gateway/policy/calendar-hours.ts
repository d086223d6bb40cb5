import { after } from '../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import { offsetAt } from '../zone.ts'
import { isOneOf } from './calendar.ts'
import type { Calendar } from './calendar.ts'
import type { NamedHours, Span } from './calendar-span.ts'
import { dayAt, nextDay } from './calendar-days.ts'
import type { Day } from './calendar-days.ts'

/** From the first instant to just before the last. */
export interface Stretch {
  readonly from: Instant
  readonly to: Instant
}

const quarterHour = 900_000
const dayMs = 86_400_000

/**
 * The instant at which the zone's clocks first show `minute` of `day`. What they show twice counts the first time; what they skip is
 * the instant of the jump. So later times never come before earlier ones, and spans that meet on the clock meet in time.
 */
export function wallTime(day: Day, minute: number, zone: string): Instant {
  const shown = day * dayMs + minute * 60_000
  const before = offsetAt((shown - dayMs) as Instant, zone)
  const behind = offsetAt((shown + dayMs) as Instant, zone)
  const first = (shown - before) as Instant
  if (before === behind || offsetAt(first, zone) === before) return first
  const second = (shown - behind) as Instant
  if (offsetAt(second, zone) === behind) return second
  let [low, high] = [Math.floor(second / quarterHour), Math.ceil(first / quarterHour)]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (offsetAt((middle * quarterHour) as Instant, zone) === before) low = middle
    else high = middle
  }
  return (high * quarterHour) as Instant
}

/** A date that the zone never had (Samoa left out 30 December 2011): nothing can happen on it. */
const isSkipped = (day: Day, zone: string): boolean => wallTime(day, 0, zone) === wallTime(nextDay(day), 0, zone)

/**
 * When a span of a day really is. One that the clocks skip as a whole (02:15–02:45 on the night they are set forward) has its written
 * length from the jump on, so that no duty falls out; `notBefore` keeps two such spans from lying over one another.
 */
export function stretchOf(day: Day, { from, to }: Span, zone: string, notBefore = Number.NEGATIVE_INFINITY): Stretch | undefined {
  if (isSkipped(day, zone)) return undefined
  const begins = Math.max(wallTime(day, from, zone), notBefore) as Instant
  const ends = wallTime(day, to, zone)
  return { from: begins, to: ends > begins ? ends : after(begins, ((to - from) * 60_000) as Millis) }
}

/** The hours of one day in time, in order; those over midnight belong to the day they begin on. */
export function stretchesOn(calendar: Calendar, hours: NamedHours, day: Day): readonly Stretch[] {
  if (!isOneOf(calendar, hours.days, day)) return none
  const spans = hours.hours.find(({ days }) => isOneOf(calendar, days, day))?.spans ?? []
  const inOrder = spans.length > 1 ? spans.toSorted((a, b) => a.from - b.from) : spans
  return inOrder.flatMap(span => stretchOf(day, span, calendar.zone) ?? [])
}

const none: readonly Stretch[] = []

/** How far ahead anything is looked for: the longest holidays are far shorter, and a calendar without an answer must end. */
export const farthest = 800

/** The first stretch of the hours that ends after `at`: the present one, or the next. */
export function stretchAfter(calendar: Calendar, hours: NamedHours, at: Instant): Stretch | undefined {
  const today = dayAt(at, calendar.zone)
  for (let ahead = -2; ahead <= farthest; ahead++) {
    const found = stretchesOn(calendar, hours, nextDay(today, ahead)).find(({ to }) => to > at)
    if (found) return found
  }
  return undefined
}

/** When the hours last ended at or before `at`, seen no further back than `within`. */
export function lastEnd(calendar: Calendar, hours: NamedHours, at: Instant, within: Millis): Instant | undefined {
  const today = dayAt(at, calendar.zone)
  const oldest = dayAt((at - within) as Instant, calendar.zone) - 2
  for (let day = today; day >= oldest; day = nextDay(day, -1)) {
    const ended = stretchesOn(calendar, hours, day).findLast(({ to }) => to <= at)
    if (ended) return ended.to
  }
  return undefined
}
