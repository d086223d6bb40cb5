import type { Instant } from '../../protocols/contract/time.ts'
import type { Tier } from '../store/store.ts'
import { instantOf, localTime } from '../zone.ts'
import { mostBuckets } from './bucket-sums.ts'
import { minute, quarter } from './rollup.ts'

const lengths = { '1min': minute, '15min': quarter, '1h': 4 * quarter } as const
const day = 86_400_000

/**
 * The edges of the buckets that have something of the time from `from` until before `to`: days are those of the zone, everything shorter
 * is aligned to the epoch. Throws RangeError when there are too many.
 */
export function edgesOf(tier: Tier, from: number, to: number, zone: string): Float64Array {
  if (!(from < to)) return new Float64Array(0)
  if (tier === '1d') return daysOf(from, to, zone)
  const every = lengths[tier]
  const first = Math.floor(from / every)
  const count = Math.ceil(to / every) - first
  if (!(count <= mostBuckets)) throw new RangeError(`more than ${mostBuckets} buckets: ask for longer ones`)
  return Float64Array.from({ length: count + 1 }, (_, index) => (first + index) * every)
}

function daysOf(from: number, to: number, zone: string): Float64Array {
  if (!((to - from) / day < mostBuckets)) throw new RangeError(`more than ${mostBuckets} buckets: ask for longer ones`)
  const edges: number[] = []
  // A day earlier than needed, so that the one of `from` begins in time whatever the zone does.
  const { year, month, day: date } = localTime((from - day) as Instant, zone)
  for (let next = Date.UTC(year, month - 1, date); ; next += day) {
    const at = new Date(next)
    const local = {
      year: at.getUTCFullYear(),
      month: at.getUTCMonth() + 1,
      day: at.getUTCDate(),
      hour: 0,
      minute: 0,
      second: 0,
      ms: 0,
    }
    const edge = instantOf(local, zone)
    if (edges.length > 0 && edge <= from) edges.pop()
    if (edges.length === 0 || edge > (edges.at(-1) as number)) edges.push(edge)
    if (edge >= to) return Float64Array.from(edges)
  }
}
