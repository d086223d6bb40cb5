import { readingsIn } from '../protocols/contract/reading.ts'
import type { Reading, ReadingColumns } from '../protocols/contract/reading.ts'
import { seconds } from '../protocols/contract/time.ts'
import type { Cancel, Clock, Instant, Millis } from '../protocols/contract/time.ts'
import type { Alarm, AlarmEvent, AlarmId } from './alarm/alarm.ts'
import type { AlarmCommand, CommandRefusal } from './alarm/command.ts'
import { Decider } from './decider.ts'
import type { DeciderParts } from './decider.ts'
import type { Draft, Entry } from './journal/entry.ts'
import { readingsOf } from './alarm/people.ts'
import type { PeopleRecord } from './alarm/people.ts'
import type { Fate, Odd } from './policy/verdict.ts'
import { StoreTrouble } from './store/store.ts'
import type { Historian, Journal, StoredReading } from './store/store.ts'
import { Turn } from './turn.ts'
import type { Decide, Decision, Settle } from './turn.ts'
import { Unrecorded } from './unrecorded.ts'

/** What is told, always after it is on disk; `recorded: false` when the journal could not take it yet. */
export interface Outlet {
  readings?(readings: readonly Reading[]): void
  /** The same as columns. Absent: they are told one by one. */
  columns?(columns: ReadingColumns): void
  alarmChanged(event: AlarmEvent, recorded: boolean): void
  /** Everything that has just become durable, in order. */
  written?(entries: readonly Entry[]): void
  /** What was decided and cannot be written yet; it comes again as `written` when it is. */
  unwritten?(drafts: readonly Draft[]): void
}

export type Commanded =
  { readonly ok: true; readonly alarm: Alarm } | { readonly ok: false; readonly why: CommandRefusal | 'not-recordable' }

/** What goes with a command: an answer link is used up by it. `data` is added to what the journal says of the alarm. */
export type Beside = (
  at: Instant,
  alarm: Alarm | undefined,
) => Pick<Decision<unknown>, 'drafts' | 'checkpoints' | 'undo'> & { readonly data?: Readonly<Record<string, unknown>> }

export interface PipelineParts extends DeciderParts {
  readonly clock: Clock
  readonly wall: Clock
  readonly store: { readonly journal: Pick<Journal, 'append'>; readonly historian: Recorder }
  readonly outlets: readonly Outlet[]
}

type Recorder = Pick<Historian, 'record'> & Partial<Pick<Historian, 'recordColumns'>>

type Item =
  | {
      readonly do: 'hear'
      readonly readings: readonly Reading[]
      readonly receivedAt: Instant
      readonly done: Settle<void> | undefined
    }
  | { readonly do: 'hear-columns'; readonly columns: ReadingColumns; readonly receivedAt: Instant }
  | { readonly do: 'act'; readonly decide: Decide<unknown>; readonly at: Instant; readonly done: Settle<unknown> }
  | { readonly do: 'note'; readonly draft: Draft }
  | { readonly do: 'wake'; readonly at: Instant }
  | { readonly do: 'set-clock'; readonly by: number; readonly at: Instant }
  | { readonly do: 'say'; readonly readings: readonly Reading[]; readonly at: Instant }
  | { readonly do: 'begin'; readonly at: Instant; readonly obsolete: readonly string[]; readonly draft: Draft }

const inboxBudget = 100_000

/**
 * Judge, advance, write down, and only then tell. One inbox and one reader: order is total and there is no lock. What is waiting
 * when a turn begins shares one write. If the journal cannot be written the watch goes on: alarms are told as unrecorded, what people
 * want written is refused, and everything is written in order when the disk is back (architecture rule 7).
 */
export class Pipeline {
  readonly #parts: PipelineParts
  readonly #decider: Decider
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
    this.#decider = new Decider(parts)
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

  /**
   * Takes readings that arrived together; `receivedAt` where they had to wait for this pipeline. What comes over the budget is shed and
   * counted, never queued without end.
   */
  accept(readings: readonly Reading[], receivedAt?: Instant): void {
    this.#offer(readings, undefined, receivedAt)
  }

  /** The same for columns. */
  acceptColumns(columns: ReadingColumns, receivedAt = this.#parts.clock.now()): void {
    const count = columns.points.length
    if (!this.#hasRoomFor(count)) return
    this.#waitingReadings += count
    this.#push({ do: 'hear-columns', columns, receivedAt })
  }

  /** The same, and resolves once the readings are on disk and judged. */
  acceptDurably(readings: readonly Reading[]): Promise<void> {
    return new Promise((resolve, reject) => this.#offer(readings, { resolve, reject }))
  }

  /**
   * Decides something in order with everything else. Resolves with its answer when all of it is on disk; rejects with `StoreTrouble`
   * when it could not be written, and then nothing of it has happened.
   */
  act<T>(decide: Decide<T>): Promise<T> {
    const at = this.#parts.clock.now()
    if (this.#closed) return Promise.reject(new StoreTrouble('this is being closed; ask again'))
    return new Promise<T>((resolve, reject) =>
      this.#push({ do: 'act', decide, at, done: { resolve: value => resolve(value as T), reject } }),
    )
  }

  /**
   * What a person does about an alarm. `past` is the alarm as the journal has it, where it is over. What `beside` decides is written in
   * the same transaction; where it throws nothing is done at all.
   */
  async command(id: AlarmId, command: AlarmCommand, by: string, past?: Alarm, beside?: Beside): Promise<Commanded> {
    const { desk } = this.#parts
    try {
      return await this.act<Commanded>(at => {
        const also = beside?.(at, desk.byId(id))
        const answer = desk.command(id, command, by, at, past)
        if (!answer.ok) {
          also?.undo?.()
          return { answer: () => answer }
        }
        const { alarm } = answer
        const events = answer.events.map(event => ({ ...event, data: { ...event.data, ...also?.data } }))
        const { drafts = [], checkpoints = [], undo = () => {} } = also ?? {}
        return { events: also ? events : answer.events, drafts, checkpoints, undo, answer: () => ({ ok: true, alarm }) }
      })
    } catch (error) {
      if (error instanceof StoreTrouble) return { ok: false, why: 'not-recordable' }
      throw error
    }
  }

  /** Writes an entry in order with everything else; rejects with `StoreTrouble` when it cannot be durable now. */
  note(draft: Omit<Draft, 'at'>): Promise<Entry> {
    return this.act(at => ({ drafts: [{ ...draft, at }], answer: ([entry]) => entry as Entry }))
  }

  /** The same for the gateway's own words: kept for later when the disk is away. */
  mention(draft: Omit<Draft, 'at'>): void {
    if (!this.#closed) this.#push({ do: 'note', draft: { ...draft, at: this.#parts.clock.now() } })
  }

  /**
   * What a person did: on disk when it resolves, and only then heard by the rules that wait for it. `StoreTrouble` when it cannot be
   * durable now.
   */
  record(record: PeopleRecord): Promise<Entry> {
    const { kind, equipment, at, by, verdict, fields } = record
    const data = { equipment, verdict, fields, enteredAt: this.#parts.clock.now() }
    const draft = { kind: `record.${kind}`, at, by, about: equipment, data }
    return this.act(() => ({ drafts: [draft], readings: readingsOf(record), answer: ([entry]) => entry as Entry }))
  }

  /**
   * The first thing in the journal of every run: that it began; checkpoints and alarms of rules that are gone go with it. `at` is when
   * what happens from now on began to wait, where something did.
   */
  begin(draft: Omit<Draft, 'at'>, obsolete: readonly string[], at = this.#parts.clock.now()): void {
    this.#push({ do: 'begin', at, obsolete, draft: { ...draft, at } })
  }

  /** The machine's clock was set by so many ms: lengths of time keep what is left of them, and it is on record. */
  clockSet(by: number): void {
    this.#push({ do: 'set-clock', by, at: this.#parts.clock.now() })
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

  #offer(readings: readonly Reading[], done: Settle<void> | undefined, receivedAt = this.#parts.clock.now()): void {
    if (!this.#hasRoomFor(readings.length)) {
      done?.reject(new StoreTrouble('the gateway is behind; send again later'))
      return
    }
    this.#waitingReadings += readings.length
    this.#push({ do: 'hear', readings, receivedAt, done })
  }

  #hasRoomFor(count: number): boolean {
    const has = !this.#closed && this.#waitingReadings + count <= inboxBudget
    if (!has) this.#counts.shed += count
    return has
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
        const items = this.#next()
        const turn = this.#decide(items)
        this.#scheduleWake()
        await this.#writeDown(turn)
      }
    } finally {
      // In the same breath as the last look at the inbox: what is pushed from now on starts a new turn.
      this.#running = undefined
    }
  }

  /**
   * What a turn takes: everything that waits, up to the end of what people did. If that cannot be written it is taken back, and so nothing
   * may have been decided after it.
   */
  #next(): readonly Item[] {
    const end = this.#inbox.findIndex((item, index) => item.do === 'act' && this.#inbox[index + 1]?.do !== 'act') + 1
    const items = end === 0 ? this.#inbox : this.#inbox.slice(0, end)
    this.#inbox = end === 0 ? [] : this.#inbox.slice(end)
    for (const item of items) {
      if (item.do === 'hear') this.#waitingReadings -= item.readings.length
      else if (item.do === 'hear-columns') this.#waitingReadings -= item.columns.points.length
    }
    return items
  }

  #decide(items: readonly Item[]): Turn {
    const turn = new Turn()
    for (const item of items) {
      if (item.do === 'hear') this.#hear(item.readings, item.receivedAt, turn)
      if (item.do === 'hear-columns') this.#hearColumns(item.columns, item.receivedAt, turn)
      if (item.do === 'hear' && item.done) turn.heard.push(item.done)
      if (item.do === 'begin') this.#decider.begin(item.draft, item.obsolete, item.at, turn)
      if (item.do === 'set-clock') this.#setClock(item, turn)
      if (item.do === 'wake') this.#decider.wake(item.at, turn)
      if (item.do === 'say') this.#decider.judge(item.readings, item.at, turn)
      if (item.do === 'act') this.#act(item, turn)
      if (item.do === 'note') this.#decider.note(item.draft, turn)
    }
    for (const { rule, memory } of this.#parts.evaluator.takeChanges()) turn.checkpoint({ key: `rule:${rule}`, value: memory })
    return turn
  }

  /** In its place among the readings: those from before it have the old time, those after it the new one. */
  #setClock({ by, at }: Extract<Item, { do: 'set-clock' }>, turn: Turn): void {
    this.#decider.clockSet(by)
    this.#decider.note({ kind: 'clock.set', at, by: 'system', data: { by } }, turn)
  }

  #hear(readings: readonly Reading[], receivedAt: Instant, turn: Turn): void {
    const fates: Fate[] = []
    this.#decider.judge(readings, receivedAt, turn, fates)
    this.#keep(readings, fates, turn)
  }

  #hearColumns(columns: ReadingColumns, receivedAt: Instant, turn: Turn): void {
    const odd: Odd[] = []
    this.#decider.judgeColumns(columns, receivedAt, turn, odd)
    const isNews = odd.every(({ fate }) => fate === 'bad')
    if (!isNews) {
      const fates = columns.points.map((): Fate => 'accepted')
      for (const { index, fate } of odd) fates[index] = fate
      return this.#keep(readingsIn(columns), fates, turn)
    }
    this.#counts.heard += columns.points.length
    this.#counts.bad += odd.length
    turn.readings.push(columns)
    let readings: readonly Reading[] | undefined
    for (const outlet of this.#parts.outlets) {
      if (outlet.columns) outlet.columns(columns)
      else outlet.readings?.((readings ??= readingsIn(columns)))
    }
  }

  #keep(readings: readonly Reading[], fates: readonly Fate[], turn: Turn): void {
    const stored: StoredReading[] = []
    turn.readings.push(stored)
    // Nearly always all of them are news: only where one is not they are gathered one by one.
    let some: Reading[] | undefined
    for (let index = 0; index < readings.length; index++) {
      const reading = readings[index] as Reading
      const fate = fates[index]
      if (fate === 'bad') this.#counts.bad += 1
      if (fate === 'duplicate') this.#counts.duplicate += 1
      if (fate === 'late') this.#counts.late += 1
      const isNews = fate !== 'late' && (fate !== 'duplicate' || this.#isSaidAgain(reading))
      if (!isNews) some ??= readings.slice(0, index)
      else some?.push(reading)
      stored.push(fate === 'late' ? { reading, mark: 'late' } : { reading })
    }
    this.#counts.heard += readings.length
    const fresh = some ?? readings
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

  /** While entries wait for the disk nothing is decided on anybody's behalf. */
  #act({ decide, at, done }: Extract<Item, { do: 'act' }>, turn: Turn): void {
    if (this.#behind) return done.reject(new StoreTrouble('the journal cannot be written now'))
    try {
      this.#decider.act(decide, at, done, turn)
    } catch (error) {
      done.reject(error instanceof Error ? error : new Error(String(error)))
    }
  }

  async #writeDown(turn: Turn): Promise<void> {
    const stored = this.#storeReadings(turn)
    if (turn.isEmpty && !this.#retryDue) return
    // What was judged is on disk before what was decided from it, so that a restart can always explain an alarm.
    await stored
    if (this.#behind && !(await this.#catchUp())) return this.#keepForLater(turn)
    if (turn.isEmpty) return
    const hasNews = turn.drafts.length > 0 || turn.checkpoints.length > 0
    try {
      const entries = hasNews ? await this.#parts.store.journal.append(turn.drafts, turn.lastCheckpoints) : []
      for (const act of turn.acts) {
        if (act.readings.length > 0) this.#push({ do: 'say', readings: act.readings, at: this.#parts.clock.now() })
        act.done.resolve(act.answer(act.own.map(place => entries[place] as Entry)))
      }
      for (const outlet of this.#parts.outlets) outlet.written?.(entries)
      this.#tell(turn.events, true)
    } catch (error) {
      if (!(error instanceof StoreTrouble)) throw error
      this.#keepForLater(turn)
    }
  }

  /** Where nothing was decided from them and nobody waits, readings may wait a moment for others: one write costs as much as thousands. */
  async #storeReadings({ readings, heard, isEmpty }: Turn): Promise<void> {
    if (readings.length === 0) return
    const { historian } = this.#parts.store
    const urgency = isEmpty && heard.length === 0 && !this.#retryDue ? 'soon' : 'now'
    try {
      await Promise.all(
        readings.map(some => {
          if (!('points' in some)) return historian.record(some, urgency)
          if (historian.recordColumns) return historian.recordColumns(some, urgency)
          return historian.record(readingsIn(some).map(reading => ({ reading })))
        }),
      )
      for (const done of heard) done.resolve()
    } catch (error) {
      this.#counts.unstored += readings.reduce((sum, some) => sum + ('points' in some ? some.points.length : some.length), 0)
      for (const done of heard) done.reject(error instanceof Error ? error : new StoreTrouble(String(error)))
    }
  }

  /** The disk is away: alarms are told as unrecorded, what people wanted written is refused and undone, the last first. */
  #keepForLater(turn: Turn): void {
    for (const act of turn.acts.toReversed()) {
      act.undo?.()
      act.done.reject(new StoreTrouble('the journal cannot be written now'))
    }
    const { drafts, checkpoints, events } = turn.withoutActs()
    this.#unrecorded.keep(drafts, checkpoints, events)
    for (const outlet of this.#parts.outlets) outlet.unwritten?.(drafts)
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
    const { clock } = this.#parts
    this.#cancelWake()
    if (this.#closed) return
    const at = this.#decider.nextWake()
    if (at === undefined) return
    this.#cancelWake = clock.after(Math.max(0, at - clock.now()) as Millis, () => this.#wake())
  }
}
