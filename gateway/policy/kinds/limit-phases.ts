import type { Words } from '../../../protocols/contract/driver.ts'
import { after, later } from '../../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../../protocols/contract/time.ts'
import type { PointMemory, Step, Transition } from '../kind.ts'

/**
 * The life of a condition with delays: normal → pending (met, on-delay running) → raised → returning (off-delay running) → normal.
 * `held` is a return whose off-delay is over while its points were silent or bad: the next good reading decides (contract §5).
 */
export type Phase =
  | { readonly phase: 'normal' }
  | { readonly phase: 'pending'; readonly since: Instant }
  | { readonly phase: 'raised'; readonly raisedAt: Instant }
  | { readonly phase: 'returning'; readonly raisedAt: Instant; readonly from: Instant; readonly held: boolean }

export interface Delays {
  readonly onDelay: Millis
  readonly offDelay: Millis
}

/**
 * What a reading says of the condition: it is met, it is not and has come back by the whole deadband, it is not but `between` the two, or
 * nothing can be said, which neither starts nor ends anything.
 */
export type Finding = 'met' | 'between' | 'returned' | 'unknown'

export const normal: Phase = { phase: 'normal' }

/** A good reading has been heard at `at`. What is said carries no value yet: the kind adds it with `telling`. */
export function hearPhase(delays: Delays, state: Phase, finding: Finding, at: Instant): Step<Phase> | undefined {
  if (finding === 'unknown') return undefined
  switch (state.phase) {
    case 'normal':
      if (finding !== 'met') return undefined
      if (delays.onDelay === 0) return raise(at, at)
      return { state: { phase: 'pending', since: at }, wakeAt: after(at, delays.onDelay) }
    case 'pending':
      return finding === 'met' ? undefined : { state: normal, wakeAt: undefined }
    case 'raised':
      return finding === 'returned' ? startReturn(delays, state.raisedAt, at) : undefined
    case 'returning':
      if (finding !== 'returned') return { state: { phase: 'raised', raisedAt: state.raisedAt }, wakeAt: undefined }
      return state.held ? clear(later(at, state.raisedAt)) : undefined
  }
}

/** A delay has run out; `isSure` says whether the return can be believed at this instant: nothing it rests on is silent or bad. */
export function wakePhase(state: Phase, at: Instant, isSure: boolean): Step<Phase> | undefined {
  switch (state.phase) {
    case 'pending':
      return raise(at, state.since)
    case 'returning':
      if (state.held) return undefined
      return isSure ? clear(at) : { state: { ...state, held: true }, wakeAt: undefined }
    case 'normal':
    case 'raised':
      return undefined
  }
}

/** When the delay that runs in this phase is over. */
export function dueOf({ onDelay, offDelay }: Delays, state: Phase): Instant | undefined {
  if (state.phase === 'pending') return after(state.since, onDelay)
  return state.phase === 'returning' && !state.held ? after(state.from, offDelay) : undefined
}

/** Adds to a raise the value and the sentence that go with it. */
export function telling<State>(
  step: Step<State> | undefined,
  value: number | undefined,
  because?: (since: Instant, at: Instant) => Words,
): Step<State> | undefined {
  if (step?.transition?.what !== 'raised') return step
  const { what, at, since } = step.transition
  const transition: Transition = {
    what,
    at,
    since,
    ...(value === undefined ? {} : { value }),
    ...(because ? { because: because(since, at) } : {}),
  }
  return { ...step, transition }
}

/** Nothing good has been heard of the point for too long, or its last word was bad, or it never spoke. */
export const isUnknown = ({ value, lastWordBad, heardAt, staleAfter }: PointMemory, at: Instant): boolean =>
  value === undefined || lastWordBad || (staleAfter !== undefined && at >= after(heardAt, staleAfter))

function raise(at: Instant, since: Instant): Step<Phase> {
  return { state: { phase: 'raised', raisedAt: at }, wakeAt: undefined, transition: { what: 'raised', at, since } }
}

/** An alarm is never said to have ended before it was raised, even where a reading of before the raise arrives after it. */
function startReturn({ offDelay }: Delays, raisedAt: Instant, at: Instant): Step<Phase> {
  const from = later(at, raisedAt)
  if (offDelay === 0) return clear(from)
  return { state: { phase: 'returning', raisedAt, from, held: false }, wakeAt: after(from, offDelay) }
}

function clear(at: Instant): Step<Phase> {
  return { state: normal, wakeAt: undefined, transition: { what: 'cleared', at } }
}
