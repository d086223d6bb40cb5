import { pointId } from '../../protocols/contract/reading.ts'
import type { PointId } from '../../protocols/contract/reading.ts'
import type { InputShape } from '../policy/kind.ts'
import type { Installed, Wired } from './equipment.ts'
import { mapping, pairs, required, text } from './reader.ts'
import type { Item, Report } from './report.ts'

/** Where an input of a pack's rule comes from, before it is laid on a piece of equipment. */
export type Source =
  | { readonly from: 'point'; readonly key: string; readonly optional: boolean }
  /** `record:dosing`, `alarm:unanswered`, `site-alarm:unanswered-high`: what the gateway itself says of this equipment. */
  | { readonly from: 'gateway'; readonly name: string }
  /** `@tank.level`: a point of the equipment whose id stands in the fact `tank`. */
  | { readonly from: 'fact'; readonly fact: string; readonly key: string; readonly optional: boolean }
  | {
      readonly from: 'members'
      readonly type: string
      readonly where: Readonly<Record<string, unknown>>
      readonly key: string
    }

const gatewayWords = /^(record:[a-z][a-z-]*(\/[A-Za-z]\w*)?|(alarm|area-alarm|site-alarm):unanswered(-high)?)$/

/** Reads `reads:` of a pack's rule; what is wrong is reported. */
export function readSources(report: Report, item: Item | undefined): ReadonlyMap<string, Source> {
  const sources = new Map<string, Source>()
  if (!item || !mapping(report, item)) return sources
  for (const [name, entry] of pairs(item)) {
    const source = readSource(report, entry)
    if (source) sources.set(name, source)
  }
  return sources
}

function readSource(report: Report, item: Item): Source | undefined {
  if (typeof item.value === 'object' && item.value !== null) {
    if (!mapping(report, item, ['type', 'where', 'point'])) return undefined
    const type = text(report, required(report, item, 'type', 'gas-meter'), 'gas-meter')
    const key = text(report, required(report, item, 'point', 'total'), 'total')
    const where = (item.value as { readonly where?: Readonly<Record<string, unknown>> }).where ?? {}
    return type !== undefined && key !== undefined ? { from: 'members', type, where, key } : undefined
  }
  const written = text(report, item, 'temperature')
  if (written === undefined) return undefined
  if (gatewayWords.test(written)) return { from: 'gateway', name: written }
  const optional = written.endsWith('?')
  const plain = optional ? written.slice(0, -1) : written
  const [, fact, factKey] = /^@([A-Za-z][\w-]*)\.([\w-]+)$/.exec(plain) ?? []
  if (fact !== undefined && factKey !== undefined) return { from: 'fact', fact, key: factKey, optional }
  if (/^[a-z][\w-]*$/i.test(plain)) return { from: 'point', key: plain, optional }
  report.error(item, {
    code: 'bad-source',
    wrong: { zh: `看不懂输入“${written}”`, en: `the input "${written}" cannot be understood` },
    write: {
      zh: '写点名（`door`、`heating?`）、`record:dosing`、`alarm:unanswered` 或 `@事实.点`',
      en: 'write a point (`door`, `heating?`), `record:dosing`, `alarm:unanswered` or `@fact.point`',
    },
  })
  return undefined
}

export type Bound =
  | { readonly ok: true; readonly inputs: readonly { readonly name: string; readonly point: PointId }[] }
  /** What would have to be wired for the rule to watch here. */
  | { readonly ok: false; readonly missing: string }

/** Ties each input a rule asks for to a point of this site. */
export function bindInputs(
  shapes: readonly InputShape[],
  sources: ReadonlyMap<string, Source>,
  entry: Installed,
  installed: readonly Installed[],
): Bound {
  const inputs: { name: string; point: PointId }[] = []
  for (const { name, need } of shapes) {
    const source = sources.get(name)
    if (!source) {
      if (need === 'one') return { ok: false, missing: name }
      continue
    }
    if (source.from === 'members') {
      const members = installed.filter(one => one.type.type === source.type && fits(one, source.where))
      const points = members.flatMap(one => wiredAs(one, source.key) ?? [])
      if (points.length === 0) return { ok: false, missing: `${source.type}.${source.key}` }
      inputs.push(...points.map(({ point }) => ({ name: `${name}/${point.id}`, point: point.id })))
      continue
    }
    if (source.from === 'gateway') {
      inputs.push({ name, point: pointId(entry.equipment.id, source.name) })
      continue
    }
    const home =
      source.from === 'point' ? entry : installed.find(one => one.equipment.id === String(entry.equipment.facts[source.fact]))
    const wired = home && wiredAs(home, source.key)
    if (wired) inputs.push({ name, point: wired.point.id })
    // Written with `?` it is left out where it is not wired, if the kind can do without; else the rule does not watch here.
    else if (need === 'one' || !source.optional)
      return { ok: false, missing: source.from === 'fact' ? `@${source.fact}.${source.key}` : source.key }
  }
  return inputs.length > 0 || shapes.length === 0
    ? { ok: true, inputs }
    : { ok: false, missing: shapes.map(({ name }) => name).join(', ') }
}

const wiredAs = (entry: Installed, key: string): Wired | undefined => entry.points.find(({ point }) => point.key === key)

const fits = ({ equipment }: Installed, where: Readonly<Record<string, unknown>>): boolean =>
  Object.entries(where).every(([fact, value]) => equipment.facts[fact] === value)
