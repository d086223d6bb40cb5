import type { Said, WirePriority } from './wire.ts'

/** Part of the wire: imports nothing but the wire. `GET /api/v1/kpi`: times are ISO 8601 with offset, lengths are ms, shares are 0 to 1. */
export interface WireKpi {
  readonly from: string
  readonly to: string
  readonly calls: {
    readonly total: number
    readonly perTenMinutes: { readonly mean: number; readonly max: number; readonly over: number; readonly of: number }
    readonly perHour: { readonly max: number; readonly over: number; readonly of: number }
    /** The days of the site in order; the first and the last may be cut by the period. */
    readonly perDay: readonly { readonly from: string; readonly calls: number; readonly isFlood: boolean }[]
    /** Outside the office hours of working days; `urgent` are medium and high. */
    readonly outside: { readonly all: number; readonly urgent: number }
    readonly byPriority: Readonly<Record<WirePriority, number>>
    readonly late: number
  }
  readonly floods: {
    readonly count: number
    readonly alarms: number
    readonly ms: number
    readonly share: number
    readonly longestMs: number
    readonly items: readonly { readonly from: string; readonly to: string; readonly alarms: number; readonly peak: number }[]
  }
  readonly stale: { readonly count: number; readonly items: readonly WireStale[] }
  readonly chattering: { readonly rules: number; readonly times: number }
  readonly fleeting: { readonly rules: number; readonly times: number }
  readonly top: { readonly share: number; readonly items: readonly WireTop[] }
  readonly acknowledge: readonly WireWaits[]
  readonly confirm: { readonly count: number; readonly medianMs: number | null; readonly p90Ms: number | null }
  readonly quiet: Readonly<Record<'shelved' | 'suppressed' | 'outOfService', WireStay>>
  readonly notices: { readonly delivered: number; readonly failed: number }
  readonly measures: readonly WireMeasure[]
}
export interface WireStale {
  readonly alarm: string
  readonly rule: string
  readonly title: Said
  readonly equipment: string
  readonly equipmentName: Said
  readonly raisedAt: string
}
export interface WireTop {
  readonly rule: string
  readonly title: Said
  readonly equipment: string
  readonly equipmentName: Said
  readonly clause: string
  readonly calls: number
  readonly share: number
  readonly chatters: number
  readonly fleeting: number
  readonly suggestion: WireSuggestion | null
}
export interface WireSuggestion {
  readonly kind: 'deadband' | 'delay' | 'wiring' | 'line' | 'sensor' | 'repair' | 'stands'
  readonly say: Said
  readonly change?: { readonly setting: 'deadband' | 'onDelay'; readonly from: string; readonly to: string } | undefined
}
export interface WireWaits {
  readonly priority: WirePriority
  readonly all: number
  readonly answered: number
  readonly otherwise: number
  readonly unanswered: number
  readonly medianMs: number | null
  readonly p90Ms: number | null
}
export interface WireStay {
  readonly times: number
  readonly ms: number
  readonly now: number
  /** How often the condition came meanwhile: recorded, nobody called. */
  readonly came: number
}
export interface WireMeasure {
  readonly id: 'rate' | 'peak' | 'flood' | 'stale' | 'chattering' | 'top-ten' | 'mix' | 'answer'
  readonly value: number | null
  readonly good: number
  readonly fair: number
  readonly standing: 'good' | 'fair' | 'poor' | 'few'
  readonly basis: { readonly kind: 'house-rule' | 'standard' | 'design'; readonly source: Said; readonly verified: boolean }
}
