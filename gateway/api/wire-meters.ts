/** Part of the wire: imports nothing but the wire. */
import type { Said } from './wire.ts'

/** `GET /api/v1/meters`: the reading sheet of a month. */
export interface WireMeterSheet {
  /** `2026-11` */
  readonly month: string
  readonly progress: readonly WireMeterProgress[]
  /** In the order of the site file, which is that of the route. */
  readonly items: readonly WireMeterRow[]
  readonly next: null
  /** Meters without a class: no clause counts them. */
  readonly unclassed: readonly { readonly equipment: string; readonly name: Said }[]
}
export interface WireMeterProgress {
  readonly clause: string
  readonly title: Said
  readonly name: Said
  readonly from: string
  readonly to: string
  readonly done: number
  readonly of: number
  /** 0–1. */
  readonly required: number
  readonly needed: number
  readonly left: number
  readonly state: 'not-begun' | 'open' | 'met' | 'missed'
  readonly areas: readonly { readonly area: string; readonly done: number; readonly of: number }[]
}
export interface WireCounted {
  readonly at: string
  readonly value: number
}
export interface WireMeterRow {
  readonly equipment: string
  readonly name: Said
  readonly area: string
  readonly serial: string
  /** The clause by whose time it is read. */
  readonly clause: string
  readonly last: WireCounted | null
  readonly now: WireCounted | null
  /** m³ from the one to the other. */
  readonly used: number | null
  readonly mark: 'fell' | 'impossible' | 'jump' | 'stands' | null
  /** `late`: read, but after its days; `not-begun`: its days have not come. */
  readonly state: 'wire' | 'hand' | 'photo' | 'late' | 'missing' | 'not-begun'
  /** Who read it by hand. */
  readonly by?: string
  readonly record?: number
  /** Why it is missing, as far as anybody knows. */
  readonly why?: Said
  /** The fault itself for whoever mends it: one English sentence of the driver. */
  readonly detail?: string
}
