import type { Fault } from './fault.ts'
import type { Instant } from './time.ts'

/** `equipment.point`, for example `cold-1.temperature`: unique in a site, safe in a URL, a topic and a file name. */
export type PointId = string & { readonly __unit: 'point id' }
export const pointId = (equipment: string, point: string): PointId => `${equipment}.${point}` as PointId

/** How far a value may be trusted. Only `good` is ever judged. `uncertain` is shown and stored (OPC UA has it). */
export type Quality = 'good' | 'uncertain' | 'bad'

/**
 * One word from the equipment. Numbers only: a contact is 0 or 1 and a mode is its code, the equipment type names them.
 * A `bad` reading has no value, and says why: a fault never turns into a number.
 */
export type Reading = GoodReading | BadReading

export interface GoodReading {
  readonly point: PointId
  /** Event time: the device's own time where its clock is trusted, else the arrival. */
  readonly at: Instant
  /** When the gateway got it, on the domain clock. */
  readonly receivedAt: Instant
  readonly value: number
  readonly quality: 'good' | 'uncertain'
}

export interface BadReading {
  readonly point: PointId
  readonly at: Instant
  readonly receivedAt: Instant
  readonly value?: never
  readonly quality: 'bad'
  readonly fault: Fault
}
