/** The alarms of a piece of equipment on the time axis: from when to when, and what happened to each. Pure. */
import type { WireAlarm } from '../../../../gateway/api/wire.ts'
import type { Span } from './span.ts'

export interface AlarmMark {
  readonly alarm: WireAlarm
  /** From when the condition stood until it was over, or now. */
  readonly from: number
  readonly to: number
  readonly raisedAt: number
  readonly acknowledgedAt: number | undefined
  readonly clearedAt: number | undefined
  /** Those that overlap stand below each other. */
  readonly row: number
}
/** More rows than this take the place of the curve: the rest shares the last. */
export const mostRows = 3

/** Each alarm once, in the order of its raise, as far as any of it is in sight. `room`: so much time a mark takes on the axis. */
export function marksIn(alarms: readonly WireAlarm[], span: Span, now: number, room: number): readonly AlarmMark[] {
  const once = new Map(alarms.map(alarm => [alarm.id, alarm]))
  const taken: number[] = []
  return [...once.values()]
    .map(alarm => ({
      alarm,
      from: Math.min(alarm.since, alarm.raisedAt),
      to: Math.max(alarm.raisedAt, alarm.active ? now : (alarm.clearedAt ?? alarm.raisedAt)),
      raisedAt: alarm.raisedAt,
      acknowledgedAt: alarm.acknowledged?.at,
      clearedAt: alarm.active ? undefined : alarm.clearedAt,
    }))
    .filter(({ from, to }) => to >= span.from && from <= span.to)
    .toSorted((a, b) => a.raisedAt - b.raisedAt || (a.alarm.id < b.alarm.id ? -1 : 1))
    .map(mark => {
      const begin = Math.max(mark.from, span.from)
      const free = taken.findIndex(until => until <= begin)
      const row = free >= 0 ? free : Math.min(taken.length, mostRows - 1)
      taken[row] = Math.max(taken[row] ?? 0, mark.to, mark.raisedAt + room)
      return { ...mark, row }
    })
}
