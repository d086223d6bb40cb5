import { parseDuration } from '../../../protocols/contract/duration.ts'
import { days } from '../../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../../protocols/contract/time.ts'
import { instantOf, localTime } from '../../zone.ts'
import type { SpecReader } from '../spec.ts'

/** What consumption is compared by: whole days that begin at the site's midnight (seven begin on Monday), months, or a plain length. */
export type Period =
  { readonly of: 'days'; readonly count: number } | { readonly of: 'months' } | { readonly of: 'time'; readonly length: Millis }

const oneDay = days(1)
/** Day number of Monday, 5 January 1970. */
const firstMonday = 4

/** `period: 7d`, `period: month`, `period: 8h`. */
export function readPeriod(from: SpecReader, fallback: Period): Period {
  if (!from.has('period')) return fallback
  const raw = from.raw('period')
  if (raw === 'month') return { of: 'months' }
  const length = parseDuration(raw)
  if (length === undefined || length <= 0) {
    from.wrong(
      ['period'],
      { zh: `“period”的值 ${JSON.stringify(raw)} 不对`, en: `"period" cannot be ${JSON.stringify(raw)}` },
      { zh: '写时长或 month，例如 1d、7d', en: 'write a duration or month, such as 1d or 7d' },
    )
    return fallback
  }
  return length % oneDay === 0 ? { of: 'days', count: length / oneDay } : { of: 'time', length }
}

/** The end of the period in which `at` lies; an instant at which one ends belongs to the next. */
export function endOfPeriod(at: Instant, period: Period, zone: string): Instant {
  if (period.of === 'time') return ((Math.floor(at / period.length) + 1) * period.length) as Instant
  const local = localTime(at, zone)
  const midnight = { ...local, hour: 0, minute: 0, second: 0, ms: 0 }
  if (period.of === 'months') {
    const { year, month } = local
    return instantOf({ ...midnight, year: month === 12 ? year + 1 : year, month: month === 12 ? 1 : month + 1, day: 1 }, zone)
  }
  const today = Date.UTC(local.year, local.month - 1, local.day) / oneDay
  const next = firstMonday + (Math.floor((today - firstMonday) / period.count) + 1) * period.count
  const date = new Date(next * oneDay)
  const start = { ...midnight, year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
  return instantOf(start, zone)
}
