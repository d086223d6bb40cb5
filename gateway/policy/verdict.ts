import type { PointId } from '../../protocols/contract/reading.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import type { AnyRuleKind, RuleRecord, Transition } from './kind.ts'
import type { Rule, RuleId } from './rule.ts'

/** One rule said something. `receivedAt` is how far the gateway's clock was; `transition.at` is when it happened. */
export interface Verdict {
  readonly rule: RuleId
  readonly transition: Transition
  readonly receivedAt: Instant
}

/** What a rule wrote down, or that it broke: it is heard no more until the gateway starts again. */
export type Finding =
  | { readonly rule: RuleId; readonly receivedAt: Instant; readonly record: RuleRecord }
  | { readonly rule: RuleId; readonly receivedAt: Instant; readonly failure: { readonly at: Instant; readonly why: string } }

/** What became of a reading: only `accepted` ones are judged. */
export type Fate = 'accepted' | 'bad' | 'late' | 'duplicate'
/** What became of one of many that was not accepted, by its place among them. */
export interface Odd {
  readonly index: number
  readonly fate: Exclude<Fate, 'accepted'>
}

/** A rule as the evaluator needs it; without `inputs` it watches `point` alone. */
export type WatchedRule = Pick<Rule, 'id' | 'kind' | 'spec' | 'point'> & Partial<Pick<Rule, 'equipment' | 'inputs'>>

export interface EvaluatorParts {
  readonly rules: readonly WatchedRule[]
  readonly kinds: ReadonlyMap<string, AnyRuleKind>
  readonly staleAfter: (point: PointId) => Millis | undefined
  /** Readings of a point that come within this of their own time are put in order first. Default: 0, none is waited for. */
  readonly lateness?: (point: PointId) => Millis
  /** When watching began. */
  readonly startAt: Instant
  /**
   * A backlog comes in pieces. After a reading that arrives more than a minute late the point's timers wait this long for the next
   * piece, so that the end of a piece is not taken for silence; and a rule of several inputs waits as long for its other inputs.
   * Default: 3 s.
   */
  readonly settle?: () => Millis
}
