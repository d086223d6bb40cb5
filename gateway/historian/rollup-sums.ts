import type { Figures } from './codec.ts'
import { mostBuckets } from './bucket-sums.ts'
import type { Buckets, TimesSink } from './rollup.ts'
import { firstNotBefore, good, qualityOf } from './rows.ts'

/** Figures of each bucket of a rollup: start, min, mean, max, count, ms outside the limits, ms of gaps. */
export const rollupFigures = 7

/** Readings and times summed per bucket. Buckets lie between `edges`, in order; only what lies from `from` until before `to` counts. */
export class RollupSums implements TimesSink {
  readonly #edges: Float64Array
  readonly #from: number
  readonly #to: number
  readonly #count: Float64Array
  readonly #sum: Float64Array
  readonly #min: Float64Array
  readonly #max: Float64Array
  readonly #outside: Float64Array
  readonly #gap: Float64Array
  #place = 0

  constructor(edges: Float64Array, from: number, to: number) {
    const length = Math.max(0, edges.length - 1)
    if (length > mostBuckets) throw new RangeError(`more than ${mostBuckets} buckets: ask for longer ones`)
    this.#edges = edges
    this.#from = from
    this.#to = to
    this.#count = new Float64Array(length)
    this.#sum = new Float64Array(length)
    this.#min = new Float64Array(length).fill(Infinity)
    this.#max = new Float64Array(length).fill(-Infinity)
    this.#outside = new Float64Array(length)
    this.#gap = new Float64Array(length)
  }

  rows({ at, value, mark }: Omit<Figures, 'faults'>): void {
    for (let index = 0; index < at.length; index++) {
      const time = at[index] as number
      if (!(time >= this.#from && time < this.#to)) continue
      const figure = value[index] as number
      if (qualityOf(mark[index] as number) !== good || !Number.isFinite(figure)) continue
      this.#add(time, 1, figure, figure, figure)
    }
  }

  /** Buckets of a run, each by its start: they must be no longer than ours, and lie in them whole. */
  buckets({ start, count, sum, min, max }: Buckets): void {
    for (let index = 0; index < start.length; index++) {
      const at = start[index] as number
      if (at >= this.#from && at < this.#to)
        this.#add(at, count[index] as number, sum[index] as number, min[index] as number, max[index] as number)
    }
  }

  outside(from: number, to: number): void {
    this.#spread(this.#outside, from, to)
  }

  gap(from: number, to: number): void {
    this.#spread(this.#gap, from, to)
  }

  /** One after the other, in time order, without those of which nothing is known. */
  done(): Float64Array {
    const figures: number[] = []
    for (let index = 0; index < this.#count.length; index++) {
      const [count, outside, gap] = [this.#count[index] as number, this.#outside[index] as number, this.#gap[index] as number]
      if (count === 0 && outside === 0 && gap === 0) continue
      const [min, max] = [this.#min[index] as number, this.#max[index] as number]
      figures.push(this.#edges[index] as number, min, (this.#sum[index] as number) / count, max, count, outside, gap)
    }
    return Float64Array.from(figures)
  }

  #add(at: number, count: number, sum: number, min: number, max: number): void {
    const place = this.#placeOf(at)
    this.#count[place] = (this.#count[place] as number) + count
    this.#sum[place] = (this.#sum[place] as number) + sum
    if (min < (this.#min[place] as number)) this.#min[place] = min
    if (max > (this.#max[place] as number)) this.#max[place] = max
  }

  #spread(into: Float64Array, from: number, to: number): void {
    let start = Math.max(from, this.#from)
    const end = Math.min(to, this.#to)
    if (!(start < end)) return
    for (let place = this.#placeOf(start); start < end; place++) {
      const edge = Math.min(end, this.#edges[place + 1] ?? end)
      into[place] = (into[place] as number) + edge - start
      start = edge
    }
  }

  /** Nearly always that of the time before, or the next one. */
  #placeOf(at: number): number {
    const edges = this.#edges
    let place = this.#place
    if (!(at >= (edges[place] as number) && at < (edges[place + 1] as number))) {
      place = at >= (edges[place + 1] as number) && at < (edges[place + 2] ?? -Infinity) ? place + 1 : -1
      if (place < 0) {
        const next = firstNotBefore(edges, at)
        place = edges[next] === at ? next : next - 1
      }
      this.#place = place
    }
    return place
  }
}
