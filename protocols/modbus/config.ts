import type { Binding, PreparedProblem } from '../contract/driver.ts'
import type { PointId } from '../contract/reading.ts'
import type { Millis } from '../contract/time.ts'
import { millis, seconds } from '../contract/time.ts'
import type { Scaling } from '../kit/number.ts'
import { SettingReader } from '../kit/settings.ts'

export const tables = ['holding', 'input', 'coil', 'discrete'] as const
export type Table = (typeof tables)[number]

export const wordTypes = ['int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64', 'float32', 'float64', 'bit'] as const
export type WordType = (typeof wordTypes)[number]

/** How the bytes of a value longer than they should be lie on the wire, as they are printed in manuals. */
export const orders = ['ABCD', 'CDAB', 'BADC', 'DCBA'] as const
export type Order = (typeof orders)[number]

/** Registers a value takes. */
export const widths: Readonly<Record<WordType, number>> = {
  int16: 1,
  uint16: 1,
  bit: 1,
  int32: 2,
  uint32: 2,
  float32: 2,
  int64: 4,
  uint64: 4,
  float64: 4,
}

export const isBitTable = (table: Table): boolean => table === 'coil' || table === 'discrete'

export interface ModbusPoint extends Scaling {
  readonly point: PointId
  readonly unit: number
  readonly table: Table
  /** Zero-based, as on the wire. */
  readonly register: number
  /** Registers, or 1 in a bit table. */
  readonly width: number
  readonly type: WordType
  /** Which bit of the register, for `type: bit` in a register table. */
  readonly bit: number
  readonly order: Order
  readonly sentinels: readonly number[]
}

export interface ModbusConnection {
  readonly host: string
  readonly port: number
  readonly every: Millis
  /** Real time, for one request. */
  readonly timeout: Millis
  readonly framing: 'tcp' | 'rtu'
  readonly gap: number
  readonly most: number
  readonly exact: boolean
}

export interface ModbusConfig {
  readonly connection: ModbusConnection
  readonly points: readonly ModbusPoint[]
}

/** Reads a connection and its bindings; what is wrong with any of them goes into `problems`. */
export function parseModbus(
  settings: Readonly<Record<string, unknown>>,
  bindings: readonly Binding[],
  problems: PreparedProblem[],
): ModbusConfig {
  const reader = new SettingReader(settings, 'connection', problems)
  reader.raw('protocol')
  const connection: ModbusConnection = {
    host: reader.requiredText('host', '192.168.1.20'),
    port: reader.integer('port', 502, 1, 65_535),
    every: reader.duration('every', seconds(10), millis(10)),
    timeout: reader.duration('timeout', seconds(1), millis(10)),
    framing: reader.choice('framing', ['tcp', 'rtu'], 'tcp'),
    gap: reader.integer('gap', 10, 0, 124),
    most: reader.integer('most', 100, 1, 125),
    exact: reader.flag('exact', false),
  }
  reader.done()
  const points = bindings.map(binding => parsePoint(binding, problems))
  findTaken(points, problems)
  return { connection, points }
}

function parsePoint(binding: Binding, problems: PreparedProblem[]): ModbusPoint {
  const reader = new SettingReader(binding.settings, { point: binding.point }, problems)
  const table = reader.choice('table', tables, 'holding')
  const bits = isBitTable(table)
  const register = reader.integer('register', -1, 0, 65_535)
  if (!reader.has('register')) {
    reader.problem(
      ['register'],
      { zh: '缺少 register（寄存器地址）', en: 'register is missing' },
      {
        zh: '写上从 0 开始的地址，例如 register: 0（说明书里的 40001 就是 0）',
        en: 'write the address counted from 0, for example register: 0 (the 40001 of a manual is 0)',
      },
      'missing',
    )
  }
  const type = reader.choice('type', wordTypes, bits ? 'bit' : 'uint16')
  if (bits && type !== 'bit') {
    reader.problem(
      ['type'],
      { zh: `${table} 表里只有位，不能是 ${type}`, en: `the ${table} table holds single bits, not ${type}` },
      { zh: '去掉 type，或改用 table: holding / input', en: 'leave type out, or write table: holding or input' },
    )
  }
  const bit = reader.integer('bit', 0, 0, 15)
  if (reader.has('bit') && (type !== 'bit' || bits)) {
    reader.problem(
      ['bit'],
      { zh: 'bit 只用于寄存器表里的 type: bit', en: 'bit belongs to type: bit in a register table' },
      { zh: '去掉 bit，或写 type: bit', en: 'leave it out, or write type: bit' },
    )
  }
  if (type === 'bit' && !bits && !reader.has('bit')) {
    reader.problem(
      ['bit'],
      { zh: '缺少 bit（第几位）', en: 'bit is missing: which of the sixteen?' },
      { zh: '写 bit: 0 到 bit: 15，0 是最低位', en: 'write bit: 0 to bit: 15, 0 is the lowest' },
      'missing',
    )
  }
  const width = bits ? 1 : widths[type]
  if (register + width > 65_536) {
    reader.problem(
      ['register'],
      { zh: `${type} 占 ${width} 个寄存器，超出了 65535`, en: `${type} takes ${width} registers, which goes beyond 65535` },
      { zh: `不大于 ${65_536 - width} 的地址`, en: `an address no higher than ${65_536 - width}` },
    )
  }
  const point: ModbusPoint = {
    point: binding.point,
    unit: parseUnit(binding, problems),
    table,
    register,
    width,
    type: bits ? 'bit' : type,
    bit: bits ? 0 : bit,
    order: reader.choice('order', orders, 'ABCD'),
    sentinels: parseSentinels(reader),
    ...reader.scaling(binding),
  }
  reader.done()
  return point
}

/** The unit belongs to the equipment; its key lies in `device`, and its problem is told as `unit` of the point. */
function parseUnit(binding: Binding, problems: PreparedProblem[]): number {
  const reader = new SettingReader(binding.device, { point: binding.point }, problems)
  if (!reader.has('unit')) {
    reader.problem(
      ['unit'],
      { zh: '设备缺少 unit（Modbus 从站地址）', en: 'the equipment has no unit (Modbus unit id)' },
      { zh: '在设备下写 unit: 1（1 到 255）', en: 'write unit: 1 (1 to 255) below the equipment' },
      'missing',
    )
  }
  return reader.integer('unit', 1, 1, 255)
}

function parseSentinels(reader: SettingReader): number[] {
  const value = reader.raw('sentinel')
  if (value === undefined) return []
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  const numbers = list.filter(item => typeof item === 'number')
  if (numbers.length !== list.length) {
    reader.problem(
      ['sentinel'],
      { zh: 'sentinel 应是原始代码的列表', en: 'sentinel is a list of raw codes' },
      { zh: '例如 sentinel: [32768]', en: 'write for example sentinel: [32768]' },
      'bad-value',
    )
  }
  return numbers
}

/** Two points on one register or bit of the same unit and table: one of them is a slip of the pen. A bit beside its whole register is not. */
function findTaken(points: readonly ModbusPoint[], problems: PreparedProblem[]): void {
  const taken = new Map<string, ModbusPoint>()
  for (const point of points) {
    if (point.register < 0) continue
    const bitwise = point.type === 'bit'
    const others = new Set<ModbusPoint>()
    for (let register = point.register; register < point.register + point.width; register++) {
      const place = `${point.unit} ${point.table} ${register} ${bitwise ? point.bit : 'whole'}`
      const other = taken.get(place)
      if (other) others.add(other)
      else taken.set(place, point)
    }
    for (const other of others) {
      tellTaken(point, other, problems)
      tellTaken(other, point, problems)
    }
  }
}

function tellTaken(point: ModbusPoint, by: ModbusPoint, problems: PreparedProblem[]): void {
  problems.push({
    in: { point: point.point },
    path: ['register'],
    code: 'register-taken',
    wrong: {
      zh: `从站 ${point.unit} 的 ${point.table} ${point.register} 已被 ${by.point} 占用`,
      en: `${point.table} ${point.register} of unit ${point.unit} is also bound to ${by.point}`,
    },
    write: { zh: '给其中一个点写上它自己的地址', en: 'give one of the two its own register' },
  })
}

const whole = (minimum: number, maximum: number, fallback?: number): object => ({
  type: 'integer',
  minimum,
  maximum,
  ...(fallback === undefined ? {} : { default: fallback }),
})
const duration = (fallback: string): object => ({ type: 'string', pattern: '^\\d+(\\.\\d+)?(ms|s|m|h|d)$', default: fallback })

/** What an editor completes and checks. */
export const modbusSchema = {
  connection: {
    type: 'object',
    required: ['host'],
    properties: {
      host: { type: 'string' },
      port: whole(1, 65_535, 502),
      every: duration('10s'),
      timeout: duration('1s'),
      framing: { enum: ['tcp', 'rtu'], default: 'tcp' },
      gap: whole(0, 124, 10),
      most: whole(1, 125, 100),
      exact: { type: 'boolean', default: false },
    },
  },
  equipment: { type: 'object', required: ['unit'], properties: { unit: whole(1, 255) } },
  point: {
    type: 'object',
    required: ['register'],
    properties: {
      table: { enum: tables, default: 'holding' },
      register: whole(0, 65_535),
      type: { enum: wordTypes, default: 'uint16' },
      bit: whole(0, 15),
      order: { enum: orders, default: 'ABCD' },
      scale: { type: 'number', default: 1 },
      offset: { type: 'number', default: 0 },
      unit: { type: 'string' },
      sentinel: { type: 'array', items: { type: 'number' } },
    },
  },
}
