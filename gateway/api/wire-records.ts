import type { Said } from './wire.ts'

/** One line of a form, in both languages; `key` is what it is called in `fields`. */
export type WireField = {
  readonly key: string
  readonly name: Said
  readonly hint?: Said
  /** `always`: refused without it. `form`: the page asks for it. */
  readonly need: 'always' | 'form' | 'may'
} & (
  | { readonly holds: 'number'; readonly unit: string; readonly min: number; readonly max: number; readonly decimals: number }
  | { readonly holds: 'text'; readonly longest: number; readonly isLong?: boolean }
  | { readonly holds: 'choice'; readonly choices: readonly { readonly value: string; readonly name: Said }[] }
  | { readonly holds: 'day' }
  | { readonly holds: 'flag' }
  | { readonly holds: 'point' }
)

/** A kind of record with its form, and the equipment for which it makes sense. */
export interface WireRecordKind {
  readonly kind: string
  readonly name: Said
  readonly icon: string
  readonly verdicts?: { readonly passed: Said; readonly failed: Said }
  /** What the signature says; absent where none is asked for. */
  readonly signs?: Said
  readonly fields: readonly WireField[]
  readonly equipment: readonly string[]
}

export type WireFields = Readonly<Record<string, string | number | boolean>>
export interface WireWitness {
  readonly by: string
  readonly name: string
  readonly at: string
}
export type WireSignature = WireWitness & { readonly meaning: Said }
export interface WireSaidRecord {
  readonly at: string
  readonly verdict: 'passed' | 'failed'
  readonly fields: WireFields
}
/** A record as it stands today. `corrections`: oldest first, each with what stood before. */
export interface WireRecord extends WireSaidRecord {
  readonly seq: number
  readonly kind: string
  readonly equipment: string
  readonly by: string
  /** What they are called; absent where the account is gone. */
  readonly byName?: string
  readonly enteredAt: string
  readonly leaf: string
  readonly photos: readonly string[]
  readonly reckoned?: Readonly<Record<string, unknown>>
  readonly signed?: WireSignature
  readonly second?: WireWitness
  readonly corrections: readonly {
    readonly seq: number
    readonly by: string
    readonly byName?: string
    readonly at: string
    readonly reason: string
    readonly before: WireSaidRecord
  }[]
  /** Whether whoever asks may correct it. */
  readonly mayCorrect: boolean
}

/** A figure of the tank as its sensor has it. `usable`: good and fresh enough to dose by. */
export interface WireLevel {
  readonly point: string
  readonly value: number | null
  readonly at: string | null
  readonly quality: 'good' | 'uncertain' | 'bad' | 'stale' | 'none'
  readonly usable: boolean
}
export interface WireBatch {
  readonly product: string
  /** The same in both languages, where the site file has it so. */
  readonly productName?: Said
  readonly batch?: string
  /** Available chlorine when fresh, 0–1, and what is left of it now. */
  readonly strength: number
  readonly strengthNow: number
  /** `2026-09-01` */
  readonly madeOn?: string
  readonly lossPerMonth: number
  /** Older than three months: its strength should be tested again. */
  readonly retest: boolean
  readonly from: 'facts' | 'record'
}
export interface WireContact {
  /** The record of the dosing. */
  readonly seq: number
  readonly state: 'waiting' | 'measure' | 'safe' | 'unsafe'
  readonly until: string
  readonly residual?: number
  readonly at?: string
}
/** What somebody who is about to dose has to know of a tank. */
export interface WireTank {
  readonly equipment: string
  readonly name: Said
  /** m³ */
  readonly capacity?: number
  readonly volume: WireLevel | null
  readonly residual: WireLevel | null
  /** mg/L */
  readonly target: number
  readonly demand: number
  readonly most: number
  readonly last: {
    readonly at: string
    readonly grams: number
    readonly product?: string
    readonly by?: string
    readonly seq?: number
  } | null
  readonly due: { readonly at: string; readonly state: 'missed' | 'soon' | 'open' | 'not-now'; readonly clause: string } | null
  readonly batches: readonly WireBatch[]
  readonly contact: WireContact | null
}
/** `GET /api/v1/dosing`: a tank with how often it is dosed and what was dosed, newest first. */
export interface WireDosedTank extends WireTank {
  readonly area: string
  /** ms between two dosings at most; `null` where no duty says so. */
  readonly every: number | null
  readonly history: readonly WireDosed[]
}
/** One dosing, of a person or of the pump, with what its rule made of it. */
export interface WireDosed {
  /** Its place in the journal. */
  readonly seq: number
  readonly at: string
  readonly from: 'person' | 'pump'
  readonly grams: number
  readonly product?: string
  readonly by?: string
  readonly signed: boolean
  readonly verdict: 'passed' | 'failed' | 'unknown'
  readonly why?: Said
  /** Grams the water needed. */
  readonly required: number | null
  /** mg/L of free chlorine just before, and once the contact time was over. */
  readonly before: number | null
  readonly after: { readonly at: string; readonly value: number } | null
}
/** What to weigh out, and how it was reckoned. A refusal is a problem with status 409. */
export interface WireAdvisedDose {
  readonly grams: number
  /** Before rounding down. */
  readonly required: number
  readonly how: Said
  /** Strength of the batch at its age, 0–1. */
  readonly strength: number
  /** Free chlorine at most, mg/L. */
  readonly peak: number
  readonly secondPerson: boolean
  readonly notes: readonly Said[]
  readonly volume: number
  readonly volumeFrom: 'sensor' | 'typed'
  readonly residual: number | null
  readonly residualFrom: 'sensor' | 'typed' | 'unknown'
  readonly target: number
  readonly demand: number
}
