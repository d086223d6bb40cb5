import type { WireAdvisedDose, WireTank } from '../../../../gateway/api/wire-records.ts'
import type { Http } from '../../http.ts'
import type { BrowserTime } from '../../time.svelte.ts'
import type { DoseQuestion } from './dose-draft.ts'

/** How often the tank is looked at again, and how long a finger has to rest before the dose is reckoned anew; real ms. */
const every = 10_000
const rest = 250

/** One tank for somebody who is about to dose: what is known of it, and what the gateway advises. */
export class DoseBoard {
  readonly #http: Http
  readonly #time: BrowserTime
  readonly #equipment: string
  #tank = $state.raw<WireTank>()
  #advice = $state.raw<WireAdvisedDose>()
  #refusal = $state('')
  #asking = $state(false)
  #offline = $state(false)
  #cancelLook: () => void = () => {}
  #cancelAsk: () => void = () => {}
  #turn = 0
  #stopped = false
  #question = ''

  constructor(http: Http, time: BrowserTime, equipment: string) {
    this.#http = http
    this.#time = time
    this.#equipment = equipment
  }

  get tank(): WireTank | undefined {
    return this.#tank
  }
  get advice(): WireAdvisedDose | undefined {
    return this.#advice
  }
  /** Why it must not be dosed, in the gateway's words; empty where it may. */
  get refusal(): string {
    return this.#refusal
  }
  get asking(): boolean {
    return this.#asking
  }
  get offline(): boolean {
    return this.#offline
  }

  start(): () => void {
    void this.look()
    return () => {
      this.#stopped = true
      this.#cancelLook()
      this.#cancelAsk()
    }
  }

  async look(): Promise<void> {
    this.#cancelLook()
    const answer = await this.#http.ask<WireTank>('GET', `/dosing/${encodeURIComponent(this.#equipment)}`)
    if (this.#stopped) return
    this.#offline = !answer.ok
    if (answer.ok) this.#tank = answer.value
    this.#cancelLook = this.#time.after(every, () => void this.look())
  }

  /** Asks a moment later, once for the last of several; `undefined`: there is nothing to ask yet. */
  ask(question: DoseQuestion | undefined): void {
    const text = question ? JSON.stringify(question) : ''
    if (text === this.#question && (this.#advice !== undefined || this.#asking)) return
    this.#question = text
    this.#cancelAsk()
    this.#turn += 1
    this.#advice = undefined
    this.#refusal = ''
    this.#asking = question !== undefined
    if (question) this.#cancelAsk = this.#time.after(rest, () => void this.#askNow(question, this.#turn))
  }

  async #askNow(question: DoseQuestion, turn: number): Promise<void> {
    const path = `/dosing/${encodeURIComponent(this.#equipment)}/advice`
    const answer = await this.#http.ask<WireAdvisedDose>('POST', path, question)
    if (this.#stopped || turn !== this.#turn) return
    this.#asking = false
    this.#offline = !answer.ok && answer.why === 'offline'
    if (answer.ok) this.#advice = answer.value
    else this.#refusal = answer.said ?? ''
  }
}
