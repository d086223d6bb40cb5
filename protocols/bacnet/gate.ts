/** So many at a time, in the order they came. */
export class Gate {
  readonly #waiting: (() => void)[] = []
  #free: number

  constructor(room: number) {
    this.#free = room
  }

  async enter(): Promise<void> {
    if (this.#free > 0) this.#free -= 1
    else await new Promise<void>(resolve => this.#waiting.push(resolve))
  }

  leave(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#free += 1
  }
}
