import type { Binding, PreparedProblem, Words } from '../contract/driver.ts'
import { SettingReader } from '../kit/settings.ts'
import type { MeterConfig } from './cjt188-config.ts'
import type { Dlt645Frame, Edition } from './dlt645.ts'
import { askDlt645 } from './dlt645.ts'
import { namedDlt645 } from './dlt645-data.ts'
import type { Field } from './field.ts'
import type { MeterRead, Way } from './meters.ts'
import type { RoundPlan } from './round.ts'
import { readRound } from './round.ts'
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

interface Device {
  readonly address: string
  readonly editions: readonly Edition[]
  readonly round?: RoundPlan
}

/** What to ask in each edition, and where the value lies in its answer. */
type Asked = Readonly<Partial<Record<Edition, { readonly di: string; readonly field: Field }>>>

const addressDigits = 12

export function parseDlt645(
  settings: Readonly<Record<string, unknown>>,
  bindings: readonly Binding[],
  problems: PreparedProblem[],
): MeterConfig<Dlt645Frame> {
  const { connection, round } = readConnection(settings, problems)
  const reads = new Map<string, MeterRead<Dlt645Frame>>()
  const taken: { binding: Binding; place: string }[] = []
  for (const binding of bindings) {
    const device = readDevice(binding, round, problems)
    const reader = new SettingReader(binding.settings, { point: binding.point }, problems)
    const asked = readData(reader, device)
    const scaling = reader.scaling(binding)
    reader.done()
    const ways = waysOf(device, asked)
    const request = device.editions.flatMap(edition => asked[edition]?.di ?? []).join(' / ')
    const key = `${device.address} ${request}`
    const fields = Object.fromEntries(device.editions.flatMap(one => (asked[one] ? [[one, asked[one].field]] : [])))
    const read = reads.get(key)
    reads.set(key, {
      address: device.address,
      request,
      points: [...(read?.points ?? []), { point: binding.point, fields, ...scaling }],
      ways,
      // Both frames with their wake bytes and identifiers, and the value.
      bytes: 2 * (connection.wake + 16) + 4,
      least: 0,
      ...(device.round && { round: device.round }),
    })
    taken.push({ binding, place: `${key} ${JSON.stringify(fields)}` })
  }
  findTaken(taken, problems)
  return { connection, reads: [...reads.values()] }
}

function readDevice({ device, point }: Binding, common: RoundPlan | undefined, problems: PreparedProblem[]): Device {
  const reader = new SettingReader(device, { point }, problems)
  const round = readRound(reader) ?? common
  const edition = reader.choice('edition', ['auto', '2007', '1997'], 'auto')
  return {
    address: readAddress(reader, addressDigits),
    editions: edition === 'auto' ? ['2007', '1997'] : [edition],
    ...(round && { round }),
  }
}

function readData(reader: SettingReader, { editions }: Device): Asked {
  if (reader.has('di')) return readOwnData(reader, editions)
  const known = [...namedDlt645].filter(([, data]) => editions.some(edition => data.di[edition] !== undefined))
  const names = known.map(([name]) => name)
  if (!reader.has('data'))
    reader.problem(
      ['data'],
      { zh: '没有写读什么', en: 'it does not say what to read' },
      { zh: `写 data: import（${names.join('、')}）或 di`, en: `write data: import (one of ${names.join(', ')}) or di` },
      'missing',
    )
  const found = namedDlt645.get(reader.choice('data', names, 'import'))
  if (found) checkUnit(reader, found.unit)
  return Object.fromEntries(
    editions.flatMap(edition => {
      const [di, field] = [found?.di[edition], found?.field[edition]]
      return di !== undefined && field ? [[edition, { di, field }]] : []
    }),
  )
}

function readOwnData(reader: SettingReader, editions: readonly Edition[]): Asked {
  const di = String(reader.raw('di')).trim().toUpperCase()
  const edition: Edition | undefined = /^[0-9A-F]{8}$/.test(di) ? '2007' : /^[0-9A-F]{4}$/.test(di) ? '1997' : undefined
  if (edition === undefined || !editions.includes(edition))
    reader.problem(
      ['di'],
      {
        zh: `${di.slice(0, 20)} 不是${editions.join('、')}版的数据标识`,
        en: `${di.slice(0, 20)} is no data identifier of ${editions.join(' or ')}`,
      },
      {
        zh: "2007 版写八位十六进制，例如 di: '00010000'；1997 版写四位",
        en: "write eight hexadecimal digits, for example di: '00010000' (four for the 1997 edition)",
      },
      'bad-value',
    )
  return { [edition ?? '2007']: { di, field: readField(reader) } }
}

const lessons: Readonly<Record<Edition, Words>> = {
  '2007': { zh: '按 DL/T 645—2007 应答', en: 'It speaks DL/T 645-2007.' },
  '1997': { zh: '按 DL/T 645—1997 应答', en: 'It speaks DL/T 645-1997.' },
}

function waysOf({ address, editions }: Device, asked: Asked): readonly Way<Dlt645Frame>[] {
  return editions.flatMap(edition => {
    const di = asked[edition]?.di
    if (di === undefined) return []
    return { name: edition, lesson: lessons[edition], question: () => askDlt645({ ask: 'read', edition, address, di }) }
  })
}

export const dlt645Schema = {
  connection: connectionSchema,
  equipment: {
    type: 'object',
    required: ['address'],
    properties: {
      address: addressSchema(addressDigits),
      edition: { enum: ['auto', '2007', '1997'], default: 'auto' },
      read: roundSchema,
    },
  },
  point: {
    type: 'object',
    properties: {
      data: { enum: [...namedDlt645.keys()] },
      di: { type: ['string', 'integer'], description: "a data identifier, eight hexadecimal digits, '00010000'" },
      ...fieldProperties,
    },
  },
}
