/** What needs a person first. Pure. */
import type { WireAlarm, WireAlarmState, WirePriority } from '../../../gateway/api/wire.ts'

/** Colour, shape and word of a state go by this one name. */
export type Tone = 'high' | 'medium' | 'low' | 'advisory' | 'unknown' | 'calm'

const weightOfPriority: Record<WirePriority, number> = { high: 4, medium: 3, low: 2, advisory: 1 }
const weightOfState: Record<WireAlarmState, number> = {
  unacknowledged: 8,
  'latched-unacknowledged': 7,
  'returned-unacknowledged': 6,
  acknowledged: 5,
  'latched-acknowledged': 4,
  'out-of-service': 3,
  shelved: 2,
  suppressed: 1,
  normal: 0,
}

/** Running and unanswered first, then what returned by itself and waits for an answer, then what is answered; within, what endangers life, then by priority, then the newest. */
export function mostUrgentFirst(a: WireAlarm, b: WireAlarm): number {
  return (
    weightOfState[b.state] - weightOfState[a.state] ||
    Number(b.lifeSafety) - Number(a.lifeSafety) ||
    weightOfPriority[b.priority] - weightOfPriority[a.priority] ||
    b.raisedAt - a.raisedAt ||
    (a.id < b.id ? -1 : 1)
  )
}

export const needsAnswer = (alarm: WireAlarm): boolean =>
  alarm.state === 'unacknowledged' || alarm.state === 'returned-unacknowledged' || alarm.state === 'latched-unacknowledged'

/** Shelved, kept quiet by design or out of service: listed, and nobody is called. */
export const isQuiet = (alarm: WireAlarm): boolean =>
  alarm.state === 'shelved' || alarm.state === 'suppressed' || alarm.state === 'out-of-service'

/** The condition itself still stands, answered or not, and is not kept quiet. */
export const isRunning = (alarm: WireAlarm): boolean => alarm.active && !isQuiet(alarm)

/** How long the condition has lasted, or lasted, in ms. */
export const lasting = (alarm: WireAlarm, now: number): number =>
  (alarm.active ? now : (alarm.clearedAt ?? alarm.raisedAt)) - alarm.since

/** What the page sounds like while these wait for an answer: reminders and cautions are for the eye alone. */
export function soundOf(unanswered: readonly WireAlarm[]): 'urgent' | 'calm' | undefined {
  if (unanswered.some(alarm => alarm.priority === 'high' || alarm.lifeSafety)) return 'urgent'
  return unanswered.some(alarm => alarm.priority === 'medium') ? 'calm' : undefined
}

export function byEquipment(alarms: readonly WireAlarm[]): ReadonlyMap<string, readonly WireAlarm[]> {
  const found = new Map<string, WireAlarm[]>()
  for (const alarm of alarms) {
    const of = found.get(alarm.equipment)
    if (of) of.push(alarm)
    else found.set(alarm.equipment, [alarm])
  }
  return found
}

const weightOfTone: Record<Tone, number> = { high: 5, medium: 4, low: 3, unknown: 2, advisory: 1, calm: 0 }
export const severity = (tone: Tone): number => weightOfTone[tone]
export const mostSevere = (tones: readonly Tone[]): Tone =>
  tones.reduce<Tone>((worst, tone) => (weightOfTone[tone] > weightOfTone[worst] ? tone : worst), 'calm')

/** The most severe alarm whose condition still stands. */
export const worstRunning = (alarms: readonly WireAlarm[]): WireAlarm | undefined =>
  alarms
    .filter(isRunning)
    .toSorted((a, b) => weightOfPriority[b.priority] - weightOfPriority[a.priority] || mostUrgentFirst(a, b))[0]
