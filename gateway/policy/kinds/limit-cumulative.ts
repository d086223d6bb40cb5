import type { Words } from '../../../protocols/contract/driver.ts'
import { after, later } from '../../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../../protocols/contract/time.ts'
import type { Inputs, Step, Transition } from '../kind.ts'
import { lengthInWords } from './length.ts'
import { findingOf, inWords } from './limit-bound.ts'
import type { Bound } from './limit-bound.ts'
import { Exposure } from './limit-exposure.ts'
import { isUnknown } from './limit-phases.ts'
import type { Delays, Finding, Phase } from './limit-phases.ts'
import { isToBeSaved, saveEvery } from './saving.ts'

/** How the time in breach is added up. */
export interface Sum {
  /** The sliding window in which it is added up. */
  readonly per: Millis
  /** One reading counts for at most this long, and never longer than its point takes to be stale. */
  readonly hold: Millis
}

export interface CountSpec extends Bound, Delays {
  readonly sum: Sum
}

const exposed: unique symbol = Symbol('exposure')

/**
 * As with a limit in one piece, but `pending` is a breach that goes on. The stretches of breach stand beside the checkpoint, for they can be
 * many: they are found again by hearing the window once more (`countMemory`).
 */
export type CountState = Phase & { readonly savedAt?: Instant; [exposed]?: Exposure }

/** A reading of before the window may count into it, and the checkpoint may be an hour old. */
export const countMemory = ({ per, hold }: Sum): Millis => (per + hold + saveEvery) as Millis

export const beginCount = (): CountState => ({ phase: 'normal' })

export function hearCount(
  spec: CountSpec,
  state: CountState,
  value: number,
  at: Instant,
  inputs: Inputs,
): Step<CountState> | undefined {
  const { sum, onDelay } = spec
  const exposure = (state[exposed] ??= new Exposure(sum.per))
  const stale = inputs['value']?.staleAfter
  const finding = findingOf(spec, value)
  const isMet = finding === 'met'
  const change = exposure.hear(isMet, at, stale !== undefined && stale < sum.hold ? stale : sum.hold)
  if (change === 'again') return undefined
  const go = (next: Phase, wakeAt: Instant | undefined): Step<CountState> => ({
    state: { ...next, savedAt: at, [exposed]: exposure },
    wakeAt,
  })
  switch (state.phase) {
    case 'normal':
      return isMet ? go({ phase: 'pending', since: at }, exposure.reaches(onDelay, at)) : undefined
    case 'pending':
      if (!isMet)
        return exposure.total(at) < onDelay
          ? go({ phase: 'normal' }, undefined)
          : raisedAtTheEnd(spec, exposure, finding, value, at)
      if (change === 'goes-on' && !isToBeSaved(state.savedAt ?? null, at)) return undefined
      return go({ phase: 'pending', since: change === 'began' ? at : state.since }, exposure.reaches(onDelay, at))
    case 'raised': {
      if (finding !== 'returned') return undefined
      const from = later(at, state.raisedAt)
      const due = clearsAt(spec, exposure, from)
      if (due <= from) return cleared(exposure, at, from)
      return go({ phase: 'returning', raisedAt: state.raisedAt, from, held: false }, due)
    }
    case 'returning':
      if (finding !== 'returned') return go({ phase: 'raised', raisedAt: state.raisedAt }, undefined)
      return state.held ? cleared(exposure, at, later(at, state.raisedAt)) : undefined
  }
}

export function wakeCount(spec: CountSpec, state: CountState, at: Instant, inputs: Inputs): Step<CountState> | undefined {
  const exposure = state[exposed]
  const beside = exposure ? { [exposed]: exposure } : {}
  const point = inputs['value']
  if (state.phase === 'pending') {
    // Where the breach was not measured to the end it has not come together: the next reading in breach asks again.
    if (exposure && exposure.total(at) < spec.onDelay) return undefined
    return {
      state: { phase: 'raised', raisedAt: at, savedAt: at, ...beside },
      wakeAt: undefined,
      transition: raised(spec, at, exposure?.since(at) ?? state.since, point?.value),
    }
  }
  if (state.phase !== 'returning' || state.held) return undefined
  if (!point || isUnknown(point, at)) return { state: { ...state, held: true, ...beside }, wakeAt: undefined }
  return cleared(exposure, at, at)
}

/** Outside a breach, what is not one changes nothing. */
export const isQuietCount = (state: CountState): boolean => state.phase === 'normal'

/** The reading that ends a breach comes at the very instant at which its time is full: the time was spent all the same. */
function raisedAtTheEnd(spec: CountSpec, exposure: Exposure, finding: Finding, value: number, at: Instant): Step<CountState> {
  const transition = raised(spec, at, exposure.since(at) ?? at, value)
  const beside = { savedAt: at, [exposed]: exposure }
  if (finding !== 'returned') return { state: { phase: 'raised', raisedAt: at, ...beside }, wakeAt: undefined, transition }
  const state: CountState = { phase: 'returning', raisedAt: at, from: at, held: false, ...beside }
  return { state, wakeAt: clearsAt(spec, exposure, at), transition }
}

const clearsAt = ({ onDelay, offDelay }: CountSpec, exposure: Exposure, from: Instant): Instant =>
  later(after(from, offDelay), exposure.fallsBelow(onDelay, from))

const raised = (spec: CountSpec, at: Instant, since: Instant, value: number | undefined): Transition => ({
  what: 'raised',
  at,
  since,
  ...(value === undefined ? {} : { value }),
  because: because(spec),
})

function cleared(exposure: Exposure | undefined, savedAt: Instant, at: Instant): Step<CountState> {
  const state: CountState = { phase: 'normal', savedAt, ...(exposure ? { [exposed]: exposure } : {}) }
  return { state, wakeAt: undefined, transition: { what: 'cleared', at } }
}

function because(spec: CountSpec): Words {
  const [bound, long, per] = [inWords(spec), lengthInWords(spec.onDelay), lengthInWords(spec.sum.per)]
  return {
    zh: `最近 ${per.zh}里，${bound.zh} 的时间加起来有 ${long.zh}`,
    en: `within ${per.en} it was ${bound.en} for ${long.en} in all`,
  }
}
