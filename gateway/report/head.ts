import type { PointId } from '../../protocols/contract/reading.ts'
import type { LogHead } from './document.ts'
import type { LogQuestion } from './question.ts'
import type { LogSource } from './source.ts'

/** What stands above a log that speaks of these points: limits as they were valid, sensors, the clock. */
export function headOf({ site }: LogSource, { from, to, equipment, areas }: LogQuestion, _points: readonly PointId[]): LogHead {
  const named = [
    ...site.areas.filter(({ id }) => areas.includes(id)),
    ...site.equipment.filter(({ id }) => equipment.includes(id)),
  ].map(({ name }) => name)
  return {
    site: { id: site.id, name: site.name },
    from,
    to,
    timeZone: site.timeZone,
    scope: named,
    clock: [],
    limits: [],
    sensors: [],
    policies: site.policies.map(({ id, version, name }) => ({ id, version, ...(name && { name }) })),
    remarks: [],
  }
}
