import type { Figures, Summary } from './codec.ts'
import type { Buckets } from './rollup.ts'
import { bad, good, qualityOf } from './rows.ts'

/** Thrown when a question would have more buckets than anybody can look at. */
export const mostBuckets = 200_000

/** Good, finite readings summed per bucket of `every` milliseconds, aligned to the epoch. The order of adding does not matter. */
export class BucketSums {
  readonly #every: number
  readonly #from: number
  readonly #to: number
  /** A page of columns for so many buckets, by its number: what lies close together is summed without looking anything up. */
  readonly #pages = new Map<number, Page>()
  #used = 0
  #page: Page | undefined
  #number = Number.NaN

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
    if (first < this.#from || last >= this.#to || this.#placeOf(first) !== this.#placeOf(last)) return false
    if (count > 0) this.#add(first, count, sum, min, max)
    return true
  }

  /** Buckets that lie in ours whole, or are counted by their beginning. */
  addBuckets({ start, count, sum, min, max }: Buckets): void {
    for (let index = 0; index < start.length; index++) {
      const at = start[index] as number
      if (!(at >= this.#from && at < this.#to)) continue
      this.#add(at, count[index] as number, sum[index] as number, min[index] as number, max[index] as number)
    }
  }

  add({ at: times, value: values, mark }: Pick<Figures, 'at' | 'value' | 'mark'>): void {
    for (let index = 0; index < times.length; index++) {
      const at = times[index] as number
      if (!(at >= this.#from && at < this.#to)) continue
      const value = values[index] as number
      if (qualityOf(mark[index] ?? bad) === good && Number.isFinite(value)) this.#add(at, 1, value, value, value)
    }
  }

  /** Start, min, mean, max, count, one after the other, in time order. */
  done(): Float64Array {
    const result = new Float64Array(this.#used * 5)
    let to = 0
    for (const [number, { isUsed, count, sum, min, max }] of [...this.#pages].toSorted(([a], [b]) => a - b)) {
      for (let slot = 0; slot < pageSize; slot++) {
        if (isUsed[slot] !== 1) continue
        const many = count[slot] as number
        result[to] = (number * pageSize + slot) * this.#every
        result[to + 1] = min[slot] as number
        result[to + 2] = (sum[slot] as number) / many
        result[to + 3] = max[slot] as number
        result[to + 4] = many
        to += 5
      }
    }
    return result
  }

  #placeOf(at: number): number {
    return Math.floor(at / this.#every)
  }

  #add(at: number, count: number, sum: number, min: number, max: number): void {
    const place = this.#placeOf(at)
    const number = Math.floor(place / pageSize)
    if (number !== this.#number) this.#turnTo(number)
    const page = this.#page as Page
    const slot = place - number * pageSize
    if (page.isUsed[slot] === 0) {
      if (this.#used >= mostBuckets) throw new RangeError(`more than ${mostBuckets} buckets: ask for longer ones`)
      this.#used += 1
      page.isUsed[slot] = 1
      page.min[slot] = Infinity
      page.max[slot] = -Infinity
    }
    page.count[slot] = (page.count[slot] as number) + count
    page.sum[slot] = (page.sum[slot] as number) + sum
    if (min < (page.min[slot] as number)) page.min[slot] = min
    if (max > (page.max[slot] as number)) page.max[slot] = max
  }

  #turnTo(number: number): void {
    let page = this.#pages.get(number)
    if (!page) this.#pages.set(number, (page = emptyPage()))
    this.#page = page
    this.#number = number
  }
}

const pageSize = 256

interface Page {
  readonly isUsed: Uint8Array
  readonly count: Float64Array
  readonly sum: Float64Array
  readonly min: Float64Array
  readonly max: Float64Array
}

const emptyPage = (): Page => ({
  isUsed: new Uint8Array(pageSize),
  count: new Float64Array(pageSize),
  sum: new Float64Array(pageSize),
  min: new Float64Array(pageSize),
  max: new Float64Array(pageSize),
})
