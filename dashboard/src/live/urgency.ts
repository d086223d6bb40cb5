/** What needs a person first. Pure. */
import type { WireAlarm, WireAlarmState, WirePriority } from '../../../gateway/api/wire.ts'

/** Colour, shape and word of a state go by this one name. */
export type Tone = 'high' | 'medium' | 'low' | 'advisory' | 'unknown' | 'calm'

const weightOfPriority: Record<WirePriority, number> = { high: 4, medium: 3, low: 2, advisory: 1 }
const weightOfState: Record<WireAlarmState, number> = {
  unacknowledged: 3,
  acknowledged: 2,
  'returned-unacknowledged': 1,
  normal: 0,
}

/** Unanswered before answered; within, by priority, then running before returned, then the newest. */
export function mostUrgentFirst(a: WireAlarm, b: WireAlarm): number {
  return (
    Number(needsAnswer(b)) - Number(needsAnswer(a)) ||
    weightOfPriority[b.priority] - weightOfPriority[a.priority] ||
    weightOfState[b.state] - weightOfState[a.state] ||
    b.raisedAt - a.raisedAt ||
    (a.id < b.id ? -1 : 1)
  )
}

export const needsAnswer = (alarm: WireAlarm): boolean =>
  alarm.state === 'unacknowledged' || alarm.state === 'returned-unacknowledged'

/** The condition itself still stands, answered or not. */
export const isRunning = (alarm: WireAlarm): boolean => alarm.state === 'unacknowledged' || alarm.state === 'acknowledged'

/** How long the condition has lasted, or lasted, in ms. */
export const lasting = (alarm: WireAlarm, now: number): number =>
  (isRunning(alarm) ? now : (alarm.clearedAt ?? alarm.raisedAt)) - alarm.since

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
