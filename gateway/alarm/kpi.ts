import { days, hours } from '../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import { priorities } from '../policy/rule.ts'
import type { Priority, RuleId } from '../policy/rule.ts'
import { alarmEventKinds, calls, quietStates, waitingStates } from './alarm.ts'
import type { Alarm, AlarmEvent, AlarmEventKind, AlarmId, AlarmState } from './alarm.ts'
import type { Passing } from './follow.ts'
import { LoadWatch } from './kpi-load.ts'
import type { Load, Period } from './kpi-load.ts'
import { Tally } from './kpi-rules.ts'
import type { RuleTally } from './kpi-rules.ts'
import { Spread } from './kpi-spread.ts'

/** The journal entries the figures are made of. */
export const kpiKinds: readonly string[] = [...alarmEventKinds, 'notice.delivered', 'notice.failed']
/** The journal is read from so long before the period, so that what stood when it began is known: no permit lasts longer. */
export const lookBack: Millis = days(30)
/** An answer so long after the period still counts for a call in it. */
export const lookOn: Millis = days(1)
/** Standing for so long without an end, an alarm is stale: nobody sees it any more (EEMUA 191). */
export const staleAfter: Millis = hours(24)

export interface Waits {
  /** Calls that began a wait: further calls of the same alarm before the answer belong to it. */
  readonly all: number
  readonly answered: number
  /** Shelved, taken out of service, kept quiet by design or withdrawn before anybody acknowledged it. */
  readonly otherwise: number
  readonly unanswered: number
  readonly median: Millis | undefined
  readonly p90: Millis | undefined
}
export interface Stay {
  readonly times: number
  readonly length: Millis
  /** At the end of the period. */
  readonly now: number
  /** How often the condition came meanwhile: recorded, nobody called. */
  readonly came: number
}
export type QuietState = 'shelved' | 'suppressed' | 'out-of-service'
export interface Figures {
  readonly load: Load
  readonly byPriority: Readonly<Record<Priority, number>>
  readonly stale: readonly { readonly alarm: AlarmId; readonly rule: RuleId; readonly raisedAt: Instant }[]
  readonly rules: readonly RuleTally[]
  readonly acknowledge: Readonly<Record<Priority, Waits>>
  /** From the last raise until somebody wrote down what was done. */
  readonly confirm: { readonly count: number; readonly median: Millis | undefined; readonly p90: Millis | undefined }
  readonly quiet: Readonly<Record<QuietState, Stay>>
  /** Found in readings that came long after they were taken: told as one digest, so no calls. */
  readonly late: number
  readonly notices: { readonly delivered: number; readonly failed: number }
}

interface Standing {
  readonly alarm: Pick<Alarm, 'id' | 'rule' | 'state' | 'active' | 'raisedAt'>
  readonly quietSince: Instant | undefined
}

const none = <T>(of: () => T): Record<Priority, T> => ({ advisory: of(), low: of(), medium: of(), high: of() })

/**
 * How well the alarms serve the people who answer them (ISA-18.2, EEMUA 191), from the journal in one pass. Only what called somebody counts
 * as an alarm; what was shelved, suppressed or out of service is told apart. Memory: open alarms, rules and slots, never entries.
 */
export class AlarmPerformance {
  readonly #period: Period
  readonly #load: LoadWatch
  readonly #byPriority = none(() => 0)
  readonly #tallies = new Map<RuleId, Tally>()
  readonly #open = new Map<AlarmId, Standing>()
  readonly #waiting = new Map<AlarmId, { readonly since: Instant; readonly priority: Priority }>()
  readonly #answers = none(() => ({ spread: new Spread(), all: 0, otherwise: 0 }))
  readonly #confirm = new Spread()
  readonly #quiet: Record<QuietState, { times: number; length: number; came: number }> = {
    shelved: { times: 0, length: 0, came: 0 },
    suppressed: { times: 0, length: 0, came: 0 },
    'out-of-service': { times: 0, length: 0, came: 0 },
  }
  #late = 0
  #notices = { delivered: 0, failed: 0 }

  constructor(period: Period) {
    this.#period = period
    this.#load = new LoadWatch(period)
  }

  /** Entries of `kpiKinds` as the journal has them, from `lookBack` before the period to `lookOn` after it. */
  hear(entry: Passing): void {
    const isInside = entry.at >= this.#period.from && entry.at < this.#period.to
    if (entry.kind.startsWith('notice.')) {
      if (isInside) this.#notices[entry.kind === 'notice.failed' ? 'failed' : 'delivered'] += 1
      return
    }
    const event = eventOf(entry)
    if (!event) return
    this.#answer(event)
    if (event.at >= this.#period.to) return
    if (isInside) this.#count(event)
    this.#follow(event)
  }

  /** `openNow` are the alarms that are open at this moment, for those the pass never met. */
  figures(openNow: readonly Alarm[]): Figures {
    const { from, to } = this.#period
    const standing = new Map(this.#open)
    for (const alarm of openNow) {
      if (standing.has(alarm.id) || beganAt(alarm) >= from - lookBack) continue
      standing.set(alarm.id, { alarm, quietSince: isQuiet(alarm.state) ? beganAt(alarm) : undefined })
    }
    const stays = this.#stays(standing)
    const unanswered = none(() => 0)
    for (const { priority } of this.#waiting.values()) unanswered[priority] += 1
    return {
      load: this.#load.figures(),
      byPriority: { ...this.#byPriority },
      stale: [...standing.values()]
        .filter(({ alarm }) => alarm.active && !isQuiet(alarm.state) && to - alarm.raisedAt > staleAfter)
        .map(({ alarm: { id, rule, raisedAt } }) => ({ alarm: id, rule, raisedAt }))
        .sort((a, b) => a.raisedAt - b.raisedAt),
      rules: [...this.#tallies.values()]
        .map(tally => tally.figures)
        .sort((a, b) => b.calls - a.calls || (a.rule < b.rule ? -1 : 1)),
      acknowledge: Object.fromEntries(
        priorities.map(priority => {
          const { spread, all, otherwise } = this.#answers[priority]
          const [median, p90] = [spread.percentile(0.5), spread.percentile(0.9)]
          return [priority, { all, answered: spread.count, otherwise, unanswered: unanswered[priority], median, p90 }]
        }),
      ) as unknown as Figures['acknowledge'],
      confirm: { count: this.#confirm.count, median: this.#confirm.percentile(0.5), p90: this.#confirm.percentile(0.9) },
      quiet: stays,
      late: this.#late,
      notices: { ...this.#notices },
    }
  }

  #count(event: AlarmEvent): void {
    const { kind, at, alarm } = event
    if (kind === 'alarm.confirmed') this.#confirm.add((at - alarm.raisedAt) as Millis)
    if (kind === 'alarm.raised' && isQuiet(alarm.state)) this.#quiet[alarm.state].came += 1
    const tally = this.#tallies.get(alarm.rule)
    if (kind === 'alarm.cleared' && !isQuiet(alarm.state)) tally?.clear(at)
    if (isQuiet(alarm.state)) tally?.putAside()
    if (!calls(event)) return
    if (kind === 'alarm.raised' && alarm.found === 'late') {
      this.#late += 1
      return
    }
    this.#load.call(at, alarm.priority === 'medium' || alarm.priority === 'high')
    this.#byPriority[alarm.priority] += 1
    const counted = tally ?? new Tally(alarm.rule)
    if (!tally) this.#tallies.set(alarm.rule, counted)
    if (kind === 'alarm.raised') counted.raise(at)
    else counted.again()
    if (this.#waiting.has(alarm.id)) return
    this.#waiting.set(alarm.id, { since: at, priority: alarm.priority })
    this.#answers[alarm.priority].all += 1
  }

  /** A wait ends with the acknowledgement, or because nothing is left to answer. */
  #answer({ kind, at, alarm }: AlarmEvent): void {
    const wait = this.#waiting.get(alarm.id)
    if (!wait || (kind !== 'alarm.acknowledged' && waitingStates.has(alarm.state))) return
    this.#waiting.delete(alarm.id)
    const { spread } = this.#answers[wait.priority]
    if (kind === 'alarm.acknowledged') spread.add((at - wait.since) as Millis)
    else this.#answers[wait.priority].otherwise += 1
  }

  #follow({ at, alarm }: AlarmEvent): void {
    const before = this.#open.get(alarm.id)
    const wasQuiet = before && isQuiet(before.alarm.state) ? before.alarm.state : undefined
    const goesOn = wasQuiet === alarm.state
    if (wasQuiet && !goesOn) this.#quiet[wasQuiet].length += this.#overlap(before?.quietSince ?? at, at)
    if (isQuiet(alarm.state) && !goesOn && at >= this.#period.from) this.#quiet[alarm.state].times += 1
    if (alarm.state === 'normal') {
      this.#open.delete(alarm.id)
      return
    }
    const { id, rule, state, active, raisedAt } = alarm
    const quietSince = isQuiet(state) ? (goesOn ? before?.quietSince : beganAt(alarm)) : undefined
    this.#open.set(id, { alarm: { id, rule, state, active, raisedAt }, quietSince })
  }

  #stays(standing: ReadonlyMap<AlarmId, Standing>): Figures['quiet'] {
    const now = { shelved: 0, suppressed: 0, 'out-of-service': 0 }
    const rest = { shelved: 0, suppressed: 0, 'out-of-service': 0 }
    for (const { alarm, quietSince } of standing.values()) {
      if (!isQuiet(alarm.state)) continue
      now[alarm.state] += 1
      rest[alarm.state] += this.#overlap(quietSince ?? this.#period.to, this.#period.to)
    }
    const of = (state: QuietState): Stay => {
      const { times, length, came } = this.#quiet[state]
      return { times, length: (length + rest[state]) as Millis, now: now[state], came }
    }
    return { shelved: of('shelved'), suppressed: of('suppressed'), 'out-of-service': of('out-of-service') }
  }

  #overlap(from: Instant, to: Instant): number {
    return Math.max(0, Math.min(to, this.#period.to) - Math.max(from, this.#period.from))
  }
}

const isQuiet = (state: AlarmState): state is QuietState => quietStates.has(state)

/** When it went to the quiet state it is in; its raise otherwise. */
const beganAt = ({ state, shelved, suppressed, outOfService, raisedAt }: Alarm): Instant =>
  (state === 'shelved'
    ? shelved?.at
    : state === 'suppressed'
      ? suppressed?.at
      : state === 'out-of-service'
        ? outOfService?.at
        : undefined) ?? raisedAt

/** An entry that a failing disk has changed says nothing. */
function eventOf({ kind, at, by, data }: Passing): AlarmEvent | undefined {
  const alarm = data['alarm'] as Partial<Alarm> | undefined
  if (typeof alarm?.id !== 'string' || typeof alarm.rule !== 'string' || typeof alarm.state !== 'string') return undefined
  if (!alarm.priority || !priorities.includes(alarm.priority)) return undefined
  // Written by the pipeline: an entry of these kinds holds the whole alarm.
  return { kind: kind as AlarmEventKind, at, by, alarm: alarm as Alarm }
}
