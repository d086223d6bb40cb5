/** Part of the wire: imports nothing but the wire. */
import type { Said, WirePriority } from './wire.ts'

/** `GET /api/v1/rounds`. Times are ISO 8601 with the site's offset. */
export interface WireRounds {
  readonly items: readonly WireRound[]
  readonly next: null
}
export interface WireRound {
  readonly id: string
  readonly name: Said
  readonly equipment: string
  readonly equipmentName: Said
  /** From the first check-point to the last, ms. */
  readonly within: number
  readonly ordered: boolean
  readonly checkPoints: readonly WireCheckPoint[]
  /** The round that is being walked; absent where none is. */
  readonly underWay?: {
    readonly until: string
    readonly passed: readonly WirePassed[]
  }
  readonly last?: WireWalk
  /** What the rules wait for at its equipment, most pressing first. */
  readonly due: readonly WireRoundDuty[]
}
export interface WireCheckPoint {
  readonly id: string
  readonly name: Said
  readonly area?: string
  readonly areaName?: Said
  readonly checks: readonly Said[]
  /**
   * SHA-256 of its code, hex, for those who may record: a phone without network knows by it which check-point it has read, and yet nobody
   * can read the codes off the phone.
   */
  readonly mark?: string
}
export interface WirePassed {
  readonly checkPoint: string
  readonly at: string
  readonly by: string
  readonly verdict: 'passed' | 'failed'
  /** What was not as it should be. */
  readonly failed: readonly Said[]
  readonly note: string
  /** Noted down without network and sent later. */
  readonly offline: boolean
  readonly receivedAt: string
  /** Present where the phone's clock was wrong: what it showed. */
  readonly phoneAt?: string
}
export interface WireWalk {
  readonly state: 'completed' | 'missed'
  readonly beganAt: string
  readonly endedAt: string
  readonly passed: readonly WirePassed[]
  readonly missing: readonly string[]
}
export interface WireRoundDuty {
  readonly rule: string
  readonly clause: string
  readonly title: Said
  readonly priority: WirePriority
  readonly state: 'missed' | 'soon' | 'open' | 'not-now'
  readonly warnAt: string | null
  readonly dueAt: string | null
  readonly doneAt: string | null
}

/** `GET /api/v1/rounds/:id`: the route with its rounds of the last 30 days, newest first. */
export interface WireRoundPast extends WireRound {
  readonly walks: readonly WireWalk[]
}

/** `POST /api/v1/rounds/visits` */
export interface WireVisits {
  /** The phone's clock as it sends, ms: how far it is off is seen from this. */
  readonly sentAt: number
  /** Who made them; refused as a whole where somebody else is signed in. */
  readonly by?: string
  readonly visits: readonly WireVisit[]
}
export interface WireVisit {
  /** UUID. */
  readonly id: string
  readonly code: string
  /** The phone's clock when it was scanned, ms. */
  readonly at: number
  readonly verdict: 'passed' | 'failed'
  readonly failed: readonly number[]
  readonly note: string
  readonly offline: boolean
}
/** The answer, one for each visit, in their order. */
export interface WireTaken {
  readonly items: readonly WireTakenVisit[]
}
export type WireTakenVisit =
  | {
      readonly id: string
      readonly outcome: 'taken' | 'known'
      readonly round: string
      readonly checkPoint: string
      readonly at: string
    }
  | {
      readonly id: string
      readonly outcome: 'refused'
      readonly why: 'wrong-code' | 'after-now' | 'too-old' | 'unreadable' | 'hidden-sign'
      readonly say: Said
    }

/** `GET /api/v1/rounds/:id/codes`: what is printed and put up. */
export interface WireCodes {
  readonly round: string
  readonly name: Said
  readonly items: readonly WireCode[]
}
export interface WireCode {
  readonly checkPoint: string
  readonly name: Said
  readonly areaName?: Said
  /** `7F3K-9QPM` */
  readonly code: string
  /** What is in the QR code and goes into an NFC tag; the code alone where the gateway has no address of its own. */
  readonly holds: string
  readonly qr: { readonly size: number; readonly path: string }
}
