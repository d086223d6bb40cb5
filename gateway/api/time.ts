import type { Instant, Millis } from '../../protocols/contract/time.ts'

const iso = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)$/i

/**
 * Reads a time as people send it: ISO 8601 with an offset, or ms since 1970. A time without offset is refused rather than guessed,
 * and so is a day that does not exist.
 */
export function parseInstant(text: string | number): Instant | undefined {
  if (typeof text === 'number') return withinReach(text)
  if (/^-?\d{1,16}$/.test(text)) return withinReach(Number(text))
  const parts = iso.exec(text)
  if (parts === null) return undefined
  const [, year, month, day, hour, minute, second = '0', fraction = '', offset = 'Z'] = parts
  const local = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second))
  const back = new Date(local)
  const exists =
    back.getUTCMonth() === Number(month) - 1 && back.getUTCDate() === Number(day) && back.getUTCHours() === Number(hour)
  if (!exists || Number(minute) > 59 || Number(second) > 59) return undefined
  const ahead = offset.toUpperCase() === 'Z' ? 0 : readOffset(offset)
  return ahead === undefined ? undefined : withinReach(local + Number(fraction.padEnd(3, '0').slice(0, 3)) - ahead)
}

/** `2026-09-01T08:30:00.000+08:00`: the local time of the site with its offset, so that both the wall clock and the instant can be read. */
export function isoTime(at: Instant, timeZone: string): string {
  const ahead = offsetOf(at, timeZone)
  const local = new Date(at + ahead).toISOString().slice(0, -1)
  const minutes = Math.abs(ahead) / 60_000
  const two = (n: number): string => String(Math.floor(n)).padStart(2, '0')
  return `${local}${ahead < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`
}

const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A duration as everywhere in the product: `60s`, `10m`, `6h`, `10d`. */
export function parseDuration(text: string): Millis | undefined {
  const parts = /^(\d{1,9})(ms|[smhd])$/.exec(text)
  if (parts === null) return undefined
  return (Number(parts[1]) * (units[parts[2] ?? ''] ?? 1)) as Millis
}

const reach = 8.64e15
const withinReach = (ms: number): Instant | undefined =>
  Number.isFinite(ms) && Math.abs(ms) <= reach ? (Math.trunc(ms) as Instant) : undefined

function readOffset(text: string): number | undefined {
  const hours = Number(text.slice(1, 3))
  const minutes = Number(text.slice(-2))
  if (hours > 23 || minutes > 59) return undefined
  return (text.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000
}

// Offsets change only at whole quarters of an hour, and asking Intl for each of ten thousand samples would take most of the answer's time.
const quarter = 900_000
const known = new Map<string, number>()
const formats = new Map<string, Intl.DateTimeFormat>()

function offsetOf(at: Instant, timeZone: string): number {
  const start = Math.floor(at / quarter) * quarter
  const key = `${timeZone} ${start}`
  const found = known.get(key)
  if (found !== undefined) return found
  const parts = new Map(
    formatOf(timeZone)
      .formatToParts(start)
      .map(part => [part.type, Number(part.value)]),
  )
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0
  const local = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
  if (known.size >= 50_000) known.clear()
  known.set(key, local - start)
  return local - start
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const found = formats.get(timeZone)
  if (found !== undefined) return found
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  formats.set(timeZone, made)
  return made
}
