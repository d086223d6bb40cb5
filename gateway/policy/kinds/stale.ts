import { after, later } from '../../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../../protocols/contract/time.ts'
import { ruleKind } from '../kind.ts'
import { SpecReader } from '../spec.ts'

export interface StaleSpec {
  readonly after: Millis
}
export type StaleState = { readonly raisedAt: Instant | null }

const fresh: StaleState = { raisedAt: null }

/**
 * No good reading for longer than `after`: raised at last + after, cleared by the next good reading (contract §5, `stale`).
 * The timer is set once and asks again when it rings, so that a reading costs nothing.
 */
export const stale = ruleKind<StaleSpec, StaleState>({
  kind: 'stale',
  parse(raw, place) {
    const from = new SpecReader(raw, place)
    return from.finish({ after: from.duration('after') })
  },
  begin: (spec, at) => ({ state: fresh, wakeAt: after(at, spec.after) }),
  hear(spec, state, _value, at) {
    if (state.raisedAt === null) return undefined
    return { state: fresh, wakeAt: after(at, spec.after), transition: { what: 'cleared', at: later(at, state.raisedAt) } }
  },
  wake(spec, state, at, { value: point }) {
    if (state.raisedAt !== null || !point) return undefined
    const due = after(point.heardAt, spec.after)
    if (due > at) return { state, wakeAt: due }
    return { state: { raisedAt: due }, wakeAt: undefined, transition: { what: 'raised', at: due, since: point.heardAt } }
  },
  // What nobody listened to is not the equipment's silence: it gets the whole time again.
  resume: (spec, state, at) => (state.raisedAt === null ? { state, wakeAt: after(at, spec.after) } : undefined),
})
