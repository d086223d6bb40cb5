import type { Said, WirePriority } from './wire.ts'

/** One shift of one day. Times are ISO 8601 with the offset of the site. */
export interface WireShift {
  readonly roster: string
  /** The day it begins on, `2026-10-03`: a night shift belongs to the evening. */
  readonly on: string
  readonly shift: string
  readonly from: string
  readonly to: string
  /** Who has it; `null` is a hole. */
  readonly person: string | null
  /** Who would have it without the swap. */
  readonly planned?: string
  readonly swap?: {
    readonly reason: string
    /** Absent where the site file says so. */
    readonly by?: string
    /** What that account's person is called. */
    readonly byName?: Said
    readonly at?: string
  }
}

export interface WireRoster {
  readonly id: string
  readonly name: Said
  /** In the order of the day, with their hours on the clock: `23:30–07:30`. */
  readonly shifts: readonly { readonly id: string; readonly name: Said; readonly hours: string }[]
  /** `null` in hours that no shift covers. */
  readonly now: WireShift | null
  /** The shift after it. */
  readonly next: WireShift | null
  /** Every shift with a part in the stretch that was asked for. */
  readonly items: readonly WireShift[]
}

/** A day of the site's calendar, with its name where it is a holiday or worked in place of one. */
export interface WireDutyDay {
  readonly date: string
  readonly working: boolean
  readonly name?: Said
}

/** A cell of the grid (人 → 站 → 中心). */
export interface WireCell {
  readonly id: string
  readonly name: Said
  /** A person or a roster, and who that is now; `null` where the roster has nobody. */
  readonly head: string
  readonly person: string | null
  readonly areas: readonly { readonly id: string; readonly name: Said }[]
  readonly above: string | null
}

/** Who is on duty, and how it goes on when nobody answers: `GET /api/v1/duty`. */
export interface WireDutyPlan {
  readonly from: string
  readonly to: string
  /** The site's own day now, `2026-10-03`. */
  readonly today: string
  readonly days: readonly WireDutyDay[]
  readonly rosters: readonly WireRoster[]
  readonly cells: readonly WireCell[]
  /** Unanswered for so many ms: one level up for each. */
  readonly escalate: Readonly<Record<WirePriority, readonly number[]>>
  /** Alarms of these priorities wait until it is over. */
  readonly quiet: { readonly hours: string; readonly priorities: readonly WirePriority[] } | null
}

/** Somebody who can be called: `GET /api/v1/people`. */
export interface WirePerson {
  readonly id: string
  readonly name: Said
  /** As the clauses name them: 食堂主管. */
  readonly roles: readonly string[]
  /** It is whoever asks. */
  readonly me?: boolean
  /** For administrators alone: the account, and where the person is found by kind of channel. */
  readonly account?: string
  readonly language?: 'zh' | 'en'
  readonly channels?: readonly string[]
  readonly handles?: Readonly<Record<string, string>>
}
