import { fault } from '../../contract/fault.ts'
import type { Answer } from '../../kit/answer.ts'
import { answered, failed } from '../../kit/answer.ts'
import { Fields, NotProtobuf } from './protobuf.ts'
import type { DataType, Wire } from './value.ts'
import { dataTypes } from './value.ts'

/** `org.eclipse.tahu.protobuf.Payload`. Times are milliseconds since 1970, as the sender has them. */
export interface Payload {
  readonly timestamp?: number
  readonly seq?: number
  readonly metrics: readonly Metric[]
}
export interface Metric {
  readonly name?: string
  /** 64 bits: two aliases that differ only beyond a double's reach are two. */
  readonly alias?: bigint
  readonly timestamp?: number
  readonly type?: DataType
  readonly isHistorical: boolean
  readonly isNull: boolean
  readonly wire?: Wire
  readonly quality?: number
  /** As its sender writes it, of births: property `engUnit`. */
  readonly unit?: string
}

const mostMetrics = 20_000

/** Faults: `garbled` for anything that is no such payload. */
export function decodePayload(bytes: Uint8Array): Answer<Payload> {
  try {
    return answered(payloadOf(new Fields(bytes)))
  } catch (error) {
    if (error instanceof NotProtobuf) return failed(fault('garbled', 'The message is not a Sparkplug B payload.'))
    throw error
  }
}

function payloadOf(fields: Fields): Payload {
  let timestamp: number | undefined
  let seq: number | undefined
  let isCompressed = false
  const metrics: Metric[] = []
  for (let field = fields.next(); field; field = fields.next()) {
    const { number, type } = field
    if (number === 1 && type === 0) timestamp = time(fields)
    else if (number === 2 && type === 2) {
      if (metrics.length >= mostMetrics) throw new NotProtobuf()
      metrics.push(metricOf(new Fields(fields.bytes())))
    } else if (number === 3 && type === 0) {
      const given = fields.varint()
      if (given > 255n) throw new NotProtobuf()
      seq = Number(given)
    } else if (number === 4 && type === 2) isCompressed = fields.text() === 'SPBV1.0_COMPRESSED'
    else fields.skip(type)
  }
  if (isCompressed) throw new NotProtobuf()
  return { metrics, ...(timestamp === undefined ? {} : { timestamp }), ...(seq === undefined ? {} : { seq }) }
}

type Draft = { -readonly [Key in keyof Metric]: Metric[Key] }

function metricOf(fields: Fields): Metric {
  const metric: Draft = { isHistorical: false, isNull: false }
  for (let field = fields.next(); field; field = fields.next()) {
    const { number, type } = field
    if (number === 1 && type === 2) metric.name = fields.text()
    else if (number === 2 && type === 0) metric.alias = fields.varint()
    else if (number === 3 && type === 0) metric.timestamp = time(fields)
    else if (number === 4 && type === 0) metric.type = dataTypes[fields.uint32()] ?? 'Unknown'
    else if (number === 5 && type === 0) metric.isHistorical = fields.varint() !== 0n
    else if (number === 7 && type === 0) metric.isNull = fields.varint() !== 0n
    else if (number === 9 && type === 2) {
      const { quality, unit } = propertiesOf(new Fields(fields.bytes()))
      if (quality !== undefined) metric.quality = quality
      if (unit !== undefined) metric.unit = unit
    } else {
      const wire = wireOf(fields, number, type, 10)
      if (wire) metric.wire = wire
    }
  }
  return metric
}

/** The value of a metric (its fields begin at 10) or of a property (at 3): int, long, float, double, boolean, string, then the rest. */
function wireOf(fields: Fields, number: number, type: number, first: 3 | 10): Wire | undefined {
  const place = number - first
  if (place === 0 && type === 0) return { in: 'int', bits: BigInt(fields.uint32()) }
  if (place === 1 && type === 0) return { in: 'long', bits: fields.varint() }
  if (place === 2 && type === 5) return { in: 'float', number: fields.float() }
  if (place === 3 && type === 1) return { in: 'double', number: fields.double() }
  if (place === 4 && type === 0) return { in: 'boolean', flag: fields.varint() !== 0n }
  if (place === 5 && type === 2) return { in: 'string', text: fields.text() }
  fields.skip(type as 0 | 1 | 2 | 5)
  return place > 5 && place <= 9 ? { in: 'other' } : undefined
}

/** The number under the key `Quality` of a property set and the text under `engUnit`; the keys and the values are two lists of the same length. */
function propertiesOf(fields: Fields): { readonly quality?: number; readonly unit?: string } {
  const keys: string[] = []
  const values: (number | string | undefined)[] = []
  for (let field = fields.next(); field; field = fields.next()) {
    const { number, type } = field
    if (number === 1 && type === 2) keys.push(fields.text().toLowerCase())
    else if (number === 2 && type === 2) values.push(propertyOf(new Fields(fields.bytes())))
    else fields.skip(type)
  }
  const isWhole = keys.length === values.length
  const valueAt = (...names: readonly string[]): number | string | undefined =>
    isWhole ? values[keys.findIndex(key => names.includes(key))] : undefined
  const quality = valueAt('quality')
  const unit = valueAt('engunit', 'engunits')
  return {
    // A quality that is no number says nothing good.
    ...(keys.includes('quality') ? { quality: typeof quality === 'number' ? quality : -1 } : {}),
    ...(typeof unit === 'string' && unit.trim() !== '' && unit.length <= 40 ? { unit: unit.trim() } : {}),
  }
}

function propertyOf(fields: Fields): number | string | undefined {
  let value: number | string | undefined
  for (let field = fields.next(); field; field = fields.next()) {
    const wire = wireOf(fields, field.number, field.type, 3)
    if (wire?.in === 'int' || wire?.in === 'long') value = Number(BigInt.asIntN(32, wire.bits))
    if (wire?.in === 'string') value = wire.text
  }
  return value
}

/** What no clock can show becomes a time that no clock can show either: far in the future, and refused there. */
const time = (fields: Fields): number => Number(fields.varint())
