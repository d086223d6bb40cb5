import { readFileSync } from 'node:fs'
import type { Model, State, World } from '../../simulators/physics/model.ts'
import { modelsByType } from '../../simulators/physics/models.ts'
import { parseSeries } from '../../simulators/physics/recorded-room.ts'

const csv = new URL('../../simulators/recorded/ambient_temperature_system_failure.csv', import.meta.url)
export const series = parseSeries(readFileSync(csv, 'utf8'))
export const models = modelsByType(series)

export function modelOf(type: string): Model {
  const found = models.get(type)
  if (!found) throw new Error(`no model ${type}`)
  return found
}

/** Monday 2026-11-23, 00:00 in Shanghai. */
export const monday = Date.UTC(2026, 10, 22, 16)

export function worldAt(hoursSinceMonday: number, dtSeconds: number): World {
  const days = Math.floor(hoursSinceMonday / 24)
  return {
    now: monday + hoursSinceMonday * 3_600_000,
    dtSeconds,
    weekday: (((1 + days) % 7) + 7) % 7,
    hour: hoursSinceMonday - days * 24,
  }
}

export interface Moment {
  /** Hours since Monday 00:00. */
  readonly hours: number
  readonly state: State
  readonly points: Readonly<Record<string, number>>
}

export interface Play {
  readonly seed?: number
  readonly from?: number
  readonly hours: number
  readonly stepSeconds?: number
  readonly faults?: readonly string[] | ((hours: number) => readonly string[])
  readonly state?: State
}

/** Lives through some hours and shows every step of them. */
export function* play(
  model: Model,
  { seed = 7, from = 0, hours, stepSeconds = 30, faults = [], state: given }: Play,
): Generator<Moment> {
  let state = given ?? model.begin(seed, worldAt(from, 0))
  const steps = Math.round((hours * 3600) / stepSeconds)
  for (let step = 1; step <= steps; step++) {
    const at = from + (step * stepSeconds) / 3600
    state = model.step(state, worldAt(at, stepSeconds), new Set(typeof faults === 'function' ? faults(at) : faults))
    yield { hours: at, state, points: model.points(state) }
  }
}

/** The longest time in minutes for which `breaks` held without a pause. */
export function longest(moments: Iterable<Moment>, breaks: (points: Readonly<Record<string, number>>) => boolean): number {
  let since: number | undefined
  let most = 0
  for (const { hours, points } of moments) {
    if (!breaks(points)) since = undefined
    else most = Math.max(most, (hours - (since ??= hours)) * 60)
  }
  return most
}

/** Hours from the start until `happens`, or Infinity. */
export function until(
  moments: Iterable<Moment>,
  happens: (points: Readonly<Record<string, number>>) => boolean,
  from = 0,
): number {
  for (const { hours, points } of moments) if (happens(points)) return hours - from
  return Infinity
}
