/** Part of the wire: imports nothing but the wire. */
import type { Said } from './wire.ts'

/** `GET /api/v1/gauges`: one extinguisher, hydrant or other piece of fire equipment. */
export interface WireGauge {
  readonly equipment: string
  readonly name: Said
  readonly area: string
  readonly kind: Said
  readonly icon: string
  /** `none`: it has no gauge (CO₂ units are weighed). */
  readonly needle: 'green' | 'low' | 'high' | 'unknown' | 'none'
  /** MPa as read; `at20`: as it would read at 20 °C, by which extinguishers are judged. */
  readonly pressure: { readonly at: string; readonly value: number; readonly at20: number | null } | null
  /** MPa: the green zone by the rules of its clause. */
  readonly green: { readonly min?: number; readonly max?: number }
  readonly clause: string | null
  /** `null`: nobody watches whether it hangs there. */
  readonly inPlace: boolean | null
  /** Who looked at it last. */
  readonly check: {
    readonly seq: number
    readonly at: string
    readonly by: string
    readonly verdict: 'passed' | 'failed'
    readonly note?: string
  } | null
  /** `2027-05-31`: its last good day, by the newest record of it, else by its entry. */
  readonly expiries: readonly { readonly item?: string; readonly lastDay: string; readonly from: 'record' | 'facts' }[]
  /** A rule asks for a date, and there is none. */
  readonly unregistered: boolean
}
