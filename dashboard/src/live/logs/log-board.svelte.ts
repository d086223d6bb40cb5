import type { WireLog, WireLogKind } from '../../../../gateway/api/wire-logs.ts'
import type { Desk } from '../../desk.svelte.ts'
import { dayIn, daysOf, spans } from './paper.ts'
import type { Days, Span } from './paper.ts'

/** What the page of logs knows: the question, and the paper that answers it. */
export class LogBoard {
  readonly #desk: Desk
  #kinds = $state.raw<readonly WireLogKind[]>([])
  #kind = $state<string>()
  #span = $state<Span>('week')
  #own = $state.raw<Days>()
  #equipment = $state('')
  #log = $state.raw<WireLog>()
  #refused = $state<string>()
  #busy = $state(false)
  #turn = 0

  constructor(desk: Desk) {
    this.#desk = desk
  }

  get kinds(): readonly WireLogKind[] {
    return this.#kinds
  }
  get kind(): string | undefined {
    return this.#kind
  }
  get span(): Span {
    return this.#span
  }
  /** An equipment's id, `area:ID`, or empty for all. */
  get equipment(): string {
    return this.#equipment
  }
  get log(): WireLog | undefined {
    return this.#log
  }
  /** Why there is none, as the gateway says it; empty where the gateway is away. */
  get refused(): string | undefined {
    return this.#refused
  }
  get busy(): boolean {
    return this.#busy
  }
  get today(): string {
    return dayIn(this.#desk.live.now, this.#desk.site?.timeZone ?? 'UTC')
  }
  get days(): Days {
    if (this.#span !== 'own') return daysOf(this.#span, this.today)
    return this.#own ?? daysOf('week', this.today)
  }

  /** `of`: the equipment and the period that a link asks for. */
  async begin(kind: string | undefined, of: { readonly equipment?: string; readonly span?: string } = {}): Promise<void> {
    this.#equipment = of.equipment ?? ''
    this.#span = spans.find(one => one === of.span && one !== 'own') ?? this.#span
    const answer = await this.#desk.http.ask<{ readonly items: readonly WireLogKind[] }>('GET', '/logs')
    if (answer.ok) this.#kinds = answer.value.items
    this.#kind = kind ?? this.#kinds[0]?.kind
    await this.look()
  }

  async chooseKind(kind: string): Promise<void> {
    this.#kind = kind
    this.#log = undefined
    await this.look()
  }
  async chooseSpan(span: Span): Promise<void> {
    if (span === 'own') this.#own ??= this.days
    this.#span = span
    await this.look()
  }
  async chooseDays(days: Days): Promise<void> {
    this.#own = days
    this.#span = 'own'
    await this.look()
  }
  async chooseEquipment(equipment: string): Promise<void> {
    this.#equipment = equipment
    await this.look()
  }

  /** Where a form of this log is fetched from. */
  address(format: string): string {
    return `/api/v1/logs/${encodeURIComponent(this.#kind ?? '')}?${this.#query({ format })}`
  }

  /** Where the inspector pack of these kinds is fetched from. */
  packAddress(kinds: readonly string[]): string {
    return `/api/v1/pack?${this.#query({ kinds: kinds.join(',') })}`
  }

  async look(): Promise<void> {
    if (this.#kind === undefined) return
    const turn = ++this.#turn
    this.#busy = true
    const answer = await this.#desk.http.ask<WireLog>('GET', `${this.address('json').slice('/api/v1'.length)}&preview=300`)
    if (turn !== this.#turn) return
    this.#busy = false
    this.#refused = answer.ok ? undefined : (answer.said ?? '')
    this.#log = answer.ok ? answer.value : undefined
  }

  #query(more: Readonly<Record<string, string>>): string {
    const place = this.#equipment
    const where: Record<string, string> =
      place === '' ? {} : place.startsWith('area:') ? { area: place.slice('area:'.length) } : { equipment: place }
    return new URLSearchParams({ ...this.days, ...where, ...more, lang: this.#desk.words.language }).toString()
  }
}
