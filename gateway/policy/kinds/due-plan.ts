import { after } from '../../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../../protocols/contract/time.ts'
import { isOneOf } from '../calendar.ts'
import type { Calendar } from '../calendar.ts'
import type { Days } from '../calendar-days.ts'
import { cycleStart, dayAt, nextCycle, nextDay } from '../calendar-days.ts'
import type { Cycle, Day } from '../calendar-days.ts'
import { farthest, stretchAfter, stretchOf } from '../calendar-hours.ts'
import type { Stretch } from '../calendar-hours.ts'
import type { NamedHours, Span } from '../calendar-span.ts'

/** What must happen, and when. */
export type Plan =
  /** `every: 10d`: so long after it was last done. */
  | { readonly by: 'time'; readonly every: Millis }
  /** `every: 2h, inside: night`: the same, but only within the hours. */
  | { readonly by: 'round'; readonly every: Millis; readonly hours: NamedHours }
  /** `each: day`, `windows: […]`: once in each of these spans of a day; `spans` are in order. */
  | { readonly by: 'day'; readonly spans: readonly Span[]; readonly days: Days }
  /** `each: month, from: 22, to: 23`: once in each week, month, quarter or year, between two of its days (counted from 1, both included). */
  | { readonly by: 'cycle'; readonly cycle: Cycle; readonly first: number; readonly last: number; readonly days: Days }
  /** `follows: trigger`: after each trigger. What is done answers the `oldest` that waits, or `all` of them. */
  | { readonly by: 'trigger'; readonly within: Millis; readonly before: Millis; readonly answers: 'oldest' | 'all' }

export type TimedPlan = Exclude<Plan, { by: 'trigger' }>

/** The time in which it must be done: at `to` at the latest. `slot` numbers a calendar window: its day (or its cycle's first) and its place in it. */
export interface Period {
  readonly from: Instant
  readonly to: Instant
  readonly slot?: readonly [day: Day, index: number]
}

/** What is to be done when watching begins at `at`: a window that is already open does not count. */
export function firstPeriod(plan: TimedPlan, calendar: Calendar, at: Instant): Period | undefined {
  switch (plan.by) {
    case 'time':
      return { from: at, to: after(at, plan.every) }
    case 'round':
      return roundAfter(plan, calendar, at, at)
    case 'day':
    case 'cycle': {
      const today = dayAt(at, calendar.zone)
      for (const period of windows(plan, calendar, [today, 0], Number.NEGATIVE_INFINITY)) if (period.from >= at) return period
      return undefined
    }
  }
}

/** What is to be done after `done`, which was done, or missed, at `at`. */
export function periodAfter(plan: TimedPlan, calendar: Calendar, done: Period, at: Instant): Period | undefined {
  switch (plan.by) {
    case 'time':
      return { from: at, to: after(at, plan.every) }
    case 'round':
      return roundAfter(plan, calendar, at, undefined)
    case 'day':
    case 'cycle': {
      const [day, index] = done.slot ?? [dayAt(done.to, calendar.zone), 0]
      for (const period of windows(plan, calendar, [day, index + 1], done.to)) return period
      return undefined
    }
  }
}

/**
 * The next round after one at `at`: `every` later if the hours last so long, else in the next hours. Hours shorter than `every` ask for
 * one round all the same. Hours in which watching began (`began`) ask for no more than its own time allows.
 */
function roundAfter(
  { every, hours }: Extract<Plan, { by: 'round' }>,
  calendar: Calendar,
  at: Instant,
  began: Instant | undefined,
): Period | undefined {
  const first = stretchAfter(calendar, hours, at)
  if (first === undefined) return undefined
  const isInside = first.from < at || (first.from === at && began === undefined)
  const ends = isInside ? lasting(calendar, hours, first, after(at, every)) : first.to
  if (isInside && after(at, every) <= ends) return { from: at, to: after(at, every) }
  const next = isInside ? stretchAfter(calendar, hours, ends) : first
  if (next === undefined) return undefined
  const to = after(next.from, every)
  return { from: next.from, to: Math.min(to, lasting(calendar, hours, next, to)) as Instant }
}

/** When hours that begin with this stretch end, looked for up to `until`: hours that meet, as those around the clock do at midnight, are one. */
function lasting(calendar: Calendar, hours: NamedHours, { to }: Stretch, until: Instant): Instant {
  let end = to
  while (end < until) {
    const more = stretchAfter(calendar, hours, end)
    if (more === undefined || more.from > end) return end
    end = more.to
  }
  return end
}

/** Calendar windows in order from a slot on. The first does not begin before `notBefore`: one that the clocks leave no time for comes after the one before it. */
function* windows(
  plan: Extract<Plan, { by: 'day' | 'cycle' }>,
  calendar: Calendar,
  [from, index]: readonly [Day, number],
  notBefore: number,
): Generator<Period> {
  const cycle = plan.by === 'day' ? 'day' : plan.cycle
  let first = index
  for (let day = cycleStart(cycle, from); day <= from + farthest; day = nextCycle(cycle, day)) {
    const spans = spansIn(plan, calendar, day)
    for (let place = first; place < spans.length; place++) {
      const span = spans[place]
      const stretch = span && stretchOf(day, span, calendar.zone, notBefore)
      if (stretch) yield { ...stretch, slot: [day, place] }
    }
    first = 0
  }
}

const dayMinutes = 1_440

/** The windows of the day, or of the cycle that begins on `day`, in minutes from its first midnight. */
function spansIn(plan: Extract<Plan, { by: 'day' | 'cycle' }>, calendar: Calendar, day: Day): readonly Span[] {
  if (plan.by === 'day') return isOneOf(calendar, plan.days, day) ? plan.spans : []
  const length = nextCycle(plan.cycle, day) - day
  // Days beyond the end of a short month count as its last day.
  const [first, last] = [Math.min(plan.first, length), Math.min(plan.last, length)]
  const hasDay = Array.from({ length: last - first + 1 }, (_, index) => nextDay(day, first - 1 + index)).some(one =>
    isOneOf(calendar, plan.days, one),
  )
  return hasDay ? [{ from: (first - 1) * dayMinutes, to: last * dayMinutes }] : []
}
