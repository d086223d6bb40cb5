import type { Millis } from '../../protocols/contract/time.ts'
import { bad, good, qualityOf } from '../historian/rows.ts'
import type { ReadingColumns } from './figures.ts'

/** Readings of a point, and how long each holds at most. */
export interface Held {
  readonly columns: Iterable<ReadingColumns>
  readonly staleAfter: Millis
}

/** What holds of one of the two: until when, and what comes next. */
class Hand {
  readonly #chunks: Iterator<ReadingColumns>
  readonly #staleAfter: number
  #rows: ReadingColumns = { at: [], value: [], mark: [] }
  #place = 0
  value = Number.NaN
  /** NaN value: nothing holds. */
  until = Number.NEGATIVE_INFINITY

  constructor({ columns, staleAfter }: Held) {
    this.#chunks = columns[Symbol.iterator]()
    this.#staleAfter = staleAfter
    this.#fill()
  }

  /** When its next reading comes; infinite where none does. */
  get next(): number {
    return this.#rows.at[this.#place] ?? Number.POSITIVE_INFINITY
  }

  take(): void {
    const at = this.next
    const reading = this.#rows.value[this.#place] ?? Number.NaN
    const counts = qualityOf(this.#rows.mark[this.#place] ?? bad) === good && Number.isFinite(reading)
    this.value = counts ? reading : Number.NaN
    this.until = counts ? at + this.#staleAfter : Number.POSITIVE_INFINITY
    this.#place++
    this.#fill()
  }

  /** Nobody has said anything since: it no longer holds. */
  expire(at: number): void {
    if (this.until > at) return
    this.value = Number.NaN
    this.until = Number.POSITIVE_INFINITY
  }

  #fill(): void {
    while (this.#place >= this.#rows.at.length) {
      const chunk = this.#chunks.next()
      if (chunk.done) return
      this.#rows = chunk.value
      this.#place = 0
    }
  }
}

const mostInChunk = 4_096

/**
 * A figure of two points as a series of its own: it speaks whenever one of the two does, and is bad from the moment on at which one of them is not
 * known. In the order of time; nothing is interpolated.
 */
export function* paired(one: Held, other: Held, of: (one: number, other: number) => number): Generator<ReadingColumns> {
  const [a, b] = [new Hand(one), new Hand(other)]
  let chunk = { at: [] as number[], value: [] as number[], mark: [] as number[] }
  for (;;) {
    const at = Math.min(a.next, b.next, a.value === a.value ? a.until : Infinity, b.value === b.value ? b.until : Infinity)
    if (at === Number.POSITIVE_INFINITY) break
    a.expire(at)
    b.expire(at)
    if (a.next === at) a.take()
    if (b.next === at) b.take()
    const value = of(a.value, b.value)
    chunk.at.push(at)
    chunk.value.push(Number.isFinite(value) ? value : 0)
    chunk.mark.push(Number.isFinite(value) ? good : bad)
    if (chunk.at.length < mostInChunk) continue
    yield chunk
    chunk = { at: [], value: [], mark: [] }
  }
  if (chunk.at.length > 0) yield chunk
}

/**
 * Dew point in °C from °C and relative humidity in %, by the Magnus formula with the coefficients of WMO-No. 8 over water (17.62, 243.12 °C): good to 0.1 K
 * between −45 and 60 °C.
 */
export function dewPoint(celsius: number, humidity: number): number {
  const gamma = Math.log(humidity / 100) + (17.62 * celsius) / (243.12 + celsius)
  return (243.12 * gamma) / (17.62 - gamma)
}

/** What a gauge that reads MPa would show at 20 °C: the gas in a closed bottle follows its absolute temperature. */
export const pressureAt20 = (gauge: number, celsius: number): number => ((gauge + 0.1) * 293.15) / (celsius + 273.15) - 0.1
