import type { Words } from '../../protocols/contract/driver.ts'
import type { Instant } from '../../protocols/contract/time.ts'

/** How long something is kept: calendar years, days, or for good. As packs and site files write it: `2y`, `90d`, `forever`. */
export type Keep = { readonly years: number } | { readonly days: number } | 'forever'

export function parseKeep(text: unknown): Keep | undefined {
  if (text === 'forever') return 'forever'
  const [, digits = '', unit] = /^(\d{1,5})(y|d)$/.exec(typeof text === 'string' ? text.trim() : '') ?? []
  const length = Number(digits)
  if (unit === undefined || length < 1 || (unit === 'y' && length > 1_000)) return undefined
  return unit === 'y' ? { years: length } : { days: length }
}

export const textOf = (keep: Keep): string => (keep === 'forever' ? keep : 'years' in keep ? `${keep.years}y` : `${keep.days}d`)

/** A year counts as 365.25 days where two are compared. */
const lengthOf = (keep: Keep): number =>
  keep === 'forever' ? Number.POSITIVE_INFINITY : 'years' in keep ? keep.years * 365.25 : keep.days

export const isLonger = (a: Keep, b: Keep): boolean => lengthOf(a) > lengthOf(b)

/** The longest of them; `undefined` of none. */
export function longest(keeps: Iterable<Keep | undefined>): Keep | undefined {
  let best: Keep | undefined
  for (const keep of keeps) if (keep !== undefined && (best === undefined || isLonger(keep, best))) best = keep
  return best
}

/** What happened before this instant is over; `undefined` where nothing ever is. The 29th of February counts as the 28th. */
export function endOfKeeping(keep: Keep, now: Instant): Instant | undefined {
  if (keep === 'forever') return undefined
  if ('days' in keep) return (now - keep.days * 86_400_000) as Instant
  return yearsFrom(now, -keep.years)
}

export function yearsFrom(at: Instant, years: number): Instant {
  const then = new Date(at)
  const month = then.getUTCMonth()
  then.setUTCFullYear(then.getUTCFullYear() + years)
  if (then.getUTCMonth() !== month) then.setUTCDate(0)
  return then.getTime() as Instant
}

export function keepWords(keep: Keep): Words {
  if (keep === 'forever') return { zh: '永久', en: 'for good' }
  if ('days' in keep) return { zh: `${keep.days} 天`, en: `${keep.days} days` }
  return { zh: `${keep.years} 年`, en: `${keep.years} ${keep.years === 1 ? 'year' : 'years'}` }
}
