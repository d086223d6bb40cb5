import type { Answer, Page } from '../http.ts'
import type { BrowserTime } from '../time.svelte.ts'
import type { LiveBoard } from './live-board.svelte.ts'

/** Real ms between two looks at what HTTP alone can tell, and how soon after an alarm changed. */
const every = 15_000
const soon = 600

/** A list that is asked for over HTTP, again from time to time and soon after an alarm changed; the last answer stays while the next is awaited. */
export class Asked<T> {
  readonly #ask: () => Promise<Answer<Page<T>>>
  readonly #time: BrowserTime
  readonly #live: LiveBoard
  #items = $state.raw<readonly T[]>()
  #failed = $state(false)
  #cancel: () => void = () => {}
  #stopped = true
  #turn = 0

  constructor(ask: () => Promise<Answer<Page<T>>>, time: BrowserTime, live: LiveBoard) {
    this.#ask = ask
    this.#time = time
    this.#live = live
  }

  get items(): readonly T[] | undefined {
    return this.#items
  }
  /** Nothing could be had yet. */
  get failed(): boolean {
    return this.#failed && this.#items === undefined
  }

  /** Returns the way to stop. */
  start(): () => void {
    this.#stopped = false
    void this.look()
    const deaf = [this.#live.onAlarms(() => this.#again(soon)), this.#live.onCaughtUp(() => void this.look())]
    return () => {
      deaf.forEach(stop => stop())
      this.#cancel()
      this.#stopped = true
    }
  }

  async look(): Promise<void> {
    this.#cancel()
    const turn = ++this.#turn
    const answer = await this.#ask()
    if (this.#stopped || turn !== this.#turn) return
    this.#failed = !answer.ok
    if (answer.ok) this.#items = answer.value.items
    this.#again(every)
  }

  #again(after: number): void {
    this.#cancel()
    this.#cancel = this.#time.after(after, () => void this.look())
  }
}
