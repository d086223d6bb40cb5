import type { Instant, Millis } from '../../protocols/contract/time.ts'
import { after, between } from '../../protocols/contract/time.ts'
import type { Rule, RuleId } from '../policy/rule.ts'
import type { Verdict } from '../policy/verdict.ts'
import { causeKey } from './alarm.ts'
import type { Alarm, AlarmEvent, AlarmEventKind, AlarmId, Cause } from './alarm.ts'
import type { AlarmCommand, Answer, CommandRefusal } from './command.ts'
import { nextState } from './lifecycle.ts'
import type { AlarmInput } from './lifecycle.ts'
import { longestOutOfService, shelfRefusal } from './shelf.ts'

/** What the desk must remember over a restart. */
export interface DeskMemory {
  readonly open: readonly Alarm[]
  readonly counter: number
}

/** Readings that come this long after what they prove make a finding of the past, not a live alarm. */
const lateBy = (15 * 60_000) as Millis

/** A rule as far as the desk has to know it. */
type DeskRule = Pick<Rule, 'priority'> & Partial<Pick<Rule, 'latching' | 'lifeSafety' | 'reAlarm' | 'equipment'>>

/** The rules by their id. */
interface Rules {
  has(id: RuleId): boolean
  get(id: RuleId): DeskRule | undefined
}

/**
 * Holds every alarm that is not normal, one at most for each rule, and says what happened. Which state follows which is
 * `lifecycle.ts`; here is what goes with it: ids, times, who did what, and what has to be judged afresh. Knows no clock, file or
 * socket.
 */
export class AlarmDesk {
  readonly #rules: Rules
  readonly #open = new Map<RuleId, Alarm>()
  /** The same as a list, made when somebody asks: each of ten thousand alarms may be looked at beside all the others. */
  #list: readonly Alarm[] | undefined
  readonly #byId = new Map<AlarmId, Alarm>()
  /** Rules with an open alarm, by their equipment: a thousand alarms at once must not each look at all the others. */
  readonly #byEquipment = new Map<string, Set<RuleId>>()
  /** Why rules are kept quiet by design, whether or not they have an alarm. */
  readonly #causes = new Map<RuleId, Map<string, Cause>>()
  /** Closed alarms that were confirmed in this run; the journal may not have it yet when the second confirmation comes. */
  readonly #confirmed = new Set<AlarmId>()
  #counter = 0
  /** The clock was set while an acknowledged alarm counted to its next call: what a person signed keeps its time, the count its length. */
  readonly #later = new Map<AlarmId, number>()
  #due: Instant | undefined | 'unknown' = 'unknown'

  constructor(rules: Rules) {
    this.#rules = rules
  }

  restore({ open, counter }: DeskMemory): void {
    this.#counter = counter
    for (const alarm of open) {
      this.#remember(alarm)
      for (const cause of alarm.suppressed?.causes ?? []) this.#addCause(alarm.rule, cause)
    }
  }

  get counter(): number {
    return this.#counter
  }

  openAlarms(): readonly Alarm[] {
    return (this.#list ??= [...this.#open.values()])
  }

  ofRule(rule: RuleId): Alarm | undefined {
    return this.#open.get(rule)
  }

  byId(id: AlarmId): Alarm | undefined {
    return this.#byId.get(id)
  }

  /** A rule said something. Nothing when the alarm already knew it (a restart heard the same word twice). */
  hear({ rule, transition, receivedAt }: Verdict): readonly AlarmEvent[] {
    return transition.what === 'cleared' ? this.#clear(rule, transition.at) : this.#raise(rule, transition, receivedAt)
  }

  /**
   * What a person wants done. `past` is the alarm as the journal has it, where it is over: it can still be confirmed, and its rule
   * shelved or taken out of service.
   */
  command(id: AlarmId, command: AlarmCommand, by: string, at: Instant, past?: Alarm): Answer {
    const alarm = this.#byId.get(id) ?? (past?.id === id ? past : undefined)
    if (!alarm) return refused('no-such-alarm')
    const isOpen = this.#byId.has(id)
    // A picture of it from before it was over is no past.
    if (!isOpen && alarm.state !== 'normal') return refused('no-such-alarm')
    if (!isOpen && this.#open.has(alarm.rule) && command.do !== 'confirm') return refused('superseded')
    const events = this.#obey(alarm, command, by, at)
    if (typeof events === 'string') return refused(events)
    return { ok: true, events, alarm: events.at(-1)?.alarm ?? alarm }
  }

  /** The rule is kept quiet by design for one more reason. */
  suppress(rule: RuleId, cause: Cause, at: Instant): readonly AlarmEvent[] {
    const isNew = this.#addCause(rule, cause)
    const alarm = this.#open.get(rule)
    if (!alarm || !isNew) return []
    const state = nextState(alarm.state, 'suppressed', this.#circumstances(alarm))
    if (state === undefined && alarm.state !== 'suppressed') return []
    return [this.#keep('alarm.suppressed', at, { ...alarm, state: 'suppressed', ...this.#suppression(rule, alarm, at) })]
  }

  /** One reason less; with the last one gone the condition is judged afresh. */
  release(rule: RuleId, cause: Pick<Cause, 'kind' | 'name'>, at: Instant): readonly AlarmEvent[] {
    const causes = this.#causes.get(rule)
    if (!causes?.delete(causeKey(cause))) return []
    const alarm = this.#open.get(rule)
    const isSuppressed = alarm?.state === 'suppressed'
    if (causes.size > 0) {
      // It is told, so that it is written: a restart must not come back with a reason that nobody will ever take away again.
      return isSuppressed ? [this.#keep('alarm.suppressed', at, { ...alarm, ...this.#suppression(rule, alarm, at) })] : []
    }
    this.#causes.delete(rule)
    return isSuppressed ? this.#leave(alarm, 'released', 'alarm.released', 'system', at) : []
  }

  causesOf(rule: RuleId): readonly Cause[] {
    return [...(this.#causes.get(rule)?.values() ?? [])]
  }

  chatter(rule: RuleId, on: boolean, at: Instant): readonly AlarmEvent[] {
    const alarm = this.#open.get(rule)
    if (!alarm || (alarm.chattering ?? false) === on) return []
    const { chattering: _, ...rest } = alarm
    return [this.#keep('alarm.chattering', at, on ? { ...rest, chattering: true } : rest, 'system', { on })]
  }

  /** When a shelf or a permit ends, or an acknowledged alarm calls again. */
  nextWake(): Instant | undefined {
    if (this.#due === 'unknown') {
      let due: Instant | undefined
      for (const alarm of this.#open.values()) {
        const at = this.#dueOf(alarm)
        if (at !== undefined && (due === undefined || at < due)) due = at
      }
      this.#due = due
    }
    return this.#due
  }

  /** The clock was set by so many ms: a shelf and a permit end at the time that was signed, the next call keeps its length. */
  clockSet(by: number): void {
    for (const { id, state } of this.#open.values())
      if (state === 'acknowledged') this.#later.set(id, (this.#later.get(id) ?? 0) + by)
    for (const id of this.#later.keys()) if (!this.#byId.has(id)) this.#later.delete(id)
    this.#due = 'unknown'
  }

  wake(at: Instant): readonly AlarmEvent[] {
    const due = this.nextWake()
    if (due === undefined || due > at) return []
    return this.openAlarms().flatMap(alarm => {
      const end = this.#dueOf(alarm)
      if (end === undefined || end > at) return []
      if (alarm.shelved) return this.#leave(alarm, 'unshelved', 'alarm.unshelved', 'system', at, { ended: 'expired' })
      if (alarm.outOfService)
        return this.#leave(alarm, 'returned', 'alarm.returned-to-service', 'system', at, { ended: 'expired' })
      const { acknowledged: _seen, confirmed: _done, ...rest } = alarm
      return [this.#keep('alarm.re-alarmed', at, { ...rest, state: 'unacknowledged', times: alarm.times + 1 })]
    })
  }

  /**
   * Everything as it stands. The function that comes back puts it there again: what was done since could not be made durable and never
   * happened. Only the last word may be taken back, or the last before it after that.
   */
  snapshot(): () => void {
    const open = this.openAlarms()
    const causes = [...this.#causes].map(([rule, because]) => [rule, new Map(because)] as const)
    const confirmed = [...this.#confirmed]
    const counter = this.#counter
    return () => {
      this.#open.clear()
      this.#list = undefined
      this.#byId.clear()
      this.#byEquipment.clear()
      for (const alarm of open) this.#remember(alarm)
      this.#causes.clear()
      for (const [rule, because] of causes) this.#causes.set(rule, because)
      this.#confirmed.clear()
      for (const id of confirmed) this.#confirmed.add(id)
      this.#counter = counter
      this.#due = 'unknown'
    }
  }

  /** Alarms of rules that the site file no longer has: nothing could ever clear them. */
  withdrawOrphans(at: Instant): readonly AlarmEvent[] {
    const orphans = this.openAlarms().filter(alarm => !this.#rules.has(alarm.rule))
    return orphans.map(alarm => {
      const { shelved: _shelf, outOfService: _permit, suppressed: _quiet, ...rest } = alarm
      return this.#keep('alarm.withdrawn', at, { ...rest, active: false, state: 'normal', clearedAt: at })
    })
  }

  #raise(
    rule: RuleId,
    transition: Extract<Verdict['transition'], { what: 'raised' }>,
    receivedAt: Instant,
  ): readonly AlarmEvent[] {
    const { at, since, value, because } = transition
    const known = this.#open.get(rule)
    if (known?.active) return []
    const state = this.#raisedState(rule, known)
    if (state === undefined) return []
    const { clearedAt: _returned, value: _old, because: _why, ...came } = known ?? this.#fresh(rule)
    // What somebody has seen and done was about the time before.
    const { acknowledged: _seen, confirmed: _done, ...before } = came
    const raised: Alarm = {
      ...before,
      state,
      active: true,
      since,
      raisedAt: at,
      ...(value === undefined ? {} : { value }),
      ...(because === undefined ? {} : { because }),
      ...(known ? {} : this.#firstOut(rule)),
      ...(state === 'suppressed' ? this.#suppression(rule, known, at) : {}),
      times: before.times + 1,
      found: between(at, receivedAt) > lateBy ? 'late' : 'live',
    }
    return [this.#keep('alarm.raised', at, raised)]
  }

  /** In a quiet state the alarm only notes that its condition holds. */
  #raisedState(rule: RuleId, known: Alarm | undefined): Alarm['state'] | undefined {
    if (!known) return this.#causes.has(rule) ? 'suppressed' : nextState('normal', 'raised', { latching: false, active: true })
    if (isQuiet(known)) return known.state
    return nextState(known.state, 'raised', this.#circumstances(known))
  }

  #clear(rule: RuleId, at: Instant): readonly AlarmEvent[] {
    const alarm = this.#open.get(rule)
    if (!alarm?.active) return []
    if (!isQuiet(alarm)) {
      const state = nextState(alarm.state, 'cleared', this.#circumstances(alarm))
      return state === undefined ? [] : [this.#keep('alarm.cleared', at, { ...alarm, state, active: false, clearedAt: at })]
    }
    const returned = this.#keep('alarm.cleared', at, { ...alarm, active: false, clearedAt: at })
    if (!alarm.shelved?.oneShot) return [returned]
    return [returned, ...this.#leave(returned.alarm, 'unshelved', 'alarm.unshelved', 'system', at, { ended: 'one-shot' })]
  }

  #obey(alarm: Alarm, command: AlarmCommand, by: string, at: Instant): readonly AlarmEvent[] | CommandRefusal {
    switch (command.do) {
      case 'acknowledge':
        return this.#acknowledge(alarm, command.comment, by, at)
      case 'confirm':
        return this.#confirm(alarm, command.action, by, at)
      case 'shelve':
        return this.#shelve(alarm, command, by, at)
      case 'out-of-service':
        return this.#remove(alarm, command, by, at)
      case 'reset': {
        const state = nextState(alarm.state, 'reset', this.#circumstances(alarm))
        return state === undefined ? 'not-in-this-state' : [this.#keep('alarm.reset', at, { ...alarm, state }, by)]
      }
      case 'unshelve':
        return alarm.shelved && alarm.state === 'shelved'
          ? this.#leave(alarm, 'unshelved', 'alarm.unshelved', by, at, { ended: 'by-hand' })
          : 'not-in-this-state'
      case 'return-to-service':
        return alarm.outOfService && alarm.state === 'out-of-service'
          ? this.#leave(alarm, 'returned', 'alarm.returned-to-service', by, at, { ended: 'by-hand' })
          : 'not-in-this-state'
    }
  }

  #acknowledge(alarm: Alarm, comment: string, by: string, at: Instant): readonly AlarmEvent[] | CommandRefusal {
    const state = nextState(alarm.state, 'acknowledged', this.#circumstances(alarm))
    if (state === undefined) {
      return alarm.acknowledged && !isQuiet(alarm) ? 'already-acknowledged' : 'not-in-this-state'
    }
    this.#later.delete(alarm.id)
    return [this.#keep('alarm.acknowledged', at, { ...alarm, state, acknowledged: { by, at, comment } }, by, { comment })]
  }

  /** Acknowledged is "I have seen it", confirmed is "I have acted" (OPC UA Part 9 §5.8): the state stays. */
  #confirm(alarm: Alarm, action: string, by: string, at: Instant): readonly AlarmEvent[] | CommandRefusal {
    if (alarm.confirmed || this.#confirmed.has(alarm.id)) return 'already-confirmed'
    if (!alarm.acknowledged) return 'not-acknowledged'
    const confirmed: Alarm = { ...alarm, confirmed: { by, at, action } }
    if (!this.#byId.has(alarm.id)) this.#confirmed.add(alarm.id)
    return [this.#keep('alarm.confirmed', at, confirmed, by, { action })]
  }

  #shelve(
    alarm: Alarm,
    { for: length, reason, oneShot, second }: Extract<AlarmCommand, { do: 'shelve' }>,
    by: string,
    at: Instant,
  ): readonly AlarmEvent[] | CommandRefusal {
    const rule = this.#rules.get(alarm.rule)
    if (!rule) return 'no-such-alarm'
    const refusal = shelfRefusal(rule, length, second !== undefined)
    if (refusal) return refusal
    const state = nextState(alarm.state, 'shelved', this.#circumstances(alarm))
    if (state === undefined) return 'not-in-this-state'
    const shelved = { by, at, until: after(at, length), reason, oneShot, ...(second === undefined ? {} : { second }) }
    const { suppressed: _, ...rest } = alarm
    return [this.#keep('alarm.shelved', at, { ...rest, state, shelved }, by, { shelved })]
  }

  #remove(
    alarm: Alarm,
    { reason, substitute, until }: Extract<AlarmCommand, { do: 'out-of-service' }>,
    by: string,
    at: Instant,
  ): readonly AlarmEvent[] | CommandRefusal {
    if (!this.#rules.has(alarm.rule)) return 'no-such-alarm'
    if (until <= at) return 'until-past'
    if (until > after(at, longestOutOfService)) return 'until-too-far'
    const state = nextState(alarm.state, 'removed', this.#circumstances(alarm))
    if (state === undefined) return 'not-in-this-state'
    const outOfService = { by, at, until, reason, substitute }
    const { shelved: _, suppressed: _quiet, ...rest } = alarm
    return [this.#keep('alarm.out-of-service', at, { ...rest, state, outOfService }, by, { outOfService })]
  }

  /**
   * A shelf, a suppression or a permit is over. Where a reason by design stands it is quiet for that one now; where the condition holds
   * it is a fresh occurrence that nobody has seen yet, never silently the acknowledged one of before.
   */
  #leave(
    alarm: Alarm,
    input: AlarmInput,
    kind: AlarmEventKind,
    by: string,
    at: Instant,
    data: Readonly<Record<string, unknown>> = {},
  ): readonly AlarmEvent[] {
    const { shelved: _shelf, outOfService: _permit, suppressed: _quiet, acknowledged: _seen, confirmed: _done, ...rest } = alarm
    if (this.#causes.has(alarm.rule)) {
      const left: Alarm = { ...rest, state: 'suppressed', ...this.#suppression(alarm.rule, undefined, at) }
      return [this.#keep(kind, at, left, by, data)]
    }
    const state = nextState(alarm.state, input, this.#circumstances(alarm))
    const left = this.#keep(kind, at, { ...rest, state: 'normal' }, by, data)
    if (state !== 'unacknowledged') return [left]
    const { clearedAt: _returned, ...fresh } = rest
    return [left, this.#keep('alarm.raised', at, { ...fresh, state, raisedAt: at, times: alarm.times + 1, found: 'live' })]
  }

  #fresh(rule: RuleId): Omit<Alarm, 'state' | 'active' | 'since' | 'raisedAt' | 'found'> {
    this.#counter += 1
    return { id: `A${this.#counter}` as AlarmId, rule, priority: this.#rules.get(rule)?.priority ?? 'medium', times: 0 }
  }

  /** The open alarm of the same equipment that came first (first-out: what went wrong before the rest followed). */
  #firstOut(rule: RuleId): Pick<Alarm, 'firstOut'> {
    const equipment = this.#rules.get(rule)?.equipment
    if (equipment === undefined || equipment === '') return {}
    let first: Alarm | undefined
    for (const of of this.#byEquipment.get(equipment) ?? []) {
      const other = this.#open.get(of)
      if (!other?.active || isQuiet(other)) continue
      if (!first || other.raisedAt < first.raisedAt) first = other
    }
    return first ? { firstOut: first.id } : {}
  }

  #suppression(rule: RuleId, alarm: Alarm | undefined, at: Instant): Pick<Alarm, 'suppressed'> {
    return { suppressed: { at: alarm?.suppressed?.at ?? at, causes: this.causesOf(rule) } }
  }

  #addCause(rule: RuleId, cause: Cause): boolean {
    const causes = this.#causes.get(rule) ?? new Map<string, Cause>()
    const known = causes.get(causeKey(cause))
    // Another alarm stands for it now: whoever looks finds it below that one.
    const isNew = known === undefined || (cause.alarm !== undefined && known.alarm !== cause.alarm)
    this.#causes.set(rule, causes.set(causeKey(cause), cause))
    return isNew
  }

  #circumstances({ rule, active }: Alarm): { readonly latching: boolean; readonly active: boolean } {
    return { latching: this.#rules.get(rule)?.latching ?? false, active }
  }

  #dueOf(alarm: Alarm): Instant | undefined {
    if (alarm.shelved) return alarm.shelved.until
    if (alarm.outOfService) return alarm.outOfService.until
    const again = this.#rules.get(alarm.rule)?.reAlarm
    return alarm.state === 'acknowledged' && alarm.acknowledged && again
      ? ((alarm.acknowledged.at + again + (this.#later.get(alarm.id) ?? 0)) as Instant)
      : undefined
  }

  #keep(kind: AlarmEventKind, at: Instant, alarm: Alarm, by = 'system', data?: AlarmEvent['data']): AlarmEvent {
    this.#remember(alarm)
    return { kind, at, alarm, by, ...(data === undefined ? {} : { data }) }
  }

  #remember(alarm: Alarm): void {
    this.#due = 'unknown'
    this.#list = undefined
    const before = this.#open.get(alarm.rule)
    if (alarm.state !== 'normal') {
      this.#open.set(alarm.rule, alarm)
      this.#byId.set(alarm.id, alarm)
      if (!before) this.#rulesOpenAt(alarm.rule).add(alarm.rule)
    } else if (before?.id === alarm.id) {
      this.#open.delete(alarm.rule)
      this.#byId.delete(alarm.id)
      this.#rulesOpenAt(alarm.rule).delete(alarm.rule)
    }
  }

  #rulesOpenAt(rule: RuleId): Set<RuleId> {
    const equipment = this.#rules.get(rule)?.equipment ?? ''
    const known = this.#byEquipment.get(equipment) ?? new Set()
    this.#byEquipment.set(equipment, known)
    return known
  }
}

const isQuiet = ({ state }: Alarm): boolean => state === 'shelved' || state === 'suppressed' || state === 'out-of-service'
const refused = (why: CommandRefusal): Answer => ({ ok: false, why })
