import type { AtOnce } from './route.ts'

/** Who is inside, so that nobody fills the house alone. */
export class Crowd {
  readonly #limit: AtOnce
  readonly #inside = new Map<string, number>()
  #all = 0

  constructor(limit: AtOnce) {
    this.#limit = limit
  }

  get size(): number {
    return this.#all
  }

  /** The way out, to be taken once; `undefined` where there is no room. */
  enter(name: string): (() => void) | undefined {
    const own = this.#inside.get(name) ?? 0
    if (own >= this.#limit.each || this.#all >= this.#limit.all) return undefined
    this.#inside.set(name, own + 1)
    this.#all += 1
    let isInside = true
    return () => {
      if (!isInside) return
      isInside = false
      const left = (this.#inside.get(name) ?? 1) - 1
      if (left === 0) this.#inside.delete(name)
      else this.#inside.set(name, left)
      this.#all -= 1
    }
  }
}
