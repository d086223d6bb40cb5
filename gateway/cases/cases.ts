import type { Words } from '../../protocols/contract/driver.ts'
import { after, days } from '../../protocols/contract/time.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { Alarm } from '../alarm/alarm.ts'
import type { Follower, Following, Passing } from '../alarm/follow.ts'
import type { LockOut } from '../alarm/lock-outs.ts'
import { ownOf, ownRuleId } from '../alarm/own.ts'
import { readingsOf } from '../alarm/people.ts'
import type { Decision } from '../turn.ts'
import { duesOf, isOver, openCase, overdueOf, refusalOf, repairs, takeStep, usualCaseLimits } from './case.ts'
import type { Case, CaseId, CaseLimits, CaseRefusal, CaseStep, Report } from './case.ts'
import { entryKinds, sayOverdue, sayStep, whereOf } from './case-words.ts'
import { isCase } from './kept.ts'

export interface CasesParts {
  /** Equipment that is not in use; each has its fault record. */
  readonly lockOuts: { all(): readonly LockOut[] }
  /** The name and area of a piece of equipment, or the name of an area. */
  readonly placeOf: (id: string) => { readonly name: Words; readonly area: string } | undefined
  /** Persons who have to take a report up at that time (DUT-3). */
  readonly calledFor: (one: Case, area: string | undefined, at: Instant) => readonly string[]
  /** The person behind an account. */
  readonly personOf: (account: string) => string | undefined
  readonly limits?: CaseLimits
}
export type CaseAnswer = { readonly ok: true; readonly case: Case } | { readonly ok: false; readonly why: CaseRefusal }

/** A case that is over stays at hand for so long; older ones are in the journal alone. */
const keptFor = days(30)

/**
 * Every case that is not over, and those that ended in the last 30 days. People's steps come as acts; by itself it opens a fault record
 * for equipment that was locked out, and raises an alarm of the gateway's own when something is overdue. Both are done when it is woken,
 * never inside a person's act, so that an act that could not be written leaves nothing behind.
 */
export class Cases implements Follower {
  readonly #parts: CasesParts
  readonly #limits: CaseLimits
  readonly #held = new Map<CaseId, Case>()
  /** Cases whose alarm of being overdue is raised. */
  readonly #raised = new Set<CaseId>()
  /** Cases whose alarm may be over: looked at in the next breath. */
  readonly #settling = new Set<CaseId>()
  #counter = 0
  #lockOutsChanged = false
  #due: Instant | undefined | 'unknown' = 'unknown'

  constructor(parts: CasesParts) {
    this.#parts = parts
    this.#limits = parts.limits ?? usualCaseLimits
  }

  restore(checkpoints: ReadonlyMap<string, unknown>, open: readonly Alarm[]): void {
    for (const [key, value] of checkpoints) {
      if (key === 'cases') this.#counter = Math.max(this.#counter, counterOf(value))
      if (!key.startsWith('case:') || !isCase(value)) continue
      this.#held.set(value.id, value)
      // No number is given twice, even where the counter was lost.
      this.#counter = Math.max(this.#counter, Number(value.id.slice(1)) || 0)
    }
    for (const { rule, active } of open) {
      const own = ownOf(rule)
      if (own?.kind === 'case' && active) this.#raised.add(own.name as CaseId)
    }
    for (const id of this.#raised) this.#settling.add(id)
    this.#due = 'unknown'
  }

  begin(at: Instant): Following | undefined {
    this.#lockOutsChanged = true
    return this.wake(at)
  }

  get(id: string): Case | undefined {
    return this.#held.get(id as CaseId)
  }

  /** All that are held, the newest first. */
  all(): readonly Case[] {
    return [...this.#held.values()].toReversed()
  }

  /** The case that stands for an alarm; one that was cancelled does not. */
  ofAlarm(alarm: string): Case | undefined {
    return this.all().find(one => one.alarm === alarm && one.state !== 'cancelled')
  }

  open(report: Report, by: string, at: Instant): Decision<CaseAnswer> {
    const { alarm } = report
    if (alarm !== undefined && this.ofAlarm(alarm)) return { answer: () => ({ ok: false, why: 'alarm-has-case' }) }
    const { one, following } = this.#open(report, by, at)
    const undo = (): void => this.#put(one.id, undefined)
    return { ...following, answer: () => ({ ok: true, case: one }), undo }
  }

  take(id: string, step: CaseStep, by: string, at: Instant): Decision<CaseAnswer> {
    const before = this.#held.get(id as CaseId)
    const why = before ? refusalOf(before, step, by, at) : 'no-such-case'
    if (!before || why) return { answer: () => ({ ok: false, why: why ?? 'no-such-case' }) }
    const one = takeStep(before, step, by, at)
    this.#put(one.id, one)
    const repair = repairOf(one, step)
    return {
      drafts: [
        this.#entry(one, step, by, at),
        ...(repair ? [{ kind: 'record.repair', at, by, about: repair.equipment, data: { ...repair, enteredAt: at } }] : []),
      ],
      checkpoints: [{ key: `case:${one.id}`, value: one }],
      readings: repair ? readingsOf({ ...repair, kind: 'repair', at }) : [],
      answer: () => ({ ok: true, case: one }),
      undo: () => this.#put(before.id, before),
    }
  }

  noted({ kind, data }: Passing): Following | undefined {
    if (kind === 'equipment.locked-out') {
      this.#lockOutsChanged = true
      this.#due = 'unknown'
    }
    return kind === 'clock.set' ? this.#shift(Number(data['by'])) : undefined
  }

  nextWake(): Instant | undefined {
    if (this.#lockOutsChanged || this.#settling.size > 0) return 0 as Instant
    if (this.#due === 'unknown') {
      const dues = [...this.#held.values()].flatMap(one => this.#wakeOf(one) ?? [])
      this.#due = dues.length === 0 ? undefined : (Math.min(...dues) as Instant)
    }
    return this.#due
  }

  wake(at: Instant): Following | undefined {
    const parts: Following[] = []
    if (this.#lockOutsChanged) parts.push(...this.#recordFaults(at))
    for (const one of this.#held.values()) {
      const due = this.#wakeOf(one)
      if (due !== undefined && due <= at) parts.push(isOver(one) ? this.#forget(one.id) : this.#raise(one, at))
    }
    for (const id of this.#settling) {
      const one = this.#held.get(id)
      if (this.#raised.has(id) && (!one || overdueOf(one, at).length === 0)) parts.push(this.#clear(id, at))
    }
    this.#settling.clear()
    return together(parts)
  }

  /** When it wants something of us: a deadline passes, or it is old enough to be left to the journal. */
  #wakeOf(one: Case): Instant | undefined {
    const end = one.closed ?? one.cancelled
    if (end) return after(end.at, keptFor)
    return this.#raised.has(one.id) ? undefined : duesOf(one)[0]?.at
  }

  #raise(one: Case, at: Instant): Following {
    this.#raised.add(one.id)
    this.#due = 'unknown'
    const due = overdueOf(one, at)[0]
    if (!due) return {}
    const transition = { what: 'raised', at, since: due.at, because: sayOverdue(due, one) } as const
    return { own: [{ rule: ownRuleId('case', one.id), transition }] }
  }

  #clear(id: CaseId, at: Instant): Following {
    this.#raised.delete(id)
    this.#due = 'unknown'
    return { own: [{ rule: ownRuleId('case', id), transition: { what: 'cleared', at } }] }
  }

  #forget(id: CaseId): Following {
    this.#put(id, undefined)
    return { checkpoints: [{ key: `case:${id}`, value: undefined }] }
  }

  /** Equipment that was locked out has a fault record (CAN-2, CAN-9), also where the run ended between the two. */
  #recordFaults(at: Instant): readonly Following[] {
    this.#lockOutsChanged = false
    const known = new Set([...this.#held.values()].map(({ alarm }) => alarm))
    return this.#parts.lockOuts
      .all()
      .filter(({ alarm }) => !known.has(alarm))
      .map(({ equipment, alarm }) => {
        const what = { zh: '设备故障，已停用，修好前不得使用', en: 'Faulty and locked out; not to be used until it is repaired' }
        return this.#open({ what, priority: 'high', photos: [], equipment, alarm }, 'system', at).following
      })
  }

  #open(report: Report, by: string, at: Instant): { readonly one: Case; readonly following: Following } {
    this.#counter += 1
    const one = openCase(`C${this.#counter}` as CaseId, report, by, at, this.#limits)
    this.#put(one.id, one)
    const checkpoints = [
      { key: `case:${one.id}`, value: one },
      { key: 'cases', value: { counter: this.#counter } },
    ]
    return { one, following: { drafts: [this.#entry(one, { do: 'open' }, by, at)], checkpoints } }
  }

  #put(id: CaseId, one: Case | undefined): void {
    if (one) this.#held.set(id, one)
    else this.#held.delete(id)
    if (this.#raised.has(id)) this.#settling.add(id)
    this.#due = 'unknown'
  }

  #entry(one: Case, step: CaseStep | { readonly do: 'open' }, by: string, at: Instant): Passing {
    const where = whereOf(one, this.#parts.placeOf(one.equipment ?? one.area ?? '')?.name)
    const tell = this.#hearers(one, step.do, at).filter(person => person !== this.#parts.personOf(by))
    const { equipment, priority } = one
    const title = { zh: `报修 ${one.id}`, en: `Repair ${one.id}` }
    const data = { case: one.id, whole: one, step, tell, title, text: sayStep(one, step, where), priority }
    return { kind: entryKinds[step.do], at, by, about: one.id, data: equipment === undefined ? data : { ...data, equipment } }
  }

  /** Who has to do the next thing. An alarm has called its people itself. */
  #hearers(one: Case, deed: CaseStep['do'] | 'open', at: Instant): readonly string[] {
    const person = (account: string | undefined): readonly string[] => {
      const found = account === undefined ? undefined : this.#parts.personOf(account)
      return found === undefined ? [] : [found]
    }
    switch (deed) {
      case 'open':
        return one.reporter ? this.#called(one, at) : []
      case 'assign':
      case 'reject':
      case 'cancel':
      case 'comment':
        return one.assigned ? [one.assigned.person] : []
      case 'act':
      case 'verify': {
        const asked = person(one.assigned?.by)
        return asked.length > 0 ? asked : this.#called(one, at)
      }
      default:
        return person(one.reporter?.account)
    }
  }

  #called(one: Case, at: Instant): readonly string[] {
    const { equipment, area } = one
    return this.#parts.calledFor(one, area ?? (equipment === undefined ? undefined : this.#parts.placeOf(equipment)?.area), at)
  }

  /** The clock was set: 24 hours are 24 hours that really passed. A day that people agreed on stays that day. */
  #shift(by: number): Following {
    if (!Number.isFinite(by)) return {}
    const moved = (at: Instant): Instant => (at + by) as Instant
    const checkpoints = [...this.#held.values()].flatMap(one => {
      if (isOver(one)) return []
      const answerBy = one.answerBy === undefined ? {} : { answerBy: moved(one.answerBy) }
      const next = { ...one, ...answerBy, closeBy: moved(one.closeBy) }
      this.#put(one.id, next)
      return [{ key: `case:${one.id}`, value: next }]
    })
    return { checkpoints }
  }
}

/** The same deed as rules and lock-outs hear it. */
function repairOf({ id, equipment }: Case, step: CaseStep) {
  if (step.do !== 'act' || !repairs.has(step.kind) || equipment === undefined) return undefined
  return { equipment, verdict: 'passed' as const, fields: { case: id, kind: step.kind, what: step.what } }
}

const counterOf = (value: unknown): number =>
  typeof value === 'object' && value !== null && 'counter' in value ? Number(value.counter) || 0 : 0

function together(parts: readonly Following[]): Following | undefined {
  if (parts.length === 0) return undefined
  return {
    drafts: parts.flatMap(({ drafts = [] }) => drafts),
    checkpoints: parts.flatMap(({ checkpoints = [] }) => checkpoints),
    own: parts.flatMap(({ own = [] }) => own),
  }
}
