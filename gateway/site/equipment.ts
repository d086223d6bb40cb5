import type { Binding, Protocol, Words } from '../../protocols/contract/driver.ts'
import { pointId } from '../../protocols/contract/reading.ts'
import { minutes } from '../../protocols/contract/time.ts'
import type { Millis } from '../../protocols/contract/time.ts'
import { readLimits, readSpan } from './library.ts'
import type { EquipmentType, PointType } from './library.ts'
import { convertOf, deviceOf, entriesOf, plausibleOf, readNamed, settingsFrom, tellUnverified } from './model-points.ts'
import type { Entry, Named } from './model-points.ts'
import { familyOf } from './models.ts'
import type { Model, ModelPoint } from './models.ts'
import type { Parts } from './parts.ts'
import { below, duration, mapping, number, oneOf, pairs, plainText, required, text, wordsOf, wrongType } from './reader.ts'
import { nearest, suggest } from './report.ts'
import type { Item, Report } from './report.ts'
import { propertiesOf, settingsOf } from './settings.ts'
import type { Equipment, Point } from './site.ts'
import { conversion, quantityOf, unitNames, unitsOf, unitSymbol } from './units.ts'

/** A connection of the file: its protocol is known, its settings are not checked yet. */
export interface Line {
  readonly id: string
  readonly item: Item
  readonly protocol: Protocol
  readonly settings: Readonly<Record<string, unknown>>
}

/** An equipment entry as read, before any rule is laid on it. */
export interface Installed {
  readonly item: Item
  readonly type: EquipmentType
  readonly equipment: Omit<Equipment, 'clauses'>
  readonly points: readonly Wired[]
  /** The model it is, where the entry names one. */
  readonly named?: Named
}

export interface Wired {
  readonly item: Item
  readonly type: PointType
  readonly point: Point
  readonly from?: ModelPoint
  readonly binding: Binding
}

const equipmentKeys = ['type', 'model', 'name', 'connection', 'facts', 'points', 'rules']
const pointKeys = ['from', 'name', 'connection', 'unit', 'decimals', 'range', 'plausible', 'limits', 'stale', 'lateness']

/** The connections whose protocol is known. */
export function readLines(report: Report, parts: Parts, protocols: readonly Protocol[]): ReadonlyMap<string, Line> {
  const lines = new Map<string, Line>()
  for (const { id, item } of parts.connections) {
    if (!mapping(report, item)) continue
    const kinds = protocols.map(protocol => protocol.kind)
    const kind = oneOf(report, required(report, item, 'protocol', 'modbus-tcp'), kinds, 'unknown-protocol')
    const protocol = protocols.find(candidate => candidate.kind === kind)
    if (protocol)
      lines.set(id, { id, item, protocol, settings: settingsOf(report, item, ['protocol'], protocol.schema.connection) })
  }
  return lines
}

/** Reads every equipment entry; one that has no known type or no usable point is reported and left out. */
export function readEquipment(
  report: Report,
  parts: Parts,
  types: ReadonlyMap<string, EquipmentType>,
  lines: ReadonlyMap<string, Line>,
  models: ReadonlyMap<string, Model>,
): readonly Installed[] {
  const declared = new Set(parts.connections.map(connection => connection.id))
  const kinds = new Map([...lines].map(([id, line]) => [id, line.protocol.kind]))
  const installed = parts.equipment.flatMap(({ id, item, area }) => {
    if (!mapping(report, item)) return []
    const type = types.get(
      oneOf(report, required(report, item, 'type', 'fresh-keeping-cabinet'), [...types.keys()], 'unknown-equipment-type') ?? '',
    )
    const home = readConnection(report, required(report, item, 'connection', [...declared][0] ?? 'canteen-bus'), declared)
    const { facts, factWords } = readFacts(report, below(item, 'facts'))
    const name = wordsOf(report, below(item, 'name'))
    const named = readNamed(report, item, models, home, kinds)
    const written = below(item, 'model')
      ? below(item, 'points')
      : required(report, item, 'points', '{ temperature: { register: 0 } }')
    // One mistake is enough: what the model would have brought is not to be called missing as well.
    if (below(item, 'model') && !named) return []
    if ((!written && !named) || (written && !mapping(report, written)) || !type) return []
    const pointsItem = written ?? named?.item ?? item
    const device = readDevice(report, item, pointsItem, home, lines, named)
    const points = entriesOf(report, { pointsItem: written, type, named }).flatMap(
      entry => readPoint(report, { id, type, entry, named, home, device, declared, lines }) ?? [],
    )
    const first = points[0]
    if (!named && pairs(written).length === 0) report.error(pointsItem, noPoints(type))
    if (!first) return []
    const keyed = (key: string | undefined): Wired | undefined => points.find(wired => wired.point.key === key)
    const main = keyed(type.main) ?? keyed(type.orMain)
    if (!main) report.warn(pointsItem, mainMissing(type))
    const equipment = {
      id,
      name: name ?? { zh: `${type.name.zh} ${id}`, en: `${type.name.en} ${id}` },
      area,
      type: type.type,
      typeName: type.name,
      icon: type.icon,
      connection: home ?? first.point.connection,
      points: points.map(wired => wired.point.id),
      mainPoint: (main ?? first).point.id,
      facts,
      ...(Object.keys(factWords).length > 0 ? { factWords } : {}),
      device,
    }
    return [{ item, type, equipment, points, ...(named && { named }) }]
  })
  tellUnverified(report, installed.flatMap(usedOf))
  return installed
}

const usedOf = ({ equipment, named, points }: Installed) =>
  named ? [{ equipment: equipment.id, named, points: points.flatMap(({ from }) => from ?? []) }] : []

function readConnection(report: Report, item: Item | undefined, declared: ReadonlySet<string>): string | undefined {
  const id = text(report, item, 'canteen-bus')
  if (id === undefined || !item || declared.has(id)) return id
  report.error(item, {
    code: 'unknown-connection',
    wrong: { zh: `connections 里没有“${id}”`, en: `there is no connection "${id}"` },
    write:
      declared.size > 0
        ? suggest(id, declared)
        : { zh: `在 connections 下写 \`${id}: { protocol: … }\``, en: `write \`${id}: { protocol: … }\` below connections` },
  })
  return undefined
}

/** The entry's keys that belong to the protocols its points are read with, over those its model brings. */
function readDevice(
  report: Report,
  item: Item,
  pointsItem: Item,
  home: string | undefined,
  lines: ReadonlyMap<string, Line>,
  named: Named | undefined,
): Readonly<Record<string, unknown>> {
  const used = [home, ...pairs(pointsItem).map(([, entry]) => below(entry, 'connection')?.value ?? home)]
  const known = used.map(id => lines.get(String(id))?.protocol.schema.equipment)
  const open = known.some(schema => propertiesOf(schema) === undefined)
  const properties = Object.assign({}, ...known.map(schema => propertiesOf(schema) ?? {})) as object
  // With an unknown connection nobody can say whose key it is.
  const own = settingsOf(report, item, equipmentKeys, open ? undefined : { properties })
  return named ? { ...deviceOf(named.model, open ? undefined : properties), ...own } : own
}

interface PointEntry {
  readonly id: string
  readonly type: EquipmentType
  readonly entry: Entry
  readonly named: Named | undefined
  readonly home: string | undefined
  readonly device: Readonly<Record<string, unknown>>
  readonly declared: ReadonlySet<string>
  readonly lines: ReadonlyMap<string, Line>
}

function readPoint(
  report: Report,
  { id, type, entry: found, named, home, device, declared, lines }: PointEntry,
): Wired | undefined {
  const { key, item: entry } = found
  const pointType = type.points.get(key)
  if (!pointType) {
    report.error(entry, {
      code: 'unknown-point',
      on: 'key',
      wrong: { zh: `${type.name.zh}没有 \`${key}\` 这个点`, en: `a ${type.type} has no point \`${key}\`` },
      write: suggest(key, type.points.keys()),
    })
    return undefined
  }
  if (entry.value !== null && !mapping(report, entry)) return undefined
  const own = below(entry, 'connection')
  const connection = own ? readConnection(report, own, declared) : home
  const line = lines.get(connection ?? '')
  // A point that is read over a line of its own is not the model's.
  const from = named && line && familyOf(line.protocol.kind) !== named.model.protocol ? undefined : found.from
  const settings = {
    ...settingsFrom(from, device['device'] ?? id),
    ...settingsOf(report, entry, pointKeys, line?.protocol.schema.point),
  }
  const convert = below(entry, 'unit') ? readConversion(report, below(entry, 'unit'), pointType) : convertOf(from, pointType)
  const plausible = readSpan(report, below(entry, 'plausible')) ?? plausibleOf(from, pointType)
  const limits = readLimits(report, below(entry, 'limits'))
  const decimals = number(report, below(entry, 'decimals'), 1)
  const point: Point = {
    id: pointId(id, key),
    key,
    name: wordsOf(report, below(entry, 'name')) ?? pointType.name,
    equipment: id,
    kind: pointType.kind,
    // Times are counted without a word of their own: a number stands alone in every language.
    unit: pointType.unit === 'count' ? '' : pointType.unit,
    decimals: decimals ?? pointType.decimals,
    range: readSpan(report, below(entry, 'range')) ?? pointType.range,
    ...(plausible && { plausible }),
    labels: pointType.labels,
    limits: { ...pointType.limits, ...limits },
    staleAfter: duration(report, below(entry, 'stale')) ?? pointType.staleAfter,
    lateness: readLateness(report, below(entry, 'lateness')),
    connection: connection ?? '',
    binding: settings,
  }
  const keys = propertiesOf(line?.protocol.schema.equipment)
  const forProtocol = Object.fromEntries(
    Object.entries(device).filter(([name]) => keys === undefined || Object.hasOwn(keys, name)),
  )
  const binding = {
    point: point.id,
    equipment: id,
    device: forProtocol,
    settings,
    unit: unitIn(below(entry, 'unit'), from, pointType),
    ...(plausible && { plausible }),
    ...(convert && { convert }),
  }
  return { item: entry, type: pointType, point, binding, ...(from && { from }) }
}

const latest = minutes(60)

/** How long readings of a point are put in order before they are judged; an alarm is as much later. */
function readLateness(report: Report, item: Item | undefined): Millis {
  const length = duration(report, item) ?? (0 as Millis)
  if (!item || length <= latest) return length
  report.error(item, {
    code: 'bad-duration',
    wrong: {
      zh: '等迟到读数最多 1 小时：等多久，报警就晚多久',
      en: 'late readings are awaited for an hour at most: every alarm is as much later',
    },
    write: { zh: '例如 `lateness: 30s`', en: 'for example `lateness: 30s`' },
  })
  return 0 as Millis
}

/** What a value is taken to be in when it comes. A device that names its units (BACnet) is held against it. */
function unitIn(item: Item | undefined, from: ModelPoint | undefined, type: PointType): NonNullable<Binding['unit']> {
  const said = typeof item?.value === 'string' ? unitSymbol(item.value) : undefined
  return said === undefined ? { symbol: from?.unit || type.unit, said: false } : { symbol: said, said: true }
}

function readConversion(report: Report, item: Item | undefined, type: PointType): Binding['convert'] {
  const written = text(report, item, type.unit || '°C')
  if (written === undefined || !item) return undefined
  const quantity = quantityOf(type.unit)
  const fitting = quantity ? unitsOf(quantity) : []
  const symbol = unitSymbol(written)
  const convert = symbol === undefined ? undefined : conversion(symbol, type.unit)
  if (convert) return convert.scale === 1 && convert.offset === 0 ? undefined : convert
  report.error(item, {
    code: symbol === undefined ? 'unknown-unit' : 'unit-mismatch',
    wrong:
      symbol === undefined
        ? { zh: `不认识单位“${written}”`, en: `the unit "${written}" is not known` }
        : {
            zh: `${symbol} 不能换算成${type.name.zh}的 ${type.unit || '开关量'}`,
            en: `${symbol} cannot be converted to ${type.unit || 'a contact'}`,
          },
    write:
      fitting.length > 0 ? suggest(nearest(written, unitNames) ?? '', fitting) : { zh: '删去 `unit`', en: 'leave `unit` out' },
  })
  return undefined
}

function readFacts(report: Report, item: Item | undefined): Required<Pick<Equipment, 'facts' | 'factWords'>> {
  const facts: Record<string, string | number | boolean> = {}
  const factWords: Record<string, Words> = {}
  if (!item || !mapping(report, item)) return { facts, factWords }
  for (const [key, { value, ...rest }] of pairs(item)) {
    if (typeof value === 'string') facts[key] = plainText(report, { value, ...rest }, value)
    else if (typeof value === 'number' || typeof value === 'boolean') facts[key] = value
    else if (typeof value === 'object' && value !== null && 'zh' in value && 'en' in value) {
      const said = wordsOf(report, { value, ...rest })
      if (said) [facts[key], factWords[key]] = [said.en, said]
    } else
      report.error(
        { value, ...rest },
        wrongType(
          value,
          { zh: '文字、数字或是否', en: 'text, a number, true or false' },
          { zh: '例如 `serial: BX-2207`', en: 'for example `serial: BX-2207`' },
        ),
      )
  }
  return { facts, factWords }
}

const noPoints = (type: EquipmentType) => ({
  code: 'no-points',
  wrong: { zh: '没有接任何点', en: 'no point is wired' },
  write: { zh: `至少写 \`${type.main}: { … }\``, en: `write at least \`${type.main}: { … }\`` },
})
const mainMissing = (type: EquipmentType) => ({
  code: 'main-point-missing',
  on: 'key' as const,
  wrong: { zh: `没有接主要的点 \`${type.main}\``, en: `its main point \`${type.main}\` is not wired` },
  write: {
    zh: `写 \`${type.main}: { … }\`${type.orMain === undefined ? '' : `，没有它的写 \`${type.orMain}: { … }\``}`,
    en: `write \`${type.main}: { … }\`${type.orMain === undefined ? '' : `, or \`${type.orMain}: { … }\` where it has none`}`,
  },
})
