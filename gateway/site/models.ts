import type { Words } from '../../protocols/contract/driver.ts'
import type { EquipmentType, Span } from './library.ts'
import { readSpan } from './library.ts'
import { below, flag, list, mapping, number, oneOf, pairs, required, text, unknownKey, wordsOf } from './reader.ts'
import type { Item, Report } from './report.ts'
import { quantityOf, unitNames, unitSymbol } from './units.ts'
import type { Quantity } from './units.ts'

/** The families a model may speak. A connection's kind begins with its family: `modbus-rtu` and `modbus-tcp` are `modbus`. */
export const families = ['modbus', 'cjt188', 'dlt645', 'snmp', 'bacnet', 'opcua', 'mqtt'] as const
export type Family = (typeof families)[number]

/** The family of a connection: `modbus-rtu` is `modbus`, `mqtt-broker` is `mqtt`. */
export const familyOf = (kind: string): string => kind.split('-')[0] ?? kind

/** A thing one can buy, and how its points are read. One file each in `protocols/library/models`, or beside the site file. */
export interface Model {
  readonly id: string
  readonly name: Words
  readonly maker: string
  /** Equipment types that have points of the same keys: suggestions, not a fence. */
  readonly types: readonly string[]
  readonly protocol: Family
  /** Manuals and public maps, each with its address or title. */
  readonly sources: readonly string[]
  /** Seen in the manual, or in two maps that were made apart and agree register by register. */
  readonly verified: boolean
  readonly link: ModelLink
  /** Goes to the equipment entry: `exact`, `most`, `pause`, `forbidden`. */
  readonly device: Readonly<Record<string, unknown>>
  readonly points: ReadonlyMap<string, ModelPoint>
  readonly hints: readonly ModelHint[]
  readonly note?: Words
}

/** How it comes out of the box; `seen` is what it was also met with in the field. */
export interface ModelLink {
  readonly baud?: number
  /** `8N1`, `8E1`. */
  readonly format?: string
  /** The address it has when it is new. */
  readonly unit?: number
  readonly port?: number
  readonly seen: readonly { readonly baud?: number; readonly format?: string; readonly unit?: number }[]
}

export interface ModelPoint {
  readonly key: string
  readonly name: Words
  /** Our symbol; empty for contacts, states and what has none. What the value is in after the binding's own scale. */
  readonly unit: string
  readonly quantity?: Quantity
  /** As the point's binding would be written in a site file. */
  readonly settings: Readonly<Record<string, unknown>>
  /** In the model's unit: what this sensor can give at all. */
  readonly plausible?: Span
  readonly note?: Words
  readonly verified: boolean
}

/** A variant that was met in the field: what it looks like, and what would be written instead. Commissioning tries it. */
export interface ModelHint {
  readonly look: Words
  /** By point, over its settings. */
  readonly points: ReadonlyMap<string, Readonly<Record<string, unknown>>>
  readonly link: Readonly<Record<string, unknown>>
  readonly device: Readonly<Record<string, unknown>>
}

const fileKeys = [
  'model',
  'name',
  'maker',
  'types',
  'protocol',
  'source',
  'verified',
  'link',
  'device',
  'defaults',
  'points',
  'hints',
  'note',
] as const
const pointKeys = ['name', 'unit', 'plausible', 'note', 'verified']

/** One file of the models. Problems are told with their place; undefined where nothing can be made of it. */
export function readModel(report: Report, item: Item, types: ReadonlyMap<string, EquipmentType>): Model | undefined {
  if (!mapping(report, item, fileKeys)) return undefined
  const id = readId(report, item)
  const name = wordsOf(report, required(report, item, 'name', '{ zh: XY-MD02 温湿度变送器, en: XY-MD02 transmitter }'))
  const maker = text(report, below(item, 'maker'), 'Eastron') ?? ''
  const protocol = oneOf(report, required(report, item, 'protocol', 'modbus'), families)
  const suited = list(report, below(item, 'types')).flatMap(
    one => oneOf(report, one, [...types.keys()], 'unknown-equipment-type') ?? [],
  )
  const verified = flag(report, below(item, 'verified')) ?? false
  const sources = readSources(report, item, verified)
  const pointsItem = required(report, item, 'points', '{ temperature: { unit: °C, register: 0 } }')
  if (!pointsItem || !mapping(report, pointsItem)) return undefined
  const defaults = settingsBelow(report, item, 'defaults')
  const points = new Map<string, ModelPoint>()
  for (const [key, entry] of pairs(pointsItem)) {
    const point = readPoint(report, { key, entry, defaults, verified, suited: suited.flatMap(type => types.get(type) ?? []) })
    if (point) points.set(key, point)
  }
  if (points.size === 0 && pairs(pointsItem).length === 0) report.error(pointsItem, noPoints)
  const hints = list(report, below(item, 'hints')).flatMap(hint => readHint(report, hint, [...points.keys()]) ?? [])
  if (id === undefined || !name || !protocol) return undefined
  const note = wordsOf(report, below(item, 'note'))
  return {
    id,
    name,
    maker,
    types: suited,
    protocol,
    sources,
    verified,
    link: readLink(report, below(item, 'link')),
    device: settingsBelow(report, item, 'device'),
    points,
    hints,
    ...(note && { note }),
  }
}

function readId(report: Report, item: Item): string | undefined {
  const idItem = required(report, item, 'model', 'xy-md02')
  const id = text(report, idItem, 'xy-md02')
  if (id === undefined || !idItem || /^[a-z0-9][a-z0-9-]{0,63}$/.test(id)) return id
  report.error(idItem, {
    code: 'bad-id',
    wrong: { zh: `“${id}”不能作型号：只能用 a-z、0-9 和 -`, en: `"${id}" cannot name a model: only a-z, 0-9 and -` },
    write: { zh: '例如 `xy-md02`', en: 'for example `xy-md02`' },
  })
  return undefined
}

/** Nothing is called verified without saying by what. */
function readSources(report: Report, item: Item, verified: boolean): readonly string[] {
  const given = below(item, 'source')
  const sources = typeof given?.value === 'string' ? [given.value] : list(report, given).map(({ value }) => String(value))
  if (verified && sources.length === 0)
    report.error(below(item, 'verified') ?? item, {
      code: 'verified-without-source',
      wrong: { zh: '写了已核实，却没有出处', en: 'it says verified and does not say by what' },
      write: { zh: '加上 `source`：说明书或公开的寄存器表', en: 'add `source`: the manual or the public map' },
    })
  return sources.filter(source => source !== '')
}

interface PointEntry {
  readonly key: string
  readonly entry: Item
  readonly defaults: Readonly<Record<string, unknown>>
  readonly verified: boolean
  readonly suited: readonly EquipmentType[]
}

function readPoint(report: Report, { key, entry, defaults, verified, suited }: PointEntry): ModelPoint | undefined {
  if (!mapping(report, entry)) return undefined
  const unitItem = below(entry, 'unit')
  const written = text(report, unitItem, '°C')
  const unit = written === undefined ? '' : unitSymbol(written)
  if (unit === undefined && unitItem && written !== undefined) {
    report.error(unitItem, {
      code: 'unknown-unit',
      wrong: { zh: `不认识单位“${written}”`, en: `the unit "${written}" is not known` },
      write: { zh: `可以写：${unitNames.join('、')}`, en: `write one of ${unitNames.join(', ')}` },
    })
    return undefined
  }
  const plausible = readSpan(report, below(entry, 'plausible'))
  const note = wordsOf(report, below(entry, 'note'))
  const settings = Object.fromEntries(
    pairs(entry).flatMap(([name, { value }]) => (pointKeys.includes(name) ? [] : [[name, value]])),
  )
  const named = suited.find(type => type.points.has(key))?.points.get(key)?.name
  const quantity = quantityOf(unit ?? '')
  return {
    key,
    name: wordsOf(report, below(entry, 'name')) ?? named ?? { zh: key, en: key },
    unit: unit ?? '',
    ...(quantity && { quantity }),
    settings: { ...defaults, ...settings },
    ...(plausible && { plausible }),
    ...(note && { note }),
    // A point may be less sure than its file, never surer.
    verified: verified && (flag(report, below(entry, 'verified')) ?? true),
  }
}

function readLink(report: Report, item: Item | undefined): ModelLink {
  if (!item || !mapping(report, item, ['baud', 'format', 'unit', 'port', 'seen'])) return { seen: [] }
  const seen = list(report, below(item, 'seen')).flatMap(one =>
    mapping(report, one, ['baud', 'format', 'unit']) ? [readWay(report, one)] : [],
  )
  const port = number(report, below(item, 'port'), 502)
  return { ...readWay(report, item), ...(port !== undefined && { port }), seen }
}

function readWay(report: Report, item: Item): { baud?: number; format?: string; unit?: number } {
  const baud = number(report, below(item, 'baud'), 9600)
  const format = oneOf(report, asFormat(below(item, 'format')), formats)
  const unit = number(report, below(item, 'unit'), 1)
  return { ...(baud !== undefined && { baud }), ...(format && { format }), ...(unit !== undefined && { unit }) }
}

export const formats = ['8N1', '8N2', '8E1', '8E2', '8O1', '8O2', '7E1', '7E2', '7N1', '7N2', '7O1', '7O2'] as const

/** YAML takes 8E1 for the number 80: where it did so there is only one format it can have been. */
function asFormat(item: Item | undefined): Item | undefined {
  const meant = item && formats.find(format => Number(format) === item.value)
  return item && { ...item, value: meant ?? item.value }
}

function readHint(report: Report, item: Item, keys: readonly string[]): ModelHint | undefined {
  if (!mapping(report, item, ['look', 'points', 'link', 'device'])) return undefined
  const look = wordsOf(report, required(report, item, 'look', '{ zh: 温度和湿度对调, en: temperature and humidity swapped }'))
  const points = new Map<string, Readonly<Record<string, unknown>>>()
  for (const [key, entry] of pairs(below(item, 'points'))) {
    if (!keys.includes(key)) unknownKey(report, entry, key, keys)
    else if (mapping(report, entry)) points.set(key, plain(entry))
  }
  const format = asFormat(below(below(item, 'link') ?? item, 'format'))?.value
  const link = { ...settingsBelow(report, item, 'link'), ...(format !== undefined && { format }) }
  return look && { look, points, link, device: settingsBelow(report, item, 'device') }
}

function settingsBelow(report: Report, item: Item, key: string): Readonly<Record<string, unknown>> {
  const found = below(item, key)
  return found && mapping(report, found) ? plain(found) : {}
}
const plain = (item: Item) => Object.fromEntries(pairs(item).map(([key, { value }]) => [key, value]))

const noPoints = {
  code: 'no-points',
  wrong: { zh: '没有一个点', en: 'it has no point' },
  write: { zh: '至少写 `temperature: { unit: °C, register: 0 }`', en: 'write at least `temperature: { unit: °C, register: 0 }`' },
}
