import type { Words } from '../../protocols/contract/driver.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { Priority, RuleId } from '../policy/rule.ts'

/** `A17`: counted per data directory. One alarm lasts from its first raise until it is back to normal and answered. */
export type AlarmId = string & { readonly __unit: 'alarm id' }

/** ISA-18.2-2016 / IEC 62682, states A to I in the order of the standard (standards.md §2.1). */
export const alarmStates = [
  'normal',
  'unacknowledged',
  'acknowledged',
  'returned-unacknowledged',
  'latched-unacknowledged',
  'latched-acknowledged',
  'shelved',
  'suppressed',
  'out-of-service',
] as const
export type AlarmState = (typeof alarmStates)[number]

/** States in which nobody is called: the condition is watched and recorded, and judged afresh on leaving them. */
export const quietStates: ReadonlySet<AlarmState> = new Set(['shelved', 'suppressed', 'out-of-service'])

/** States that wait for somebody to say: I have seen it. */
export const waitingStates: ReadonlySet<AlarmState> = new Set([
  'unacknowledged',
  'returned-unacknowledged',
  'latched-unacknowledged',
])

export interface Shelving {
  readonly by: string
  readonly at: Instant
  readonly until: Instant
  readonly reason: string
  /** Ends when the condition ends, and at `until` at the latest. */
  readonly oneShot: boolean
  /** The second person, where the priority asks for one. */
  readonly second?: string
}

export interface OutOfService {
  readonly by: string
  readonly at: Instant
  readonly until: Instant
  readonly reason: string
  /** What watches in its place meanwhile: "thermometer read by hand every hour". */
  readonly substitute: string
}

/** Why an alarm is kept quiet by design: its line is down, its equipment is silent, or it is being defrosted, cleaned, maintained. */
export interface Cause {
  readonly kind: 'connection' | 'equipment' | 'mode'
  /** The connection, the equipment, or the mode (`defrost`). */
  readonly name: string
  /** The alarm that stands for all of them. */
  readonly alarm?: AlarmId
}
export const causeKey = ({ kind, name }: Cause): string => `${kind}:${name}`

export interface Alarm {
  readonly id: AlarmId
  readonly rule: RuleId
  readonly state: AlarmState
  readonly priority: Priority
  /** Whether the condition holds now, whatever the state says. */
  readonly active: boolean
  /** When the condition began, when it had lasted its on-delay, when it had returned. */
  readonly since: Instant
  readonly raisedAt: Instant
  readonly clearedAt?: Instant
  /** The value that was judged at the raise; none for a stale point. */
  readonly value?: number
  /** Where the value alone does not say why. */
  readonly because?: Words
  /** How often it came (or was judged afresh) before it was over, 1 for the first. */
  readonly times: number
  /** `late` when the readings that raised it came long after they were taken. */
  readonly found: 'live' | 'late'
  /** I have seen it. Gone when the alarm comes again. */
  readonly acknowledged?: { readonly by: string; readonly at: Instant; readonly comment: string }
  /** I have acted: what was done. */
  readonly confirmed?: { readonly by: string; readonly at: Instant; readonly action: string }
  /** In state `shelved`. */
  readonly shelved?: Shelving
  /** In state `suppressed`. */
  readonly suppressed?: { readonly at: Instant; readonly causes: readonly Cause[] }
  /** In state `out-of-service`. */
  readonly outOfService?: OutOfService
  /** The alarm of the same equipment that came first and is still open. */
  readonly firstOut?: AlarmId
  /** It came at least three times within a minute: further notices wait until it is quiet. */
  readonly chattering?: boolean
}

/** What the desk says happened; each becomes one journal entry before anybody hears of it. `by` is `system` where nobody did it. */
export type AlarmEvent = {
  readonly kind: AlarmEventKind
  readonly at: Instant
  readonly alarm: Alarm
  readonly by: string
  /** What else the journal says of it: comment, action, reason, until … */
  readonly data?: Readonly<Record<string, unknown>>
}
export const alarmEventKinds = [
  'alarm.raised',
  'alarm.cleared',
  'alarm.acknowledged',
  'alarm.confirmed',
  'alarm.re-alarmed',
  'alarm.reset',
  'alarm.shelved',
  'alarm.unshelved',
  'alarm.suppressed',
  'alarm.released',
  'alarm.out-of-service',
  'alarm.returned-to-service',
  /** It began or ceased to chatter. */
  'alarm.chattering',
  /** Its rule is no longer in the site file. */
  'alarm.withdrawn',
] as const
export type AlarmEventKind = (typeof alarmEventKinds)[number]

/** Whether the event calls somebody: it came, came again, or was judged afresh, and is not kept quiet. */
export const calls = ({ kind, alarm }: AlarmEvent): boolean =>
  (kind === 'alarm.raised' || kind === 'alarm.re-alarmed') && alarm.state === 'unacknowledged'
