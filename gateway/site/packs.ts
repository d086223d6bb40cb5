import type { Words } from '../../protocols/contract/driver.ts'
import { singleInput } from '../policy/kind.ts'
import type { InputShape } from '../policy/kind.ts'
import { ruleKinds } from '../policy/kinds.ts'
import { nowhere } from '../policy/place.ts'
import { priorities } from '../policy/rule.ts'
import type { Basis, Clause, Priority, Rule } from '../policy/rule.ts'
import type { EquipmentType } from './library.ts'
import { below, flag, list, mapping, number, oneOf, pairs, required, text, unknownKey, wordsOf } from './reader.ts'
import type { Item, Report } from './report.ts'
import { readSources } from './sources.ts'
import type { Source } from './sources.ts'

/** A book of written rules as it ships: clauses, and the rules that watch over them. One file each in `gateway/policy/packs`. */
export interface Pack {
  readonly id: string
  readonly version: string
  readonly effective: string
  readonly name: Words
  readonly clauses: ReadonlyMap<string, Clause>
  readonly rules: readonly PackRule[]
}

/** A rule of a pack, for every point of that name on equipment of those types. */
export interface PackRule {
  readonly name: string
  readonly equipment: readonly string[]
  readonly point: string
  /** Where the inputs come from; a rule without `reads` watches its point. */
  readonly sources: ReadonlyMap<string, Source>
  /** Only for equipment whose facts say so. */
  readonly where: Readonly<Record<string, unknown>>
  readonly kind: string
  /** The settings as written, which a site's overlay is laid over. */
  readonly raw: Readonly<Record<string, unknown>>
  /** The same, checked by the rule's kind. */
  readonly spec: unknown
  readonly clause: string
  readonly priority: Priority
  readonly title: Words
  readonly advice: Words
  readonly limitBasis?: Basis
  readonly alarmBasis: Basis
  readonly limit?: NonNullable<Rule['limit']>
  readonly record?: string
  readonly retention?: string
  /** What a region's own rules change, by the region's name. */
  readonly regions: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

const ruleKeys = [
  ...['name', 'equipment', 'point', 'reads', 'kind', 'priority', 'title', 'advice', 'limit', 'alarm'],
  ...['record', 'retention', 'regions', 'where'],
]

/** One file of the packs, checked against the equipment types that its rules speak of. */
export function readPack(report: Report, item: Item, types: ReadonlyMap<string, EquipmentType>): Pack | undefined {
  if (!mapping(report, item, ['pack', 'version', 'effective', 'name', 'clauses'])) return undefined
  const id = text(report, required(report, item, 'pack', 'canteen'), 'canteen')
  const version = text(report, required(report, item, 'version', "'1.0'"), "'1.0'")
  const effective = text(report, required(report, item, 'effective', '2026-09-01'), '2026-09-01')
  const name = wordsOf(report, required(report, item, 'name', '{ zh: 食堂, en: Canteen }'))
  const clausesItem = required(report, item, 'clauses', '…')
  if (!id || !version || !effective || !name || !clausesItem || !mapping(report, clausesItem)) return undefined
  const clauses = new Map<string, Clause>()
  const rules: PackRule[] = []
  for (const [clauseId, entry] of pairs(clausesItem)) {
    if (!mapping(report, entry, ['title', 'source', 'requirement', 'tell', 'rules'])) continue
    const title = wordsOf(report, required(report, entry, 'title', '{ zh: …, en: … }'))
    const source = wordsOf(report, required(report, entry, 'source', '{ zh: …, en: … }'))
    const requirement = wordsOf(report, required(report, entry, 'requirement', '{ zh: …, en: … }'))
    const tell = list(report, required(report, entry, 'tell', '[{ zh: …, en: … }]')).flatMap(who => wordsOf(report, who) ?? [])
    if (title && source && requirement)
      clauses.set(clauseId, { id: clauseId, title, source, requirement, tell, pack: id, version })
    for (const rule of list(report, below(entry, 'rules'))) rules.push(...readRule(report, rule, clauseId, types))
  }
  return { id, version, effective, name, clauses, rules }
}

function readRule(report: Report, item: Item, clause: string, types: ReadonlyMap<string, EquipmentType>): readonly PackRule[] {
  if (!mapping(report, item)) return []
  const name = text(report, required(report, item, 'name', 'too-warm'), 'too-warm')
  const equipment = list(report, required(report, item, 'equipment', '[freezer]')).flatMap(
    type => oneOf(report, type, [...types.keys()], 'unknown-equipment-type') ?? [],
  )
  const sources = readSources(report, below(item, 'reads'))
  // A rule of several inputs, or of none, is shown at its equipment's main point unless it says another.
  const pointItem = below(item, 'point') ?? (sources.size === 0 ? undefined : below(item, 'reads'))
  const main = types.get(equipment[0] ?? '')?.main
  const point = below(item, 'point') ? text(report, below(item, 'point'), 'temperature') : main
  const kindItem = required(report, item, 'kind', 'limit')
  const kindName = oneOf(report, kindItem, [...ruleKinds.keys()], 'unknown-rule-kind')
  const priority = oneOf(report, required(report, item, 'priority', 'medium'), priorities)
  const title = wordsOf(report, required(report, item, 'title', '{ zh: …, en: … }'))
  const advice = wordsOf(report, required(report, item, 'advice', '{ zh: …, en: … }'))
  const limitBasis = readBasis(report, below(item, 'limit'))
  const alarmBasis = readBasis(report, required(report, item, 'alarm', '{ kind: design, … }'))
  for (const type of equipment) {
    const points = types.get(type)?.points
    if (pointItem && points && point && !points.has(point)) oneOf(report, pointItem, [...points.keys()], 'unknown-point')
    for (const [input, source] of sources) {
      const place = below(below(item, 'reads') ?? item, input)
      if (place && points && source.from === 'point' && !points.has(source.key))
        oneOf(report, { ...place, value: source.key }, [...points.keys()], 'unknown-point')
    }
  }
  const raw = Object.fromEntries(pairs(item).flatMap(([key, child]) => (ruleKeys.includes(key) ? [] : [[key, child.value]])))
  const parsed = ruleKinds.get(kindName ?? '')?.parse({ kind: kindName, ...raw }, nowhere)
  if (parsed?.ok === false) {
    for (const problem of parsed.problems)
      report.error(
        { ...item, path: [...item.path, ...problem.path] },
        { code: 'rule-setting', wrong: problem.wrong, write: problem.write },
      )
  }
  const kind = ruleKinds.get(kindName ?? '')
  if (kind && parsed?.ok) checkSources(report, item, kind.inputs?.(parsed.spec) ?? singleInput, sources)
  const limit = readNumber(report, below(item, 'limit'))
  const record = text(report, below(item, 'record'), 'disinfection')
  const retention = text(report, below(item, 'retention'), '2y')
  const where = (item.value as { readonly where?: Readonly<Record<string, unknown>> }).where ?? {}
  const regions = (item.value as { readonly regions?: PackRule['regions'] }).regions ?? {}
  if (!name || !point || !kindName || !priority || !title || !advice || !alarmBasis || !parsed?.ok) return []
  return [
    {
      name,
      equipment,
      point,
      sources,
      where,
      regions,
      ...(limit && { limit }),
      ...(record !== undefined && { record }),
      ...(retention !== undefined && { retention }),
      kind: kindName,
      raw,
      spec: parsed.spec,
      clause,
      priority,
      title,
      advice,
      ...(limitBasis && { limitBasis }),
      alarmBasis,
    },
  ]
}

/** An input nobody reads, or one that is asked for and not bound: both are slips of the pack. */
function checkSources(report: Report, item: Item, shapes: readonly InputShape[], sources: ReadonlyMap<string, Source>) {
  if (sources.size === 0 && shapes.every(({ name, need }) => name === 'value' || need !== 'one')) return
  const reads = below(item, 'reads') ?? item
  for (const [name] of sources) {
    const place = below(reads, name)
    if (place && !shapes.some(shape => shape.name === name))
      unknownKey(
        report,
        place,
        name,
        shapes.map(shape => shape.name),
      )
  }
  for (const { name, need } of shapes) if (need === 'one' && !sources.has(name)) required(report, reads, name, `${name}: …`)
}

/** The clause's own number below `limit`, where it is not the alarm's. */
function readNumber(report: Report, item: Item | undefined): PackRule['limit'] | undefined {
  const op = item && oneOf(report, below(item, 'op'), ['gt', 'ge', 'lt', 'le'] as const)
  const value = item && number(report, below(item, 'value'), 8)
  return op !== undefined && value !== undefined ? { op, value } : undefined
}

function readBasis(report: Report, item: Item | undefined): Basis | undefined {
  if (!item || !mapping(report, item, ['kind', 'source', 'verified', 'op', 'value'])) return undefined
  const kind = oneOf(report, required(report, item, 'kind', 'design'), ['house-rule', 'standard', 'design'] as const)
  const source = wordsOf(report, required(report, item, 'source', '{ zh: …, en: … }'))
  const verified = flag(report, required(report, item, 'verified', 'false'))
  return kind && source && verified !== undefined ? { kind, source, verified } : undefined
}
