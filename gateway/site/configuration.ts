import type { PointId } from '../../protocols/contract/reading.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { Basis, Rule } from '../policy/rule.ts'
import type { Entry } from '../journal/entry.ts'
import type { Point, Site } from './site.ts'

/** A limit of one point as it was in force: the record's, not the alarm's. */
export interface PointLimit {
  readonly side: 'min' | 'max'
  readonly value: number
  readonly clause: string
  readonly basis: Basis
  readonly policy: Rule['policy']
}

/** The site as evidence has it: written into the journal (`site.configured`) whenever it is not what it was. JSON. */
export interface Configuration {
  readonly digest: string
  readonly policies: readonly { readonly id: string; readonly version: string; readonly effective?: string }[]
  readonly equipment: readonly {
    readonly id: string
    readonly type: string
    readonly area: string
    readonly facts: Readonly<Record<string, string | number | boolean>>
  }[]
  readonly points: readonly {
    readonly id: string
    readonly unit: string
    readonly staleAfter: number
    readonly limits: { readonly min?: number; readonly max?: number }
    /** Where each side comes from; a side that a type or the site states has none. */
    readonly sources: readonly PointLimit[]
  }[]
}

export const configuredKind = 'site.configured'

/** What of a site judges and names the records. */
export function configurationOf(site: Site): Configuration {
  const rulesAt = Map.groupBy(site.rules, rule => rule.point)
  return {
    digest: site.digest,
    policies: site.policies.map(({ id, version, effective }) => ({
      id,
      version,
      ...(effective === undefined ? {} : { effective }),
    })),
    equipment: site.equipment.map(({ id, type, area, facts }) => ({ id, type, area, facts })),
    points: site.points.map(point => ({
      id: point.id,
      unit: point.unit,
      staleAfter: point.staleAfter,
      limits: point.limits,
      sources: (['min', 'max'] as const).flatMap(side => sourceOf(point, side, rulesAt.get(point.id) ?? []) ?? []),
    })),
  }
}

/** The rule at the point whose number it is; of several the most urgent citation: house rule, standard, design. */
function sourceOf(point: Point, side: 'min' | 'max', rules: readonly Rule[]): PointLimit | undefined {
  const value = point.limits[side]
  if (value === undefined) return undefined
  const weight = ({ kind }: Basis): number => ['house-rule', 'standard', 'design'].indexOf(kind)
  const own = rules.filter(rule => rule.limitBasis && sideOf(rule) === side && numberOf(rule) === value)
  const [first] = own.toSorted((a, b) => weight(a.limitBasis as Basis) - weight(b.limitBasis as Basis))
  if (!first?.limitBasis) return undefined
  return { side, value, clause: first.clause, basis: first.limitBasis, policy: first.policy }
}

const sideOf = ({ limit, settings }: Rule): 'min' | 'max' => (String(limit?.op ?? settings['op']).startsWith('g') ? 'max' : 'min')
const numberOf = ({ limit, settings }: Rule): unknown => limit?.value ?? settings['value']

/** What was configured when, as the journal has it. */
export class Configurations {
  readonly #known: readonly { readonly from: Instant; readonly configuration: Configuration }[]

  /** Of entries in the order in which they were written. */
  constructor(entries: Iterable<Pick<Entry, 'at' | 'data'>>) {
    const known: { from: Instant; configuration: Configuration }[] = []
    for (const { at, data } of entries) if (isConfiguration(data)) known.push({ from: at, configuration: data })
    this.#known = known
  }

  /** The configurations that were in force from `from` until before `to`, each with its time; before the first one nothing is known. */
  between(
    from: Instant,
    to: Instant,
  ): readonly { readonly from: Instant; readonly to: Instant; readonly configuration: Configuration }[] {
    return this.#known.flatMap(({ from: start, configuration }, index) => {
      const end = this.#known[index + 1]?.from ?? to
      const [first, last] = [Math.max(start, from), Math.min(end, to)]
      return first < last ? [{ from: first as Instant, to: last as Instant, configuration }] : []
    })
  }

  /** The limits of a point over a period, each with its time. */
  limitsOf(point: PointId, from: Instant, to: Instant) {
    return this.between(from, to).flatMap(({ configuration, ...when }) => {
      const found = configuration.points.find(({ id }) => id === point)
      return found ? [{ ...when, limits: found.limits, sources: found.sources, policies: configuration.policies }] : []
    })
  }
}

const isConfiguration = (data: unknown): data is Configuration =>
  typeof data === 'object' && data !== null && 'points' in data && Array.isArray(data.points) && 'digest' in data
