import type { EquipmentType } from '../site/library.ts'
import { fits } from '../site/model-points.ts'
import type { Model } from '../site/models.ts'
import { conversion } from '../site/units.ts'
import { freeId } from './draft.ts'
import { flow, key } from './draft-yaml.ts'
import { keyMeant, unitMeant, usualUnits } from './import-names.ts'
import { LeftOuts } from './import-shape.ts'
import type { Imported, ImportedDevice, ImportedPoint, LeftOut } from './import-shape.ts'

type Settings = Readonly<Record<string, unknown>>

/** What an import is laid on. */
export interface ImportGround {
  readonly types: ReadonlyMap<string, EquipmentType>
  readonly models: ReadonlyMap<string, Model>
  /** The type wanted; without one it is guessed by the names of the points. */
  readonly type?: string
  /** An existing connection of the site, in place of what the file says. */
  readonly connection?: string
}

/** Text for a file, and everything that is not in it. */
export interface ImportedText {
  readonly yaml: string
  /** Pieces of equipment (or models) and points that the text holds. */
  readonly pieces: number
  readonly points: number
  readonly leftOut: readonly LeftOut[]
}

/** A draft of a site file, or of the part that is laid beside one where the connection is there already. */
export function siteDraft(imported: Imported, ground: ImportGround): ImportedText {
  const leftOut = new LeftOuts()
  const room: Room = { ids: new Set(), registers: new Set() }
  const entries = imported.devices.flatMap(device => entryOf(device, ground, room, leftOut))
  const used = new Set(entries.map(({ connection }) => connection))
  const connections = ground.connection === undefined ? imported.connections.filter(({ id }) => used.has(id)) : []
  const all = [...imported.leftOut, ...leftOut.sorted()].toSorted((a, b) => a.line - b.line)
  const head =
    connections.length === 0
      ? []
      : [
          'site: { id: draft, name: { zh: 草稿, en: Draft } }',
          'connections:',
          ...connections.map(({ id, protocol, settings }) => `  ${key(id)}: ${flow({ protocol, ...settings })}`),
        ]
  const yaml = [
    ...head,
    'areas:',
    '  imported:',
    '    name: { zh: 导入的设备, en: Imported equipment }',
    '    equipment:',
    ...entries.flatMap(entry => entry.lines),
    ...remarks(all),
    '',
  ].join('\n')
  const points = entries.reduce((sum, entry) => sum + entry.points, 0)
  return { yaml: entries.length === 0 ? '' : yaml, pieces: entries.length, points, leftOut: all }
}

/** What is given away already: ids of the draft, and registers of each unit on each line. */
interface Room {
  readonly ids: Set<string>
  readonly registers: Set<string>
}

interface Entry {
  readonly connection: string
  readonly lines: readonly string[]
  readonly points: number
}

function entryOf(device: ImportedDevice, ground: ImportGround, room: Room, leftOut: LeftOuts): readonly Entry[] {
  const { types, models } = ground
  const leave = (zh: string, en: string): readonly [] => {
    leftOut.add(device.line, device.name, zh, en)
    for (const point of device.points)
      leftOut.add(point.line, `${device.name}: ${point.name}`, '随设备一起没有导入', 'its equipment was not imported')
    return []
  }
  const connection = ground.connection ?? device.connection
  if (connection === undefined)
    return leave('不知道它在哪里，用 --connection 指定连接', 'where it is is not known: name a connection with --connection')
  const model = device.model === undefined ? undefined : models.get(device.model)
  const type = types.get(ground.type ?? model?.types[0] ?? likeliest(device.points, types) ?? '')
  if (!type)
    return leave(
      '看不出是哪种设备，用 --type 指定，或用 --as model',
      'what it is cannot be told: name a type with --type, or write a model with --as model',
    )
  const where = `${connection} ${String(device.device['unit'])}`
  const bound = model ? [] : bind(device, type, { where, registers: room.registers, leftOut })
  const brought = [...type.points.values()].filter(point => {
    const from = model?.points.get(point.key)
    return from !== undefined && fits(from, point)
  })
  if (bound.length + brought.length === 0) return leave(`${type.name.zh}没有这样的点`, `a ${type.type} has no such points`)
  const ofModel = brought.flatMap(({ key: name }) => placesOf(where, model?.points.get(name)?.settings ?? {}))
  if (ofModel.some(place => room.registers.has(place)))
    return leave('同一连接上已有这个从站地址', 'there is a device of that unit id on the connection already')
  for (const place of ofModel) room.registers.add(place)
  const id = freeId(device.name, room.ids)
  room.ids.add(id)
  const written = { type: type.type, ...(model && { model: model.id }), name: device.name, connection, ...device.device }
  const assumed = bound.filter(({ isAssumed }) => isAssumed).map(one => one.key)
  const lines = [
    ...(assumed.length > 0
      ? [`      # ${assumed.join(', ')}: the file names no unit, W is taken for granted · 原文件没有单位，按 W 处理`]
      : []),
    `      ${key(id)}:`,
    ...Object.entries(written).map(([name, value]) => `        ${key(name)}: ${flow(value)}`),
    ...(bound.length > 0 ? ['        points:', ...bound.map(one => `          ${key(one.key)}: ${flow(one.settings)}`)] : []),
  ]
  return [{ connection, lines, points: bound.length + brought.length }]
}

interface Bound {
  readonly key: string
  readonly settings: Settings
  readonly isAssumed: boolean
}

/** Each point of the type once; what has no place in it is left out by name. */
function bind(
  device: ImportedDevice,
  type: EquipmentType,
  { where, registers, leftOut }: { readonly where: string; readonly registers: Set<string>; readonly leftOut: LeftOuts },
): readonly Bound[] {
  const used = new Set<string>()
  return device.points.flatMap((point): Bound[] => {
    const wanted = keyIn(type, point.name)
    const ours = wanted === undefined ? undefined : type.points.get(wanted)
    const leave = (zh: string, en: string): Bound[] => {
      leftOut.add(point.line, `${device.name}: ${point.name}`, zh, en)
      return []
    }
    if (!ours) return leave(`${type.name.zh}没有这个点`, `a ${type.type} has no such point`)
    if (used.has(ours.key)) return leave(`${ours.key} 已经有了`, `${ours.key} is there already`)
    const said = point.unit ?? unitMeant(point.name)
    const unit = said ?? (ours.unit === '' ? undefined : usualUnits[ours.key])
    if (unit !== undefined && !conversion(unit, ours.unit))
      return leave(`${unit} 不能换算成 ${ours.unit || '开关量'}`, `${unit} cannot be converted to ${ours.unit || 'a contact'}`)
    const places = placesOf(where, point.settings)
    if (places.some(place => registers.has(place))) return leave('寄存器已经用过', 'its register is used already')
    used.add(ours.key)
    for (const place of places) registers.add(place)
    const isAssumed = said === undefined && unit !== undefined && unit !== ours.unit
    return [
      { key: ours.key, settings: { ...point.settings, ...(unit !== undefined && unit !== ours.unit && { unit }) }, isAssumed },
    ]
  })
}

/** Every register that a value takes. A single bit leaves the others of its register free. */
function placesOf(where: string, { table, register, type, bit }: Settings): readonly string[] {
  const width = String(type).endsWith('64') ? 4 : String(type).endsWith('32') ? 2 : 1
  return Array.from(
    { length: width },
    (_, index) => `${where} ${String(table ?? 'holding')} ${Number(register) + index} ${String(bit ?? 'whole')}`,
  )
}

/** The type's point of this name: its own key, or what the name means. */
function keyIn(type: EquipmentType, name: string): string | undefined {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
  if (type.points.has(plain)) return plain
  const meant = keyMeant(name)
  return meant !== undefined && type.points.has(meant) ? meant : undefined
}

/** What measures and stands for nothing else: where the names do not decide, nothing is made of them. */
const plainTypes = ['electricity-meter', 'air-sensor', 'water-meter', 'heat-meter', 'ups', 'soil-sensor']

/** The type that has most of the points; of several a plain one, then the one with its main point among them, then the one with the fewest others. */
export function likeliest(points: readonly ImportedPoint[], types: ReadonlyMap<string, EquipmentType>): string | undefined {
  const tries = [...types.values()].map(type => {
    const keys = new Set(points.flatMap(({ name }) => keyIn(type, name) ?? []))
    const plain = plainTypes.includes(type.type) ? 1 : 0
    return { type: type.type, count: keys.size, plain, main: keys.has(type.main) ? 1 : 0, size: type.points.size }
  })
  const best = tries.toSorted((a, b) => b.count - a.count || b.plain - a.plain || b.main - a.main || a.size - b.size)[0]
  return best && best.count > 0 ? best.type : undefined
}

/** Models, one text each: every point of the file under its own name, to be taken by `from`. */
export function modelTexts(imported: Imported, source: string): readonly (ImportedText & { readonly id: string })[] {
  const taken = new Set<string>()
  return imported.devices.flatMap(device => {
    if (device.points.length === 0) return []
    const id = freeId(device.name, taken)
    taken.add(id)
    const keys = new Set<string>()
    const points = device.points.map(point => {
      const own = freeId(keyMeant(point.name) ?? point.name, keys)
      keys.add(own)
      const unit = point.unit ?? unitMeant(point.name)
      return `  ${key(own)}: ${flow({ name: point.name, ...(unit !== undefined && { unit }), ...point.settings })}`
    })
    const yaml = [
      `model: ${key(id)}`,
      `name: ${flow(device.name)}`,
      'protocol: modbus',
      `source: ${flow(source)}`,
      'verified: false',
      'points:',
      ...points,
      ...remarks(imported.leftOut),
      '',
    ].join('\n')
    return [{ id, yaml, pieces: 1, points: points.length, leftOut: imported.leftOut }]
  })
}

const remarks = (leftOut: readonly LeftOut[]): readonly string[] =>
  leftOut.length === 0
    ? []
    : [
        '# left out · 没有导入：',
        ...leftOut.map(({ line, what, why }) => `#  ${line}: ${oneLine(what)}: ${oneLine(why.en)} · ${oneLine(why.zh)}`),
      ]
const oneLine = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
