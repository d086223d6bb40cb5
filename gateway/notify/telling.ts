import type { Words } from '../../protocols/contract/driver.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { Alarm, AlarmId } from '../alarm/alarm.ts'
import type { Passing } from '../alarm/follow.ts'
import { priorities } from '../policy/rule.ts'
import type { Priority, RuleId } from '../policy/rule.ts'
import type { RuleBook } from '../policy/rule-book.ts'
import type { Site } from '../site/site.ts'
import type { Call, Pending, ToldPerson } from './call.ts'
import { digestText } from './digest.ts'
import type { DigestReason } from './digest.ts'
import { Digests } from './digests.ts'
import { Kept, Trace } from './kept.ts'
import type { Notice } from './notice.ts'
import { isCall } from './notice-rows.ts'
import { entryOf, Outbox } from './outbox.ts'
import type { NewNotice } from './outbox.ts'
import { quietUntil } from './quiet.ts'
import { Reach } from './reach.ts'
import type { Reached, ReachParts } from './reach.ts'
import { unsendable } from './reasons.ts'
import { Wording } from './wording.ts'
import type { Text } from './wording.ts'
import { lines, say } from './wording.ts'

export interface TellingParts extends ReachParts {
  readonly site: Pick<Site, 'timeZone' | 'clauses' | 'areas' | 'points' | 'equipment' | 'channels' | 'rules'>
  readonly rules: Pick<RuleBook, 'get'>
  /** Whether there are so many alarms that single messages would bury the phone. */
  readonly isFlood: () => boolean
}

type TextFor = (others: readonly ToldPerson[], person: ToldPerson) => Text

/** Makes the notices: single ones at once, many as a digest, low ones in the morning; all of it in the outbox and on record. */
export class Telling {
  readonly trace = new Trace()
  readonly outbox = new Outbox(this.trace)
  readonly digests = new Digests(this.trace)
  readonly calls = new Kept<AlarmId, Call>('call:', this.trace)
  readonly wording: Wording
  /** What goes into the journal with the next answer. */
  readonly drafts: Passing[] = []
  /** The newest moment anybody spoke of. */
  now = 0 as Instant
  readonly #parts: TellingParts
  readonly #reach: Reach
  readonly #escalations: ReadonlySet<RuleId>

  constructor(parts: TellingParts) {
    this.#parts = parts
    this.#reach = new Reach(parts)
    this.wording = new Wording(parts.site, parts.rules, parts.office.duty)
    this.#escalations = new Set(parts.site.rules.filter(({ watches }) => watches.some(isUnanswered)).map(({ id }) => id))
  }

  restore(checkpoints: ReadonlyMap<string, unknown>, open: readonly Alarm[], at: Instant): void {
    this.now = at
    this.calls.restore(checkpoints, value => (isCall(value) ? value : undefined))
    this.digests.restore(checkpoints)
    this.outbox.restore(checkpoints, new Set(open.map(({ id }) => id)), at)
  }

  /** Somebody is named, and there is a way to tell them; else alarms are shown on the page and nothing more. */
  get hasPeople(): boolean {
    return this.#parts.office.duty.people.size > 0 && this.#parts.site.channels.length > 0
  }

  /** Its rule watches how many alarms nobody has answered: the escalation here is what it means. */
  isEscalation(rule: RuleId): boolean {
    return this.#escalations.has(rule)
  }

  /** A danger, or one that latches, goes on climbing when its condition is over; any other alarm that left by itself has settled. */
  climbsWhenOver({ priority, rule: id }: Alarm): boolean {
    const rule = this.#parts.rules.get(id)
    return priority === 'high' || rule?.lifeSafety === true || rule?.latching === true
  }

  /** Whether a name in the journal is this person's account, or the person. */
  isSame(person: string, by: string): boolean {
    const { account, name } = this.#parts.office.duty.people.get(person) ?? {}
    return account?.toLowerCase() === by.toLowerCase() || name?.zh === by || name?.en === by
  }

  /** Who can be told from this level on; who cannot be reached at all, and that nobody can, is on record. */
  find(alarm: Alarm, from: number, at: Instant, told: readonly ToldPerson[] = []): Reached {
    const reached = this.#reach.find(alarm, from, at, told)
    for (const one of reached.unreachable) this.#failed(alarm, one, unsendable.noChannel)
    if (from === 0 && reached.people.length === 0) this.#failed(alarm, { person: '', as: '', level: 0 }, unsendable.nobody)
    return reached
  }

  tell(alarm: Alarm, occasion: Pending['occasion'], people: readonly ToldPerson[], textFor: TextFor): void {
    const reason = alarm.found === 'late' && !alarm.acknowledged ? 'late' : this.#parts.isFlood() ? 'flood' : undefined
    if (reason !== undefined) return this.#wait(alarm, occasion, people, reason)
    for (const one of people) {
      const others = people.filter(({ person }) => person !== one.person)
      const text = this.#worded(alarm, () => textFor(others, one))
      const isCall = occasion === 'raised' || occasion === 'escalated'
      this.#queue({
        ...text,
        occasion,
        at: this.now,
        person: one.person,
        as: one.as,
        level: one.level,
        alarms: [alarm.id],
        priority: alarm.priority,
        channels: this.#reach.channelsOf(one, [alarm]),
        facts: this.wording.facts(alarm),
        ...(isCall ? { answers: alarm.times } : {}),
      })
    }
  }

  /**
   * What has not gone out about this alarm alone need not any more. With `heldUntil` only what is held back until later than that. Returns
   * who has been spared.
   */
  drop(alarm: AlarmId, why: Words, heldUntil?: Instant): ReadonlySet<string> {
    const spared = new Set<string>()
    for (const notice of this.outbox.ofAlarm(alarm)) {
      const { occasion, notBefore, givenUp, state } = notice
      if (occasion !== 'raised' && occasion !== 'escalated') continue
      if (heldUntil !== undefined && (notBefore === undefined || notBefore <= heldUntil)) continue
      if (state === 'sending') {
        this.outbox.keep({ ...notice, noLonger: why })
        continue
      }
      spared.add(notice.person)
      if (givenUp) this.outbox.finish(notice.id, { outcome: 'failed', proof: givenUp.why })
      else {
        this.outbox.finish(notice.id, { outcome: 'not-needed', proof: why.zh })
        this.drafts.push(entryOf('notice.not-needed', notice, this.now, { why }))
      }
    }
    return spared
  }

  /** Everything that waits for this person, in one message. */
  tellDigest(person: string, reason: DigestReason, at: Instant): void {
    this.digests.done(person, reason, at)
    const waiting = [...this.calls.values()].filter(({ pending }) => pending.some(one => one.person === person))
    if (waiting.length === 0 && reason !== 'flood-over') return
    const [first] = waiting.flatMap(({ pending }) => pending.filter(one => one.person === person))
    const digested = waiting.map(({ alarm, pending }) => {
      const occasions = pending.filter(one => one.person === person).map(({ occasion }) => occasion)
      const area = this.wording.areaOf(alarm)?.name
      const lifeSafety = this.#parts.rules.get(alarm.rule)?.lifeSafety === true
      return { alarm: this.#latest(alarm), occasions, sentence: this.#sentence(alarm), lifeSafety, ...(area ? { area } : {}) }
    })
    for (const call of waiting) {
      const pending = call.pending.filter(one => one.person !== person)
      const isOver = call.alarm.state === 'normal' && pending.length === 0
      this.calls.set(call.alarm.id, isOver ? undefined : { ...call, pending })
    }
    const alarms = digested.map(({ alarm }) => alarm)
    const priority = highest(alarms.map(one => one.priority))
    this.#queue({
      ...digestText(digested, reason, at, this.#parts.site.timeZone),
      occasion: 'digest',
      at,
      person,
      as: first?.as ?? '',
      level:
        Math.min(...waiting.flatMap(({ pending }) => pending.filter(one => one.person === person).map(({ level }) => level)), 8) %
        8,
      alarms: alarms.map(({ id }) => id),
      priority,
      channels: this.#reach.channelsOf({ person, ...(first?.channels ? { channels: first.channels } : {}) }, alarms),
      facts: { changes: digested.map(({ alarm, occasions }) => ({ alarm: alarm.id, occasions })), reason },
    })
  }

  /** Whoever an entry about a case names is told in its own words. */
  tellOfCase({ kind, data, at, about }: Passing): void {
    const { tell, text, priority, case: id = about } = data
    if (!Array.isArray(tell) || !isWords(text) || typeof id !== 'string') return
    for (const person of new Set(tell.filter(one => typeof one === 'string'))) {
      if (!this.#parts.office.duty.people.has(person)) continue
      const words = text
      this.#queue({
        title: isWords(data['title']) ? data['title'] : say(`工单 ${id}`, `Case ${id}`),
        text: words,
        occasion: 'case',
        at,
        person,
        as: typeof data['as'] === 'string' ? data['as'] : 'case',
        level: 0,
        alarms: [],
        case: id,
        priority: priorities.find(one => one === priority) ?? 'medium',
        channels: this.#reach.channelsOf({ person }, []),
        facts: { case: id, kind },
      })
    }
  }

  /** Somebody wants to see whether a message arrives; by this channel alone. */
  trial(channel: string, person: string, by: string, at: Instant): Notice {
    const name = this.#parts.site.channels.find(({ id }) => id === channel)
    const sender = this.wording.nameOfAccount(by)
    const what = { zh: name?.id ?? channel, en: name?.id ?? channel }
    return this.#queue(
      {
        title: say(`试验消息：${what.zh}`, `Trial message: ${what.en}`),
        text: lines([
          say(`这是 ${sender.zh} 从值守发出的试验消息。`, `${sender.en} has sent this from Zhishou as a trial.`),
          say('收到说明这个渠道通畅，无需处理。', 'That it has arrived shows that the channel works; there is nothing to do.'),
        ]),
        occasion: 'trial',
        at,
        person,
        as: 'trial',
        level: 0,
        alarms: [],
        priority: 'advisory',
        channels: [channel],
      },
      by,
    )
  }

  #wait(alarm: Alarm, occasion: Pending['occasion'], people: readonly ToldPerson[], reason: 'flood' | 'late'): void {
    const call = this.calls.get(alarm.id)
    if (!call || people.length === 0) return
    const isUrgent = this.#parts.rules.get(alarm.rule)?.lifeSafety === true
    this.calls.set(alarm.id, { ...call, pending: [...call.pending, ...people.map(one => ({ ...one, occasion }))] })
    for (const { person } of people) this.digests.add(person, reason, this.now, isUrgent)
  }

  #queue(fresh: NewNotice, by = 'system'): Notice {
    const { person, occasion, priority } = fresh
    const { duty } = this.#parts.office
    const notBefore = occasion === 'trial' ? undefined : quietUntil(this.now, priority, duty.quiet, this.#parts.site.timeZone)
    const isFull = this.outbox.isFull
    const notice = this.outbox.queue({ ...fresh, ...(notBefore === undefined ? {} : { notBefore }) })
    const why = notice.channels.length === 0 ? unsendable.noChannel : isFull ? unsendable.tooMany : undefined
    if (why === undefined) {
      const { title, channels } = notice
      this.drafts.push(
        entryOf('notice.queued', notice, this.now, { title, channels, ...(notBefore === undefined ? {} : { notBefore }) }, by),
      )
      return notice
    }
    this.outbox.finish(notice.id, { outcome: 'failed', proof: why.zh })
    this.drafts.push(entryOf('notice.failed', notice, this.now, { why, name: this.wording.nameOf(person) }))
    return notice
  }

  #failed(alarm: Alarm, { person, as, level }: ToldPerson, why: Words): void {
    const told = { person, as, level, occasion: 'raised', alarms: [alarm.id], priority: alarm.priority, at: this.now } as const
    const notice = this.outbox.queue({ ...told, ...this.#worded(alarm, () => this.wording.raised(alarm, [])), channels: [] })
    this.outbox.finish(notice.id, { outcome: 'failed', proof: why.zh })
    this.drafts.push(entryOf('notice.failed', notice, this.now, { why }))
  }

  /** A text that cannot be made is replaced by a plain one and an entry in the journal; the alarm is told all the same. */
  #worded(alarm: Alarm, make: () => Text): Text {
    try {
      return make()
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      this.drafts.push({
        kind: 'notice.text-failed',
        at: this.now,
        by: 'system',
        about: alarm.id,
        data: { rule: alarm.rule, why },
      })
      return this.wording.plain(alarm, this.now)
    }
  }

  #sentence(alarm: Alarm): Words {
    return this.#worded(alarm, () => ({ title: say('', ''), text: this.wording.sentence(alarm) })).text
  }

  #latest(alarm: Alarm): Alarm {
    return this.calls.get(alarm.id)?.alarm ?? alarm
  }
}

const isUnanswered = (point: string): boolean => /\.(alarm|area-alarm|site-alarm):unanswered(-high)?$/.test(point)
const highest = (all: readonly Priority[]): Priority => priorities.findLast(priority => all.includes(priority)) ?? 'advisory'

function isWords(value: unknown): value is Words {
  return typeof value === 'object' && value !== null && 'zh' in value && 'en' in value && typeof value.zh === 'string'
}
