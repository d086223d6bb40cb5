import type { Instant } from '../../protocols/contract/time.ts'
import type { Transition } from '../policy/kind.ts'
import type { RuleId } from '../policy/rule.ts'
import type { Alarm, AlarmEvent, Cause } from './alarm.ts'

/** An entry on its way into the journal, as far as followers need it (the journal's own `Draft` is one). */
export interface Passing {
  readonly kind: string
  readonly at: Instant
  readonly by: string
  readonly about?: string
  readonly data: Readonly<Record<string, unknown>>
}

/** What a follower wants done with what it heard. Everything in it is written in the same transaction as what it follows from. */
export interface Following {
  readonly drafts?: readonly Passing[]
  /** Keys of its own prefix only. `undefined` removes. */
  readonly checkpoints?: readonly { readonly key: string; readonly value: unknown }[]
  /** The gateway's own alarms (`gateway/alarm/own.ts`), raised or cleared. */
  readonly own?: readonly { readonly rule: RuleId; readonly transition: Transition }[]
  /** Rules that are kept quiet by design from now on, and no longer. */
  readonly suppress?: readonly { readonly rules: readonly RuleId[]; readonly cause: Cause }[]
  readonly release?: readonly { readonly rules: readonly RuleId[]; readonly cause: Cause }[]
  /** Alarms that began or ceased to chatter. */
  readonly chattering?: readonly { readonly rule: RuleId; readonly on: boolean }[]
}

/**
 * Something that goes with the alarms: notices, root causes, lock-outs, cases. It is called inside the pipeline's turn, in order, before
 * anything of the turn is written; it decides at once and does no I/O. What it keeps must be in its checkpoints: at a start it gets
 * them back.
 */
export interface Follower {
  /** Checkpoints of the last run, open alarms included in `open`; called once, before anything else. */
  restore?(checkpoints: ReadonlyMap<string, unknown>, open: readonly Alarm[], at: Instant): void
  /** The first turn of a run: what has to be said again now. */
  begin?(at: Instant): Following | undefined
  heard?(event: AlarmEvent): Following | undefined
  /** Every other entry that this turn writes: `link.down`, `record.repair`, … and drafts of other followers. */
  noted?(entry: Passing): Following | undefined
  /** What an entry must say beside its own data, before anybody hears of it: that the equipment is not in use. */
  mark?(entry: Passing): Readonly<Record<string, unknown>> | undefined
  /** When it wants to be woken; domain time. */
  nextWake?(): Instant | undefined
  wake?(at: Instant): Following | undefined
  /** Everything as it stands: the function that comes back puts it there again. For what people do and could not be written. */
  snapshot?(): () => void
  /** What a person did could not be written and never happened: the alarm is again as it was. */
  takenBack?(alarm: Alarm): void
  /** The domain clock was set by `by` ms: what counts a length of time keeps its remaining length. */
  clockSet?(by: number): void
}
