import type { Instant, Zone } from '../protocols/contract/time.ts'

/** Wall-clock fields of an instant in a time zone. */
export interface LocalTime {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly ms: number
}

const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known) return known
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    era: 'short',
  })
  formats.set(zone, made)
  return made
}

export function isZone(zone: string): boolean {
  try {
    return formatOf(zone) !== undefined
  } catch {
    return false
  }
}

export function localTime(at: Instant, zone: string): LocalTime {
  const fields = new Map(
    formatOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  )
  const field = (name: Intl.DateTimeFormatPartTypes): number => Number(fields.get(name))
  const ms = ((at % 1_000) + 1_000) % 1_000
  return {
    year: field('year'),
    month: field('month'),
    day: field('day'),
    hour: field('hour'),
    minute: field('minute'),
    second: field('second'),
    ms,
  }
}

const asIfUtc = ({ year, month, day, hour, minute, second, ms }: LocalTime): number =>
  Date.UTC(year, month - 1, day, hour, minute, second, ms)

// Offsets change only at whole quarters of an hour, and asking Intl for each of ten thousand samples would take most of an answer's time.
const quarter = 900_000
const mostOffsets = 40_000
const offsets = new Map<string, number>()

/** How far the zone's clocks are ahead of UTC at `at`, in ms. */
export function offsetAt(at: Instant, zone: string): number {
  const start = (Math.floor(at / quarter) * quarter) as Instant
  const key = `${zone} ${start}`
  const known = offsets.get(key)
  if (known !== undefined) return known
  if (offsets.size >= mostOffsets) offsets.clear()
  const offset = asIfUtc(localTime(start, zone)) - start
  offsets.set(key, offset)
  return offset
}

/**
 * The instant at which the zone's clocks show `local`. A time shown twice (clocks set back) is taken as the first; one never shown
 * (set forward) as if the clocks had not yet been moved.
 */
export function instantOf(local: LocalTime, zone: string): Instant {
  const naive = asIfUtc(local)
  const before = offsetAt((naive - 86_400_000) as Instant, zone)
  const first = (naive - before) as Instant
  if (offsetAt(first, zone) === before) return first
  const behind = offsetAt((naive + 86_400_000) as Instant, zone)
  const second = (naive - behind) as Instant
  return offsetAt(second, zone) === behind ? second : first
}

/** The zone as drivers are given it. */
export const zoneOf = (zone: string): Zone => ({
  shows: at => localTime(at, zone),
  instantOf: time => instantOf({ ...time, ms: 0 }, zone),
})

const isoPattern =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?$/i

/**
 * Reads `2026-09-01T08:00:00+08:00`, `2026-09-01 08:00` (naive: in `zone`) or an epoch number (ms; fewer than 12 digits: s).
 * `undefined` when it is no time.
 */
export function parseTime(text: string, zone: string): Instant | undefined {
  const trimmed = text.trim()
  if (/^-?\d{1,16}(?:\.\d+)?$/.test(trimmed)) {
    const number = Number(trimmed)
    return Math.round(Math.abs(number) < 1e11 ? number * 1_000 : number) as Instant
  }
  const match = isoPattern.exec(trimmed)
  if (!match) return undefined
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', offset] = match
  const ms = Number(fraction.slice(0, 3).padEnd(3, '0'))
  const local: LocalTime = {
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
    ms,
  }
  if (!exists(local)) return undefined
  if (offset === undefined) return instantOf(local, zone)
  return (asIfUtc(local) - offsetMs(offset)) as Instant
}

/** Refuses the 31st of February and 25 o'clock, which `Date.UTC` would carry over silently. */
function exists(local: LocalTime): boolean {
  const date = new Date(asIfUtc(local))
  return (
    date.getUTCMonth() === local.month - 1 &&
    date.getUTCDate() === local.day &&
    local.hour < 24 &&
    local.minute < 60 &&
    local.second < 60
  )
}

function offsetMs(offset: string): number {
  if (/^z$/i.test(offset)) return 0
  const digits = offset.slice(1).replace(':', '').padEnd(4, '0')
  const size = (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2))) * 60_000
  return offset.startsWith('-') ? -size : size
}

/** ISO 8601 with the zone's offset, `2026-09-01T08:00:00.000+08:00`. */
export function isoInZone(at: Instant, zone: string): string {
  const offset = Math.round(offsetAt(at, zone) / 60_000)
  const shifted = new Date(at + offset * 60_000).toISOString().slice(0, -1)
  const sign = offset < 0 ? '-' : '+'
  const size = Math.abs(offset)
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${shifted}${sign}${two(Math.floor(size / 60))}:${two(size % 60)}`
}
