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

/** What a record says: that of today, and that of before a correction. */
export type Said = Pick<PeopleRecord, 'at' | 'verdict' | 'fields'>

/** A correction of a record: what it says from now on, what it said, and the how-manieth of that record it is. */
export interface Corrected {
  readonly kind: string
  readonly equipment: string
  readonly said: Said
  readonly before: Said
  readonly nth: number
}

/**
 * What the rules hear of a correction: only what has changed, so that putting a remark right says nothing new. The first word of an instant
 * stands, therefore each correction counts one millisecond later than what it replaces.
 */
export function correctedReadings({ kind, equipment, said, before, nth }: Corrected): readonly Reading[] {
  const old = new Map(readingsOf({ kind, equipment, ...before }).map(({ point, value }) => [point, value]))
  const now = readingsOf({ kind, equipment, ...said, at: (said.at + nth) as Instant })
  return now.filter(({ point, value }) => said.at !== before.at || old.get(point) !== value)
}

/** What rules heard of a journal entry `record.KIND` or `record.corrected`; nothing of what cannot be read. */
export function readingsIn({
  kind,
  at,
  data,
}: {
  kind: string
  at: Instant
  data: Readonly<Record<string, unknown>>
}): readonly Reading[] {
  const { equipment } = data
  if (typeof equipment !== 'string') return []
  if (kind !== 'record.corrected') return readingsOf({ kind: kind.slice('record.'.length), equipment, ...saidIn(data, at) })
  const [nth, before] = [data['nth'], data['before']]
  if (typeof data['kind'] !== 'string' || typeof nth !== 'number' || typeof before !== 'object' || before === null) return []
  const said = saidIn(data, timeOf(data['at'], at))
  const old = before as Readonly<Record<string, unknown>>
  return correctedReadings({ kind: data['kind'], equipment, nth, said, before: saidIn(old, timeOf(old['at'], at)) })
}

const timeOf = (value: unknown, otherwise: Instant): Instant => (typeof value === 'number' ? (value as Instant) : otherwise)
const saidIn = ({ verdict, fields }: Readonly<Record<string, unknown>>, at: Instant): Said => ({
  at,
  verdict: verdict === 'passed' ? 'passed' : 'failed',
  fields: (typeof fields === 'object' && fields !== null ? fields : {}) as PeopleRecord['fields'],
})

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
