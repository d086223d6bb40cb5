import type { Fault } from '../../contract/fault.ts'
import { fault } from '../../contract/fault.ts'
import type { Answer } from '../../kit/answer.ts'
import { answered, failed } from '../../kit/answer.ts'
import { shortestFloat } from '../../kit/number.ts'

/** Sparkplug B 3.0, chapter 6.4.16: the number is the place in the list. */
export const dataTypes = [
  'Unknown',
  'Int8',
  'Int16',
  'Int32',
  'Int64',
  'UInt8',
  'UInt16',
  'UInt32',
  'UInt64',
  'Float',
  'Double',
  'Boolean',
  'String',
  'DateTime',
  'Text',
  'UUID',
  'DataSet',
  'Bytes',
  'File',
  'Template',
  'PropertySet',
  'PropertySetList',
  'Int8Array',
  'Int16Array',
  'Int32Array',
  'Int64Array',
  'UInt8Array',
  'UInt16Array',
  'UInt32Array',
  'UInt64Array',
  'FloatArray',
  'DoubleArray',
  'BooleanArray',
  'StringArray',
  'DateTimeArray',
] as const
export type DataType = (typeof dataTypes)[number]

/** A value as it lay on the wire; only with its data type does it mean anything. */
export type Wire =
  | { readonly in: 'int' | 'long'; readonly bits: bigint }
  | { readonly in: 'float' | 'double'; readonly number: number }
  | { readonly in: 'boolean'; readonly flag: boolean }
  | { readonly in: 'string'; readonly text: string }
  | { readonly in: 'other' }

const integers: Readonly<Partial<Record<DataType, { readonly bits: number; readonly signed: boolean }>>> = {
  Int8: { bits: 8, signed: true },
  Int16: { bits: 16, signed: true },
  Int32: { bits: 32, signed: true },
  Int64: { bits: 64, signed: true },
  UInt8: { bits: 8, signed: false },
  UInt16: { bits: 16, signed: false },
  UInt32: { bits: 32, signed: false },
  UInt64: { bits: 64, signed: false },
  DateTime: { bits: 64, signed: false },
}
const containers: readonly DataType[] = ['DataSet', 'Template', 'PropertySet', 'PropertySetList', 'Bytes', 'File']

/**
 * What a value of this type says. Faults: `not-a-number` for data sets, templates, arrays, files and whole numbers too long to be held
 * exactly; `garbled` where the bytes do not fit the type.
 */
export function meaningOf(wire: Wire, type: DataType): Answer<number | string> {
  const whole = integers[type]
  if (whole) return wire.in === 'int' || wire.in === 'long' ? integerOf(wire.bits, whole) : misfit(type)
  switch (type) {
    case 'Float':
      return wire.in === 'float' ? answered(shortestFloat(wire.number)) : misfit(type)
    case 'Double':
      return wire.in === 'double' ? answered(wire.number) : misfit(type)
    case 'Boolean':
      return wire.in === 'boolean' ? answered(wire.flag ? 1 : 0) : misfit(type)
    case 'String':
    case 'Text':
    case 'UUID':
      return wire.in === 'string' ? answered(wire.text) : misfit(type)
    default:
      return containers.includes(type) || type.endsWith('Array')
        ? failed(fault('not-a-number', `The metric is a ${type}, which holds no single value.`))
        : misfit(type)
  }
}

/** Two's complement, in as many bits as the type has or sign-extended to the field's 32 or 64. */
function integerOf(raw: bigint, { bits, signed }: { readonly bits: number; readonly signed: boolean }): Answer<number> {
  const value = signed ? BigInt.asIntN(bits, raw) : BigInt.asUintN(bits, raw)
  const fits = [bits, 32, 64].some(width => width >= bits && BigInt.asUintN(width, value) === raw)
  if (!fits) return failed(fault('garbled', `${raw} does not fit into ${signed ? '' : 'U'}Int${bits}.`))
  const number = Number(value)
  return Number.isSafeInteger(number)
    ? answered(number)
    : failed(fault('not-a-number', `${value} is longer than a reading can hold exactly.`))
}

const misfit = (type: DataType): { readonly ok: false; readonly fault: Fault } =>
  failed(fault('garbled', `The metric is announced as ${type}, and its value is of another kind.`))

/**
 * The `Quality` property of a metric: 192 good, 500 stale, 0 bad, as OPC has them; between 64 and 127 it is uncertain. Anything else is
 * taken as bad, because nobody said it is good.
 */
export function trustOf(quality: number | undefined): 'good' | 'uncertain' | 'bad' {
  if (quality === undefined || (quality >= 192 && quality <= 255)) return 'good'
  return quality >= 64 && quality <= 127 ? 'uncertain' : 'bad'
}
