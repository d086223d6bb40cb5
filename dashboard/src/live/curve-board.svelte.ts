import type { Http } from '../http.ts'
import type { LiveBoard } from './live-board.svelte.ts'
import { curveOf, ranges, withReading } from './trend.ts'
import type { Curve, Range } from './trend.ts'

/** The curve that is on screen: asked once, then grown by the live channel. */
export class CurveBoard {
  readonly #http: Http
  readonly #live: LiveBoard
  #curve = $state.raw<Curve>()
  #phase = $state<'loading' | 'ready' | 'failed'>('loading')
  #round = 0

  constructor(http: Http, live: LiveBoard) {
    this.#http = http
    this.#live = live
  }

  get curve(): Curve | undefined {
    return this.#curve
  }
  get phase() {
    return this.#phase
  }

  /** Shows another point or range; returns the way to stop growing it. */
  show(point: string, range: Range, now: number): () => void {
    const round = (this.#round += 1)
    const { span, every } = ranges[range]
    this.#phase = 'loading'
    this.#curve = undefined
    void this.#ask(point, now - span, now, every, round)
    return this.#live.onReadings(readings => {
      let curve = this.#curve
      if (!curve || round !== this.#round) return
      for (const [id, at, , value, quality] of readings) {
        if (id === point) curve = withReading(curve, at, quality === 'bad' ? null : value, this.#live.now - span)
      }
      this.#curve = curve
    })
  }

  async #ask(point: string, from: number, to: number, every: number | undefined, round: number): Promise<void> {
    const answer = await this.#http.readings(point, from, to, every === undefined ? undefined : every / 1000)
    if (round !== this.#round) return
    if (answer.ok) this.#curve = curveOf(answer.value, every)
    this.#phase = answer.ok ? 'ready' : 'failed'
  }
}
