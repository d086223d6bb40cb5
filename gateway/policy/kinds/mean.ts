import type { Instant, Millis } from '../../../protocols/contract/time.ts'
import { ruleKind } from '../kind.ts'
import type { SpecProblem } from '../kind.ts'
import { SpecReader } from '../spec.ts'
import { compares, readOp } from './limit-bound.ts'
import type { Op } from './limit-bound.ts'
import { Window } from './mean-window.ts'
import { isToBeSaved, saveEvery } from './saving.ts'

export interface MeanSpec {
  readonly window: Millis
  readonly op: Op
  readonly value: number
}

const past: unique symbol = Symbol('past')

/** The window stands beside the checkpoint: it is filled again by hearing the past once more. */
export interface MeanState {
  readonly raisedAt: Instant | null
  readonly savedAt: Instant | null
  [past]?: Window
}

/**
 * The mean of the readings in (t − window, t] beyond a limit, compared at each reading; raised and cleared there (contract §5, `mean`). Each
 * reading counts the same, whatever its distance from the next. The mean is exact and rounded once; it is the value that is told.
 */
export const mean = ruleKind<MeanSpec, MeanState>({
  kind: 'mean',
  parse(raw, place) {
    const from = new SpecReader(raw, place)
    return from.finish({ window: from.duration('window'), op: readOp(from), value: from.number('value') })
  },
  begin: () => ({ state: { raisedAt: null, savedAt: null }, wakeAt: undefined }),
  hear(spec, state, reading, at) {
    const window = (state[past] ??= new Window(spec.window))
    if (!window.take(reading, at)) return undefined
    const value = window.mean()
    const isBeyond = compares(spec.op, value, spec.value)
    const { raisedAt, savedAt } = state
    if (isBeyond === (raisedAt !== null)) {
      return isToBeSaved(savedAt, at) ? { state: { raisedAt, savedAt: at, [past]: window }, wakeAt: undefined } : undefined
    }
    return {
      state: { raisedAt: isBeyond ? at : null, savedAt: at, [past]: window },
      wakeAt: undefined,
      transition: isBeyond ? { what: 'raised', at, since: at, value } : { what: 'cleared', at },
    }
  },
  wake: () => undefined,
  memory: ({ window }) => (window + saveEvery) as Millis,
  sense: ({ window }) => (window === 0 ? [noWindow] : []),
})

const noWindow: SpecProblem = {
  path: ['window'],
  wrong: { zh: '窗口为 0，里面没有读数', en: 'a window of no length holds no reading' },
  write: { zh: '写多长时间的平均，例如 24h', en: 'write over how long, such as 24h' },
}
