import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import type { Answer } from '../kit/answer.ts'
import { answered, failed } from '../kit/answer.ts'
import { toValue } from '../kit/number.ts'
import type { Value, Varbind } from './message.ts'
import type { Rows, SnmpPoint } from './points.ts'

/** The value of one object. Faults: `no-such-address`, `not-a-number`, `sentinel`, `out-of-range`. */
export function decode(point: SnmpPoint, { oid, value }: Varbind): Answer<number> {
  const raw = rawNumber(point, oid, value)
  return raw.ok ? toValue(raw.value, point) : raw
}

/** What is made of a column. A row that has no number makes a value of all of them impossible: half a sum is none. */
export function decodeRows(point: SnmpPoint, varbinds: readonly Varbind[]): Answer<number> {
  const [first] = varbinds
  if (!first) return failed(fault('no-such-address', `${point.oid} has no rows.`))
  const rows = point.rows ?? 'one'
  if (rows === 'one' && varbinds.length > 1) return failed(severalRows(point.oid, varbinds))
  const numbers: number[] = []
  for (const { oid, value } of rows === 'first' ? [first] : varbinds) {
    const raw = rawNumber(point, oid, value)
    if (!raw.ok) return raw
    numbers.push(raw.value)
  }
  return toValue(combined(rows, numbers, point.scale * (point.convert?.scale ?? 1) < 0), point)
}

function combined(rows: Rows, numbers: readonly number[], isReversed: boolean): number {
  const sum = numbers.reduce((total, each) => total + each, 0)
  switch (rows) {
    case 'one':
    case 'first':
      return numbers[0] ?? Number.NaN
    case 'sum':
      return sum
    case 'mean':
      return sum / numbers.length
    case 'highest':
      return isReversed ? Math.min(...numbers) : Math.max(...numbers)
    case 'lowest':
      return isReversed ? Math.max(...numbers) : Math.min(...numbers)
  }
}

function severalRows(column: string, varbinds: readonly Varbind[]): Fault {
  const indexes = varbinds.slice(0, 8).map(({ oid }) => oid.slice(column.length))
  const list = `${indexes.join(' ')}${varbinds.length > indexes.length ? ' …' : ''}`
  return fault(
    'no-such-address',
    `${column} has ${varbinds.length} rows (${list}): write the index of one, or rows: highest, lowest, sum, mean or first.`,
  )
}

function rawNumber(point: SnmpPoint, oid: string, value: Value): Answer<number> {
  if (isMissing(value)) return failed(fault('no-such-address', missing(oid, value.type)))
  const said = sayValue(value)
  if (point.map) {
    const meant = point.map.get(said)
    if (meant !== undefined) return answered(meant)
    return failed(fault('not-a-number', `The device sent ${quoted(said)}, for which map has no number.`))
  }
  const number = numberOf(value, point.suffix)
  if (number === undefined) return failed(fault('not-a-number', `The device sent ${quoted(said)}, which is no number.`))
  if (typeof number === 'bigint')
    return failed(fault('out-of-range', `${number} has more digits than a reading can hold exactly.`))
  if (point.sentinels.includes(number)) return failed(fault('sentinel', `The device sent ${number}, its code for "no sensor".`))
  return answered(number)
}

function numberOf(value: Value, suffix: string | undefined): number | bigint | undefined {
  switch (value.type) {
    case 'integer':
    case 'counter32':
    case 'gauge':
    case 'ticks':
    case 'float':
      return value.number
    case 'counter64':
      return value.count <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value.count) : value.count
    case 'text':
      return numberIn(textOf(value.bytes), suffix)
    default:
      return undefined
  }
}

/** The whole text must be a number, with nothing behind it but what the site file says: 75 °F is not 75 °C. */
function numberIn(text: string, suffix: string | undefined): number | undefined {
  const trimmed = text.trim()
  const end = suffix?.trim() ?? ''
  if (end !== '' && !trimmed.endsWith(end)) return undefined
  const digits = trimmed.slice(0, trimmed.length - end.length).trim()
  return /^[+-]?\d{1,15}(\.\d{1,15})?$/.test(digits) ? Number(digits) : undefined
}

export const isMissing = (value: Value): boolean =>
  value.type === 'null' || value.type === 'no-such-object' || value.type === 'no-such-instance' || value.type === 'end-of-view'

/** A row is asked for by an index that it has not: the doctor knows it by these words. */
export const otherIndex = 'it is a row with another index (rows: finds them)'

const missing = (oid: string, type: Value['type']): string =>
  type === 'no-such-instance'
    ? `The agent has nothing at ${oid}: the device lacks it, or ${otherIndex}.`
    : `The agent has no ${oid}.`

/** As people read it: the number, the text, or bytes in hex where they are no text. */
export function sayValue(value: Value): string {
  switch (value.type) {
    case 'integer':
    case 'counter32':
    case 'gauge':
    case 'ticks':
    case 'float':
      return String(value.number)
    case 'counter64':
      return String(value.count)
    case 'text':
      return isPrintable(value.bytes) ? textOf(value.bytes) : value.bytes.toString('hex')
    case 'opaque':
      return value.bytes.toString('hex')
    case 'oid':
    case 'address':
      return value.text
    default:
      return value.type
  }
}

/** The text of a text; else the bytes as they came, with type and length. */
export const rawOf = ({ value, raw }: Varbind): string =>
  value.type === 'text' && isPrintable(value.bytes) ? textOf(value.bytes) : raw.toString('hex')

/** Many agents end a text with a zero byte. */
const textOf = (bytes: Buffer): string => bytes.toString('utf8').replace(/\0+$/, '')

function isPrintable(bytes: Buffer): boolean {
  const text = textOf(bytes)
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffd]/.test(text)
}

const quoted = (text: string): string => `"${text.length > 60 ? `${text.slice(0, 60)}…` : text}"`
