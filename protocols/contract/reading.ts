import type { Fault } from './fault.ts'
import { instant } from './time.ts'
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

/**
 * Readings that came together, as columns: the same words as so many `Reading`s, good or bad, without an object for each. Who polls ten
 * thousand points a second hands them on like this. Whoever takes them must not change them.
 */
export interface ReadingColumns {
  readonly points: readonly PointId[]
  /** Event time and arrival in one: equipment that is asked tells no time of its own. */
  readonly at: ArrayLike<number>
  /** NaN where the reading is bad. */
  readonly value: ArrayLike<number>
  /** Why, by the place of each bad one. */
  readonly faults: ReadonlyMap<number, Fault>
}

/** One of them. Throws RangeError where there is none at that place. */
export function readingAt({ points, at: times, value: values, faults }: ReadingColumns, index: number): Reading {
  const [point, time, value, fault] = [points[index], times[index], values[index], faults.get(index)]
  if (point === undefined || time === undefined || value === undefined) throw new RangeError(`no reading at ${index}`)
  const at = instant(time)
  const said = { point, at, receivedAt: at }
  return fault ? { ...said, quality: 'bad', fault } : { ...said, value, quality: 'good' }
}

/** All of them, for whoever wants them one by one. */
export const readingsIn = (columns: ReadingColumns): Reading[] => columns.points.map((_, index) => readingAt(columns, index))
