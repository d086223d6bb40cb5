import type { Words } from '../../../protocols/contract/driver.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import { nextCycle, nextDay } from '../../policy/calendar-days.ts'
import type { Cycle, Day } from '../../policy/calendar-days.ts'
import type { Equipment } from '../../site/site.ts'
import { startOf } from '../period.ts'
import { say } from './cells.ts'

/** A group of meters of which so many must be read in a time. */
export interface MeterGroup {
  readonly clause: string
  readonly name: Words
  readonly cycle: Cycle
  /** Days of the cycle, counted from 1; absent: all of it. */
  readonly days?: readonly [first: number, last: number]
  readonly required: number
  readonly has: (meter: Equipment) => boolean
}

const isCommercial = ({ type, facts }: Equipment): boolean => type === 'gas-meter' && facts['class'] === 'commercial'
const isAt =
  (place: string) =>
  ({ type, facts }: Equipment): boolean =>
    type === 'residential-meter' && facts['place'] === place

/** House rules of the reading team (GAS-1…4): the numbers are theirs. */
export const meterGroups: readonly MeterGroup[] = [
  { clause: 'GAS-1', name: say('商业用户（月）', 'commercial (month)'), cycle: 'month', required: 1, has: isCommercial },
  {
    clause: 'GAS-4',
    name: say('商业用户 22—23 日', 'commercial, on the 22nd–23rd'),
    cycle: 'month',
    days: [22, 23],
    required: 1,
    has: isCommercial,
  },
  { clause: 'GAS-2', name: say('居民表（月）', 'residential (month)'), cycle: 'month', required: 0.98, has: isAt('outdoor') },
  { clause: 'GAS-3', name: say('户内表（季）', 'hung indoors (quarter)'), cycle: 'quarter', required: 0.7, has: isAt('indoor') },
]

/** From when until when the meters of a group are to be read, in the month or quarter that begins on `start`. */
export function spanOf({ cycle, days }: MeterGroup, start: Day, zone: string): readonly [from: Instant, to: Instant] {
  if (!days) return [startOf(start, zone), startOf(nextCycle(cycle, start), zone)]
  return [startOf(nextDay(start, days[0] - 1), zone), startOf(nextDay(start, days[1]), zone)]
}
