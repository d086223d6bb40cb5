import type { Millis } from '../../protocols/contract/time.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { Alarm, AlarmEvent } from './alarm.ts'
import type { ShelfRefusal } from './shelf.ts'

/** What a person may do about an alarm (contract §2). */
export type AlarmCommand =
  | { readonly do: 'acknowledge'; readonly comment: string }
  | { readonly do: 'confirm'; readonly action: string }
  | {
      readonly do: 'shelve'
      readonly for: Millis
      readonly reason: string
      readonly oneShot: boolean
      /** Name of the second person, who has proved to be there. */
      readonly second?: string
    }
  | { readonly do: 'unshelve' }
  | { readonly do: 'reset' }
  | { readonly do: 'out-of-service'; readonly reason: string; readonly substitute: string; readonly until: Instant }
  | { readonly do: 'return-to-service' }

export type CommandRefusal =
  | 'no-such-alarm'
  | 'already-acknowledged'
  | 'not-acknowledged'
  | 'already-confirmed'
  /** The state does not allow it: a normal alarm cannot be reset, a shelved one not be acknowledged. */
  | 'not-in-this-state'
  /** A newer alarm of the same rule is open. */
  | 'superseded'
  | 'until-past'
  | 'until-too-far'
  | ShelfRefusal

export type Answer =
  | { readonly ok: true; readonly alarm: Alarm; readonly events: readonly AlarmEvent[] }
  | { readonly ok: false; readonly why: CommandRefusal }
