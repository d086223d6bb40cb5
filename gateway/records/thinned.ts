/** A reading of a curve that is to be drawn. */
export interface Drawn {
  readonly t: number
  readonly v: number
}

/**
 * At most so many readings of a curve, and still its first, its last, and of every stretch the highest and the lowest: a peak that decides
 * whether a cycle passed is never thinned away.
 */
export function thinned<T extends Drawn>(readings: readonly T[], most: number): readonly T[] {
  if (readings.length <= most) return readings
  const stretches = Math.max(1, Math.floor((most - 2) / 2))
  const kept = new Set<number>([0, readings.length - 1])
  for (let stretch = 0; stretch < stretches; stretch++) {
    const begin = Math.floor((stretch * readings.length) / stretches)
    const end = Math.floor(((stretch + 1) * readings.length) / stretches)
    let [low, high] = [begin, begin]
    for (let index = begin; index < end; index++) {
      const { v } = readings[index] as T
      if (v < (readings[low] as T).v) low = index
      if (v > (readings[high] as T).v) high = index
    }
    kept.add(low)
    kept.add(high)
  }
  return readings.filter((_, index) => kept.has(index))
}
