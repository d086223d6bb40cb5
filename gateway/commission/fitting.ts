import type { Span, TriedPoint } from './tried.ts'

/** How well a value fits its point: no such thing can be, it can be, it is to be expected. */
export type Fit = 'impossible' | 'possible' | 'expected'

type Expected = Pick<TriedPoint, 'kind' | 'range' | 'plausible' | 'labels'>

/** A float whose words are turned round is nearly always a number this close to nothing, or this far beyond everything. */
const [tiniest, hugest] = [1e-6, 1e12]

/** Where a value stands between what the sensor cannot give and what its scale shows. */
export function fitOf(value: number, point: Expected): Fit {
  if (!Number.isFinite(value)) return 'impossible'
  if (point.kind === 'contact' || point.kind === 'state') return point.labels.has(value) ? 'expected' : 'impossible'
  if (!isWithinReason(value)) return 'impossible'
  if (point.plausible && !isIn(value, point.plausible)) return 'impossible'
  return isIn(value, point.range) ? 'expected' : 'possible'
}

/** A number that somebody may have meant, whatever it measures. */
export const isWithinReason = (value: number): boolean => value === 0 || (Math.abs(value) >= tiniest && Math.abs(value) <= hugest)

export const isIn = (value: number, { min, max }: Span): boolean => value >= min && value <= max

const ranks = { impossible: 0, possible: 1, expected: 2 } as const satisfies Readonly<Record<Fit, number>>

/** Whether one fits better than another. */
export const isBetter = (one: Fit, other: Fit): boolean => ranks[one] > ranks[other]

/** Something about the value asks for a second look: it does not fit, it is missing, or it is nothing at all. */
export const isSuspicious = (point: TriedPoint): boolean =>
  point.fault !== undefined ||
  point.value === undefined ||
  fitOf(point.value, point) !== 'expected' ||
  (point.value === 0 && point.kind === 'measurement')

/** Arithmetic leaves dust (0.1 × 0.1); nobody writes it. */
export const undusted = (value: number): number => Number(value.toPrecision(12))
