import { later } from '../../../protocols/contract/time.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import { ruleKind } from '../kind.ts'
import type { Duty, Inputs, RuleRecord, Step, Transition } from '../kind.ts'
import { followDuty, followed, followWake, nobodyWaits, triggered, unanswered } from './due-follow.ts'
import type { Followed, Following } from './due-follow.ts'
import { firstPeriod, periodAfter } from './due-plan.ts'
import type { Period, TimedPlan } from './due-plan.ts'
import { parseDue, senseOfDue } from './due-spec.ts'
import type { DueSpec } from './due-spec.ts'
import { missedWords, needed } from './due-words.ts'

/** Members read since `since`, the beginning of the period they count for. */
interface Members {
  readonly since: Instant | null
  readonly read: Readonly<Record<string, 1>>
  readonly done: number
  readonly of: number
}

export interface DueState {
  /** The newest values of the counters `done` and `trigger`: an event is an increase. */
  readonly seen: number | null
  readonly seenTrigger: number | null
  /** The newest time that counted. */
  readonly doneAt: Instant | null
  /** When it was last done too soon after that to count. */
  readonly tooSoonAt: Instant | null
  /** When the alarm was raised; `null` while nothing is missed. */
  readonly raisedAt: Instant | null
  /** Periods missed one after the other, up to now. */
  readonly missed: number
  /** What is to be done now or next; `null` when nothing ever is. */
  readonly period: Period | null
  readonly members: Members
  readonly following: Following
}

/** A duty that also says how many periods were missed in a row. */
export interface MissableDuty extends Duty {
  readonly missed: number
}

/** Something that must happen, by when: docs/rules/due.md. */
export const due = ruleKind<DueSpec, DueState>({
  kind: 'due',
  dates: true,
  parse: parseDue,
  inputs: () => [
    { name: 'done', need: 'optional' },
    { name: 'record', need: 'optional' },
    { name: 'members', need: 'many' },
    { name: 'trigger', need: 'optional' },
  ],
  begin,
  hear,
  wake,
  duty,
  sense: senseOfDue,
})

const isMember = (input: string): boolean => input.startsWith('members/')
const unread = { since: null, read: {}, done: 0 } satisfies Omit<Members, 'of'>

function begin(spec: DueSpec, at: Instant, inputs: Inputs): Step<DueState> {
  const { plan, calendar } = spec
  const of = Object.keys(inputs).filter(isMember).length
  // A duty that nothing can tell of would be missed for ever.
  const canBeDone = inputs['done'] !== undefined || inputs['record'] !== undefined || of > 0
  const period = plan.by === 'trigger' || !canBeDone ? undefined : firstPeriod(plan, calendar, at)
  return settled(spec, {
    seen: inputs['done']?.value ?? null,
    seenTrigger: inputs['trigger']?.value ?? null,
    doneAt: null,
    tooSoonAt: null,
    raisedAt: null,
    missed: 0,
    period: period ?? null,
    members: { ...unread, of },
    following: nobodyWaits,
  })
}

function hear(
  spec: DueSpec,
  state: DueState,
  value: number,
  at: Instant,
  inputs: Inputs,
  input: string,
): Step<DueState> | undefined {
  switch (input) {
    case 'record':
      return value >= 1 ? happened(spec, state, at) : undefined
    case 'done': {
      if (value === state.seen) return undefined
      const seen = { ...state, seen: value }
      const isEvent = state.seen !== null && value > state.seen
      return (isEvent ? happened(spec, seen, at) : undefined) ?? settled(spec, seen)
    }
    case 'trigger': {
      if (value === state.seenTrigger) return undefined
      const seen = { ...state, seenTrigger: value }
      const { plan } = spec
      if (plan.by !== 'trigger' || state.seenTrigger === null || value < state.seenTrigger) return settled(spec, seen)
      return taken(spec, seen, triggered(seen.following, at, plan, spec))
    }
    default:
      return memberRead(spec, state, at, inputs, input)
  }
}

/** It was done at `at`. `undefined` where that counts for nothing: too soon after the last time, or before its time. */
function happened(spec: DueSpec, state: DueState, at: Instant): Step<DueState> | undefined {
  const { plan, apart } = spec
  const { doneAt } = state
  if (doneAt !== null && at <= doneAt) return undefined
  if (doneAt !== null && at - doneAt < apart) {
    // Kept, so that people who did something read why it did not count.
    const isAsked = state.raisedAt !== null || (state.period !== null && at >= state.period.from)
    return isAsked ? settled(spec, { ...state, tooSoonAt: at }) : undefined
  }
  if (plan.by === 'trigger') {
    return taken(spec, { ...state, doneAt: at }, followed(state.following, at, state.raisedAt, plan, spec))
  }
  return completed(spec, plan, state, at)
}

/** Done at `at`: in its time, or late for what was missed. */
function completed(spec: DueSpec, plan: TimedPlan, state: DueState, at: Instant): Step<DueState> | undefined {
  const { period, raisedAt } = state
  const isTimely = period !== null && at >= period.from
  if (raisedAt === null && !isTimely) return undefined
  const next = isTimely ? (periodAfter(plan, spec.calendar, period, at) ?? null) : period
  const cleared: Transition | undefined = raisedAt === null ? undefined : { what: 'cleared', at: later(at, raisedAt) }
  // An overdue period without end (`every`) was already written down as missed.
  const isLate = raisedAt !== null && (plan.by === 'time' || !isTimely)
  const record = spec.writes && isTimely && !isLate ? recordOf(state, period, at, 'passed', 0) : undefined
  return settled(spec, { ...state, doneAt: at, raisedAt: null, missed: 0, period: next }, cleared, record)
}

/** A member was read: it counts once in each period. */
function memberRead(spec: DueSpec, state: DueState, at: Instant, inputs: Inputs, input: string): Step<DueState> | undefined {
  const { plan } = spec
  const { period, members, raisedAt } = state
  if (plan.by === 'trigger') return undefined
  // Between two periods only what was missed can still be caught up with.
  const isTimely = period !== null && at >= period.from
  if (!isTimely && raisedAt === null) return undefined
  const since = isTimely ? period.from : members.since
  const { read, done: before } = since === members.since ? members : unread
  if (Object.hasOwn(read, input)) return undefined
  const of = Object.keys(inputs).filter(isMember).length
  const done = before + 1
  const marked = { ...state, members: { since, read: { ...read, [input]: 1 as const }, done, of } }
  if (done < needed(spec.share, of)) return settled(spec, marked)
  return completed(spec, plan, marked, at) ?? settled(spec, marked)
}

function wake(spec: DueSpec, state: DueState, at: Instant): Step<DueState> | undefined {
  const { plan } = spec
  if (plan.by === 'trigger') {
    const change = unanswered(state.following, at, state.raisedAt, plan, spec)
    return change && taken(spec, state, change)
  }
  const { period, raisedAt } = state
  if (period === null || at < period.to) return undefined
  const tally = tallyOf(state)
  const because = missedWords({ ...spec, plan }, period, state, tally)
  const raised: Transition | undefined =
    raisedAt === null ? { what: 'raised', at: period.to, since: period.to, because } : undefined
  const missed = state.missed + 1
  const record = spec.writes ? recordOf(state, period, period.to, 'failed', missed) : undefined
  // Counted from the last time, nothing new is due before it is done.
  const next = plan.by === 'time' ? period : (periodAfter(plan, spec.calendar, period, period.to) ?? null)
  // What is read from now on catches up with this period, not with one before it.
  const members = state.members.since === period.from ? state.members : { ...state.members, ...unread, since: period.from }
  return settled(spec, { ...state, period: next, missed, members, raisedAt: raisedAt ?? period.to }, raised, record)
}

/** What was read of the present period, or of the one that was missed before it. */
const tallyOf = ({ members, period }: DueState): { readonly done: number; readonly of: number } => ({
  done: period !== null && members.since === period.from ? members.done : 0,
  of: members.of,
})

function recordOf(state: DueState, { from, to }: Period, at: Instant, verdict: 'passed' | 'failed', missed: number): RuleRecord {
  const { done, of } = tallyOf(state)
  const counted = of > 0 ? { done, of } : {}
  return {
    kind: 'duty',
    from,
    to: at,
    verdict,
    figures: {
      ...counted,
      minutesToSpare: verdict === 'passed' ? Math.round((to - at) / 600) / 100 : null,
      missedInARow: missed,
    },
  }
}

function taken(spec: DueSpec, state: DueState, { following, transition, record }: Followed): Step<DueState> {
  const raisedAt = transition === undefined ? state.raisedAt : transition.what === 'raised' ? transition.at : null
  return settled(spec, { ...state, following, raisedAt, missed: following.overdue }, transition, record)
}

function duty(spec: DueSpec, state: DueState, now: Instant): MissableDuty | undefined {
  const { plan, warn } = spec
  const { period, raisedAt, missed } = state
  const doneAt = state.doneAt ?? undefined
  if (plan.by === 'trigger') return { doneAt, missed, ...followDuty(state.following, now, plan, spec) }
  if (period === null && raisedAt === null) return undefined
  const isMissed = raisedAt !== null || (period !== null && now > period.to)
  const dueAt = raisedAt ?? period?.to
  const warnAt = warn > 0 && dueAt !== undefined ? ((dueAt - warn) as Instant) : undefined
  const isOpen = period !== null && now >= period.from
  const { done, of } = tallyOf(state)
  return {
    doneAt,
    dueAt,
    warnAt,
    missed,
    state: isMissed ? 'missed' : !isOpen ? 'not-now' : warnAt !== undefined && now >= warnAt ? 'soon' : 'open',
    ...(of > 0 ? { done, of } : {}),
  }
}

function settled(spec: DueSpec, state: DueState, transition?: Transition, record?: RuleRecord): Step<DueState> {
  const { plan } = spec
  const isOver = plan.by === 'time' && state.raisedAt !== null
  const wakeAt = plan.by === 'trigger' ? followWake(state.following, plan) : isOver ? undefined : state.period?.to
  return { state, wakeAt, ...(transition && { transition }), ...(record && { record }) }
}
