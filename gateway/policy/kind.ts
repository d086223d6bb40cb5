import type { Words } from '../../protocols/contract/driver.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'

/**
 * What the evaluator remembers of a point, whatever its rules: only readings that were *accepted* (good, in order, not repeated)
 * move it, except `lastWordBad`. Kept once per point so that a rule's own state changes only when the rule has something to say.
 */
export interface PointMemory {
  /** Time and value of the newest accepted reading. */
  readonly newestAt: Instant | undefined
  readonly value: number | undefined
  /** The last thing heard of the point was not good. */
  readonly lastWordBad: boolean
  /** From when on its silence counts: the last good reading, or when the gateway began (again) to listen. */
  readonly heardAt: Instant
  /** Silent for longer than this, it is stale; `undefined` when nothing says so. */
  readonly staleAfter: Millis | undefined
}

/** What a rule says of the world: the alarm desk turns it into an alarm's states. */
export type Transition =
  | { readonly what: 'raised'; readonly at: Instant; readonly since: Instant; readonly value?: number }
  | { readonly what: 'cleared'; readonly at: Instant }

/** A rule's new state after a reading or a timer. */
export interface Step<State> {
  readonly state: State
  /** Event time at which the rule wants to be woken; a timer, not a promise of change. */
  readonly wakeAt: Instant | undefined
  readonly transition?: Transition
}

export interface SpecProblem {
  readonly path: readonly (string | number)[]
  readonly wrong: Words
  readonly write: Words
}
export type ParsedSpec<Spec> =
  { readonly ok: true; readonly spec: Spec } | { readonly ok: false; readonly problems: readonly SpecProblem[] }

/**
 * One kind of rule: pure, without a clock. State is plain JSON, so that it can be checkpointed, shown and replayed.
 * `undefined` from `hear` and `wake` means nothing changed; that is the common case and must cost nothing.
 */
export interface RuleKind<Spec, State> {
  readonly kind: string
  parse(raw: unknown): ParsedSpec<Spec>
  /** The state of a rule that starts watching at `at`. */
  begin(spec: Spec, at: Instant): Step<State>
  /** An accepted reading: `point` already holds it, `value` is its value, `at` its event time. */
  hear(spec: Spec, state: State, value: number, at: Instant, point: PointMemory): Step<State> | undefined
  /** The time the rule asked for has come, and every reading of that instant has been heard. */
  wake(spec: Spec, state: State, at: Instant, point: PointMemory): Step<State> | undefined
  /** The gateway begins to listen again after a stop: silence before `at` was its own. */
  resume?(spec: Spec, state: State, at: Instant): Step<State> | undefined
}

/** A rule kind whose types are closed over, as the evaluator and the registry hold it. */
export type AnyRuleKind = RuleKind<unknown, unknown>

/** Closes over the types of a kind; sound because the evaluator hands a state only to the kind that made it. */
export const ruleKind = <Spec, State>(kind: RuleKind<Spec, State>): AnyRuleKind => kind as unknown as AnyRuleKind
