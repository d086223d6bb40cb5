import { noRows, push } from './rows.ts'
import type { Row, Rows } from './rows.ts'

/** Readings that are nearer than this are of one span when they are sent again. */
export const joins = 10 * 60_000

/** How far one target has been told: everything up to batch `sent`, and of the one after it so many readings. */
export interface SpoolPlace {
  readonly sent: number
  readonly within: number
}
/** A time that is sent again from the history, how far that has come: up to the reading of `point` at `at`. */
export interface RefillPlace {
  readonly refill: number
  readonly point: number
  readonly at: number
  readonly isOver: boolean
  /** The time as it was when this was read: it may have grown since. */
  readonly span: { readonly first: number; readonly last: number }
}

/** Readings to be sent, as columns; `which` has the place of each one's point in `points`. */
export interface SpoolPage<Place = SpoolPlace | RefillPlace> {
  readonly points: readonly string[]
  readonly which: readonly number[]
  readonly rows: Rows
  /** Where the target stands when all of these are acknowledged. */
  readonly place: Place
}

export interface SpoolState {
  /** What waits. */
  readonly rows: number
  readonly bytes: number
  /** When the oldest of it came. */
  readonly oldest: number | undefined
  /** What came in the last full day, per hour; absent before there are some minutes to speak of. */
  readonly perHour: { readonly rows: number; readonly bytes: number } | undefined
  /** Lines the other side did not take, ever. */
  readonly refused: number
  /** Times that are still to be sent again from the history. */
  readonly refills: number
}

export interface Refill {
  readonly id: number
  readonly first: number
  readonly last: number
  readonly point: number
  readonly at: number
}

/** Readings gathered for one sending. */
export class Page {
  readonly #nameOf: (point: number) => string
  readonly #places = new Map<number, number>()
  readonly #which: number[] = []
  readonly #rows = noRows()

  constructor(nameOf: (point: number) => string) {
    this.#nameOf = nameOf
  }

  get length(): number {
    return this.#which.length
  }

  add(point: number, row: Row): void {
    let place = this.#places.get(point)
    if (place === undefined) this.#places.set(point, (place = this.#places.size))
    this.#which.push(place)
    push(this.#rows, row)
  }

  done<Place>(place: Place): SpoolPage<Place> {
    return { points: [...this.#places.keys()].map(this.#nameOf), which: this.#which, rows: this.#rows, place }
  }
}

/** Times put together to spans. */
export function spansOf(times: readonly number[]): { readonly from: number; readonly to: number }[] {
  const spans: { from: number; to: number }[] = []
  for (const at of times.toSorted((a, b) => a - b)) {
    const last = spans.at(-1)
    if (last && at <= last.to + joins) last.to = at
    else spans.push({ from: at, to: at })
  }
  return spans
}
