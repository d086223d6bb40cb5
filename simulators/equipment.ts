import { createHash } from 'node:crypto'
import type { FaultKind, Model, State, World } from './physics/model.ts'
import { fits } from './physics/model.ts'

/** What is kept of one piece of equipment between runs. */
export interface Kept {
  readonly type: string
  readonly state: State
  readonly faults: readonly string[]
  /** What a stuck sensor goes on showing. */
  readonly stuck: Readonly<Record<string, number>>
}

/** One simulated piece of equipment: a model, its state and what it suffers. */
export class SimulatedEquipment {
  readonly id: string
  readonly kinds: readonly FaultKind[]
  readonly #model: Model
  readonly #suffers = new Set<string>()
  #state: State
  #stuck: Readonly<Record<string, number>> = {}

  constructor(id: string, model: Model, wire: readonly FaultKind[], world: World, kept: unknown) {
    this.id = id
    this.#model = model
    this.kinds = [...model.faults, ...wire]
    const old = recall(kept)
    if (old?.type === model.type && fits(model, old.state, world)) {
      this.#state = old.state
      this.#stuck = old.stuck
      for (const fault of old.faults) if (this.knows(fault)) this.#suffers.add(fault)
    } else this.#state = model.begin(seedOf(id), world)
  }

  knows(fault: string): boolean {
    return this.kinds.some(kind => kind.id === fault)
  }

  suffers(fault: string): boolean {
    return this.#suffers.has(fault)
  }

  suffer(fault: string, on: boolean): void {
    if (fault === 'sensor-stuck' && on && !this.#suffers.has(fault)) this.#stuck = this.#sensed()
    if (on) this.#suffers.add(fault)
    else this.#suffers.delete(fault)
  }

  step(world: World): void {
    this.#state = this.#model.step(this.#state, world, this.#suffers)
  }

  /** What the device would say of a point: a number, that its sensor is lost, or nothing at all just now. */
  value(key: string): number | 'sensor-lost' | undefined {
    const senses = this.#model.sensed.length === 0 || this.#model.sensed.includes(key)
    if (senses && this.#suffers.has('sensor-lost')) return 'sensor-lost'
    if (senses && this.#suffers.has('sensor-stuck') && this.#stuck[key] !== undefined) return this.#stuck[key]
    return this.#model.points(this.#state)[key]
  }

  /** When the reading was taken that the device shows for a point, where that is not now. */
  takenAt(key: string): number | undefined {
    return this.#model.taken?.(this.#state)[key]
  }

  keep(): Kept {
    return { type: this.#model.type, state: this.#state, faults: [...this.#suffers], stuck: this.#stuck }
  }

  #sensed(): Readonly<Record<string, number>> {
    return { ...this.#model.points(this.#state) }
  }
}

/** The same equipment behaves the same on every machine. */
const seedOf = (id: string): number => createHash('sha256').update(id).digest().readUInt32BE() & 0x3fffffff

function recall(kept: unknown): Kept | undefined {
  if (typeof kept !== 'object' || kept === null) return undefined
  const { type, state, faults, stuck } = kept as Record<string, unknown>
  if (typeof type !== 'string' || typeof state !== 'object' || state === null) return undefined
  return {
    type,
    state: numbers(state),
    faults: Array.isArray(faults) ? faults.filter(fault => typeof fault === 'string') : [],
    stuck: typeof stuck === 'object' && stuck !== null ? numbers(stuck) : {},
  }
}

const numbers = (of: object): Record<string, number> =>
  Object.fromEntries(Object.entries(of).filter((entry): entry is [string, number] => Number.isFinite(entry[1])))
