import type { WireKpi } from '../../../gateway/api/wire-kpi.ts'
import type { Desk } from '../desk.svelte.ts'
import type { Period } from './kpi.ts'

/** What the page of alarm performance knows: the period it shows and its figures. Asked when the period changes, not over and over. */
export class KpiBoard {
  readonly #desk: Desk
  #period = $state<Period>('7')
  #kpi = $state.raw<WireKpi>()
  #failed = $state(false)
  #busy = $state(false)
  #turn = 0

  constructor(desk: Desk) {
    this.#desk = desk
  }

  get period(): Period {
    return this.#period
  }
  get kpi(): WireKpi | undefined {
    return this.#kpi
  }
  get failed(): boolean {
    return this.#failed
  }
  get busy(): boolean {
    return this.#busy
  }

  async choose(period: Period): Promise<void> {
    this.#period = period
    await this.look()
  }

  async look(): Promise<void> {
    const turn = ++this.#turn
    this.#busy = true
    const to = Math.round(this.#desk.live.now)
    const from = to - Number(this.#period) * 86_400_000
    const answer = await this.#desk.http.ask<WireKpi>('GET', `/kpi?from=${from}&to=${to}`)
    if (turn !== this.#turn) return
    this.#busy = false
    this.#failed = !answer.ok
    if (answer.ok) this.#kpi = answer.value
  }
}
