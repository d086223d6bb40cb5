import type { Millis } from '../../protocols/contract/time.ts'

/** Steps in which lengths are counted: seconds up to an hour, minutes up to two days, hours beyond. */
const scales = [
  { upTo: 3_600_000, step: 1_000 },
  { upTo: 172_800_000, step: 60_000 },
  { upTo: 400 * 86_400_000, step: 3_600_000 },
] as const

/** Lengths of time, counted so that any number of them takes the same memory. A percentile is right to one step, rounded up. */
export class Spread {
  readonly #counts = new Map<number, number>()
  #count = 0

  get count(): number {
    return this.#count
  }

  add(length: Millis): void {
    const bin = binOf(Math.max(0, length))
    this.#counts.set(bin, (this.#counts.get(bin) ?? 0) + 1)
    this.#count += 1
  }

  /** The length that the share `part` (0 to 1) of them does not exceed, nearest rank; `undefined` of none. */
  percentile(part: number): Millis | undefined {
    let rank = Math.max(1, Math.ceil(this.#count * part))
    for (const bin of [...this.#counts.keys()].sort((a, b) => a - b)) {
      rank -= this.#counts.get(bin) ?? 0
      if (rank <= 0) return bin as Millis
    }
    return undefined
  }
}

function binOf(length: number): number {
  const { step } = scales.find(({ upTo }) => length <= upTo) ?? scales[2]
  return Math.ceil(length / step) * step
}
