import type { PointId, Reading } from '../../protocols/contract/reading.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { Rule, RuleId } from '../policy/rule.ts'
import { waitingStates } from './alarm.ts'
import type { Alarm, AlarmId } from './alarm.ts'

type Scope = 'alarm' | 'area-alarm' | 'site-alarm'

interface Watched {
  readonly point: PointId
  readonly scope: Scope
  readonly equipment: string
  readonly high: boolean
}

const pattern = /^(.+)\.(alarm|area-alarm|site-alarm):unanswered(-high)?$/

/**
 * How many alarms nobody has answered, as readings of the virtual points that rules of escalation watch: `EQUIPMENT.alarm:unanswered`
 * for the equipment itself, `area-alarm:` for its area, `site-alarm:` for the whole site, each also as `-high`. What has returned and
 * what is latched waits as well; what is shelved, suppressed or out of service does not. Alarms of rules that watch such a point are
 * not counted: an escalation must not feed itself.
 */
export class Unanswered {
  readonly #rules: ReadonlyMap<RuleId, { readonly equipment: string; readonly escalates: readonly Watched[] }>
  readonly #watched: readonly Watched[]
  readonly #areaOf: (equipment: string) => string | undefined
  readonly #said = new Map<PointId, number>()
  /** Of the list that was looked at last, what counts where: one list is asked about for each of its alarms. */
  #placed: { readonly open: readonly Alarm[]; readonly at: ReadonlyMap<string, readonly AlarmId[]> } | undefined

  constructor(rules: readonly Rule[], areaOf: (equipment: string) => string | undefined) {
    this.#areaOf = areaOf
    const watchedBy = (rule: Rule): readonly Watched[] =>
      (rule.inputs?.map(({ point }) => point) ?? [rule.point]).flatMap(point => watchedAt(point) ?? [])
    this.#rules = new Map(rules.map(rule => [rule.id, { equipment: rule.equipment, escalates: watchedBy(rule) }]))
    const all = [...this.#rules.values()].flatMap(({ escalates }) => escalates)
    this.#watched = [...new Map(all.map(watched => [watched.point, watched])).values()]
  }

  /** What has changed since the last call, for the evaluator. */
  readings(open: readonly Alarm[], at: Instant): readonly Reading[] {
    if (this.#watched.length === 0) return []
    const counted = this.#placesIn(open)
    return this.#watched.flatMap(watched => {
      const value = counted.get(this.#placeOf(watched))?.length ?? 0
      if (this.#said.get(watched.point) === value) return []
      this.#said.set(watched.point, value)
      return [{ point: watched.point, at, receivedAt: at, value, quality: 'good' as const }]
    })
  }

  /** The alarms that a rule of escalation speaks of now; none for any other rule. */
  about(rule: RuleId, open: readonly Alarm[]): readonly AlarmId[] {
    const places = (this.#rules.get(rule)?.escalates ?? []).map(watched => this.#placeOf(watched))
    if (places.length === 0) return []
    const counted = this.#placesIn(open)
    const [first = [], ...others] = places.map(place => counted.get(place) ?? [])
    if (others.length === 0) return first
    const wanted = new Set([first, ...others].flat())
    return open.flatMap(({ id }) => (wanted.has(id) ? [id] : []))
  }

  #placesIn(open: readonly Alarm[]): ReadonlyMap<string, readonly AlarmId[]> {
    if (this.#placed?.open === open) return this.#placed.at
    const at = new Map<string, AlarmId[]>()
    for (const alarm of open) {
      for (const place of this.#placesOf(alarm)) {
        const known = at.get(place)
        if (known) known.push(alarm.id)
        else at.set(place, [alarm.id])
      }
    }
    this.#placed = { open, at }
    return at
  }

  #placeOf({ scope, equipment, high }: Watched): string {
    const where = scope === 'alarm' ? `at ${equipment}` : scope === 'area-alarm' ? `in ${this.#areaOf(equipment) ?? ''}` : 'site'
    return high ? `${where}, high` : where
  }

  /** Where an alarm counts; nowhere when somebody has seen it, or nobody is to be called. */
  #placesOf({ state, rule, priority }: Alarm): readonly string[] {
    const { equipment, escalates = [] } = this.#rules.get(rule) ?? {}
    if (!waitingStates.has(state) || escalates.length > 0) return []
    const places = ['site', ...(equipment === undefined ? [] : [`at ${equipment}`, `in ${this.#areaOf(equipment) ?? ''}`])]
    return priority === 'high' ? [...places, ...places.map(place => `${place}, high`)] : places
  }
}

function watchedAt(point: PointId): Watched | undefined {
  const [, equipment, scope, high] = pattern.exec(point) ?? []
  return equipment ? { point, scope: scope as Scope, equipment, high: high !== undefined } : undefined
}
