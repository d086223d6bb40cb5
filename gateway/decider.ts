import type { Reading, ReadingColumns } from '../protocols/contract/reading.ts'
import type { Instant } from '../protocols/contract/time.ts'
import type { AlarmEvent } from './alarm/alarm.ts'
import type { AlarmDesk } from './alarm/desk.ts'
import type { Follower, Following } from './alarm/follow.ts'
import type { Unanswered } from './alarm/unanswered.ts'
import type { Draft } from './journal/entry.ts'
import type { Evaluator } from './policy/evaluator.ts'
import { failureOf, isFailure } from './policy/rule-book.ts'
import type { RuleId } from './policy/rule.ts'
import type { Fate, Finding, Odd, Verdict } from './policy/verdict.ts'
import type { Act, Decide, Settle, Turn } from './turn.ts'

export interface DeciderParts {
  readonly evaluator: Evaluator
  readonly desk: AlarmDesk
  /** What a journal entry says of the rule it comes from: clause, limit, policy, equipment. */
  readonly cite: (rule: RuleId) => Readonly<Record<string, unknown>>
  /** What rules of escalation watch. */
  readonly unanswered?: Pick<Unanswered, 'readings'>
  /** What goes with the alarms, in the order they hear of each. */
  readonly followers?: readonly Follower[]
}

/** The deciding half of a turn: what is heard becomes verdicts, alarms, entries and checkpoints. No I/O, no clock. */
export class Decider {
  readonly #parts: DeciderParts
  readonly #followers: readonly Follower[]

  constructor(parts: DeciderParts) {
    this.#parts = parts
    this.#followers = parts.followers ?? []
  }

  /** The first turn of a run. */
  begin(draft: Draft, obsolete: readonly string[], at: Instant, turn: Turn): void {
    this.#write(draft, turn)
    for (const key of obsolete) turn.checkpoint({ key, value: undefined })
    const { desk } = this.#parts
    this.#keepAll(desk.withdrawOrphans(at), turn)
    // Every start tries a broken rule once more: what it said of itself is over until it breaks again.
    for (const { rule } of desk.openAlarms().filter(alarm => isFailure(alarm.rule)))
      this.#keepAll(desk.hear({ rule, transition: { what: 'cleared', at }, receivedAt: at }), turn)
    for (const follower of this.#followers) this.#obey(follower.begin?.(at), at, turn)
    this.judge([], at, turn)
    this.#countUnanswered(at, turn)
  }

  /** Readings are judged; what became of each is in `fates`. */
  judge(readings: readonly Reading[], receivedAt: Instant, turn: Turn, fates?: Fate[]): void {
    this.#follow(this.#parts.evaluator.hear(readings, receivedAt, fates), receivedAt, turn)
  }

  /** The same for columns; those that were not accepted are in `odd`. */
  judgeColumns(columns: ReadingColumns, receivedAt: Instant, turn: Turn, odd: Odd[]): void {
    this.#follow(this.#parts.evaluator.hearColumns(columns, receivedAt, odd), receivedAt, turn)
  }

  #follow(verdicts: readonly Verdict[], receivedAt: Instant, turn: Turn): void {
    const { evaluator, desk } = this.#parts
    const before = turn.events.length
    // A record stands before the alarm it led to.
    for (const finding of evaluator.takeFindings()) this.#find(finding, turn)
    for (const verdict of verdicts) this.#keepAll(desk.hear(verdict), turn)
    if (turn.events.length > before) this.#countUnanswered(receivedAt, turn)
  }

  /** Whatever was due by now. */
  wake(at: Instant, turn: Turn): void {
    this.judge([], at, turn)
    const before = turn.events.length
    this.#keepAll(this.#parts.desk.wake(at), turn)
    for (const follower of this.#followers) {
      const due = follower.nextWake?.()
      if (due !== undefined && due <= at) this.#obey(follower.wake?.(at), at, turn)
    }
    if (turn.events.length > before) this.#countUnanswered(at, turn)
  }

  nextWake(): Instant | undefined {
    const { evaluator, desk } = this.#parts
    let next = evaluator.nextWake()
    for (const due of [desk.nextWake(), ...this.#followers.map(follower => follower.nextWake?.())])
      if (due !== undefined && (next === undefined || due < next)) next = due
    return next
  }

  act(decide: Decide<unknown>, at: Instant, done: Settle<unknown>, turn: Turn): void {
    const { desk } = this.#parts
    const restores = [desk, ...this.#followers].flatMap(one => one.snapshot?.() ?? [])
    const decision = decide(at)
    const touched = turn.events.length
    const act: Act = {
      done,
      answer: entries => decision.answer(entries),
      own: [],
      undo: () => {
        for (const restore of restores) restore()
        decision.undo?.()
        this.#tellTakenBack(rules)
      },
      readings: decision.readings ?? [],
    }
    const rules = new Set<RuleId>()
    turn.beginAct(act)
    for (const draft of decision.drafts ?? []) act.own.push(this.#write(draft, turn, at))
    for (const checkpoint of decision.checkpoints ?? []) turn.checkpoint(checkpoint)
    this.#keepAll(decision.events ?? [], turn)
    if ((decision.events ?? []).length > 0) this.#countUnanswered(at, turn)
    for (const { alarm } of turn.events.slice(touched)) rules.add(alarm.rule)
    turn.endAct()
  }

  note(draft: Draft, turn: Turn): void {
    this.#write(draft, turn)
  }

  /** An act that could not be written never happened: followers go back with the alarms it changed. */
  #tellTakenBack(rules: ReadonlySet<RuleId>): void {
    for (const rule of rules) {
      const alarm = this.#parts.desk.ofRule(rule)
      if (alarm) for (const follower of this.#followers) follower.takenBack?.(alarm)
    }
  }

  /** The clock was set: what counts a length of time keeps what is left of it. */
  clockSet(by: number): void {
    this.#parts.evaluator.clockSet(by)
    this.#parts.desk.clockSet(by)
    for (const follower of this.#followers) follower.clockSet?.(by)
  }

  /** What a rule wrote down goes into the journal; a rule that broke is told as an alarm of its own. */
  #find(finding: Finding, turn: Turn): void {
    const { rule, receivedAt } = finding
    if ('record' in finding) {
      const { kind, from, to, verdict, figures } = finding.record
      const data = { rule, from, to, verdict, figures, ...this.#parts.cite(rule) }
      this.#write({ kind: `record.${kind}`, at: to, by: 'system', about: rule, data }, turn)
      return
    }
    const { at, why } = finding.failure
    this.#write({ kind: 'rule.failed', at, by: 'system', about: rule, data: { why, ...this.#parts.cite(rule) } }, turn)
    const because = { zh: `规则出错，已停止判断：${why}`, en: `the rule broke and judges no more: ${why}` }
    const transition = { what: 'raised', at, since: at, because } as const
    this.#keepAll(this.#parts.desk.hear({ rule: failureOf(rule), transition, receivedAt }), turn)
  }

  /** An escalation is a rule like any other: it watches how many alarms nobody has answered. */
  #countUnanswered(at: Instant, turn: Turn): void {
    const { unanswered, desk } = this.#parts
    const readings = unanswered?.readings(desk.openAlarms(), at) ?? []
    if (readings.length > 0) this.judge(readings, at, turn)
  }

  #keepAll(events: readonly AlarmEvent[], turn: Turn): void {
    for (const event of events) this.#keep(event, turn)
  }

  #keep(event: AlarmEvent, turn: Turn): void {
    const { kind, at, alarm, by, data } = event
    const { cite, desk } = this.#parts
    turn.event(event)
    turn.draft({ kind, at, by, about: alarm.id, data: { alarm, ...cite(alarm.rule), ...data } })
    const open = desk.ofRule(alarm.rule)
    turn.checkpoint({ key: `alarm:${alarm.rule}`, value: open })
    turn.checkpoint({ key: 'desk', value: { counter: desk.counter } })
    for (const follower of this.#followers) this.#obey(follower.heard?.(event), at, turn)
  }

  /** `now` is when it is heard of, which may be long after what it tells of: a person's record of this morning. */
  #write(said: Draft, turn: Turn, now = said.at): number {
    const marks = this.#followers.flatMap(follower => follower.mark?.(said) ?? [])
    const draft = marks.length === 0 ? said : { ...said, data: Object.assign({}, said.data, ...marks) as Draft['data'] }
    const place = turn.draft(draft)
    for (const follower of this.#followers) this.#obey(follower.noted?.(draft), now, turn)
    return place
  }

  /** What a follower wants done. Its words may make others speak; each chain ends because nothing follows from a word said twice. */
  #obey(following: Following | undefined, at: Instant, turn: Turn): void {
    if (!following) return
    const { desk } = this.#parts
    const { drafts = [], checkpoints = [], own = [], suppress = [], release = [], chattering = [] } = following
    for (const checkpoint of checkpoints) turn.checkpoint(checkpoint)
    for (const draft of drafts) this.#write(draft, turn)
    for (const { rules, cause } of suppress) for (const rule of rules) this.#keepAll(desk.suppress(rule, cause, at), turn)
    for (const { rules, cause } of release) for (const rule of rules) this.#keepAll(desk.release(rule, cause, at), turn)
    for (const { rule, on } of chattering) this.#keepAll(desk.chatter(rule, on, at), turn)
    for (const { rule, transition } of own) this.#keepAll(desk.hear({ rule, transition, receivedAt: at }), turn)
  }
}
