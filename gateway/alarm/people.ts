import { pointId } from '../../protocols/contract/reading.ts'
import type { Reading } from '../../protocols/contract/reading.ts'
import type { Instant } from '../../protocols/contract/time.ts'

/** What a person did and wrote down: a dosing, a round, an inspection. */
export interface PeopleRecord {
  /** `dosing`, `round`, `inspection` … */
  readonly kind: string
  readonly equipment: string
  /** When it was done, as the person says. */
  readonly at: Instant
  readonly by: string
  readonly verdict: 'passed' | 'failed'
  readonly fields: Readonly<Record<string, string | number | boolean>>
}

/** A record as rules hear it: `EQUIPMENT.record:KIND`, and each number of it as `EQUIPMENT.record:KIND/FIELD`. */
export function readingsOf({ kind, equipment, at, verdict, fields }: Omit<PeopleRecord, 'by'>): readonly Reading[] {
  const said = (name: string, value: number): Reading => ({
    point: pointId(equipment, name),
    at,
    receivedAt: at,
    value,
    quality: 'good',
  })
  const numbers = Object.entries(fields).flatMap(([field, value]) =>
    typeof value === 'number' ? [said(`record:${kind}/${field}`, value)] : [],
  )
  return [...numbers, said(`record:${kind}`, verdict === 'passed' ? 1 : 0)]
}
