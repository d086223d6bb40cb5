import type { WireOutlook } from '../../../../gateway/api/wire.ts'
import type { Http } from '../../http.ts'
import type { Span } from './span.ts'

/** What is allowed at a point, what watches it, and where its readings lead. What was known stays where the gateway is away. */
export class AheadBoard {
  readonly #http: Http
  #outlook = $state.raw<WireOutlook>()
  #of = ''
  #turn = 0

  constructor(http: Http) {
    this.#http = http
  }

  get outlook(): WireOutlook | undefined {
    return this.#outlook
  }

  async look(point: string, { from, to }: Span): Promise<void> {
    const turn = (this.#turn += 1)
    if (this.#of !== point) this.#outlook = undefined
    this.#of = point
    const answer = await this.#http.outlook(point, from, to)
    if (turn === this.#turn && answer.ok) this.#outlook = answer.value
  }
}
