import type { Instant } from '../../protocols/contract/time.ts'
import { offsetAt } from '../zone.ts'

/** A day of the calendar on the wall, counted from 1970-01-01. It has no zone: 1 October is the same day everywhere. */
export type Day = number & { readonly __unit: 'days since 1970-01-01' }

/** 0 is Sunday, as JavaScript counts. */
export type Weekday = 0 | 1 | 2 | 3 | 4 | 5 | 6

/** How weekdays are written. */
export const weekdayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

const dayMs = 86_400_000
const dateOf = (day: Day): Date => new Date(day * dayMs)

/** The day the zone's clocks show at `at`. */
export const dayAt = (at: Instant, zone: string): Day => Math.floor((at + offsetAt(at, zone)) / dayMs) as Day

export const nextDay = (day: Day, by = 1): Day => (day + by) as Day

/** The `day`th of `month` (1–12); a month or a day beyond the end carries over. */
export const dayOf = (year: number, month: number, day: number): Day => {
  // `Date.UTC` takes the years 0–99 for 1900–1999: nobody's calendar reaches there.
  return (Date.UTC(year, month - 1, day) / dayMs) as Day
}

export const weekdayOf = (day: Day): Weekday => dateOf(day).getUTCDay() as Weekday
export const yearOf = (day: Day): number => dateOf(day).getUTCFullYear()
/** 1–12. */
export const monthOf = (day: Day): number => dateOf(day).getUTCMonth() + 1
/** 1–31. */
export const dateInMonth = (day: Day): number => dateOf(day).getUTCDate()

/** `2026-10-01`; `undefined` for anything else, 31 February included. */
export function parseDay(text: unknown): Day | undefined {
  const [, year, month, day] = (typeof text === 'string' && /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)) || []
  if (year === undefined) return undefined
  const found = dayOf(Number(year), Number(month), Number(day))
  return monthOf(found) === Number(month) && dateInMonth(found) === Number(day) ? found : undefined
}

/** `2026-10-01`. */
export const dayText = (day: Day): string => dateOf(day).toISOString().slice(0, 10)

/** A stretch of the calendar that returns: a day, an ISO week (from Monday), a month, a quarter, a year. */
export const cycles = ['day', 'week', 'month', 'quarter', 'year'] as const
export type Cycle = (typeof cycles)[number]

/** The first day of the cycle that `day` lies in. */
export function cycleStart(cycle: Cycle, day: Day): Day {
  const year = yearOf(day)
  switch (cycle) {
    case 'day':
      return day
    case 'week':
      return nextDay(day, -((weekdayOf(day) + 6) % 7))
    case 'month':
      return dayOf(year, monthOf(day), 1)
    case 'quarter':
      return dayOf(year, Math.floor((monthOf(day) - 1) / 3) * 3 + 1, 1)
    case 'year':
      return dayOf(year, 1, 1)
  }
}

/** The first day of the cycle after the one that begins on `start`. */
export function nextCycle(cycle: Cycle, start: Day): Day {
  const year = yearOf(start)
  switch (cycle) {
    case 'day':
      return nextDay(start)
    case 'week':
      return nextDay(start, 7)
    case 'month':
      return dayOf(year, monthOf(start) + 1, 1)
    case 'quarter':
      return dayOf(year, monthOf(start) + 3, 1)
    case 'year':
      return dayOf(year + 1, 1, 1)
  }
}

/** Days by their nature, or by their names in the week. */
export type Days = 'all' | 'working' | 'non-working' | 'school' | readonly Weekday[]
