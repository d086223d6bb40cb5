import type { PointId } from '../../protocols/contract/reading.ts'
import { millis } from '../../protocols/contract/time.ts'
import type { Millis } from '../../protocols/contract/time.ts'
import type { Configuration } from '../site/configuration.ts'
import type { Equipment, Point } from '../site/site.ts'
import type { LogQuestion } from './question.ts'
import type { LogSource } from './source.ts'

/**
 * Points that had limits in the period and that the site no longer has: a cabinet that was scrapped since belongs into the log of its last
 * month. Their names are lost with the site file; their ids, limits and readings are not.
 */
export function retiredPoints(
  { site, configurations }: LogSource,
  { from, to, equipment, areas }: LogQuestion,
  wants: (point: Configuration['points'][number]) => boolean,
): readonly (readonly [Equipment, Point])[] {
  const here = new Set<string>(site.points.map(({ id }) => id))
  const found = new Map<string, readonly [Equipment, Point]>()
  for (const { configuration } of configurations.between(from, to))
    for (const point of configuration.points) {
      const of = configuration.equipment.find(({ id }) => point.id.startsWith(`${id}.`))
      const isAsked =
        (equipment.length === 0 && areas.length === 0) || (of && (equipment.includes(of.id) || areas.includes(of.area)))
      if (of && isAsked && !here.has(point.id) && wants(point))
        found.set(point.id, [equipmentOf(site.equipment, of), pointOf(of, point)])
    }
  return [...found.values()]
}

/** Equipment that is still there but has lost the point keeps its name. */
function equipmentOf(known: readonly Equipment[], { id, type, area, facts }: Configuration['equipment'][number]): Equipment {
  const still = known.find(one => one.id === id)
  if (still) return still
  const typeName = known.find(one => one.type === type)?.typeName ?? { zh: type, en: type }
  return {
    id,
    name: { zh: `${id}（${typeName.zh}，已撤出）`, en: `${id} (${typeName.en}, no longer here)` },
    area,
    type,
    typeName,
    icon: 'sensor',
    connection: '',
    points: [],
    mainPoint: `${id}.` as PointId,
    clauses: [],
    facts,
    device: {},
  }
}

function pointOf(
  { id: equipment }: Configuration['equipment'][number],
  { id, unit, limits, staleAfter }: Configuration['points'][number],
): Point {
  const key = id.slice(equipment.length + 1)
  return {
    id: id as PointId,
    key,
    name: { zh: key, en: key },
    equipment,
    kind: 'measurement',
    unit,
    decimals: 1,
    range: { min: limits.min ?? 0, max: limits.max ?? 0 },
    labels: new Map(),
    limits,
    staleAfter: staleAfter as Millis,
    lateness: millis(0),
    connection: '',
    binding: {},
  }
}
