import type { Instant } from '../../protocols/contract/time.ts'
import { after, hours, later } from '../../protocols/contract/time.ts'
import { calls } from '../alarm/alarm.ts'
import type { Alarm, AlarmEvent, AlarmId } from '../alarm/alarm.ts'
import type { Follower, Following, Passing } from '../alarm/follow.ts'
import { beginCall, endCall, stepUp } from './call.ts'
import type { Call } from './call.ts'
import { ChannelHealth } from './channel-health.ts'
import type { Told } from './notice.ts'
import type { Decision } from '../turn.ts'
import { Posting } from './posting.ts'
import { spared } from './reasons.ts'
import { Telling } from './telling.ts'
import type { TellingParts } from './telling.ts'
import { UsedLinks } from './used-links.ts'

export interface DispatcherParts extends TellingParts {
  /** The alarm as it is at this moment of the turn: what keeps it quiet by design may have been quicker. */
  readonly alarm: (id: AlarmId) => Alarm | undefined
}

const tidyEvery = hours(1)

/**
 * Decides inside the turn who is told what: routes, levels, quiet hours, digests. What it decides is in the journal with its cause; it
 * lives from its own checkpoints and never asks for the time.
 */
export class Dispatcher implements Follower {
  readonly #parts: DispatcherParts
  readonly #telling: Telling
  /** What the sender does with the notices. */
  readonly posting: Posting
  readonly usedLinks: UsedLinks
  readonly health: ChannelHealth
  #tidyAt: Instant | undefined
  #next: Instant | undefined | 'unknown' = 'unknown'

  constructor(parts: DispatcherParts) {
    this.#parts = parts
    this.#telling = new Telling(parts)
    this.posting = new Posting(this.#telling.outbox, this.#telling.trace)
    this.usedLinks = new UsedLinks(this.#telling.trace)
    this.health = new ChannelHealth(
      this.#telling.trace,
      parts.site.channels.map(({ id }) => id),
    )
  }

  restore(checkpoints: ReadonlyMap<string, unknown>, open: readonly Alarm[] = [], at = 0 as Instant): void {
    this.#telling.restore(checkpoints, open, at)
    this.usedLinks.restore(checkpoints)
    this.health.restore(checkpoints)
    this.#next = 'unknown'
  }

  /** Who was told of an alarm and how: of open alarms, and of those that were over less than a day ago. */
  toldOf(alarm: AlarmId): readonly Told[] {
    return this.#telling.outbox.toldOf(alarm)
  }

  begin(at: Instant): Following | undefined {
    this.#telling.now = at
    this.#tidyAt = at
    return this.#following()
  }

  heard(event: AlarmEvent): Following | undefined {
    const telling = this.#telling
    if (!telling.hasPeople || telling.isEscalation(event.alarm.rule)) return undefined
    telling.now = later(telling.now, event.at)
    telling.trace.within(event.alarm, () => {
      this.#hear(event)
      this.#close(event.alarm)
    })
    return this.#following()
  }

  noted(entry: Passing): Following | undefined {
    const telling = this.#telling
    telling.now = later(telling.now, entry.at)
    const { kind, at, data, about } = entry
    if (kind === 'notice.delivered' || kind === 'notice.failed' || kind === 'notice.not-needed') this.posting.hear(entry)
    else if (kind === 'channel.failing' || kind === 'channel.working') {
      const own = this.health.hear(kind, about ?? '', at, String(data['why'] ?? ''))
      return { ...this.#following(), own }
    } else if (kind === 'flood.ended') telling.digests.floodOver(telling.now)
    else if (kind.startsWith('case.') && telling.hasPeople) telling.tellOfCase(entry)
    else if (kind !== 'clock.set') return undefined
    return this.#following()
  }

  nextWake(): Instant | undefined {
    if (this.#next === 'unknown') {
      const due = [this.#tidyAt, this.#telling.digests.nextAt(), ...[...this.#telling.calls.values()].map(({ nextAt }) => nextAt)]
      this.#next = due.reduce((a, b) => (a === undefined || (b !== undefined && b < a) ? b : a), undefined)
    }
    return this.#next
  }

  wake(at: Instant): Following | undefined {
    const telling = this.#telling
    telling.now = at
    for (const call of telling.calls.values()) this.#climb(call, at)
    for (const { person, reason } of telling.digests.due(at)) telling.tellDigest(person, reason, at)
    if (this.#tidyAt !== undefined && this.#tidyAt <= at) {
      telling.outbox.forgetOld(at)
      this.#tidyAt = after(at, tidyEvery)
    }
    return this.#following()
  }

  takenBack(alarm: Alarm): void {
    this.#telling.trace.takeBackAfter(alarm, of => (of as Alarm).id === alarm.id)
    this.#telling.drafts.length = 0
    this.#next = 'unknown'
  }

  /** It is written down, or kept for later: what followed from it stands. */
  settle(): void {
    this.#telling.trace.settle()
  }

  /** Escalation keeps its remaining time; quiet hours are by the clock on the wall and stay. */
  clockSet(by: number): void {
    const telling = this.#telling
    const moved = (at: Instant): Instant => (at + by) as Instant
    telling.now = moved(telling.now)
    if (this.#tidyAt !== undefined) this.#tidyAt = moved(this.#tidyAt)
    telling.digests.shift(by)
    for (const call of telling.calls.values())
      if (call.nextAt !== undefined) telling.calls.set(call.alarm.id, { ...call, nextAt: moved(call.nextAt) })
    this.#next = 'unknown'
  }

  /** Somebody wants to see whether a message arrives. */
  trial(channel: string, person: string, by: string, at: Instant): Decision<string> {
    const notice = this.#telling.trial(channel, person, by, at)
    const { drafts = [], checkpoints = [] } = this.#following() ?? {}
    return { drafts, checkpoints, answer: () => notice.id, undo: () => this.posting.forget(notice.id) }
  }

  #hear(event: AlarmEvent): void {
    const { kind, alarm } = event
    if (calls(event)) return this.#called(alarm)
    const call = this.#telling.calls.get(alarm.id)
    if (!call) return
    switch (kind) {
      case 'alarm.cleared':
        return this.#cleared(alarm, call)
      case 'alarm.acknowledged':
        return this.#answered(alarm, call, event.by)
      case 'alarm.shelved':
      case 'alarm.suppressed':
      case 'alarm.out-of-service':
      case 'alarm.withdrawn':
        this.#telling.drop(alarm.id, spared[kind])
        return this.#telling.calls.set(alarm.id, undefined)
      case 'alarm.chattering':
        return alarm.chattering
          ? this.#telling.calls.set(alarm.id, { ...call, alarm, chatters: { news: false } })
          : this.#calm(alarm, call)
    }
  }

  #called(alarm: Alarm): void {
    const telling = this.#telling
    const current = this.#parts.alarm(alarm.id)
    if (current && current.state !== 'unacknowledged') return
    const before = telling.calls.get(alarm.id)
    const call = beginCall(alarm, telling.now, this.#escalate(alarm), before)
    if (before?.chatters)
      return telling.calls.set(alarm.id, { ...call, told: before.told, level: before.level, chatters: { news: true } })
    telling.drop(alarm.id, spared.cameAgain)
    const { level, people } = telling.find(alarm, 0, telling.now)
    telling.calls.set(alarm.id, { ...call, level, told: people })
    telling.tell(alarm, 'raised', people, others => telling.wording.raised(alarm, others))
  }

  #cleared(alarm: Alarm, call: Call): void {
    const telling = this.#telling
    // Whoever was to hear of it in the morning need not hear of it at all.
    const left = telling.drop(alarm.id, spared.overBefore, telling.now)
    const told = call.told.filter(({ person }) => !left.has(person))
    const stillClimbs = alarm.state !== 'normal' && telling.climbsWhenOver(alarm)
    const now = stillClimbs ? call : endCall(call)
    const isHeldBack = call.chatters !== undefined && alarm.state !== 'normal'
    telling.calls.set(alarm.id, { ...now, alarm, told, ...(isHeldBack ? { chatters: { news: true } } : {}) })
    if (!isHeldBack) telling.tell(alarm, 'cleared', told, () => telling.wording.cleared(alarm, telling.now))
  }

  #answered(alarm: Alarm, call: Call, by: string): void {
    const telling = this.#telling
    const left = telling.drop(alarm.id, spared.answeredBefore)
    const unsaid = new Set(call.pending.map(({ person }) => person))
    const told = call.told.filter(({ person }) => !left.has(person) && !unsaid.has(person))
    telling.calls.set(alarm.id, { ...endCall(call), alarm, told, pending: [] })
    const above = told.filter(({ level, person }) => level > 0 && !telling.isSame(person, by))
    telling.tell(alarm, 'answered', above, () => telling.wording.answered(alarm, telling.now))
  }

  /** It has been quiet for a while: one notice says what became of it. */
  #calm(alarm: Alarm, { chatters, ...call }: Call): void {
    const telling = this.#telling
    telling.calls.set(alarm.id, { ...call, alarm })
    if (!chatters?.news || alarm.acknowledged) return
    if (!alarm.active)
      return telling.tell(alarm, 'cleared', call.told, () => telling.wording.cleared(alarm, alarm.clearedAt ?? telling.now))
    const { people } = telling.find(alarm, 0, telling.now)
    const told = [...call.told.filter(({ person }) => !people.some(one => one.person === person)), ...people]
    telling.calls.set(alarm.id, { ...call, alarm, told })
    telling.tell(alarm, 'raised', people, others => telling.wording.quietAgain(alarm, others))
  }

  /** Whatever steps up were due by now. */
  #climb(call: Call, at: Instant): void {
    const telling = this.#telling
    for (
      let now: Call | undefined = call;
      now?.nextAt !== undefined && now.nextAt <= at;
      now = telling.calls.get(call.alarm.id)
    ) {
      const { alarm, step, told } = now
      const escalate = this.#escalate(alarm)
      const next = stepUp(now, escalate)
      const target = step + 1
      if (target <= now.level) {
        telling.calls.set(alarm.id, next)
        continue
      }
      const { level, people } = telling.find(alarm, target, at, told)
      const reached = people.length > 0 ? { level, told: [...told, ...people] } : {}
      telling.calls.set(alarm.id, { ...next, ...reached })
      const waited = escalate[step]
      if (waited !== undefined)
        telling.tell(alarm, 'escalated', people, (others, { as }) => telling.wording.escalated(alarm, waited, as, told, others))
    }
  }

  #escalate({ priority }: Alarm): readonly ReturnType<typeof hours>[] {
    return this.#parts.office.duty.escalate[priority]
  }

  /** What is over and has nothing left to say is forgotten. */
  #close(alarm: Alarm): void {
    const { calls: open, outbox, now } = this.#telling
    outbox.over(alarm.id, alarm.state === 'normal' ? now : undefined)
    const call = open.get(alarm.id)
    if (call && alarm.state === 'normal') open.set(alarm.id, call.pending.length > 0 ? { ...endCall(call), alarm } : undefined)
  }

  #following(): Following | undefined {
    this.#next = 'unknown'
    const drafts = this.#telling.drafts.splice(0)
    const checkpoints = this.#telling.trace.take()
    return drafts.length + checkpoints.length === 0 ? undefined : { drafts, checkpoints }
  }
}
