import { fault } from '../contract/fault.ts'
import type { BadReading, PointId, Reading } from '../contract/reading.ts'
import type { Fault } from '../contract/fault.ts'
import type { Instant } from '../contract/time.ts'
import type { Answer } from './answer.ts'
import { answered, failed } from './answer.ts'

/** How a point's raw number becomes a value in the point's own unit. */
export interface Scaling {
  readonly scale: number
  readonly offset: number
  /** From the device's unit to the point's, after scale and offset. */
  readonly convert?: { readonly scale: number; readonly offset: number }
  /** Outside of it no such sensor can be: a fault, never a value. */
  readonly plausible?: { readonly min: number; readonly max: number }
}

/** Faults: `not-a-number` for NaN and infinities, `out-of-range` outside the plausible range. */
export function toValue(raw: number, { scale, offset, convert, plausible }: Scaling): Answer<number> {
  if (!Number.isFinite(raw)) return failed(fault('not-a-number', `The device sent ${raw}.`))
  let value = times(raw, scale) + offset
  if (convert) value = times(value, convert.scale) + convert.offset
  if (!Number.isFinite(value)) return failed(fault('not-a-number', `${raw} cannot be scaled into a number.`))
  if (plausible && (value < plausible.min || value > plausible.max)) {
    return failed(
      fault('out-of-range', `${value} is outside ${plausible.min} to ${plausible.max}, which no such sensor can give.`),
    )
  }
  return answered(value === 0 ? 0 : value === raw ? raw : dusted(value))
}

/** 68.9 °F is 20.5 °C and not 20.500000000000007: what arithmetic added beyond twelve digits, no sensor said. */
const dusted = (value: number): number => (Number.isInteger(value) ? value : Number(value.toPrecision(12)))

/** 3 × 0.1 is 0.30000000000000004, 3 / 10 is 0.3: a scale of one over a whole number is applied as a division. */
function times(raw: number, scale: number): number {
  const inverse = Math.round(1 / scale)
  return Math.abs(scale) < 1 && inverse !== 0 && 1 / inverse === scale ? raw / inverse : raw * scale
}

/** Powers of ten up to 10^22 are exact, so a whole number divided by one is the very number that its digits say. */
const tens = Array.from({ length: 16 }, (_, power) => 10 ** power)

/** A float32 of 4.1 is 4.099999904…; the digits it was written with, six to nine of them, are what the device meant. */
export function shortestFloat(value: number): number {
  const size = Math.abs(value)
  if (!(size >= 1e-6 && size < 1e7)) return Number.isFinite(value) ? byDigits(value) : value
  let behind = 5
  for (let above = size; above >= 10; above /= 10) behind -= 1
  for (let below = size; below < 1; below *= 10) behind += 1
  for (let last = behind + 3; behind <= last; behind++) {
    const power = tens[Math.max(0, behind)] ?? 1
    const candidate = Math.round(size * power) / power
    if (Math.fround(candidate) === size) return value < 0 ? -candidate : candidate
  }
  return value
}

function byDigits(value: number): number {
  for (let digits = 6; digits <= 9; digits++) {
    const candidate = Number(value.toPrecision(digits))
    if (Math.fround(candidate) === value) return candidate
  }
  return value
}

export interface ReadingTimes {
  readonly at: Instant
  readonly receivedAt: Instant
}

/** The reading of an answer: good with its value, or bad with its fault. */
export function toReading(point: PointId, answer: Answer<number>, { at, receivedAt }: ReadingTimes): Reading {
  return answer.ok
    ? { point, at, receivedAt, value: answer.value, quality: 'good' }
    : { point, at, receivedAt, quality: 'bad', fault: answer.fault }
}

/** One bad reading for each point, all for the same reason and at the same moment. */
export function badReadings(points: readonly PointId[], why: Fault, now: Instant): BadReading[] {
  return points.map(point => ({ point, at: now, receivedAt: now, quality: 'bad', fault: why }))
}
