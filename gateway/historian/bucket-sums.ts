import type { Figures, Summary } from './codec.ts'
import type { Buckets } from './rollup.ts'
import { bad, good, qualityOf } from './rows.ts'

interface Sum {
  count: number
  sum: number
  min: number
  max: number
}

/** Thrown when a question would have more buckets than anybody can look at. */
export const mostBuckets = 200_000

/** Good, finite readings summed per bucket of `every` milliseconds, aligned to the epoch. The order of adding does not matter. */
export class BucketSums {
  readonly #every: number
  readonly #from: number
  readonly #to: number
  readonly #sums = new Map<number, Sum>()
  #start = Number.NaN
  #current: Sum = { count: 0, sum: 0, min: Infinity, max: -Infinity }

  /** Only times from `from` until before `to` count. */
  constructor(from: number, to: number, every: number) {
    if (!(every > 0)) throw new RangeError('a bucket needs a length')
    this.#from = from
    this.#to = to
    this.#every = every
  }

  /** Takes a block by its summary if it lies wholly inside one bucket; says whether it did. */
  addWhole(summary: Summary): boolean {
    const { first, last, count, sum, min, max } = summary
    if (first < this.#from || last >= this.#to || this.#startOf(first) !== this.#startOf(last)) return false
    if (count === 0) return true
    const into = this.#at(first)
    into.count += count
    into.sum += sum
    if (min < into.min) into.min = min
    if (max > into.max) into.max = max
    return true
  }

  /** Buckets that lie in ours whole, or are counted by their beginning. */
  addBuckets({ start, count, sum, min, max }: Buckets): void {
    for (let index = 0; index < start.length; index++) {
      const at = start[index] as number
      if (!(at >= this.#from && at < this.#to)) continue
      const into = this.#at(at)
      into.count += count[index] as number
      into.sum += sum[index] as number
      into.min = Math.min(into.min, min[index] as number)
      into.max = Math.max(into.max, max[index] as number)
    }
  }

  add({ at: times, value: values, mark }: Pick<Figures, 'at' | 'value' | 'mark'>): void {
    for (let index = 0; index < times.length; index++) {
      const at = times[index] as number
      if (!(at >= this.#from && at < this.#to)) continue
      const value = values[index] as number
      if (qualityOf(mark[index] ?? bad) !== good || !Number.isFinite(value)) continue
      const into = this.#at(at)
      into.count++
      into.sum += value
      if (value < into.min) into.min = value
      if (value > into.max) into.max = value
    }
  }

  /** Start, min, mean, max, count, one after the other, in time order. */
  done(): Float64Array {
    const starts = [...this.#sums.keys()].toSorted((a, b) => a - b)
    const result = new Float64Array(starts.length * 5)
    starts.forEach((start, index) => {
      const { min, sum, max, count } = this.#sums.get(start) ?? this.#current
      result.set([start, min, sum / count, max, count], index * 5)
    })
    return result
  }

  #startOf(at: number): number {
    return Math.floor(at / this.#every) * this.#every
  }

  #at(at: number): Sum {
    if (at >= this.#start && at < this.#start + this.#every) return this.#current
    this.#start = this.#startOf(at)
    const known = this.#sums.get(this.#start)
    this.#current = known ?? { count: 0, sum: 0, min: Infinity, max: -Infinity }
    if (!known) {
      if (this.#sums.size >= mostBuckets) throw new RangeError(`more than ${mostBuckets} buckets: ask for longer ones`)
      this.#sums.set(this.#start, this.#current)
    }
    return this.#current
  }
}
