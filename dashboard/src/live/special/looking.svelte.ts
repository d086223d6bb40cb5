import type { Desk } from '../../desk.svelte.ts'
import type { Refusal } from '../../http.ts'

/** Real ms between two looks, while the page is open. */
const rhythm = 5_000

/** One answer of the gateway, asked for again and again; the last one stays while the next is awaited. */
export class Looking<T> {
  readonly #desk: Desk
  readonly #path: () => string
  #answer = $state.raw<T>()
  #refusal = $state.raw<Refusal>()
  #busy = $state(false)
  #cancel: () => void = () => {}
  #stopped = true
  #turn = 0

  /** `path` begins after `/api/v1`; it is asked anew for every look. */
  constructor(desk: Desk, path: () => string) {
    this.#desk = desk
    this.#path = path
  }

  get answer(): T | undefined {
    return this.#answer
  }
  /** Why the last look brought nothing. */
  get refusal(): Refusal | undefined {
    return this.#refusal
  }
  get busy(): boolean {
    return this.#busy
  }

  /** Returns the way to stop. */
  start(): () => void {
    this.#stopped = false
    void this.look()
    return () => {
      this.#stopped = true
      this.#cancel()
    }
  }

  async look(): Promise<void> {
    this.#cancel()
    const turn = ++this.#turn
    this.#busy = true
    const answer = await this.#desk.http.ask<T>('GET', this.#path())
    if (this.#stopped || turn !== this.#turn) return
    this.#busy = false
    this.#refusal = answer.ok ? undefined : answer
    if (answer.ok) this.#answer = answer.value
    this.#cancel = this.#desk.time.after(rhythm, () => void this.look())
  }
}
