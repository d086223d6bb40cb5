import type { Binding, PreparedProblem } from '../contract/driver.ts'
import type { PointId } from '../contract/reading.ts'
import type { Scaling } from '../kit/number.ts'
import type { Order } from '../kit/orders.ts'
import { longOrders, orders } from '../kit/orders.ts'
import { SettingReader } from '../kit/settings.ts'
import type { Table, WordType } from './types.ts'
import { isBitTable, tables, widths, wordTypes } from './types.ts'

export interface ModbusPoint extends Scaling {
  readonly point: PointId
  readonly unit: number
  readonly table: Table
  /** Zero-based, as on the wire. */
  readonly register: number
  /** Registers, or 1 in a bit table. */
  readonly width: number
  /** What one read must hold, `end` not included: the value and the register that says its decimals. */
  readonly start: number
  readonly end: number
  readonly type: WordType
  /** The lowest bit, for `type: bit` and `bits` in a register table. */
  readonly bit: number
  /** How many bits. */
  readonly count: number
  readonly order: Order
  readonly sentinels: readonly number[]
  /** The register that says by which power of ten the value is divided, all of it or its high byte. */
  readonly decimals?: { readonly register: number; readonly highByte: boolean }
  /** What texts mean. */
  readonly map?: ReadonlyMap<string, number>
}

/** The most registers a value and its decimals may lie across: what one request carries. */
const widest = 125

/** Reads the settings of one point; `unit` is its equipment's. */
export function parsePoint(binding: Binding, unit: number, problems: PreparedProblem[]): ModbusPoint {
  const reader = new SettingReader(binding.settings, { point: binding.point }, problems)
  const table = reader.choice('table', tables, 'holding')
  const bits = isBitTable(table)
  const register = reader.integer('register', -1, 0, 65_535)
  if (!reader.has('register')) tellMissing(reader)
  const type = readType(reader, table)
  const width = bits ? 1 : type === 'string' ? readLength(reader) : widths[type]
  if (register + width > 65_536) {
    reader.problem(
      ['register'],
      { zh: `${type} 占 ${width} 个寄存器，超出了 65535`, en: `${type} takes ${width} registers, which goes beyond 65535` },
      { zh: `不大于 ${65_536 - width} 的地址`, en: `an address no higher than ${65_536 - width}` },
    )
  }
  const decimals = readDecimals(reader, type, register, width)
  const map = readMap(reader, type)
  const point: ModbusPoint = {
    point: binding.point,
    unit,
    table,
    register,
    width,
    start: Math.min(register, decimals?.register ?? register),
    end: Math.max(register + width, (decimals?.register ?? -1) + 1),
    type: bits ? 'bit' : type,
    ...readBits(reader, type, bits),
    order: readOrder(reader, width),
    sentinels: parseSentinels(reader),
    ...(decimals && { decimals }),
    ...(map && { map }),
    ...reader.scaling(binding),
  }
  reader.done()
  return point
}

function tellMissing(reader: SettingReader): void {
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

function readType(reader: SettingReader, table: Table): WordType {
  const bits = isBitTable(table)
  const type = reader.choice('type', wordTypes, bits ? 'bit' : 'uint16')
  if (bits && type !== 'bit') {
    reader.problem(
      ['type'],
      { zh: `${table} 表里只有位，不能是 ${type}`, en: `the ${table} table holds single bits, not ${type}` },
      { zh: '去掉 type，或改用 table: holding / input', en: 'leave type out, or write table: holding or input' },
    )
  }
  return type
}

function readLength(reader: SettingReader): number {
  if (!reader.has('length')) {
    reader.problem(
      ['length'],
      { zh: '缺少 length（文字占几个寄存器）', en: 'length is missing: how many registers the text takes' },
      { zh: '例如 length: 8（16 个字符）', en: 'write for example length: 8 (16 characters)' },
      'missing',
    )
  }
  return reader.integer('length', 1, 1, widest)
}

function readBits(reader: SettingReader, type: WordType, bitTable: boolean): { bit: number; count: number } {
  const several = type === 'bits'
  const single = type === 'bit' && !bitTable
  const bit = reader.integer('bit', 0, 0, 15)
  const count = reader.integer('count', 1, 1, 16)
  if (reader.has('bit') && !several && !single) {
    reader.problem(
      ['bit'],
      { zh: 'bit 只用于寄存器表里的 type: bit 或 bits', en: 'bit belongs to type: bit or bits in a register table' },
      { zh: '去掉 bit，或写 type: bit', en: 'leave it out, or write type: bit' },
    )
  }
  if ((single || several) && !reader.has('bit')) {
    reader.problem(
      ['bit'],
      { zh: '缺少 bit（第几位）', en: 'bit is missing: which of the sixteen?' },
      { zh: '写 bit: 0 到 bit: 15，0 是最低位', en: 'write bit: 0 to bit: 15, 0 is the lowest' },
      'missing',
    )
  }
  if (several ? !reader.has('count') || bit + count > 16 : reader.has('count')) {
    reader.problem(
      ['count'],
      { zh: 'count 是 type: bits 取几位', en: 'count says how many bits type: bits takes' },
      { zh: '例如 bit: 8 和 count: 8（高字节）', en: 'for example bit: 8 and count: 8 (the high byte)' },
    )
  }
  return several ? { bit, count } : { bit: single ? bit : 0, count: 1 }
}

function readOrder(reader: SettingReader, width: number): Order {
  const order = reader.choice('order', [...orders, ...longOrders], 'ABCD')
  if (order.length === 8 && width !== 4) {
    reader.problem(
      ['order'],
      { zh: `${order} 用于 64 位的值`, en: `${order} is for values of 64 bits` },
      { zh: 'ABCD、CDAB、BADC 或 DCBA', en: 'write ABCD, CDAB, BADC or DCBA' },
    )
  }
  return order
}

function readDecimals(reader: SettingReader, type: WordType, register: number, width: number): ModbusPoint['decimals'] {
  const whole = reader.integer('decimalsRegister', -1, 0, 65_535)
  const high = reader.integer('decimalsHighByte', -1, 0, 65_535)
  if (whole < 0 && high < 0) return undefined
  const key = whole < 0 ? 'decimalsHighByte' : 'decimalsRegister'
  const at = whole < 0 ? high : whole
  if (whole >= 0 && high >= 0) {
    reader.problem(
      ['decimalsHighByte'],
      { zh: 'decimalsRegister 和 decimalsHighByte 只能写一个', en: 'decimalsRegister and decimalsHighByte exclude each other' },
      { zh: '小数位数只在高字节里就留 decimalsHighByte', en: 'keep decimalsHighByte where only the high byte says it' },
    )
  }
  if (type === 'bit' || type === 'bits' || type === 'string' || type.startsWith('float')) {
    reader.problem(
      [key],
      { zh: `${type} 没有小数位寄存器`, en: `a ${type} has no decimals register` },
      { zh: `去掉 ${key}`, en: `leave ${key} out` },
    )
  }
  if (Math.max(register + width, at + 1) - Math.min(register, at) > widest) {
    reader.problem(
      [key],
      { zh: '小数位寄存器离得太远，一次读不到', en: 'the decimals register is too far away for one request' },
      { zh: `与 register 相距不超过 ${widest}`, en: `within ${widest} registers of the value` },
    )
  }
  return { register: at, highByte: whole < 0 }
}

function readMap(reader: SettingReader, type: WordType): ModbusPoint['map'] {
  const value = reader.raw('map')
  if (value === undefined) return undefined
  const entries = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : []
  const map = new Map(entries.flatMap(([text, code]): [string, number][] => (typeof code === 'number' ? [[text, code]] : [])))
  if (type !== 'string' || map.size === 0 || map.size !== entries.length) {
    reader.problem(
      ['map'],
      { zh: 'map 说明 type: string 的文字各是什么数', en: 'map says which number each text of a type: string means' },
      { zh: '例如 map: { OK: 0, FAIL: 1 }', en: 'write for example map: { OK: 0, FAIL: 1 }' },
      'bad-value',
    )
  }
  return map
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
export function findTaken(points: readonly ModbusPoint[], problems: PreparedProblem[]): void {
  const taken = new Map<string, ModbusPoint>()
  for (const point of points) {
    if (point.register < 0) continue
    const bitwise = point.type === 'bit' || point.type === 'bits'
    const others = new Set<ModbusPoint>()
    for (let part = 0; part < (bitwise ? point.count : point.width); part++) {
      const register = bitwise ? point.register : point.register + part
      const place = `${point.unit} ${point.table} ${register} ${bitwise ? point.bit + part : 'whole'}`
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
