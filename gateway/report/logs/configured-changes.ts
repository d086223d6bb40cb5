import type { Words } from '../../../protocols/contract/driver.ts'
import { instant } from '../../../protocols/contract/time.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import type { Entry } from '../../journal/entry.ts'
import { configuredKind } from '../../site/configuration.ts'
import type { Configuration } from '../../site/configuration.ts'
import type { Desk } from './paper.ts'
import { both, say } from './cells.ts'

/** One thing that is configured otherwise than before. */
export interface Change {
  readonly at: Instant
  readonly by: string
  readonly subject: Words
  readonly what: Words
  readonly old: string | null
  readonly now: string | null
  readonly unit: string
  readonly basis: Words | null
  readonly entries: readonly number[]
}

/** Every difference between one configuration and the next, for those that took effect in the period. */
export function* changesOf({ source, question, names }: Desk): Generator<Change> {
  let before: { readonly seq: number; readonly configuration: Configuration } | undefined
  for (const entry of source.past.entries([configuredKind], instant(-8e15), question.to)) {
    const configuration = configurationIn(entry)
    if (!configuration) continue
    if (entry.at >= question.from) {
      const entries = before ? [before.seq, entry.seq] : [entry.seq]
      const made = { at: entry.at, by: entry.by, entries }
      const isWanted = (equipment: string): boolean => names.wants(equipment)
      for (const change of before ? differences(before.configuration, configuration, isWanted) : beginning(configuration))
        yield { ...made, ...change, subject: subjectOf(source, change.subject) }
    }
    before = { seq: entry.seq, configuration }
  }
}

type Bare = Omit<Change, 'at' | 'by' | 'entries' | 'subject'> & { readonly subject: string }

const bare = (
  subject: string,
  what: Words,
  old: string | null,
  now: string | null,
  unit = '',
  basis: Words | null = null,
): Bare => ({
  subject,
  what,
  old,
  now,
  unit,
  basis,
})

function beginning({ digest, points, equipment }: Configuration): readonly Bare[] {
  const limited = points.filter(({ limits }) => limits.min !== undefined || limits.max !== undefined).length
  const text = `${equipment.length} / ${points.length} / ${limited}`
  return [
    bare(
      '',
      say('首次配置：设备 / 测点 / 有限值的测点', 'first configuration: equipment / points / points with limits'),
      null,
      text,
    ),
    bare('', say('现场文件摘要', 'digest of the site file'), null, digest.slice(0, 16)),
  ]
}

/** Policies, then limits, then what came and went, then facts: as an inspector asks. */
export function* differences(
  old: Configuration,
  now: Configuration,
  isWanted: (equipment: string) => boolean = () => true,
): Generator<Bare> {
  yield* policies(old, now)
  const [before, after] = [byId(old.points), byId(now.points)]
  for (const [id, point] of after) {
    const was = before.get(id)
    if (!isWanted(equipmentOf(id))) continue
    if (!was) yield bare(id, say('新增测点', 'point added'), null, limitText(point.limits), point.unit)
    else {
      for (const side of ['max', 'min'] as const)
        if (was.limits[side] !== point.limits[side])
          yield bare(
            id,
            sides[side],
            numberText(was.limits[side]),
            numberText(point.limits[side]),
            point.unit,
            basisOf(point, side),
          )
      if (was.unit !== point.unit) yield bare(id, say('单位', 'unit'), was.unit, point.unit)
      if (was.staleAfter !== point.staleAfter)
        yield bare(
          id,
          say('多久没有读数算失联（分）', 'silent after (min)'),
          String(was.staleAfter / 60_000),
          String(point.staleAfter / 60_000),
        )
      yield* sources(id, was, point)
    }
  }
  for (const [id, point] of before)
    if (!after.has(id) && isWanted(equipmentOf(id)))
      yield bare(id, say('删除测点', 'point removed'), limitText(point.limits), null, point.unit)
  yield* facts(old, now, isWanted)
}

function* policies(old: Configuration, now: Configuration): Generator<Bare> {
  const [before, after] = [byId(old.policies), byId(now.policies)]
  for (const id of new Set([...before.keys(), ...after.keys()])) {
    const [was, is] = [before.get(id)?.version ?? null, after.get(id)?.version ?? null]
    if (was !== is) yield bare('', say(`规程 ${id} 版本`, `version of policy ${id}`), was, is)
  }
}

type Point = Configuration['points'][number]

/** The same number, under another clause, basis or version. */
function* sources(id: string, was: Point, now: Point): Generator<Bare> {
  for (const side of ['max', 'min'] as const) {
    const [a, b] = [was, now].map(point => point.sources.find(source => source.side === side))
    if (!a || !b || was.limits[side] !== now.limits[side] || (a.clause === b.clause && a.basis.source.zh === b.basis.source.zh))
      continue
    const what = say(`${sides[side].zh}的依据`, `basis of the ${sides[side].en}`)
    yield bare(id, what, `${a.clause} ${a.basis.source.zh}`, `${b.clause} ${b.basis.source.zh}`)
  }
}

function* facts(old: Configuration, now: Configuration, isWanted: (equipment: string) => boolean): Generator<Bare> {
  const [before, after] = [byId(old.equipment), byId(now.equipment)]
  for (const id of new Set([...before.keys(), ...after.keys()])) {
    const [was, is] = [before.get(id), after.get(id)]
    if (!isWanted(id)) continue
    if (!was) yield bare(id, say('新增设备', 'equipment added'), null, is?.type ?? null)
    else if (!is) yield bare(id, say('删除设备', 'equipment removed'), was.type, null)
    else {
      if (was.type !== is.type) yield bare(id, say('设备类型', 'type'), was.type, is.type)
      if (was.area !== is.area) yield bare(id, say('区域', 'area'), was.area, is.area)
      for (const key of new Set([...Object.keys(was.facts), ...Object.keys(is.facts)]))
        if (was.facts[key] !== is.facts[key])
          yield bare(id, say(`资料 ${key}`, `fact ${key}`), factText(was.facts[key]), factText(is.facts[key]))
    }
  }
}

const sides = { max: say('上限', 'upper limit'), min: say('下限', 'lower limit') } as const
const byId = <T extends { readonly id: string }>(items: readonly T[]): ReadonlyMap<string, T> =>
  new Map(items.map(item => [item.id, item]))
const equipmentOf = (point: string): string => point.split('.')[0] ?? ''
const numberText = (value: number | undefined): string | null => (value === undefined ? null : String(value))
const factText = (value: unknown): string | null => (value === undefined ? null : String(value))
const limitText = ({ min, max }: Point['limits']): string | null =>
  min === undefined && max === undefined ? null : `${min ?? ''} … ${max ?? ''}`.trim()

function basisOf({ sources: all }: Point, side: 'min' | 'max'): Words | null {
  const source = all.find(one => one.side === side)
  if (!source) return null
  const { clause, basis, policy } = source
  const version = `${policy.id} ${policy.version}`
  return say(`${clause}：${basis.source.zh}；${version}`, `${clause}: ${basis.source.en}; ${version}`)
}

function subjectOf({ site }: Desk['source'], id: string): Words {
  if (id === '') return say('全现场', 'the site')
  const point = site.points.find(one => one.id === id)
  const equipment = site.equipment.find(one => one.id === (point?.equipment ?? id))
  if (!equipment) return both(id)
  return point ? say(`${equipment.name.zh} · ${point.name.zh}`, `${equipment.name.en} · ${point.name.en}`) : equipment.name
}

function configurationIn({ data }: Entry): Configuration | undefined {
  const { points, equipment, policies: packs } = data
  return Array.isArray(points) && Array.isArray(equipment) && Array.isArray(packs)
    ? (data as unknown as Configuration)
    : undefined
}
