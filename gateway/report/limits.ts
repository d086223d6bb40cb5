import type { Instant } from '../../protocols/contract/time.ts'
import type { PointId } from '../../protocols/contract/reading.ts'
import type { Point } from '../site/site.ts'
import type { LogLimit } from './document.ts'
import type { LimitStretch } from './figures.ts'
import type { LogSource } from './source.ts'

/** What was allowed at a point over a period. */
export interface LimitsOver {
  /** For judging: in order, with holes where the point had no limits. */
  readonly stretches: readonly LimitStretch[]
  /** For the head: each number once with its basis, from when to when. */
  readonly told: readonly LogLimit[]
  /** Until then nobody wrote down what was valid: the next known is taken. */
  readonly assumedUntil?: Instant
}

/** The limits as they were valid, from the configurations in the journal; never those of today for a time of which others are known. */
export function limitsOver(source: LogSource, point: Point, from: Instant, to: Instant): LimitsOver {
  const { site, configurations } = source
  const known = configurations.limitsOf(point.id, from, to)
  const first = configurations.limitsOf(point.id, from, farthest)[0]
  const begin = known[0]?.from ?? to
  const isAssumed = begin > from && isUnknownBefore(source, begin, from)
  const assumed = isAssumed
    ? [
        {
          from,
          to: begin,
          limits: first?.limits ?? point.limits,
          sources: first?.sources ?? sourcesNow(source, point),
          policies: site.policies,
        },
      ]
    : []
  const all = [...assumed, ...known].filter(stretch => stretch.from < stretch.to)
  return {
    stretches: all.map(({ from: start, to: end, limits }) => ({ from: start, to: end, limits })),
    told: bandsOf((['min', 'max'] as const).flatMap(side => toldOf(source, point, side, all, { from, to }))),
    ...(isAssumed && { assumedUntil: begin }),
  }
}

const farthest = 8e15 as Instant

/** Whether there is no configuration at all before: one that does not have the point says that it had no limits. */
const isUnknownBefore = ({ configurations }: LogSource, begin: Instant, from: Instant): boolean =>
  configurations.between(from, begin)[0]?.from !== from

interface Known {
  readonly from: Instant
  readonly to: Instant
  readonly limits: { readonly min?: number; readonly max?: number }
  readonly sources: readonly Pick<LogLimit, 'clause' | 'basis' | 'policy'>[] | readonly Sourced[]
}
interface Sourced extends Pick<LogLimit, 'clause' | 'basis' | 'policy'> {
  readonly side: 'min' | 'max'
}

function toldOf(
  { site }: LogSource,
  point: Point,
  side: 'min' | 'max',
  known: readonly Known[],
  period: { readonly from: Instant; readonly to: Instant },
): LogLimit[] {
  const told: { limit: LogLimit; from: Instant; to: Instant }[] = []
  for (const { from, to, limits, sources } of known) {
    const value = limits[side]
    if (value === undefined) continue
    const cited = (sources as readonly Sourced[]).find(one => one.side === side) ?? statedBySite
    const limit = {
      equipment: site.equipment.find(({ id }) => id === point.equipment)?.name ?? { zh: point.equipment, en: point.equipment },
      point: point.name,
      [side]: value,
      unit: point.unit,
      clause: cited.clause,
      title: site.clauses.get(cited.clause)?.title ?? { zh: cited.clause, en: cited.clause },
      basis: cited.basis,
      policy: cited.policy,
    }
    const before = told.at(-1)
    if (before && before.to === from && JSON.stringify(before.limit) === JSON.stringify(limit)) before.to = to
    else told.push({ limit, from, to })
  }
  return told.map(({ limit, from, to }) => ({
    ...limit,
    ...(from > period.from && { from }),
    ...(to < period.to && { to }),
  }))
}

/** Two ends of one band that come from the same place stand in one line. */
export function bandsOf(limits: readonly LogLimit[]): readonly LogLimit[] {
  const bands = new Map<string, LogLimit>()
  for (const limit of limits) {
    const { min, max, ...rest } = limit
    const key = JSON.stringify(rest)
    const before = bands.get(key)
    const isOther = before !== undefined && (before.min === undefined) !== (min === undefined)
    if (isOther) bands.set(key, { ...before, ...limit })
    else bands.set(before ? `${key} ${String(min)} ${String(max)}` : key, limit)
  }
  return [...bands.values()]
}

/** A band that the type or the site file states by itself. */
const statedBySite = {
  side: 'max',
  clause: '',
  basis: { kind: 'design', source: { zh: '设备类型或现场文件写定', en: 'stated by the type or the site file' }, verified: false },
  policy: { id: '', version: '' },
} as const

/** Where today's numbers come from, for a time of which no configuration is known at all. */
function sourcesNow({ site }: LogSource, point: Point): readonly Sourced[] {
  return site.rules
    .filter(rule => rule.point === (point.id as PointId) && rule.limitBasis !== undefined)
    .flatMap(({ settings, limit, clause, limitBasis, policy }) => {
      const op = String(limit?.op ?? settings['op'] ?? '')
      const side = op.startsWith('g') ? 'max' : 'min'
      const isIt = limitBasis && point.limits[side] === (limit?.value ?? settings['value'])
      return isIt ? [{ side, clause, basis: limitBasis, policy } as const] : []
    })
}
