import type { Words } from '../../protocols/contract/driver.ts'
import type { PointId } from '../../protocols/contract/reading.ts'
import type { Millis } from '../../protocols/contract/time.ts'

/** `cold-1.temperature.too-warm`: the point and the rule's name in its pack. */
export type RuleId = string & { readonly __unit: 'rule id' }

export const priorities = ['advisory', 'low', 'medium', 'high'] as const
export type Priority = (typeof priorities)[number]

/** What may go on at a piece of equipment so that what it does then is no fault. */
export const modeNames = ['defrost', 'cleaning', 'maintenance'] as const
export type ModeName = (typeof modeNames)[number]

/** Where a number comes from, so that a printed record never claims more than somebody checked. */
export interface Basis {
  /** `house-rule` numbers are never silently changed; `standard` and `design` are defaults a site may overlay. */
  readonly kind: 'house-rule' | 'standard' | 'design'
  readonly source: Words
  readonly verified: boolean
}

/** A clause of the written rules: what an alarm cites. */
export interface Clause {
  readonly id: string
  readonly title: Words
  /** Where it is written: book and place. */
  readonly source: Words
  /** The requirement in one sentence. */
  readonly requirement: Words
  /** Whom to tell, in order. */
  readonly tell: readonly Words[]
  readonly pack: string
  readonly version: string
}

/** One rule of one point, ready to run. `spec` belongs to its kind (`limit`, `stale`) and has been checked by it. */
export interface Rule {
  readonly id: RuleId
  readonly kind: string
  readonly spec: unknown
  /** The same as written, with the site's changes: JSON, for the journal and for people. */
  readonly settings: Readonly<Record<string, unknown>>
  readonly watches: readonly PointId[]
  /** Where its alarm is shown; the one point a rule without `inputs` watches. */
  readonly point: PointId
  /** What a rule of several inputs watches, by the names its kind gives them; `EQUIPMENT.record:KIND` is a virtual point. */
  readonly inputs?: readonly { readonly name: string; readonly point: PointId }[]
  readonly equipment: string
  readonly clause: string
  readonly title: Words
  readonly priority: Priority
  /** What the clause allows, for the record: without delay and without deadband. */
  readonly limitBasis?: Basis
  /** The clause's own number, where it is not the alarm's. */
  readonly limit?: { readonly op: 'gt' | 'ge' | 'lt' | 'le'; readonly value: number }
  /** The inspector's log it belongs to, and how long that is kept, as the pack says it (`2y`). */
  readonly record?: string
  readonly retention?: string
  /** Where delay, deadband and priority come from. */
  readonly alarmBasis: Basis
  /** What to do, in the pack's words. */
  readonly advice: Words
  /** Stays after its return until somebody has acknowledged and reset it: gas, smoke. */
  readonly latching?: boolean
  /** A danger to life: it cannot be shelved. */
  readonly lifeSafety?: boolean
  /** An acknowledged alarm that lasts so long calls again. */
  readonly reAlarm?: Millis
  /** Its equipment is faulty while it lasts and after: locked out until a repair is recorded (CAN-2, CAN-9). */
  readonly locksOut?: boolean
  /** Not alarmed while one of these is going on at its equipment: `defrost`, `cleaning`, `maintenance`. */
  readonly notDuring?: readonly string[]
  readonly policy: { readonly id: string; readonly version: string }
  /** Set where the site overlays the pack's numbers. */
  readonly overlay?: { readonly reason?: string; readonly changed: readonly string[] }
}
