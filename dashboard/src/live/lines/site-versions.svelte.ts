import type { WireSiteApplied, WireSiteFile, WireSiteVersion } from '../../../../gateway/api/wire-lines.ts'
import type { Desk } from '../../desk.svelte.ts'

/** States of the site file that were replaced, and the way back to one of them. */
export class SiteVersions {
  readonly #desk: Desk
  #items = $state.raw<readonly WireSiteVersion[]>()
  #said = $state<string>()
  #busy = $state(false)
  #done = $state(false)

  constructor(desk: Desk) {
    this.#desk = desk
  }

  /** The newest first; absent while they are fetched. */
  get items(): readonly WireSiteVersion[] | undefined {
    return this.#items
  }
  get said(): string | undefined {
    return this.#said
  }
  get busy(): boolean {
    return this.#busy
  }
  /** One was put back. */
  get done(): boolean {
    return this.#done
  }

  async load(): Promise<void> {
    const answer = await this.#desk.http.ask<{ readonly items: readonly WireSiteVersion[] }>('GET', '/site/versions')
    if (answer.ok) this.#items = answer.value.items
    this.#said = answer.ok ? undefined : (answer.said ?? this.#desk.words.t.error.server)
  }

  /** Puts the file back as it was before that change; not where somebody has changed it since it was last looked at. */
  async putBack({ id }: WireSiteVersion, reason: string): Promise<void> {
    const { http, words } = this.#desk
    this.#busy = true
    this.#done = false
    const file = await http.ask<WireSiteFile>('GET', '/site/file')
    const answer = file.ok
      ? await http.ask<WireSiteApplied>('POST', '/site/rollback', { to: id, before: file.value.digest, why: reason })
      : file
    this.#busy = false
    if (answer.ok) await this.load()
    this.#done = answer.ok
    this.#said = answer.ok ? this.#said : (answer.said ?? words.t.error.server)
  }
}
