/**
 * What travels between gateway and browser, as JSON. Imports nothing, so that the dashboard can take it by `import type` and neither
 * side can disagree. Times are ISO 8601 with offset in HTTP answers and ms since 1970 on the live channel.
 */
export interface Said {
  readonly zh: string
  readonly en: string
}
export type Role = 'viewer' | 'operator' | 'inspector' | 'admin'
export type WireQuality = 'good' | 'uncertain' | 'bad' | 'stale' | 'none'
export type WirePriority = 'advisory' | 'low' | 'medium' | 'high'
/** ISA-18.2-2016 / IEC 62682, states A to I. */
export type WireAlarmState =
  | 'normal'
  | 'unacknowledged'
  | 'acknowledged'
  | 'returned-unacknowledged'
  | 'latched-unacknowledged'
  | 'latched-acknowledged'
  | 'shelved'
  | 'suppressed'
  | 'out-of-service'

/** `GET /api/v1/session` and the answer to `POST`. */
export interface WireSession {
  readonly username: string
  readonly displayName: string
  readonly role: Role
  /** What this role may do, so that the page shows no button that would be refused. */
  readonly may: readonly (
    'see' | 'acknowledge' | 'record' | 'read-journal' | 'read-logs' | 'push-readings' | 'run-demo' | 'administer'
  )[]
}

/** `GET /api/v1/site` */
export interface WireSite {
  readonly id: string
  readonly name: Said
  readonly timeZone: string
  readonly areas: readonly { readonly id: string; readonly name: Said }[]
  readonly equipment: readonly WireEquipment[]
  readonly clauses: readonly WireClause[]
  readonly demo: boolean
  readonly version: string
}
export interface WireEquipment {
  readonly id: string
  readonly name: Said
  readonly area: string
  readonly type: string
  readonly typeName: Said
  readonly icon: string
  readonly connection: string
  readonly mainPoint: string
  readonly points: readonly WirePoint[]
  readonly clauses: readonly string[]
  readonly facts: Readonly<Record<string, string | number | boolean>>
  /** Those of them that the site file says in both languages. */
  readonly factWords?: Readonly<Record<string, Said>>
}
/** `GET /api/v1/points/:id`; `value … state` are its latest word. */
export interface WirePoint {
  readonly id: string
  readonly name: Said
  readonly equipment: string
  readonly driver: string
  readonly connection: string
  readonly kind: 'measurement' | 'contact' | 'state' | 'counter'
  readonly unit: string
  readonly decimals: number
  readonly range: { readonly min: number; readonly max: number }
  readonly labels: readonly { readonly code: number; readonly label: Said }[]
  readonly limits: { readonly min?: number; readonly max?: number }
  readonly staleAfterMs: number
  readonly value: number | null
  readonly quality: WireQuality
  readonly fault?: { readonly code: string; readonly detail: string }
  readonly at: string | null
  readonly receivedAt: string | null
  /** `normal` or the state of its most urgent alarm. */
  readonly state: WireAlarmState
}
export interface WireClause {
  readonly id: string
  readonly title: Said
  readonly source: Said
  readonly requirement: Said
  readonly tell: readonly Said[]
  readonly policy: { readonly id: string; readonly version: string }
}
export interface WireBasis {
  readonly kind: 'house-rule' | 'standard' | 'design'
  readonly source: Said
  readonly verified: boolean
}

/** One alarm, in HTTP (`times as ISO`) and on the live channel alike: every time here is ms since 1970. */
export interface WireAlarm {
  readonly id: string
  readonly rule: string
  readonly state: WireAlarmState
  readonly priority: WirePriority
  readonly equipment: string
  readonly point: string
  readonly title: Said
  /** One sentence for the operator: 「1 号保鲜柜 9.4 °C,高于 8 °C 已 18 分钟」, without the running time (the page adds it from `since`). */
  readonly sentence: Said
  readonly clause: string
  readonly clauseTitle: Said
  readonly tell: readonly Said[]
  readonly advice: Said
  readonly limit?: { readonly op: 'gt' | 'ge' | 'lt' | 'le'; readonly value: number; readonly unit: string }
  readonly limitBasis?: WireBasis
  readonly alarmBasis: WireBasis
  readonly policy: { readonly id: string; readonly version: string }
  readonly overlay?: { readonly reason?: string; readonly changed: readonly string[] }
  readonly since: number
  readonly raisedAt: number
  readonly clearedAt?: number
  readonly value?: number
  readonly times: number
  readonly found: 'live' | 'late'
  /** Whether the condition holds now, whatever the state says. */
  readonly active: boolean
  readonly acknowledged?: { readonly by: string; readonly at: number; readonly comment: string }
  /** What was done about it. */
  readonly confirmed?: { readonly by: string; readonly at: number; readonly action: string }
  readonly shelved?: {
    readonly by: string
    readonly at: number
    readonly until: number
    readonly reason: string
    readonly oneShot: boolean
    readonly second?: string
  }
  readonly outOfService?: {
    readonly by: string
    readonly at: number
    readonly until: number
    readonly reason: string
    readonly substitute: string
  }
  /** Kept quiet by design, and by what; `alarm` stands for all of its children. */
  readonly suppressed?: {
    readonly at: number
    readonly causes: readonly {
      readonly kind: 'connection' | 'equipment' | 'mode'
      readonly name: string
      readonly alarm?: string
    }[]
  }
  /** The open alarm of the same equipment that came first. */
  readonly firstOut?: string
  readonly chattering?: boolean
  /** Stays until it is reset. */
  readonly latching: boolean
  /** Cannot be shelved. */
  readonly lifeSafety: boolean
  /** How long it may be shelved alone and with a second person, ms; 0 where it may not. */
  readonly shelf: { readonly alone: number; readonly together: number }
  /** An escalation: the alarms it is about. */
  readonly about?: readonly string[]
  /** Who was told how. */
  readonly told: readonly WireTold[]
  /** False while the journal cannot be written: the alarm is real, its record is not yet durable. */
  readonly recorded: boolean
}

/** One message to one person about an alarm. */
export interface WireTold {
  readonly notice: string
  readonly person: string
  readonly personName: Said
  /** Why this person: a word of the clause, `duty`, `cell:ID`, `route`. */
  readonly as: string
  /** 0 for those the clause names, 1 for the station, 2 for the centre. */
  readonly level: number
  readonly occasion: 'raised' | 'cleared' | 'escalated' | 'answered' | 'digest' | 'case' | 'trial'
  readonly at: number
  readonly outcome: 'waiting' | 'delivered' | 'failed' | 'not-needed'
  readonly channel?: string
  readonly attempts: number
  readonly deliveredAt?: number
  readonly proof?: string
  /** Why it did not go out, in both languages; absent where only the other side's own words are known, which `proof` has. */
  readonly why?: Said
}

/** One reading on the live channel: point, event time, arrival, value or null, quality, fault code when bad. */
export type WireReading = readonly [
  point: string,
  at: number,
  receivedAt: number,
  value: number | null,
  quality: 'good' | 'uncertain' | 'bad',
  fault?: string,
]

export interface WireClock {
  /** Domain time now, ms. */
  readonly now: number
  /** 1 on a real site; the demo's pace otherwise. */
  readonly speed: number
}
export interface WireLink {
  readonly connection: string
  readonly up: boolean
  readonly since: number
  readonly fault?: { readonly code: string; readonly detail: string }
}
export interface WireFault {
  readonly equipment: string
  readonly fault: string
}
/** Equipment that is not in use until a repair is recorded. */
export interface WireLockOut {
  readonly equipment: string
  readonly since: number
  readonly alarm: string
}
/** Whoever shows another version of a floor plan asks for it anew. */
export interface WirePlanVersion {
  readonly id: string
  readonly version: number
}
export interface WireHealth {
  readonly ready: boolean
  /** What is wrong with the gateway itself: a store in trouble, damaged files set aside, readings shed. Empty when all is well. */
  readonly troubles: readonly { readonly code: string; readonly say: Said }[]
}

/**
 * socket.io, one namespace. Browser to server: `watch` with the points it shows (`'all'` or ids). Server to browser: one `snapshot`
 * after each `watch` and after each gap, then `change` with seq counting up by one. A missing number means: send `watch` again.
 */
export interface ServerToBrowser {
  snapshot(state: WireSnapshot): void
  change(change: WireChange): void
  /** The session ended or the role changed: sign in again. */
  signedOut(): void
  /** Another site file is in force: ask for the site anew. A snapshot follows by itself. */
  siteChanged(): void
}
export interface BrowserToServer {
  watch(what: { readonly points: 'all' | readonly string[] }): void
  /**
   * Everything up to this number has arrived. Who says so once and then again at least every second never gets news that is old: as soon as
   * the line is behind it is left to empty itself, and then one snapshot has it all. Who never says so is told everything in order.
   */
  heard(seq: number): void
}
export interface WireSnapshot {
  readonly seq: number
  readonly clock: WireClock
  readonly readings: readonly WireReading[]
  /** Every alarm that is not normal. */
  readonly alarms: readonly WireAlarm[]
  readonly links: readonly WireLink[]
  readonly faults: readonly WireFault[]
  readonly lockOuts: readonly WireLockOut[]
  readonly plans?: readonly WirePlanVersion[]
  readonly health: WireHealth
}
export interface WireChange {
  readonly seq: number
  readonly clock: WireClock
  readonly readings?: readonly WireReading[]
  /** Whole alarms; one that became `normal` is to be taken off the open list. */
  readonly alarms?: readonly WireAlarm[]
  readonly links?: readonly WireLink[]
  readonly faults?: readonly WireFault[]
  /** All of them, where one has changed. */
  readonly lockOuts?: readonly WireLockOut[]
  /** All of them, where one has changed. */
  readonly plans?: readonly WirePlanVersion[]
  readonly health?: WireHealth
}

/** `GET /api/v1/points/:id/readings?from&to[&every=60s]` */
export interface WireReadings {
  readonly items: readonly (WireSample | WireBucket)[]
  readonly next: string | null
  readonly gaps: readonly {
    readonly from: string
    readonly to: string | null
    readonly cause: string
    /** One sentence for whoever asks why. */
    readonly detail?: Said
    /** Places in the journal that say so. */
    readonly entries?: readonly number[]
  }[]
}
export interface WireSample {
  readonly t: string
  readonly v: number | null
  readonly q: 'good' | 'uncertain' | 'bad'
}
export interface WireBucket {
  readonly t: string
  readonly min: number | null
  readonly mean: number | null
  readonly max: number | null
  readonly count: number
}
/** `GET /api/v1/points/:id/outlook?from&to`: what is allowed at a point, by which clause, and where its readings lead. */
export interface WireOutlook {
  /** The limits as they were valid, in order; a time without limits is left out. */
  readonly limits: readonly WireValidLimits[]
  /** Everything that watches the point. */
  readonly watches: readonly WirePointWatch[]
  /** One for each forecast that leads to its limit; empty where nothing is to be said. */
  readonly forecasts: readonly WireForecast[]
}
export interface WireValidLimits {
  readonly from: string
  readonly to: string
  readonly min?: number
  readonly max?: number
  /** Nobody wrote down what was valid then: the next that is known is taken. */
  readonly assumed?: true
  readonly sources: readonly {
    readonly side: 'min' | 'max'
    readonly clause: string
    readonly clauseTitle: Said
    readonly basis: WireBasis
  }[]
}
export interface WirePointWatch {
  readonly rule: string
  readonly kind: string
  readonly title: Said
  readonly clause: string
  readonly clauseTitle: Said
  readonly priority: WirePriority
  /** The log it belongs to. */
  readonly record?: string
}
export interface WireForecast {
  readonly rule: string
  readonly clause: string
  readonly clauseTitle: Said
  readonly op: 'gt' | 'ge' | 'lt' | 'le'
  readonly value: number
  readonly confidence: number
  /** When it was looked at, and the newest reading that counted. */
  readonly at: string
  readonly heardAt: string
  readonly earlyAt: string
  readonly likelyAt: string
  /** `null`: it may never be reached. */
  readonly lateAt: string | null
  /** The line and its band from now on. */
  readonly fan: readonly { readonly t: string; readonly low: number; readonly mean: number; readonly high: number }[]
}

/** `GET /api/v1/journal` items. */
export interface WireEntry {
  readonly seq: number
  readonly at: string
  readonly writtenAt: string
  readonly kind: string
  readonly by: string
  readonly about?: string
  readonly data: Readonly<Record<string, unknown>>
  readonly leaf: string
}
/** `GET /api/v1/demo/faults`: what can be switched on and what is. */
export interface WireDemo {
  readonly speed: number
  readonly items: readonly {
    readonly equipment: string
    readonly faults: readonly { readonly fault: string; readonly name: Said; readonly active: boolean }[]
  }[]
}

/** `GET /api/v1/coverage`: every clause of every book, what watches it here, and its last verdict. */
export interface WireCoverage {
  readonly items: readonly WireCoveredClause[]
  readonly next: null
}
/** `kept`: no breach since; `unknown`: what it is judged by is not heard; `unwatched`: nothing here watches it. */
export type WireStanding = 'breached' | 'unknown' | 'kept' | 'unwatched'
export interface WireCoveredClause {
  readonly id: string
  readonly title: Said
  readonly source: Said
  readonly requirement: Said
  readonly tell: readonly Said[]
  readonly policy: {
    readonly id: string
    readonly version: string
    readonly effective: string
    readonly name: Said
    readonly inForce: boolean
  }
  /** The worst of what watches it. */
  readonly standing: WireStanding
  /** When that was last said: since when it is broken or kept. */
  readonly since: string | null
  readonly rules: readonly WireCoveringRule[]
  /** Why nothing watches it here. */
  readonly gap?: Said
}
export interface WireCoveringRule {
  readonly name: string
  readonly kind: string
  readonly title: Said
  readonly priority: WirePriority
  readonly advice: Said
  /** As the pack writes them. */
  readonly settings: Readonly<Record<string, unknown>>
  /** Unit of the point its alarm is shown at, where it has one here. */
  readonly unit: string
  /** What its codes are called, where it is a contact or a state. */
  readonly labels: readonly { readonly code: number; readonly label: Said }[]
  /** The clause's own number, where it is not the alarm's. */
  readonly limit?: { readonly op: 'gt' | 'ge' | 'lt' | 'le'; readonly value: number }
  readonly limitBasis?: WireBasis
  readonly alarmBasis: WireBasis
  readonly record?: string
  readonly retention?: string
  /** Kinds of equipment it is for. */
  readonly types: readonly Said[]
  /** Written in the site file, not in a pack. */
  readonly own: boolean
  readonly watchedBy: readonly WireWatch[]
  readonly unwired: readonly {
    readonly equipment: string
    readonly equipmentName: Said
    readonly point: string
    readonly pointName: Said
  }[]
  readonly off: readonly { readonly equipment: string; readonly equipmentName: Said; readonly reason?: string }[]
}
/** One rule at one piece of equipment. */
export interface WireWatch {
  readonly rule: string
  readonly equipment: string
  readonly equipmentName: Said
  readonly verdict: 'breached' | 'unknown' | 'kept'
  /** Since when it is broken, or no breach was found. */
  readonly since: string | null
  readonly alarm?: string
  /** The points that are not heard, or `rule-failed`. */
  readonly unheard?: readonly string[]
  /** The newest entry of the log it writes or reads. */
  readonly record?: {
    readonly kind: string
    readonly verdict: 'passed' | 'failed' | 'opened-early' | 'unknown'
    readonly at: string
  }
  /** Where the site has changed it: its own settings, what was changed, and why. */
  readonly overlay?: {
    readonly settings: Readonly<Record<string, unknown>>
    readonly changed: readonly string[]
    readonly reason?: string
  }
}

/** `GET /api/v1/duties` */
export interface WireDuty {
  readonly rule: string
  readonly clause: string
  readonly clauseTitle: Said
  readonly equipment: string
  readonly equipmentName: Said
  readonly title: Said
  readonly priority: WirePriority
  readonly tell: readonly Said[]
  readonly record?: string
  readonly state: 'missed' | 'soon' | 'open' | 'not-now'
  readonly doneAt: string | null
  readonly warnAt: string | null
  readonly dueAt: string | null
  readonly missed: number
  readonly done?: number
  readonly of?: number
}
