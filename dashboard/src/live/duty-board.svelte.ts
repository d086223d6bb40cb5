import type { WireDutyPlan, WirePerson } from '../../../gateway/api/wire-duty.ts'
import type { WireChannel } from '../../../gateway/api/wire-notices.ts'
import type { Desk } from '../desk.svelte.ts'
import type { Answer, Page } from '../http.ts'
import { Asked } from './asked.svelte.ts'
import { monthAfter } from './duty-plan.ts'

export interface SwapWanted {
  readonly roster: string
  readonly on: string
  readonly shift: string
  readonly person: string
  readonly reason: string
}

/** What the page of duty knows: the month it shows, people, and channels; asked again from time to time. */
export class DutyBoard {
  readonly #desk: Desk
  readonly #plans: Asked<WireDutyPlan>
  readonly #people: Asked<WirePerson>
  readonly #channels: Asked<WireChannel>
  /** `undefined` is the present month, whichever that is. */
  #month = $state<string>()
  readonly names = $derived.by(() => new Map((this.#people.items ?? []).map(person => [person.id, person.name])))

  constructor(desk: Desk) {
    const { http, time, live } = desk
    this.#desk = desk
    const query = (): string => (this.#month === undefined ? '' : `?month=${this.#month}`)
    this.#plans = new Asked(async () => asPage(await http.ask<WireDutyPlan>('GET', `/duty${query()}`)), time, live)
    this.#people = new Asked(() => http.ask<Page<WirePerson>>('GET', '/people'), time, live)
    this.#channels = new Asked(() => http.ask<Page<WireChannel>>('GET', '/channels'), time, live)
  }

  start(): () => void {
    const stops = [this.#plans, this.#people, this.#channels].map(asked => asked.start())
    return () => stops.forEach(stop => stop())
  }

  get plan(): WireDutyPlan | undefined {
    return this.#plans.items?.[0]
  }
  get failed(): boolean {
    return this.#plans.failed
  }
  get people(): readonly WirePerson[] {
    return this.#people.items ?? []
  }
  /** Absent until they are known. */
  get channels(): readonly WireChannel[] | undefined {
    return this.#channels.items
  }
  get isPresent(): boolean {
    return this.#month === undefined
  }
  /** The month on the page, `2026-11`. */
  get month(): string {
    return this.#month ?? this.plan?.today.slice(0, 7) ?? ''
  }

  look(): void {
    void this.#plans.look()
  }

  turn(by: number): void {
    this.#month = monthAfter(this.month, by)
    if (this.#month === this.plan?.today.slice(0, 7)) this.#month = undefined
    this.look()
  }

  toPresent(): void {
    this.#month = undefined
    this.look()
  }

  nameOf(person: string): string {
    const name = this.names.get(person)
    return name ? this.#desk.words.quote(name) : person
  }

  async swap(wanted: SwapWanted): Promise<Answer<unknown>> {
    const answer = await this.#desk.http.ask('POST', '/duty/swaps', wanted)
    await this.#plans.look()
    return answer
  }

  async trial(channel: string, person: string): Promise<Answer<unknown>> {
    const answer = await this.#desk.http.ask('POST', `/channels/${encodeURIComponent(channel)}/trial`, { person })
    void this.#channels.look()
    return answer
  }
}

const asPage = <T>(answer: Answer<T>): Answer<Page<T>> =>
  answer.ok ? { ok: true, value: { items: [answer.value], next: null } } : answer
