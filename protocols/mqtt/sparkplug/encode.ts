import { Writer } from './protobuf.ts'
import type { DataType } from './value.ts'
import { dataTypes } from './value.ts'

/** What our edge node, our host and nobody else says. */
export interface OutPayload {
  readonly timestamp: number
  /** Absent in a death (tck-id-payloads-ndeath-seq) and in a command. */
  readonly seq?: number
  readonly metrics: readonly OutMetric[]
}
export type OutMetric = {
  readonly name?: string
  readonly alias?: number
  readonly timestamp: number
  readonly isHistorical?: boolean
  /** As OPC has it: 192 good, 0 bad, 500 stale. */
  readonly quality?: number
  /** Texts that travel with the metric: its unit. */
  readonly properties?: Readonly<Record<string, string>>
} & OutValue
export type OutValue =
  | { readonly type: 'Int64' | 'UInt64' | 'DateTime'; readonly value: number | bigint | null }
  | {
      readonly type: 'Int8' | 'Int16' | 'Int32' | 'UInt8' | 'UInt16' | 'UInt32' | 'Float' | 'Double'
      readonly value: number | null
    }
  | { readonly type: 'Boolean'; readonly value: boolean | null }
  | { readonly type: 'String' | 'Text' | 'UUID'; readonly value: string | null }

const codeOf = (type: DataType): number => dataTypes.indexOf(type)

/** The bytes of a payload. Numbers outside their type are a bug of the caller. */
export function encodePayload({ timestamp, seq, metrics }: OutPayload): Uint8Array {
  const writer = new Writer().varint(1, timestamp)
  for (const metric of metrics) writer.bytes(2, encodeMetric(metric))
  if (seq !== undefined) writer.varint(3, seq)
  return writer.done()
}

function encodeMetric(metric: OutMetric): Uint8Array {
  const { name, alias, timestamp, isHistorical, quality, properties = {} } = metric
  const writer = new Writer()
  if (name !== undefined) writer.text(1, name)
  if (alias !== undefined) writer.varint(2, alias)
  writer.varint(3, timestamp).varint(4, codeOf(metric.type))
  if (isHistorical) writer.varint(5, 1)
  if (metric.value === null) writer.varint(7, 1)
  const described = Object.entries(properties)
  if (quality !== undefined || described.length > 0) writer.bytes(9, propertySet(quality, described))
  if (metric.value !== null) encodeValue(writer, metric)
  return writer.done()
}

function encodeValue(writer: Writer, { type, value }: OutValue): void {
  if (typeof value === 'boolean') writer.varint(14, value ? 1 : 0)
  else if (typeof value === 'string') writer.text(15, value)
  else if (value === null) return
  else if (type === 'Float') writer.float(12, Number(value))
  else if (type === 'Double') writer.double(13, Number(value))
  else if (type === 'Int64' || type === 'UInt64' || type === 'DateTime') writer.varint(11, value)
  // Two's complement of 32 bits, whatever the type.
  else writer.varint(10, BigInt.asUintN(32, BigInt(value)))
}

function propertySet(quality: number | undefined, texts: readonly (readonly [string, string])[]): Uint8Array {
  const writer = new Writer()
  if (quality !== undefined) writer.text(1, 'Quality')
  for (const [key] of texts) writer.text(1, key)
  if (quality !== undefined) writer.bytes(2, new Writer().varint(1, codeOf('Int32')).varint(3, quality).done())
  for (const [, text] of texts) writer.bytes(2, new Writer().varint(1, codeOf('String')).text(8, text).done())
  return writer.done()
}
