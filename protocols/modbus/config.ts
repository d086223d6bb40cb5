import type { Binding, PreparedProblem, Words } from '../contract/driver.ts'
import { millis, seconds } from '../contract/time.ts'
import type { Millis } from '../contract/time.ts'
import type { LineSettings } from '../kit/line-settings.ts'
import { readLine } from '../kit/line-settings.ts'
import { SettingReader } from '../kit/settings.ts'
import type { ModbusPoint } from './points.ts'
import { findTaken, parsePoint } from './points.ts'

export type Range = readonly [from: number, to: number]

/** How one unit wants to be read: what its equipment entry says, else what the connection says. */
export interface UnitSettings {
  readonly every: Millis
  /** Real time, for one request. */
  readonly timeout: Millis
  /** How often a read that was lost or garbled is repeated at once, while the unit is known to answer. */
  readonly retries: number
  /** Rest of the line before and after a request of this unit, real time. */
  readonly pause: Millis
  /** Unbound registers that may be read along to save a request. */
  readonly gap: number
  /** Registers a request; sixteen times as many bits. */
  readonly most: number
  /** Never read an address that no point asked for. */
  readonly exact: boolean
  /** Addresses that are never read, ends included. */
  readonly forbidden: readonly Range[]
}

export interface ModbusConfig {
  readonly line: LineSettings
  /** Headers with a transaction id, or unit and checksum as on a serial line. */
  readonly framing: 'tcp' | 'rtu'
  readonly pauseAfterConnect: Millis
  /** Of the connection: for units that no point is bound to. */
  readonly usual: UnitSettings
  readonly units: ReadonlyMap<number, UnitSettings>
  readonly points: readonly ModbusPoint[]
}

export type Kind = 'modbus-tcp' | 'modbus-rtu'
export const serialDefaults = { baud: 9_600, format: '8N1', port: 502 } as const
export const unitKeys = ['every', 'timeout', 'retries', 'pause', 'gap', 'most', 'exact', 'forbidden'] as const

type Settings = Readonly<Record<string, unknown>>

/** Reads a connection and its bindings; what is wrong with any of them goes into `problems`. */
export function parseModbus(
  kind: Kind,
  settings: Settings,
  bindings: readonly Binding[],
  problems: PreparedProblem[],
): ModbusConfig {
  const reader = new SettingReader(settings, 'connection', problems)
  reader.raw('protocol')
  const line: LineSettings =
    kind === 'modbus-rtu'
      ? readLine(reader, serialDefaults)
      : { via: 'tcp', host: reader.requiredText('host', '192.168.1.20'), port: reader.integer('port', 502, 1, 65_535) }
  const framing = kind === 'modbus-rtu' ? 'rtu' : reader.choice('framing', ['tcp', 'rtu'], 'tcp')
  const usual = readUnitSettings(reader, {
    every: seconds(10),
    timeout: seconds(1),
    // TCP repeats what the network loses; on a serial line one disturbed frame is an ordinary thing.
    retries: framing === 'rtu' ? 1 : 0,
    pause: millis(0),
    gap: 10,
    most: 100,
    exact: false,
    forbidden: [],
  })
  const pauseAfterConnect = reader.duration('pauseAfterConnect', millis(0), millis(0))
  reader.done()
  const units = readUnits(bindings, usual, framing === 'tcp' ? 0 : 1, problems)
  const points = bindings.map((binding, index) => parsePoint(binding, units.of[index] ?? 1, problems))
  findTaken(points, problems)
  for (const point of points) findForbidden(point, units.settings.get(point.unit) ?? usual, problems)
  return { line, framing, pauseAfterConnect, usual, units: units.settings, points }
}

function readUnitSettings(reader: SettingReader, usual: UnitSettings): UnitSettings {
  return {
    every: reader.duration('every', usual.every, millis(10)),
    timeout: reader.duration('timeout', usual.timeout, millis(10)),
    retries: reader.integer('retries', usual.retries, 0, 5),
    pause: reader.duration('pause', usual.pause, millis(0)),
    gap: reader.integer('gap', usual.gap, 0, 124),
    most: reader.integer('most', usual.most, 1, 125),
    exact: reader.flag('exact', usual.exact),
    forbidden: [...usual.forbidden, ...readRanges(reader)],
  }
}

function readRanges(reader: SettingReader): Range[] {
  const value = reader.raw('forbidden')
  if (value === undefined) return []
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  const ranges = list.flatMap((item): Range[] => {
    const [from, to, ...rest]: readonly unknown[] = Array.isArray(item) ? item : [item, item]
    return rest.length === 0 && isAddress(from) && isAddress(to) && from <= to ? [[from, to]] : []
  })
  if (ranges.length !== list.length) {
    reader.problem(
      ['forbidden'],
      { zh: 'forbidden 应是地址或地址段的列表', en: 'forbidden is a list of addresses or ranges' },
      {
        zh: '例如 forbidden: [[40, 49], 60]，从 0 数起，含两端',
        en: 'write for example forbidden: [[40, 49], 60], counted from 0, ends included',
      },
      'bad-value',
    )
  }
  return ranges
}

const isAddress = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 65_535

interface Units {
  readonly settings: ReadonlyMap<number, UnitSettings>
  /** For each binding its unit. */
  readonly of: readonly number[]
}

/** The unit belongs to the equipment; its keys lie in `device`, and their problems are told at the point. */
function readUnits(bindings: readonly Binding[], usual: UnitSettings, lowest: number, problems: PreparedProblem[]): Units {
  const settings = new Map<number, UnitSettings>()
  const said = new Map<number, { readonly device: Settings; readonly equipment: string }>()
  const of = bindings.map(binding => {
    const { device, equipment } = binding
    const reader = new SettingReader(device, { point: binding.point }, problems)
    const unit = readUnitId(reader, lowest)
    const first = said.get(unit)
    if (!first) {
      said.set(unit, { device, equipment })
      settings.set(unit, readUnitSettings(reader, usual))
      return unit
    }
    if (first.equipment === equipment && sameSettings(first.device, device)) return unit
    const own = readUnitSettings(reader, usual)
    for (const key of unitKeys) {
      if (JSON.stringify(first.device[key]) === JSON.stringify(device[key])) continue
      if (first.device[key] !== undefined && device[key] !== undefined) {
        reader.problem([key], ...differs(key, unit, first.equipment))
      } else if (device[key] !== undefined) settings.set(unit, { ...(settings.get(unit) ?? usual), [key]: own[key] })
    }
    said.set(unit, { device: { ...device, ...first.device }, equipment: first.equipment })
    return unit
  })
  return { settings, of }
}

const sameSettings = (one: Settings, other: Settings): boolean =>
  one === other || unitKeys.every(key => one[key] === other[key] || JSON.stringify(one[key]) === JSON.stringify(other[key]))

function readUnitId(reader: SettingReader, lowest: number): number {
  if (!reader.has('unit')) {
    reader.problem(
      ['unit'],
      { zh: '设备缺少 unit（Modbus 从站地址）', en: 'the equipment has no unit (Modbus unit id)' },
      { zh: '在设备下写 unit: 1（1 到 247）', en: 'write unit: 1 (1 to 247) below the equipment' },
      'missing',
    )
  }
  return reader.integer('unit', 1, lowest, 255)
}

const differs = (key: string, unit: number, other: string): [Words, Words] => [
  { zh: `从站 ${unit} 的 ${key} 与 ${other} 写的不同`, en: `${key} of unit ${unit} is not what ${other} says` },
  { zh: '同一从站的设备写同一个值，或只写一次', en: 'write the same value at all equipment of one unit, or only once' },
]

function findForbidden(point: ModbusPoint, { forbidden }: UnitSettings, problems: PreparedProblem[]): void {
  const range = forbidden.find(([from, to]) => point.start <= to && point.end > from)
  if (!range) return
  problems.push({
    in: { point: point.point },
    path: ['register'],
    code: 'register-forbidden',
    wrong: {
      zh: `${point.start} 到 ${point.end - 1} 碰到禁止读取的 ${range[0]}–${range[1]}`,
      en: `${point.start} to ${point.end - 1} touches the forbidden ${range[0]}–${range[1]}`,
    },
    write: { zh: '改地址，或改 forbidden', en: 'another register, or another forbidden range' },
  })
}
