import { after } from '../../../protocols/contract/time.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import type { PointMemory } from '../kind.ts'

/**
 * The value that stands at `at`; `undefined` while the input is not wired, has not been heard, was bad at its last word, or has been
 * silent for too long. What is not known neither starts, ends nor restarts anything.
 */
export function knownValue(point: PointMemory | undefined, at: Instant): number | undefined {
  if (!point || point.lastWordBad) return undefined
  const { heardAt, staleAfter } = point
  return staleAfter !== undefined && at >= after(heardAt, staleAfter) ? undefined : point.value
}

/** A contact is on, open, heating from 1 upwards. */
export const isOn = (value: number): boolean => value >= 0.5
