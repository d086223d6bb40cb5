/** What the page that edits the site file hears. Times are ISO 8601 with offset. */
import type { Said } from './wire.ts'
import type { WireSiteMeaning, WireSiteProblem } from './wire-lines.ts'

/** `GET /api/v1/site/settings`: what the file says, for forms. */
export interface WireSettings {
  readonly digest: string
  /** Of the site that runs: another one where the file was edited by hand and is wrong, or not loaded yet. */
  readonly running: string
  readonly whyNotWritable: Said | null
  /** The parts that are edited, as they are written; secrets are left out, variables are `${NAME}`. */
  readonly value: Readonly<Record<string, unknown>>
  /** Where secrets were left out. */
  readonly hidden: readonly (readonly string[])[]
  /** Where each piece of equipment stands in which file. */
  readonly places: readonly WireSettingPlace[]
  readonly points: readonly WireSettingPoint[]
  readonly rules: readonly WireSettingRule[]
  /** With the JSON Schema of their settings. */
  readonly channelKinds: readonly { readonly kind: string; readonly schema: Readonly<Record<string, unknown>> }[]
}
export interface WireSettingPlace {
  readonly equipment: string
  readonly file: string
  /** From 1. */
  readonly line: number
}
export interface WireSettingPoint {
  readonly id: string
  readonly key: string
  readonly equipment: string
  readonly name: Said
  readonly unit: string
  readonly decimals: number
  readonly kind: string
  readonly range: { readonly min: number; readonly max: number }
  /** What holds now. */
  readonly limits: { readonly min?: number; readonly max?: number }
  readonly staleAfterMs: number
}
export interface WireSettingRule {
  readonly id: string
  readonly point: string
  readonly equipment: string
  readonly kind: string
  readonly title: Said
  readonly clause: string
  readonly priority: string
  /** As one would write them, with the site's changes. */
  readonly settings: Readonly<Record<string, unknown>>
  /** A weaker number needs a reason, and so does switching it off. */
  readonly houseRule: boolean
  readonly lifeSafety: boolean
  /** The clause's own number, where it is not the alarm's. */
  readonly limit: { readonly op: string; readonly value: number } | null
}

/** One of the changes that are gathered in a draft; `null` takes out what is there. */
export interface WireSettingChange {
  readonly path: readonly string[]
  readonly value: unknown
}
/** The answer of `POST /api/v1/site/settings/draft`. */
export interface WireSettingsDraft {
  /** Of the file it was made from: `before` of `POST /api/v1/site/settings/apply`. */
  readonly before: string
  readonly digest: string
  /** Secrets are covered. */
  readonly diff: string
  readonly problems: readonly WireSiteProblem[]
  readonly meaning: WireSiteMeaning | null
  /** What others have changed since the state that was named; `null` where nobody has, or where that state is not kept. */
  readonly meanwhile: string | null
}

/** The answer of `POST /api/v1/site/settings/backtest`: of the rules that the draft changes. */
export interface WireSettingsBacktest {
  readonly from: string
  readonly to: string
  /** The first moment of which there is history. */
  readonly heardFrom: string
  readonly readings: number
  readonly before: number
  readonly after: number
  readonly rules: readonly WireTriedRule[]
  /** Points of these rules of which no reading is stored. */
  readonly unheard: readonly string[]
  /** Alarms that would go, and that would come; the first 500 of each. */
  readonly goes: WireTriedAlarms
  readonly comes: WireTriedAlarms
}
export interface WireTriedRule {
  readonly rule: string
  readonly equipment: string
  readonly title: Said
  readonly change: 'settings' | 'added' | 'removed'
  readonly before: number
  readonly after: number
}
export interface WireTriedAlarms {
  readonly count: number
  readonly items: readonly {
    readonly rule: string
    readonly raisedAt: string
    readonly clearedAt: string | null
    readonly value: number | null
  }[]
}
