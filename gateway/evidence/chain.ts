import { bytesOf, hexOf } from '../journal/hashing.ts'
import type { Hashing } from '../journal/hashing.ts'

/** The chain at certain rows, signed with the export: whoever writes the check words anew still cannot hide where he began. */
export interface Marks {
  /** After every so many rows. */
  readonly every: number
  /** Check words of 8 hex digits, one after the other. */
  readonly words: string
}

const mostMarks = 128
const wordLength = 8

/** Chains texts so that the first one that was altered, removed or inserted can be named. */
export class Chain {
  readonly #hashing: Hashing
  #last: Uint8Array
  #rows = 0
  #every = 1
  #marks: string[] = []

  constructor(hashing: Hashing) {
    this.#hashing = hashing
    this.#last = hashing.of(bytesOf('zhishou-proof-1'))
  }

  /** The check word of the next row: the first 8 hex digits of SHA-256(last ‖ text). */
  add(text: string): string {
    this.#last = this.#hashing.of(this.#last, bytesOf(text))
    this.#rows += 1
    const word = hexOf(this.#last.subarray(0, wordLength / 2))
    if (this.#rows % this.#every === 0) this.#mark(word)
    return word
  }

  /** The word that the next row would have, without taking it. */
  wordOf(...texts: readonly string[]): string {
    const last = texts.reduce((before, text) => this.#hashing.of(before, bytesOf(text)), this.#last)
    return hexOf(last.subarray(0, wordLength / 2))
  }

  /** The same chain, to go on with by itself. */
  copy(): Chain {
    const copy = new Chain(this.#hashing)
    ;[copy.#last, copy.#rows, copy.#every, copy.#marks] = [this.#last, this.#rows, this.#every, [...this.#marks]]
    return copy
  }

  get rows(): number {
    return this.#rows
  }

  /** Over all rows so far, hex. */
  get whole(): string {
    return hexOf(this.#last)
  }

  get marks(): Marks {
    return { every: this.#every, words: this.#marks.join('') }
  }

  /** More than enough marks become half as many, so that a long export has no more of them than a short one. */
  #mark(word: string): void {
    this.#marks.push(word)
    if (this.#marks.length <= mostMarks) return
    this.#every *= 2
    this.#marks = this.#marks.filter((_, index) => index % 2 === 1)
  }
}

/** The signed word after row `row` (from 1), where there is one. */
export const markAt = ({ every, words }: Marks, row: number): string | undefined =>
  row % every === 0 && row / every <= words.length / wordLength
    ? words.slice((row / every - 1) * wordLength, (row / every) * wordLength)
    : undefined
