import type { Said } from './wire.ts'

/** A log as JSON has it (`zhishou-log-1`): both languages, times in ms. */
export interface WireLog {
  readonly kind: string
  readonly title: Said
  readonly head: WireLogHead
  readonly sections: readonly WireLogSection[]
  readonly signatures: readonly Said[]
  /** `null` where the gateway has no key. */
  readonly proof: WireProof | null
}

export interface WireLogHead {
  readonly site: { readonly id: string; readonly name: Said }
  readonly from: number
  readonly to: number
  readonly timeZone: string
  readonly scope: readonly Said[]
  readonly clock: readonly Said[]
  /** 0–1. */
  readonly completeness?: number
  readonly limits: readonly WireLogLimit[]
  readonly sensors: readonly WireLogSensor[]
  readonly policies: readonly { readonly id: string; readonly version: string; readonly name?: Said }[]
  readonly remarks: readonly Said[]
}

export interface WireLogLimit {
  readonly equipment: Said
  readonly point: Said
  readonly min?: number
  readonly max?: number
  readonly unit: string
  readonly clause: string
  readonly title: Said
  readonly basis: { readonly kind: 'house-rule' | 'standard' | 'design'; readonly source: Said; readonly verified: boolean }
  readonly policy: { readonly id: string; readonly version: string }
  readonly from?: number
  readonly to?: number
}

export interface WireLogSensor {
  readonly equipment: Said
  readonly point: Said
  readonly serial?: string
  readonly calibratedAt?: number
  readonly dueAt?: number
  readonly isDue: boolean
}

export interface WireLogSection {
  readonly id: string
  readonly title: Said
  readonly columns: readonly WireLogColumn[]
  readonly rows: readonly WireLogRow[]
  readonly whenEmpty: Said
  readonly notes?: readonly Said[]
  readonly chart?: WireLogChart
  /** There are more rows than a preview shows. */
  readonly isCut?: true
}

export interface WireLogColumn {
  readonly key: string
  readonly name: Said
  readonly holds: 'text' | 'number' | 'time' | 'day' | 'length' | 'share' | 'verdict'
  readonly unit?: string
  readonly decimals?: number
}

export type WireCell = string | number | boolean | Said | null
export interface WireLogRow {
  readonly cells: readonly WireCell[]
  readonly tone?: 'bad' | 'quiet' | 'total'
  readonly entries?: readonly number[]
}

export interface WireLogChart {
  readonly unit: string
  readonly decimals: number
  readonly every: number
  readonly points: readonly { readonly t: number; readonly min: number; readonly mean: number; readonly max: number }[]
  readonly limits: { readonly min?: number; readonly max?: number }
  readonly gaps: readonly { readonly from: number; readonly to: number; readonly cause: Said }[]
}

export interface WireProof {
  readonly export: string
  readonly rows: number
  readonly chain: string
  readonly publicKey: string
  readonly head?: { readonly size: number; readonly root: string; readonly at: number }
}

export interface WireLogKind {
  readonly kind: string
  readonly name: Said
}
