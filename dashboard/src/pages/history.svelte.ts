import type { WireAlarm } from '../../../gateway/api/wire.ts'
import type { Http } from '../http.ts'

/** Alarms that are over, newest first, a page at a time. `filter` narrows it (`{equipment: 'cold-1'}`). */
export class History {
  readonly #http: Http
  readonly #filter: Readonly<Record<string, string>>
  #items = $state.raw<readonly WireAlarm[]>([])
  #cursor = $state<string | null>(null)
  #phase = $state<'idle' | 'loading' | 'ready' | 'failed'>('idle')

  constructor(http: Http, filter: Readonly<Record<string, string>>) {
    this.#http = http
    this.#filter = filter
  }

  get items(): readonly WireAlarm[] {
    return this.#items
  }
  get phase() {
    return this.#phase
  }
  get more(): boolean {
    return this.#cursor !== null
  }

  /** Asks anew from the newest. */
  async start(): Promise<void> {
    await this.#ask(null)
  }

  async next(): Promise<void> {
    if (this.#cursor !== null && this.#phase !== 'loading') await this.#ask(this.#cursor)
  }

  async retry(): Promise<void> {
    await this.#ask(null)
  }

  async #ask(cursor: string | null): Promise<void> {
    this.#phase = 'loading'
    const answer = await this.#http.alarms({
      state: 'normal',
      limit: '100',
      ...this.#filter,
      ...(cursor === null ? {} : { cursor }),
    })
    if (!answer.ok) {
      this.#phase = 'failed'
      return
    }
    const over = answer.value.items.filter(alarm => alarm.state === 'normal')
    const known = cursor === null ? [] : this.#items
    this.#items = [...known, ...over.filter(alarm => known.every(other => other.id !== alarm.id))]
    this.#cursor = answer.value.next
    this.#phase = 'ready'
  }
}
