import { days, hours } from '../../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../../protocols/contract/time.ts'
import { ruleKind } from '../kind.ts'
import type { Inputs, SpecProblem, Step } from '../kind.ts'
import { SpecReader } from '../spec.ts'
import { edge, findingOf, isUpper, readBound } from './limit-bound.ts'
import type { Bound } from './limit-bound.ts'
import { beginCount, countMemory, hearCount, isQuietCount, wakeCount } from './limit-cumulative.ts'
import type { CountSpec, CountState, Sum } from './limit-cumulative.ts'
import { hearPhase, isUnknown, normal, telling, wakePhase } from './limit-phases.ts'
import type { Delays, Phase } from './limit-phases.ts'

export interface LimitSpec extends Bound, Delays {
  /** Set where the time in breach is added up instead of counted in one piece. */
  readonly sum?: Sum
}

export type LimitState = CountState

/** A value beyond a limit, with deadband, on-delay and off-delay: contract §5, `limit`; or with the time in breach added up. */
export const limit = ruleKind<LimitSpec, LimitState>({
  kind: 'limit',
  parse(raw, place) {
    const from = new SpecReader(raw, place)
    const none = 0 as Millis
    const plain = { ...readBound(from), onDelay: from.duration('onDelay', none), offDelay: from.duration('offDelay', none) }
    const isCumulative = from.has('count') && from.oneOf('count', ['consecutive', 'cumulative']) === 'cumulative'
    if (!isCumulative) return from.finish(plain)
    return from.finish({ ...plain, sum: { per: from.duration('per', days(1)), hold: from.duration('hold', hours(1)) } })
  },
  begin: ({ sum }) => ({ state: sum ? beginCount() : normal, wakeAt: undefined }),
  hear(spec, state, value, at, inputs) {
    if (isCount(spec)) return hearCount(spec, state, value, at, inputs)
    return telling(hearPhase(spec, state, findingOf(spec, value), at), value)
  },
  wake: (spec, state, at, inputs) => (isCount(spec) ? wakeCount(spec, state, at, inputs) : wake(state, at, inputs)),
  memory: ({ sum }) => (sum ? countMemory(sum) : (0 as Millis)),
  quiet(spec, state) {
    if (!isCount(spec)) return quietBand(spec, state)
    return isQuietCount(state) ? goodSide(spec.op, spec.value) : undefined
  },
  sense,
})

const isCount = (spec: LimitSpec): spec is CountSpec => spec.sum !== undefined

function wake(state: Phase, at: Instant, { value: point }: Inputs): Step<Phase> | undefined {
  return point && telling(wakePhase(state, at, !isUnknown(point, at)), point.value)
}

/** Every value strictly between the two leaves the phase as it is. */
export function quietBand(spec: Bound, state: Phase): { readonly above: number; readonly below: number } | undefined {
  switch (state.phase) {
    case 'normal':
      return goodSide(spec.op, spec.value)
    case 'pending':
      return badSide(spec.op, spec.value)
    case 'raised':
      return badSide(spec.op, edge(spec))
    case 'returning':
      return state.held ? undefined : goodSide(spec.op, edge(spec))
  }
}

const goodSide = (op: Bound['op'], bound: number) =>
  isUpper(op) ? { above: Number.NEGATIVE_INFINITY, below: bound } : { above: bound, below: Number.POSITIVE_INFINITY }

const badSide = (op: Bound['op'], bound: number) =>
  isUpper(op) ? { above: bound, below: Number.POSITIVE_INFINITY } : { above: Number.NEGATIVE_INFINITY, below: bound }

function sense({ sum, onDelay }: LimitSpec): readonly SpecProblem[] {
  if (!sum) return []
  const problems: SpecProblem[] = []
  if (onDelay === 0)
    problems.push({
      path: ['onDelay'],
      wrong: { zh: '累计时间为 0，一次读数就满', en: 'a sum of no time is reached by the first reading' },
      write: { zh: '写累计多久才报，例如 10h，或去掉 count', en: 'write how long in all, such as 10h, or leave count out' },
    })
  if (onDelay > sum.per)
    problems.push({
      path: ['onDelay'],
      wrong: { zh: '累计时间比窗口长，永远满不了', en: 'more time than the window holds never comes together' },
      write: { zh: 'onDelay 不要超过 per', en: 'write an onDelay of at most per' },
    })
  if (sum.hold === 0)
    problems.push({
      path: ['hold'],
      wrong: { zh: '每次读数只算 0 秒，永远加不出时间', en: 'readings that count for no time never add up' },
      write: { zh: '写一次读数最多算多久，例如 15m', en: 'write for how long one reading counts at most, such as 15m' },
    })
  return problems
}
