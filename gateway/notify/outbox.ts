import type { Instant } from '../../protocols/contract/time.ts'
import { between, days } from '../../protocols/contract/time.ts'
import type { Passing } from '../alarm/follow.ts'
import type { AlarmId } from '../alarm/alarm.ts'
import { Kept } from './kept.ts'
import type { Trace } from './kept.ts'
import type { Notice, NoticeId, Outcome, Told } from './notice.ts'
import { isNotice, isOutcome } from './notice-rows.ts'

/** How long after its last alarm is over it can still be asked who was told. */
const remembered = days(1)
/** What may wait at the same time; beyond it a notice fails at once, on record. */
export const mostWaiting = 5_000
const mostOutcomes = 20_000

export type NewNotice = Omit<Notice, 'id' | 'attempts' | 'state'>

/**
 * Every notice that waits and what became of those that are done: a register of values, written into the checkpoints with what they
 * follow from. No clock and no socket; sending is the sender's.
 */
export class Outbox {
  readonly #waiting: Kept<NoticeId, Notice>
  readonly #outcomes: Kept<NoticeId, Outcome>
  readonly #counter: Kept<'counter', number>
  readonly #ofAlarm = new Map<AlarmId, Set<NoticeId>>()
  readonly #overSince = new Map<AlarmId, Instant>()

  constructor(trace: Trace) {
    this.#waiting = new Kept('notice:', trace, (id, now, before) => this.#index(id, now?.alarms, before?.alarms))
    this.#outcomes = new Kept('told:', trace, (id, now, before) => this.#index(id, now?.alarms, before?.alarms))
    this.#counter = new Kept('notices:', trace)
  }

  restore(checkpoints: ReadonlyMap<string, unknown>, open: ReadonlySet<AlarmId>, at: Instant): void {
    this.#outcomes.restore(checkpoints, value => (isOutcome(value) ? value : undefined))
    this.#waiting.restore(checkpoints, value => (isNotice(value) ? value : undefined))
    this.#counter.restore(checkpoints, value => (typeof value === 'number' ? value : undefined))
    for (const alarm of this.#ofAlarm.keys()) if (!open.has(alarm)) this.#overSince.set(alarm, at)
  }

  get(id: NoticeId): Notice | undefined {
    return this.#waiting.get(id)
  }
  waiting(): readonly Notice[] {
    return [...this.#waiting.values()].toSorted((a, b) => numberOf(a.id) - numberOf(b.id))
  }
  get isFull(): boolean {
    return this.#waiting.size >= mostWaiting
  }

  queue(fresh: NewNotice): Notice {
    // No id is given twice, even where the counter was lost.
    const known = this.#counter.get('counter') ?? Math.max(0, ...[...this.#ids()].map(numberOf))
    const notice: Notice = { ...fresh, id: `N${known + 1}` as NoticeId, attempts: 0, state: 'waiting' }
    this.#counter.set('counter', known + 1)
    this.#waiting.set(notice.id, notice)
    return notice
  }

  /** Notices that wait and are about this alarm alone. */
  ofAlarm(alarm: AlarmId): readonly Notice[] {
    return [...(this.#ofAlarm.get(alarm) ?? [])].flatMap(id => {
      const notice = this.#waiting.get(id)
      return notice?.alarms.length === 1 ? [notice] : []
    })
  }

  keep(notice: Notice): void {
    if (this.#waiting.has(notice.id)) this.#waiting.set(notice.id, notice)
  }

  /** What was done with it was never written down. */
  restoreOne(notice: Notice): void {
    this.#outcomes.forget(notice.id)
    this.#waiting.putBack(notice.id, notice)
  }

  /** It was never written down. */
  forget(id: NoticeId): void {
    this.#waiting.forget(id)
  }

  /** It is done with; what became of it stays for as long as somebody may ask. */
  finish(id: NoticeId, end: Pick<Told, 'outcome'> & Partial<Told>): Notice | undefined {
    const notice = this.#waiting.get(id)
    if (!notice) return undefined
    if (notice.alarms.length > 0) this.#outcomes.set(id, { alarms: notice.alarms, told: { ...toldOf(notice), ...end } })
    this.#waiting.set(id, undefined)
    if (this.#outcomes.size > mostOutcomes) {
      const [oldest] = this.#outcomes.entries().next().value ?? []
      if (oldest !== undefined) this.#outcomes.set(oldest, undefined)
    }
    return notice
  }

  /** Who was told of an alarm and how, in the order it was decided. */
  toldOf(alarm: AlarmId): readonly Told[] {
    const inOrder = [...(this.#ofAlarm.get(alarm) ?? [])].toSorted((a, b) => numberOf(a) - numberOf(b))
    return inOrder.flatMap(id => {
      const notice = this.#waiting.get(id)
      return notice ? toldOf(notice) : (this.#outcomes.get(id)?.told ?? [])
    })
  }

  /** An alarm is over, or open again. */
  over(alarm: AlarmId, since: Instant | undefined): void {
    if (since === undefined) this.#overSince.delete(alarm)
    else if (this.#ofAlarm.has(alarm)) this.#overSince.set(alarm, since)
  }

  /** Forgets what was done about alarms that have been over for a day. */
  forgetOld(at: Instant): void {
    for (const [id, { alarms }] of this.#outcomes.entries()) {
      const isOld = alarms.every(alarm => between(this.#overSince.get(alarm) ?? at, at) > remembered)
      if (isOld) this.#outcomes.set(id, undefined)
    }
  }

  *#ids(): Iterable<NoticeId> {
    for (const [id] of this.#waiting.entries()) yield id
    for (const [id] of this.#outcomes.entries()) yield id
  }

  #index(id: NoticeId, now: readonly AlarmId[] | undefined, before: readonly AlarmId[] | undefined): void {
    for (const alarm of now ?? []) {
      const ids = this.#ofAlarm.get(alarm) ?? new Set()
      this.#ofAlarm.set(alarm, ids.add(id))
    }
    if (now !== undefined || this.#waiting.has(id) || this.#outcomes.has(id)) return
    for (const alarm of before ?? []) this.#drop(alarm, id)
  }

  #drop(alarm: AlarmId, id: NoticeId): void {
    const ids = this.#ofAlarm.get(alarm)
    ids?.delete(id)
    if (ids?.size !== 0) return
    this.#ofAlarm.delete(alarm)
    this.#overSince.delete(alarm)
  }
}

const numberOf = (id: NoticeId): number => Number(id.slice(1)) || 0

/** How a notice that waits is shown. */
export function toldOf({ id, person, as, level, occasion, at, channels, attempts, tried, givenUp }: Notice): Told {
  const channel = channels[0]
  const before = (tried ?? []).reduce((sum, one) => sum + one.attempts, 0)
  const shown = { notice: id, person, as, level, occasion, at, attempts: attempts + before }
  const more = channel === undefined ? {} : { channel }
  return givenUp ? { ...shown, ...more, outcome: 'failed', proof: givenUp.why } : { ...shown, ...more, outcome: 'waiting' }
}

/** What the journal says of a notice: enough to tell who was told of what, whatever else is lost. */
export function entryOf(
  kind: string,
  notice: Notice,
  at: Instant,
  data: Readonly<Record<string, unknown>> = {},
  by = 'system',
): Passing {
  const { id, person, as, level, occasion, alarms, priority } = notice
  const about = alarms.length === 1 ? alarms[0] : notice.case
  const said = { notice: id, person, as, level, occasion, priority, alarms, queuedAt: notice.at, ...data }
  return {
    kind,
    at,
    by,
    ...(about === undefined ? {} : { about }),
    data: notice.case === undefined ? said : { ...said, case: notice.case },
  }
}
