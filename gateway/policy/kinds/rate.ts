import type { Instant, Millis } from '../../../protocols/contract/time.ts'
import { ruleKind } from '../kind.ts'
import { SpecReader } from '../spec.ts'
import { isToBeSaved, saveEvery } from './saving.ts'

export interface RateSpec {
  readonly perMinute: number
}
/** `last` is kept in place: it changes with every reading, and the checkpoint only now and then. */
export interface RateState {
  readonly raisedAt: Instant | null
  readonly savedAt: Instant | null
  readonly last: { at: Instant | null; value: number }
}

const minute = 60_000

/**
 * A change per minute between two consecutive accepted readings beyond `perMinute`: raised at the second, cleared at the next whose rate is
 * not (contract §5, `rate`). The value that is told is the reading's own.
 */
export const rate = ruleKind<RateSpec, RateState>({
  kind: 'rate',
  parse(raw, place) {
    const from = new SpecReader(raw, place)
    return from.finish({ perMinute: readAmount(from) })
  },
  begin: () => ({ state: { raisedAt: null, savedAt: null, last: { at: null, value: 0 } }, wakeAt: undefined }),
  hear({ perMinute }, state, value, at) {
    const { raisedAt, savedAt, last } = state
    const before = last.at
    if (before !== null && at <= before) return undefined
    const isFast = before !== null && Math.abs(value - last.value) / ((at - before) / minute) > perMinute
    last.at = at
    last.value = value
    if (isFast === (raisedAt !== null)) {
      return isToBeSaved(savedAt, at) ? { state: { ...state, savedAt: at }, wakeAt: undefined } : undefined
    }
    return {
      state: { raisedAt: isFast ? at : null, savedAt: at, last },
      wakeAt: undefined,
      transition: isFast ? { what: 'raised', at, since: at, value } : { what: 'cleared', at },
    }
  },
  wake: () => undefined,
  memory: () => saveEvery as Millis,
})

function readAmount(from: SpecReader): number {
  const value = from.number('perMinute')
  if (value < 0)
    from.wrong(
      ['perMinute'],
      { zh: '每分钟的变化不能是负数：升和降都算', en: 'a change per minute cannot be negative: rise and fall both count' },
      { zh: '写 0 或更大的数', en: 'write zero or more' },
    )
  return value
}
