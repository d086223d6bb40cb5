/** Which time a trend shows: the last so many hours, a day of the site's calendar, or a part that was picked out of either. Pure. */
export const rangeNames = ['1h', '6h', '24h', '7d', '30d'] as const
export type Range = (typeof rangeNames)[number]

/** ms; `to` follows the clock where `follows`. */
export interface Span {
  readonly from: number
  readonly to: number
}
export type Choice = { readonly last: Range } | { readonly day: string }
export interface Shown extends Span {
  /** The right edge is now. */
  readonly follows: boolean
  /** Length of a bucket, ms; none where every reading has room. */
  readonly every: number | undefined
}

const minute = 60_000
const hour = 60 * minute
export const day = 24 * hour
export const lengths: Readonly<Record<Range, number>> = { '1h': hour, '6h': 6 * hour, '24h': day, '7d': 7 * day, '30d': 30 * day }
/** Nothing shorter is shown: a curve of three readings says nothing. */
export const shortest = minute

/** About 300 to 400 buckets wherever single readings would be too many. */
export function everyOf({ from, to }: Span): number | undefined {
  const length = to - from
  if (length <= hour) return undefined
  if (length <= 6 * hour) return minute
  if (length <= 26 * hour) return 5 * minute
  if (length <= 8 * day) return 30 * minute
  return 2 * hour
}

/** A part that was picked stands still; a day that is not over is shown whole, so that its curve grows into it. */
export function shownOf(choice: Choice, picked: Span | undefined, now: number, zone: string): Shown {
  if (picked) return { ...picked, follows: false, every: everyOf(picked) }
  if ('last' in choice) {
    const span = { from: now - lengths[choice.last], to: now }
    return { ...span, follows: true, every: everyOf(span) }
  }
  const span = dayOf(choice.day, zone)
  return { ...span, follows: false, every: everyOf(span) }
}

/** What is picked inside what is shown, in order and not too short. */
export function pickedFrom(a: number, b: number, { from, to }: Span): Span | undefined {
  const [begin, end] = [Math.max(from, Math.min(a, b)), Math.min(to, Math.max(a, b))]
  return end - begin >= shortest ? { from: begin, to: end } : undefined
}

/** Half of it, or twice as much, round a moment that stays where it is on the screen. */
export function scaled({ from, to }: Span, at: number, by: number, within: Span): Span | undefined {
  const share = (at - from) / (to - from)
  const length = Math.max(shortest, (to - from) * by)
  const begin = Math.max(within.from, at - share * length)
  const end = Math.min(within.to, begin + length)
  return begin <= within.from && end >= within.to ? undefined : { from: begin, to: end }
}

/** From midnight to midnight there, 23 or 25 hours where clocks are changed. */
export function dayOf(date: string, zone: string): Span {
  const noon = Date.parse(`${date}T12:00:00Z`)
  const next = new Date(noon + day).toISOString().slice(0, 10)
  return { from: midnight(date, zone), to: midnight(next, zone) }
}

/** The first moment of a day on the clocks of a zone. */
function midnight(date: string, zone: string): number {
  const wanted = Date.parse(`${date}T00:00:00Z`)
  let at = wanted
  // Where clocks are changed at that very hour, the first guess may be an hour away; the second is not.
  for (let look = 0; look < 3; look += 1) at += wanted - wallTime(at, zone)
  return at
}

/** What a clock on the wall shows there, as ms of a day without zones. */
function wallTime(at: number, zone: string): number {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).formatToParts(at)
  const part = (type: string): string => parts.find(one => one.type === type)?.value ?? '00'
  const text = `${part('year')}-${part('month')}-${part('day')}T${part('hour')}:${part('minute')}:${part('second')}Z`
  return Date.parse(text) + (((at % 1000) + 1000) % 1000)
}
