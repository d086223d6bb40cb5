/** What the pages know of a fault case beyond its data: its way, its next step, how its deadline is told. Pure. */
import type { WireCase, WireCaseDeed, WireCaseDetail, WireCaseState } from '../../../gateway/api/wire-cases.ts'
import type { Words } from '../words/words.svelte.ts'

export type CaseFilter = 'open' | 'mine' | 'overdue' | 'closed'

export function queryOf(filter: CaseFilter): string {
  if (filter === 'closed') return 'state=closed'
  if (filter === 'mine') return 'state=open&mine=true'
  return filter === 'overdue' ? 'state=open&overdue=true' : 'state=open'
}

const order: readonly WireCaseDeed[] = ['answer', 'assign', 'act', 'verify', 'tell', 'close']
const nextAfter: Readonly<Record<WireCaseState, WireCaseDeed | undefined>> = {
  open: 'answer',
  answered: 'assign',
  assigned: 'act',
  acted: 'verify',
  verified: 'tell',
  told: 'close',
  closed: undefined,
  cancelled: undefined,
}

/** The one obvious next step of whoever looks; none when somebody else is to do it. */
export function nextStep({ state, steps }: Pick<WireCaseDetail, 'state' | 'steps'>): WireCaseDeed | undefined {
  const wanted = nextAfter[state]
  if (wanted === undefined) return undefined
  if (steps.includes(wanted)) return wanted
  // An alarm's case has nobody to answer or to tell: the step after it.
  const later = order[order.indexOf(wanted) + 1]
  return (wanted === 'answer' || wanted === 'tell') && later !== undefined && steps.includes(later) ? later : undefined
}

/** How far a case has come on its way: the index of the step that was done last. */
export function progressOf({ state, reporter }: Pick<WireCase, 'state' | 'reporter'>): number {
  const way: readonly WireCaseState[] = reporter
    ? ['open', 'answered', 'assigned', 'acted', 'verified', 'told', 'closed']
    : ['open', 'assigned', 'acted', 'verified', 'closed']
  return way.indexOf(state)
}

/** Whether the step at this place of its way was done; somebody may be sent before the reporter has had an answer. */
export const isPassed = (one: Pick<WireCase, 'state' | 'reporter' | 'isAnswered'>, place: number): boolean =>
  place <= progressOf(one) && (place !== 1 || one.reporter === undefined || one.isAnswered)

export function stateWord({ state, reporter }: Pick<WireCase, 'state' | 'reporter'>, words: Words): string {
  const { cases } = words.t
  return !reporter && (state === 'open' || state === 'verified') ? cases.fromAlarm[state] : cases.state[state]
}

/** What is due and how long that still is, or how late it is, or when it ended. */
export function dueWord(
  { due, overdue, endedAt }: Pick<WireCase, 'due' | 'overdue' | 'endedAt'>,
  words: Words,
  now: number,
): string {
  const { cases } = words.t
  if (endedAt !== undefined) return cases.ended(words.moment(Date.parse(endedAt), now))
  if (due === null) return ''
  const at = Date.parse(due.at)
  if (overdue.length > 0 || at <= now) return cases.late(cases.due[due.what], words.span(now - at))
  return cases.dueBy(cases.due[due.what], words.moment(at, now), words.span(at - now))
}

export const isLate = ({ due, overdue }: Pick<WireCase, 'due' | 'overdue'>, now: number): boolean =>
  overdue.length > 0 || (due !== null && Date.parse(due.at) <= now)
