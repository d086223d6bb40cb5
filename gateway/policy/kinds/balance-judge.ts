import type { Words } from '../../../protocols/contract/driver.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import type { Inputs } from '../kind.ts'
import type { Place } from '../place.ts'
import type { SpecReader } from '../spec.ts'
import type { Period } from './balance-period.ts'

/** What every judge of a meter is told. */
export interface MeterSettings {
  /** Digits before the point, after which the counter begins again at zero; `undefined`: it never does. */
  readonly digits: number | undefined
  readonly period: Period
  /** IANA name of the site's time zone: periods begin at its midnight. */
  readonly zone: string
}

/** A meter is never called wrong: only a verification can say that. What is seen is suspect, or sound again. */
export type Finding =
  { readonly is: 'suspect'; readonly since: Instant; readonly value?: number; readonly because: Words } | { readonly is: 'sound' }

export interface Ruling<State> {
  readonly state: State
  readonly finding?: Finding | undefined
}

/** One way in which a meter's values may disagree: pure, its state plain JSON; `undefined` when nothing changed. */
export interface Judge<Spec, State> {
  read(from: SpecReader, place: Place): Spec
  begin(spec: Spec, at: Instant, meter: MeterSettings): State
  hear(
    spec: Spec,
    state: State,
    value: number,
    at: Instant,
    inputs: Inputs,
    input: string,
    meter: MeterSettings,
  ): Ruling<State> | undefined
  /** When it wants to be woken next. */
  wakeAt(spec: Spec, state: State): Instant | undefined
  wake(spec: Spec, state: State, at: Instant, inputs: Inputs, meter: MeterSettings): Ruling<State> | undefined
}

export type AnyJudge = Judge<unknown, unknown>

/** Closes over the types of a judge; sound because the rule hands a state only to the judge that made it. */
export const judge = <Spec, State>(one: Judge<Spec, State>): AnyJudge => one as unknown as AnyJudge

/**
 * How far a counter went from one reading to the next. Of a counter with `digits` a fall from the last tenth of its range to the first
 * is a roll-over; any other fall is negative.
 */
export function advance(from: number, to: number, digits: number | undefined): number {
  if (to >= from || digits === undefined) return to - from
  const range = 10 ** digits
  return from >= 0.9 * range && to <= 0.1 * range ? range - from + to : to - from
}

/** A sum and what its rounding lost (Neumaier 1974): thousands of small parts come to what they are, without drift. */
export type Sum = readonly [total: number, lost: number]
export const zero: Sum = [0, 0]
export function plus([total, lost]: Sum, part: number): Sum {
  const next = total + part
  return [next, lost + (Math.abs(total) >= Math.abs(part) ? total - next + part : part - next + total)]
}
export const valueOf = ([total, lost]: Sum): number => total + lost
