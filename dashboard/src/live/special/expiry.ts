import type { WireGauge } from '../../../../gateway/api/wire-gauges.ts'
import type { Tone } from '../urgency.ts'
import { monthAway } from './meter-sheet.ts'

const day = 86_400_000

/** Days are those of the site: `2026-11-23`. */
export const daysLeft = (lastDay: string, today: string): number => Math.round((Date.parse(lastDay) - Date.parse(today)) / day)

/** The soonest of its dates; `undefined` where nobody wrote one down. */
export const soonestOf = ({ expiries }: Pick<WireGauge, 'expiries'>): string | undefined =>
  expiries.map(({ lastDay }) => lastDay).toSorted()[0]

type Dated = Pick<WireGauge, 'expiries' | 'unregistered'>

/** Under `overdue`, `none` (a date is asked for and missing), `free` (none is asked for), `later`, or the month in which it expires. */
export function placeIn(gauge: Dated, today: string): string {
  const lastDay = soonestOf(gauge)
  if (lastDay === undefined) return gauge.unregistered ? 'none' : 'free'
  if (daysLeft(lastDay, today) < 0) return 'overdue'
  const month = lastDay.slice(0, 7)
  return month < monthAway(today.slice(0, 7), 12) ? month : 'later'
}

export interface ExpiryMonth {
  /** `2026-11` */
  readonly month: string
  readonly count: number
  readonly tone: Tone
}
export interface ExpiryCalendar {
  readonly overdue: number
  readonly none: number
  readonly later: number
  readonly months: readonly ExpiryMonth[]
}

/** Twelve months from this one on; what is due within 90 days has a tone. */
export function calendarOf(gauges: readonly Dated[], today: string): ExpiryCalendar {
  const counts = Map.groupBy(gauges, gauge => placeIn(gauge, today))
  const count = (place: string): number => counts.get(place)?.length ?? 0
  const months = Array.from({ length: 12 }, (_, index) => {
    const month = monthAway(today.slice(0, 7), index)
    const soonest = (counts.get(month) ?? []).map(soonestOf).toSorted()[0]
    return { month, count: count(month), tone: soonest === undefined ? ('calm' as const) : toneOfDays(daysLeft(soonest, today)) }
  })
  return { overdue: count('overdue'), none: count('none'), later: count('later'), months }
}

export function toneOfDays(left: number): Tone {
  if (left < 0) return 'medium'
  return left < 30 ? 'low' : left < 90 ? 'advisory' : 'calm'
}

export const isBad = ({ needle, inPlace, check }: Pick<WireGauge, 'needle' | 'inPlace' | 'check'>): boolean =>
  needle === 'low' || needle === 'high' || inPlace === false || check?.verdict === 'failed'

/** Overdue first, then what is wrong, then by the date; what has none is looked at before what is good for years. */
export function mostPressing(today: string): (a: WireGauge, b: WireGauge) => number {
  const leftOf = (gauge: WireGauge): number => {
    const lastDay = soonestOf(gauge)
    return lastDay === undefined ? (gauge.unregistered ? 90 : Number.MAX_SAFE_INTEGER) : daysLeft(lastDay, today)
  }
  const rank = (gauge: WireGauge): number => (leftOf(gauge) < 0 ? 0 : isBad(gauge) ? 1 : 2)
  return (a, b) => rank(a) - rank(b) || leftOf(a) - leftOf(b)
}
