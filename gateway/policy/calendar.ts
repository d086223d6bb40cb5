import type { Words } from '../../protocols/contract/driver.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { dateInMonth, dayAt, monthOf, nextDay, parseDay, weekdayNames, weekdayOf, yearOf } from './calendar-days.ts'
import type { Day, Days, Weekday } from './calendar-days.ts'
import { usualHours } from './calendar-span.ts'
import type { Hours } from './calendar-span.ts'
import { chinaEveryYear, chinaYears } from './calendars/cn.ts'

/** A day that is not what its weekday says: a holiday, or a weekend day that is worked. */
export interface DayMark {
  readonly working: boolean
  readonly name: Words
}

export interface Term {
  /** First and last day, both included. */
  readonly from: Day
  readonly to: Day
  readonly name: Words
}

/** Whose public holidays a site keeps. */
export const countries = ['CN', 'none'] as const
export type Country = (typeof countries)[number]

/** Days, hours and seasons of a site. Values only: maps and sets, so that it stays out of what is printed of a rule. */
export interface Calendar {
  /** IANA name. */
  readonly zone: string
  readonly country: Country
  readonly weekend: ReadonlySet<Weekday>
  /** Published and the site's own; the site's word counts. */
  readonly marks: ReadonlyMap<Day, DayMark>
  /** Where there are none every working day is a school day. */
  readonly terms: readonly Term[]
  readonly hours: ReadonlyMap<string, Hours>
}

const plainWeekend: ReadonlySet<Weekday> = new Set([6, 0])

/** A calendar without holidays and terms, with the usual hours: Monday to Friday are working days. */
export const plainCalendar = (zone: string): Calendar => ({
  zone,
  country: 'none',
  weekend: plainWeekend,
  marks: new Map(),
  terms: [],
  hours: usualHours,
})

/** What a country has published, day by day. */
export function publishedMarks(country: Country): ReadonlyMap<Day, DayMark> {
  const marks = new Map<Day, DayMark>()
  if (country === 'none') return marks
  for (const { holidays, workdays } of chinaYears) {
    for (const { name, from, to } of holidays) for (const day of daysBetween(from, to)) marks.set(day, { working: false, name })
    for (const text of workdays) for (const day of daysBetween(text, text)) marks.set(day, { working: true, name: makeUp })
  }
  return marks
}

const makeUp: Words = { zh: '调休上班', en: 'make-up working day' }

function daysBetween(from: string, to: string): readonly Day[] {
  const [first, last] = [parseDay(from), parseDay(to)]
  if (first === undefined || last === undefined) throw new Error(`${from} to ${to} is no stretch of days`)
  return Array.from({ length: last - first + 1 }, (_, index) => nextDay(first, index))
}

const knownYears: ReadonlySet<number> = new Set(chinaYears.map(({ year }) => year))

/** Whether the year's holidays and make-up days are known. Where no country's are kept there is nothing to know. */
export const knowsYear = (calendar: Calendar, year: number): boolean => calendar.country === 'none' || knownYears.has(year)

/**
 * The years at hand whose holidays nobody has told: this one, and from December on the next (the notice comes in autumn). In such a
 * year only weekends and the holidays with a fixed date are days off, besides what the site itself adds.
 */
export function unknownYears(calendar: Calendar, now: Instant): readonly number[] {
  const today = dayAt(now, calendar.zone)
  const years = monthOf(today) === 12 ? [yearOf(today), yearOf(today) + 1] : [yearOf(today)]
  return years.filter(year => !knowsYear(calendar, year))
}

/** Why a day is not what its weekday says; `undefined` for a plain day. */
export function markOf(calendar: Calendar, day: Day): DayMark | undefined {
  const mark = calendar.marks.get(day)
  if (mark !== undefined || knowsYear(calendar, yearOf(day))) return mark
  const fixed = chinaEveryYear.find(({ month, days }) => month === monthOf(day) && days.includes(dateInMonth(day)))
  return fixed && { working: false, name: fixed.name }
}

export const isWorkingDay = (calendar: Calendar, day: Day): boolean =>
  markOf(calendar, day)?.working ?? !calendar.weekend.has(weekdayOf(day))

/** A working day inside a term. */
export const isSchoolDay = (calendar: Calendar, day: Day): boolean =>
  isWorkingDay(calendar, day) && (calendar.terms.length === 0 || calendar.terms.some(({ from, to }) => from <= day && day <= to))

export function isOneOf(calendar: Calendar, days: Days, day: Day): boolean {
  switch (days) {
    case 'all':
      return true
    case 'working':
      return isWorkingDay(calendar, day)
    case 'non-working':
      return !isWorkingDay(calendar, day)
    case 'school':
      return isSchoolDay(calendar, day)
    default:
      return days.includes(weekdayOf(day))
  }
}

const natures = ['all', 'working', 'non-working', 'school'] as const

/** `working`, `mon`, `mon-fri`, `[mon, thu]`; `undefined` for anything else. */
export function parseDays(raw: unknown): Days | undefined {
  const nature = natures.find(name => name === raw)
  if (nature !== undefined) return nature
  const weekdays = (Array.isArray(raw) ? raw : [raw]).map(parseWeekdays)
  if (weekdays.length === 0 || weekdays.includes(undefined)) return undefined
  return [...new Set(weekdays.flatMap(some => some ?? []))]
}

/** A weekday, or a run of them that may go over Sunday: `fri-mon`. */
function parseWeekdays(raw: unknown): readonly Weekday[] | undefined {
  if (typeof raw !== 'string') return undefined
  const [first = '', last = first, more] = raw.toLowerCase().split('-')
  const from = weekdayNames.findIndex(name => name === first)
  const to = weekdayNames.findIndex(name => name === last)
  if (from < 0 || to < 0 || more !== undefined) return undefined
  return Array.from({ length: ((to - from + 7) % 7) + 1 }, (_, index) => ((from + index) % 7) as Weekday)
}
