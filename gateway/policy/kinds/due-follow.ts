import { after, between, later } from '../../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../../protocols/contract/time.ts'
import type { Duty, RuleRecord, Transition } from '../kind.ts'
import type { DueSpec } from './due-spec.ts'
import { unfollowedWords } from './due-words.ts'

/** Triggers that wait for what must follow them, oldest first. The first `overdue` of them have waited too long. */
export interface Following {
  readonly pending: readonly Instant[]
  readonly overdue: number
  /** Triggers beyond those kept: counted, and answered last. */
  readonly more: number
  /** What was done before a trigger that it may belong to. */
  readonly early: readonly Instant[]
}

export interface Followed {
  readonly following: Following
  readonly transition?: Transition
  readonly record?: RuleRecord
}

type Follow = { readonly within: Millis; readonly before: Millis; readonly answers: 'oldest' | 'all' }

/** So many triggers are kept with their times. */
export const mostPending = 100

export const nobodyWaits: Following = { pending: [], overdue: 0, more: 0, early: [] }

export const followWake = ({ pending, overdue }: Following, { within }: Follow): Instant | undefined => {
  const next = pending[overdue]
  return next === undefined ? undefined : after(next, within)
}

/** A trigger: answered by what was done just before it, or it waits. */
export function triggered(following: Following, at: Instant, plan: Follow, spec: DueSpec): Followed {
  const answers = following.early.filter(done => between(done, at) <= plan.before)
  const [answer, ...others] = answers
  const early = plan.answers === 'all' ? answers : others
  if (answer !== undefined) return { following: { ...following, early }, ...kept(spec, at, answer, 'passed') }
  if (following.pending.length >= mostPending) return { following: { ...following, early, more: following.more + 1 } }
  return { following: { ...following, early, pending: [...following.pending, at] } }
}

/** It was done: the oldest trigger that waits is answered; the alarm ends with the last one overdue. */
export function followed(
  following: Following,
  at: Instant,
  raisedAt: Instant | null,
  { before, answers }: Follow,
  spec: DueSpec,
): Followed {
  const { pending, overdue, more } = following
  const [oldest, ...waiting] = pending
  const early = [...following.early, at].filter(done => between(done, at) <= before).slice(-mostPending)
  if (answers === 'all' && oldest !== undefined) {
    const left = { ...nobodyWaits, early }
    return { following: left, ...cleared(raisedAt, at, true), ...(overdue > 0 ? {} : kept(spec, oldest, at, 'passed')) }
  }
  if (oldest === undefined) {
    if (more === 0) return { following: { ...following, early } }
    return { following: { ...following, more: more - 1 }, ...cleared(raisedAt, at, more === 1) }
  }
  const left = { ...following, pending: waiting, overdue: Math.max(0, overdue - 1) }
  // What answers late was already written down as missed.
  const written = overdue > 0 ? {} : kept(spec, oldest, at, 'passed')
  return { following: left, ...cleared(raisedAt, at, left.overdue === 0 && more === 0), ...written }
}

/** The oldest trigger in time has waited too long. */
export function unanswered(
  following: Following,
  at: Instant,
  raisedAt: Instant | null,
  { within }: Follow,
  spec: DueSpec,
): Followed | undefined {
  const trigger = following.pending[following.overdue]
  if (trigger === undefined || after(trigger, within) > at) return undefined
  const due = after(trigger, within)
  const because = unfollowedWords(trigger, within, spec.calendar.zone)
  return {
    following: { ...following, overdue: following.overdue + 1 },
    ...(raisedAt === null ? { transition: { what: 'raised', at: due, since: due, because } } : {}),
    ...kept(spec, trigger, due, 'failed'),
  }
}

export function followDuty(following: Following, now: Instant, { within }: Follow, spec: DueSpec): Omit<Duty, 'doneAt'> {
  const [oldest] = following.pending
  if (oldest === undefined) return { dueAt: undefined, warnAt: undefined, state: following.more > 0 ? 'missed' : 'not-now' }
  const dueAt = after(oldest, within)
  const warnAt = spec.warn > 0 ? ((dueAt - spec.warn) as Instant) : undefined
  const state = following.overdue > 0 || now > dueAt ? 'missed' : warnAt !== undefined && now >= warnAt ? 'soon' : 'open'
  return { dueAt, warnAt, state }
}

function cleared(raisedAt: Instant | null, at: Instant, isLast: boolean): { readonly transition?: Transition } {
  return raisedAt === null || !isLast ? {} : { transition: { what: 'cleared', at: later(at, raisedAt) } }
}

function kept(spec: DueSpec, from: Instant, to: Instant, verdict: 'passed' | 'failed'): { readonly record?: RuleRecord } {
  if (!spec.writes) return {}
  // Something done just before its trigger took no time at all.
  const minutes = Math.round(Math.max(0, between(from, to)) / 600) / 100
  return {
    record: {
      kind: 'duty',
      from,
      to: later(from, to),
      verdict,
      figures: { minutesToFollow: verdict === 'passed' ? minutes : null },
    },
  }
}
