import type { Words } from '../../protocols/contract/driver.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import type { Place } from './place.ts'

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

/**
 * What a rule watches, by the name of the input: `value` for a kind that watches one point. An optional input that is not wired is
 * absent. An input of many points (`many`) is one entry for each, named `members/meter-1.total`. For a rule of several inputs this is
 * the world as it was at the instant that is being judged, also in a backlog. The object and the memories in it stay the same for as long
 * as the rule runs; only what they say changes.
 */
export type Inputs = Readonly<Record<string, PointMemory>>

/** One input a kind asks for; `many` takes any number of points. */
export interface InputShape {
  readonly name: string
  readonly need: 'one' | 'optional' | 'many'
}

/** What most kinds watch. */
export const singleInput: readonly InputShape[] = [{ name: 'value', need: 'one' }]

/** What a rule says of the world: the alarm desk turns it into an alarm's states. */
export type Transition =
  | {
      readonly what: 'raised'
      readonly at: Instant
      readonly since: Instant
      readonly value?: number
      /** Where the value alone does not say why: one sentence for the operator and the inspector. */
      readonly because?: Words
    }
  | { readonly what: 'cleared'; readonly at: Instant }

/**
 * What a rule wrote down: a disinfection cycle, a dosing, a meter's month. It becomes a journal entry `record.KIND` that is never
 * rewritten, and a reading of `EQUIPMENT.record:KIND` (1 where it passed, else 0) that other rules may watch.
 */
export interface RuleRecord {
  readonly kind: string
  readonly from: Instant
  readonly to: Instant
  readonly verdict: 'passed' | 'failed' | 'opened-early' | 'unknown'
  /** Numbers with the unit in their name (`holdMinutes`, `peakCelsius`), texts, or `null` where nothing was measured. */
  readonly figures: Readonly<Record<string, number | string | boolean | null>>
}

/** A rule's new state after a reading or a timer. */
export interface Step<State> {
  readonly state: State
  /** Event time at which the rule wants to be woken; a timer, not a promise of change. */
  readonly wakeAt: Instant | undefined
  readonly transition?: Transition
  readonly record?: RuleRecord
}

/** What must happen by when: the face of a `due` rule, for the list of duties. */
export interface Duty {
  /** The newest time it was done. */
  readonly doneAt: Instant | undefined
  readonly dueAt: Instant | undefined
  /** From when it is announced before it is due. */
  readonly warnAt: Instant | undefined
  readonly state: 'not-now' | 'open' | 'soon' | 'missed'
  /** Of a share of a population: how many are done, and of how many. */
  readonly done?: number
  readonly of?: number
}

/** Where the readings lead: the face of a `forecast` rule, for whoever draws it. Only while they lead to the limit. */
export interface Outlook {
  readonly op: 'gt' | 'ge' | 'lt' | 'le'
  /** The limit that is to be reached. */
  readonly value: number
  /** How often it is reached within the band that is told. */
  readonly confidence: number
  /** The newest reading that counted. */
  readonly heardAt: Instant
  /** When the limit is reached, and the band of that time; `undefined` where it may never be. */
  readonly earlyAt: Instant
  readonly likelyAt: Instant
  readonly lateAt: Instant | undefined
  /** The line and its band from now on, in the point's unit. */
  readonly fan: readonly { readonly at: Instant; readonly low: number; readonly mean: number; readonly high: number }[]
}
/** What goes on at a piece of equipment and is not over: the face of a `cycle` rule, for whoever waits for its end. */
export interface UnderWay {
  readonly from: Instant
  /** `stopped`: it no longer heats and was not hot for long enough; `cooled`: nobody has opened it yet. */
  readonly phase: 'heating' | 'holding' | 'stopped' | 'cooling' | 'cooled'
  /** Since when it is surely hot. */
  readonly hotFrom: Instant | undefined
  /** The longest it was surely hot without a break. */
  readonly held: Millis
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
 * A mistake in here (a thrown error) isolates the rule: it is reported once as an alarm of its own, and others go on.
 */
export interface RuleKind<Spec, State> {
  readonly kind: string
  /** Reads the settings as written; `place` has the facts of the equipment and the site's calendar. */
  parse(raw: unknown, place: Place): ParsedSpec<Spec>
  /** What it watches; default: one point, `value`. */
  inputs?(spec: Spec): readonly InputShape[]
  /** The state of a rule that starts watching at `at`. */
  begin(spec: Spec, at: Instant, inputs: Inputs): Step<State>
  /** An accepted reading of `input`: `inputs` already holds it, `value` is its value, `at` its event time. */
  hear(spec: Spec, state: State, value: number, at: Instant, inputs: Inputs, input: string): Step<State> | undefined
  /** The time the rule asked for has come, and every reading of that instant has been heard. */
  wake(spec: Spec, state: State, at: Instant, inputs: Inputs): Step<State> | undefined
  /** Its state and timers are dates of the calendar: they stay where they are when the clock is set. Of others lengths of time are kept. */
  readonly dates?: true
  /** The gateway begins to listen again after a stop: silence before `at` was its own. */
  resume?(spec: Spec, state: State, at: Instant, inputs: Inputs): Step<State> | undefined
  /**
   * How much of the past must be heard again after a restart, for a kind that keeps its window of readings out of the checkpoint. What it
   * says to readings that its checkpoint knew of is not heard a second time.
   */
  memory?(spec: Spec): Millis
  /** What must happen by when, seen at `now`; only `due` has one. */
  duty?(spec: Spec, state: State, now: Instant): Duty | undefined
  /** Where the readings lead, seen at `now`; only `forecast` has one. */
  outlook?(spec: Spec, state: State, now: Instant): Outlook | undefined
  /** What is under way and not over; only `cycle` has such a thing. */
  underWay?(spec: Spec, state: State): UnderWay | undefined
  /**
   * While in `state`, a reading strictly between the two changes nothing: `hear` would return `undefined`. The evaluator then need not
   * ask. It must hold for every value in the open interval, whatever the time; leave it out where it does not.
   */
  quiet?(spec: Spec, state: State): { readonly above: number; readonly below: number } | undefined
  /** Settings that can never fire, or always do, although each by itself is right; `check` says so with the line. */
  sense?(spec: Spec): readonly SpecProblem[]
}

/** A rule kind whose types are closed over, as the evaluator and the registry hold it. */
export type AnyRuleKind = RuleKind<unknown, unknown>

/** Closes over the types of a kind; sound because the evaluator hands a state only to the kind that made it. */
export const ruleKind = <Spec, State>(kind: RuleKind<Spec, State>): AnyRuleKind => kind as unknown as AnyRuleKind
