/** Where the card of the tour stands so that what it speaks of can be seen. Pure; all in CSS px of the window. */
export interface Box {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}
export interface Size {
  readonly width: number
  readonly height: number
}
export interface Spot {
  readonly left: number
  readonly top: number
}

/** Between the ring and the card. */
export const gap = 16

/** How much of the one lies on the other, px². */
export const overlap = (a: Box, b: Box): number =>
  Math.max(0, Math.min(a.right, b.right) - Math.max(a.left, b.left)) *
  Math.max(0, Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top))

const within = (value: number, least: number, most: number): number => Math.max(least, Math.min(value, most))

/** Beside it where there is room, else below or above, else in the corner that hides least; always inside `room`. */
export function placeCard(target: Box | undefined, card: Size, room: Box): Spot {
  const most = { left: Math.max(room.left, room.right - card.width), top: Math.max(room.top, room.bottom - card.height) }
  const inside = ({ left, top }: Spot): Spot => ({
    left: within(left, room.left, most.left),
    top: within(top, room.top, most.top),
  })
  if (!target) return most
  const wanted: readonly Spot[] = [
    { left: target.right + gap, top: target.top },
    { left: target.left - gap - card.width, top: target.top },
    { left: target.left, top: target.bottom + gap },
    { left: target.left, top: target.top - gap - card.height },
    most,
    { left: room.left, top: most.top },
    { left: most.left, top: room.top },
    { left: room.left, top: room.top },
  ]
  const hidden = (spot: Spot) => overlap(target, { ...spot, right: spot.left + card.width, bottom: spot.top + card.height })
  const spots = wanted.map(inside)
  return spots.find(spot => hidden(spot) === 0) ?? spots.reduce((best, spot) => (hidden(spot) < hidden(best) ? spot : best))
}
