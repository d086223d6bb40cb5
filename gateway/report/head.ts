import type { PointId } from '../../protocols/contract/reading.ts'
import type { LogHead } from './document.ts'
import type { LimitsOver } from './limits.ts'
import { limitsOver } from './limits.ts'
import type { LogQuestion } from './question.ts'
import { clockOf, policiesOf, remarksOf, sensorsOf } from './head-parts.ts'
import type { LogSource } from './source.ts'

/** What a log has found out already, so that it is not looked for twice. */
export interface KnownOfLog {
  readonly completeness?: number
  readonly limits?: readonly LimitsOver[]
}

/** What stands above a log that speaks of these points: limits as they were valid, sensors, the clock. Made after its readings were read: only then damage is known. */
export function headOf(source: LogSource, question: LogQuestion, points: readonly PointId[], known: KnownOfLog = {}): LogHead {
  const { site } = source
  const { from, to, equipment, areas } = question
  const named = [
    ...site.areas.filter(({ id }) => areas.includes(id)),
    ...site.equipment.filter(({ id }) => equipment.includes(id)),
  ].map(({ name }) => name)
  const measured = site.points.filter(({ id }) => points.includes(id))
  const limits = known.limits ?? measured.map(point => limitsOver(source, point, from, to))
  return {
    site: { id: site.id, name: site.name },
    from,
    to,
    timeZone: site.timeZone,
    scope: named,
    clock: clockOf(source, question),
    ...(known.completeness !== undefined && { completeness: known.completeness }),
    limits: limits.flatMap(({ told }) => told),
    sensors: sensorsOf(source, question, measured),
    policies: policiesOf(source, question),
    remarks: remarksOf(source, question, { points: measured, limits }),
  }
}
