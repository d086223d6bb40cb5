import type { Instant, Millis } from '../../../protocols/contract/time.ts'
import { ExactSum } from './mean-sum.ts'

/** The readings of (t − length, t], oldest first, in a ring that grows when it is full; 16 bytes each. */
export class Window {
  readonly #length: Millis
  readonly #sum = new ExactSum()
  #times = new Float64Array(16)
  #values = new Float64Array(16)
  #first = 0
  #count = 0
  #newest = Number.NEGATIVE_INFINITY

  constructor(length: Millis) {
    this.#length = length
  }

  /** `false` for a reading that has been taken before. */
  take(value: number, at: Instant): boolean {
    if (at <= this.#newest) return false
    this.#newest = at
    while (this.#count > 0 && (this.#times[this.#first] as number) <= at - this.#length) {
      this.#sum.take(this.#values[this.#first] as number)
      this.#first = (this.#first + 1) % this.#times.length
      this.#count -= 1
    }
    if (this.#count === this.#times.length) this.#grow()
    const place = (this.#first + this.#count) % this.#times.length
    this.#times[place] = at
    this.#values[place] = value
    this.#count += 1
    this.#sum.add(value)
    return true
  }

  /** The mean of the window, exact and rounded once; NaN when it is empty. */
  mean(): number {
    return this.#count === 0 ? Number.NaN : this.#sum.dividedBy(this.#count)
  }

  #grow(): void {
    const [times, values] = [new Float64Array(2 * this.#count), new Float64Array(2 * this.#count)]
    for (let index = 0; index < this.#count; index += 1) {
      const from = (this.#first + index) % this.#count
      times[index] = this.#times[from] as number
      values[index] = this.#values[from] as number
    }
    this.#times = times
    this.#values = values
    this.#first = 0
  }
}
