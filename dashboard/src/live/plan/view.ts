/** How much of a drawing is in sight, and where on it something stands. Pure; lengths in CSS pixels of the stage it is shown on. */
export interface Size {
  readonly width: number
  readonly height: number
}
export interface Spot {
  readonly x: number
  readonly y: number
}
/** Pixels of the stage to one of the drawing, and where on the stage the drawing begins. */
export interface View {
  readonly scale: number
  readonly x: number
  readonly y: number
}
/** The two together decide what a view may be. */
export interface Sight {
  readonly stage: Size
  readonly drawing: Size
}

/** Room around the drawing, so that what stands at its edge is not cut off. */
const room = 28
/** So many times nearer than the whole of it. */
const nearest = 12

const within = (value: number, least: number, most: number): number => Math.min(Math.max(value, least), most)

function fitScale({ stage, drawing }: Sight): number {
  const width = Math.max(1, stage.width - 2 * room)
  const height = Math.max(1, stage.height - 2 * room)
  return Math.min(width / drawing.width, height / drawing.height)
}

/** The whole drawing, in the middle. */
export const fitView = (sight: Sight): View => held({ scale: fitScale(sight), x: 0, y: 0 }, sight)

/** Never farther than the whole of it, never so near that nothing is known again, never out of sight. */
export function held({ scale, x, y }: View, sight: Sight): View {
  const fit = fitScale(sight)
  const kept = within(scale, fit, fit * nearest)
  const along = (at: number, stage: number, drawn: number): number =>
    drawn + 2 * room <= stage ? (stage - drawn) / 2 : within(at, stage - drawn - room, room)
  return {
    scale: kept,
    x: along(x, sight.stage.width, sight.drawing.width * kept),
    y: along(y, sight.stage.height, sight.drawing.height * kept),
  }
}

export const isWhole = (view: View, sight: Sight): boolean => view.scale <= fitScale(sight) * 1.001

/** What is at `at` stays there, as far as the drawing stays in sight. */
export function zoomed(view: View, factor: number, at: Spot, sight: Sight): View {
  const fit = fitScale(sight)
  const scale = within(view.scale * factor, fit, fit * nearest)
  const by = scale / view.scale
  return held({ scale, x: at.x - (at.x - view.x) * by, y: at.y - (at.y - view.y) * by }, sight)
}

export const panned = (view: View, dx: number, dy: number, sight: Sight): View =>
  held({ ...view, x: view.x + dx, y: view.y + dy }, sight)

type Two = readonly [Spot, Spot]
const middle = ([a, b]: Two): Spot => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 })
const apart = ([a, b]: Two): number => Math.max(1, Math.hypot(a.x - b.x, a.y - b.y))

/** Two fingers that move take the drawing with them. */
export function pinched(view: View, from: Two, to: Two, sight: Sight): View {
  const [was, is] = [middle(from), middle(to)]
  const near = zoomed(view, apart(to) / apart(from), was, sight)
  return panned(near, is.x - was.x, is.y - was.y, sight)
}

/** From fractions of the drawing to the stage. */
export const onStage = (view: View, { drawing }: Sight, at: Spot): Spot => ({
  x: view.x + at.x * drawing.width * view.scale,
  y: view.y + at.y * drawing.height * view.scale,
})

/** And back; what is beside the drawing is at its edge. */
export const onDrawing = (view: View, { drawing }: Sight, at: Spot): Spot => ({
  x: within((at.x - view.x) / (drawing.width * view.scale), 0, 1),
  y: within((at.y - view.y) / (drawing.height * view.scale), 0, 1),
})

/** Moves as little as it takes to have it in sight. */
export function broughtIn(view: View, at: Spot, sight: Sight, edge = 48): View {
  const spot = onStage(view, sight, at)
  const by = (value: number, length: number): number =>
    within(value, Math.min(edge, length / 2), Math.max(length - edge, length / 2)) - value
  return panned(view, by(spot.x, sight.stage.width), by(spot.y, sight.stage.height), sight)
}
