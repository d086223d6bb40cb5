import type { Instant } from '../../protocols/contract/time.ts'

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

const reach = 8.64e15
const withinReach = (ms: number): Instant | undefined =>
  Number.isFinite(ms) && Math.abs(ms) <= reach ? (Math.trunc(ms) as Instant) : undefined

function readOffset(text: string): number | undefined {
  const hours = Number(text.slice(1, 3))
  const minutes = Number(text.slice(-2))
  if (hours > 23 || minutes > 59) return undefined
  return (text.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000
}
