/** What is said of an alarm in few words, in lists and details alike. */
import type { WireAlarm } from '../../../gateway/api/wire.ts'
import { isQuiet, lasting } from '../live/urgency.ts'
import type { Words } from './words.svelte.ts'

/** Why it is kept quiet by design: "a line that is down", "defrosting". */
export function sayCauses(alarm: WireAlarm, words: Words): string {
  const t = words.t.triage
  const said = (alarm.suppressed?.causes ?? []).map(({ kind, name }) =>
    kind === 'mode' ? (t.modes[name] ?? t.cause.mode) : t.cause[kind],
  )
  return [...new Set(said)].join(words.t.listSeparator)
}

/** How long it has stood, when it was, or until when it is put aside. */
export function sayWhen(alarm: WireAlarm, words: Words, now: number): string {
  const t = words.t
  if (alarm.shelved) return t.triage.shelvedUntil(words.moment(alarm.shelved.until, now))
  if (alarm.outOfService) return t.triage.outUntil(words.moment(alarm.outOfService.until, now))
  if (alarm.suppressed) return t.triage.quietBy(sayCauses(alarm, words))
  if (alarm.active) return t.alarm.running(words.duration(lasting(alarm, now)))
  return `${words.moment(alarm.raisedAt, now)}${t.comma}${t.alarm.lasted(words.duration(lasting(alarm, now)))}`
}

/** Whether the condition still holds, of one that is kept quiet; empty of any other. */
export const sayStanding = (alarm: WireAlarm, words: Words): string =>
  isQuiet(alarm) ? (alarm.active ? words.t.triage.standsStill : words.t.triage.standsNot) : ''
