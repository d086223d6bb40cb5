import type { Words } from '../../protocols/contract/driver.ts'
import type { PointId } from '../../protocols/contract/reading.ts'
import { singleInput } from '../policy/kind.ts'
import { ruleKinds } from '../policy/kinds.ts'
import type { Clause, Rule, RuleId } from '../policy/rule.ts'
import { isVirtual } from '../policy/running.ts'
import type { Installed } from './equipment.ts'
import type { EquipmentType } from './library.ts'
import type { PackRule } from './pack-rules.ts'
import type { Pack } from './packs.ts'
import type { Laid } from './rules.ts'

/** Every clause of every pack on the shelf, and what watches it on this site or why nothing does. */
export type Book = readonly BookClause[]

export interface BookClause {
  readonly clause: Clause
  readonly pack: Pick<Pack, 'id' | 'version' | 'effective' | 'name'>
  /** Whether this site goes by the pack. */
  readonly inForce: boolean
  readonly rules: readonly BookRule[]
  /** Why nothing watches it here; absent where something does. */
  readonly gap?: Words
}

/** A rule of a pack (or of the site itself), and where it stands. */
export interface BookRule extends Pick<
  PackRule,
  'name' | 'kind' | 'title' | 'priority' | 'point' | 'alarmBasis' | 'limitBasis' | 'limit' | 'record' | 'retention' | 'advice'
> {
  readonly settings: PackRule['raw']
  readonly types: readonly Words[]
  /** Written in the site file, not in a pack. */
  readonly own: boolean
  readonly runs: readonly Run[]
  /** Equipment it is meant for, where something it reads is not wired. */
  readonly unwired: readonly Unwired[]
  /** Equipment where the site has switched it off. */
  readonly off: readonly Off[]
}

export interface Run {
  readonly rule: RuleId
  /** What must be heard for it to judge: of each group more than half. */
  readonly needs: readonly (readonly PointId[])[]
}
export interface Unwired {
  readonly equipment: string
  readonly equipmentName: Words
  /** As the pack names it. */
  readonly point: string
  readonly pointName: Words
}
export interface Off {
  readonly equipment: string
  readonly equipmentName: Words
  readonly reason?: string
}

export interface Shelved {
  readonly packs: Iterable<Pack>
  readonly types: ReadonlyMap<string, EquipmentType>
  readonly inForce: readonly Pack[]
  readonly installed: readonly Installed[]
  readonly laid: readonly Laid[]
}

/** The books as they stand on this site, clause by clause, in the order of the packs. */
export function bookOf({ packs, types, inForce, installed, laid }: Shelved): Book {
  const byRule = Map.groupBy(laid, one => one.shipped)
  const named = new Set(inForce.map(({ id }) => id))
  const shelved = [...packs]
  const standingTypes = [...new Set(installed.map(({ type }) => type.type))]
  const shipped = new Set(shelved.flatMap(pack => pack.rules))
  const own = Map.groupBy(
    [...byRule.keys()].filter(rule => !shipped.has(rule)),
    rule => rule.clause,
  )
  return shelved.flatMap(pack => {
    const isInForce = named.has(pack.id)
    const byClause = Map.groupBy(pack.rules, rule => rule.clause)
    return [...pack.clauses.values()].flatMap(clause => {
      const mine = own.get(clause.id) ?? []
      // The heading that a site's own rules stand under is there only where there are any.
      if (pack.rules.length === 0 && mine.length === 0) return []
      const rules = [...(byClause.get(clause.id) ?? []), ...mine].map(rule =>
        ruleOf(rule, { types, installed: isInForce ? installed : [], laid: byRule.get(rule) ?? [], own: !shipped.has(rule) }),
      )
      const standing = standingTypes.some(type =>
        pack.rules.some(rule => rule.clause === clause.id && rule.equipment.includes(type)),
      )
      const gap = gapOf(rules, isInForce || !standing ? undefined : pack)
      const { id, version, effective, name } = pack
      return [{ clause, pack: { id, version, effective, name }, inForce: isInForce, rules, ...(gap && { gap }) }]
    })
  })
}

interface Laying {
  readonly types: ReadonlyMap<string, EquipmentType>
  readonly installed: readonly Installed[]
  readonly laid: readonly Laid[]
  readonly own: boolean
}

function ruleOf(rule: PackRule, { types, installed, laid, own }: Laying): BookRule {
  const { name, kind, title, priority, point, alarmBasis, limitBasis, limit, record, retention, advice, raw, equipment } = rule
  const at = new Map(laid.map(one => [one.entry, one]))
  const meant = installed.filter(entry => at.has(entry) || (!own && isMeant(rule, entry)))
  return {
    name,
    kind,
    title,
    priority,
    point,
    alarmBasis,
    advice,
    own,
    settings: raw,
    ...(limitBasis && { limitBasis }),
    ...(limit && { limit }),
    ...(record !== undefined && { record }),
    ...(retention !== undefined && { retention }),
    types: equipment.flatMap(type => types.get(type)?.name ?? []),
    runs: laid.flatMap(one => (one.rule ? [{ rule: one.rule.id, needs: needsOf(one.rule) }] : [])),
    unwired: meant.flatMap(entry => {
      const one = at.get(entry)
      if (one && one.missing === undefined) return []
      const missing = one?.missing ?? point
      const { id, name: equipmentName } = entry.equipment
      return [{ equipment: id, equipmentName, point: missing, pointName: nameOf(missing, entry.type, types) }]
    }),
    off: laid.flatMap(({ entry, rule: runs, missing, overlay }) =>
      runs || missing !== undefined ? [] : [offAt(entry, overlay?.value)],
    ),
  }
}

const isMeant = ({ equipment, where }: PackRule, entry: Installed): boolean =>
  equipment.includes(entry.type.type) && Object.entries(where).every(([fact, value]) => entry.equipment.facts[fact] === value)

function offAt({ equipment: { id, name } }: Installed, overlay: unknown): Off {
  const reason = typeof overlay === 'object' && overlay !== null && 'reason' in overlay ? overlay.reason : undefined
  return { equipment: id, equipmentName: name, ...(typeof reason === 'string' && { reason }) }
}

/** A point as people call it; of another type's (`gas-meter.total`) with whose it is. */
function nameOf(point: string, type: EquipmentType, types: ReadonlyMap<string, EquipmentType>): Words {
  const own = type.points.get(point)?.name
  if (own) return own
  const [other = '', key = ''] = point.split('.', 2)
  const home = types.get(other)
  const name = home?.points.get(key)?.name
  return home && name ? { zh: `${home.name.zh}的${name.zh}`, en: `${name.en} of a ${home.name.en}` } : { zh: point, en: point }
}

/**
 * The points a rule cannot judge without, as its kind asks for them: each input it must have, and the members of a group together. A rule
 * that may take one thing or another needs what it was given. What the gateway itself says is always there.
 */
export function needsOf({ kind, spec, inputs, watches }: Pick<Rule, 'kind' | 'spec' | 'inputs' | 'watches'>): Run['needs'] {
  const shapes = ruleKinds.get(kind)?.inputs?.(spec) ?? singleInput
  if (shapes.length === 0) return []
  const bound = inputs ?? watches.map(point => ({ name: 'value', point }))
  const groups = Map.groupBy(bound, ({ name }) => name.split('/', 1)[0] ?? name)
  const asked = shapes.filter(({ name, need }) => need !== 'optional' && groups.has(name))
  return (asked.length > 0 ? asked : shapes)
    .map(({ name }) => (groups.get(name) ?? []).map(({ point }) => point).filter(point => !isVirtual(point)))
    .filter(points => points.length > 0)
}

/** One plain sentence on why nothing watches a clause here; `unused` is a pack that the site has equipment for and does not go by. */
function gapOf(rules: readonly BookRule[], unused: Pack | undefined): Words | undefined {
  if (rules.some(({ runs }) => runs.length > 0)) return undefined
  if (unused) {
    return {
      zh: `本现场没有采用“${unused.name.zh}”制度，因此无人值守。`,
      en: `This site does not go by the policy "${unused.name.en}", so nothing stands watch.`,
    }
  }
  const off = rules.flatMap(rule => rule.off)
  const [first] = off
  if (first) {
    const why = off.find(({ reason }) => reason !== undefined)?.reason
    return {
      zh: `已在${listZh(off.map(({ equipmentName }) => equipmentName.zh))}上停用${why === undefined ? '' : `，理由：${why}`}。`,
      en: `Switched off at ${listEn(off.map(({ equipmentName }) => equipmentName.en))}${why === undefined ? '' : `, because: ${why}`}.`,
    }
  }
  const unwired = rules.flatMap(rule => rule.unwired)
  if (unwired.length > 0) {
    return {
      zh: `${listZh(unwired.map(({ equipmentName, pointName }) => `${equipmentName.zh}的“${pointName.zh}”`))}没有接入，接上后即开始值守。`,
      en: `Not wired yet: ${listEn(unwired.map(({ equipmentName, pointName }) => `"${pointName.en}" of ${equipmentName.en}`))}. The watch begins once it is.`,
    }
  }
  const types = rules.flatMap(rule => rule.types)
  if (types.length === 0) return { zh: '还没有规则看管这一条。', en: 'No rule watches over this clause yet.' }
  return {
    zh: `这里没有归它管的设备（${listZh(types.map(({ zh }) => zh))}）。`,
    en: `None of the equipment it speaks of stands here (${listEn(types.map(({ en }) => en.toLowerCase()))}).`,
  }
}

/** At most three of them, each once: a sentence, not an inventory. */
const listed = (words: readonly string[], and: (more: number) => string, separator: string): string => {
  const all = [...new Set(words)]
  return all.slice(0, 3).join(separator) + (all.length > 3 ? and(all.length - 3) : '')
}
const listZh = (words: readonly string[]): string => listed(words, more => `等 ${more + 3} 处`, '、')
const listEn = (words: readonly string[]): string => listed(words, more => ` and ${more} more`, ', ')
