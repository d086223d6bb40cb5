/** What somebody has moved on a floor plan and not saved yet. Pure. */
import type { WirePlace } from '../../../../gateway/api/wire-plans.ts'
import type { Spot } from './view.ts'

export type Placed = Pick<WirePlace, 'equipment' | 'x' | 'y'>

/** As fine as the gateway keeps it, so that what was saved is what was drawn. */
const fine = (value: number): number => Math.round(Math.min(1, Math.max(0, value)) * 100_000) / 100_000

export function put(places: readonly Placed[], equipment: string, { x, y }: Spot): readonly Placed[] {
  const next = { equipment, x: fine(x), y: fine(y) }
  return places.some(place => place.equipment === equipment)
    ? places.map(place => (place.equipment === equipment ? next : place))
    : [...places, next]
}

export const takeOff = (places: readonly Placed[], equipment: string): readonly Placed[] =>
  places.filter(place => place.equipment !== equipment)

interface Change {
  readonly equipment: string
  /** Absent: taken off. */
  readonly to?: Placed
}

export function changesOf(base: readonly Placed[], mine: readonly Placed[]): readonly Change[] {
  const before = new Map(base.map(place => [place.equipment, place]))
  const after = new Set(mine.map(({ equipment }) => equipment))
  const put = mine.filter(place => {
    const old = before.get(place.equipment)
    return !old || old.x !== place.x || old.y !== place.y
  })
  const off = base.filter(({ equipment }) => !after.has(equipment))
  return [...put.map(to => ({ equipment: to.equipment, to })), ...off.map(({ equipment }) => ({ equipment }))]
}

/** The same changes on what somebody else has saved meanwhile: mine count for what I touched, theirs for all else. */
export function rebased(base: readonly Placed[], mine: readonly Placed[], fresh: readonly Placed[]): readonly Placed[] {
  let next = fresh
  for (const { equipment, to } of changesOf(base, mine)) next = to ? put(next, equipment, to) : takeOff(next, equipment)
  return next
}

export interface Draft {
  readonly version: number
  readonly base: readonly Placed[]
  readonly mine: readonly Placed[]
}

const key = (plan: string, person: string): string => `zhishou.plan.${plan}.${person}`

/** What is not saved outlives the page, on this device and for this person. */
export function remember(plan: string, person: string, draft: Draft | undefined): void {
  if (draft === undefined || changesOf(draft.base, draft.mine).length === 0) localStorage.removeItem(key(plan, person))
  else localStorage.setItem(key(plan, person), JSON.stringify(draft))
}

export function recall(plan: string, person: string): Draft | undefined {
  try {
    return draftIn(JSON.parse(localStorage.getItem(key(plan, person)) ?? 'null'))
  } catch {
    return undefined
  }
}

export function draftIn(value: unknown): Draft | undefined {
  const { version, base, mine } = fieldsOf(value)
  if (typeof version !== 'number' || !arePlaces(base) || !arePlaces(mine)) return undefined
  return { version, base, mine }
}

const arePlaces = (value: unknown): value is readonly Placed[] =>
  Array.isArray(value) &&
  value.every(one => {
    const { equipment, x, y } = fieldsOf(one)
    return typeof equipment === 'string' && typeof x === 'number' && typeof y === 'number'
  })
const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
