import type { WireAdvisedDose } from '../../../../gateway/api/wire-records.ts'
import type { Http } from '../../http.ts'
import type { DoseQuestion } from '../records/dose-draft.ts'

/** What the gateway advises for one tank; the last word stays while the next is awaited, so that no figure flickers. */
export class AdviceBoard {
  readonly #http: Http
  readonly #equipment: string
  #advice = $state.raw<WireAdvisedDose>()
  #refusal = $state('')
  #turn = 0

  constructor(http: Http, equipment: string) {
    this.#http = http
    this.#equipment = equipment
  }

  get advice(): WireAdvisedDose | undefined {
    return this.#advice
  }
  get refusal(): string {
    return this.#refusal
  }

  async ask(question: DoseQuestion): Promise<void> {
    const turn = ++this.#turn
    const path = `/dosing/${encodeURIComponent(this.#equipment)}/advice`
    const answer = await this.#http.ask<WireAdvisedDose>('POST', path, question)
    if (turn !== this.#turn || (!answer.ok && answer.why === 'offline')) return
    this.#advice = answer.ok ? answer.value : undefined
    this.#refusal = answer.ok ? '' : (answer.said ?? '')
  }
}
