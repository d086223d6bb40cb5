import type { Instant, Millis } from '../../protocols/contract/time.ts'
import { between } from '../../protocols/contract/time.ts'
import type { Verdict } from '../policy/verdict.ts'
import type { Rule, RuleId } from '../policy/rule.ts'
import type { Alarm, AlarmEvent, AlarmId } from './alarm.ts'
import { nextState } from './lifecycle.ts'

export type Answer =
  | { readonly ok: true; readonly event: AlarmEvent }
  | { readonly ok: false; readonly why: 'no-such-alarm' | 'already-acknowledged' }

/** What the desk must remember over a restart. */
export interface DeskMemory {
  readonly open: readonly Alarm[]
  readonly counter: number
}

/** Readings that come this long after what they prove make a finding of the past, not a live alarm. */
const lateBy = (15 * 60_000) as Millis

/** The rules by their id, as far as the desk has to know them. */
type Rules = {
  has(id: RuleId): boolean
  get(id: RuleId): Pick<Rule, 'priority'> | undefined
}

/** Holds every alarm that is not normal, one at most for each rule, and says what happened. Knows no clock, file or socket. */
export class AlarmDesk {
  readonly #rules: Rules
  readonly #open = new Map<RuleId, Alarm>()
  #counter = 0

  constructor(rules: Rules) {
    this.#rules = rules
  }

  restore({ open, counter }: DeskMemory): void {
    this.#counter = counter
    for (const alarm of open) this.#open.set(alarm.rule, alarm)
  }

  get counter(): number {
    return this.#counter
  }

  openAlarms(): readonly Alarm[] {
    return [...this.#open.values()]
  }

  ofRule(rule: RuleId): Alarm | undefined {
    return this.#open.get(rule)
  }

  /** A rule said something. `undefined` when the alarm already knew it (a restart heard the same word twice). */
  hear({ rule, transition, receivedAt }: Verdict): AlarmEvent | undefined {
    const alarm = this.#open.get(rule)
    const state = nextState(alarm?.state ?? 'normal', transition.what)
    if (state === undefined) return undefined
    if (transition.what === 'cleared') {
      return alarm && this.#keep('alarm.cleared', transition.at, { ...alarm, state, clearedAt: transition.at })
    }
    const { at, since, value, because } = transition
    const { clearedAt: _returned, value: _old, because: _why, ...before } = alarm ?? this.#fresh(rule)
    const raised: Alarm = {
      ...before,
      state,
      since,
      raisedAt: at,
      ...(value === undefined ? {} : { value }),
      ...(because === undefined ? {} : { because }),
      times: before.times + 1,
      found: between(at, receivedAt) > lateBy ? 'late' : 'live',
    }
    return this.#keep('alarm.raised', at, raised)
  }

  acknowledge(id: AlarmId, by: string, comment: string, at: Instant): Answer {
    const alarm = this.openAlarms().find(open => open.id === id)
    if (!alarm) return { ok: false, why: 'no-such-alarm' }
    const state = nextState(alarm.state, 'acknowledged')
    if (state === undefined) return { ok: false, why: 'already-acknowledged' }
    const answered: Alarm = { ...alarm, state, acknowledged: { by, at, comment } }
    this.#remember(answered)
    return { ok: true, event: { kind: 'alarm.acknowledged', at, alarm: answered, by, comment } }
  }

  /** An answer that could not be made durable never happened. */
  takeBack(before: Alarm): void {
    this.#remember(before)
  }

  /** Alarms of rules that the site file no longer has: nothing could ever clear them. */
  withdrawOrphans(at: Instant): readonly AlarmEvent[] {
    const orphans = this.openAlarms().filter(alarm => !this.#rules.has(alarm.rule))
    return orphans.map(alarm => this.#keep('alarm.withdrawn', at, { ...alarm, state: 'normal', clearedAt: at }))
  }

  #fresh(rule: RuleId): Omit<Alarm, 'state' | 'since' | 'raisedAt' | 'found'> {
    this.#counter += 1
    return { id: `A${this.#counter}` as AlarmId, rule, priority: this.#rules.get(rule)?.priority ?? 'medium', times: 0 }
  }

  #keep(kind: 'alarm.raised' | 'alarm.cleared' | 'alarm.withdrawn', at: Instant, alarm: Alarm): AlarmEvent {
    this.#remember(alarm)
    return { kind, at, alarm }
  }

  #remember(alarm: Alarm): void {
    if (alarm.state === 'normal') this.#open.delete(alarm.rule)
    else this.#open.set(alarm.rule, alarm)
  }
}
