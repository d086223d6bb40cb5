import type { Fault } from '../../protocols/contract/fault.ts'
import { bad, faultAt, markOf, qualityOf, rowAt, unmarked } from './rows.ts'
import type { Row, Rows } from './rows.ts'

// Time, arrival and value lie side by side; the fourth holds the mark in its low 32 bits and the period above.
const cellsPerRow = 4
const above = 2 ** 32
const fewest = 8
/** Room that is kept for the next readings; a point that had more at once gives it back. */
const mostKept = 64

/**
 * The open readings of one point, in the order they came. All lie in one piece of memory that is used again once they have gone into blocks:
 * of ten thousand points nothing else would be thrown away as often.
 */
export class OpenRows {
  #cells = new Float64Array(0)
  #faults: Fault[] = []
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Takes one of others at the end. */
  add(rows: Rows, index: number): void {
    const start = this.#length * cellsPerRow
    if (start === this.#cells.length) this.#grow()
    const cells = this.#cells
    const mark = rows.mark[index] as number
    cells[start] = rows.at[index] as number
    cells[start + 1] = rows.receivedAt[index] as number
    cells[start + 2] = rows.value[index] as number
    const marked = qualityOf(mark) === bad ? this.#markOf(rowAt(rows, index)) : mark
    cells[start + 3] = marked + above * (rows.period[index] as number)
    this.#length += 1
  }

  /** The time of one of them. */
  at(index: number): number {
    return this.#cells[index * cellsPerRow] as number
  }

  periodOf(index: number): number {
    return Math.floor((this.#cells[index * cellsPerRow + 3] as number) / above)
  }

  row(index: number): Row {
    const start = index * cellsPerRow
    const cell = (place: number): number => this.#cells[start + place] as number
    const mark = cell(3) % above
    const row = { at: cell(0), receivedAt: cell(1), value: cell(2), period: this.periodOf(index) }
    return { ...row, mark: unmarked(mark), fault: faultAt({ mark: [mark], faults: this.#faults }, 0) }
  }

  /** A copy as columns: more may come while somebody reads. */
  columns(): Rows {
    const [at, receivedAt, value] = [0, 1, 2].map(() => new Float64Array(this.#length)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ]
    const [mark, period] = [new Uint32Array(this.#length), new Uint32Array(this.#length)]
    const cells = this.#cells
    for (let index = 0, start = 0; index < at.length; index++, start += cellsPerRow) {
      at[index] = cells[start] as number
      receivedAt[index] = cells[start + 1] as number
      value[index] = cells[start + 2] as number
      const both = cells[start + 3] as number
      period[index] = both / above
      mark[index] = both % above
    }
    return { at, receivedAt, value, mark, period, faults: [...this.#faults] }
  }

  clear(): void {
    this.#length = 0
    if (this.#faults.length > 0) this.#faults = []
    if (this.#cells.length > mostKept * cellsPerRow) this.#cells = new Float64Array(0)
  }

  #markOf({ mark, fault }: Row): number {
    return fault ? markOf(mark, fault, this.#faults) : mark
  }

  #grow(): void {
    const grown = new Float64Array(Math.max(fewest * cellsPerRow, this.#cells.length * 2))
    grown.set(this.#cells)
    this.#cells = grown
  }
}
