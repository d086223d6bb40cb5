import type { Words } from '../../protocols/contract/driver.ts'
import { after, days, hours } from '../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import type { AlarmId } from '../alarm/alarm.ts'
import type { Priority } from '../policy/rule.ts'

/** `C12`: counted per data directory. */
export type CaseId = string & { readonly __unit: 'case id' }

/** From the report to its close (DUT-3): what has been done last. */
export const caseStates = ['open', 'answered', 'assigned', 'acted', 'verified', 'told', 'closed', 'cancelled'] as const
export type CaseState = (typeof caseStates)[number]

export const actionKinds = ['repair', 'replacement', 'cleaning', 'adjustment', 'other'] as const
export type ActionKind = (typeof actionKinds)[number]
/** Kinds after which the equipment may be used again: they release a lock-out (CAN-2, CAN-9). */
export const repairs: ReadonlySet<ActionKind> = new Set(['repair', 'replacement'])

/** Who said what at which time; `by` is the account's name. */
interface Signed {
  readonly by: string
  readonly at: Instant
}
/** The person outside who reported it and has to hear of its end. */
export interface Reporter {
  readonly name: string
  readonly contact?: string
  /** Where they have an account of their own. */
  readonly account?: string
}
export interface Part {
  readonly name: string
  readonly count: number
}
export interface Action extends Signed {
  readonly kind: ActionKind
  readonly what: string
  readonly parts: readonly Part[]
  /** Ids of photos, each the SHA-256 of the picture. */
  readonly photos: readonly string[]
}
export interface Assignment extends Signed {
  /** A person of the site file, or the name of an account. */
  readonly person: string
  readonly name: Words
  readonly due: Instant
  readonly note: string
}

/** One fault, from the report to its close. JSON: the journal has it whole with every step. */
export interface Case {
  readonly id: CaseId
  readonly state: CaseState
  readonly priority: Priority
  readonly openedAt: Instant
  readonly openedBy: string
  readonly what: Words
  readonly equipment?: string
  readonly area?: string
  /** Where exactly, in the reporter's words. */
  readonly place?: string
  /** It came from an alarm; nobody outside waits for an answer unless there is a reporter as well. */
  readonly alarm?: AlarmId
  readonly reporter?: Reporter
  readonly photos: readonly string[]
  readonly answerBy?: Instant
  readonly closeBy: Instant
  readonly answered?: Signed & { readonly said: string }
  readonly assigned?: Assignment
  readonly actions: readonly Action[]
  readonly verified?: Signed & { readonly note: string }
  /** The last time it was sent back; the first `actions` of them did not help. */
  readonly rejected?: Signed & { readonly reason: string; readonly actions: number }
  readonly told?: Signed & { readonly how: string; readonly said: string }
  readonly closed?: Signed & { readonly note: string; readonly untold?: true }
  readonly cancelled?: Signed & { readonly reason: string; readonly duplicateOf?: CaseId }
}

/** What begins a case. */
export type Report = Pick<Case, 'what' | 'priority' | 'photos' | 'equipment' | 'area' | 'place' | 'alarm' | 'reporter'>

export type CaseStep =
  | { readonly do: 'answer'; readonly said: string }
  | { readonly do: 'assign'; readonly person: string; readonly name: Words; readonly due: Instant; readonly note: string }
  | ({ readonly do: 'act' } & Omit<Action, 'by' | 'at'>)
  | { readonly do: 'verify'; readonly note: string }
  | { readonly do: 'reject'; readonly reason: string }
  | { readonly do: 'tell'; readonly how: string; readonly said: string }
  | { readonly do: 'close'; readonly note: string }
  | { readonly do: 'comment'; readonly text: string }
  | { readonly do: 'cancel'; readonly reason: string; readonly duplicateOf?: CaseId }
export type CaseDeed = CaseStep['do']

export type CaseRefusal =
  | 'no-such-case'
  | 'not-in-this-state'
  | 'already-answered'
  /** It came from an alarm: there is nobody to answer or to tell. */
  | 'no-reporter'
  /** A reporter is waiting to hear of it. */
  | 'not-told'
  /** Who acted does not verify their own work. */
  | 'own-work'
  | 'due-past'
  | 'due-too-far'
  | 'too-many-actions'
  | 'too-many-photos'
  | 'duplicate-of-itself'
  | 'alarm-has-case'

/** How long a case may take. The answer within 24 h is the house rule (DUT-3, GAS-9); it gives no time for the close. */
export interface CaseLimits {
  readonly answer: Millis
  readonly close: Millis
}
export const usualCaseLimits: CaseLimits = { answer: hours(24), close: days(7) }

/** Bounds, so that a case stays a page: what is longer is two cases. */
export const mostPhotos = 20
export const mostActions = 20
export const longestDue = days(90)

/** Which step leads where; absent: it has no place there. A comment changes no state and is always possible until the end. */
const table: Readonly<Record<CaseState, Readonly<Partial<Record<CaseDeed, CaseState>>>>> = {
  open: { answer: 'answered', assign: 'assigned', cancel: 'cancelled', comment: 'open' },
  answered: { assign: 'assigned', cancel: 'cancelled', comment: 'answered' },
  // Somebody may be sent before the reporter could be reached: the answer keeps its own deadline.
  assigned: { answer: 'assigned', assign: 'assigned', act: 'acted', cancel: 'cancelled', comment: 'assigned' },
  acted: { answer: 'acted', assign: 'assigned', act: 'acted', verify: 'verified', reject: 'assigned', comment: 'acted' },
  verified: { tell: 'told', close: 'closed', reject: 'assigned', comment: 'verified' },
  told: { close: 'closed', reject: 'assigned', comment: 'told' },
  closed: {},
  cancelled: {},
}
export const isOver = ({ state }: Pick<Case, 'state'>): boolean => state === 'closed' || state === 'cancelled'

export function openCase(id: CaseId, report: Report, by: string, at: Instant, limits: CaseLimits): Case {
  return {
    ...report,
    id,
    state: 'open',
    openedAt: at,
    openedBy: by,
    closeBy: after(at, limits.close),
    ...(report.reporter ? { answerBy: after(at, limits.answer) } : {}),
    actions: [],
  }
}

/** Why the step cannot be taken; `undefined` when it can. */
export function refusalOf(one: Case, step: CaseStep, by: string, at: Instant): CaseRefusal | undefined {
  // Why there is nobody to answer says more than that the state has no place for it.
  if (step.do === 'answer' && one.answered && !isOver(one)) return 'already-answered'
  if ((step.do === 'answer' || step.do === 'tell') && !one.reporter && !isOver(one)) return 'no-reporter'
  if (table[one.state][step.do] === undefined) return 'not-in-this-state'
  switch (step.do) {
    case 'assign':
      if (step.due <= at) return 'due-past'
      return step.due > after(at, longestDue) ? 'due-too-far' : undefined
    case 'act':
      if (one.actions.length >= mostActions) return 'too-many-actions'
      return photosOf(one).size + step.photos.length > mostPhotos ? 'too-many-photos' : undefined
    case 'verify':
      return actorsOf(one).has(by) ? 'own-work' : undefined
    case 'close':
      return one.reporter && one.state === 'verified' ? 'not-told' : undefined
    case 'cancel':
      return step.duplicateOf === one.id ? 'duplicate-of-itself' : undefined
    default:
      return undefined
  }
}

/** The case after the step. The caller has asked `refusalOf` before. */
export function takeStep(one: Case, step: CaseStep, by: string, at: Instant): Case {
  const signed = { by, at }
  const next = { ...one, state: table[one.state][step.do] ?? one.state }
  switch (step.do) {
    case 'answer':
      return { ...next, answered: { ...signed, said: step.said } }
    case 'assign':
      return { ...next, assigned: { ...signed, person: step.person, name: step.name, due: step.due, note: step.note } }
    case 'act': {
      const { kind, what, parts, photos } = step
      return { ...next, actions: [...one.actions, { ...signed, kind, what, parts, photos }] }
    }
    case 'verify':
      return { ...next, verified: { ...signed, note: step.note } }
    case 'reject': {
      const { verified: _seen, told: _heard, ...rest } = next
      return { ...rest, rejected: { ...signed, reason: step.reason, actions: one.actions.length } }
    }
    case 'tell':
      return { ...next, told: { ...signed, how: step.how, said: step.said } }
    case 'close':
      return { ...next, closed: { ...signed, note: step.note, ...(one.reporter ? {} : { untold: true }) } }
    case 'comment':
      return next
    case 'cancel': {
      const more = step.duplicateOf === undefined ? {} : { duplicateOf: step.duplicateOf }
      return { ...next, cancelled: { ...signed, reason: step.reason, ...more } }
    }
  }
}

/** Who did what now has to be verified. */
export const actorsOf = ({ actions, rejected }: Case): ReadonlySet<string> =>
  new Set(actions.slice(rejected?.actions ?? 0).map(({ by }) => by))

export const photosOf = ({ photos, actions }: Case): ReadonlySet<string> =>
  new Set([...photos, ...actions.flatMap(action => action.photos)])

export interface CaseDue {
  readonly what: 'answer' | 'act' | 'close'
  readonly at: Instant
}

/** What has to happen by when, the soonest first. A reporter who was told of the end has had an answer. */
export function duesOf(one: Case): readonly CaseDue[] {
  if (isOver(one)) return []
  const dues: CaseDue[] = [{ what: 'close', at: one.closeBy }]
  if (one.answerBy !== undefined && !one.answered && !one.told) dues.push({ what: 'answer', at: one.answerBy })
  if (one.state === 'assigned' && one.assigned) dues.push({ what: 'act', at: one.assigned.due })
  return dues.toSorted((a, b) => a.at - b.at)
}

export const overdueOf = (one: Case, at: Instant): readonly CaseDue[] => duesOf(one).filter(due => due.at <= at)

/** The steps somebody may take now, for the page to offer. */
export function stepsFor(one: Case, by: string): readonly CaseDeed[] {
  const deeds = Object.keys(table[one.state]) as CaseDeed[]
  return deeds.filter(deed => {
    if (deed === 'answer') return one.reporter !== undefined && !one.answered
    if (deed === 'tell') return one.reporter !== undefined
    if (deed === 'close') return !(one.reporter && one.state === 'verified')
    if (deed === 'verify') return !actorsOf(one).has(by)
    return deed !== 'act' || one.actions.length < mostActions
  })
}
