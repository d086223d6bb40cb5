import type { PointId } from '../../../protocols/contract/reading.ts'
import { instant } from '../../../protocols/contract/time.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import { bad, qualityOf } from '../../historian/rows.ts'
import type { Past } from '../../store/past.ts'

/** So far back what a counter showed before is looked for: it repeats itself each quarter of an hour. */
const lookBack = 86_400_000

/** When a counter went up: each press of a button, each dosing, each backup. */
export function* stepsOf({ columns }: Pick<Past, 'columns'>, point: PointId, from: Instant, to: Instant): Generator<Instant> {
  let before: number | undefined
  for (const rows of columns(point, instant(from - lookBack), to))
    for (let index = 0; index < rows.at.length; index++) {
      if (qualityOf(rows.mark[index] ?? bad) === bad) continue
      const [at, value] = [rows.at[index] ?? 0, rows.value[index] ?? 0]
      if (before !== undefined && value > before && at >= from) yield instant(at)
      before = value
    }
}
