import type { Named, Series } from '../contract/inlet.ts'
import type { NamedSeries, SentPoint } from './points.ts'

type WithSeries = SentPoint & { readonly series: NamedSeries }
const isSeries = (point: SentPoint): point is WithSeries => point.series !== undefined

/** Points of one measurement and field that name the same tags, by the values of these. */
interface Group {
  readonly tags: readonly string[]
  readonly byValues: Map<string, SentPoint>
}

/**
 * Which point is meant. A series is the point whose tags it all has; of several the one that names the most, because a point with fewer
 * tags is meant for the rest. What is not named as a series in the site file is named by ids: a tag `point`, a tag `equipment` with
 * the field as the point's key, the measurement as a point with the field `value`, or the measurement as equipment.
 */
export class SeriesIndex {
  readonly #byId: ReadonlyMap<string, SentPoint>
  readonly #groups = new Map<string, Group[]>()

  constructor(points: readonly SentPoint[]) {
    this.#byId = new Map(points.map(point => [point.point, point]))
    for (const point of points.filter(isSeries)) {
      const { tags } = point.series
      const group = this.#groupOf(point.series, [...tags.keys()].toSorted())
      group.byValues.set(valuesOf(group.tags, tags) ?? '', point)
    }
    for (const groups of this.#groups.values()) groups.sort((a, b) => b.tags.length - a.tags.length)
  }

  find(named: Named): SentPoint | undefined {
    if (named.by === 'point') return this.#byId.get(named.point)
    for (const { tags, byValues } of this.#groups.get(keyOf(named)) ?? []) {
      const values = valuesOf(tags, named.tags)
      const found = values === undefined ? undefined : byValues.get(values)
      if (found) return found
    }
    return idsOf(named)
      .map(id => this.#byId.get(id))
      .find(point => point !== undefined)
  }

  #groupOf(series: NamedSeries, tags: readonly string[]): Group {
    const key = keyOf(series)
    const groups = this.#groups.get(key) ?? []
    const known = groups.find(group => group.tags.join('\0') === tags.join('\0'))
    const group = known ?? { tags, byValues: new Map<string, SentPoint>() }
    if (!known) this.#groups.set(key, [...groups, group])
    return group
  }
}

const keyOf = ({ measurement, field }: NamedSeries): string => `${measurement}\0${field}`

function valuesOf(keys: readonly string[], tags: ReadonlyMap<string, string>): string | undefined {
  let values = ''
  for (const key of keys) {
    const value = tags.get(key)
    if (value === undefined) return undefined
    values += `${value}\0`
  }
  return values
}

/** The point ids a series may mean by itself, in their order. Who writes a tag `point` or `equipment` means nothing else. */
export function idsOf({ measurement, tags, field }: Series): readonly string[] {
  const point = tags.get('point')
  const equipment = tags.get('equipment')
  const withField = (id: string): string => (field === 'value' ? id : `${id}.${field}`)
  if (point !== undefined) return [withField(point)]
  if (equipment !== undefined) return [`${equipment}.${field}`]
  return field === 'value' ? [measurement, `${measurement}.value`] : [`${measurement}.${field}`]
}

/** Two points that one series could mean with equal right. */
export interface Clash {
  readonly point: SentPoint
  readonly other: SentPoint
  readonly how: 'same' | 'unclear'
}

/** Every point that is named like one before it, or so that some series would fit both and neither is the narrower one. */
export function clashesOf(points: readonly SentPoint[]): readonly Clash[] {
  const rivals = Map.groupBy(points.filter(isSeries), ({ series }) => keyOf(series))
  return [...rivals.values()].flatMap(clashesWithin)
}

function clashesWithin(points: readonly WithSeries[]): readonly Clash[] {
  const seen = new Map<string, { readonly tags: readonly string[]; readonly byValues: Map<string, WithSeries> }>()
  return points.flatMap((point): readonly Clash[] => {
    const tags = [...point.series.tags.keys()].toSorted()
    const shape = tags.join('\0')
    const own = seen.get(shape) ?? { tags, byValues: new Map<string, WithSeries>() }
    seen.set(shape, own)
    const values = valuesOf(tags, point.series.tags) ?? ''
    const same = own.byValues.get(values)
    if (same) return [{ point, other: same, how: 'same' }]
    own.byValues.set(values, point)
    const other = [...seen.values()]
      .filter(one => !isWithin(one.tags, tags) && !isWithin(tags, one.tags))
      .flatMap(({ byValues }) => [...byValues.values()])
      .find(before => fitTogether(point, before))
    return other ? [{ point, other, how: 'unclear' }] : []
  })
}

const isWithin = (tags: readonly string[], others: readonly string[]): boolean => tags.every(tag => others.includes(tag))

const fitTogether = (a: WithSeries, b: WithSeries): boolean =>
  [...a.series.tags].every(([tag, value]) => (b.series.tags.get(tag) ?? value) === value)
