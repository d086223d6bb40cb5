import type { AlarmEvent } from './alarm/alarm.ts'
import type { Draft, Entry } from './journal/entry.ts'
import type { Checkpoint, StoredReading } from './store/store.ts'
import type { Reading, ReadingColumns } from '../protocols/contract/reading.ts'
import type { Instant } from '../protocols/contract/time.ts'

export interface Settle<T> {
  resolve(value: T): void
  reject(error: Error): void
}

/** What was decided on somebody's behalf, in order with everything else. Nothing of it counts unless it could be written. */
export interface Decision<T> {
  readonly drafts?: readonly Draft[]
  readonly checkpoints?: readonly Checkpoint[]
  /** What the desk said; it becomes entries and checkpoints by itself. */
  readonly events?: readonly AlarmEvent[]
  /** Heard by the rules once it is on disk: a person's record. */
  readonly readings?: readonly Reading[]
  /** The answer, once it is on disk; `entries` are those of `drafts`. */
  answer(entries: readonly Entry[]): T
  /** It could not be written: everything is again as it was. */
  undo?(): void
}

/** Decides at that moment of the domain clock; runs inside a turn, does no I/O. */
export type Decide<T> = (at: Instant) => Decision<T>

/** One act on its way: its answer waits for the disk. */
export interface Act {
  readonly done: Settle<unknown>
  answer(entries: readonly Entry[]): unknown
  undo?(): void
  /** The entries of its own drafts, by their place in the turn. */
  readonly own: number[]
  /** Said to the rules once it is on disk. */
  readonly readings: readonly Reading[]
}

/**
 * What one turn decided and still has to be written down, told and answered. Everything knows which act it comes from, so that an act that
 * could not be written can be taken out with all that followed from it.
 */
export class Turn {
  readonly drafts: Draft[] = []
  readonly checkpoints: Checkpoint[] = []
  readonly events: AlarmEvent[] = []
  /** What was heard and is to be stored, in its order. */
  readonly readings: (readonly StoredReading[] | ReadingColumns)[] = []
  readonly heard: Settle<void>[] = []
  readonly acts: Act[] = []
  readonly #origins = new WeakMap<object, Act>()
  #act: Act | undefined

  get isEmpty(): boolean {
    return this.drafts.length === 0 && this.checkpoints.length === 0 && this.acts.length === 0
  }

  /** Everything from now on follows from this act, until `endAct`. */
  beginAct(act: Act): void {
    this.acts.push(act)
    this.#act = act
  }
  endAct(): void {
    this.#act = undefined
  }

  /** Its place among the drafts. */
  draft(draft: Draft): number {
    this.#mark(draft)
    return this.drafts.push(draft) - 1
  }
  checkpoint(checkpoint: Checkpoint): void {
    this.#mark(checkpoint)
    this.checkpoints.push(checkpoint)
  }

  /** The last word for each key is what is kept: a flood says the same keys a thousand times. */
  get lastCheckpoints(): readonly Checkpoint[] {
    return [...new Map(this.checkpoints.map(checkpoint => [checkpoint.key, checkpoint])).values()]
  }
  event(event: AlarmEvent): void {
    this.#mark(event)
    this.events.push(event)
  }

  /** What remains when no act could be written. */
  withoutActs(): Pick<Turn, 'drafts' | 'checkpoints' | 'events'> {
    const stays = (part: object): boolean => !this.#origins.has(part)
    return {
      drafts: this.drafts.filter(stays),
      checkpoints: this.checkpoints.filter(stays),
      events: this.events.filter(stays),
    }
  }

  #mark(part: object): void {
    if (this.#act) this.#origins.set(part, this.#act)
  }
}
