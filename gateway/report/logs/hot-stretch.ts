import type { PointId } from '../../../protocols/contract/reading.ts'
import { instant } from '../../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../../protocols/contract/time.ts'
import { bad, qualityOf } from '../../historian/rows.ts'
import type { Past } from '../../store/past.ts'

/** The longest stretch in which a point was surely at or above a value. */
export interface Stretch {
  readonly from: Instant
  readonly to: Instant
}

/** Told from the readings themselves, apart from what the rule wrote: a silence longer than `gap` ends what was sure. `undefined` where it never was. */
export function longestAbove(
  past: Pick<Past, 'columns'>,
  point: PointId,
  [from, to]: readonly [from: Instant, to: Instant],
  { value, gap }: { readonly value: number; readonly gap: Millis },
): Stretch | undefined {
  let longest: { from: number; to: number } | undefined
  let current: { from: number; to: number } | undefined
  for (const rows of past.columns(point, from, instant(to + 1)))
    for (let index = 0; index < rows.at.length; index++) {
      const at = rows.at[index] ?? 0
      if (qualityOf(rows.mark[index] ?? bad) === bad) continue
      const isAbove = (rows.value[index] ?? Number.NaN) >= value
      if (!isAbove) current = undefined
      else if (current && at - current.to <= gap) current.to = at
      else current = { from: at, to: at }
      if (current && (!longest || current.to - current.from > longest.to - longest.from)) longest = { ...current }
    }
  return longest && { from: instant(longest.from), to: instant(longest.to) }
}
