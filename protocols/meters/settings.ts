import type { Binding, PreparedProblem } from '../contract/driver.ts'
import { millis, minutes } from '../contract/time.ts'
import type { LineDefaults } from '../kit/line-settings.ts'
import { lineProperties, readLine } from '../kit/line-settings.ts'
import { SettingReader } from '../kit/settings.ts'
import type { Field } from './field.ts'
import type { MeterConnection } from './meters.ts'
import type { RoundPlan } from './round.ts'
import { readRound, roundSchema } from './round.ts'

const defaults: LineDefaults = { baud: 2_400, format: '8E1', port: 8_899 }

/** The connection's settings, which both meter protocols share. */
export function readConnection(
  settings: Readonly<Record<string, unknown>>,
  problems: PreparedProblem[],
): { readonly connection: MeterConnection; readonly round?: RoundPlan } {
  const reader = new SettingReader(settings, 'connection', problems)
  reader.raw('protocol')
  const connection = {
    line: readLine(reader, defaults),
    every: reader.duration('every', minutes(15), millis(50)),
    timeout: reader.duration('timeout', millis(1_500), millis(20)),
    retries: reader.integer('retries', 1, 0, 5),
    pause: reader.duration('pause', millis(100), millis(0)),
    wake: reader.integer('wake', 4, 0, 20),
  }
  const round = readRound(reader)
  reader.done()
  return { connection, ...(round && { round }) }
}

const duration = (fallback: string): object => ({
  type: 'string',
  pattern: '^(0|\\d+(\\.\\d+)?(ms|s|m|h|d))$',
  default: fallback,
})

export const connectionSchema = {
  type: 'object',
  properties: {
    ...lineProperties(defaults),
    every: duration('15m'),
    timeout: duration('1500ms'),
    retries: { type: 'integer', minimum: 0, maximum: 5, default: 1 },
    pause: duration('100ms'),
    wake: { type: 'integer', minimum: 0, maximum: 20, default: 4, description: 'bytes FE before each question' },
    read: roundSchema,
  },
}
export { roundSchema }

/** The address on the meter's face: digits, zeros in front may be left out. */
export function readAddress(reader: SettingReader, digits: number): string {
  const raw = reader.raw('address')
  const text = typeof raw === 'number' ? String(raw) : typeof raw === 'string' ? raw.trim() : ''
  if (/^\d+$/.test(text) && text.length <= digits) return text.padStart(digits, '0')
  reader.problem(
    ['address'],
    raw === undefined
      ? { zh: '设备缺少 address（表地址）', en: 'the equipment has no address (the number of the meter)' }
      : { zh: `${String(raw).slice(0, 40)} 不是表地址`, en: `${String(raw).slice(0, 40)} is no meter address` },
    {
      zh: `写表上的 ${digits} 位数字，前面的 0 可省，例如 address: '${'1234'.padStart(digits, '0')}'`,
      en: `write the up to ${digits} digits of the meter, for example address: '${'1234'.padStart(digits, '0')}'`,
    },
    raw === undefined ? 'missing' : 'bad-value',
  )
  return '0'.repeat(digits)
}

export const addressSchema = (digits: number): object => ({
  type: ['string', 'integer'],
  pattern: `^\\d{1,${digits}}$`,
  description: `the number of the meter, up to ${digits} digits`,
})

const forms = ['bcd', 'signed', 'binary'] as const

/** A value that has no name here: its place and its form in the data of an identifier of the maker's own. */
export function readField(reader: SettingReader): Field {
  const form = reader.choice('form', forms, 'bcd')
  const bytes = reader.integer('bytes', 4, 1, form === 'binary' ? 6 : 7)
  const bit = reader.integer('bit', -1, 0, bytes * 8 - 1)
  return {
    at: reader.integer('at', 0, 0, 199),
    bytes,
    form,
    decimals: reader.integer('decimals', 0, 0, 9),
    ...(reader.has('bit') && form === 'binary' ? { bits: { from: bit, count: 1 } } : {}),
  }
}

export const fieldProperties = {
  at: { type: 'integer', minimum: 0, maximum: 199, default: 0, description: 'bytes of data before the value' },
  bytes: { type: 'integer', minimum: 1, maximum: 7, default: 4 },
  form: { enum: [...forms], default: 'bcd' },
  decimals: { type: 'integer', minimum: 0, maximum: 9, default: 0 },
  bit: { type: 'integer', minimum: 0, maximum: 47 },
  scale: { type: 'number', default: 1 },
  offset: { type: 'number', default: 0 },
  unit: { type: 'string' },
}

/** The meter says its unit itself: one that is written must be the one its values are given in. */
export function checkUnit(reader: SettingReader, unit: string): void {
  const said = reader.raw('unit')
  if (said === undefined || said === unit) return
  reader.problem(
    ['unit'],
    unit === ''
      ? { zh: '这个数没有单位', en: 'this value has no unit' }
      : { zh: `这个数按 ${unit} 给出，单位由表自己报`, en: `this value is given in ${unit}: the meter says its unit itself` },
    unit === ''
      ? { zh: '去掉 unit', en: 'leave unit out' }
      : { zh: `去掉 unit，或写 unit: ${unit}`, en: `leave unit out, or write unit: ${unit}` },
    'bad-value',
  )
}

/** Two points with one value of one meter: one of them is a slip of the pen. */
export function findTaken(
  taken: readonly { readonly binding: Binding; readonly place: string }[],
  problems: PreparedProblem[],
): void {
  const first = new Map<string, Binding>()
  for (const { binding, place } of taken) {
    const other = first.get(place)
    if (!other) first.set(place, binding)
    else
      for (const [one, by] of [
        [binding, other],
        [other, binding],
      ] as const)
        problems.push({
          in: { point: one.point },
          path: [Object.hasOwn(one.settings, 'di') ? 'di' : 'data'],
          code: 'register-taken',
          wrong: { zh: `这块表的这个数已被 ${by.point} 占用`, en: `this value of the meter is also bound to ${by.point}` },
          write: { zh: '给其中一个点写上它自己的数据', en: 'give one of the two its own data' },
        })
  }
}
