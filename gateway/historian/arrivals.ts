import type { PointId, Reading } from '../../protocols/contract/reading.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { good, noRows, pushFrom, qualityOf, readingOf, rowAt } from './rows.ts'
import type { Rows } from './rows.ts'

/** One point's stored readings, in the order of their times. */
export interface StoredPoint {
  readonly point: PointId
  readonly rows: Iterable<Rows>
}

/**
 * The stored readings of several points in the order in which they came, those that came together in one list. The list is used again
 * for the next ones. Memory holds a block or two of each point, and of a backlog as much as lies between its first and last reading.
 *
 * Within a point blocks lie in the order of event time: a row is given out once everything that is still unread is younger than its
 * arrival. That takes for granted that nothing arrives before its own time; a device whose clock is ahead still comes in its own order.
 */
export function* arrivals(points: readonly StoredPoint[]): Generator<readonly Reading[]> {
  const heap = new FeedHeap(points.map(({ point, rows }, order) => new Feed(point, order, rows)))
  const together: Reading[] = []
  for (let next = heap.first; next;) {
    const { receivedAt } = next
    together.length = 0
    while (next?.receivedAt === receivedAt) {
      together.push(next.take())
      heap.settle()
      next = heap.first
    }
    yield together
  }
}

const never = Number.POSITIVE_INFINITY

/** One point's rows in the order of arrival. */
class Feed {
  readonly point: PointId
  readonly order: number
  readonly #blocks: Iterator<Rows>
  /** In the order of arrival. */
  #rows: Rows = noRows()
  #index = 0
  /** What is read ahead, in the order of time. */
  #ahead: Rows | undefined
  /** When the next row came; never, when there is none. */
  receivedAt = never

  constructor(point: PointId, order: number, blocks: Iterable<Rows>) {
    this.point = point
    this.order = order
    this.#blocks = blocks[Symbol.iterator]()
    this.#readAhead()
    this.#look()
  }

  take(): Reading {
    const rows = this.#rows
    const index = this.#index++
    const mark = rows.mark[index] as number
    const reading: Reading =
      qualityOf(mark) === good
        ? {
            point: this.point,
            at: rows.at[index] as Instant,
            receivedAt: rows.receivedAt[index] as Instant,
            value: rows.value[index] as number,
            quality: 'good',
          }
        : readingOf(this.point, rowAt(rows, index))
    this.#look()
    return reading
  }

  #look(): void {
    for (;;) {
      const next = this.#rows.receivedAt[this.#index] ?? never
      const unread = this.#ahead?.at[0] ?? never
      if (next <= unread) {
        this.receivedAt = next
        return
      }
      // A row of the block read ahead may have come before this one.
      this.#join()
    }
  }

  #join(): void {
    const ahead = this.#ahead ?? noRows()
    const left = this.#rows.at.length - this.#index
    if (left === 0) this.#rows = inOrderOfArrival(ahead)
    else {
      const joined = noRows()
      for (let index = this.#index; index < this.#rows.at.length; index++) pushFrom(joined, this.#rows, index)
      for (let index = 0; index < ahead.at.length; index++) pushFrom(joined, ahead, index)
      this.#rows = inOrderOfArrival(joined)
    }
    this.#index = 0
    this.#readAhead()
  }

  #readAhead(): void {
    const next = this.#blocks.next()
    this.#ahead = next.done ? undefined : next.value
  }
}

/** Nearly always as it is. What came at one instant stays in the order of its times. */
function inOrderOfArrival(rows: Rows): Rows {
  const { receivedAt, at } = rows
  let inOrder = true
  for (let index = 1; index < receivedAt.length && inOrder; index++)
    inOrder = (receivedAt[index - 1] as number) <= (receivedAt[index] as number)
  if (inOrder) return rows
  const order = Array.from(receivedAt, (_, index) => index).sort(
    (a, b) => (receivedAt[a] as number) - (receivedAt[b] as number) || (at[a] as number) - (at[b] as number),
  )
  const result = noRows()
  for (const index of order) pushFrom(result, rows, index)
  return result
}

/** The feeds with the next arrival first; of those that come at one instant the first named. */
class FeedHeap {
  readonly #feeds: Feed[]

  constructor(feeds: Feed[]) {
    this.#feeds = feeds.sort((a, b) => (isBefore(a, b) ? -1 : 1))
  }

  /** `undefined` when all is given out. */
  get first(): Feed | undefined {
    const first = this.#feeds[0]
    return first === undefined || first.receivedAt === never ? undefined : first
  }

  /** The first has moved on: it takes its new place. */
  settle(): void {
    const feeds = this.#feeds
    const moved = feeds[0] as Feed
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= feeds.length) break
      if (child + 1 < feeds.length && isBefore(feeds[child + 1] as Feed, feeds[child] as Feed)) child += 1
      if (!isBefore(feeds[child] as Feed, moved)) break
      feeds[index] = feeds[child] as Feed
      index = child
    }
    feeds[index] = moved
  }
}

const isBefore = (a: Feed, b: Feed): boolean =>
  a.receivedAt < b.receivedAt || (a.receivedAt === b.receivedAt && a.order < b.order)
