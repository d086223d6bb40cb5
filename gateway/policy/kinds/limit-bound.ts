import type { SpecReader } from '../spec.ts'

export type Op = 'gt' | 'ge' | 'lt' | 'le'

/** A limit that is not to be passed, and how far a value must come back before that counts as returned. */
export interface Bound {
  readonly op: Op
  readonly value: number
  readonly deadband: number
}

export const readOp = (from: SpecReader): Op => from.oneOf('op', ['gt', 'ge', 'lt', 'le'])

export const readBound = (from: SpecReader): Bound => ({
  op: readOp(from),
  value: from.number('value'),
  deadband: from.amount('deadband', 0),
})

export function compares(op: Op, value: number, bound: number): boolean {
  switch (op) {
    case 'gt':
      return value > bound
    case 'ge':
      return value >= bound
    case 'lt':
      return value < bound
    case 'le':
      return value <= bound
  }
}

export const isUpper = (op: Op): boolean => op === 'gt' || op === 'ge'

/** Where the good side begins, the deadband counted. */
export const edge = ({ op, value, deadband }: Bound): number => (isUpper(op) ? value - deadband : value + deadband)

export const meets = (bound: Bound, value: number): boolean => compares(bound.op, value, bound.value)

/** At or beyond the limit by the deadband, on the good side. With no deadband that is simply not meeting the condition. */
export function hasReturned(bound: Bound, value: number): boolean {
  if (meets(bound, value)) return false
  return isUpper(bound.op) ? value <= edge(bound) : value >= edge(bound)
}

/** `met`, `returned`, or `between` the two. */
export function findingOf(bound: Bound, value: number): 'met' | 'between' | 'returned' {
  if (meets(bound, value)) return 'met'
  return hasReturned(bound, value) ? 'returned' : 'between'
}

/** As a colleague says it: above 8, 8 or above, below 2, 2 or below. */
export function inWords({ op, value }: Pick<Bound, 'op' | 'value'>): { readonly zh: string; readonly en: string } {
  switch (op) {
    case 'gt':
      return { zh: `高于 ${value}`, en: `above ${value}` }
    case 'ge':
      return { zh: `达到或高于 ${value}`, en: `at or above ${value}` }
    case 'lt':
      return { zh: `低于 ${value}`, en: `below ${value}` }
    case 'le':
      return { zh: `达到或低于 ${value}`, en: `at or below ${value}` }
  }
}
