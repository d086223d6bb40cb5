import { fault } from '../contract/fault.ts'
import type { Answer } from '../kit/answer.ts'
import { answered, failed } from '../kit/answer.ts'
import { fromBcd, hexOf } from './bcd.ts'

/** What a unit byte can stand for; each has one unit that values are given in. */
export type Measure = 'energy' | 'power' | 'volume' | 'flow'
export const unitOf: Readonly<Record<Measure, string>> = { energy: 'kWh', power: 'kW', volume: 'm³', flow: 'm³/h' }

/** Where a value lies in the data of an answer, and how it is written. */
export interface Field {
  readonly at: number
  readonly bytes: number
  readonly form:
    /** Packed decimals with a unit byte behind them. */
    | 'coded'
    | 'bcd'
    /** Packed decimals whose top bit is the sign. */
    | 'signed'
    /** A whole number, low byte first. */
    | 'binary'
  readonly decimals: number
  /** Of a coded value: a unit byte of anything else is a fault. */
  readonly measure?: Measure
  /** Some makers write the unit byte of a coded value in front of it. */
  readonly unitFirst?: true
  /** Some bits of a binary one. */
  readonly bits?: { readonly from: number; readonly count: number }
}

/** Unit bytes of CJ/T 188 (table of units): what they measure, and in how many of our unit as a fraction. */
const units: ReadonlyMap<
  number,
  { readonly measure: Measure; readonly name: string; readonly times: number; readonly over: number }
> = new Map([
  [0x02, { measure: 'energy', name: 'Wh', times: 1, over: 1_000 }],
  [0x05, { measure: 'energy', name: 'kWh', times: 1, over: 1 }],
  [0x08, { measure: 'energy', name: 'MWh', times: 1_000, over: 1 }],
  [0x0a, { measure: 'energy', name: '100 MWh', times: 100_000, over: 1 }],
  [0x0b, { measure: 'energy', name: 'kJ', times: 1, over: 3_600 }],
  [0x0e, { measure: 'energy', name: 'MJ', times: 10, over: 36 }],
  [0x11, { measure: 'energy', name: 'GJ', times: 10_000, over: 36 }],
  [0x14, { measure: 'power', name: 'W', times: 1, over: 1_000 }],
  [0x17, { measure: 'power', name: 'kW', times: 1, over: 1 }],
  [0x1a, { measure: 'power', name: 'MW', times: 1_000, over: 1 }],
  [0x29, { measure: 'volume', name: 'L', times: 1, over: 1_000 }],
  [0x2a, { measure: 'volume', name: '10 L', times: 1, over: 100 }],
  [0x2b, { measure: 'volume', name: '100 L', times: 1, over: 10 }],
  [0x2c, { measure: 'volume', name: 'm³', times: 1, over: 1 }],
  [0x2d, { measure: 'volume', name: '10 m³', times: 10, over: 1 }],
  [0x2e, { measure: 'volume', name: '100 m³', times: 100, over: 1 }],
  [0x32, { measure: 'flow', name: 'L/h', times: 1, over: 1_000 }],
  [0x35, { measure: 'flow', name: 'm³/h', times: 1, over: 1 }],
])

/** The bytes of the field, unit byte included; shorter than it should be where the data ends. */
export const bytesOfField = ({ at, bytes, form }: Field, data: Uint8Array): Uint8Array =>
  data.subarray(at, at + bytes + (form === 'coded' ? 1 : 0))

/**
 * The value, a coded one in the unit of its measure. Faults: `garbled` where the data is too short, is no decimal or has a unit that is not
 * known or not of this measure, `sentinel` for FF in every byte (the meter has no such value).
 */
export function decodeField(field: Field, data: Uint8Array): Answer<number> {
  const { bytes, form, decimals, unitFirst, bits } = field
  const found = bytesOfField(field, data)
  const wanted = bytes + (form === 'coded' ? 1 : 0)
  if (found.length < wanted)
    return failed(fault('garbled', `The answer has ${data.length} data bytes; this value lies beyond them.`))
  const isUnitFirst = form === 'coded' && unitFirst === true
  const digits = isUnitFirst ? found.subarray(1) : found.subarray(0, bytes)
  if (form === 'binary') {
    const value = digits.reduceRight((sum, byte) => sum * 256 + byte, 0)
    return answered(bits ? Math.floor(value / 2 ** bits.from) % 2 ** bits.count : value / 10 ** decimals)
  }
  if (digits.every(byte => byte === 0xff)) return failed(fault('sentinel', 'The meter has no such value (FF in every byte).'))
  const said = form === 'coded' ? unitIn(found, field) : plainly
  if (!said.ok) return said
  const isMinus = form === 'signed' && ((digits.at(-1) ?? 0) & 0x80) !== 0
  const plain = isMinus ? digits.with(bytes - 1, (digits.at(-1) ?? 0) & 0x7f) : digits
  const whole = fromBcd(plain)
  if (whole === undefined) return failed(fault('garbled', `${[...digits].map(hexOf).join(' ')} are no decimal digits.`))
  const { times, over } = said.value
  return answered(((isMinus && whole > 0 ? -whole : whole) * times) / (10 ** decimals * over))
}

const plainly = answered({ times: 1, over: 1 })

/** What one of the value is worth, by its unit byte. */
function unitIn(
  found: Uint8Array,
  { bytes, measure, unitFirst }: Field,
): Answer<{ readonly times: number; readonly over: number }> {
  const [code = 0, other = 0] = unitFirst ? [found[0], found[bytes]] : [found[bytes], found[0]]
  const unit = units.get(code)
  if (unit !== undefined && (measure === undefined || unit.measure === measure)) return answered(unit)
  // Never taken for it: a value of its own can look like a unit.
  const turned = measure !== undefined && units.get(other)?.measure === measure
  const advice = turned ? ` Perhaps this maker writes it at the other end: units: ${unitFirst ? 'after' : 'before'}.` : ''
  const what = unit
    ? `The meter gives it in ${unit.name} (unit byte ${hexOf(code)}); this point is a ${String(measure)}.`
    : `Unit byte ${hexOf(code)} is not known: nobody can say how much it is.`
  return failed(fault('garbled', what + advice))
}
