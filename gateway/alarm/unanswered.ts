import type { PointId, Reading } from '../../protocols/contract/reading.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { Rule, RuleId } from '../policy/rule.ts'
import type { Alarm } from './alarm.ts'

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
 * for the equipment itself, `area-alarm:` for its area, `site-alarm:` for the whole site, each also as `-high`. Alarms of rules that
 * watch such a point are not counted: an escalation must not feed itself.
 */
export class Unanswered {
  readonly #rules: ReadonlyMap<RuleId, { readonly equipment: string; readonly escalates: boolean }>
  readonly #watched: readonly Watched[]
  readonly #areaOf: (equipment: string) => string | undefined
  readonly #said = new Map<PointId, number>()

  constructor(rules: readonly Rule[], areaOf: (equipment: string) => string | undefined) {
    this.#areaOf = areaOf
    const pointsOf = (rule: Rule): readonly PointId[] => rule.inputs?.map(({ point }) => point) ?? [rule.point]
    this.#rules = new Map(
      rules.map(rule => [rule.id, { equipment: rule.equipment, escalates: pointsOf(rule).some(point => pattern.test(point)) }]),
    )
    const points = new Set(rules.flatMap(pointsOf))
    this.#watched = [...points].flatMap(point => {
      const [, equipment, scope, high] = pattern.exec(point) ?? []
      return equipment ? [{ point, scope: scope as Scope, equipment, high: high !== undefined }] : []
    })
  }

  /** What has changed since the last call, for the evaluator. */
  readings(open: readonly Alarm[], at: Instant): readonly Reading[] {
    if (this.#watched.length === 0) return []
    const waiting = open.filter(
      alarm =>
        (alarm.state === 'unacknowledged' || alarm.state === 'returned-unacknowledged') &&
        !this.#rules.get(alarm.rule)?.escalates,
    )
    return this.#watched.flatMap(watched => {
      const value = waiting.filter(alarm => this.#counts(watched, alarm)).length
      if (this.#said.get(watched.point) === value) return []
      this.#said.set(watched.point, value)
      return [{ point: watched.point, at, receivedAt: at, value, quality: 'good' as const }]
    })
  }

  #counts({ scope, equipment, high }: Watched, alarm: Alarm): boolean {
    const of = this.#rules.get(alarm.rule)?.equipment
    if (high && alarm.priority !== 'high') return false
    if (of === undefined) return scope === 'site-alarm'
    if (scope === 'site-alarm') return true
    return scope === 'alarm' ? of === equipment : this.#areaOf(of) === this.#areaOf(equipment)
  }
}
