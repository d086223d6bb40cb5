/** Part of the wire: imports nothing but the wire. */
import type { Said } from './wire.ts'

/** `GET /api/v1/cycles`: what the cabinets did, newest first; `next` is where older ones begin. */
export interface WireCycles {
  readonly items: readonly WireCycle[]
  readonly next: string | null
  /** Every cabinet that is watched, also those of which nothing was asked. */
  readonly cabinets: readonly WireCabinet[]
  readonly underWay: readonly WireCycleNow[]
  /** The month in which the asked period ends, of the asked cabinet. */
  readonly month: WireCycleCounts
}
export interface WireCabinet {
  readonly equipment: string
  readonly name: Said
  readonly area: string
  /** °C and minutes that it has to hold, and at how many °C it may be opened. */
  readonly needs: WireHold
}
export interface WireHold {
  readonly celsius: number
  readonly minutes: number
  readonly safe: number
}
export interface WireCycleCounts {
  readonly from: string
  readonly to: string
  readonly passed: number
  readonly failed: number
  /** Opened before it had cooled, or while it still heated. */
  readonly interrupted: number
  readonly unknown: number
}
export interface WireCelsius {
  readonly t: string
  readonly v: number
}

/** One run as its rule wrote it down, with what the probe read. */
export interface WireCycle {
  readonly seq: number
  readonly equipment: string
  readonly from: string
  /** When the door was opened, or it had cooled and nobody opened it. */
  readonly to: string
  readonly verdict: 'passed' | 'failed' | 'opened-early' | 'unknown'
  readonly why: Said
  readonly clause: string
  readonly clauseTitle: Said
  readonly needs: WireHold
  /** Minutes without a break; how long the door had been shut before it heated. */
  readonly held: number | null
  readonly dried: number | null
  readonly peak: number | null
  /** °C when the door was opened; `null`: nobody opened it, or nobody measured. */
  readonly openedAt: number | null
  /** It had cooled before it was opened. */
  readonly cooled: boolean | null
  /** `open`: heated with the door open, `wet`: before the ware was dry. */
  readonly started: 'proper' | 'open' | 'wet' | 'unknown'
  /** The longest stretch that was hot enough, worked out again from the readings that are left. */
  readonly hot: { readonly from: string; readonly to: string } | null
  readonly curve: readonly WireCelsius[]
  /** The cabinet was out of use. */
  readonly notInUse: boolean
  /** Who wrote down that the ware was disinfected, with or without a signature. */
  readonly person: { readonly by: string; readonly name: string; readonly at: string; readonly signed: boolean } | null
}

/** A run that is not over. */
export interface WireCycleNow {
  readonly equipment: string
  readonly from: string
  readonly phase: 'heating' | 'holding' | 'stopped' | 'cooling' | 'cooled'
  readonly hotFrom: string | null
  /** Minutes surely hot without a break so far. */
  readonly held: number
  /** When it will have been hot for long enough, should it stay so. */
  readonly holdsUntil: string | null
  readonly needs: WireHold
  readonly curve: readonly WireCelsius[]
}
