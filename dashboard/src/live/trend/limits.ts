/** What was allowed when, and how far a value is from it. Pure. */
import type { WireOutlook } from '../../../../gateway/api/wire.ts'
import type { Span } from './span.ts'

export interface Limits {
  readonly min?: number
  readonly max?: number
}
export interface ValidLimits extends Span, Limits {}

/** The last one is valid until further notice. */
export function validLimits({ limits }: Pick<WireOutlook, 'limits'>, until: number): readonly ValidLimits[] {
  return limits.map(({ from, to, min, max }, index) => ({
    from: Date.parse(from),
    to: index === limits.length - 1 ? Math.max(until, Date.parse(to)) : Date.parse(to),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
  }))
}

export const limitsAt = (valid: readonly ValidLimits[], at: number): Limits =>
  valid.find(({ from, to }) => at >= from && at < to) ?? {}

/** Whether what is allowed changed within the time that is shown: two times of the same limits are none. */
export const hasChanged = (valid: readonly ValidLimits[], { from, to }: Span): boolean =>
  valid
    .filter(one => one.to > from && one.from < to)
    .some(({ min, max }, index, all) => index > 0 && (min !== all[index - 1]?.min || max !== all[index - 1]?.max))

export const sideOf = (op: 'gt' | 'ge' | 'lt' | 'le'): 'max' | 'min' => (op === 'gt' || op === 'ge' ? 'max' : 'min')

export interface Margin {
  /** The nearer limit. */
  readonly side: 'min' | 'max'
  readonly limit: number
  /** How far away it is; below nought: so far beyond. */
  readonly left: number
}

/** The limit that is nearest, or the one that is broken. */
export function marginOf(value: number, { min, max }: Limits): Margin | undefined {
  const all: Margin[] = [
    ...(max === undefined ? [] : [{ side: 'max' as const, limit: max, left: max - value }]),
    ...(min === undefined ? [] : [{ side: 'min' as const, limit: min, left: value - min }]),
  ]
  return all.toSorted((a, b) => a.left - b.left)[0]
}
