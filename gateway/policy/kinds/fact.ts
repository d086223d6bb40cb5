import type { Place } from '../place.ts'

/**
 * A setting as it is written, or what the fact it names says; `undefined` where neither says anything. For settings that `SpecReader`
 * does not read out of facts: durations, dates, meter sizes.
 */
export function stated(raw: unknown, { facts }: Place): unknown {
  if (typeof raw !== 'object' || raw === null || !('fact' in raw)) return raw
  const { fact, default: fallback } = raw as { readonly fact: unknown; readonly default?: unknown }
  return facts?.[String(fact)] ?? fallback
}
