/** So much of a frame (ms) parts may take together; what the browser then does with them costs as much again. */
const budget = 6

/**
 * Lets the parts of a large page be drawn in turns: hundreds of figures that change in the same message would else hold up whoever presses a
 * button meanwhile. Who waits longest comes first, and one comes in every frame.
 */
export class Turns {
  readonly #real: () => number
  readonly #waiting = new Set<() => void>()
  #frame: number | undefined

  /** `real` is the browser's monotonic time, ms. */
  constructor(real: () => number) {
    this.#real = real
  }

  /** `draw` is called once, in one of the next frames; asking again before that changes nothing. */
  ask(draw: () => void): void {
    this.#waiting.add(draw)
    if (this.#frame === undefined) this.#frame = requestAnimationFrame(() => this.#take())
  }

  forget(draw: () => void): void {
    this.#waiting.delete(draw)
  }

  #take(): void {
    this.#frame = undefined
    const began = this.#real()
    for (const draw of this.#waiting) {
      this.#waiting.delete(draw)
      draw()
      if (this.#real() - began > budget) break
    }
    if (this.#waiting.size > 0) this.#frame = requestAnimationFrame(() => this.#take())
  }
}
