import type { WireBucket, WirePoint, WireSample } from '../../gateway/api/wire.ts'

const scripted: Record<string, number> = {
  'cold-1.temperature': 9.6,
  'leak-1.lel': 18,
  'tank-1.chlorine': 0.24,
  'extinguisher-2.pressure': 1.03,
}

/** A value a visitor would believe: the middle of what is allowed, breathing with a compressor's rhythm. */
export function valueAt(point: WirePoint, at: number): number {
  // The second cabinet's door is opened for eight minutes of every two hours.
  if (point.id === 'cold-2.door') return at % 7_200_000 < 480_000 ? 1 : 0
  if (point.kind !== 'measurement') return point.id === 'cold-1.door' || point.id === 'gate-1.gate' ? 1 : 0
  const { min = point.range.min, max = point.range.max } = point.limits
  const seed = [...point.id].reduce((sum, letter) => sum + letter.charCodeAt(0), 0)
  const wave = Math.sin(at / 420_000 + seed) * 0.12 + Math.sin(at / 97_000 + seed * 2) * 0.04
  const target = scripted[point.id]
  if (target !== undefined) return target + wave * (max - min) * 0.15
  return (min + max) / 2 + wave * (max - min)
}

export function gapsOf(from: number, to: number): { from: number; to: number; cause: string }[] {
  const span = to - from
  if (span < 2 * 3_600_000) return []
  return [
    { from: from + span * 0.3, to: from + span * 0.36, cause: 'device-silent' },
    { from: from + span * 0.62, to: from + span * 0.64, cause: 'gateway-stopped' },
  ]
}

export function seriesOf(
  point: WirePoint,
  from: number,
  to: number,
  every: number,
  gaps: readonly { from: number; to: number }[],
): (WireSample | WireBucket)[] {
  const items: (WireSample | WireBucket)[] = []
  const step = every > 0 ? every : 10_000
  for (let t = Math.ceil(from / step) * step; t <= to; t += step) {
    if (gaps.some(gap => t >= gap.from && t < gap.to)) continue
    const iso = new Date(t).toISOString()
    if (every === 0) items.push({ t: iso, v: valueAt(point, t), q: 'good' })
    else {
      const values = [0, 0.25, 0.5, 0.75].map(part => valueAt(point, t + part * step))
      items.push({
        t: iso,
        min: Math.min(...values),
        mean: values.reduce((a, b) => a + b, 0) / 4,
        max: Math.max(...values),
        count: 4,
      })
    }
  }
  return items
}
