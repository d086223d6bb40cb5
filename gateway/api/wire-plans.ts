import type { Said } from './wire.ts'

/** A floor plan without what stands on it (`GET /api/v1/plans`). */
export interface WirePlan {
  readonly id: string
  readonly name: Said
  /** One more with each change; whoever changes it says which one was seen. */
  readonly version: number
  readonly drawing: WireDrawing
  /** How many pieces of equipment stand on it. */
  readonly count: number
  readonly changedAt: string
  readonly changedBy: string
}
export interface WireDrawing {
  readonly type: 'image/png' | 'image/svg+xml'
  readonly width: number
  readonly height: number
  /** Where it is had; another drawing has another address. */
  readonly href: string
}
/** `GET /api/v1/plans/:id` */
export interface WirePlanDetail extends WirePlan {
  readonly places: readonly WirePlace[]
}
/** Where a piece of equipment stands, as fractions of the drawing's width and height. */
export interface WirePlace {
  readonly equipment: string
  /** As the site calls it now, or called it when it was placed. */
  readonly name: Said
  readonly x: number
  readonly y: number
  /** No longer in the site; the place is kept until somebody takes it off. */
  readonly gone?: boolean
}
/** Of an upload besides: what of an SVG was left behind because it draws nothing, or moves. */
export interface WirePlanDrawn extends WirePlanDetail {
  readonly leftOut: readonly string[]
}
