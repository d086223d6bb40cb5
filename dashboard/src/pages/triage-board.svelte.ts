import { SvelteSet } from 'svelte/reactivity'
import type { WireAlarm } from '../../../gateway/api/wire.ts'
import type { Desk } from '../desk.svelte.ts'
import type { DeedKind } from '../live/deeds.ts'
import { cameLately, countsOf, floodFrom, holding, lengthOf, lineId, linesOf, triage } from '../live/triage.ts'
import type { Line, Segment } from '../live/triage.ts'
import { History } from './history.svelte.ts'

export type Tab = Segment | 'history'
/** So many lines are drawn at once; more are asked for. */
const step = 50

/** Where somebody stands in the lists of the alarm page: which list, which line, which are picked, and what is being done. */
export class TriageBoard {
  readonly #desk: Desk
  readonly history: History
  readonly picked = new SvelteSet<string>()
  readonly #folds = new SvelteSet<string>()
  #tab = $state<Tab>('waiting')
  #query = $state('')
  #chosen = $state<string>()
  #limit = $state(step)
  /** What was on screen last, so that a line somebody stands on can stay in its place. */
  #before: readonly Line[] = []
  deed = $state<DeedKind>()

  readonly #found = $derived.by(() => {
    const open = this.#desk.live.open
    const query = this.#query.trim().toLowerCase()
    return query === '' ? open : open.filter(alarm => this.#fits(alarm, query))
  })
  readonly #triage = $derived(triage(this.#found))
  /** By state alone: what is folded below its cause in another list is counted where it belongs. */
  readonly counts = $derived(countsOf(this.#found))
  readonly all = $derived.by(() => this.#lines())
  readonly lines = $derived(this.all.slice(0, this.#limit))
  /** Kept quiet by design, and folded below what causes it in another list. */
  readonly elsewhere = $derived(this.#tab === 'quiet' ? this.counts.quiet - lengthOf(this.#triage.quiet) : 0)
  readonly came = $derived.by(() => cameLately(this.#desk.live.open, this.#desk.live.now))
  readonly isFlood = $derived(this.came.length > floodFrom)

  constructor(desk: Desk) {
    this.#desk = desk
    this.history = new History(desk.http, {})
  }

  get tab(): Tab {
    return this.#tab
  }
  get query(): string {
    return this.#query
  }
  get chosenId(): string | undefined {
    return this.#chosen
  }
  get more(): boolean {
    return this.all.length > this.#limit || (this.#tab === 'history' && this.history.more)
  }

  /** How many the next step shows. */
  get rest(): number {
    return this.all.length > this.#limit ? Math.min(step, this.all.length - this.#limit) : step
  }

  show(tab: Tab): void {
    this.#tab = tab
    this.#limit = step
    this.picked.clear()
    this.choose(undefined)
    if (tab === 'history') void this.history.start()
  }

  search(query: string): void {
    this.#query = query
    this.#limit = step
  }

  showMore(): void {
    this.#limit += step
    if (this.#tab === 'history' && this.all.length < this.#limit) void this.history.next()
  }

  choose(id: string | undefined): void {
    this.#chosen = id
    this.deed = undefined
  }

  /** The list in which an alarm stands, so that a link can open it there. */
  lead(id: string): void {
    const alarm = this.#desk.live.alarm(id)
    if (!alarm) return
    const above = (['waiting', 'acknowledged', 'shelved', 'quiet'] as const).find(segment =>
      this.#triage[segment].some(group => group.alarm.id === id || group.below.some(one => one.alarm.id === id)),
    )
    if (above && above !== this.#tab) this.show(above)
    this.#triage[above ?? 'waiting']
      .filter(group => group.below.some(one => one.alarm.id === id && one.tie === 'child'))
      .forEach(group => this.#folds.add(group.alarm.id))
    this.choose(id)
  }

  fold(id: string): void {
    if (!this.#folds.delete(id)) this.#folds.add(id)
  }

  pick(id: string): void {
    if (!this.picked.delete(id)) this.picked.add(id)
  }

  /** Those picked that are still open. */
  get pickedAlarms(): readonly WireAlarm[] {
    return [...this.picked].flatMap(id => this.#desk.live.alarm(id) ?? [])
  }

  /** The line `by` further on from where somebody stands, or from what is shown; the first when there is neither. */
  step(by: 1 | -1, shown?: string): string | undefined {
    const from = this.#chosen ?? shown
    const at = this.all.findIndex(line => lineId(line) === from)
    const next = this.all[Math.max(0, Math.min(this.all.length - 1, at + by))]
    if (!next) return undefined
    if (this.all.indexOf(next) >= this.#limit) this.#limit += step
    this.choose(lineId(next))
    return lineId(next)
  }

  #lines(): readonly Line[] {
    if (this.#tab === 'history') {
      const query = this.#query.trim().toLowerCase()
      const items = query === '' ? this.history.items : this.history.items.filter(alarm => this.#fits(alarm, query))
      return items.map(alarm => ({ what: 'alarm', alarm, isFirstOut: false, escalates: 0 }))
    }
    const lines = linesOf(this.#triage[this.#tab], this.#folds)
    const held = this.#chosen
    this.#before = holding(lines, this.#before, held, held === undefined ? undefined : this.#desk.live.alarm(held))
    return this.#before
  }

  #fits(alarm: WireAlarm, query: string): boolean {
    const { sentence, title, clause, clauseTitle, equipment, id } = alarm
    const name = this.#desk.equipment.get(equipment)?.name
    return [
      sentence.zh,
      sentence.en,
      title.zh,
      title.en,
      clause,
      clauseTitle.zh,
      clauseTitle.en,
      equipment,
      name?.zh,
      name?.en,
      id,
    ].some(text => text?.toLowerCase().includes(query))
  }
}
