import type { FaultCode } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import type { Reading } from '../contract/reading.ts'
import type { Instant } from '../contract/time.ts'
import { instant, minutes } from '../contract/time.ts'
import type { Answer } from '../kit/answer.ts'
import { answered, failed } from '../kit/answer.ts'
import { shortestFloat, toReading, toValue } from '../kit/number.ts'
import type { OpcuaPoint } from './config.ts'

/** A data value as the server sent it, in our own words. */
export interface DataValue {
  /** The 32-bit status code and its name in the standard. */
  readonly status: number
  readonly statusName: string
  /** `Double`, `Int64`, `String` …; empty where there is none. */
  readonly type: string
  readonly isArray: boolean
  readonly value: unknown
  /** Milliseconds; absent where the server gave none. */
  readonly sourceTime?: number
}

/**
 * The reading of one data value. Bad status is a fault, uncertain status keeps its value and is marked, an unknown type is bad.
 * `since`: the server kept it while the link was away, and its own time is believed back to then.
 */
export function decode(point: OpcuaPoint, data: DataValue, receivedAt: Instant, since?: Instant): Reading {
  const at = timeOf(data, receivedAt, since)
  const severity = data.status >>> 30
  if (severity >= 2)
    return toReading(point.point, failed(statusFault(data)), { at: since === undefined ? receivedAt : at, receivedAt })
  const raw = numberOf(data)
  const answer = raw.ok ? toValue(raw.value, point) : raw
  const reading = toReading(point.point, answer, { at, receivedAt })
  return reading.quality === 'good' && severity === 1 ? { ...reading, quality: 'uncertain' } : reading
}

/**
 * The source time is event time while it is near the arrival. Further off it is either the moment of a change long ago, and the
 * server has only now told us that the value still holds, or a clock that is wrong: then the arrival is the better word.
 */
const trusted = minutes(5)

function timeOf({ sourceTime }: DataValue, receivedAt: Instant, since = receivedAt): Instant {
  if (sourceTime === undefined) return receivedAt
  return sourceTime >= since - trusted && sourceTime <= receivedAt + trusted ? instant(sourceTime) : receivedAt
}

const faultOfStatus: Readonly<Record<string, FaultCode>> = {
  BadNodeIdUnknown: 'no-such-address',
  BadNodeIdInvalid: 'no-such-address',
  BadAttributeIdInvalid: 'no-such-address',
  BadNoCommunication: 'device-silent',
  BadNotConnected: 'device-silent',
  BadTimeout: 'timeout',
  BadNotReadable: 'refused',
  BadUserAccessDenied: 'refused',
  BadNotSupported: 'refused',
  BadTooManyMonitoredItems: 'refused',
  BadOutOfRange: 'out-of-range',
}

const statusFault = ({ status, statusName }: DataValue): ReturnType<typeof fault> =>
  fault(
    faultOfStatus[statusName] ?? 'device-reported',
    `The server says ${statusName || 'bad'} (0x${(status >>> 0).toString(16).padStart(8, '0')}).`,
  )

const numeric = new Set(['SByte', 'Byte', 'Int16', 'UInt16', 'Int32', 'UInt32', 'Double'])

function numberOf({ type, isArray, value }: DataValue): Answer<number> {
  if (isArray) return failed(fault('not-a-number', `The node holds an array of ${type}, not one number.`))
  if (type === 'Boolean' && typeof value === 'boolean') return answered(value ? 1 : 0)
  if (type === 'Float' && typeof value === 'number') return answered(shortestFloat(value))
  if (numeric.has(type) && typeof value === 'number') return answered(value)
  if (type === 'Int64' || type === 'UInt64') return longOf(type, value)
  return failed(
    fault('not-a-number', value === null || value === undefined ? 'The node is empty.' : `A ${type} is not a number.`),
  )
}

/** The library hands out 64-bit integers as high and low half. */
function longOf(type: 'Int64' | 'UInt64', value: unknown): Answer<number> {
  const [high, low] = Array.isArray(value) ? (value as readonly unknown[]) : []
  const long =
    typeof value === 'bigint'
      ? value
      : typeof high === 'number' && typeof low === 'number'
        ? (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
        : undefined
  if (long === undefined) return failed(fault('garbled', `${type} in an unknown form.`))
  const number = Number(type === 'Int64' ? BigInt.asIntN(64, long) : BigInt.asUintN(64, long))
  return Number.isSafeInteger(number)
    ? answered(number)
    : failed(fault('out-of-range', `${long} has more digits than a reading can hold exactly.`))
}
