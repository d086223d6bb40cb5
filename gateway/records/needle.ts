/** The green zone of a gauge, MPa; an open side allows everything. */
export interface GreenZone {
  readonly min?: number
  readonly max?: number
}

/** Where the needle stands; what nobody measured is not known, and never green. */
export function needleOf(value: number | undefined, { min, max }: GreenZone): 'green' | 'low' | 'high' | 'unknown' {
  if (value === undefined || (min === undefined && max === undefined)) return 'unknown'
  if (min !== undefined && value < min) return 'low'
  return max !== undefined && value > max ? 'high' : 'green'
}
