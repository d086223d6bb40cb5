/** What stands at one place of the received bytes: a whole frame, what may become one, or none. */
export type Cut<F> =
  | { readonly at: 'frame'; readonly frame: F; readonly length: number }
  | { readonly at: 'more' }
  /** It begins like a frame and is none: `why` in a few words. */
  | { readonly at: 'none'; readonly why?: string }

/**
 * Finds frames in what a line delivers: fillers, noise, halves, several in one piece. A frame is taken where it begins; only when the
 * line has fallen silent is what never became whole given up, and looked through for a frame behind a false beginning.
 */
export class FrameFinder<F> {
  readonly #cut: (bytes: Uint8Array, at: number) => Cut<F>
  readonly #filler: number | undefined
  #kept: Uint8Array = new Uint8Array()
  #why: string | undefined
  #noise = 0

  /** `filler`: a byte that stands before frames to wake the receiver, and is no noise. */
  constructor(cut: (bytes: Uint8Array, at: number) => Cut<F>, filler?: number) {
    this.#cut = cut
    this.#filler = filler
  }

  /** Bytes that may still become a frame: never more than the longest one. */
  get waiting(): number {
    return this.#kept.length
  }

  /** Bytes that belong to no frame; fillers are not counted. */
  get noise(): number {
    return this.#noise
  }

  /** Why the last thing that looked like a frame was none. */
  get why(): string | undefined {
    return this.#why
  }

  take(bytes: Uint8Array): readonly F[] {
    const joined = new Uint8Array(this.#kept.length + bytes.length)
    joined.set(this.#kept)
    joined.set(bytes, this.#kept.length)
    return this.#look(joined, false)
  }

  /** The line is silent: what waits will not become whole any more. */
  silent(): readonly F[] {
    return this.#look(this.#kept, true)
  }

  clear(): void {
    this.#kept = new Uint8Array()
    this.#why = undefined
    this.#noise = 0
  }

  #look(bytes: Uint8Array, isSilent: boolean): readonly F[] {
    const frames: F[] = []
    let at = 0
    while (at < bytes.length) {
      const cut = this.#cut(bytes, at)
      if (cut.at === 'more' && !isSilent) break
      if (cut.at === 'frame') frames.push(cut.frame)
      else if (cut.at === 'none' && cut.why !== undefined) this.#why = cut.why
      if (cut.at !== 'frame' && bytes[at] !== this.#filler) this.#noise += 1
      at += cut.at === 'frame' ? cut.length : 1
    }
    this.#kept = bytes.slice(at)
    return frames
  }
}
