import { after, later } from '../../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../../protocols/contract/time.ts'
import { ruleKind } from '../kind.ts'
import type { Inputs, Step } from '../kind.ts'
import { SpecReader } from '../spec.ts'

export interface LimitSpec {
  readonly op: 'gt' | 'ge' | 'lt' | 'le'
  readonly value: number
  readonly deadband: number
  readonly onDelay: Millis
  readonly offDelay: Millis
}

/**
 * normal → pending (condition met, on-delay running) → raised → returning (back by the deadband, off-delay running) → normal.
 * `held` is a return whose off-delay is over while the point was stale or bad: the next good reading decides (contract §5).
 */
export type LimitState =
  | { readonly phase: 'normal' }
  | { readonly phase: 'pending'; readonly since: Instant }
  | { readonly phase: 'raised'; readonly raisedAt: Instant }
  | { readonly phase: 'returning'; readonly raisedAt: Instant; readonly from: Instant; readonly held: boolean }

const normal: LimitState = { phase: 'normal' }

/** A value beyond a limit, with deadband, on-delay and off-delay: contract §5, `limit`. */
export const limit = ruleKind<LimitSpec, LimitState>({
  kind: 'limit',
  parse(raw, place) {
    const from = new SpecReader(raw, place)
    const none = 0 as Millis
    return from.finish({
      op: from.oneOf('op', ['gt', 'ge', 'lt', 'le']),
      value: from.number('value'),
      deadband: from.amount('deadband', 0),
      onDelay: from.duration('onDelay', none),
      offDelay: from.duration('offDelay', none),
    })
  },
  begin: () => ({ state: normal, wakeAt: undefined }),
  hear,
  wake,
})

function meets({ op, value: bound }: LimitSpec, value: number): boolean {
  switch (op) {
    case 'gt':
      return value > bound
    case 'ge':
      return value >= bound
    case 'lt':
      return value < bound
    case 'le':
      return value <= bound
  }
}

/** At or beyond the limit by the deadband, on the good side. With no deadband that is simply not meeting the condition. */
function hasReturned(spec: LimitSpec, value: number): boolean {
  if (meets(spec, value)) return false
  const above = spec.op === 'gt' || spec.op === 'ge'
  return above ? value <= spec.value - spec.deadband : value >= spec.value + spec.deadband
}

function hear(spec: LimitSpec, state: LimitState, value: number, at: Instant): Step<LimitState> | undefined {
  switch (state.phase) {
    case 'normal':
      if (!meets(spec, value)) return undefined
      if (spec.onDelay === 0) return raise(at, at, value)
      return { state: { phase: 'pending', since: at }, wakeAt: after(at, spec.onDelay) }
    case 'pending':
      return meets(spec, value) ? undefined : { state: normal, wakeAt: undefined }
    case 'raised':
      if (!hasReturned(spec, value)) return undefined
      return startReturn(spec, state.raisedAt, at)
    case 'returning':
      if (!hasReturned(spec, value)) return { state: { phase: 'raised', raisedAt: state.raisedAt }, wakeAt: undefined }
      return state.held ? clear(later(at, state.raisedAt)) : undefined
  }
}

function wake(spec: LimitSpec, state: LimitState, at: Instant, { value: point }: Inputs): Step<LimitState> | undefined {
  if (!point) return undefined
  switch (state.phase) {
    case 'pending':
      return raise(at, state.since, point.value)
    case 'returning': {
      if (state.held) return undefined
      const stale = point.staleAfter !== undefined && at >= after(point.heardAt, point.staleAfter)
      return stale || point.lastWordBad ? { state: { ...state, held: true }, wakeAt: undefined } : clear(at)
    }
    case 'normal':
    case 'raised':
      return undefined
  }
}

function raise(at: Instant, since: Instant, value: number | undefined): Step<LimitState> {
  const transition =
    value === undefined ? ({ what: 'raised', at, since } as const) : ({ what: 'raised', at, since, value } as const)
  return { state: { phase: 'raised', raisedAt: at }, wakeAt: undefined, transition }
}

/** An alarm is never said to have ended before it was raised, even where a reading of before the raise arrives after it. */
function startReturn(spec: LimitSpec, raisedAt: Instant, at: Instant): Step<LimitState> {
  const from = later(at, raisedAt)
  if (spec.offDelay === 0) return clear(from)
  return { state: { phase: 'returning', raisedAt, from, held: false }, wakeAt: after(from, spec.offDelay) }
}

function clear(at: Instant): Step<LimitState> {
  return { state: normal, wakeAt: undefined, transition: { what: 'cleared', at } }
}
