/** Who is on duty, as the page shows it: weeks, slots, the grid as a tree. Pure. */
import type { WireCell, WireDutyDay, WireDutyPlan, WireRoster, WireShift } from '../../../gateway/api/wire-duty.ts'
import { tongues } from '../words/tongues.ts'
import type { Tongue } from '../words/tongues.ts'

/** A day of the month with its shifts, in order. */
export interface DutyDay extends WireDutyDay {
  readonly isToday: boolean
  readonly isPast: boolean
  readonly shifts: readonly WireShift[]
}

/** The days of the plan, each with the shifts of the roster that begin on it. */
export function daysOf({ days, today }: WireDutyPlan, { items }: WireRoster): readonly DutyDay[] {
  const byDay = Map.groupBy(items, ({ on }) => on)
  return days.map(day => ({
    ...day,
    isToday: day.date === today,
    isPast: day.date < today,
    shifts: byDay.get(day.date) ?? [],
  }))
}

/** Weeks from Monday on; what lies outside the month is left empty. */
export function weeksOf(days: readonly DutyDay[]): readonly (readonly (DutyDay | undefined)[])[] {
  const first = days[0]
  if (!first) return []
  const before = (new Date(first.date).getUTCDay() + 6) % 7
  const cells: (DutyDay | undefined)[] = [...Array.from({ length: before }, () => undefined), ...days]
  while (cells.length % 7 > 0) cells.push(undefined)
  return Array.from({ length: cells.length / 7 }, (_, week) => cells.slice(week * 7, week * 7 + 7))
}

export const slotKey = ({ roster, on, shift }: WireShift): string => `${roster} ${on} ${shift}`

/** Shifts of the month that somebody took over, and those that nobody has and that are not over. */
export const swapsOf = ({ items }: WireRoster): readonly WireShift[] => items.filter(({ swap }) => swap !== undefined)
export const holesOf = ({ items }: WireRoster, now: number): readonly WireShift[] =>
  items.filter(({ person, to }) => person === null && Date.parse(to) > now)

const hoursBetween = (a: number, b: number): number => Math.abs(a - b) / 3_600_000

/** What else this person has so near to a shift that there is no night's sleep between: overlapping, or less than 8 hours apart. */
export function nearby(rosters: readonly WireRoster[], shift: WireShift, person: string): readonly WireShift[] {
  const [from, to] = [Date.parse(shift.from), Date.parse(shift.to)]
  return rosters
    .flatMap(({ items }) => items)
    .filter(other => {
      if (other.person !== person || slotKey(other) === slotKey(shift)) return false
      const [begins, ends] = [Date.parse(other.from), Date.parse(other.to)]
      return (begins < to && from < ends) || hoursBetween(begins, to) < 8 || hoursBetween(from, ends) < 8
    })
}

export interface CellNode {
  readonly cell: WireCell
  readonly below: readonly CellNode[]
}

/** The grid from the top: the centre, its stations, their cells. */
export function treeOf(cells: readonly WireCell[]): readonly CellNode[] {
  const below = (above: string | null): readonly CellNode[] =>
    cells.filter(cell => cell.above === above).map(cell => ({ cell, below: below(cell.id) }))
  return below(null)
}

/** `2026-11` and the month `by` months later. */
export function monthAfter(month: string, by: number): string {
  const [year = 0, number = 1] = month.split('-').map(Number)
  return new Date(Date.UTC(year, number - 1 + by, 1)).toISOString().slice(0, 7)
}

/** `2026-10-03` as people say it. Days of the calendar have no zone. */
export function sayDate(date: string, tongue: Tongue): string {
  const format = new Intl.DateTimeFormat(tongues[tongue].locale, {
    timeZone: 'UTC',
    month: 'short',
    day: 'numeric',
    weekday: 'short',
  })
  return format.format(Date.parse(date))
}

export function sayMonth(month: string, tongue: Tongue): string {
  const format = new Intl.DateTimeFormat(tongues[tongue].locale, { timeZone: 'UTC', year: 'numeric', month: 'long' })
  return format.format(Date.parse(`${month}-01`))
}

export const dateInMonth = (date: string): number => Number(date.slice(8))
