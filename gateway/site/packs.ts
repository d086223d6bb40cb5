import type { Words } from '../../protocols/contract/driver.ts'
import type { Clause } from '../policy/rule.ts'
import type { EquipmentType } from './library.ts'
import { readRule } from './pack-rules.ts'
import type { PackRule } from './pack-rules.ts'
import { below, list, mapping, pairs, required, text, wordsOf } from './reader.ts'
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
    for (const rule of list(report, below(entry, 'rules'))) rules.push(...readRule(report, rule, { clause: clauseId, types }))
  }
  return { id, version, effective, name, clauses, rules }
}
