/** What was opened, closed in the opposite order, each by name and within a bound, so that one that hangs cannot hold up the rest. */
export class Closing {
  readonly #steps: { readonly name: string; readonly close: () => Promise<unknown> | void }[] = []
  #closed: Promise<void> | undefined

  add(name: string, close: () => Promise<unknown> | void): void {
    this.#steps.push({ name, close })
  }

  /** Safe to call twice; the second call waits for the first. */
  all(complain: (line: string) => void, giveUpAfter: (name: string) => Promise<void>): Promise<void> {
    this.#closed ??= this.#closeAll(complain, giveUpAfter)
    return this.#closed
  }

  async #closeAll(complain: (line: string) => void, giveUpAfter: (name: string) => Promise<void>): Promise<void> {
    for (const { name, close } of this.#steps.reverse()) {
      try {
        await Promise.race([close(), giveUpAfter(name)])
      } catch (error) {
        complain(`closing ${name}: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
  }
}
