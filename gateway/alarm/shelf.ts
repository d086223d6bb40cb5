import type { Millis } from '../../protocols/contract/time.ts'
import { hours } from '../../protocols/contract/time.ts'
import type { Priority } from '../policy/rule.ts'

/**
 * How long an alarm may be shelved at most, by priority (standards.md §2.3, [design]): an urgent one for as long as it takes to look,
 * and beyond `alone` only together with a second person.
 */
export const longestShelf: Readonly<Record<Priority, { readonly alone: Millis; readonly together: Millis }>> = {
  advisory: { alone: hours(72), together: hours(72) },
  low: { alone: hours(24), together: hours(24) },
  medium: { alone: hours(8), together: hours(8) },
  high: { alone: hours(1), together: hours(2) },
}

/** Out of service ends by itself: nothing may be forgotten for good. Renewed with a new permit. */
export const longestOutOfService = hours(30 * 24)

export type ShelfRefusal = 'life-safety' | 'too-long' | 'needs-second'

/** Why it may not be shelved for so long; `undefined` when it may. */
export function shelfRefusal(
  rule: { readonly priority: Priority; readonly lifeSafety?: boolean },
  length: Millis,
  hasSecond: boolean,
): ShelfRefusal | undefined {
  if (rule.lifeSafety === true) return 'life-safety'
  const { alone, together } = longestShelf[rule.priority]
  // A length that is none (not a number, nothing, negative) is no shelf either.
  if (!(length > 0 && length <= together)) return 'too-long'
  return length > alone && !hasSecond ? 'needs-second' : undefined
}
