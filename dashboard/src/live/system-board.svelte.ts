import type { WireBackups, WireEvidence, WireHold, WireOutside, WireRetention } from '../../../gateway/api/wire-system.ts'
import type { Desk } from '../desk.svelte.ts'

/** What the page knows of how the records are kept. Each part comes by itself: one that fails leaves the others. */
export class SystemBoard {
  readonly #desk: Desk
  #evidence = $state.raw<WireEvidence>()
  #retention = $state.raw<WireRetention>()
  #holds = $state.raw<readonly WireHold[]>()
  #backups = $state.raw<WireBackups>()
  #outside = $state.raw<readonly WireOutside[]>()
  #making = $state(false)
  #said = $state<string>()

  constructor(desk: Desk) {
    this.#desk = desk
  }

  get evidence(): WireEvidence | undefined {
    return this.#evidence
  }
  get retention(): WireRetention | undefined {
    return this.#retention
  }
  get holds(): readonly WireHold[] | undefined {
    return this.#holds
  }
  get backups(): WireBackups | undefined {
    return this.#backups
  }
  get outside(): readonly WireOutside[] | undefined {
    return this.#outside
  }
  get making(): boolean {
    return this.#making
  }
  /** What the gateway said of the last thing that was asked of it. */
  get said(): string | undefined {
    return this.#said
  }

  async look(): Promise<void> {
    const { http } = this.#desk
    const mayRead = this.#desk.may('read-journal')
    const [evidence, outside, retention, holds, backups] = await Promise.all([
      http.ask<WireEvidence>('GET', '/evidence'),
      http.ask<{ readonly items: readonly WireOutside[] }>('GET', '/outside'),
      mayRead ? http.ask<WireRetention>('GET', '/retention') : undefined,
      mayRead ? http.ask<{ readonly items: readonly WireHold[] }>('GET', '/holds') : undefined,
      mayRead ? http.ask<WireBackups>('GET', '/backups') : undefined,
    ])
    if (evidence.ok) this.#evidence = evidence.value
    if (outside.ok) this.#outside = outside.value.items
    if (retention?.ok) this.#retention = retention.value
    if (holds?.ok) this.#holds = holds.value.items
    if (backups?.ok) this.#backups = backups.value
  }

  async backUp(): Promise<void> {
    this.#making = true
    const answer = await this.#desk.http.ask<unknown>('POST', '/backups', {})
    this.#making = false
    this.#said = answer.ok ? undefined : (answer.said ?? this.#desk.words.t.error.server)
    await this.look()
  }
}
