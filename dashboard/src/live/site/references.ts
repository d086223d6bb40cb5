/** What in the site file refers to a thing, so that nothing is taken out from under something else. Pure. */
import { mappingOf, valueAt } from './draft.ts'
import type { Path } from './draft.ts'

export type Kind = 'area' | 'equipment' | 'person' | 'roster' | 'channel'

export interface Reference {
  readonly kind: 'equipment' | 'roster' | 'role' | 'cell' | 'route' | 'person' | 'rule'
  /** What refers: the id of a piece of equipment, of a roster; the number of a route. */
  readonly id: string
}

/** Places that hold the id of one of a kind; `*` stands for every key or item. */
const places: Readonly<Record<Kind, readonly (readonly [Reference['kind'], number, Path])[]>> = {
  area: [
    ['cell', 2, ['duty', 'cells', '*', 'areas', '*']],
    ['route', 2, ['duty', 'routes', '*', 'areas', '*']],
  ],
  equipment: [['route', 2, ['duty', 'routes', '*', 'equipment', '*']]],
  person: [
    ['roster', 2, ['duty', 'rosters', '*', 'rotation', '*', '*']],
    ['roster', 2, ['duty', 'rosters', '*', 'nonWorking', 'rotation', '*', '*']],
    ['roster', 2, ['duty', 'rosters', '*', 'swaps', '*', 'person']],
    ['role', 2, ['duty', 'roles', '*']],
    ['role', 2, ['duty', 'roles', '*', '*']],
    ['cell', 2, ['duty', 'cells', '*', 'head']],
    ['cell', 2, ['duty', 'cells', '*', 'above']],
    ['route', 2, ['duty', 'routes', '*', 'tell']],
    ['route', 2, ['duty', 'routes', '*', 'tell', '*']],
  ],
  roster: [
    ['role', 2, ['duty', 'roles', '*']],
    ['role', 2, ['duty', 'roles', '*', '*']],
    ['cell', 2, ['duty', 'cells', '*', 'head']],
    ['cell', 2, ['duty', 'cells', '*', 'above']],
    ['route', 2, ['duty', 'routes', '*', 'tell']],
    ['route', 2, ['duty', 'routes', '*', 'tell', '*']],
  ],
  channel: [
    ['person', 1, ['people', '*', 'channels', '*']],
    ['route', 2, ['duty', 'routes', '*', 'channels', '*']],
  ],
}

/** Each thing once that refers to the one of that kind and id. */
export function referencesTo(site: unknown, kind: Kind, id: string): readonly Reference[] {
  const found = places[kind].flatMap(([by, depth, pattern]) =>
    matches(site, pattern)
      .filter(({ value }) => value === id)
      .map(({ path }): Reference => ({ kind: by, id: path[depth] ?? '' })),
  )
  const more = kind === 'area' ? equipmentIn(site, id) : kind === 'equipment' ? rulesReading(site, id) : []
  const seen = new Set<string>()
  return [...found, ...more].filter(({ kind: by, id: own }) => {
    const key = `${by} ${own}`
    return seen.has(key) ? false : seen.add(key)
  })
}

const equipmentIn = (site: unknown, area: string): readonly Reference[] =>
  Object.keys(mappingOf(valueAt(site, ['areas', area, 'equipment']))).map(id => ({ kind: 'equipment', id }))

/** Rules of other equipment that read a point of this one. */
function rulesReading(site: unknown, equipment: string): readonly Reference[] {
  return matches(site, ['areas', '*', 'equipment', '*', 'rules', '*', 'reads', '*']).flatMap(({ path, value }) =>
    typeof value === 'string' && value.startsWith(`${equipment}.`) && path[3] !== equipment
      ? [{ kind: 'rule' as const, id: `${path[3] ?? ''}.${path[5] ?? ''}` }]
      : [],
  )
}

interface Match {
  readonly path: Path
  readonly value: unknown
}

function matches(value: unknown, pattern: Path, path: Path = []): readonly Match[] {
  const [key, ...rest] = pattern
  if (key === undefined) return [{ path, value }]
  if (typeof value !== 'object' || value === null) return []
  const entries = Object.entries(value).filter(([name]) => key === '*' || key === name)
  return entries.flatMap(([name, held]) => matches(held, rest, [...path, name]))
}
