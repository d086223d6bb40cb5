/** So much (ms) a frame may take with all that the browser then does for it; whoever presses a button does not notice. */
const budget = 32
/** So much of it (ms) the parts themselves may take: what is built anew makes the browser's work longer than it was before. */
const own = 6

/**
 * Lets the parts of a large page be drawn in turns: hundreds of figures that change in the same message would else hold up whoever presses a
 * button meanwhile, and each in a frame of its own would cost the browser more than all together. How many fit is learned from the frames
 * before. Who waits longest comes first, and one comes in every frame.
 */
export class Turns {
  readonly #real: () => number
  readonly #afterFrame: (act: () => void) => void
  readonly #waiting = new Set<() => void>()
  #frame: number | undefined
  /** So many parts go into a frame: one more after each that had room for it. */
  #most = 1

  /** `real` is the browser's monotonic time, ms; `afterFrame` calls once what this frame shows has been laid out and painted. */
  constructor(real: () => number, afterFrame: (act: () => void) => void = afterPaint) {
    this.#real = real
    this.#afterFrame = afterFrame
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
    const most = this.#most
    let drawn = 0
    for (const draw of this.#waiting) {
      this.#waiting.delete(draw)
      draw()
      drawn += 1
      if (drawn === most || this.#real() - began > own) break
    }
    if (drawn > 0) this.#afterFrame(() => this.#learn(drawn, this.#real() - began))
    if (this.#waiting.size > 0) this.#frame = requestAnimationFrame(() => this.#take())
  }

  #learn(drawn: number, took: number): void {
    if (took > budget) this.#most = Math.max(1, Math.floor((drawn * budget) / took))
    else if (drawn === this.#most) this.#most += 1
  }
}

/** A message to oneself that is sent in a frame comes when the frame is done. */
function afterPaint(act: () => void): void {
  const { port1, port2 } = new MessageChannel()
  port1.addEventListener(
    'message',
    () => {
      port1.close()
      act()
    },
    { once: true },
  )
  port1.start()
  port2.postMessage(undefined)
}
