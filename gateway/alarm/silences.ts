import { after } from '../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import { priorities } from '../policy/rule.ts'
import type { Priority, RuleId } from '../policy/rule.ts'
import type { Alarm, AlarmEvent, AlarmId, Cause } from './alarm.ts'
import type { Following } from './follow.ts'
import { fieldsOf, isInstant, noFollowing } from './following.ts'
import { patience } from './lines.ts'

/** A rule that finds a point silent. */
export interface SilenceRule {
  readonly id: RuleId
  readonly equipment: string
  readonly priority: Priority
}

/** A piece of equipment of which one point is silent: that alarm stands for the others. */
interface Silence {
  readonly first: RuleId
  readonly alarm: AlarmId
  /** When the first one spoke again; `undefined` while it is silent. */
  readonly over: Instant | undefined
}

const prefix = 'silence:'

/**
 * Equipment that falls silent while its connection is up: the first "no data" alarm stands, further ones of the same equipment are kept
 * quiet under it, unless they are more urgent. When the first one reads again the others are let go as soon as they do, and a minute and
 * a half later what is still silent speaks: again one for all of them.
 */
export class Silences {
  readonly #rules: ReadonlyMap<RuleId, SilenceRule>
  readonly #siblings: ReadonlyMap<string, readonly SilenceRule[]>
  readonly #alarmOf: (rule: RuleId) => Alarm | undefined
  readonly #silences = new Map<string, Silence>()
  readonly #kept = new Map<string, Set<RuleId>>()

  constructor(rules: readonly SilenceRule[], alarmOf: (rule: RuleId) => Alarm | undefined) {
    this.#rules = new Map(rules.map(rule => [rule.id, rule]))
    this.#siblings = Map.groupBy(rules, ({ equipment }) => equipment)
    this.#alarmOf = alarmOf
  }

  restore(checkpoints: ReadonlyMap<string, unknown>, at: Instant): void {
    for (const [key, value] of checkpoints) {
      const equipment = key.startsWith(prefix) ? key.slice(prefix.length) : ''
      const { first, alarm, over } = fieldsOf(value)
      const known = this.#rules.get(first as RuleId)
      if (known?.equipment !== equipment || typeof alarm !== 'string') continue
      const lasts = !isInstant(over) && this.#alarmOf(known.id)?.active === true
      // Nobody read anything meanwhile: the patience begins again.
      this.#silences.set(equipment, { first: known.id, alarm: alarm as AlarmId, over: lasts ? undefined : at })
    }
  }

  begin(): Following {
    return { suppress: [...this.#silences.keys()].map(equipment => this.#keepQuiet(equipment)) }
  }

  keeps(rule: RuleId): boolean {
    return this.#kept.get(this.#rules.get(rule)?.equipment ?? '')?.has(rule) ?? false
  }

  heard({ kind, at, alarm }: AlarmEvent): Following {
    const rule = this.#rules.get(alarm.rule)
    if (!rule) return noFollowing
    if (kind === 'alarm.raised' && alarm.state === 'unacknowledged') return this.#spoke(rule, alarm)
    if (kind !== 'alarm.cleared' && kind !== 'alarm.withdrawn') return noFollowing
    const { equipment } = rule
    const silence = this.#silences.get(equipment)
    if (!silence) return noFollowing
    if (silence.first === rule.id)
      return silence.over === undefined ? this.#set(equipment, { ...silence, over: at }) : noFollowing
    const kept = this.#kept.get(equipment)
    if (silence.over === undefined || !kept?.delete(rule.id)) return noFollowing
    const release = [{ rules: [rule.id], cause: causeOf(equipment) }]
    return kept.size > 0 ? { release } : { ...this.#forget(equipment), release }
  }

  nextWake(): Instant | undefined {
    let next: Instant | undefined
    for (const { over } of this.#silences.values())
      if (over !== undefined && (next === undefined || after(over, patience) < next)) next = after(over, patience)
    return next
  }

  wake(at: Instant): readonly Following[] {
    return [...this.#silences].flatMap(([equipment, { over }]) =>
      over === undefined || after(over, patience) > at ? [] : [this.#letGo(equipment)],
    )
  }

  clockSet(by: number): void {
    for (const [equipment, silence] of this.#silences)
      if (silence.over !== undefined) this.#silences.set(equipment, { ...silence, over: after(silence.over, by as Millis) })
  }

  /** A silence that calls: it stands for the others from now on, if none stands already. */
  #spoke({ id, equipment }: SilenceRule, { id: alarm }: Alarm): Following {
    const silence = this.#silences.get(equipment)
    if (silence && silence.over === undefined && silence.first !== id) return noFollowing
    const isAlone = (this.#siblings.get(equipment) ?? []).length < 2
    if (isAlone) return noFollowing
    const set = this.#set(equipment, { first: id, alarm, over: undefined })
    return { ...set, suppress: [this.#keepQuiet(equipment)] }
  }

  /** The first is over for long enough. Of what is still silent the most urgent speaks, for all the others; else everything is let go. */
  #letGo(equipment: string): Following {
    const kept = [...(this.#kept.get(equipment) ?? [])]
    const cause = causeOf(equipment)
    const silent = kept.flatMap(rule => {
      const alarm = this.#alarmOf(rule)
      // What its connection or a mode keeps quiet as well would not speak.
      const speaks = alarm?.active === true && alarm.state === 'suppressed' && alarm.suppressed?.causes.length === 1
      return speaks ? [alarm] : []
    })
    const [first] = silent.toSorted((a, b) => rank(b.priority) - rank(a.priority) || a.since - b.since)
    this.#kept.delete(equipment)
    if (!first) return { ...this.#forget(equipment), release: [{ rules: kept, cause }] }
    const set = this.#set(equipment, { first: first.rule, alarm: first.id, over: undefined })
    const suppress = this.#keepQuiet(equipment)
    return { ...set, suppress: [suppress], release: [{ rules: kept.filter(rule => !suppress.rules.includes(rule)), cause }] }
  }

  /** The other silences of the equipment that are not more urgent, but for those whose own alarm already stands. */
  #keepQuiet(equipment: string): { readonly rules: readonly RuleId[]; readonly cause: Cause } {
    const { first, alarm } = this.#silences.get(equipment) as Silence
    const most = rank(this.#rules.get(first)?.priority)
    const kept = this.#kept.get(equipment) ?? new Set()
    this.#kept.set(equipment, kept)
    for (const { id, priority } of this.#siblings.get(equipment) ?? []) {
      const own = this.#alarmOf(id)
      const stands = own?.active === true && own.state !== 'suppressed'
      if (id !== first && rank(priority) <= most && !stands) kept.add(id)
    }
    kept.delete(first)
    return { rules: [...kept], cause: { ...causeOf(equipment), alarm } }
  }

  #set(equipment: string, silence: Silence): Following {
    this.#silences.set(equipment, silence)
    const { first, alarm, over } = silence
    return { checkpoints: [{ key: `${prefix}${equipment}`, value: { first, alarm, ...(over === undefined ? {} : { over }) } }] }
  }

  #forget(equipment: string): Following {
    this.#silences.delete(equipment)
    this.#kept.delete(equipment)
    return { checkpoints: [{ key: `${prefix}${equipment}`, value: undefined }] }
  }
}

const causeOf = (equipment: string): Pick<Cause, 'kind' | 'name'> => ({ kind: 'equipment', name: equipment })
const rank = (priority: Priority | undefined): number => (priority === undefined ? -1 : priorities.indexOf(priority))
