import { after, later } from '../../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../../protocols/contract/time.ts'

/**
 * The stretches of time a value was in breach, as far as a sliding window reaches. A reading in breach counts until the next good one, but
 * for `hold` at most: what nobody measured counts neither way. All stretches are [from, to) in whole milliseconds, so sums are exact.
 */
export class Exposure {
  readonly #per: Millis
  #closed: { readonly from: Instant; readonly to: Instant }[] = []
  #open: { readonly from: Instant; until: Instant } | undefined
  #heardAt = Number.NEGATIVE_INFINITY as Instant

  constructor(per: Millis) {
    this.#per = per
  }

  /** Takes a good reading in. `again`: it has been heard before. `began` and `ended` are stretches, also where a gap cut one in two. */
  hear(isMet: boolean, at: Instant, hold: Millis): 'again' | 'began' | 'ended' | 'goes-on' {
    if (at <= this.#heardAt) return 'again'
    this.#heardAt = at
    const open = this.#open
    const until = after(at, hold)
    if (open && isMet && at <= open.until) {
      open.until = until
      return 'goes-on'
    }
    if (open) this.#closed.push({ from: open.from, to: (at < open.until ? at : open.until) as Instant })
    this.#open = isMet ? { from: at, until } : undefined
    this.#forget((at - this.#per) as Instant)
    if (isMet) return 'began'
    return open ? 'ended' : 'goes-on'
  }

  /** How long the value was in breach within (at − per, at]. */
  total(at: Instant): number {
    return this.#stretches(at).reduce((sum, { from, to }) => sum + (to - from), 0)
  }

  /** When the oldest breach that still counts at `at` began, or where the window begins within it. */
  since(at: Instant): Instant | undefined {
    return this.#stretches(at)[0]?.from
  }

  /** The first instant, not before `at`, at which `amount` has come together, if the breach of `at` goes on. `amount` must not exceed `per`. */
  reaches(amount: Millis, at: Instant): Instant {
    const closed = this.#stretches(at)
    let missing = amount - closed.reduce((sum, { from, to }) => sum + (to - from), 0)
    let time = at
    if (missing <= 0) return time
    // While an old stretch leaves the window as fast as time passes, the sum stands still.
    for (const { from, to } of closed) {
      if (to >= at) break
      const leaves = later(after(from, this.#per), time)
      if (time + missing <= leaves) break
      missing -= leaves - time
      time = later(after(to, this.#per), leaves)
    }
    return (time + missing) as Instant
  }

  /** The first instant, not before `at`, at which less than `amount` is left in the window, if no breach comes to it. */
  fallsBelow(amount: Millis, at: Instant): Instant {
    const stretches = this.#stretches(at)
    let excess = stretches.reduce((sum, { from, to }) => sum + (to - from), 0) - amount + 1
    if (excess <= 0) return at
    for (const { from, to } of stretches) {
      const length = to - from
      if (length >= excess) return (from + this.#per + excess) as Instant
      excess -= length
    }
    return at
  }

  #stretches(at: Instant): readonly { readonly from: Instant; readonly to: Instant }[] {
    const start = (at - this.#per) as Instant
    const open = this.#open && { from: this.#open.from, to: (at < this.#open.until ? at : this.#open.until) as Instant }
    const all = open ? [...this.#closed, open] : this.#closed
    return all.filter(({ to }) => to > start).map(({ from, to }) => ({ from: later(from, start), to }))
  }

  #forget(before: Instant): void {
    const first = this.#closed[0]
    if (first && first.to <= before) this.#closed = this.#closed.filter(({ to }) => to > before)
  }
}
