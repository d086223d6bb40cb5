import type { Clock, Millis } from '../protocols/contract/time.ts'

interface Step {
  readonly name: string
  readonly close: () => Promise<unknown> | void
}

/** What was opened, closed in the opposite order, each by name and within a bound, so that one that hangs cannot hold up the rest. */
export class Closing {
  readonly #steps: Step[] = []
  readonly #wall: Clock
  readonly #within: Millis
  readonly #complain: (line: string) => void
  #closed: Promise<void> | undefined

  constructor(wall: Clock, within: Millis, complain: (line: string) => void) {
    this.#wall = wall
    this.#within = within
    this.#complain = complain
  }

  add(name: string, close: Step['close']): void {
    this.#steps.push({ name, close })
  }

  /** Safe to call twice; the second call waits for the first. */
  all(): Promise<void> {
    this.#closed ??= this.#closeAll()
    return this.#closed
  }

  async #closeAll(): Promise<void> {
    for (const { name, close } of this.#steps.reverse()) {
      let cancel = (): void => {}
      const tooLong = new Promise<never>((_, reject) => {
        cancel = this.#wall.after(this.#within, () => reject(new Error('did not close in time')))
      })
      try {
        await Promise.race([close(), tooLong])
      } catch (error) {
        this.#complain(`closing ${name}: ${error instanceof Error ? error.message : String(error)}`)
      } finally {
        cancel()
      }
    }
  }
}
