/** A binary min-heap of due times, so that the cost of a timer does not grow with the number of rules. Entries may be outdated; the owner checks. */
export class DueHeap<Item> {
  readonly #due: number[] = []
  readonly #items: Item[] = []

  get soonest(): number | undefined {
    return this.#due[0]
  }

  /** The item that is due soonest, left in its place. */
  get first(): Item | undefined {
    return this.#items[0]
  }

  get size(): number {
    return this.#due.length
  }

  /** Everything in it, in no promised order. */
  items(): readonly Item[] {
    return this.#items
  }

  push(due: number, item: Item): void {
    let index = this.#due.length
    this.#due.push(due)
    this.#items.push(item)
    while (index > 0) {
      const parent = (index - 1) >> 1
      if ((this.#due[parent] as number) <= due) break
      this.#swap(index, parent)
      index = parent
    }
  }

  /** Takes the soonest away; `undefined` when empty. Ties come out in no promised order. */
  pop(): { readonly due: number; readonly item: Item } | undefined {
    const due = this.#due[0]
    const item = this.#items[0] as Item
    if (due === undefined) return undefined
    const lastDue = this.#due.pop() as number
    const lastItem = this.#items.pop() as Item
    if (this.#due.length > 0) {
      this.#due[0] = lastDue
      this.#items[0] = lastItem
      this.#sink()
    }
    return { due, item }
  }

  #sink(): void {
    let index = 0
    for (;;) {
      const left = 2 * index + 1
      if (left >= this.#due.length) return
      const right = left + 1
      const smaller = right < this.#due.length && (this.#due[right] as number) < (this.#due[left] as number) ? right : left
      if ((this.#due[index] as number) <= (this.#due[smaller] as number)) return
      this.#swap(index, smaller)
      index = smaller
    }
  }

  #swap(a: number, b: number): void {
    const due = this.#due[a] as number
    const item = this.#items[a] as Item
    this.#due[a] = this.#due[b] as number
    this.#items[a] = this.#items[b] as Item
    this.#due[b] = due
    this.#items[b] = item
  }
}
