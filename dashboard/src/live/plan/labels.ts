/** Which names are shown, and on which side of their markers, where not all have room. Pure. */
import type { Size } from './view.ts'

export interface Label {
  readonly id: string
  /** Where its marker stands, px. */
  readonly x: number
  readonly y: number
  /** Of the name beside it. */
  readonly width: number
  readonly height: number
  /** Half of the marker's height. */
  readonly radius: number
  /** Something is wrong there: it never hides. */
  readonly always: boolean
}
/** `start` and `end`: it begins or ends with its marker, where in the middle of it it would stand out of the drawing. */
export const sides = ['below', 'above', 'right', 'left', 'below-start', 'below-end', 'above-start', 'above-end'] as const
export type Side = (typeof sides)[number]
export interface Box {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

const around = (x: number, y: number, width: number, height: number): Box => ({
  left: x - width / 2,
  top: y - height / 2,
  right: x + width / 2,
  bottom: y + height / 2,
})
export const markerBox = ({ x, y, radius }: Label): Box => around(x, y, 2 * radius, 2 * radius)

/** Between a marker and its name. */
const gap = 2
export function labelBox({ x, y, width, height, radius }: Label, side: Side): Box {
  const down = radius + gap + height / 2
  const across = radius + gap + width / 2
  const along = width / 2 - radius
  switch (side) {
    case 'below':
      return around(x, y + down, width, height)
    case 'above':
      return around(x, y - down, width, height)
    case 'right':
      return around(x + across, y, width, height)
    case 'left':
      return around(x - across, y, width, height)
    case 'below-start':
      return around(x + along, y + down, width, height)
    case 'below-end':
      return around(x - along, y + down, width, height)
    case 'above-start':
      return around(x + along, y - down, width, height)
    case 'above-end':
      return around(x - along, y - down, width, height)
  }
}
export const overlap = (a: Box, b: Box): boolean => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom

/** Names may stand so far beside the drawing. */
const beside = 28
const outside = ({ left, top, right, bottom }: Box, { width, height }: Size): number =>
  Math.max(0, -beside - left, -beside - top, right - width - beside, bottom - height - beside)

/**
 * Abnormal ones first, and all of them, each where it covers least; then the calm ones in their order, where they cover neither a name that
 * is shown nor a marker.
 */
export function shownLabels(labels: readonly Label[], drawing: Size): ReadonlyMap<string, Side> {
  const shown = new Map<string, Side>()
  const taken: Box[] = []
  const markers = labels.map(({ id, always, ...label }) => ({ id, always, box: markerBox({ id, always, ...label }) }))
  const take = (label: Label, side: Side): void => {
    shown.set(label.id, side)
    taken.push(labelBox(label, side))
  }
  for (const label of labels) {
    if (!label.always) continue
    const covers = (side: Side): number => {
      const box = labelBox(label, side)
      const hidden = markers.filter(other => other.id !== label.id && overlap(other.box, box))
      const names = taken.filter(other => overlap(other, box)).length
      const out = outside(box, drawing)
      return names * 100 + (out > 0 ? 40 + out : 0) + hidden.reduce((sum, one) => sum + (one.always ? 20 : 1), 0)
    }
    const [least] = sides.map(side => ({ side, covered: covers(side) })).toSorted((a, b) => a.covered - b.covered)
    take(label, least?.side ?? 'below')
  }
  for (const label of labels) {
    if (label.always) continue
    const side = (['below', 'above'] as const).find(one => {
      const box = labelBox(label, one)
      const isFree = !taken.some(other => overlap(other, box)) && outside(box, drawing) === 0
      return isFree && !markers.some(other => other.id !== label.id && overlap(other.box, box))
    })
    if (side) take(label, side)
  }
  return shown
}

/** Calm ones that would lie on another marker: they are drawn as a dot until there is room. */
export function crowded(labels: readonly Label[]): ReadonlySet<string> {
  const boxes = labels.map(label => ({ label, box: markerBox(label) }))
  const close = boxes.filter(
    ({ label, box }) => !label.always && boxes.some(other => other.label.id !== label.id && overlap(other.box, box)),
  )
  return new Set(close.map(({ label }) => label.id))
}

/** About how wide a text is at 12 px: what is as wide as it is high, and what is half of that. */
export function widthOf(text: string): number {
  let width = 0
  for (const character of text) width += (character.codePointAt(0) ?? 0) > 0x2e7f ? 12 : 6.8
  return width
}
