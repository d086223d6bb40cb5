import { after, minutes } from '../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import type { RuleId } from '../policy/rule.ts'
import { calls } from './alarm.ts'
import type { Alarm, AlarmEvent } from './alarm.ts'
import type { Follower, Following } from './follow.ts'
import { fieldsOf, isInstant } from './following.ts'

/** Chattering: as many calls of one rule within a minute (standards.md §2.4); over after ten minutes without one. */
const chatters = { calls: 3, within: minutes(1), quiet: minutes(10) } as const
/** A flood begins with more than ten calls within ten minutes and is over when there are fewer than five (EEMUA 191). */
const flooding = { above: 10, below: 5, within: minutes(10) } as const
/** Beyond so many rules with a call in mind those that have been quiet for long enough are forgotten. */
const most = 500

const key = 'flood'

/** Finds alarms that chatter, and floods. It keeps the newest calls that can matter: three of each rule, eleven of the site. */
export class Nuisance implements Follower {
  readonly #calls = new Map<RuleId, readonly Instant[]>()
  readonly #chattering = new Set<RuleId>()
  #newest: readonly Instant[] = []
  #flood: { readonly since: Instant; readonly calls: number } | undefined
  /** Looking through all of them is not worth it at every call of a flood. */
  #forgetAt = 0

  /** Whether there is a flood now. */
  get isFlood(): boolean {
    return this.#flood !== undefined
  }

  /** The flood that goes on: since when, and how many calls it has had. */
  get flood(): { readonly since: Instant; readonly calls: number } | undefined {
    return this.#flood
  }

  restore(checkpoints: ReadonlyMap<string, unknown>, open: readonly Alarm[], at: Instant): void {
    // What was called before is not known in detail: it counts as called just now, and is over when it stays quiet.
    for (const { rule, chattering } of open) {
      if (chattering !== true) continue
      this.#chattering.add(rule)
      this.#calls.set(rule, [at])
    }
    const { since, calls: count } = fieldsOf(checkpoints.get(key))
    if (!isInstant(since) || typeof count !== 'number') return
    this.#flood = { since, calls: count }
    this.#newest = Array.from({ length: flooding.below }, () => at)
  }

  heard(event: AlarmEvent): Following | undefined {
    // A backlog tells of the past: nobody's telephone rings for each of it.
    if (!calls(event) || event.alarm.found === 'late') return undefined
    const began = this.#countForSite(event.at)
    const chattering = this.#countForRule(event)
    return { ...began, ...(chattering ? { chattering: [{ rule: event.alarm.rule, on: true }] } : {}) }
  }

  nextWake(): Instant | undefined {
    let next = this.#flood && this.#floodEnds()
    for (const rule of this.#chattering) {
      const due = this.#quietAt(rule)
      if (next === undefined || due < next) next = due
    }
    return next
  }

  wake(at: Instant): Following | undefined {
    const quiet = [...this.#chattering].filter(rule => this.#quietAt(rule) <= at)
    for (const rule of quiet) {
      this.#chattering.delete(rule)
      this.#calls.delete(rule)
    }
    const flood = this.#flood
    const isOver = flood !== undefined && this.#floodEnds() <= at
    if (isOver) this.#flood = undefined
    return {
      chattering: quiet.map(rule => ({ rule, on: false })),
      ...(isOver
        ? {
            drafts: [{ kind: 'flood.ended', at, by: 'system', data: { since: flood.since, calls: flood.calls } }],
            checkpoints: [{ key, value: undefined }],
          }
        : {}),
    }
  }

  clockSet(by: number): void {
    const moved = (at: Instant): Instant => after(at, by as Millis)
    for (const [rule, times] of this.#calls) this.#calls.set(rule, times.map(moved))
    this.#newest = this.#newest.map(moved)
    this.#forgetAt = 0
    if (this.#flood) this.#flood = { ...this.#flood, since: moved(this.#flood.since) }
  }

  /** Its own alarms that people's acts raise are few: what could not be written is forgotten with them. */
  snapshot(): () => void {
    const [called, chattering, newest, flood] = [new Map(this.#calls), new Set(this.#chattering), this.#newest, this.#flood]
    return () => {
      this.#calls.clear()
      for (const [rule, times] of called) this.#calls.set(rule, times)
      this.#chattering.clear()
      for (const rule of chattering) this.#chattering.add(rule)
      this.#newest = newest
      this.#flood = flood
    }
  }

  #countForSite(at: Instant): Following | undefined {
    this.#newest = [...this.#newest, at].toSorted((a, b) => a - b).slice(-(flooding.above + 1))
    if (this.#flood) {
      this.#flood = { ...this.#flood, calls: this.#flood.calls + 1 }
      return undefined
    }
    const [oldest = at] = this.#newest
    if (this.#newest.length <= flooding.above || after(oldest, flooding.within) <= at) return undefined
    this.#flood = { since: oldest, calls: this.#newest.length }
    return {
      drafts: [{ kind: 'flood.began', at, by: 'system', data: { ...this.#flood } }],
      checkpoints: [{ key, value: { ...this.#flood } }],
    }
  }

  /** Whether the alarm is to be marked: it chatters, and is not said to. */
  #countForRule({ at, alarm: { rule, chattering } }: AlarmEvent): boolean {
    const times = [...(this.#calls.get(rule) ?? []), at].toSorted((a, b) => a - b).slice(-chatters.calls)
    this.#calls.set(rule, times)
    if (this.#calls.size > most && at >= this.#forgetAt) this.#forgetQuiet(at)
    const [oldest = at] = times
    const isFast = times.length === chatters.calls && at - oldest <= chatters.within
    if (isFast) this.#chattering.add(rule)
    return this.#chattering.has(rule) && chattering !== true
  }

  #forgetQuiet(at: Instant): void {
    this.#forgetAt = after(at, chatters.within)
    for (const [rule, times] of this.#calls) {
      const newest = times.at(-1)
      if (!this.#chattering.has(rule) && newest !== undefined && after(newest, chatters.within) < at) this.#calls.delete(rule)
    }
  }

  #quietAt(rule: RuleId): Instant {
    return after(this.#calls.get(rule)?.at(-1) ?? (0 as Instant), chatters.quiet)
  }

  /** When the fifth newest call is ten minutes old, fewer than five are left. */
  #floodEnds(): Instant {
    return after(this.#newest.at(-flooding.below) ?? (0 as Instant), flooding.within)
  }
}
