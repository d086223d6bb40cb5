import type { Words } from '../../protocols/contract/driver.ts'
import { minutes } from '../../protocols/contract/time.ts'
import type { Millis } from '../../protocols/contract/time.ts'
import { below, duration, list, mapping, number, oneOf, pairs, required, text, wordsOf } from './reader.ts'
import type { Item, Report } from './report.ts'
import type { PointKind } from './site.ts'
import { quantityNames, quantityOf, unitSymbol } from './units.ts'

/** What a kind of equipment brings: its points with units, scale and names. One file each in `protocols/library`. */
export interface EquipmentType {
  readonly type: string
  readonly name: Words
  readonly icon: string
  readonly main: string
  /** A point that stands for it where equipment of this type has none: a battery meter tells its total and no flow. */
  readonly orMain?: string
  readonly points: ReadonlyMap<string, PointType>
}

export interface PointType {
  readonly key: string
  readonly name: Words
  readonly kind: PointKind
  readonly unit: string
  readonly decimals: number
  readonly range: Span
  /** What such a sensor can give at all; beyond it is a fault, not a reading. */
  readonly plausible?: Span
  /** The record limits where no rule gives any. */
  readonly limits: { readonly min?: number; readonly max?: number }
  readonly staleAfter: Millis
  readonly labels: ReadonlyMap<number, Words>
  /** False where the point is only shown: nobody has to watch it. */
  readonly watched: boolean
}

export interface Span {
  readonly min: number
  readonly max: number
}

const icons = [
  'fridge',
  'freezer',
  'steriliser',
  'tank',
  'rack',
  'gas-meter',
  'gas-alarm',
  'hydrant',
  'extinguisher',
  'gate',
  'light',
  'sensor',
] as const
const kinds = ['measurement', 'contact', 'state', 'counter'] as const satisfies readonly PointKind[]

/** One file of the library. */
export function readType(report: Report, item: Item): EquipmentType | undefined {
  if (!mapping(report, item, ['type', 'name', 'icon', 'main', 'orMain', 'points'])) return undefined
  const type = text(report, required(report, item, 'type', 'freezer'), 'freezer')
  const name = wordsOf(report, required(report, item, 'name', '{ zh: 冰柜, en: Freezer }'))
  const icon = oneOf(report, required(report, item, 'icon', 'freezer'), icons)
  const mainItem = required(report, item, 'main', 'temperature')
  const main = text(report, mainItem, 'temperature')
  const pointsItem = required(report, item, 'points', '…')
  if (!pointsItem || !mapping(report, pointsItem)) return undefined
  const points = new Map<string, PointType>()
  for (const [key, entry] of pairs(pointsItem)) {
    const point = readPoint(report, key, entry)
    if (point) points.set(key, point)
  }
  if (!type || !name || !icon || !main || !mainItem) return undefined
  if (!points.has(main)) oneOf(report, mainItem, [...points.keys()], 'unknown-point')
  const orItem = below(item, 'orMain')
  const orMain = orItem && oneOf(report, orItem, [...points.keys()], 'unknown-point')
  return { type, name, icon, main, ...(orMain === undefined ? {} : { orMain }), points }
}

function readPoint(report: Report, key: string, item: Item): PointType | undefined {
  if (
    !mapping(report, item, [
      'name',
      'kind',
      'quantity',
      'unit',
      'decimals',
      'range',
      'plausible',
      'limits',
      'stale',
      'labels',
      'watch',
    ])
  )
    return undefined
  const name = wordsOf(report, required(report, item, 'name', '{ zh: 温度, en: Temperature }'))
  const kind = oneOf(report, required(report, item, 'kind', 'measurement'), kinds)
  const coded = kind === 'contact' || kind === 'state'
  const unit = coded ? '' : readUnit(report, item)
  const labels = readLabels(report, coded ? required(report, item, 'labels', '{ 0: 关, 1: 开 }') : undefined)
  const codes = [...labels.keys()]
  const range = coded
    ? { min: Math.min(...codes), max: Math.max(...codes) }
    : readSpan(report, required(report, item, 'range', '[0, 100]'))
  const plausible = coded ? undefined : readSpan(report, below(item, 'plausible'))
  const watch = oneOf(report, below(item, 'watch'), ['none', 'rules'] as const)
  if (!name || !kind || unit === undefined || !range) return undefined
  return {
    key,
    name,
    kind,
    unit,
    decimals: number(report, below(item, 'decimals'), 1) ?? (coded ? 0 : 1),
    range,
    ...(plausible && { plausible }),
    limits: readLimits(report, below(item, 'limits')),
    staleAfter: duration(report, below(item, 'stale')) ?? minutes(10),
    labels,
    watched: watch !== 'none',
  }
}

function readUnit(report: Report, item: Item): string | undefined {
  const unitItem = required(report, item, 'unit', '°C')
  const unit = text(report, unitItem, '°C')
  const quantity = oneOf(report, required(report, item, 'quantity', 'temperature'), quantityNames, 'unknown-quantity')
  if (!unit || !unitItem) return undefined
  if (unitSymbol(unit) === unit && quantityOf(unit) === quantity) return unit
  report.error(unitItem, {
    code: 'unknown-unit',
    wrong: { zh: `“${unit}”不是 ${quantity} 的单位`, en: `"${unit}" is no unit of ${quantity}` },
    write: { zh: '见 gateway/site/units.ts', en: 'see gateway/site/units.ts' },
  })
  return undefined
}

function readLabels(report: Report, item: Item | undefined): ReadonlyMap<number, Words> {
  const labels = new Map<number, Words>()
  if (!item || !mapping(report, item)) return labels
  for (const [code, entry] of pairs(item)) {
    const words = wordsOf(report, entry)
    if (words && /^-?\d+$/.test(code)) labels.set(Number(code), words)
    else
      report.error(entry, {
        code: 'bad-label',
        on: 'key',
        wrong: { zh: `“${code}”不是代码`, en: `"${code}" is no code` },
        write: { zh: '写整数', en: 'write a whole number' },
      })
  }
  return labels
}

/** `[min, max]`, the right way round. */
export function readSpan(report: Report, item: Item | undefined): Span | undefined {
  if (!item) return undefined
  const ends = list(report, item)
  const [min, max] = ends.map(end => number(report, end, 0))
  if (ends.length !== 2) {
    report.error(item, {
      code: 'wrong-type',
      wrong: { zh: '这里要两个数', en: 'this must be two numbers' },
      write: { zh: '写 `[最小，最大]`', en: 'write `[min, max]`' },
    })
    return undefined
  }
  if (min === undefined || max === undefined) return undefined
  if (min < max) return { min, max }
  report.error(item, inverted(min, max, `[${max}, ${min}]`))
  return undefined
}

/** `{ min, max }`, either may be left out. */
export function readLimits(report: Report, item: Item | undefined): { readonly min?: number; readonly max?: number } {
  if (!item || !mapping(report, item, ['min', 'max'])) return {}
  const min = number(report, below(item, 'min'), 0)
  const max = number(report, below(item, 'max'), 8)
  if (min !== undefined && max !== undefined && min >= max) {
    report.error(below(item, 'min') ?? item, inverted(min, max, `min: ${max}, max: ${min}`))
    return {}
  }
  return { ...(min !== undefined && { min }), ...(max !== undefined && { max }) }
}

const inverted = (min: number, max: number, better: string) => ({
  code: 'limit-inverted',
  wrong: { zh: `下限 ${min} 不低于上限 ${max}`, en: `the lower end ${min} is not below the upper end ${max}` },
  write: { zh: `小的在前：\`${better}\``, en: `the smaller one first: \`${better}\`` },
})
