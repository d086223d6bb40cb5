import type { Words } from '../../protocols/contract/driver.ts'
import { ruleKinds } from '../policy/kinds.ts'
import { nowhere } from '../policy/place.ts'
import { priorities } from '../policy/rule.ts'
import type { Basis, Clause, Priority } from '../policy/rule.ts'
import type { EquipmentType } from './library.ts'
import { below, flag, list, mapping, oneOf, pairs, required, text, wordsOf } from './reader.ts'
import type { Item, Report } from './report.ts'

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
}

const ruleKeys = ['name', 'equipment', 'point', 'kind', 'priority', 'title', 'advice', 'limit', 'alarm']

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
  const pointItem = required(report, item, 'point', 'temperature')
  const point = text(report, pointItem, 'temperature')
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
  if (!name || !point || !kindName || !priority || !title || !advice || !alarmBasis || !parsed?.ok) return []
  return [
    {
      name,
      equipment,
      point,
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

function readBasis(report: Report, item: Item | undefined): Basis | undefined {
  if (!item || !mapping(report, item, ['kind', 'source', 'verified'])) return undefined
  const kind = oneOf(report, required(report, item, 'kind', 'design'), ['house-rule', 'standard', 'design'] as const)
  const source = wordsOf(report, required(report, item, 'source', '{ zh: …, en: … }'))
  const verified = flag(report, required(report, item, 'verified', 'false'))
  return kind && source && verified !== undefined ? { kind, source, verified } : undefined
}
