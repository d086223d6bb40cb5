import type {
  WireSiteApplied,
  WireSiteDraft,
  WireSiteMeaning,
  WireSiteProblem,
  WireSiteVersion,
} from '../../../../gateway/api/wire-lines.ts'
import type { Desk } from '../../desk.svelte.ts'

type Settings = Readonly<Record<string, unknown>>

/** What is to stand in the site file. */
export interface WantedChange {
  readonly connection?: { readonly id: string; readonly entry: Settings }
  readonly area: string
  /** The area is new, and called so. */
  readonly areaName?: string
  readonly equipment: { readonly id: string; readonly entry: Settings }
}

/** A change of the site file on its way: shown first, then written, and taken back in one step. */
export class SiteChange {
  readonly #desk: Desk
  #wanted: WantedChange | undefined
  #drafted = $state.raw<WireSiteDraft>()
  #said = $state<string>()
  #busy = $state(false)
  #drafting = $state(false)
  #meanwhile = $state(false)
  #undone = $state(false)
  /** Digest of what was written last. */
  #written = ''

  constructor(desk: Desk) {
    this.#desk = desk
  }

  get diff(): string | undefined {
    return this.#drafted?.diff
  }
  get problems(): readonly WireSiteProblem[] {
    return this.#drafted?.problems ?? []
  }
  /** What it means for what runs; absent where something is wrong with it. */
  get meaning(): WireSiteMeaning | undefined {
    return this.#drafted?.meaning ?? undefined
  }
  get said(): string | undefined {
    return this.#said
  }
  get busy(): boolean {
    return this.#busy
  }
  /** What it would be is being worked out. */
  get drafting(): boolean {
    return this.#drafting
  }
  /** Somebody else changed the file while this was looked at; what is shown was made anew. */
  get meanwhile(): boolean {
    return this.#meanwhile
  }
  get undone(): boolean {
    return this.#undone
  }
  /** May be written: there is a change, and nothing is wrong with it. */
  get ready(): boolean {
    return this.#drafted !== undefined && this.#drafted.diff !== '' && !this.problems.some(({ severity }) => severity === 'error')
  }

  forget(): void {
    this.#drafted = undefined
    this.#said = undefined
    this.#meanwhile = false
    this.#undone = false
  }

  async prepare(wanted: WantedChange): Promise<void> {
    this.#wanted = wanted
    this.#meanwhile = false
    this.#undone = false
    await this.#draft()
  }

  /** True when it is written and in force. */
  async apply(reason: string): Promise<boolean> {
    const drafted = this.#drafted
    if (!drafted) return false
    this.#busy = true
    const answer = await this.#desk.http.ask<WireSiteApplied>('POST', '/site/apply', {
      files: drafted.files,
      before: drafted.before,
      why: reason,
    })
    this.#busy = false
    this.#said = answer.ok ? undefined : (answer.said ?? this.#desk.words.t.error.server)
    if (answer.ok) {
      this.#written = answer.value.digest
      return true
    }
    if (answer.why === 'conflict') {
      this.#meanwhile = true
      await this.#draft()
    }
    return false
  }

  /** Puts the file back as it was before the last change, unless somebody has changed it since. */
  async undo(reason: string): Promise<void> {
    const { http, words } = this.#desk
    this.#busy = true
    const versions = await http.ask<{ readonly items: readonly WireSiteVersion[] }>('GET', '/site/versions')
    const last = versions.ok ? versions.value.items[0] : undefined
    const answer =
      versions.ok && last
        ? await http.ask<WireSiteApplied>('POST', '/site/rollback', { to: last.id, before: this.#written, why: reason })
        : versions
    this.#busy = false
    this.#undone = answer.ok && last !== undefined
    this.#said = answer.ok ? undefined : (answer.said ?? words.t.error.server)
  }

  async #draft(): Promise<void> {
    const wanted = this.#wanted
    if (!wanted) return
    this.#drafting = true
    const { connection, area, areaName, equipment } = wanted
    const answer = await this.#desk.http.ask<WireSiteDraft>('POST', '/site/draft', {
      changes: [
        ...(connection ? [{ what: 'connection', ...connection }] : []),
        { what: 'equipment', ...equipment, area, ...(areaName === undefined ? {} : { areaName }) },
      ],
    })
    this.#drafting = false
    if (answer.ok) this.#drafted = answer.value
    this.#said = answer.ok ? undefined : (answer.said ?? this.#desk.words.t.error.server)
  }
}
