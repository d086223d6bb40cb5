import type { WireConnection, WireLine, WireTried } from '../../../../gateway/api/wire-lines.ts'
import type { Desk } from '../../desk.svelte.ts'

/** Real ms between two looks, while somebody looks. */
const rhythm = 2_000

/** How the connections do: asked again and again while the page is open and in sight. */
export class LinesBoard {
  readonly #desk: Desk
  readonly #id: string
  #lines = $state.raw<readonly WireConnection[]>()
  #line = $state.raw<WireLine>()
  #said = $state<string>()
  #missing = $state(false)
  #tried = $state.raw<Readonly<Record<string, WireTried>>>({})
  #trying = $state<string>()
  #cancel = (): void => {}
  #stopped = true

  /** With an id, the polling doctor of that one line. */
  constructor(desk: Desk, id = '') {
    this.#desk = desk
    this.#id = id
  }

  get lines(): readonly WireConnection[] | undefined {
    return this.#lines
  }
  get line(): WireLine | undefined {
    return this.#line
  }
  /** Why the last look brought nothing. */
  get said(): string | undefined {
    return this.#said
  }
  get missing(): boolean {
    return this.#missing
  }
  /** What a closer look at equipment brought, by its id. */
  get tried(): Readonly<Record<string, WireTried>> {
    return this.#tried
  }
  get trying(): string | undefined {
    return this.#trying
  }

  start(): void {
    this.#stopped = false
    void this.#turn()
  }

  stop(): void {
    this.#stopped = true
    this.#cancel()
  }

  /** Reads one piece of equipment anew, with its bytes and what may be wrong. */
  async lookAgain(equipment: string): Promise<void> {
    this.#trying = equipment
    const answer = await this.#desk.http.ask<{ readonly tried: WireTried | null }>('POST', '/commissioning/try', {
      equipment: { id: equipment },
    })
    this.#trying = undefined
    if (answer.ok && answer.value.tried) this.#tried = { ...this.#tried, [equipment]: answer.value.tried }
    else if (!answer.ok) this.#said = answer.said ?? this.#desk.words.t.error.server
  }

  async #turn(): Promise<void> {
    if (document.visibilityState === 'visible') await this.#look()
    if (!this.#stopped) this.#cancel = this.#desk.time.after(rhythm, () => void this.#turn())
  }

  async #look(): Promise<void> {
    const { http, words } = this.#desk
    if (this.#id === '') {
      const answer = await http.ask<{ readonly items: readonly WireConnection[] }>('GET', '/connections')
      if (answer.ok) this.#lines = answer.value.items
      this.#said = answer.ok ? undefined : (answer.said ?? words.t.error.offline)
      return
    }
    const answer = await http.ask<WireLine>('GET', `/connections/${encodeURIComponent(this.#id)}`)
    if (answer.ok) this.#line = answer.value
    this.#missing = !answer.ok && answer.why === 'not-found'
    this.#said = answer.ok ? undefined : (answer.said ?? words.t.error.offline)
  }
}
