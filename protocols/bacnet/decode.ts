import { fault } from '../contract/fault.ts'
import type { Fault, FaultCode } from '../contract/fault.ts'
import type { Answer } from '../kit/answer.ts'
import { answered, failed } from '../kit/answer.ts'
import { shortestFloat, toValue } from '../kit/number.ts'
import type { Got } from './answers.ts'
import type { DeviceError } from './names.ts'
import { errorName, reliabilityName } from './names.ts'
import type { BacnetPoint } from './points.ts'
import type { Value } from './tags.ts'
import { contradicts, unitOf } from './units.ts'

/** Status_Flags, clause 12.1: the device's own opinion of the value. */
export interface Flags {
  readonly fault: boolean
  readonly overridden: boolean
  readonly outOfService: boolean
}

/** Four bits, no more and no fewer. Undefined where the object has none. */
export function flagsOf(got: Got | undefined): Answer<Flags> | undefined {
  if (!got || 'error' in got) return undefined
  const [value, ...rest] = got.values
  if (rest.length > 0 || value?.type !== 'bits' || value.value.length !== 4)
    return failed(fault('garbled', 'The status flags are no four bits.'))
  const [, isFault = false, overridden = false, outOfService = false] = value.value
  return answered({ fault: isFault, overridden, outOfService })
}

export interface Beside {
  readonly flags?: Answer<Flags> | undefined
  /** Read only where the flags say fault. */
  readonly reliability?: number | undefined
  /** Number of the unit that the device gives, where it was asked. */
  readonly unit?: number | undefined
}

/** The value of a point, or why there is none. What the device itself does not vouch for is no value. */
export function judge(point: BacnetPoint, got: Got, { flags, reliability, unit }: Beside): Answer<number> {
  if ('error' in got) return failed(errorFault(got.error))
  if (flags && !flags.ok) return flags
  const doubt = flags && doubtOf(flags.value, reliability)
  if (doubt) return failed(doubt)
  const raw = numberOf(point, got.values)
  if (!raw.ok) return raw
  if (point.unit && !point.unit.said && contradicts(unit, point.unit.symbol))
    return failed(otherUnit(unit ?? 0, point.unit.symbol))
  return toValue(raw.value, point)
}

const otherUnit = (unit: number, symbol: string): Fault =>
  fault(
    'device-reported',
    `The device gives this value in ${unitOf(unit) ?? 'no unit'}, and here it is taken for ${symbol}. Write unit: at the point: the device's where it is right, ${symbol} where the device is set up wrong.`,
  )

/** Values that are typed in, held by a hand switch or known to be wrong are not what the sensor says (decision 46e). */
function doubtOf({ fault: isFault, overridden, outOfService }: Flags, reliability: number | undefined): Fault | undefined {
  if (isFault) {
    const why = reliability === undefined ? '' : `: ${reliabilityName(reliability)}`
    return fault(reliabilityCodes[reliability ?? 7] ?? 'device-reported', `The device says that the value is unreliable${why}.`)
  }
  if (outOfService) return fault('device-reported', 'The object is out of service: the value is not what the sensor says.')
  if (overridden) return fault('device-reported', 'The value is overridden at the device: it is not what the sensor says.')
  return undefined
}

const reliabilityCodes: Readonly<Record<number, FaultCode>> = {
  1: 'sentinel',
  2: 'out-of-range',
  3: 'out-of-range',
  4: 'sentinel',
  5: 'sentinel',
  12: 'device-silent',
}

/** What is not there: object, property or element. */
const missing = [31, 32, 36, 42, 50]

export function errorFault(error: DeviceError): Fault {
  const code: FaultCode =
    missing.includes(error.code) && error.class <= 2
      ? 'no-such-address'
      : error.code === 72
        ? 'not-a-number'
        : error.code === 30
          ? 'timeout'
          : 'refused'
  return fault(code, `The device says ${errorName(error)}.`)
}

function numberOf({ bit, map }: BacnetPoint, values: readonly Value[]): Answer<number> {
  const [value, ...rest] = values
  if (!value || rest.length > 0)
    return failed(
      fault(
        'not-a-number',
        value ? `There are ${values.length} values, not one; write index.` : 'The device sent an empty list.',
      ),
    )
  if (bit !== undefined) {
    const set = value.type === 'bits' ? value.value[bit] : undefined
    return set === undefined
      ? failed(fault('not-a-number', `There is no bit ${bit} in a ${nameOf(value)}.`))
      : answered(set ? 1 : 0)
  }
  const plain = plainNumber(value)
  if (!map) return plain
  const said = value.type === 'text' ? value.value : plain.ok ? String(plain.value) : undefined
  const meant = said === undefined ? undefined : map.get(said)
  if (meant !== undefined) return answered(meant)
  return said === undefined
    ? plain
    : failed(fault('not-a-number', `The device says ${said.slice(0, 60)}, which map does not have.`))
}

function plainNumber(value: Value): Answer<number> {
  switch (value.type) {
    case 'real':
      return answered(shortestFloat(value.value))
    case 'double':
    case 'unsigned':
    case 'signed':
    case 'enumerated':
      return answered(value.value)
    case 'boolean':
      return answered(value.value ? 1 : 0)
    case 'huge':
      return failed(fault('out-of-range', `${value.digits} has more digits than a reading can hold exactly.`))
    case 'null':
      return failed(fault('not-a-number', 'The value is empty (NULL).'))
    default:
      return failed(fault('not-a-number', `A ${nameOf(value)} is not a number.`))
  }
}

const nameOf = ({ type }: Value): string => (type === 'bits' ? 'bit string' : type === 'constructed' ? 'structure' : type)

/** A value as a person reads it: for scans. */
export function shown(value: Value | undefined): number | string | undefined {
  if (!value) return undefined
  if (value.type === 'text') return value.value.slice(0, 200)
  const plain = plainNumber(value)
  return plain.ok && Number.isFinite(plain.value) ? plain.value : undefined
}
