import type { Reading, PointId } from '../../protocols/contract/reading.ts'
import type { Fault } from '../../protocols/contract/fault.ts'
import type { Clock, Instant, Millis } from '../../protocols/contract/time.ts'
import type { Words } from '../../protocols/contract/driver.ts'
import type { PushSubscriptions } from '../accounts/push-subscriptions.ts'
import type { Alarm, AlarmId } from '../alarm/alarm.ts'
import type { AlarmCommand, CommandRefusal } from '../alarm/command.ts'
import type { LockOuts } from '../alarm/lock-outs.ts'
import type { PeopleRecord } from '../alarm/people.ts'
import type { Verdicts } from '../alarm/verdicts.ts'
import type { Draft, Entry } from '../journal/entry.ts'
import type { WireAdvice, WireBacktest } from '../backtest-answer.ts'
import type { Cases } from '../cases/cases.ts'
import type { Office } from '../duty/office.ts'
import type { Handovers } from '../handover/handovers.ts'
import type { AnswerLinks } from '../notify/answer-links.ts'
import type { Dispatcher } from '../notify/dispatcher.ts'
import type { ChannelState } from '../notify/sender.ts'
import type { Drawings } from '../plans/drawings.ts'
import type { Plans } from '../plans/plans.ts'
import type { Photos } from '../records/photos.ts'
import type { FaceReport } from '../outlets/opcua/doctor.ts'
import type { Rounds } from '../rounds/rounds.ts'
import type { Evaluator } from '../policy/evaluator.ts'
import type { RuleId } from '../policy/rule.ts'
import type { SiteFiles } from '../commission/site-files.ts'
import type { Commissioning } from '../commission/commissioning.ts'
import type { Inlets, OpenLines } from '../lines.ts'
import type { Problem, Site } from '../site/site.ts'
import type { Store } from '../store/store.ts'
import type { Keeping } from '../keeping.ts'
import type { Decide, Decision } from '../turn.ts'

/** What routes and the live channel may see and do. The app hands it over; nothing here knows of drivers or rules. */
export interface House {
  readonly site: Site
  readonly version: string
  readonly clock: Clock & { readonly speed: number }
  /** Real time, for sessions and throttling. */
  readonly wall: Clock
  readonly store: Store
  readonly state: LiveState
  /** The running connections, for whoever looks for equipment, asks how a line does, or sends readings. */
  readonly lines: OpenLines & Inlets
  /** How the server for SCADAs does. Absent where the site asks for none. */
  readonly opcuaServer?: () => FaceReport
  /** Finding equipment and trying it out before it stands in the site file. */
  readonly commissioning: Commissioning
  /** The site file, to be changed while the gateway runs. Absent where the site was not read from one. */
  readonly siteFiles?: SiteFiles
  /** Who is on duty. */
  readonly duty: Office
  /** Who is told of what. */
  readonly notices: Dispatcher
  /** Signed links in messages. */
  readonly answerLinks: AnswerLinks
  /** How the ways to people are. */
  readonly channels: () => readonly ChannelState[]
  /** Equipment that is not in use. */
  readonly lockOuts: LockOuts
  readonly cases: Cases
  /** Pictures that people take. */
  readonly photos: Photos
  readonly plans: Plans
  /** Drawings of floor plans. */
  readonly drawings: Drawings
  readonly handovers: Handovers
  readonly rounds: Rounds
  /** What keeps the records: logs, evidence, backups. */
  readonly keeping: Keeping
  /** Absent where the site has no channel of kind `web-push`. */
  readonly webPush?: WebPush
  /** Durable when it resolves; rejects with `StoreTrouble` when it cannot be. For what the inlets of `lines` took. */
  push(readings: readonly Reading[]): Promise<void>
  /**
   * What a person does about an alarm; `past` is the alarm as the journal has it, where it is over. What `beside` decides is written with
   * it; where that throws nothing is done.
   */
  command(alarm: AlarmId, command: AlarmCommand, by: string, past?: Alarm, beside?: Beside): Promise<Commanded>
  /** Decides something in order with everything else; on disk when it resolves, rejects with `StoreTrouble` when it cannot be. */
  act<T>(decide: Decide<T>): Promise<T>
  /** What a person did; durable when it resolves, and heard by the rules that wait for it. */
  record(record: PeopleRecord): Promise<Entry>
  /** The alarms that a rule of escalation speaks of now; none for any other rule. */
  about?(rule: RuleId): readonly AlarmId[]
  /** What must happen by when, as the rules see it now. */
  duties(): ReturnType<Evaluator['duties']>
  /** Where the readings lead that a rule looks at, as it sees it now. */
  outlook(rule: RuleId): ReturnType<Evaluator['outlook']>
  /** What is under way and not over (a disinfection cycle), as the rules see it now. */
  underWay(): ReturnType<Evaluator['underWay']>
  /** Writes an audit entry (sign-in, refused attempt, fault injected). */
  note(draft: Omit<Draft, 'at'>): Promise<Entry>
  readonly demo?: Demo
  /** Absent where the site was not read from a file. */
  readonly backtests?: Backtests
  /** Empty when ready; else why not. */
  notReady(): readonly string[]
}

/** Browsers that sign up for messages. */
export interface WebPush {
  /** The gateway's public key (VAPID), made once per data directory. */
  key(): Promise<string>
  readonly subscriptions: Pick<PushSubscriptions, 'add' | 'remove'>
}

/** What goes with a command; `data` is added to what the journal says of the alarm. */
export type Beside = (
  at: Instant,
  alarm: Alarm | undefined,
) => Pick<Decision<unknown>, 'drafts' | 'checkpoints' | 'undo'> & { readonly data?: Readonly<Record<string, unknown>> }

export type Commanded =
  { readonly ok: true; readonly alarm: Alarm } | { readonly ok: false; readonly why: CommandRefusal | 'not-recordable' }

export interface LiveState {
  latest(point: PointId): Reading | undefined
  isStale(point: PointId): boolean
  /** Every alarm that is not normal. */
  openAlarms(): readonly Alarm[]
  /** Any alarm of this data directory, open or past. */
  alarm(id: AlarmId): Promise<Alarm | undefined>
  isRecorded(id: AlarmId): boolean
  /** The last word on each rule: when it was last broken, what it last wrote down. */
  readonly verdicts: Pick<Verdicts, 'since' | 'overAt' | 'recordOf' | 'recordAt'>
  links(): readonly LinkState[]
  troubles(): readonly Trouble[]
  /** Figures for `/metrics`: name → value. */
  counters(): Readonly<Record<string, number>>
  /** Told after the journal has it, in order. Returns the way to stop listening. Listeners return at once. */
  listen(listener: Listener): () => void
}
export interface Listener {
  readings?(readings: readonly Reading[]): void
  /** Whether anybody wants to know of readings just now; absent: always. */
  wantsReadings?(): boolean
  alarm?(alarm: Alarm): void
  link?(link: LinkState): void
  troubles?(troubles: readonly Trouble[]): void
  faults?(): void
  /** Equipment was locked out or released. */
  lockOuts?(): void
  /** A floor plan was made, changed or removed. */
  plans?(): void
  speed?(): void
}
export interface LinkState {
  readonly connection: string
  readonly up: boolean
  readonly since: Instant
  readonly fault?: Fault
}
export interface Trouble {
  readonly code: string
  readonly say: Words
}

/** Trying changed rules on the stored history, beside the gateway. */
export interface Backtests {
  run(question: BacktestQuestion, cancelled: AbortSignal): Promise<BacktestOutcome>
}
export interface BacktestQuestion {
  /** A site-file overlay, `rules: …`, as text. */
  readonly change: { readonly name: string; readonly text: string }
  /** The whole site as it would be, in place of an overlay. */
  readonly files?: readonly { readonly name: string; readonly text: string }[]
  readonly from: Instant
  readonly to: Instant
  readonly warmUp?: Millis
  /** Advice on one rule instead of a comparison. */
  readonly advise?: { readonly rule: string; readonly harm?: Millis }
}
export type BacktestOutcome =
  | { readonly ok: true; readonly backtest: WireBacktest }
  | { readonly ok: true; readonly advice: WireAdvice }
  | { readonly ok: false; readonly why: 'wrong'; readonly problems: readonly Problem[] }
  | { readonly ok: false; readonly why: 'no-data'; readonly detail: string }
  | {
      readonly ok: false
      readonly why: 'busy' | 'took-too-long' | 'cancelled' | 'site-changed' | 'too-many-alarms' | 'no-such-rule' | 'no-advice'
    }

/** The simulated equipment behind the demo, and its pace. */
export interface Demo {
  readonly faults: () => readonly {
    readonly equipment: string
    readonly fault: string
    readonly name: Words
    readonly active: boolean
  }[]
  setFault(equipment: string, fault: string, on: boolean): Promise<'done' | 'no-such-fault'>
  setSpeed(speed: number): Promise<void>
}
