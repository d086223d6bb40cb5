import type { WireForecast, WireOutlook, WirePoint, WireSite } from '../../gateway/api/wire.ts'
import { valueAt } from './series.ts'

/** What the stage says of limits and of what is to come, in the very words of the wire. */
const iso = (ms: number): string => new Date(ms).toISOString()
const hour = 3_600_000

/** The freezer may be a little warmer since yesterday noon: its band has a step. */
const changed = 'freezer-1.temperature'
/** What warms: at its pace it is at its limit in 40 minutes. */
const warming = 'cold-2.temperature'

export function outlookOf(site: WireSite, point: WirePoint, from: number, to: number, now: number): WireOutlook {
  const clauses = site.equipment.find(({ id }) => id === point.equipment)?.clauses ?? []
  const cited = (id: string) => ({
    clause: id,
    clauseTitle: site.clauses.find(one => one.id === id)?.title ?? { zh: id, en: id },
  })
  const first = clauses[0] ?? ''
  const { min, max } = point.limits
  const basis = { kind: 'house-rule' as const, source: { zh: '制度规定', en: 'house rule' }, verified: true }
  const sources = (['min', 'max'] as const).flatMap(side =>
    point.limits[side] === undefined ? [] : [{ side, ...cited(first), basis }],
  )
  const middle = (from + to) / 2
  const band = { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }), sources }
  const isLimited = sources.length > 0
  const limits =
    point.id === changed
      ? [
          { from: iso(from), to: iso(middle), max: -20, sources },
          { from: iso(middle), to: iso(to), ...band },
        ]
      : isLimited
        ? [{ from: iso(from), to: iso(to), ...band }]
        : []
  const watches = clauses.map(id => ({
    rule: `${point.id}.${id}`,
    kind: 'limit',
    title: cited(id).clauseTitle,
    ...cited(id),
    priority: 'medium' as const,
    record: 'temperature',
  }))
  return { limits, watches, forecasts: point.id === warming ? [warmingOf(point, cited(first), now)] : [] }
}

function warmingOf(point: WirePoint, cited: Pick<WireForecast, 'clause' | 'clauseTitle'>, now: number): WireForecast {
  const begin = valueAt(point, now)
  const limit = point.limits.max ?? 8
  const likely = (40 / 60) * hour
  const fan = Array.from({ length: 17 }, (_, step) => {
    const t = (likely * 1.5 * step) / 16
    const mean = begin + ((limit - begin) * t) / likely
    const half = 0.15 + (1.6 * t) / likely
    return { t: iso(now + t), low: mean - half, mean, high: mean + half }
  })
  return {
    rule: `${point.id}.warming`,
    ...cited,
    op: 'gt',
    value: limit,
    confidence: 0.9,
    at: iso(now),
    heardAt: iso(now - 60_000),
    earlyAt: iso(now + 0.7 * likely),
    likelyAt: iso(now + likely),
    lateAt: iso(now + 1.5 * likely),
    fan,
  }
}
