/** Part of the wire: imports nothing but the wire. */
import type { Said } from './wire.ts'

/** `GET /api/v1/labels`: what is printed and put on equipment; areas and equipment in the order of the site. */
export interface WireLabels {
  readonly items: readonly WireLabel[]
  readonly next: string | null
}
export interface WireLabel {
  readonly equipment: string
  readonly name: Said
  readonly areaName: Said
  /** What is in the QR code: an address that opens its page, or `SITE/EQUIPMENT` where the gateway has no address of its own. */
  readonly holds: string
  readonly qr: { readonly size: number; readonly path: string }
}
