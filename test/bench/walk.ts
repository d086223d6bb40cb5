import type { GoodReading, PointId } from '../../protocols/contract/reading.ts'
import { instant } from '../../protocols/contract/time.ts'

/** 2023-11-14, aligned to a minute: where the made-up series begin. */
export const began = 1_699_999_980_000

/** The same made-up chance in every run, 0 to 1. */
export function chance(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

export const pointsOf = (count: number): readonly PointId[] =>
  Array.from({ length: count }, (_, index) => `line-${index >> 3}.temperature-${index & 7}` as PointId)

export const reads = (point: PointId, at: number, value: number): GoodReading => ({
  point,
  at: instant(at),
  receivedAt: instant(at + 15),
  value,
  quality: 'good',
})

/** Thermometers that wander in tenths: each call gives one reading of every point, ten seconds after the one before. */
export function wanderers(points: readonly PointId[], seed = 1): () => GoodReading[] {
  const random = chance(seed)
  const tenths = points.map(() => 40)
  let at = began
  return () => {
    const round = points.map((point, index) => {
      const next = Math.max(0, Math.min(80, (tenths[index] ?? 40) + Math.floor(random() * 3) - 1))
      tenths[index] = next
      return reads(point, at, next / 10)
    })
    at += 10_000
    return round
  }
}
