import type { Said, WirePlanVersion } from '../../../../gateway/api/wire.ts'
import type { WirePlan, WirePlanDetail } from '../../../../gateway/api/wire-plans.ts'
import type { Desk } from '../../desk.svelte.ts'
import type { Answer, Page } from '../../http.ts'
import { changesOf, put, rebased, recall, remember, takeOff } from './arrangement.ts'
import type { Draft, Placed } from './arrangement.ts'
import { sendDrawing } from './send-drawing.ts'
import type { SentDrawing } from './send-drawing.ts'
import type { Spot } from './view.ts'

const placesOf = (plan: WirePlanDetail): readonly Placed[] => plan.places.map(({ equipment, x, y }) => ({ equipment, x, y }))

/** The floor plans, the one that is shown, and what somebody moves on it. */
export class PlanBoard {
  readonly #desk: Desk
  /** Empty: the first one. */
  readonly #wanted: string
  #plans = $state.raw<readonly WirePlan[]>()
  #plan = $state.raw<WirePlanDetail>()
  #draft = $state.raw<Draft>()
  #said = $state<string>()
  #missing = $state(false)
  #busy = $state(false)
  #carried = $state(false)
  #looking = false
  readonly changes = $derived(this.#draft ? changesOf(this.#draft.base, this.#draft.mine) : [])

  constructor(desk: Desk, wanted: string) {
    this.#desk = desk
    this.#wanted = wanted
  }

  get plans(): readonly WirePlan[] | undefined {
    return this.#plans
  }
  get plan(): WirePlanDetail | undefined {
    return this.#plan
  }
  /** Where everything stands, with what is not saved yet. */
  get places(): readonly (Placed & { readonly name?: Said })[] {
    const known = new Map(this.#plan?.places.map(place => [place.equipment, place.name]))
    const places: readonly Placed[] = this.#draft?.mine ?? this.#plan?.places ?? []
    return places.map(place => {
      const name = known.get(place.equipment)
      return name ? { ...place, name } : place
    })
  }
  get arranging(): boolean {
    return this.#draft !== undefined
  }
  get said(): string | undefined {
    return this.#said
  }
  get missing(): boolean {
    return this.#missing
  }
  get busy(): boolean {
    return this.#busy
  }
  /** Somebody else has saved meanwhile; what is not saved here was put on top of it. */
  get carried(): boolean {
    return this.#carried
  }

  async look(): Promise<void> {
    if (this.#looking) return
    this.#looking = true
    const plans = await this.#desk.http.ask<Page<WirePlan>>('GET', '/plans')
    if (plans.ok) this.#plans = plans.value.items
    const id = this.#wanted === '' ? (this.#plans?.[0]?.id ?? '') : this.#wanted
    if (plans.ok && id !== '') {
      const plan = await this.#desk.http.ask<WirePlanDetail>('GET', `/plans/${encodeURIComponent(id)}`)
      this.#missing = !plan.ok && plan.why === 'not-found'
      if (plan.ok) this.#take(plan.value)
      else this.#say(plan)
    } else if (plans.ok) this.#plan = undefined
    else this.#say(plans)
    this.#looking = false
  }

  /** The live channel says which versions there are. */
  hear(versions: readonly WirePlanVersion[]): void {
    const known = new Map(this.#plans?.map(({ id, version }) => [id, version]))
    if (!this.#plans || (versions.length === known.size && versions.every(one => known.get(one.id) === one.version))) return
    void this.look()
  }

  arrange(): void {
    const plan = this.#plan
    if (!plan || this.#draft) return
    this.#carried = false
    this.#keep({ version: plan.version, base: placesOf(plan), mine: placesOf(plan) })
  }
  put(equipment: string, at: Spot): void {
    if (this.#draft) this.#keep({ ...this.#draft, mine: put(this.#draft.mine, equipment, at) })
  }
  takeOff(equipment: string): void {
    if (this.#draft) this.#keep({ ...this.#draft, mine: takeOff(this.#draft.mine, equipment) })
  }
  discard(): void {
    this.#said = undefined
    this.#carried = false
    this.#keep(undefined)
  }

  async save(): Promise<boolean> {
    const [plan, draft] = [this.#plan, this.#draft]
    if (!plan || !draft) return false
    if (this.changes.length === 0) {
      this.discard()
      return true
    }
    const answer = await this.#ask<WirePlanDetail>('PUT', `/plans/${plan.id}/places`, {
      version: draft.version,
      places: draft.mine,
    })
    if (answer.ok) {
      this.discard()
      this.#take(answer.value)
      return true
    }
    // What was typed in stays; it is put on what the other one has saved, to be looked at before it is saved again.
    if (answer.why === 'conflict') await this.look()
    this.#say(answer)
    return false
  }

  async rename(name: Said): Promise<boolean> {
    const plan = this.#plan
    if (!plan) return false
    const answer = await this.#ask<WirePlanDetail>('PATCH', `/plans/${plan.id}`, { version: plan.version, name })
    if (answer.ok) this.#take(answer.value)
    else this.#say(answer)
    return answer.ok
  }

  async remove(): Promise<boolean> {
    const plan = this.#plan
    if (!plan) return false
    const answer = await this.#ask('DELETE', `/plans/${plan.id}?version=${plan.version}`)
    if (answer.ok) {
      this.#keep(undefined)
      this.#plan = undefined
      await this.look()
    } else this.#say(answer)
    return answer.ok
  }

  async add(name: Said, file: Blob): Promise<SentDrawing> {
    this.#busy = true
    const sent = await sendDrawing('POST', `/plans?${new URLSearchParams({ ...name })}`, file)
    this.#busy = false
    return sent
  }

  async redraw(file: Blob): Promise<SentDrawing> {
    const plan = this.#plan
    if (!plan) return { ok: false, why: 'refused' }
    this.#busy = true
    const sent = await sendDrawing('PUT', `/plans/${plan.id}/drawing?version=${plan.version}`, file)
    this.#busy = false
    if (sent.ok) this.#take(sent.plan)
    else if (sent.why === 'meanwhile') await this.look()
    return sent
  }

  async #ask<T>(method: string, path: string, body?: unknown): Promise<Answer<T>> {
    this.#busy = true
    this.#said = undefined
    const answer = await this.#desk.http.ask<T>(method, path, body)
    this.#busy = false
    return answer
  }

  #take(plan: WirePlanDetail): void {
    this.#plan = plan
    this.#missing = false
    this.#plans = (this.#plans ?? []).map(one => (one.id === plan.id ? plan : one))
    const draft = this.#draft ?? this.#recalled(plan)
    if (!draft) return
    const fresh = placesOf(plan)
    if (draft.version === plan.version) return this.#keep(draft)
    this.#carried = true
    this.#keep({ version: plan.version, base: fresh, mine: rebased(draft.base, draft.mine, fresh) })
  }

  #recalled(plan: WirePlanDetail): Draft | undefined {
    const { session } = this.#desk
    return session && this.#desk.may('administer') ? recall(plan.id, session.username) : undefined
  }

  #keep(draft: Draft | undefined): void {
    this.#draft = draft
    const { session } = this.#desk
    if (this.#plan && session) remember(this.#plan.id, session.username, draft)
  }

  #say(answer: Answer<unknown>): void {
    if (!answer.ok) this.#said = answer.said ?? this.#desk.words.t.error[answer.why === 'offline' ? 'offline' : 'server']
  }
}
