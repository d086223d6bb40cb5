/** The few hours around an alarm as a small picture: a curve in hundredths, and where it is beyond its limit. Pure. */
import type { WireAlarm } from '../../../gateway/api/wire.ts'
import { columnsOf, extent } from './trend.ts'
import type { Curve } from './trend.ts'

export interface Span {
  readonly from: number
  readonly to: number
}
const minute = 60_000
const hour = 60 * minute

/** The condition in the middle of the picture, with as much before it as it lasted, half an hour at least and a day at most. */
export function spanOf(alarm: WireAlarm, now: number): Span {
  const end = alarm.active ? now : (alarm.clearedAt ?? alarm.raisedAt)
  const lasted = Math.max(0, end - alarm.since)
  const room = Math.min(24 * hour, Math.max(30 * minute, lasted))
  // A condition of many days: its last day is what matters.
  const from = Math.max(alarm.since - room, end - 7 * 24 * hour)
  return { from, to: alarm.active ? end : Math.min(now, end + room / 2) }
}

/** Bucket, ms; none where every reading has room. */
export const bucketOf = ({ from, to }: Span): number | undefined =>
  to - from <= hour ? undefined : Math.max(minute, Math.ceil((to - from) / 120 / minute) * minute)

export interface Mini {
  /** Path of the curve in a box of 1000 × 100, broken where nobody measured. */
  readonly line: string
  /** The same closed down (or up) to the limit. */
  readonly area: string
  /** Height of the limit, and on which side of it the breach is. */
  readonly limit?: { readonly y: number; readonly side: 'above' | 'below' }
  /** From when to when the condition lasted. */
  readonly breach: { readonly from: number; readonly to: number }
  readonly low: number
  readonly high: number
}

/** `stepped` for contacts and states, which hold their value until the next. `undefined` where there is nothing to draw. */
export function miniOf(curve: Curve, alarm: WireAlarm, span: Span, stepped: boolean): Mini | undefined {
  const found = extent(curve)
  if (!found) return undefined
  const level = alarm.limit?.value
  const low = Math.min(found.min, level ?? found.min)
  const high = Math.max(found.max, level ?? found.max)
  const room = (high - low || 1) * 0.12
  const x = (at: number) => clamp(((at - span.from) / (span.to - span.from || 1)) * 1000, 0, 1000)
  const y = (value: number) => 100 - ((value - low + room) / (high - low + 2 * room)) * 100
  const runs = runsOf(curve, x, y, stepped)
  const line = runs.map(run => `M${run.map(([a, b]) => `${a.toFixed(1)} ${b.toFixed(1)}`).join('L')}`).join('')
  const base = level === undefined ? 100 : y(level)
  const area = runs.map(run => closed(run, base)).join('')
  const side = alarm.limit && (alarm.limit.op === 'gt' || alarm.limit.op === 'ge' ? 'above' : 'below')
  const end = alarm.active ? span.to : (alarm.clearedAt ?? alarm.raisedAt)
  return {
    line,
    area,
    ...(side && level !== undefined ? { limit: { y: y(level), side } } : {}),
    breach: { from: x(alarm.since), to: x(end) },
    low: found.min,
    high: found.max,
  }
}

type Run = [number, number][]

function runsOf(curve: Curve, x: (at: number) => number, y: (value: number) => number, stepped: boolean): readonly Run[] {
  const [times, means] = columnsOf(curve, Math.max(10 * minute, 3 * (curve.every ?? 0)))
  const runs: Run[] = []
  let run: Run = []
  for (const [i, at] of times.entries()) {
    const mean = means[i]
    if (mean === null || mean === undefined) {
      if (run.length > 0) runs.push(run)
      run = []
      continue
    }
    const last = run.at(-1)
    if (stepped && last) run.push([x(at), last[1]])
    run.push([x(at), y(mean)])
  }
  return run.length > 0 ? [...runs, run] : runs
}

function closed(run: Run, base: number): string {
  const [first] = run
  const last = run.at(-1)
  if (!first || !last) return ''
  const top = run.map(([a, b]) => `${a.toFixed(1)} ${b.toFixed(1)}`).join('L')
  return `M${first[0].toFixed(1)} ${base.toFixed(1)}L${top}L${last[0].toFixed(1)} ${base.toFixed(1)}Z`
}

const clamp = (value: number, least: number, most: number): number => Math.max(least, Math.min(most, value))
