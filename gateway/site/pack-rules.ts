import type { Words } from '../../protocols/contract/driver.ts'
import { singleInput } from '../policy/kind.ts'
import type { InputShape } from '../policy/kind.ts'
import { ruleKinds } from '../policy/kinds.ts'
import { expandLevels } from '../policy/levels.ts'
import { nowhere } from '../policy/place.ts'
import { priorities } from '../policy/rule.ts'
import type { Basis, Priority, Rule } from '../policy/rule.ts'
import { checkQuiet, handlingKeys, readHandling } from './handling.ts'
import type { Handling } from './handling.ts'
import type { EquipmentType } from './library.ts'
import { below, flag, list, mapping, number, oneOf, pairs, required, text, unknownKey, wordsOf } from './reader.ts'
import type { Item, Report } from './report.ts'
import { readSources } from './sources.ts'
import type { Source } from './sources.ts'

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
  /** What goes on with its alarms. */
  readonly handling: Handling
  /** What a region's own rules change, by the region's name. */
  readonly regions: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

const ruleKeys: readonly string[] = [
  ...'name equipment point reads kind priority title advice limit alarm clause record retention regions where reason'.split(' '),
  ...handlingKeys,
]

/** What is known of a rule before its entry is read: in a pack its clause, in a site's own rule also where it stands. */
export interface Given {
  readonly clause: string
  readonly types: ReadonlyMap<string, EquipmentType>
  /** A site's own rule, written below its equipment as `POINT.NAME`; it need not say everything a pack has to. */
  readonly own?: { readonly name: string; readonly point: string; readonly type: string }
}

const ownAlarm: Basis = {
  kind: 'design',
  source: { zh: '本现场自定的规则', en: 'a rule of this site' },
  verified: false,
}
const ownAdvice: Words = { zh: '到现场查看。', en: 'Go and look.' }

/** Reads one rule as a pack writes it; a limit of several levels is as many rules. What is wrong is reported. */
export function readRule(report: Report, item: Item, given: Given): readonly PackRule[] {
  if (!mapping(report, item)) return []
  const { own, types } = given
  const name = own?.name ?? text(report, required(report, item, 'name', 'too-warm'), 'too-warm')
  const equipment = own
    ? [own.type]
    : list(report, required(report, item, 'equipment', '[freezer]')).flatMap(
        type => oneOf(report, type, [...types.keys()], 'unknown-equipment-type') ?? [],
      )
  const sources = readSources(report, below(item, 'reads'))
  const point = readPoint(report, item, given, equipment, sources)
  const kindName = oneOf(report, required(report, item, 'kind', 'limit'), [...ruleKinds.keys()], 'unknown-rule-kind')
  const kind = ruleKinds.get(kindName ?? '')
  const wanted = (key: string, example: string): Item | undefined =>
    own ? below(item, key) : required(report, item, key, example)
  const priority = oneOf(report, wanted('priority', 'medium'), priorities) ?? (own && 'medium')
  const title = wordsOf(report, wanted('title', '{ zh: …, en: … }')) ?? (own && { zh: own.name, en: own.name })
  const advice = wordsOf(report, wanted('advice', '{ zh: …, en: … }')) ?? (own && ownAdvice)
  const limitBasis = readBasis(report, below(item, 'limit'))
  const alarmBasis = readBasis(report, wanted('alarm', '{ kind: design, … }')) ?? (own && ownAlarm)
  const settings = Object.fromEntries(pairs(item).flatMap(([key, child]) => (ruleKeys.includes(key) ? [] : [[key, child.value]])))
  const { levels, problems } = expandLevels({ ...settings, kind: kindName, priority }, name ?? '')
  const wrong = (problem: (typeof problems)[number], at: readonly (string | number)[] = []) =>
    report.error(
      { ...item, path: [...item.path, ...at, ...problem.path] },
      { code: 'rule-setting', wrong: problem.wrong, write: problem.write },
    )
  for (const problem of problems) wrong(problem)
  const limit = readNumber(report, below(item, 'limit'))
  const record = text(report, below(item, 'record'), 'disinfection')
  const retention = text(report, below(item, 'retention'), '2y')
  const handling = readHandling(report, item)
  checkQuiet(report, item, handling)
  const { where = {}, regions = {} } = item.value as {
    readonly where?: PackRule['where']
    readonly regions?: PackRule['regions']
  }
  if (!kindName || !kind) return []
  return levels.flatMap((level, index) => {
    const { kind: _kind, priority: _priority, ...raw } = level.raw
    const parsed = kind.parse({ kind: kindName, ...raw }, nowhere)
    if (!parsed.ok) for (const problem of parsed.problems) wrong(problem, index === 0 ? [] : ['levels', index - 1])
    if (parsed.ok && index === 0) checkSources(report, item, kind.inputs?.(parsed.spec) ?? singleInput, sources)
    if (!name || !point || !priority || !title || !advice || !alarmBasis || !parsed.ok) return []
    return [
      {
        name: level.name,
        equipment,
        point,
        sources,
        where,
        handling,
        regions: index === 0 ? regions : {},
        ...(limit && { limit }),
        ...(record !== undefined && { record }),
        ...(retention !== undefined && { retention }),
        kind: kindName,
        raw,
        spec: parsed.spec,
        clause: given.clause,
        priority: level.priority ?? priority,
        title: level.title ?? title,
        advice: level.advice ?? advice,
        ...(limitBasis && { limitBasis }),
        alarmBasis,
      },
    ]
  })
}

/** Where its alarm is shown. A rule of several inputs, or of none, is shown at its equipment's main point unless it says another. */
function readPoint(
  report: Report,
  item: Item,
  { types, own }: Given,
  equipment: readonly string[],
  sources: ReadonlyMap<string, Source>,
): string | undefined {
  const pointItem = below(item, 'point')
  const point = own?.point ?? (pointItem ? text(report, pointItem, 'temperature') : types.get(equipment[0] ?? '')?.main)
  for (const type of equipment) {
    const points = types.get(type)?.points
    if (!points) continue
    const place = pointItem ?? item
    if (point && !points.has(point)) oneOf(report, { ...place, value: point }, [...points.keys()], 'unknown-point')
    for (const [input, source] of sources) {
      const from = below(below(item, 'reads') ?? item, input)
      if (from && source.from === 'point' && !points.has(source.key))
        oneOf(report, { ...from, value: source.key }, [...points.keys()], 'unknown-point')
    }
  }
  return point
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
