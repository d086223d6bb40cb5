/** What a person can do about an alarm. Pure. */
import type { WireAlarm } from '../../../gateway/api/wire.ts'
import { needsAnswer } from './urgency.ts'

export const deedKinds = ['acknowledge', 'confirm', 'reset', 'unshelve', 'return-to-service', 'shelve', 'out-of-service'] as const
export type DeedKind = (typeof deedKinds)[number]

/** What a person may do about it in its state, the next step first (ISA-18.2 §2.2 as the gateway has it). */
export function deedsFor(alarm: WireAlarm): readonly DeedKind[] {
  if (alarm.state === 'shelved') return ['unshelve', 'out-of-service']
  if (alarm.state === 'out-of-service') return ['return-to-service']
  if (alarm.state === 'suppressed') return ['shelve', 'out-of-service']
  const confirm: readonly DeedKind[] = alarm.acknowledged && !alarm.confirmed ? ['confirm'] : []
  if (alarm.state === 'normal') return confirm
  if (needsAnswer(alarm)) return ['acknowledge', 'shelve', 'out-of-service']
  const reset: readonly DeedKind[] = alarm.state === 'latched-acknowledged' ? ['reset'] : []
  return [...confirm, ...reset, 'shelve', 'out-of-service']
}

/** What a person does about an alarm, as `POST /alarms/ID/…` takes it. */
export type Deed =
  | { readonly do: 'acknowledge'; readonly comment: string }
  | { readonly do: 'confirm'; readonly action: string }
  | {
      readonly do: 'shelve'
      /** ms */
      readonly for: number
      readonly reason: string
      readonly oneShot: boolean
      readonly second?: { readonly username: string; readonly password: string }
    }
  | { readonly do: 'unshelve' | 'reset' | 'return-to-service' }
  | {
      readonly do: 'out-of-service'
      readonly reason: string
      readonly substitute: string
      /** Domain time, ms. */
      readonly until: number
    }

const minute = 60_000
const hour = 60 * minute
const shelfLengths = [15 * minute, 30 * minute, hour, 2 * hour, 4 * hour, 8 * hour, 24 * hour, 72 * hour]

/** Lengths on offer for shelving all of these together: what each of them allows, and which need a second person. Empty where one may not be shelved. */
export function shelvesFor(alarms: readonly WireAlarm[]): readonly { readonly length: number; readonly isTogether: boolean }[] {
  const alone = Math.min(...alarms.map(alarm => alarm.shelf.alone))
  const together = Math.min(...alarms.map(alarm => alarm.shelf.together))
  if (alarms.some(alarm => alarm.lifeSafety)) return []
  return shelfLengths.filter(length => length <= together).map(length => ({ length, isTogether: length > alone }))
}

/** Lengths on offer for taking out of service, ms; thirty days are the most and end the day before. */
export const outLengths = [4 * hour, 8 * hour, 24 * hour, 72 * hour, 168 * hour, 29 * 24 * hour] as const
