import { gatewayClause } from '../alarm/own.ts'
import { pointId } from '../../protocols/contract/reading.ts'
import type { Calendar } from '../policy/calendar.ts'
import { singleInput } from '../policy/kind.ts'
import { ruleKinds } from '../policy/kinds.ts'
import type { Place } from '../policy/place.ts'
import type { Rule, RuleId } from '../policy/rule.ts'
import type { Installed, Wired } from './equipment.ts'
import { handled } from './handling.ts'
import { readRule } from './pack-rules.ts'
import type { PackRule } from './pack-rules.ts'
import type { Pack } from './packs.ts'
import { readOverlay } from './overlays.ts'
import { below, mapping, oneOf, pairs } from './reader.ts'
import { suggest } from './report.ts'
import type { Item, Report } from './report.ts'
import { bindInputs } from './sources.ts'
import type { Source } from './sources.ts'

/** A rule on a site together with where it came from. A rule that the site switched off has no `rule`. */
export interface Laid {
  readonly entry: Installed
  /** The point its alarm is shown at. */
  readonly wired: Wired
  readonly shipped: PackRule
  readonly rule: Rule | undefined
  /** The entry below `rules:` that changes it. */
  readonly overlay: Item | undefined
  /** What would have to be wired for it to watch here; it has no `rule` then. */
  readonly missing?: string
}

/** What the rules of a site stand on, beside its equipment. */
export interface Ground {
  readonly calendar: Calendar
  readonly region: string | undefined
}

/** Lays every rule of the packs in force on every point it speaks of, and the site's own words over it. */
export function layRules(
  report: Report,
  installed: readonly Installed[],
  packs: readonly Pack[],
  ground: Ground,
): readonly Laid[] {
  return installed.flatMap(entry => {
    const { overlays, own } = readOverlays(report, entry, packs)
    const place: Place = { facts: entry.equipment.facts, calendar: ground.calendar }
    const rest = { entry, installed, place, region: ground.region }
    const laid = packs.flatMap(pack =>
      pack.rules.flatMap(shipped => {
        if (!shipped.equipment.includes(entry.type.type) || !isMeant(shipped, entry)) return []
        const overlay = overlays.get(`${shipped.point}.${shipped.name}`)
        return lay(report, { ...rest, pack, shipped, overlay }) ?? []
      }),
    )
    return [...laid, ...own.flatMap(one => layOwn(report, one, packs, rest))]
  })
}

/** A rule of the site itself: it may cite a clause of a pack, else it is the site's own. */
function layOwn(
  report: Report,
  { shipped, item }: Own,
  packs: readonly Pack[],
  rest: Omit<Laying, 'pack' | 'shipped' | 'overlay'>,
): readonly Laid[] {
  const pack = packs.find(one => one.clauses.has(shipped.clause)) ?? ownPack
  const { entry } = rest
  const laid = lay(report, { ...rest, pack, shipped, overlay: undefined })
  // A point that the type does not even have is told already.
  if (laid?.missing !== undefined && (entry.type.points.has(laid.missing) || laid.missing.includes('.'))) {
    report.error(item, {
      code: 'rule-without-point',
      on: 'key',
      wrong: { zh: `它要看的 \`${laid.missing}\` 没有接`, en: `\`${laid.missing}\`, which it watches, is not wired` },
      write: { zh: '在 points 里接上它，或改 reads', en: 'wire it below points, or change reads' },
    })
  }
  return laid ? [{ ...laid, overlay: item }] : []
}

/** What a rule of the site cites when it names no clause of a pack. */
export const ownClause = 'SITE'
export const ownPack: Pack = {
  id: 'site',
  version: '1',
  effective: '',
  name: { zh: '本现场', en: 'This site' },
  rules: [],
  clauses: new Map([
    [
      gatewayClause,
      {
        id: gatewayClause,
        title: { zh: '网关听得到设备、叫得到人', en: 'The gateway hears the equipment and reaches the people' },
        source: { zh: '本产品', en: 'this product' },
        requirement: { zh: '线路通，通知发得出去。', en: 'Lines are up and notices get out.' },
        tell: [{ zh: '管理员', en: 'Administrator' }],
        pack: 'site',
        version: '1',
      },
    ],
    [
      ownClause,
      {
        id: ownClause,
        title: { zh: '本现场自定', en: "The site's own rule" },
        source: { zh: '现场文件', en: 'site file' },
        requirement: { zh: '现场自己定的规则。', en: 'A rule that the site itself has made.' },
        tell: [{ zh: '现场负责人', en: 'Person in charge of the site' }],
        pack: 'site',
        version: '1',
      },
    ],
  ]),
}

/** A whole rule written below an equipment's `rules`, not a change of a pack's. */
interface Own {
  readonly shipped: PackRule
  readonly item: Item
}

const isMeant = ({ where }: PackRule, { equipment }: Installed): boolean =>
  Object.entries(where).every(([fact, value]) => equipment.facts[fact] === value)

function readOverlays(
  report: Report,
  entry: Installed,
  packs: readonly Pack[],
): { readonly overlays: ReadonlyMap<string, Item>; readonly own: readonly Own[] } {
  const item = below(entry.item, 'rules')
  const overlays = new Map<string, Item>()
  const own: Own[] = []
  if (!item || !mapping(report, item)) return { overlays, own }
  const known = packs.flatMap(pack =>
    pack.rules.flatMap(rule => (rule.equipment.includes(entry.type.type) ? [`${rule.point}.${rule.name}`] : [])),
  )
  const wired = new Set(entry.points.map(point => point.point.key))
  for (const [key, overlay] of pairs(item)) {
    const name = key.startsWith(`${entry.equipment.id}.`) ? key.slice(entry.equipment.id.length + 1) : key
    if (!known.includes(name) && below(overlay, 'kind')) {
      own.push(...readOwn(report, entry, name, overlay, packs))
    } else if (!known.includes(name)) {
      report.error(overlay, {
        code: 'unknown-rule',
        on: 'key',
        wrong: { zh: `${entry.type.name.zh}没有规则 \`${key}\``, en: `there is no rule \`${key}\` for a ${entry.type.type}` },
        write:
          known.length > 0
            ? suggest(name, known)
            : { zh: '删去它：现行制度没有这种设备的规则', en: 'remove it: no policy in force has rules for this type' },
      })
    } else if (!wired.has(name.split('.', 1)[0] ?? '')) {
      report.warn(overlay, {
        code: 'rule-without-point',
        on: 'key',
        wrong: { zh: `\`${name}\` 所看的点没有接`, en: `the point that \`${name}\` watches is not wired` },
        write: { zh: '在 points 里接上它，或删去这一条', en: 'wire it below points, or remove this entry' },
      })
    } else overlays.set(name, overlay)
  }
  return { overlays, own }
}

function readOwn(report: Report, entry: Installed, key: string, item: Item, packs: readonly Pack[]): readonly Own[] {
  const [point = '', name] = key.split('.', 2)
  if (name === undefined) {
    report.error(item, {
      code: 'bad-id',
      on: 'key',
      wrong: { zh: `自定规则的名字“${key}”缺少点名`, en: `the rule's name "${key}" does not say at which point` },
      write: { zh: `写成 \`${entry.type.main}.${key}\``, en: `write \`${entry.type.main}.${key}\`` },
    })
    return []
  }
  const clauses = [...packs.flatMap(pack => [...pack.clauses.keys()]), ownClause]
  const clause = oneOf(report, below(item, 'clause'), clauses, 'unknown-clause') ?? ownClause
  const own = { name, point, type: entry.type.type }
  return readRule(report, item, { clause, types: new Map([[entry.type.type, entry.type]]), own }).map(shipped => ({
    shipped,
    item,
  }))
}

interface Laying {
  readonly entry: Installed
  readonly installed: readonly Installed[]
  readonly pack: Pack
  readonly shipped: PackRule
  readonly overlay: Item | undefined
  readonly place: Place
  readonly region: string | undefined
}

function lay(report: Report, { entry, installed, pack, shipped, overlay, place, region }: Laying): Laid | undefined {
  const named = entry.points.find(({ point }) => point.key === shipped.point)
  const wired = named ?? (shipped.sources.size > 0 ? entry.points[0] : undefined)
  if (!wired) return undefined
  const regional = region === undefined ? undefined : shipped.regions[region]
  const written = { ...shipped.raw, ...regional }
  const changes = overlay && readOverlay(report, overlay, { ...shipped, raw: written }, place)
  const spec = changes?.spec ?? parseHere(report, entry, shipped, written, place)
  const shapes = ruleKinds.get(shipped.kind)?.inputs?.(spec) ?? singleInput
  const bound = bindInputs(shapes, sourcesOf(shipped), entry, installed)
  if (!bound.ok) return { entry, wired, shipped, rule: undefined, overlay, missing: bound.missing }
  const isSingle = bound.inputs.length === 1 && bound.inputs[0]?.name === 'value'
  const watched = [...new Set(bound.inputs.map(({ point }) => point))]
  const rule: Rule = {
    id: `${pointId(entry.equipment.id, shipped.point)}.${shipped.name}` as RuleId,
    kind: shipped.kind,
    spec,
    settings: { kind: shipped.kind, ...written, ...changes?.settings },
    watches: watched,
    point: isSingle ? (watched[0] ?? wired.point.id) : wired.point.id,
    ...(isSingle ? {} : { inputs: bound.inputs }),
    ...(shipped.limit && { limit: shipped.limit }),
    ...(shipped.record !== undefined && { record: shipped.record }),
    ...(shipped.retention !== undefined && { retention: shipped.retention }),
    equipment: entry.equipment.id,
    clause: shipped.clause,
    title: shipped.title,
    priority: changes?.priority ?? shipped.priority,
    ...(shipped.limitBasis && { limitBasis: shipped.limitBasis }),
    alarmBasis: shipped.alarmBasis,
    advice: shipped.advice,
    ...handled({ ...shipped.handling, ...changes?.handling }, changes?.priority ?? shipped.priority),
    policy: { id: pack.id, version: pack.version },
    ...(changes && { overlay: { changed: changes.changed, ...(changes.reason !== undefined && { reason: changes.reason }) } }),
  }
  return { entry, wired, shipped, rule: changes?.off ? undefined : rule, overlay }
}

/** A rule without `reads` watches the point it is shown at. */
const sourcesOf = ({ sources, point }: PackRule): ReadonlyMap<string, Source> =>
  sources.size > 0 ? sources : new Map([['value', { from: 'point', key: point, optional: false }]])

/** The shipped settings on this equipment: what its facts leave open is said where they are written. */
function parseHere(report: Report, entry: Installed, shipped: PackRule, raw: object, place: Place): unknown {
  const parsed = ruleKinds.get(shipped.kind)?.parse({ kind: shipped.kind, ...raw }, place)
  if (parsed?.ok) return parsed.spec
  const facts = below(entry.item, 'facts') ?? entry.item
  for (const { wrong, write } of parsed?.problems ?? []) {
    const said = { zh: `“${shipped.title.zh}”：${wrong.zh}`, en: `"${shipped.title.en}": ${wrong.en}` }
    report.error(facts, { code: 'rule-setting', on: 'key', wrong: said, write })
  }
  return shipped.spec
}
