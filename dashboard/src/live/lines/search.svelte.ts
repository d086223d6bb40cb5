import type { WireScan } from '../../../../gateway/api/wire-lines.ts'
import type { Desk } from '../../desk.svelte.ts'

/** Real ms between two looks. */
const lookEvery = 700

/** A search for equipment that runs in the gateway, looked at again and again; one that nobody looks at ends by itself. */
export class Search {
  readonly #desk: Desk
  /** The gateway knows no such search any more. */
  readonly #forgotten: () => void
  #scan = $state.raw<WireScan>()
  #id = ''
  #turn = 0
  #cancel = (): void => {}

  constructor(desk: Desk, forgotten: () => void) {
    this.#desk = desk
    this.#forgotten = forgotten
  }

  get scan(): WireScan | undefined {
    return this.#scan
  }
  get scanning(): boolean {
    return this.#scan !== undefined && this.#scan.endedAt === null
  }

  async follow(id: string): Promise<void> {
    if (id !== this.#id) this.#scan = undefined
    this.#id = id
    this.pause()
    const turn = this.#turn
    if (!(await this.#look()) || turn !== this.#turn) return
    if (this.scanning) this.#cancel = this.#desk.time.after(lookEvery, () => void this.follow(id))
  }

  /** Ends it in the gateway; what it has found stays in sight. */
  async end(): Promise<void> {
    if (!this.scanning) return
    const id = this.#id
    await this.#desk.http.ask('DELETE', `/commissioning/scans/${id}`)
    if (id === this.#id) await this.#look()
  }

  /** Looks no more for the time being. */
  pause(): void {
    this.#turn += 1
    this.#cancel()
  }

  forget(): void {
    this.pause()
    this.#scan = undefined
    this.#id = ''
  }

  async #look(): Promise<boolean> {
    const id = this.#id
    const answer = await this.#desk.http.ask<WireScan>('GET', `/commissioning/scans/${encodeURIComponent(id)}`)
    if (id !== this.#id) return false
    if (answer.ok) this.#scan = answer.value
    // A search of an earlier day is forgotten, here too.
    else if (answer.why === 'not-found') this.#forgotten()
    return answer.ok
  }
}
