import type { Clock, Instant } from '../contract/time.ts'
import type { Refusal } from './limits.ts'

export interface Entry {
  readonly at: Instant
  readonly why: Refusal
  /** The account, or the address of a stranger; empty where it is nobody's doing. */
  readonly who: string
  readonly detail: string
}

const lastOnes = 64
/** Strangers have many addresses. */
const rememberedNames = 1_000

/** What a broker has refused: how often for each reason and each account, and the last ones in words. */
export class RefusalBook {
  readonly counts = new Map<Refusal, number>()
  readonly #wall: Clock
  readonly #last: Entry[] = []
  readonly #of = new Map<string, Map<Refusal, number>>()

  constructor(wall: Clock) {
    this.#wall = wall
  }

  /** The last 64, the oldest first. */
  get last(): readonly Entry[] {
    return this.#last
  }

  note(why: Refusal, who: string, detail: string): void {
    this.counts.set(why, (this.counts.get(why) ?? 0) + 1)
    if (who === '') return
    const counts = this.#of.get(who) ?? new Map<Refusal, number>()
    if (!this.#of.has(who) && this.#of.size < rememberedNames) this.#of.set(who, counts)
    counts.set(why, (counts.get(why) ?? 0) + 1)
    // Whatever a stranger made us quote goes to a screen.
    const plain = detail.replaceAll(/[^\x20-\x7e\u00a0-\uffff]/g, '?').slice(0, 200)
    this.#last.push({ at: this.#wall.now(), why, who, detail: plain })
    if (this.#last.length > lastOnes) this.#last.shift()
  }

  of(who: string): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#of.get(who) ?? [])
  }

  /** Who was refused anything. */
  get names(): Iterable<string> {
    return this.#of.keys()
  }
}
