import type { Instant } from '../../protocols/contract/time.ts'
import type { Decision } from '../turn.ts'
import { Kept } from './kept.ts'
import type { Trace } from './kept.ts'

interface Used {
  /** Real time: until then somebody may still press it. */
  readonly expires: Instant
  readonly at: Instant
}

/** Links that have done their work: each answers once. */
export class UsedLinks {
  readonly #trace: Trace
  readonly #used: Kept<string, Used>

  constructor(trace: Trace) {
    this.#trace = trace
    this.#used = new Kept('link:', trace)
  }

  restore(checkpoints: ReadonlyMap<string, unknown>): void {
    this.#used.restore(checkpoints, value => {
      const { expires, at } = (value ?? {}) as Partial<Used>
      return typeof expires === 'number' && typeof at === 'number' ? { expires, at } : undefined
    })
  }

  isUsed(link: string): boolean {
    return this.#used.has(link)
  }

  /** Uses it up, and forgets those that have expired. `real` is the time on the wall. */
  use(link: string, used: Used, real: Instant): Pick<Decision<unknown>, 'checkpoints' | 'undo'> {
    for (const [id, { expires }] of this.#used.entries()) if (expires <= real) this.#used.set(id, undefined)
    this.#used.set(link, used)
    return { checkpoints: this.#trace.take(), undo: () => void this.#used.forget(link) }
  }
}
