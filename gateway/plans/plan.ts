import type { Words } from '../../protocols/contract/driver.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { DrawingType } from './drawing.ts'
import { isDrawingId } from './drawings.ts'
import type { DrawingId } from './drawings.ts'

export type PlanId = string & { readonly __unit: 'plan id' }

/** A floor or a building: a drawing, and where on it the equipment stands. */
export interface Plan {
  readonly id: PlanId
  readonly name: Words
  readonly drawing: {
    readonly file: DrawingId
    readonly type: DrawingType
    readonly width: number
    readonly height: number
  }
  /** One more with each change: whoever saves says which one was seen. */
  readonly version: number
  readonly places: readonly Place[]
  readonly changedAt: Instant
  readonly changedBy: string
}

/** Where a piece of equipment stands, as fractions of the drawing's width and height: another drawing of the same floor moves nothing. */
export interface Place {
  readonly equipment: string
  /** As it was called when it was placed: what has gone from the site is still called something. */
  readonly name: Words
  readonly x: number
  readonly y: number
}
export type Placed = Pick<Place, 'equipment' | 'x' | 'y'>

export const mostPlans = 50
export const mostPlaces = 1_000

/** A hundred-thousandth of a drawing is less than a pixel of any. */
const fine = (value: number): number => Math.round(value * 100_000) / 100_000

export type Arranged =
  | { readonly ok: true; readonly places: readonly Place[] }
  | { readonly ok: false; readonly why: 'no-such-equipment' | 'twice'; readonly equipment: string }

/** Equipment that has gone from the site may stay where it stood, and comes from nowhere. */
export function arranged(
  before: readonly Place[],
  wanted: readonly Placed[],
  nameOf: (equipment: string) => Words | undefined,
): Arranged {
  const known = new Map(before.map(place => [place.equipment, place]))
  const places = new Map<string, Place>()
  for (const { equipment, x, y } of wanted) {
    const name = nameOf(equipment) ?? known.get(equipment)?.name
    if (!name) return { ok: false, why: 'no-such-equipment', equipment }
    if (places.has(equipment)) return { ok: false, why: 'twice', equipment }
    places.set(equipment, { equipment, name, x: fine(x), y: fine(y) })
  }
  return { ok: true, places: [...places.values()] }
}

export interface Rearranged {
  readonly placed: readonly string[]
  readonly moved: readonly string[]
  readonly takenOff: readonly string[]
}

/** What the journal says of it. */
export function rearranged(before: readonly Place[], after: readonly Place[]): Rearranged {
  const known = new Map(before.map(place => [place.equipment, place]))
  const kept = new Set(after.map(({ equipment }) => equipment))
  const has = ({ equipment, x, y }: Place): boolean => {
    const old = known.get(equipment)
    return old !== undefined && old.x === x && old.y === y
  }
  return {
    placed: after.filter(({ equipment }) => !known.has(equipment)).map(({ equipment }) => equipment),
    moved: after.filter(place => known.has(place.equipment) && !has(place)).map(({ equipment }) => equipment),
    takenOff: before.filter(({ equipment }) => !kept.has(equipment)).map(({ equipment }) => equipment),
  }
}

export const isNothing = ({ placed, moved, takenOff }: Rearranged): boolean =>
  placed.length + moved.length + takenOff.length === 0

/** Written by this very gateway; a row that a failing disk has changed is left out. */
export function isPlan(value: unknown): value is Plan {
  const { id, name, drawing, version, places, changedAt, changedBy } = fieldsOf(value)
  const { file, type, width, height } = fieldsOf(drawing)
  return (
    typeof id === 'string' &&
    isWords(name) &&
    typeof file === 'string' &&
    isDrawingId(file) &&
    (type === 'image/png' || type === 'image/svg+xml') &&
    [width, height, version, changedAt].every(number => typeof number === 'number') &&
    typeof changedBy === 'string' &&
    Array.isArray(places) &&
    places.every(isPlace)
  )
}

function isPlace(value: unknown): boolean {
  const { equipment, name, x, y } = fieldsOf(value)
  return typeof equipment === 'string' && isWords(name) && typeof x === 'number' && typeof y === 'number'
}

function isWords(value: unknown): boolean {
  const { zh, en } = fieldsOf(value)
  return typeof zh === 'string' && typeof en === 'string'
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
