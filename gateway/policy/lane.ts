import { after, later } from '../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import type { PointMemory } from './kind.ts'

/** A reading of one input on its way to a rule; `value` is NaN where it was bad. */
export interface Passing {
  readonly at: Instant
  readonly value: number
  readonly input: string
  readonly arrival: Instant
}

/** What a rule of several inputs knows of one of them, as of the instant it has judged to. */
export class InputMemory implements PointMemory {
  readonly staleAfter: Millis | undefined
  newestAt: Instant | undefined = undefined
  value: number | undefined = undefined
  lastWordBad = false
  heardAt: Instant

  constructor(staleAfter: Millis | undefined, heardAt: Instant) {
    this.staleAfter = staleAfter
    this.heardAt = heardAt
  }

  hear(value: number, at: Instant): void {
    this.newestAt = at
    this.value = value
    this.lastWordBad = false
    this.heardAt = later(this.heardAt, at)
  }
}

/** As it is checkpointed: `[newestAt, value, lastWordBad, heardAt]`. */
export type KeptInput = readonly [at: number | null, value: number | null, bad: boolean, heardAt: number]

/**
 * Puts the readings of a rule's inputs into the order of event time. A reading is judged once every wired input has been heard up to
 * its instant, or when it has waited for the others long enough; so the inputs of one device that was offline, delivered one after
 * the other, are judged as if they had come together.
 */
export class Lane {
  readonly inputs: Readonly<Record<string, InputMemory>>
  /** The points whose readings move the sure instant: those of equipment, not what the gateway or people say now and then. */
  readonly #paced: readonly Pick<PointMemory, 'newestAt'>[]
  #queue: Passing[] = []
  #from = 0
  /** When the rule began to watch: nothing from before it was ever heard. */
  readonly began: Instant
  /** The inputs at which the gateway itself speaks. */
  readonly said: ReadonlySet<string>
  /** Everything up to here has been judged. */
  judgedTo: Instant | undefined = undefined
  /** How far the checkpoint knows that it has. */
  savedTo: Instant
  heldUntil: Instant | undefined = undefined

  constructor(
    inputs: Readonly<Record<string, InputMemory>>,
    paced: readonly Pick<PointMemory, 'newestAt'>[],
    startAt: Instant,
    said: ReadonlySet<string> = new Set(),
  ) {
    this.said = said
    this.inputs = inputs
    this.#paced = paced
    this.began = startAt
    this.savedTo = startAt
  }

  get isEmpty(): boolean {
    return this.#from >= this.#queue.length
  }

  get first(): Passing | undefined {
    return this.#queue[this.#from]
  }

  /** Takes a reading in at its place. */
  take(passing: Passing): void {
    const queue = this.#queue
    let index = queue.length
    while (index > this.#from && (queue[index - 1] as Passing).at > passing.at) index -= 1
    if (index === queue.length) queue.push(passing)
    else queue.splice(index, 0, passing)
  }

  /** The next reading that may be judged at `now`: all inputs have been heard to its instant, or it has waited `patience`. */
  next(now: Instant, patience: Millis): Passing | undefined {
    const head = this.first
    if (head === undefined) return undefined
    if (head.at > this.#sure() && after(head.arrival, patience) > now) return undefined
    this.#from += 1
    if (this.#from > 1_024 && this.#from * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#from)
      this.#from = 0
    }
    return head
  }

  #sure(): number {
    let sure = Number.POSITIVE_INFINITY
    for (const { newestAt } of this.#paced) sure = Math.min(sure, newestAt ?? Number.NEGATIVE_INFINITY)
    return this.#paced.length === 0 ? Number.POSITIVE_INFINITY : sure
  }

  kept(): Readonly<Record<string, KeptInput>> {
    const kept: Record<string, KeptInput> = {}
    for (const [name, { newestAt, value, lastWordBad, heardAt }] of Object.entries(this.inputs))
      kept[name] = [newestAt ?? null, value ?? null, lastWordBad, heardAt]
    return kept
  }

  restore(kept: Readonly<Record<string, KeptInput>>, judgedTo: Instant | undefined): void {
    this.judgedTo = judgedTo
    for (const [name, memory] of Object.entries(this.inputs)) {
      const [at, value, bad, heardAt] = kept[name] ?? []
      memory.newestAt = (at ?? undefined) as Instant | undefined
      memory.value = value ?? undefined
      memory.lastWordBad = bad ?? false
      if (heardAt !== undefined) memory.heardAt = heardAt as Instant
    }
  }

  /** The clock was set by so many ms. Nothing may wait. */
  clockSet(by: number): void {
    const moved = (at: Instant | undefined): Instant | undefined => (at === undefined ? undefined : ((at + by) as Instant))
    this.judgedTo = moved(this.judgedTo)
    this.savedTo = (this.savedTo + by) as Instant
    this.heldUntil = undefined
    for (const memory of Object.values(this.inputs)) {
      memory.newestAt = moved(memory.newestAt)
      memory.heardAt = (memory.heardAt + by) as Instant
    }
  }

  resume(at: Instant): void {
    for (const memory of Object.values(this.inputs)) memory.heardAt = later(memory.heardAt, at)
  }
}
