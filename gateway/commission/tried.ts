import type { Words } from '../../protocols/contract/driver.ts'
import type { Fault } from '../../protocols/contract/fault.ts'
import type { PointKind } from '../site/site.ts'

export interface Span {
  readonly min: number
  readonly max: number
}
type Settings = Readonly<Record<string, unknown>>

/** One point of equipment that is being connected, as it was just read: the value before anything is done about what looks wrong. */
export interface TriedPoint {
  readonly key: string
  readonly name: Words
  readonly unit: string
  readonly decimals: number
  readonly kind: PointKind
  /** What the sensor's scale shows; a value in here is what is to be expected. */
  readonly range: Span
  /** What such a sensor can give at all. */
  readonly plausible?: Span
  /** What the codes of a contact or state are called. */
  readonly labels: ReadonlyMap<number, Words>
  /** The binding as it was read with, a model's part included. */
  readonly settings: Settings
  /** In the point's own unit; absent where there was no value. */
  readonly value?: number
  /** Why there is no value, or why it may not be believed. */
  readonly fault?: Fault
  /** The bytes in hex, or the payload's text; empty where nothing came. */
  readonly raw: string
  readonly roundTripMs: number
}

/** The same point read in another way, by the real driver from the real equipment. */
export interface Variant {
  readonly point: string
  /** Which of the settings was changed. */
  readonly by: 'order' | 'type' | 'register' | 'table'
  /** What differs from the settings of the point; null takes a setting away. */
  readonly change: Settings
  readonly value?: number
}

/** What may be wrong, what would fit, and the settings that would make it so. */
export interface Hint {
  readonly code: HintCode
  /** The points it speaks of. */
  readonly points: readonly string[]
  readonly say: Words
  /** Absent where only people can mend it. */
  readonly change?: readonly { readonly point: string; readonly settings: Settings }[]
  /** What would be written at the equipment itself. */
  readonly device?: Settings
  /** What the points would read then. */
  readonly gives?: readonly { readonly point: string; readonly value: number }[]
}
export type HintCode =
  | 'swapped'
  /** A variant of the model that was met in the field. */
  | 'variant'
  | 'order'
  | 'type'
  | 'address'
  | 'table'
  | 'scale'
  | 'fahrenheit'
  | 'sentinel'
  | 'unsigned'
  | 'zero'
  | 'out-of-range'
  | 'unusual'
  | 'unknown-code'
  | 'no-answer'
