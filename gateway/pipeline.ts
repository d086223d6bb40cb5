import type { Reading } from '../protocols/contract/reading.ts'
import { seconds } from '../protocols/contract/time.ts'
import type { Cancel, Clock, Instant, Millis } from '../protocols/contract/time.ts'
import type { Alarm, AlarmEvent, AlarmId } from './alarm/alarm.ts'
import type { AlarmDesk } from './alarm/desk.ts'
import type { Draft, Entry } from './journal/entry.ts'
import { readingsOf } from './alarm/people.ts'
import type { PeopleRecord } from './alarm/people.ts'
import type { Unanswered } from './alarm/unanswered.ts'
import type { Evaluator } from './policy/evaluator.ts'
import type { Fate, Finding } from './policy/verdict.ts'
import { failureOf, isFailure } from './policy/rule-book.ts'
import type { RuleId } from './policy/rule.ts'
import { StoreTrouble } from './store/store.ts'
import type { Checkpoint, Historian, Journal, StoredReading } from './store/store.ts'
import { Unrecorded } from './unrecorded.ts'

/** What is told, always after it is on disk; `recorded: false` when the journal could not take it yet. */
export interface Outlet {
  readings?(readings: readonly Reading[]): void
  alarmChanged(event: AlarmEvent, recorded: boolean): void
  /** Everything that has just become durable, in order. */
  written?(entries: readonly Entry[]): void
}

export type Acknowledged =
  | { readonly ok: true; readonly alarm: Alarm }
  | { readonly ok: false; readonly why: 'no-such-alarm' | 'already-acknowledged' | 'not-recordable' }

export interface PipelineParts {
  readonly clock: Clock
  readonly wall: Clock
  readonly evaluator: Evaluator
  readonly desk: AlarmDesk
  readonly store: { readonly journal: Pick<Journal, 'append'>; readonly historian: Pick<Historian, 'record'> }
  /** What a journal entry says of the rule it comes from: clause, limit, policy, equipment. */
  readonly cite: (rule: RuleId) => Readonly<Record<string, unknown>>
  /** What rules of escalation watch. */
  readonly unanswered?: Pick<Unanswered, 'readings'>
  readonly outlets: readonly Outlet[]
}

type Item =
  | {
      readonly do: 'hear'
      readonly readings: readonly Reading[]
      readonly receivedAt: Instant
      readonly done: Settle<void> | undefined
    }
  | {
      readonly do: 'acknowledge'
      readonly id: AlarmId
      readonly by: string
      readonly comment: string
      readonly at: Instant
      readonly done: Settle<Acknowledged>
    }
  | { readonly do: 'note'; readonly draft: Draft; readonly done: Settle<Entry> | undefined }
  | { readonly do: 'wake'; readonly at: Instant }
  | { readonly do: 'say'; readonly readings: readonly Reading[]; readonly at: Instant }
  | { readonly do: 'begin'; readonly at: Instant; readonly obsolete: readonly string[]; readonly draft: Draft }

interface Settle<T> {
  resolve(value: T): void
  reject(error: Error): void
}

/** What one turn decided and still has to be written down, told and answered. */
interface Turn {
  readonly drafts: Draft[]
  readonly checkpoints: Checkpoint[]
  readonly events: AlarmEvent[]
  readonly readings: StoredReading[]
  readonly heard: Settle<void>[]
  readonly acknowledgements: { readonly done: Settle<Acknowledged>; readonly alarm: Alarm; readonly before: Alarm }[]
  readonly notes: { readonly done: Settle<Entry>; readonly index: number }[]
}

const inboxBudget = 100_000

/**
 * Judge, advance, write down, and only then tell. One inbox and one reader: order is total and there is no lock. What is waiting
 * when a turn begins shares one write. If the journal cannot be written the watch goes on: alarms are told as unrecorded,
 * acknowledgements are refused, and everything is written in order when the disk is back (architecture rule 7).
 */
export class Pipeline {
  readonly #parts: PipelineParts
  #inbox: Item[] = []
  #waitingReadings = 0
  #running: Promise<void> | undefined
  #closed = false
  #cancelWake: Cancel = () => {}
  #cancelRetry: Cancel = () => {}
  readonly #unrecorded = new Unrecorded()
  #retryDue = false
  #counts = { heard: 0, late: 0, duplicate: 0, bad: 0, shed: 0, unstored: 0 }

  constructor(parts: PipelineParts) {
    this.#parts = parts
  }

  get counts(): Readonly<Record<'heard' | 'late' | 'duplicate' | 'bad' | 'shed' | 'unstored' | 'unrecordedLost', number>> {
    return { ...this.#counts, unrecordedLost: this.#unrecorded.lost }
  }

  /** How many journal entries wait for the disk. */
  get unrecorded(): number {
    return this.#unrecorded.entries
  }

  get #behind(): boolean {
    return !this.#unrecorded.isEmpty
  }

  isRecorded(id: AlarmId): boolean {
    return !this.#unrecorded.concerns(id)
  }

  /** Takes readings that arrived together. What comes over the budget is shed and counted, never queued without end. */
  accept(readings: readonly Reading[]): void {
    this.#offer(readings, undefined)
  }

  /** The same, and resolves once the readings are on disk and judged. */
  acceptDurably(readings: readonly Reading[]): Promise<void> {
    return new Promise((resolve, reject) => this.#offer(readings, { resolve, reject }))
  }

  acknowledge(id: AlarmId, by: string, comment: string): Promise<Acknowledged> {
    const at = this.#parts.clock.now()
    return new Promise((resolve, reject) => this.#push({ do: 'acknowledge', id, by, comment, at, done: { resolve, reject } }))
  }

  /** Writes an entry in order with everything else; rejects with `StoreTrouble` when it cannot be durable now. */
  note(draft: Omit<Draft, 'at'>): Promise<Entry> {
    const at = this.#parts.clock.now()
    return new Promise((resolve, reject) => this.#push({ do: 'note', draft: { ...draft, at }, done: { resolve, reject } }))
  }

  /** The same for the gateway's own words: kept for later when the disk is away. */
  mention(draft: Omit<Draft, 'at'>): void {
    this.#push({ do: 'note', draft: { ...draft, at: this.#parts.clock.now() }, done: undefined })
  }

  /**
   * What a person did: on disk when it resolves, and only then heard by the rules that wait for it. `StoreTrouble` when it cannot be
   * durable now.
   */
  async record(record: PeopleRecord): Promise<Entry> {
    const { kind, equipment, at, by, verdict, fields } = record
    const data = { equipment, verdict, fields, enteredAt: this.#parts.clock.now() }
    const entry = await new Promise<Entry>((resolve, reject) =>
      this.#push({ do: 'note', draft: { kind: `record.${kind}`, at, by, about: equipment, data }, done: { resolve, reject } }),
    )
    this.#push({ do: 'say', readings: readingsOf(record), at: this.#parts.clock.now() })
    return entry
  }

  /** The first thing in the journal of every run: that it began; checkpoints and alarms of rules that are gone go with it. */
  begin(draft: Omit<Draft, 'at'>, obsolete: readonly string[]): void {
    const at = this.#parts.clock.now()
    this.#push({ do: 'begin', at, obsolete, draft: { ...draft, at } })
  }

  #wake(): void {
    this.#push({ do: 'wake', at: this.#parts.clock.now() })
  }

  /** Works off what is waiting and takes nothing more. */
  async close(): Promise<void> {
    this.#closed = true
    this.#cancelWake()
    this.#cancelRetry()
    await this.#running
  }

  /** Resolves when everything offered so far has been decided, written and told. */
  async settled(): Promise<void> {
    while (this.#running) await this.#running
  }

  #offer(readings: readonly Reading[], done: Settle<void> | undefined): void {
    if (this.#closed || this.#waitingReadings + readings.length > inboxBudget) {
      this.#counts.shed += readings.length
      done?.reject(new StoreTrouble('the gateway is behind; send again later'))
      return
    }
    this.#waitingReadings += readings.length
    this.#push({ do: 'hear', readings, receivedAt: this.#parts.clock.now(), done })
  }

  #push(item: Item): void {
    this.#inbox.push(item)
    this.#running ??= this.#work()
  }

  /** A mistake of ours rejects here and ends the process loudly; the supervisor starts it again from what is on disk. */
  async #work(): Promise<void> {
    try {
      // One microtask later, so that what is offered in the same breath shares a turn.
      await Promise.resolve()
      while (this.#inbox.length > 0) {
        const items = this.#inbox
        this.#inbox = []
        this.#waitingReadings = 0
        const turn = this.#decide(items)
        this.#scheduleWake()
        await this.#writeDown(turn)
      }
    } finally {
      // In the same breath as the last look at the inbox: what is pushed from now on starts a new turn.
      this.#running = undefined
    }
  }

  #decide(items: readonly Item[]): Turn {
    const turn: Turn = { drafts: [], checkpoints: [], events: [], readings: [], heard: [], acknowledgements: [], notes: [] }
    for (const item of items) {
      if (item.do === 'hear') this.#hear(item.readings, item.receivedAt, turn)
      if (item.do === 'hear' && item.done) turn.heard.push(item.done)
      if (item.do === 'begin') this.#begin(item, turn)
      if (item.do === 'wake') this.#judge([], item.at, turn)
      if (item.do === 'say') this.#judge(item.readings, item.at, turn)
      if (item.do === 'acknowledge') this.#answer(item, turn)
      if (item.do === 'note') this.#noteDown(item, turn)
    }
    for (const { rule, memory } of this.#parts.evaluator.takeChanges())
      turn.checkpoints.push({ key: `rule:${rule}`, value: memory })
    return turn
  }

  #begin({ at, draft, obsolete }: Extract<Item, { do: 'begin' }>, turn: Turn): void {
    turn.drafts.push(draft)
    turn.checkpoints.push(...obsolete.map(key => ({ key, value: undefined })))
    const { desk } = this.#parts
    for (const event of desk.withdrawOrphans(at)) this.#keep(event, 'system', turn)
    // Every start tries a broken rule once more: what it said of itself is over until it breaks again.
    for (const { rule } of desk.openAlarms().filter(alarm => isFailure(alarm.rule))) {
      const event = desk.hear({ rule, transition: { what: 'cleared', at }, receivedAt: at })
      if (event) this.#keep(event, 'system', turn)
    }
    this.#judge([], at, turn)
    this.#countUnanswered(at, turn)
  }

  #hear(readings: readonly Reading[], receivedAt: Instant, turn: Turn): void {
    const fates: Fate[] = []
    this.#judge(readings, receivedAt, turn, fates)
    const fresh: Reading[] = []
    for (const [index, reading] of readings.entries()) {
      const fate = fates[index]
      this.#counts.heard += 1
      if (fate === 'bad') this.#counts.bad += 1
      if (fate === 'duplicate') this.#counts.duplicate += 1
      if (fate === 'late') this.#counts.late += 1
      else if (fate !== 'duplicate' || this.#isSaidAgain(reading)) fresh.push(reading)
      turn.readings.push(fate === 'late' ? { reading, mark: 'late' } : { reading })
    }
    if (fresh.length > 0) for (const outlet of this.#parts.outlets) outlet.readings?.(fresh)
  }

  /**
   * The first word of an instant stands, and another value for it is shown to nobody. The same value once more is news all the same
   * where the last word was bad: a line that is back repeats what has not changed.
   */
  #isSaidAgain(reading: Reading): boolean {
    const word = this.#parts.evaluator.wordOf(reading.point)
    return reading.quality !== 'bad' && word?.at === reading.at && word.value === reading.value
  }

  #judge(readings: readonly Reading[], receivedAt: Instant, turn: Turn, fates?: Fate[]): void {
    const { evaluator, desk } = this.#parts
    const before = turn.events.length
    const verdicts = evaluator.hear(readings, receivedAt, fates)
    // A record stands before the alarm it led to.
    for (const finding of evaluator.takeFindings()) this.#find(finding, turn)
    for (const verdict of verdicts) {
      const event = desk.hear(verdict)
      if (event) this.#keep(event, 'system', turn)
    }
    if (turn.events.length > before) this.#countUnanswered(receivedAt, turn)
  }

  /** What a rule wrote down goes into the journal; a rule that broke is told as an alarm of its own. */
  #find(finding: Finding, turn: Turn): void {
    const { rule, receivedAt } = finding
    if ('record' in finding) {
      const { kind, from, to, verdict, figures } = finding.record
      const data = { rule, from, to, verdict, figures, ...this.#parts.cite(rule) }
      turn.drafts.push({ kind: `record.${kind}`, at: to, by: 'system', about: rule, data })
      return
    }
    const { at, why } = finding.failure
    turn.drafts.push({ kind: 'rule.failed', at, by: 'system', about: rule, data: { why, ...this.#parts.cite(rule) } })
    const because = { zh: `规则出错，已停止判断：${why}`, en: `the rule broke and judges no more: ${why}` }
    const transition = { what: 'raised', at, since: at, because } as const
    const event = this.#parts.desk.hear({ rule: failureOf(rule), transition, receivedAt })
    if (event) this.#keep(event, 'system', turn)
  }

  /** An escalation is a rule like any other: it watches how many alarms nobody has answered. */
  #countUnanswered(at: Instant, turn: Turn): void {
    const { unanswered, desk } = this.#parts
    const readings = unanswered?.readings(desk.openAlarms(), at) ?? []
    if (readings.length > 0) this.#judge(readings, at, turn)
  }

  #answer({ id, by, comment, at, done }: Extract<Item, { do: 'acknowledge' }>, turn: Turn): void {
    const { desk } = this.#parts
    if (this.#behind) return done.resolve({ ok: false, why: 'not-recordable' })
    const before = desk.openAlarms().find(alarm => alarm.id === id)
    const answer = desk.acknowledge(id, by, comment, at)
    if (!answer.ok || !before) return done.resolve({ ok: false, why: answer.ok ? 'no-such-alarm' : answer.why })
    this.#keep(answer.event, by, turn)
    this.#countUnanswered(at, turn)
    turn.acknowledgements.push({ done, alarm: answer.event.alarm, before })
  }

  #noteDown({ draft, done }: Extract<Item, { do: 'note' }>, turn: Turn): void {
    if (done && this.#behind) return done.reject(new StoreTrouble('the journal cannot be written now'))
    turn.drafts.push(draft)
    if (done) turn.notes.push({ done, index: turn.drafts.length - 1 })
  }

  #keep(event: AlarmEvent, by: string, turn: Turn): void {
    const { alarm } = event
    const comment = event.kind === 'alarm.acknowledged' ? { comment: event.comment } : {}
    turn.events.push(event)
    turn.drafts.push({
      kind: event.kind,
      at: event.at,
      by,
      about: alarm.id,
      data: { alarm, ...this.#parts.cite(alarm.rule), ...comment },
    })
    turn.checkpoints.push({ key: `alarm:${alarm.rule}`, value: alarm.state === 'normal' ? undefined : alarm })
    turn.checkpoints.push({ key: 'desk', value: { counter: this.#parts.desk.counter } })
  }

  async #writeDown(turn: Turn): Promise<void> {
    const stored = this.#storeReadings(turn)
    const nothingNew = turn.drafts.length === 0 && turn.checkpoints.length === 0
    if (nothingNew && !this.#retryDue) return
    // What was judged is on disk before what was decided from it, so that a restart can always explain an alarm.
    await stored
    if (this.#behind && !(await this.#catchUp())) return this.#keepForLater(turn)
    if (nothingNew) return
    try {
      const entries = await this.#parts.store.journal.append(turn.drafts, turn.checkpoints)
      for (const { done, index } of turn.notes) done.resolve(entries[index] as Entry)
      for (const { done, alarm } of turn.acknowledgements) done.resolve({ ok: true, alarm })
      for (const outlet of this.#parts.outlets) outlet.written?.(entries)
      this.#tell(turn.events, true)
    } catch (error) {
      if (!(error instanceof StoreTrouble)) throw error
      this.#keepForLater(turn)
    }
  }

  async #storeReadings({ readings, heard }: Turn): Promise<void> {
    if (readings.length === 0) return
    try {
      await this.#parts.store.historian.record(readings)
      for (const done of heard) done.resolve()
    } catch (error) {
      this.#counts.unstored += readings.length
      for (const done of heard) done.reject(error instanceof Error ? error : new StoreTrouble(String(error)))
    }
  }

  /** The disk is away: alarms are told as unrecorded, what people wanted written is refused and taken back. */
  #keepForLater(turn: Turn): void {
    const refused = new Set<string>(turn.acknowledgements.map(({ alarm }) => alarm.id))
    for (const { done, before } of turn.acknowledgements) {
      this.#parts.desk.takeBack(before)
      done.resolve({ ok: false, why: 'not-recordable' })
    }
    for (const { done } of turn.notes) done.reject(new StoreTrouble('the journal cannot be written now'))
    const asked = new Set(turn.notes.map(({ index }) => index))
    const isRefused = (draft: Draft): boolean => draft.kind === 'alarm.acknowledged' && refused.has(draft.about ?? '')
    const kept = turn.drafts.filter((draft, index) => !asked.has(index) && !isRefused(draft))
    const taken = turn.acknowledgements.map(({ before }) => ({ key: `alarm:${before.rule}`, value: before }))
    const events = turn.events.filter(event => event.kind !== 'alarm.acknowledged')
    this.#unrecorded.keep(kept, [...turn.checkpoints, ...taken], events)
    this.#tell(events, false)
    this.#cancelRetry()
    this.#retryDue = false
    if (this.#closed) return
    this.#cancelRetry = this.#parts.wall.after(seconds(2), () => {
      this.#retryDue = true
      this.#wake()
    })
  }

  /** Writes down in order what had to wait. */
  async #catchUp(): Promise<boolean> {
    const { drafts, checkpoints, events } = this.#unrecorded.all
    try {
      const entries = await this.#parts.store.journal.append(drafts, checkpoints)
      for (const outlet of this.#parts.outlets) outlet.written?.(entries)
    } catch (error) {
      if (!(error instanceof StoreTrouble)) throw error
      return false
    }
    this.#unrecorded.forget()
    this.#retryDue = false
    this.#tell(events, true)
    return true
  }

  #tell(events: readonly AlarmEvent[], recorded: boolean): void {
    for (const event of events) for (const outlet of this.#parts.outlets) outlet.alarmChanged(event, recorded)
  }

  #scheduleWake(): void {
    const { clock, evaluator } = this.#parts
    this.#cancelWake()
    if (this.#closed) return
    const at = evaluator.nextWake()
    if (at === undefined) return
    this.#cancelWake = clock.after(Math.max(0, at - clock.now()) as Millis, () => this.#wake())
  }
}
