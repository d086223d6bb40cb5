import { after, hours, later, minutes } from '../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import { modeNames } from '../policy/rule.ts'
import type { ModeName, Rule, RuleId } from '../policy/rule.ts'
import type { Alarm, AlarmEvent, Cause } from './alarm.ts'
import type { Follower, Following, Passing } from './follow.ts'
import { fieldsOf, isInstant, together } from './following.ts'

/** Where the record does not say how long, and how long at most: a forgotten cabinet must speak before the shift is over. */
const usually = minutes(60)
const atMost = hours(4)
/** After the end the equipment gets this long to be itself again; as long as the rule itself waits, where that is longer. */
const settling = minutes(15)

/** Something that goes on at a piece of equipment so that what it does is no fault. */
export interface Mode {
  readonly equipment: string
  readonly mode: ModeName
  readonly since: Instant
  readonly until: Instant
  readonly by: string
  /** It is over, and the equipment is settling. */
  readonly ended: Instant | undefined
}

type ModeRule = Pick<Rule, 'id' | 'equipment' | 'spec' | 'notDuring'>

/**
 * Defrost, cleaning and maintenance as people say them: `record.defrost` and the like, `fields.minutes` long from its time, `fields.ends` ends
 * it before. Rules that do not hold meanwhile are kept quiet, and judged afresh once the equipment has had time to settle. What lasts
 * longer than it was said ends by itself, and what is still wrong then speaks.
 */
export class Modes implements Follower {
  readonly #rules: ReadonlyMap<string, readonly ModeRule[]>
  readonly #going = new Map<string, Mode>()
  /** Rules that are still kept quiet. */
  readonly #kept = new Map<string, ReadonlySet<RuleId>>()
  #open: readonly Alarm[] = []

  constructor(rules: readonly ModeRule[] = []) {
    const spoken = rules.flatMap(rule => (rule.notDuring ?? []).map(mode => ({ key: keyOf(rule.equipment, mode), rule })))
    const byKey = Map.groupBy(spoken, ({ key }) => key)
    this.#rules = new Map([...byKey].map(([key, group]) => [key, group.map(({ rule }) => rule)]))
  }

  restore(checkpoints: ReadonlyMap<string, unknown>, open: readonly Alarm[]): void {
    this.#open = open
    for (const [key, value] of checkpoints) {
      const { equipment, mode: name, since, until, by, ended } = fieldsOf(value)
      const mode = modeNames.find(one => one === name)
      if (key !== `mode:${String(equipment)}:${String(mode)}` || !mode || !isInstant(since) || !isInstant(until)) continue
      const going = {
        equipment: String(equipment),
        mode,
        since,
        until,
        by: String(by),
        ended: isInstant(ended) ? ended : undefined,
      }
      const place = keyOf(going.equipment, mode)
      if (!this.#rules.has(place)) continue
      this.#going.set(place, going)
      this.#kept.set(place, this.#concerned(place))
    }
  }

  begin(): Following | undefined {
    const suppress = [...this.#going].map(([place, { mode }]) => ({
      rules: [...(this.#kept.get(place) ?? [])],
      cause: causeOf(mode),
    }))
    // Kept quiet by a mode that nobody remembers.
    const release = this.#open.flatMap(({ rule, suppressed }) =>
      (suppressed?.causes ?? []).flatMap(cause =>
        cause.kind !== 'mode' || suppress.some(({ rules, cause: { name } }) => name === cause.name && rules.includes(rule))
          ? []
          : [{ rules: [rule], cause }],
      ),
    )
    this.#open = []
    return { suppress, release }
  }

  /** What goes on at a piece of equipment now. */
  at(equipment: string): readonly Mode[] {
    return [...this.#going.values()].filter(mode => mode.equipment === equipment && mode.ended === undefined)
  }

  noted({ kind, at, by, data }: Passing): Following | undefined {
    const mode = modeNames.find(name => kind === `record.${name}`)
    const { equipment, fields, enteredAt } = data
    // What a rule writes down has figures; only a person says what goes on.
    if (!mode || typeof equipment !== 'string' || typeof fields !== 'object') return undefined
    const place = keyOf(equipment, mode)
    if (!this.#rules.has(place)) return undefined
    const now = isInstant(enteredAt) ? later(enteredAt, at) : at
    const { minutes: length, ends } = fieldsOf(fields)
    const going = this.#going.get(place)
    if (ends === true)
      return going?.ended === undefined && going ? this.#end(place, going, later(at, going.since), by) : undefined
    const wanted = typeof length === 'number' && length > 0 ? minutes(length) : usually
    const until = after(at, Math.min(wanted, atMost) as Millis)
    if (until <= now) return undefined
    const since = going && going.ended === undefined ? going.since : at
    return this.#begin(place, { equipment, mode, since, until, by, ended: undefined }, at)
  }

  heard({ kind, alarm }: AlarmEvent): Following | undefined {
    if (kind !== 'alarm.cleared' || this.#going.size === 0) return undefined
    return together(
      [...this.#going].map(([place, mode]) => (mode.ended === undefined ? undefined : this.#letGo(place, mode, [alarm.rule]))),
    )
  }

  nextWake(): Instant | undefined {
    let next: Instant | undefined
    for (const [place, mode] of this.#going) {
      const due = this.#dueOf(place, mode)
      if (next === undefined || due < next) next = due
    }
    return next
  }

  wake(at: Instant): Following | undefined {
    const said: (Following | undefined)[] = []
    for (const [place, mode] of this.#going) {
      if (mode.ended === undefined && mode.until <= at) said.push(this.#end(place, mode, mode.until, 'system'))
      const now = this.#going.get(place)
      if (now?.ended !== undefined) said.push(this.#letGo(place, now, this.#settled(place, now.ended, at)))
    }
    return together(said)
  }

  clockSet(by: number): void {
    const moved = (at: Instant): Instant => after(at, by as Millis)
    for (const [place, { since, until, ended, ...rest }] of this.#going)
      this.#going.set(place, {
        ...rest,
        since: moved(since),
        until: moved(until),
        ended: ended === undefined ? undefined : moved(ended),
      })
  }

  snapshot(): () => void {
    const [going, kept] = [new Map(this.#going), new Map(this.#kept)]
    return () => {
      this.#going.clear()
      this.#kept.clear()
      for (const [place, mode] of going) this.#going.set(place, mode)
      for (const [place, rules] of kept) this.#kept.set(place, rules)
    }
  }

  #begin(place: string, mode: Mode, at: Instant): Following {
    const rules = this.#concerned(place)
    this.#kept.set(place, rules)
    const { equipment, mode: name, since, until, by } = mode
    return {
      ...this.#set(place, mode),
      drafts: [{ kind: 'mode.began', at, by, about: equipment, data: { equipment, mode: name, since, until } }],
      suppress: [{ rules: [...rules], cause: causeOf(name) }],
    }
  }

  /** The mode is over; its rules follow when they have settled. */
  #end(place: string, mode: Mode, at: Instant, by: string): Following {
    const { equipment, mode: name, since } = mode
    const ended = by === 'system' ? 'time' : 'by-hand'
    return {
      ...this.#set(place, { ...mode, ended: at }),
      drafts: [{ kind: 'mode.ended', at, by, about: equipment, data: { equipment, mode: name, since, ended } }],
    }
  }

  #letGo(place: string, { equipment, mode }: Mode, rules: readonly RuleId[]): Following | undefined {
    const kept = this.#kept.get(place) ?? new Set<RuleId>()
    const freed = rules.filter(rule => kept.has(rule))
    if (freed.length === 0) return undefined
    const rest = new Set([...kept].filter(rule => !freed.includes(rule)))
    this.#kept.set(place, rest)
    const release = [{ rules: freed, cause: causeOf(mode) }]
    if (rest.size > 0) return { release }
    this.#going.delete(place)
    this.#kept.delete(place)
    return { release, checkpoints: [{ key: `mode:${equipment}:${mode}`, value: undefined }] }
  }

  #settled(place: string, ended: Instant, at: Instant): readonly RuleId[] {
    return (this.#rules.get(place) ?? []).filter(rule => settledAt(rule, ended) <= at).map(({ id }) => id)
  }

  #dueOf(place: string, { until, ended }: Mode): Instant {
    if (ended === undefined) return until
    const kept = this.#kept.get(place)
    const waiting = (this.#rules.get(place) ?? []).filter(({ id }) => kept?.has(id) ?? false)
    return Math.min(...waiting.map(rule => settledAt(rule, ended))) as Instant
  }

  #concerned(place: string): ReadonlySet<RuleId> {
    return new Set((this.#rules.get(place) ?? []).map(({ id }) => id))
  }

  #set(place: string, mode: Mode): Following {
    this.#going.set(place, mode)
    const { ended, ...rest } = mode
    return {
      checkpoints: [
        { key: `mode:${mode.equipment}:${mode.mode}`, value: { ...rest, ...(ended === undefined ? {} : { ended }) } },
      ],
    }
  }
}

/** An equipment's id has no blank. */
const keyOf = (equipment: string, mode: string): string => `${equipment} ${mode}`
const causeOf = (mode: ModeName): Cause => ({ kind: 'mode', name: mode })

/** When a rule is judged again: it gets the time that it gives a fault of its own, and a quarter of an hour at least. */
function settledAt({ spec }: ModeRule, ended: Instant): Instant {
  const { onDelay } = fieldsOf(spec)
  return after(ended, Math.max(settling, typeof onDelay === 'number' ? onDelay : 0) as Millis)
}
