import type { Instant } from '../../protocols/contract/time.ts'
import { startOf } from '../report/period.ts'
import { isoInZone } from '../zone.ts'
import type { DeliveryPeriod } from './settings.ts'

const numbersOf = (at: Instant, zone: string): readonly [year: number, month: number, day: number] => {
  const [year = 0, month = 1, day = 1] = isoInZone(at, zone).slice(0, 10).split('-').map(Number)
  return [year, month - 1, day]
}
const dayOf = (time: number) => (time / 86_400_000) as Parameters<typeof startOf>[0]

/** The whole days, weeks, months before the day on which it is due, by the site's calendar; a week begins on Monday. */
export function periodOf(period: DeliveryPeriod, due: Instant, zone: string): { readonly from: Instant; readonly to: Instant } {
  const [year, month, day] = numbersOf(due, zone)
  const [first, end] = boundsOf(period, year, month, day)
  return { from: startOf(dayOf(first), zone), to: startOf(dayOf(end), zone) }
}

function boundsOf(period: DeliveryPeriod, year: number, month: number, day: number): readonly [first: number, end: number] {
  switch (period) {
    case 'yesterday':
      return [Date.UTC(year, month, day - 1), Date.UTC(year, month, day)]
    case 'last-week': {
      const sinceMonday = (new Date(Date.UTC(year, month, day)).getUTCDay() + 6) % 7
      return [Date.UTC(year, month, day - sinceMonday - 7), Date.UTC(year, month, day - sinceMonday)]
    }
    case 'last-month':
      return [Date.UTC(year, month - 1, 1), Date.UTC(year, month, 1)]
    case 'last-quarter': {
      const begin = month - (month % 3)
      return [Date.UTC(year, begin - 3, 1), Date.UTC(year, begin, 1)]
    }
    case 'last-year':
      return [Date.UTC(year - 1, 0, 1), Date.UTC(year, 0, 1)]
  }
}
