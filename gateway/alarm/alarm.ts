import type { Words } from '../../protocols/contract/driver.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { Priority, RuleId } from '../policy/rule.ts'

/** `A17`: counted per data directory. One alarm lasts from its first raise until it is back to normal and answered. */
export type AlarmId = string & { readonly __unit: 'alarm id' }

/** ISA-18.2 / IEC 62682 states A–D (standards.md §2.1). */
export type AlarmState = 'normal' | 'unacknowledged' | 'acknowledged' | 'returned-unacknowledged'

export interface Alarm {
  readonly id: AlarmId
  readonly rule: RuleId
  readonly state: AlarmState
  readonly priority: Priority
  /** When the condition began, when it had lasted its on-delay, when it had returned. */
  readonly since: Instant
  readonly raisedAt: Instant
  readonly clearedAt?: Instant
  /** The value that was judged at the raise; none for a stale point. */
  readonly value?: number
  /** Where the value alone does not say why. */
  readonly because?: Words
  /** How often it came back before anybody answered, 1 for the first. */
  readonly times: number
  /** `late` when the readings that raised it came long after they were taken. */
  readonly found: 'live' | 'late'
  readonly acknowledged?: { readonly by: string; readonly at: Instant; readonly comment: string }
}

/** What the desk says happened; each becomes one journal entry before anybody hears of it. */
export type AlarmEvent =
  | { readonly kind: 'alarm.raised'; readonly at: Instant; readonly alarm: Alarm }
  | { readonly kind: 'alarm.cleared'; readonly at: Instant; readonly alarm: Alarm }
  /** Its rule is no longer in the site file. */
  | { readonly kind: 'alarm.withdrawn'; readonly at: Instant; readonly alarm: Alarm }
  | {
      readonly kind: 'alarm.acknowledged'
      readonly at: Instant
      readonly alarm: Alarm
      readonly by: string
      readonly comment: string
    }
