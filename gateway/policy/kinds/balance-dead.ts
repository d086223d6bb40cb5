import { between, hours, later, minutes } from '../../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../../protocols/contract/time.ts'
import type { Inputs } from '../kind.ts'
import { judge, plus, valueOf, zero } from './balance-judge.ts'
import type { Ruling, Sum } from './balance-judge.ts'
import { endOfPeriod } from './balance-period.ts'
import { standing, standingBeside } from './balance-words.ts'
import { knownValue } from './known.ts'

interface DeadSpec {
  /** m³/h: less is no flow. */
  readonly min: number
  /** Gas has flowed for so long in all since the counter last moved. */
  readonly for: Millis
  /** m³ that have passed since: a counter of whole cubic metres is not dead after half of one. */
  readonly least: number
  readonly gap: Millis
  /** Against another counter: so many periods without a step. */
  readonly periods: number
}

interface DeadState {
  /** Where the counter stands, and since when it was heard there. */
  readonly total: number | null
  readonly since: Instant | null
  readonly flow: { readonly at: Instant; readonly value: number } | null
  readonly flowing: number
  readonly passed: Sum
  readonly until: Instant
  readonly start: { readonly total: number; readonly reference: number } | null
  readonly standing: number
}

/** Gas flows, or another counter goes on, and this one stands (GAS-6). */
export const dead = judge<DeadSpec, DeadState>({
  read: from => ({
    min: from.amount('min', 0.05),
    for: from.duration('for', minutes(30)),
    least: from.amount('least', 0.5),
    gap: from.duration('gap', hours(1)),
    periods: from.amount('periods', 2),
  }),
  begin: (_spec, at, { period, zone }) => ({
    total: null,
    since: null,
    flow: null,
    flowing: 0,
    passed: zero,
    until: endOfPeriod(at, period, zone),
    start: null,
    standing: 0,
  }),
  hear(spec, state, value, at, inputs, input) {
    if (input === 'total') return counted(state, value, at)
    return input === 'flow' ? flowed(spec, state, value, at, inputs) : undefined
  },
  wakeAt: (_spec, { until }) => until,
  wake(spec, state, at, inputs, { period, zone }) {
    const next = { ...state, until: endOfPeriod(at, period, zone) }
    return inputs['flow'] ? { state: next } : compared(spec, next, at, inputs)
  },
})

function counted(state: DeadState, total: number, at: Instant): Ruling<DeadState> | undefined {
  if (total === state.total) return undefined
  const moved = { ...state, total, since: at, flowing: 0, passed: zero }
  return state.total !== null && total > state.total ? { state: moved, finding: { is: 'sound' } } : { state: moved }
}

function flowed(spec: DeadSpec, state: DeadState, value: number, at: Instant, inputs: Inputs): Ruling<DeadState> | undefined {
  const { flow } = state
  const gap = Math.min(spec.gap, inputs['flow']?.staleAfter ?? Number.POSITIVE_INFINITY)
  const isIdle = value <= spec.min
  // Between two readings without flow nothing is to be counted: what was there last need not be known.
  if (isIdle && (!flow || flow.value <= spec.min)) return flow ? { state: { ...state, flow: null } } : undefined
  const heard = { ...state, flow: { at, value } }
  if (!flow || at - flow.at > gap || flow.value <= spec.min) return { state: heard }
  // What flowed before the counter was heard to move is counted already.
  const from = state.since === null ? flow.at : later(flow.at, state.since)
  const passed = plus(state.passed, (((value + flow.value) / 2) * (at - from)) / hours(1))
  const flowing = state.flowing + between(from, at)
  const next = { ...heard, passed, flowing }
  const { total, newestAt } = { total: knownValue(inputs['total'], at), newestAt: inputs['total']?.newestAt }
  // The counter is known to stand only where it was heard after the gas began to flow.
  const isHeard = total !== undefined && total === state.total && newestAt !== undefined && newestAt >= at - gap
  if (!isHeard || flowing < spec.for || valueOf(passed) < spec.least) return { state: next }
  const since = state.since ?? at
  return { state: next, finding: { is: 'suspect', since, value: total, because: standing(valueOf(passed), flowing, total) } }
}

function compared(spec: DeadSpec, state: DeadState, at: Instant, inputs: Inputs): Ruling<DeadState> {
  const [total, reference] = [knownValue(inputs['total'], at), knownValue(inputs['reference'], at)]
  const { start } = state
  const here = total === undefined || reference === undefined ? null : { total, reference }
  const next = { ...state, start: here }
  if (!start || !here) return { state: next }
  if (here.total !== start.total)
    return { state: { ...next, standing: 0 }, finding: here.total > start.total ? { is: 'sound' } : undefined }
  const moved = here.reference - start.reference
  if (moved < spec.least) return { state: next }
  const count = state.standing + 1
  const stood = { ...next, standing: count }
  if (count < spec.periods) return { state: stood }
  return {
    state: stood,
    finding: { is: 'suspect', since: state.since ?? at, value: here.total, because: standingBeside(count, moved) },
  }
}
