import type { AlarmEvent, AlarmId } from './alarm/alarm.ts'
import type { Draft } from './journal/entry.ts'
import type { Checkpoint } from './store/store.ts'

const budget = 100_000

/**
 * What was decided while the disk was away, in order, until it can be written down (architecture rule 7). Of checkpoints only the newest
 * of each key is kept; entries over the budget are lost, counted and said.
 */
export class Unrecorded {
  #drafts: Draft[] = []
  #checkpoints = new Map<string, unknown>()
  #events: AlarmEvent[] = []
  #lost = 0

  /** How many journal entries wait. */
  get entries(): number {
    return this.#drafts.length
  }

  get lost(): number {
    return this.#lost
  }

  get isEmpty(): boolean {
    return this.#drafts.length === 0 && this.#checkpoints.size === 0
  }

  concerns(id: AlarmId): boolean {
    return this.#events.some(({ alarm }) => alarm.id === id)
  }

  keep(drafts: readonly Draft[], checkpoints: readonly Checkpoint[], events: readonly AlarmEvent[]): void {
    const room = Math.max(0, budget - this.#drafts.length)
    this.#lost += Math.max(0, drafts.length - room)
    this.#drafts.push(...drafts.slice(0, room))
    for (const { key, value } of checkpoints) this.#checkpoints.set(key, value)
    this.#events.push(...events)
  }

  /** Everything that waits, for one write. */
  get all(): {
    readonly drafts: readonly Draft[]
    readonly checkpoints: readonly Checkpoint[]
    readonly events: readonly AlarmEvent[]
  } {
    const checkpoints = [...this.#checkpoints].map(([key, value]) => ({ key, value }))
    return { drafts: this.#drafts, checkpoints, events: this.#events }
  }

  /** It is on disk. */
  forget(): void {
    this.#drafts = []
    this.#checkpoints = new Map()
    this.#events = []
  }
}
