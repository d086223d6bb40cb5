import { SvelteMap } from 'svelte/reactivity'
import type { WireReading, WireSite } from '../../../gateway/api/wire.ts'
import type { Http } from '../http.ts'
import type { Span } from './band.ts'
import type { LiveBoard } from './live-board.svelte.ts'
import { addToPast, spansOf } from './past.ts'
import type { PastSpan } from './past.ts'

/** Sites larger than this get their ghosts from live readings alone: hundreds of questions at the door would slow everybody. */
const mostAsked = 60
const atOnce = 4

/** The last hour of every main point, as spans: asked once, then grown from the live channel. */
export class PastBoard {
  readonly #http: Http
  readonly #live: LiveBoard
  readonly #spans = new SvelteMap<string, readonly PastSpan[]>()
  #cancel: () => void = () => {}
  #round = 0

  constructor(http: Http, live: LiveBoard) {
    this.#http = http
    this.#live = live
  }

  start(site: WireSite): void {
    this.stop()
    const points = site.equipment.map(one => one.mainPoint)
    const watched = new Set(points)
    this.#cancel = this.#live.onReadings(readings => this.#grow(readings, watched))
    void this.#ask(points.slice(0, mostAsked), this.#round)
  }

  stop(): void {
    this.#round += 1
    this.#cancel()
    this.#spans.clear()
  }

  lastHour(point: string): readonly Span[] {
    return this.#spans.get(point) ?? []
  }

  #grow(readings: readonly WireReading[], watched: ReadonlySet<string>): void {
    for (const [point, at, , value, quality] of readings) {
      if (value === null || quality === 'bad' || !watched.has(point)) continue
      const known = this.#spans.get(point) ?? []
      const grown = addToPast(known, at, value)
      if (grown !== known) this.#spans.set(point, grown)
    }
  }

  async #ask(points: readonly string[], round: number): Promise<void> {
    const waiting = [...points]
    const worker = async () => {
      for (let point = waiting.shift(); point !== undefined; point = waiting.shift()) {
        const now = await this.#firstNow()
        if (round !== this.#round) return
        const answer = await this.#http.readings(point, now - 3_600_000, now, 300)
        if (round !== this.#round) return
        if (answer.ok) this.#spans.set(point, merge(spansOf(answer.value.items), this.#spans.get(point) ?? []))
      }
    }
    await Promise.all(Array.from({ length: atOnce }, worker))
  }

  /** Domain time is known once the first snapshot has come. */
  #firstNow(): Promise<number> {
    if (this.#live.facility) return Promise.resolve(this.#live.now)
    return new Promise(resolve => {
      const cancel = this.#live.onReadings(() => {
        cancel()
        resolve(this.#live.now)
      })
    })
  }
}

const merge = (asked: readonly PastSpan[], grown: readonly PastSpan[]): readonly PastSpan[] => {
  const newest = asked.at(-1)?.t ?? -Infinity
  return [...asked, ...grown.filter(span => span.t > newest)]
}
