import type { LimitSpec } from '../policy/kinds/limit.ts'
import { priorities } from '../policy/rule.ts'
import type { Wired } from './equipment.ts'
import { below } from './reader.ts'
import type { Report } from './report.ts'
import { isUpper, limitOf } from './overlays.ts'
import type { Laid } from './rules.ts'
import type { Point } from './site.ts'

interface Bound {
  readonly limit: LimitSpec
  readonly house: boolean
  readonly level: number
}

/**
 * The band a point is judged against for the record: per side the tightest number that a house rule or a standard gives, else what
 * our design gives, else what the site or the type says. A site's overlay moves it, but never past the number of a house rule:
 * that one weakens the alarm, with a reason, and not the record. `laid` are the rules of this point.
 */
export function recordLimits(report: Report, wired: Wired, laid: readonly Laid[]): Point['limits'] {
  const bounds = laid.flatMap(boundsOf)
  const stated = wired.point.limits
  const [min, max] = [tightest(bounds, false), tightest(bounds, true)]
  const own = below(wired.item, 'limits')
  const loose = {
    min: own !== undefined && min?.house === true && below(own, 'min') !== undefined && (stated.min ?? 0) < min.limit.value,
    max: own !== undefined && max?.house === true && below(own, 'max') !== undefined && (stated.max ?? 0) > max.limit.value,
  }
  for (const side of ['min', 'max'] as const) {
    const bound = side === 'min' ? min : max
    const item = own && below(own, side)
    if (!loose[side] || !bound || !item) continue
    report.error(item, {
      code: 'limit-weakened',
      wrong: {
        zh: `制度规定是 ${bound.limit.value}，记录不能按更宽的判`,
        en: `the house rule says ${bound.limit.value}: the record is not judged by a weaker limit`,
      },
      write: { zh: `写 \`${side}: ${bound.limit.value}\`，或更严`, en: `write \`${side}: ${bound.limit.value}\` or stricter` },
    })
  }
  const lower = own && below(own, 'min') && !loose.min ? stated.min : (min?.limit.value ?? stated.min)
  const upper = own && below(own, 'max') && !loose.max ? stated.max : (max?.limit.value ?? stated.max)
  return { ...(lower !== undefined && { min: lower }), ...(upper !== undefined && { max: upper }) }
}

function boundsOf({ rule, shipped, wired }: Laid): readonly Bound[] {
  // A band is drawn for quantities; an open door is a word, not a limit.
  if (wired.point.kind === 'contact' || wired.point.kind === 'state') return []
  // What is forbidden only at night, or only of most members, is no band of the point.
  if (shipped.kind !== 'limit') return []
  const house = shipped.limitBasis?.kind === 'house-rule'
  const cited = house || shipped.limitBasis?.kind === 'standard'
  const level = priorities.indexOf(shipped.priority) + (cited ? 0 : priorities.length)
  const written = house ? limitOf(shipped.spec) : undefined
  const running = rule && limitOf(rule.spec)
  return [written, running].flatMap(limit => (limit ? [{ limit, house: house && limit === written, level }] : []))
}

function tightest(bounds: readonly Bound[], upper: boolean): Bound | undefined {
  const side = bounds.filter(bound => isUpper(bound.limit) === upper)
  // Cited numbers go before design, and of several cited the tightest counts; of design ones the first level.
  const cited = side.filter(bound => bound.level < priorities.length)
  const from = cited.length > 0 ? cited : side
  return from.toSorted((a, b) => (upper ? a.limit.value - b.limit.value : b.limit.value - a.limit.value))[0]
}
