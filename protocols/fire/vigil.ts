import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import type { Cancel, Clock, Millis } from '../contract/time.ts'

export interface VigilParts {
  /** Real time. */
  readonly wall: Clock
  /** A unit that says nothing for so long is silent; 0: never. */
  readonly patience: Millis
  /** Told once for each silence. */
  readonly fell: (source: number, why: Fault) => void
}

/** Which units have fallen silent. A unit is never asked, so its silence is all there is to know it by. */
export class Vigil {
  readonly #parts: VigilParts
  readonly #silent = new Map<number, Fault>()
  readonly #timers = new Map<number, Cancel>()

  constructor(parts: VigilParts) {
    this.#parts = parts
  }

  get silent(): ReadonlyMap<number, Fault> {
    return this.#silent
  }

  /** It has spoken, or watching begins: from now on its silence counts. */
  await(source: number): void {
    const { wall, patience, fell } = this.#parts
    this.#timers.get(source)?.()
    this.#silent.delete(source)
    if (patience === 0) return
    this.#timers.set(
      source,
      wall.after(patience, () => {
        const why = fault('device-silent', `Transmission unit ${source} has said nothing for ${patience / 1_000} s.`)
        this.#silent.set(source, why)
        fell(source, why)
      }),
    )
  }

  stop(): void {
    for (const cancel of this.#timers.values()) cancel()
    this.#timers.clear()
  }
}
