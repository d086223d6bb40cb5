/** Which part of a facility a wall shows when. Pure. */
import type { EquipmentView } from '../views.ts'

/** A screenful: some equipment of one area. A large area has several. */
export interface Screen<Area> {
  readonly area: Area
  readonly views: readonly EquipmentView[]
  /** From 1, of so many. */
  readonly part: number
  readonly parts: number
}

/** What somebody three metres away can still read at one glance. */
export const mostTiles = 12

/** Cuts areas into screenfuls that are as even as can be: thirteen tiles are seven and six, not twelve and one. */
export function screensOf<Area>(
  areas: readonly { readonly area: Area; readonly views: readonly EquipmentView[] }[],
  most = mostTiles,
): readonly Screen<Area>[] {
  return areas.flatMap(({ area, views }) => {
    const parts = Math.ceil(views.length / most)
    const each = Math.ceil(views.length / Math.max(1, parts))
    return Array.from({ length: parts }, (_, part) => ({
      area,
      views: views.slice(part * each, (part + 1) * each),
      part: part + 1,
      parts,
    }))
  })
}

/** How many columns show so many tiles with the least room wasted, on a surface so many times as wide as high. */
export function columnsFor(tiles: number, proportion: number, tileProportion = 1.35): number {
  let best = 1
  let largest = 0
  for (let columns = 1; columns <= Math.max(1, tiles); columns++) {
    const rows = Math.ceil(tiles / columns)
    const width = Math.min(proportion / columns, tileProportion / rows)
    if (width > largest) [best, largest] = [columns, width]
  }
  return best
}

/** Where a rotation stands: which screen since when, real ms. */
export interface Turn {
  readonly index: number
  readonly since: number
}

/** How long a calm screen stays, and how long one with an alarm before the next alarm's has its turn; real ms. */
export const calmStay = 15_000
export const urgentStay = 10_000

/**
 * The screen to show now. All take turns; as soon as some hold what waits for an answer, only those do, the first of them at once, and a
 * single one stays for as long as it waits.
 */
export function turnTo(turn: Turn, now: number, urgent: readonly boolean[]): Turn {
  if (urgent.length === 0) return { index: 0, since: now }
  const isUrgent = urgent.includes(true)
  const index = Math.min(turn.index, urgent.length - 1)
  const mayShow = (place: number): boolean => !isUrgent || urgent[place] === true
  const next = (from: number): number => {
    for (let step = 1; step <= urgent.length; step++) {
      const place = (from + step) % urgent.length
      if (mayShow(place)) return place
    }
    return from
  }
  if (!mayShow(index)) return { index: urgent.indexOf(true), since: now }
  if (now - turn.since < (isUrgent ? urgentStay : calmStay)) return index === turn.index ? turn : { index, since: turn.since }
  const shown = next(index)
  return { index: shown, since: now }
}

/**
 * How far the picture is moved so that nothing burns into the glass, in hundredths of its size: a slow round of an hour, at most half of one
 * away from the middle, a step each minute.
 */
export function drift(now: number): { readonly x: number; readonly y: number } {
  const angle = (Math.floor(now / 60_000) % 60) * (Math.PI / 30)
  return { x: 0.5 * Math.cos(angle), y: 0.5 * Math.sin(angle) }
}
