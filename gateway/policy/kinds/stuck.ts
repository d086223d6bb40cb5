import { after, later } from '../../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../../protocols/contract/time.ts'
import { ruleKind } from '../kind.ts'
import type { SpecProblem, Step } from '../kind.ts'
import { SpecReader } from '../spec.ts'
import { isToBeSaved, saveEvery } from './saving.ts'

export interface StuckSpec {
  readonly eps: number
  readonly for: Millis
}
/** `run` is kept in place: of a value that moves every reading begins a run, and the checkpoint follows only now and then. */
export interface StuckState {
  readonly raisedAt: Instant | null
  readonly savedAt: Instant | null
  readonly run: { at: Instant | null; value: number }
}

/**
 * Every reading within `eps` of the first of its run for `for`: raised by timer at the run's start + for, cleared by the reading that leaves,
 * which begins the next run (contract §5, `stuck`). The timer is set once and asks again when it rings, as that of `stale`.
 */
export const stuck = ruleKind<StuckSpec, StuckState>({
  kind: 'stuck',
  parse(raw, place) {
    const from = new SpecReader(raw, place)
    return from.finish({ eps: from.amount('eps', 0), for: from.duration('for') })
  },
  begin: () => ({ state: { raisedAt: null, savedAt: null, run: { at: null, value: 0 } }, wakeAt: undefined }),
  hear(spec, state, value, at) {
    const { raisedAt, savedAt, run } = state
    if (run.at === null) return start(spec, value, at)
    if (at <= run.at) return undefined
    if (Math.abs(value - run.value) > spec.eps) {
      if (raisedAt !== null) return { ...start(spec, value, at), transition: { what: 'cleared', at: later(at, raisedAt) } }
      run.at = at
      run.value = value
    }
    if (!isToBeSaved(savedAt, at)) return undefined
    const wakeAt = raisedAt === null ? after(run.at, spec.for) : undefined
    return { state: { ...state, savedAt: at }, wakeAt }
  },
  wake(spec, state, at, { value: point }) {
    const { run, raisedAt } = state
    if (run.at === null || raisedAt !== null) return undefined
    const due = after(run.at, spec.for)
    if (due > at) return { state, wakeAt: due }
    const value = point?.value ?? run.value
    return {
      state: { ...state, raisedAt: due },
      wakeAt: undefined,
      transition: { what: 'raised', at: due, since: run.at, value },
    }
  },
  memory: () => saveEvery,
  sense: spec => (spec.for === 0 ? [noTime] : []),
})

function start(spec: StuckSpec, value: number, at: Instant): Step<StuckState> {
  return { state: { raisedAt: null, savedAt: at, run: { at, value } }, wakeAt: after(at, spec.for) }
}

const noTime: SpecProblem = {
  path: ['for'],
  wrong: { zh: '时长为 0，每次读数都算不动', en: 'for no time at all every reading is stuck' },
  write: { zh: '写多久不动才报，例如 6h', en: 'write how long it must not move, such as 6h' },
}
