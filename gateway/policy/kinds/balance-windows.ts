import { after, between, days, hours } from '../../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../../protocols/contract/time.ts'
import type { Inputs } from '../kind.ts'
import type { SpecReader } from '../spec.ts'
import { advance, judge, plus, valueOf, zero } from './balance-judge.ts'
import type { MeterSettings, Ruling, Sum } from './balance-judge.ts'
import { disagreeing } from './balance-words.ts'
import { knownValue } from './known.ts'

interface WindowSpec {
  readonly window: Millis
  /** Fraction of the larger of the two. */
  readonly tolerance: number
  /** m³: a smaller difference is none, and a window with less says nothing. */
  readonly least: number
  /** A silence of the flow longer than this is not added up. */
  readonly gap: Millis
  /** m³ by which the balance rises when it is topped up, at least. */
  readonly topUp: number
}

/** Where the two counts stood when they were last looked at together. */
interface Pair {
  readonly at: Instant
  readonly total: number
  /** Flow, the other counter, or the balance. */
  readonly other: number
}

interface WindowState {
  readonly from: Instant
  readonly pair: Pair | null
  /** Of the flow: the newest reading, and what has passed since `pair` while the counter was not heard. */
  readonly flow: { readonly at: Instant; readonly value: number; readonly passed: Sum } | null
  readonly counted: Sum
  readonly other: Sum
  /** ms of the window in which both were known. */
  readonly seen: number
}

function read(from: SpecReader): WindowSpec {
  const spec = {
    window: from.duration('window', days(1)),
    tolerance: from.amount('tolerance', 0.05),
    least: from.amount('least', 1),
    gap: from.duration('gap', hours(1)),
    topUp: from.amount('topUp', 1),
  }
  if (spec.tolerance >= 1)
    from.wrong(
      ['tolerance'],
      { zh: '允许偏差到了 100 %，死表也不会报警', en: 'with a tolerance of 100 % not even a dead meter would be found' },
      { zh: '写小于 1 的数，例如 0.05', en: 'write a fraction below 1, such as 0.05' },
    )
  if (spec.window <= 0)
    from.wrong(
      ['window'],
      { zh: '时间窗不能是 0', en: 'a window cannot be 0' },
      { zh: '写时长，例如 24h', en: 'write a duration such as 24h' },
    )
  return spec
}

const begin = (_spec: WindowSpec, at: Instant): WindowState => ({
  from: at,
  pair: null,
  flow: null,
  counted: zero,
  other: zero,
  seen: 0,
})
const wakeAt = ({ window }: WindowSpec, { from }: WindowState): Instant => after(from, window)

/** Adds what happened since the two were last looked at together. */
function added(state: WindowState, pair: Pair, counted: number, other: number): WindowState {
  const seen = state.pair ? between(state.pair.at < state.from ? state.from : state.pair.at, pair.at) : 0
  return { ...state, pair, counted: plus(state.counted, counted), other: plus(state.other, other), seen: state.seen + seen }
}

/** The window is over: too much apart is suspect, enough and close together is sound, anything else says nothing. */
function close(spec: WindowSpec, state: WindowState, at: Instant, by: 'flow' | 'reference' | 'balance'): Ruling<WindowState> {
  const [counted, other] = [valueOf(state.counted), valueOf(state.other)]
  const most = Math.max(Math.abs(counted), Math.abs(other))
  const next = { ...state, from: at, counted: zero, other: zero, seen: 0 }
  if (state.seen * 2 < spec.window) return { state: next }
  if (Math.abs(counted - other) > Math.max(spec.least, spec.tolerance * most)) {
    const because = disagreeing(counted, other, by, spec.window)
    return { state: next, finding: { is: 'suspect', since: state.from, value: counted, because } }
  }
  return most > spec.least ? { state: next, finding: { is: 'sound' } } : { state: next }
}

/** Counter against flow, or where there is none against another counter: each window of time has to agree (GAS-5, GAS-6). */
export const agree = judge<WindowSpec, WindowState>({
  read,
  begin,
  wakeAt,
  hear(spec, state, value, at, inputs, input, meter) {
    if (input === 'flow') return { state: flowed(spec, state, value, at, inputs, meter) }
    return input === 'reference' && !inputs['flow'] ? { state: beside(state, value, at, inputs, meter) } : undefined
  },
  wake: (spec, state, at, inputs) => close(spec, state, at, inputs['flow'] ? 'flow' : 'reference'),
})

/** The flow is added up by trapezoids; over a silence nobody knows it, and the counter's part of that is left out as well. */
function flowed(
  spec: WindowSpec,
  state: WindowState,
  value: number,
  at: Instant,
  inputs: Inputs,
  meter: MeterSettings,
): WindowState {
  const { flow, pair } = state
  const gap = Math.min(spec.gap, inputs['flow']?.staleAfter ?? Number.POSITIVE_INFINITY)
  const total = knownValue(inputs['total'], at)
  const isGap = !flow || at - flow.at > gap
  const passed = isGap ? zero : plus(flow.passed, (((value + flow.value) / 2) * (at - flow.at)) / hours(1))
  const since = isGap ? null : pair
  if (total === undefined) return { ...state, pair: since, flow: { at, value, passed } }
  const here = { at, total, other: value }
  const next = { ...state, flow: { at, value, passed: zero } }
  return since ? added(next, here, advance(since.total, total, meter.digits), valueOf(passed)) : { ...next, pair: here }
}

function beside(state: WindowState, value: number, at: Instant, inputs: Inputs, { digits }: MeterSettings): WindowState {
  const total = knownValue(inputs['total'], at)
  if (total === undefined) return state
  const here = { at, total, other: value }
  const { pair } = state
  return pair
    ? added(state, here, advance(pair.total, total, digits), advance(pair.other, value, digits))
    : { ...state, pair: here }
}

/** Counter against balance left: what is counted is taken off, and only a top-up raises it (GAS-5). */
export const prepaid = judge<WindowSpec, WindowState>({
  read,
  begin,
  wakeAt,
  hear(spec, state, value, at, inputs, input, { digits }) {
    const total = knownValue(inputs['total'], at)
    if (input !== 'balance' || total === undefined) return undefined
    const here = { at, total, other: value }
    const { pair } = state
    // A top-up hides what was used meanwhile; and from nothing left nothing can be taken off.
    const isCompared = pair && value - pair.other < spec.topUp && value > 0
    return {
      state: isCompared ? added(state, here, advance(pair.total, total, digits), pair.other - value) : { ...state, pair: here },
    }
  },
  wake: (spec, state, at) => close(spec, state, at, 'balance'),
})
