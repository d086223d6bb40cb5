import { between, days, hours, minutes } from '../../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../../protocols/contract/time.ts'
import { advance, judge } from './balance-judge.ts'
import type { Ruling } from './balance-judge.ts'
import { fallen, impossibleFlow, racing } from './balance-words.ts'
import { readQmax } from './balance-qmax.ts'

interface ReverseSpec {
  /** m³ by which it may fall without meaning anything. */
  readonly slack: number
  /** It has to go forward for so long before it is sound again. */
  readonly settle: Millis
}
interface ReverseState {
  readonly at: Instant | null
  readonly total: number | null
  readonly fellAt: Instant | null
}

/** The counter falls, and it is no roll-over (GAS-6). */
export const reverse = judge<ReverseSpec, ReverseState>({
  read: from => ({ slack: from.amount('slack', 0), settle: from.duration('settle', days(1)) }),
  begin: () => ({ at: null, total: null, fellAt: null }),
  hear({ slack, settle }, { at: before, total, fellAt }, value, at, _inputs, input, { digits }) {
    if (input !== 'total' || value === total) return undefined
    if (total === null) return { state: { at, total: value, fellAt } }
    const step = advance(total, value, digits)
    if (step < -slack) {
      const because = fallen(total, value)
      return { state: { at, total: value, fellAt: at }, finding: { is: 'suspect', since: before ?? at, value, because } }
    }
    // A fall within the slack leaves the mark where it was: many small ones are a large one.
    if (step < 0) return undefined
    const isSettled = fellAt !== null && between(fellAt, at) >= settle
    return { state: { at, total: value, fellAt: isSettled ? null : fellAt }, ...(isSettled && { finding: { is: 'sound' } }) }
  },
  wakeAt: () => undefined,
  wake: () => undefined,
})

interface ImpossibleSpec {
  /** Largest flow of this meter, m³/h. */
  readonly qmax: number
  /** m³/h: a flow so far below zero is a trembling zero point. */
  readonly slack: number
  /** Fraction by which the largest flow may be exceeded for a while. */
  readonly margin: number
  /** Steps of the counter are judged over at least this long, because a counter of whole cubic metres jumps. */
  readonly over: Millis
  /** m³ that the counter may be ahead by its own coarseness. */
  readonly step: number
}
interface ImpossibleState {
  readonly anchor: { readonly at: Instant; readonly total: number } | null
  readonly races: boolean
  readonly isFlowWrong: boolean
}

/** More than can flow through this meter, or a flow backwards (GAS-6). */
export const impossible = judge<ImpossibleSpec, ImpossibleState>({
  read: (from, place) => ({
    qmax: readQmax(from, place),
    slack: from.amount('slack', 0.05),
    margin: from.amount('margin', 0.2),
    over: from.duration('over', minutes(10)),
    step: from.amount('step', 1),
  }),
  begin: () => ({ anchor: null, races: false, isFlowWrong: false }),
  hear(spec, state, value, at, _inputs, input, { digits }) {
    if (input === 'flow') return flowed(spec, state, value, at)
    return input === 'total' ? counted(spec, state, value, at, digits) : undefined
  },
  wakeAt: () => undefined,
  wake: () => undefined,
})

function flowed(
  { qmax, margin, slack }: ImpossibleSpec,
  state: ImpossibleState,
  flow: number,
  at: Instant,
): Ruling<ImpossibleState> | undefined {
  const isFlowWrong = flow < -slack || flow > qmax * (1 + margin)
  if (isFlowWrong === state.isFlowWrong) return undefined
  const next = { ...state, isFlowWrong }
  if (isFlowWrong) return { state: next, finding: { is: 'suspect', since: at, value: flow, because: impossibleFlow(flow, qmax) } }
  return state.races ? { state: next } : { state: next, finding: { is: 'sound' } }
}

function counted(
  { qmax, margin, over, step }: ImpossibleSpec,
  state: ImpossibleState,
  total: number,
  at: Instant,
  digits: number | undefined,
): Ruling<ImpossibleState> | undefined {
  const { anchor, races, isFlowWrong } = state
  const here = { at, total }
  if (!anchor) return { state: { ...state, anchor: here } }
  const time = between(anchor.at, at)
  const went = advance(anchor.total, total, digits)
  if (went > (qmax * (1 + margin) * time) / hours(1) + step) {
    const because = racing(went, time, qmax)
    return { state: { ...state, anchor: here, races: true }, finding: { is: 'suspect', since: anchor.at, value: total, because } }
  }
  // A counter that fell is not this judge's; it begins to look anew from there.
  if (went < 0) return { state: { ...state, anchor: here } }
  if (time < over) return undefined
  const next = { ...state, anchor: here, races: false }
  return races && !isFlowWrong ? { state: next, finding: { is: 'sound' } } : { state: next }
}
