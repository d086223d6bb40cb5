import type { WireSiteApplied, WireSiteMeaning, WireSiteProblem } from '../../../../gateway/api/wire-lines.ts'
import type {
  WireSettingPlace,
  WireSettings,
  WireSettingsBacktest,
  WireSettingsDraft,
} from '../../../../gateway/api/wire-site.ts'
import type { Desk } from '../../desk.svelte.ts'
import { isSecret } from '../lines/settings.ts'
import {
  changesOf,
  draftIn,
  drafted,
  emptyDraft,
  isBelow,
  isSame,
  homesOf,
  keepable,
  move,
  put,
  redo,
  stay,
  toldOf,
  undo,
  valueAt,
  withdraw,
} from './draft.ts'
import type { Change, Path, SiteDraft } from './draft.ts'

/** Real ms after the last key until the gateway is asked what it thinks. */
const pause = 400
/** What is tried on the past. */
const month = 30 * 86_400_000

/** A secret is never kept in the browser: a channel's address holds the key of its robot. */
export const isSecretPath = (path: Path): boolean =>
  (path[0] === 'channels' && (path.length <= 2 || path[2] === 'url' || path[2] === 'headers')) || isSecret(path.at(-1) ?? '')

/** The site file in forms: what it says, the draft that is laid over it, what the gateway thinks of that, and writing it. */
export class SiteBoard {
  readonly #desk: Desk
  #settings = $state.raw<WireSettings>()
  #draft = $state.raw<SiteDraft>(emptyDraft(''))
  #checked = $state.raw<WireSettingsDraft>()
  #backtest = $state.raw<WireSettingsBacktest>()
  #said = $state<string>()
  #triedSaid = $state<string>()
  #checking = $state(false)
  #trying = $state(false)
  #busy = $state(false)
  #written = $state(false)
  #lost = $state(false)
  #turn = 0
  #cancel = (): void => {}
  readonly after = $derived(drafted(this.#settings?.value ?? {}, this.#draft))
  readonly changes = $derived(changesOf(this.#settings?.value ?? {}, this.#draft))

  constructor(desk: Desk) {
    this.#desk = desk
  }

  get settings(): WireSettings | undefined {
    return this.#settings
  }
  get said(): string | undefined {
    return this.#said
  }
  get diff(): string | undefined {
    return this.#checked?.diff
  }
  get problems(): readonly WireSiteProblem[] {
    return this.#checked?.problems ?? []
  }
  get errors(): readonly WireSiteProblem[] {
    return this.problems.filter(({ severity }) => severity === 'error')
  }
  get meaning(): WireSiteMeaning | undefined {
    return this.#checked?.meaning ?? undefined
  }
  get checking(): boolean {
    return this.#checking
  }
  get backtest(): WireSettingsBacktest | undefined {
    return this.#backtest
  }
  get trying(): boolean {
    return this.#trying
  }
  /** Why the past was not tried, in the gateway's words. */
  get triedSaid(): string | undefined {
    return this.#triedSaid
  }
  get busy(): boolean {
    return this.#busy
  }
  get written(): boolean {
    return this.#written
  }
  /** Secrets that were typed do not outlive the page. */
  get lost(): boolean {
    return this.#lost
  }
  get canUndo(): boolean {
    return this.#draft.steps.length > 0
  }
  get canRedo(): boolean {
    return this.#draft.undone.length > 0
  }
  /** The file is another one than that on which the draft was begun. */
  get isBehind(): boolean {
    return this.#settings !== undefined && this.changes.length > 0 && this.#draft.since !== this.#settings.digest
  }
  /** What others have written since, where it is known. */
  get meanwhile(): string | undefined {
    return this.isBehind ? (this.#checked?.meanwhile ?? undefined) : undefined
  }
  /** Whether the draft says anything of what rules judge. */
  get touchesRules(): boolean {
    return this.changes.some(({ path, value }) => path[0] === 'areas' && (path.length > 4 || value === null))
  }
  get ready(): boolean {
    return (
      this.#checked !== undefined &&
      !this.#checking &&
      !this.isBehind &&
      this.changes.length > 0 &&
      this.errors.length === 0 &&
      this.#settings?.whyNotWritable === null
    )
  }

  /** The day at the site. */
  get today(): string {
    return new Intl.DateTimeFormat('sv-SE', { timeZone: this.#desk.site?.timeZone ?? 'UTC' }).format(this.#desk.live.now)
  }

  async start(): Promise<void> {
    const kept = draftIn(this.#remembered())
    await this.load()
    if (kept) this.#draft = kept
    else this.#draft = emptyDraft(this.#settings?.digest ?? '')
    if (kept) void this.#check()
  }

  stop(): void {
    this.#turn += 1
    this.#cancel()
  }

  /** What the file says now; the draft stays. */
  async load(): Promise<void> {
    const answer = await this.#desk.http.ask<WireSettings>('GET', '/site/settings')
    if (answer.ok) {
      this.#settings = answer.value
      if (this.changes.length === 0) this.#draft = { ...this.#draft, since: answer.value.digest }
    }
    this.#said = answer.ok ? undefined : (answer.said ?? this.#desk.words.t.error.server)
  }

  /** Somebody has changed the site: what lies beneath the draft is looked at anew. */
  async look(): Promise<void> {
    if (!this.#settings || this.#busy) return
    await this.load()
    if (this.changes.length > 0) void this.#check()
  }

  at(path: Path): unknown {
    return valueAt(this.after, path)
  }
  isChanged(path: Path): boolean {
    if (this.#movedFrom(path)) return !isSame(this.at(path), this.before(path))
    return this.changes.some(change => isBelow(change.path, path) || isBelow(path, change.path))
  }
  /** What stands in the file; absent where nothing does. Of what is moved, where it is there. */
  before(path: Path): unknown {
    return valueAt(this.#settings?.value, this.#movedFrom(path) ?? path)
  }
  /** A secret stands there that is not told. */
  isHidden(path: Path): boolean {
    const place = this.#movedFrom(path) ?? path
    return this.#settings?.hidden.some(one => isSame(one, place)) ?? false
  }
  /** Where a piece of equipment stands in the file as it is. */
  placeOf(path: Path): WireSettingPlace | undefined {
    return this.#settings?.places.find(({ equipment }) => equipment === path[3])
  }
  #movedFrom(path: Path): Path | undefined {
    const moved = this.changes.find(change => change.from && isBelow(path, change.path))
    return moved?.from && [...moved.from, ...path.slice(moved.path.length)]
  }
  problemAt(path: Path): WireSiteProblem | undefined {
    const place = path.join('.')
    return this.errors.find(problem => problem.path === place)
  }
  problemsBelow(path: Path): readonly WireSiteProblem[] {
    const place = path.join('.')
    return this.problems.filter(problem => problem.path === place || problem.path.startsWith(`${place}.`))
  }

  set(path: Path, value: unknown): void {
    this.#become(put(this.#draft, path, value))
  }
  /** A piece of equipment goes into another area. */
  move(equipment: string, area: string): void {
    const from = homesOf(this.after).get(equipment)
    if (from) this.#become(move(this.#draft, from, ['areas', area, 'equipment', equipment]))
  }
  undo(): void {
    this.#become(undo(this.#draft))
  }
  redo(): void {
    this.#become(redo(this.#draft))
  }
  withdraw({ path, from }: Pick<Change, 'path' | 'from'>): void {
    const id = from?.at(-1)
    this.#become(id === undefined ? withdraw(this.#draft, path) : stay(this.#draft, id))
  }
  forget(): void {
    this.#become(emptyDraft(this.#settings?.digest ?? ''))
  }
  /** Goes on upon what others have written. */
  goOn(): void {
    this.#become({ ...this.#draft, since: this.#settings?.digest ?? '' })
  }

  /** True when it is written and in force. Nothing else can be written until it is known how it stands then. */
  async write(why: string): Promise<boolean> {
    this.#busy = true
    try {
      return await this.#write(why)
    } finally {
      this.#busy = false
    }
  }

  async #write(why: string): Promise<boolean> {
    const { http, words } = this.#desk
    const answer = await http.ask<WireSiteApplied>('POST', '/site/settings/apply', {
      changes: this.#told(),
      before: this.#draft.since,
      why,
    })
    this.#said = answer.ok ? undefined : (answer.said ?? words.t.error.server)
    if (answer.ok) {
      this.forget()
      this.#written = true
      await this.load()
      this.#draft = emptyDraft(this.#settings?.digest ?? '')
      return true
    }
    const { said } = this
    await this.load()
    await this.#check()
    this.#said = said
    return false
  }

  /** What the changed rules would have raised in the last month. */
  async tryOnThePast(): Promise<void> {
    const { http, live, words } = this.#desk
    this.#trying = true
    this.#triedSaid = undefined
    const turn = this.#turn
    const answer = await http.ask<WireSettingsBacktest>('POST', '/site/settings/backtest', {
      changes: this.#told(),
      before: this.#settings?.digest,
      from: live.now - month,
      to: live.now,
    })
    this.#trying = false
    if (turn !== this.#turn) return
    if (answer.ok) this.#backtest = answer.value
    else this.#triedSaid = answer.said ?? words.t.error.server
  }

  #told(): readonly Pick<Change, 'path' | 'value'>[] {
    return this.changes.flatMap(toldOf)
  }

  #become(draft: SiteDraft): void {
    this.#draft = this.changes.length === 0 && !this.#isOld() ? { ...draft, since: this.#settings?.digest ?? draft.since } : draft
    this.#written = false
    this.#lost = false
    this.#remember()
    this.#backtest = undefined
    this.#triedSaid = undefined
    this.#turn += 1
    this.#cancel()
    this.#checked = this.changes.length === 0 ? undefined : this.#checked
    if (this.changes.length === 0) return
    this.#checking = true
    this.#cancel = this.#desk.time.after(pause, () => void this.#check())
  }

  /** A draft that was begun on another state keeps that in mind. */
  #isOld(): boolean {
    return this.#draft.steps.length > 0
  }

  async #check(): Promise<void> {
    if (this.changes.length === 0) return
    const turn = ++this.#turn
    this.#checking = true
    const answer = await this.#desk.http.ask<WireSettingsDraft>('POST', '/site/settings/draft', {
      changes: this.#told(),
      since: this.#draft.since,
    })
    if (turn !== this.#turn) return
    this.#checking = false
    this.#said = answer.ok ? undefined : (answer.said ?? this.#desk.words.t.error.server)
    if (!answer.ok) {
      this.#checked = undefined
      return
    }
    this.#checked = answer.value
    if (answer.value.before !== this.#settings?.digest) await this.load()
  }

  get #memory(): string {
    return `zhishou.site-draft.${this.#desk.site?.id ?? ''}.${this.#desk.session?.username ?? ''}`
  }

  #remember(): void {
    try {
      const kept = keepable(this.#draft, isSecretPath)
      if (kept.steps.length === 0) localStorage.removeItem(this.#memory)
      else localStorage.setItem(this.#memory, JSON.stringify(kept))
      this.#lost = kept.steps.length < this.#draft.steps.length
    } catch {
      // The browser keeps nothing: the draft lasts as long as the page.
    }
  }

  #remembered(): string | null {
    try {
      return localStorage.getItem(this.#memory)
    } catch {
      return null
    }
  }
}
