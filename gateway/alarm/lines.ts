import type { Words } from '../../protocols/contract/driver.ts'
import { after, seconds } from '../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import type { RuleId } from '../policy/rule.ts'
import type { Alarm, AlarmEvent, Cause } from './alarm.ts'
import type { Following, Passing } from './follow.ts'
import { fieldsOf, isInstant, noFollowing } from './following.ts'
import { ownOf, ownRuleId } from './own.ts'

/** A line that is gone for less is a hiccup; one that is back for less still flaps, and keeps its alarm. */
export const hiccup = seconds(60)
/** How long a child may still be silent after its cause is over, before it speaks for itself. */
export const patience = seconds(90)

/** A connection, as far as its silence goes. */
export interface WatchedLine {
  readonly id: string
  /** The rules that find the points of this connection silent. */
  readonly children: readonly RuleId[]
  /** How many pieces of equipment are read over it. */
  readonly equipment: number
}

/** A connection that is down, or was until a moment ago. */
interface Line {
  readonly since: Instant
  /** Its alarm stands. */
  readonly told: boolean
  /** When it came back; `undefined` while it is down. */
  readonly back: Instant | undefined
  /** The driver has spoken in this run; before that nothing is concluded from time that passes. */
  readonly heard: boolean
}

/** Rules that are kept quiet, by connection. */
type Kept = Set<RuleId>

const prefix = 'line:'

/**
 * Connections that are down. The "no data" rules of its points are kept quiet before they would speak, and longer than a minute raises one
 * alarm that stands for them. What stood before the line went down has another reason and stays. When the line is back each child is let go as soon as it
 * reads again, and a minute and a half later whether it does or not.
 */
export class Lines {
  readonly #watched: ReadonlyMap<string, WatchedLine>
  readonly #alarmOf: (rule: RuleId) => Alarm | undefined
  readonly #lines = new Map<string, Line>()
  readonly #kept = new Map<string, Kept>()
  /** The connections a rule stands under: one, or none. */
  readonly #lineOf: ReadonlyMap<RuleId, string>

  constructor(watched: readonly WatchedLine[], alarmOf: (rule: RuleId) => Alarm | undefined) {
    this.#watched = new Map(watched.map(line => [line.id, line]))
    this.#lineOf = new Map(watched.flatMap(({ id, children }) => children.map(rule => [rule, id] as const)))
    this.#alarmOf = alarmOf
  }

  restore(checkpoints: ReadonlyMap<string, unknown>, at: Instant): void {
    for (const [key, value] of checkpoints) {
      const id = key.startsWith(prefix) ? key.slice(prefix.length) : undefined
      if (id === undefined || !this.#watched.has(id)) continue
      const { since, told, back } = fieldsOf(value)
      if (!isInstant(since)) continue
      const stands = told === true && this.#isTold(id)
      // Nobody read anything meanwhile: the patience begins again, and a line whose alarm stands is down until its driver says otherwise.
      this.#lines.set(id, { since, told: stands, back: isInstant(back) && !stands ? at : undefined, heard: false })
    }
    for (const id of this.#watched.keys()) {
      const alarm = this.#alarmOf(ownRuleId('connection', id))
      if (alarm?.active && !this.#lines.has(id))
        this.#lines.set(id, { since: alarm.since, told: true, back: undefined, heard: false })
    }
  }

  /** What is kept quiet is said again: the desk remembers it only of rules that have an alarm. */
  begin(): Following {
    const suppress = [...this.#lines].flatMap(([id, { told, back }]) => (told || back !== undefined ? [this.#keepQuiet(id)] : []))
    return { suppress }
  }

  /** Whether the rule is kept quiet by its connection. */
  keeps(rule: RuleId): boolean {
    return this.#kept.get(this.#lineOf.get(rule) ?? '')?.has(rule) ?? false
  }

  heard({ kind, alarm }: AlarmEvent): Following {
    if (kind === 'alarm.raised') {
      const own = ownOf(alarm.rule)
      return own?.kind === 'connection' && this.#lines.has(own.name) ? { suppress: [this.#keepQuiet(own.name)] } : noFollowing
    }
    if (kind !== 'alarm.cleared') return noFollowing
    const id = this.#lineOf.get(alarm.rule)
    const kept = id === undefined ? undefined : this.#kept.get(id)
    if (id === undefined || this.#lines.get(id)?.back === undefined || !kept?.delete(alarm.rule)) return noFollowing
    return { release: [{ rules: [alarm.rule], cause: causeOf(id) }] }
  }

  noted({ kind, at, about: id = '' }: Passing): Following {
    const line = this.#lines.get(id)
    if (kind === 'link.down' && this.#watched.has(id)) {
      // Gone again before it was back for good: the alarm stands, and children that were let go are called back.
      if (line?.told) return { ...this.#set(id, { ...line, back: undefined, heard: true }), suppress: [this.#keepQuiet(id)] }
      const since = line && line.back === undefined ? line.since : at
      // Quiet at once: the most impatient of them would speak before the minute is over.
      return { ...this.#set(id, { since, told: false, back: undefined, heard: true }), suppress: [this.#keepQuiet(id)] }
    }
    if (kind !== 'link.up' || !line) return noFollowing
    if (!line.told && !this.#kept.has(id)) return this.#forget(id)
    return this.#set(id, { ...line, back: at, heard: true })
  }

  nextWake(): Instant | undefined {
    let next: Instant | undefined
    for (const [id, line] of this.#lines) {
      const due = this.#dueOf(id, line)
      if (due !== undefined && (next === undefined || due < next)) next = due
    }
    return next
  }

  wake(at: Instant): readonly Following[] {
    return [...this.#lines].flatMap(([id, line]) => {
      const due = this.#dueOf(id, line)
      return due === undefined || due > at ? [] : [this.#ring(id, line, at)]
    })
  }

  /** The clock was set: what is left of each length stays. */
  clockSet(by: number): void {
    for (const [id, line] of this.#lines) {
      const moved = (when: Instant): Instant => after(when, by as Millis)
      this.#lines.set(id, { ...line, since: moved(line.since), back: line.back === undefined ? undefined : moved(line.back) })
    }
  }

  #dueOf(id: string, { since, told, back, heard }: Line): Instant | undefined {
    if (back === undefined) return told || !heard ? undefined : after(since, hiccup)
    return after(back, told ? hiccup : patience)
  }

  #ring(id: string, line: Line, at: Instant): Following {
    const rule = ownRuleId('connection', id)
    if (line.back === undefined) {
      const transition = {
        what: 'raised',
        at,
        since: line.since,
        because: unread(this.#watched.get(id)?.equipment ?? 0),
      } as const
      return { ...this.#set(id, { ...line, told: true }), own: [{ rule, transition }] }
    }
    if (line.told) return { ...this.#set(id, { ...line, told: false }), own: [{ rule, transition: { what: 'cleared', at } }] }
    const rules = [...(this.#kept.get(id) ?? [])]
    this.#kept.delete(id)
    return { ...this.#forget(id), ...(rules.length > 0 ? { release: [{ rules, cause: causeOf(id) }] } : {}) }
  }

  /** Its children, but for those whose own alarm stood before: that silence has another reason. */
  #keepQuiet(id: string): { readonly rules: readonly RuleId[]; readonly cause: Cause } {
    const { since } = this.#lines.get(id) as Line
    const alarm = this.#alarmOf(ownRuleId('connection', id))
    const kept = this.#kept.get(id) ?? new Set()
    this.#kept.set(id, kept)
    for (const rule of this.#watched.get(id)?.children ?? []) {
      const own = this.#alarmOf(rule)
      // A line is found to be down a moment after it went: a silence of just before is its own.
      const stoodBefore = own?.active === true && own.state !== 'suppressed' && after(own.since, patience) < since
      if (!stoodBefore) kept.add(rule)
    }
    return { rules: [...kept], cause: { ...causeOf(id), ...(alarm ? { alarm: alarm.id } : {}) } }
  }

  #isTold(id: string): boolean {
    return this.#alarmOf(ownRuleId('connection', id))?.active === true
  }

  #set(id: string, line: Line): Following {
    this.#lines.set(id, line)
    const { since, told, back } = line
    return { checkpoints: [{ key: `${prefix}${id}`, value: { since, told, ...(back === undefined ? {} : { back }) } }] }
  }

  #forget(id: string): Following {
    this.#lines.delete(id)
    return { checkpoints: [{ key: `${prefix}${id}`, value: undefined }] }
  }
}

const causeOf = (id: string): Pick<Cause, 'kind' | 'name'> => ({ kind: 'connection', name: id })

const unread = (count: number): Words => ({
  zh: `${count} 台设备读不到`,
  en: count === 1 ? '1 piece of equipment cannot be read' : `${count} pieces of equipment cannot be read`,
})
