import { days, instant } from '../../../protocols/contract/time.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import type { PointId } from '../../../protocols/contract/reading.ts'
import { bad, qualityOf } from '../../historian/rows.ts'
import type { Equipment } from '../../site/site.ts'
import type { Past } from '../../store/past.ts'

export const isMeter = ({ type }: Pick<Equipment, 'type'>): boolean => type === 'gas-meter' || type === 'residential-meter'

export interface Reading {
  readonly at: Instant
  readonly value: number
}

type Columns = Pick<Past, 'columns'>

/** The first good reading of a time. */
export function firstReading({ columns }: Columns, point: PointId, from: Instant, to: Instant): Reading | undefined {
  for (const rows of columns(point, from, to))
    for (let index = 0; index < rows.at.length; index++)
      if (qualityOf(rows.mark[index] ?? bad) !== bad) return { at: instant(rows.at[index] ?? 0), value: rows.value[index] ?? 0 }
  return undefined
}

/** The last good reading of a time: looked for from its end, because most meters speak every day. */
export function lastReading(past: Columns, point: PointId, from: Instant, to: Instant): Reading | undefined {
  let end = to
  for (let back = days(1); end > from; back = days((back / days(1)) * 4)) {
    const begin = instant(Math.max(from, end - back))
    const found = lastOf(past, point, begin, end)
    if (found) return found
    end = begin
  }
  return undefined
}

function lastOf({ columns }: Columns, point: PointId, from: Instant, to: Instant): Reading | undefined {
  let found: Reading | undefined
  for (const rows of columns(point, from, to))
    for (let index = rows.at.length - 1; index >= 0; index--)
      if (qualityOf(rows.mark[index] ?? bad) !== bad) {
        found = { at: instant(rows.at[index] ?? 0), value: rows.value[index] ?? 0 }
        break
      }
  return found
}
