import type { EquipmentType, PointType, Span } from './library.ts'
import { familyOf } from './models.ts'
import type { Model, ModelPoint } from './models.ts'
import { below, oneOf, pairs } from './reader.ts'
import { suggest } from './report.ts'
import type { Item, Report } from './report.ts'
import { conversion } from './units.ts'
import type { Conversion } from './units.ts'

/** The model that an equipment entry names, with the place where it says so. */
export interface Named {
  readonly item: Item
  readonly model: Model
}

/** A point of an entry: written, or brought by the model alone. */
export interface Entry {
  readonly key: string
  /** What is written, or the `model:` line where nothing is. */
  readonly item: Item
  readonly from?: ModelPoint
}

/** Reads `model:` of an equipment entry. `kinds` are the protocols of the connections by id, `home` the entry's own connection. */
export function readNamed(
  report: Report,
  item: Item,
  models: ReadonlyMap<string, Model>,
  home: string | undefined,
  kinds: ReadonlyMap<string, string>,
): Named | undefined {
  const modelItem = below(item, 'model')
  const model = models.get(oneOf(report, modelItem, [...models.keys()], 'unknown-model') ?? '')
  if (!modelItem || !model) return undefined
  const kind = kinds.get(home ?? '')
  if (kind === undefined || familyOf(kind) === model.protocol) return { item: modelItem, model }
  const fitting = [...kinds].flatMap(([id, one]) => (familyOf(one) === model.protocol ? [id] : []))
  report.error(modelItem, {
    code: 'model-of-another-protocol',
    wrong: {
      zh: `${model.name.zh} 说 ${model.protocol}，而 \`${home}\` 是 ${kind}`,
      en: `${model.name.en} speaks ${model.protocol}, and \`${home}\` is ${kind}`,
    },
    write:
      fitting.length > 0
        ? { zh: `写 \`connection: ${fitting[0]}\``, en: `write \`connection: ${fitting[0]}\`` }
        : {
            zh: `在 connections 下加一个 ${model.protocol} 连接`,
            en: `add a connection of ${model.protocol} below \`connections\``,
          },
  })
  return undefined
}

/** The points of an entry: those written, then those that the model brings for the type. `point: off` leaves one out. */
export function entriesOf(
  report: Report,
  {
    pointsItem,
    type,
    named,
  }: { readonly pointsItem: Item | undefined; readonly type: EquipmentType; readonly named: Named | undefined },
): readonly Entry[] {
  const written = pairs(pointsItem)
  if (!named) {
    for (const [, item] of written) checkFrom(report, item)
    return written.map(([key, item]) => ({ key, item }))
  }
  const { model, item: modelItem } = named
  const taken = new Set(written.map(([key]) => key))
  const brought = [...type.points.values()].flatMap((point): Entry[] => {
    const from = model.points.get(point.key)
    if (!from || taken.has(point.key) || !fits(from, point)) return []
    return [{ key: point.key, item: { ...modelItem, value: null }, from }]
  })
  const entries = written.flatMap(([key, item]): Entry[] => {
    if (item.value === 'off') return []
    const from = sourceOf(report, item, key, model)
    if (from === 'wrong') return []
    const point = type.points.get(key)
    if (from && point && !below(item, 'unit') && !fits(from, point)) {
      report.error(below(item, 'from') ?? item, mismatch(from, point))
      return []
    }
    return [{ key, item, ...(from && { from }) }]
  })
  if (entries.length + brought.length === 0 && written.length === 0)
    report.error(modelItem, {
      code: 'model-fits-nothing',
      wrong: {
        zh: `${model.name.zh}没有与${type.name.zh}同名的点`,
        en: `${model.name.en} has no point of the same name as a ${type.type}`,
      },
      write: {
        zh: `在 points 下写 \`${type.main}: { from: … }\`，可用：${[...model.points.keys()].join('、')}`,
        en: `write \`${type.main}: { from: … }\` below points, with one of ${[...model.points.keys()].join(', ')}`,
      },
    })
  return [...entries, ...brought]
}

/** Which point of the model a written point is read as: the one it names, else the one of the same key. */
function sourceOf(report: Report, item: Item, key: string, model: Model): ModelPoint | 'wrong' | undefined {
  const name = below(item, 'from')
  if (name) return model.points.get(oneOf(report, name, [...model.points.keys()], 'unknown-point') ?? '') ?? 'wrong'
  // What is read over a line of its own is not the model's.
  if (below(item, 'connection')) return undefined
  const found = model.points.get(key)
  if (found || pairs(item).length > 0) return found
  report.error(item, lacks(model, key))
  return 'wrong'
}

const mismatch = (from: ModelPoint, point: PointType) => ({
  code: 'unit-mismatch',
  wrong: {
    zh: `型号的${from.name.zh}（${from.unit || '开关量'}）不能当作${point.name.zh}（${point.unit || '开关量'}）`,
    en: `${from.key} of the model (${from.unit || 'a contact'}) cannot be read as ${point.key} (${point.unit || 'a contact'})`,
  },
  write: { zh: '选型号里量纲相同的点，或写 `unit`', en: 'take a point of the same quantity, or write `unit`' },
})

const lacks = (model: Model, key: string) => ({
  code: 'point-not-in-model',
  on: 'key' as const,
  wrong: { zh: `${model.name.zh}没有 \`${key}\` 这个点`, en: `${model.name.en} has no point \`${key}\`` },
  write: {
    zh: `写 \`from: ${[...model.points.keys()][0]}\` 一类，或写它自己的地址`,
    en: `${suggest(key, model.points.keys()).en} as \`from\`, or write its own address`,
  },
})

/** `from` without a model has nothing to take from. */
function checkFrom(report: Report, item: Item): void {
  const from = below(item, 'from')
  if (!from) return
  report.error(from, {
    code: 'from-without-model',
    on: 'key',
    wrong: { zh: '设备没有写 model', en: 'the equipment names no model' },
    write: { zh: '在设备下写 `model: xy-md02`，或删去 from', en: 'write `model: xy-md02` at the equipment, or remove it' },
  })
}

/** Whether a model's point can be read as this point of a type. */
export const fits = (from: ModelPoint, point: PointType): boolean => wayOf(from, point) !== undefined

/** The way from the model's unit to the type's; undefined where they measure different things. */
export function wayOf(from: ModelPoint, point: PointType): Conversion | undefined {
  // A model that was drawn up without units gives what the type is in.
  if (from.unit === '') return same
  if (point.unit === '') return undefined
  return conversion(from.unit, point.unit)
}
const same: Conversion = { scale: 1, offset: 0 }

/** The same as a binding has it: absent where there is nothing to convert. */
export function convertOf(from: ModelPoint | undefined, point: PointType): Conversion | undefined {
  const way = from && wayOf(from, point)
  return way === undefined || (way.scale === 1 && way.offset === 0) ? undefined : way
}

/** What both the sensor and such equipment can give, in the type's unit. */
export function plausibleOf(from: ModelPoint | undefined, point: PointType): Span | undefined {
  const way = from?.plausible && wayOf(from, point)
  if (!from?.plausible || !way) return point.plausible
  const [one, other] = [from.plausible.min, from.plausible.max].map(end => end * way.scale + way.offset) as [number, number]
  const min = Math.max(Math.min(one, other), point.plausible?.min ?? Number.NEGATIVE_INFINITY)
  const max = Math.min(Math.max(one, other), point.plausible?.max ?? Number.POSITIVE_INFINITY)
  return min < max ? { min, max } : point.plausible
}

/** A model's settings of a point; `{device}` in a text stands for what the equipment is called on the wire. */
export function settingsFrom(from: ModelPoint | undefined, device: unknown): Readonly<Record<string, unknown>> {
  const fill = (value: unknown): unknown => (typeof value === 'string' ? value.replaceAll('{device}', String(device)) : value)
  return Object.fromEntries(Object.entries(from?.settings ?? {}).map(([key, value]) => [key, fill(value)]))
}

/** The model's settings for the equipment entry that this protocol knows. */
export function deviceOf(model: Model, known: object | undefined): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(model.device).filter(([key]) => known === undefined || Object.hasOwn(known, key)))
}

/** One note for each model whose map nobody has checked, at its first place. */
export function tellUnverified(
  report: Report,
  used: readonly { readonly equipment: string; readonly named: Named; readonly points: readonly ModelPoint[] }[],
): void {
  for (const [model, places] of Map.groupBy(used, ({ named }) => named.model)) {
    const unsure = places.filter(({ points }) => points.some(point => !point.verified))
    const first = unsure[0]
    if (!first) continue
    const keys = [...new Set(unsure.flatMap(({ points }) => points.filter(point => !point.verified).map(({ key }) => key)))]
    const others = unsure.slice(1).map(({ equipment }) => equipment)
    report.note(first.named.item, {
      code: 'model-unverified',
      wrong: {
        zh: `${model.name.zh}的 ${keys.join('、')} 未核实${others.length > 0 ? `（也用于 ${others.join('、')}）` : ''}`,
        en: `${keys.join(', ')} of ${model.name.en} is unverified${others.length > 0 ? ` (also used at ${others.join(', ')})` : ''}`,
      },
      write: {
        zh: '用 `zhishou poll` 读一次，与现场显示对照',
        en: 'read it once with `zhishou poll` and compare with what the device shows',
      },
    })
  }
}
