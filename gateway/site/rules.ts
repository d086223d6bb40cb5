import { pointId } from '../../protocols/contract/reading.ts'
import type { Calendar } from '../policy/calendar.ts'
import { singleInput } from '../policy/kind.ts'
import { ruleKinds } from '../policy/kinds.ts'
import type { Place } from '../policy/place.ts'
import type { LimitSpec } from '../policy/kinds/limit.ts'
import { priorities } from '../policy/rule.ts'
import type { Rule, RuleId } from '../policy/rule.ts'
import type { Installed, Wired } from './equipment.ts'
import type { Pack, PackRule } from './packs.ts'
import { badDuration, below, flag, mapping, oneOf, pairs, text, unknownKey, wrongType } from './reader.ts'
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
    const overlays = readOverlays(report, entry, packs)
    const place: Place = { facts: entry.equipment.facts, calendar: ground.calendar }
    return packs.flatMap(pack =>
      pack.rules.flatMap(shipped => {
        if (!shipped.equipment.includes(entry.type.type) || !isMeant(shipped, entry)) return []
        const overlay = overlays.get(`${shipped.point}.${shipped.name}`)
        const laid = lay(report, { entry, installed, pack, shipped, overlay, place, region: ground.region })
        return laid ? [laid] : []
      }),
    )
  })
}

const isMeant = ({ where }: PackRule, { equipment }: Installed): boolean =>
  Object.entries(where).every(([fact, value]) => equipment.facts[fact] === value)

function readOverlays(report: Report, entry: Installed, packs: readonly Pack[]): ReadonlyMap<string, Item> {
  const item = below(entry.item, 'rules')
  const overlays = new Map<string, Item>()
  if (!item || !mapping(report, item)) return overlays
  const known = packs.flatMap(pack =>
    pack.rules.flatMap(rule => (rule.equipment.includes(entry.type.type) ? [`${rule.point}.${rule.name}`] : [])),
  )
  const wired = new Set(entry.points.map(point => point.point.key))
  for (const [key, overlay] of pairs(item)) {
    const name = key.startsWith(`${entry.equipment.id}.`) ? key.slice(entry.equipment.id.length + 1) : key
    if (!known.includes(name)) {
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
  return overlays
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

interface Changes {
  readonly off: boolean
  readonly spec: unknown
  readonly settings: Readonly<Record<string, unknown>>
  readonly priority?: Rule['priority']
  readonly reason?: string
  readonly changed: readonly string[]
}

function readOverlay(report: Report, item: Item, shipped: PackRule, place: Place): Changes | undefined {
  if (item.value === 'off' || item.value === false) {
    needReason(report, item, shipped, undefined, true)
    return { off: true, spec: shipped.spec, settings: {}, changed: ['off'] }
  }
  if (typeof item.value !== 'object' || item.value === null || Array.isArray(item.value)) {
    report.error(
      item,
      wrongType(
        item.value,
        { zh: ' off 或一组改动', en: 'off or a mapping of changes' },
        { zh: '写 `off` 或 `{ onDelay: 15m, reason: … }`', en: 'write `off` or `{ onDelay: 15m, reason: … }`' },
      ),
    )
    return undefined
  }
  const settings = [...new Set([...Object.keys(shipped.raw), ...Object.keys(shipped.spec as object)])]
  const changed: Record<string, unknown> = {}
  for (const [key, child] of pairs(item)) {
    if (['off', 'reason', 'priority'].includes(key)) continue
    if (settings.includes(key)) changed[key] = child.value
    else unknownKey(report, child, key, [...settings, 'priority', 'reason', 'off'])
  }
  const priority = oneOf(report, below(item, 'priority'), priorities, 'unknown-priority')
  const reason = text(report, below(item, 'reason'), '大功率除霜')
  const off = flag(report, below(item, 'off')) ?? false
  const spec = parseSpec(report, item, shipped, changed, place)
  if (spec !== undefined || off) needReason(report, item, shipped, spec, off, reason)
  const names = [...Object.keys(changed), ...(priority ? ['priority'] : []), ...(off ? ['off'] : [])]
  return {
    off,
    spec: spec ?? shipped.spec,
    settings: changed,
    ...(priority && { priority }),
    ...(reason !== undefined && { reason }),
    changed: names,
  }
}

/** The shipped settings with the changes, checked by the rule's kind; undefined where a change is wrong. */
function parseSpec(
  report: Report,
  item: Item,
  shipped: PackRule,
  changed: Readonly<Record<string, unknown>>,
  place: Place,
): unknown {
  let wrong = false
  for (const [key, value] of Object.entries(changed)) {
    // A kind also takes milliseconds; in a file a bare number is somebody's forgotten unit.
    const shippedValue: unknown = shipped.raw[key]
    const isDuration = typeof shippedValue === 'string' && /^\d+(ms|s|m|h|d)$/.test(shippedValue)
    const child = below(item, key)
    if (!isDuration || typeof value !== 'number' || !child) continue
    report.error(child, badDuration(value))
    wrong = true
  }
  const parsed = ruleKinds.get(shipped.kind)?.parse({ kind: shipped.kind, ...shipped.raw, ...changed }, place)
  if (parsed?.ok === false) {
    for (const { path, wrong: what, write } of parsed.problems) {
      const place = { ...item, path: [...item.path, ...path] }
      const value = below(item, path[0] ?? '')?.value
      const isDuration = path[0] !== undefined && /^(onDelay|offDelay|after)$/.test(String(path[0]))
      if (!report.has(place)) report.error(place, isDuration ? badDuration(value) : { code: 'rule-setting', wrong: what, write })
    }
  }
  return parsed?.ok && !wrong ? parsed.spec : undefined
}

/** The numbers of a house rule are never silently changed: weaker or off needs somebody's reason. */
function needReason(report: Report, item: Item, shipped: PackRule, spec: unknown, off: boolean, reason?: string) {
  if (shipped.limitBasis?.kind !== 'house-rule' || (reason !== undefined && reason.trim() !== '')) return
  const [before, now] = [limitOf(shipped.spec), limitOf(spec)]
  const weaker = before && now && isWeaker(before, now)
  if (!off && !weaker) return
  const value = below(item, 'value') ?? below(item, 'op') ?? item
  report.error(off ? item : value, {
    code: 'reason-missing',
    on: off ? 'key' : 'value',
    wrong: off
      ? {
          zh: `“${shipped.title.zh}”是制度规定（${shipped.limitBasis.source.zh}），不能无故停用`,
          en: `"${shipped.title.en}" is a house rule (${shipped.limitBasis.source.en}): it is not switched off without a reason`,
        }
      : {
          zh: `这比制度规定（${shipped.limitBasis.source.zh}）宽，却没有理由`,
          en: `this is weaker than the house rule (${shipped.limitBasis.source.en}) and gives no reason`,
        },
    write: off
      ? { zh: '写 `{ off: true, reason: … }`', en: 'write `{ off: true, reason: … }`' }
      : { zh: '加上 `reason: …`，说明为什么', en: 'add `reason: …` saying why' },
  })
}

/** The spec of a rule that compares with a fixed value; undefined for other kinds. */
export function limitOf(spec: unknown): LimitSpec | undefined {
  return typeof spec === 'object' && spec !== null && 'op' in spec && 'value' in spec && 'deadband' in spec
    ? (spec as LimitSpec)
    : undefined
}

/** Whether a rule watches the upper end. */
export const isUpper = ({ op }: LimitSpec): boolean => op === 'gt' || op === 'ge'

function isWeaker(before: LimitSpec, now: LimitSpec): boolean {
  if (isUpper(before) !== isUpper(now)) return true
  if (before.value !== now.value) return isUpper(before) ? now.value > before.value : now.value < before.value
  return before.op.endsWith('e') && now.op.endsWith('t')
}
