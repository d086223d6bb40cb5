import type { Binding, PreparedProblem, Words } from '../contract/driver.ts'
import { SettingReader } from '../kit/settings.ts'
import type { Cjt188Frame, DiOrder } from './cjt188.ts'
import { askCjt188 } from './cjt188.ts'
import type { MeterKind, NamedData, StatusForm } from './cjt188-data.ts'
import { leastNow, meterKinds, meterTypes, namedCjt188, statusForms } from './cjt188-data.ts'
import type { Field, Measure } from './field.ts'
import { unitOf } from './field.ts'
import type { MeterConnection, MeterRead, Way } from './meters.ts'
import type { RoundPlan } from './round.ts'
import {
  addressSchema,
  checkUnit,
  connectionSchema,
  fieldProperties,
  findTaken,
  readAddress,
  readConnection,
  readField,
  roundSchema,
} from './settings.ts'
import { readRound } from './round.ts'

export interface MeterConfig<F> {
  readonly connection: MeterConnection
  readonly reads: readonly MeterRead<F>[]
}

interface Device {
  readonly address: string
  readonly kind: MeterKind
  readonly order: DiOrder | 'auto'
  readonly status: StatusForm
  /** On which side of a value its unit byte stands. */
  readonly units: (typeof unitSides)[number]
  readonly round?: RoundPlan
}

const addressDigits = 14
const unitSides = ['after', 'before'] as const
const measures = Object.keys(unitOf) as readonly Measure[]

export function parseCjt188(
  settings: Readonly<Record<string, unknown>>,
  bindings: readonly Binding[],
  problems: PreparedProblem[],
): MeterConfig<Cjt188Frame> {
  const { connection, round } = readConnection(settings, problems)
  const reads = new Map<string, MeterRead<Cjt188Frame>>()
  const taken: { binding: Binding; place: string }[] = []
  for (const binding of bindings) {
    const device = readDevice(binding, round, problems)
    const reader = new SettingReader(binding.settings, { point: binding.point }, problems)
    const { di, field: standard } = readData(reader, device)
    const field: Field = standard.form === 'coded' && device.units === 'before' ? { ...standard, unitFirst: true } : standard
    const scaling = reader.scaling(binding)
    reader.done()
    const request = di.toString(16).padStart(4, '0').toUpperCase()
    const key = `${device.address} ${request}`
    const ways = waysOf(device, di)
    const point = { point: binding.point, fields: Object.fromEntries(ways.map(({ name }) => [name, field])), ...scaling }
    const read = reads.get(key)
    reads.set(key, {
      address: device.address,
      request,
      points: [...(read?.points ?? []), point],
      ways: read?.ways ?? ways,
      // Both frames with their wake bytes; the data of 901F is the longest that is usual.
      bytes: 2 * (connection.wake + 16) + leastNow(device.kind),
      least: di === 0x901f ? leastNow(device.kind) : 0,
      ...(device.round && { round: device.round }),
    })
    taken.push({ binding, place: `${key} ${JSON.stringify(field)}` })
  }
  findTaken(taken, problems)
  return { connection, reads: [...reads.values()] }
}

function readDevice({ device, point }: Binding, common: RoundPlan | undefined, problems: PreparedProblem[]): Device {
  const reader = new SettingReader(device, { point }, problems)
  if (!reader.has('meter'))
    reader.problem(
      ['meter'],
      { zh: '设备缺少 meter（表的种类）', en: 'the equipment does not say what kind of meter it is' },
      { zh: `写 meter: gas（${meterKinds.join('、')}）`, en: `write meter: gas (one of ${meterKinds.join(', ')})` },
      'missing',
    )
  const round = readRound(reader) ?? common
  return {
    address: readAddress(reader, addressDigits),
    kind: reader.choice('meter', meterKinds, 'gas'),
    order: reader.choice('order', ['auto', 'le', 'be'], 'auto'),
    status: reader.choice('status', statusForms, 'standard'),
    units: reader.choice('units', unitSides, 'after'),
    ...(round && { round }),
  }
}

function readData(reader: SettingReader, { kind, status }: Device): { readonly di: number; readonly field: Field } {
  const named = namedCjt188(kind, status)
  const names = [...named.keys()]
  if (reader.has('di')) return readOwnData(reader)
  if (!reader.has('data'))
    reader.problem(
      ['data'],
      { zh: '没有写读什么', en: 'it does not say what to read' },
      { zh: `写 data: total（${names.join('、')}）或 di`, en: `write data: total (one of ${names.join(', ')}) or di` },
      'missing',
    )
  const found: NamedData | undefined = named.get(reader.choice('data', names, 'total'))
  if (!found) throw new Error('Every kind of meter has a total.')
  checkUnit(reader, found.unit)
  return found
}

function readOwnData(reader: SettingReader): { readonly di: number; readonly field: Field } {
  const raw = String(reader.raw('di')).trim()
  const isDi = /^[0-9a-f]{4}$/i.test(raw)
  if (!isDi)
    reader.problem(
      ['di'],
      { zh: `${raw.slice(0, 20)} 不是数据标识`, en: `${raw.slice(0, 20)} is no data identifier` },
      { zh: "写四位十六进制，例如 di: '901F'", en: "write four hexadecimal digits, for example di: '901F'" },
      'bad-value',
    )
  const place = readField(reader)
  const measure = reader.has('measure') ? reader.choice('measure', measures, 'volume') : undefined
  if (measure !== undefined) checkUnit(reader, unitOf[measure])
  const field: Field = measure === undefined ? place : { ...place, form: 'coded', measure }
  return { di: isDi ? Number.parseInt(raw, 16) : 0, field }
}

const lessons: Readonly<Record<DiOrder, Words>> = {
  le: { zh: '数据标识低字节在前（1F 90）', en: 'It takes data identifiers low byte first (1F 90).' },
  be: { zh: '数据标识高字节在前（90 1F）', en: 'It takes data identifiers high byte first (90 1F).' },
}

function waysOf({ address, kind, order }: Pick<Device, 'address' | 'kind' | 'order'>, di: number): readonly Way<Cjt188Frame>[] {
  const orders: readonly DiOrder[] = order === 'auto' ? ['le', 'be'] : [order]
  return orders.map(one => ({
    name: one,
    lesson: lessons[one],
    question: serial => askCjt188({ ask: 'read', type: meterTypes[kind], address, di, order: one, serial }),
  }))
}

export const cjt188Schema = {
  connection: connectionSchema,
  equipment: {
    type: 'object',
    required: ['address', 'meter'],
    properties: {
      address: addressSchema(addressDigits),
      meter: { enum: meterKinds },
      order: { enum: ['auto', 'le', 'be'], default: 'auto' },
      status: { enum: statusForms, default: 'standard' },
      units: { enum: unitSides, default: 'after', description: 'on which side of a value its unit byte stands' },
      read: roundSchema,
    },
  },
  point: {
    type: 'object',
    properties: {
      data: { enum: [...new Set(meterKinds.flatMap(kind => [...namedCjt188(kind, 'standard').keys()]))] },
      di: { type: ['string', 'integer'], description: "a maker's own data identifier, four hexadecimal digits" },
      measure: { enum: measures, description: 'a unit byte stands behind the value' },
      ...fieldProperties,
    },
  },
}
