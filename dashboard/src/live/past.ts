/** The last hour kept as five-minute spans. Pure. */
import type { WireBucket, WireSample } from '../../../gateway/api/wire.ts'

const step = 300_000
const hour = 3_600_000

/** Lowest and highest value of the five minutes that begin at `t` (ms). */
export interface PastSpan {
  readonly t: number
  readonly min: number
  readonly max: number
}

/** The same list comes back when nothing that is drawn has changed. */
export function addToPast(past: readonly PastSpan[], at: number, value: number): readonly PastSpan[] {
  const t = Math.floor(at / step) * step
  const last = past.at(-1)
  if (last && t < last.t) return past
  if (last && t === last.t) {
    if (value >= last.min && value <= last.max) return past
    return [...past.slice(0, -1), { t, min: Math.min(last.min, value), max: Math.max(last.max, value) }]
  }
  return [...past.filter(span => span.t > t - hour), { t, min: value, max: value }]
}

export function spansOf(items: readonly (WireSample | WireBucket)[]): readonly PastSpan[] {
  const spans: PastSpan[] = []
  for (const item of items) {
    const t = Date.parse(item.t)
    if ('count' in item) {
      if (item.min !== null && item.max !== null) spans.push({ t, min: item.min, max: item.max })
    } else if (item.v !== null && item.q !== 'bad') spans.push({ t, min: item.v, max: item.v })
  }
  return spans
}
