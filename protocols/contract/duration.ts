import type { Millis } from './time.ts'

const lengths: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A duration as it is written everywhere in the product: `5s`, `10m`, `6h`, `10d`, `250ms`, `1.5h`, `0`. `undefined` when it is none. */
export function parseDuration(text: unknown): Millis | undefined {
  if (typeof text !== 'string') return undefined
  const trimmed = text.trim()
  if (trimmed === '0') return 0 as Millis
  const [, digits, unit] = /^(\d{1,12}(?:\.\d{1,6})?)\s*(ms|s|m|h|d)$/.exec(trimmed) ?? []
  const length = unit === undefined ? undefined : lengths[unit]
  return digits === undefined || length === undefined ? undefined : (Math.round(Number(digits) * length) as Millis)
}
