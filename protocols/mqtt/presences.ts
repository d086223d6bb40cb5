import type { PointId } from '../contract/reading.ts'
import type { Message, Presence } from './mapping.ts'
import { presenceOf } from './mapping.ts'

export interface Watched {
  readonly point: PointId
  readonly presence: readonly Presence[]
  /** Of several, all must be online, or any of them. */
  readonly needs: 'all' | 'any'
}

/** Knows from what is said of devices' presence which points have nobody behind them. */
export class Presences {
  readonly #byTopic = new Map<string, { watched: Watched; presence: Presence }[]>()
  readonly #offline = new Set<Presence>()

  constructor(points: readonly Watched[]) {
    for (const watched of points) {
      for (const presence of watched.presence) {
        this.#byTopic.set(presence.topic, [...(this.#byTopic.get(presence.topic) ?? []), { watched, presence }])
      }
    }
  }

  get topics(): readonly string[] {
    return [...this.#byTopic.keys()]
  }

  /** The points whose device is gone by this message. */
  gone({ topic, payload }: Message): readonly PointId[] {
    return (this.#byTopic.get(topic) ?? []).flatMap(({ watched, presence }) => {
      const isThere = presenceOf(presence, payload)
      if (isThere === undefined) return []
      if (isThere) this.#offline.delete(presence)
      else this.#offline.add(presence)
      const missing = watched.presence.filter(one => this.#offline.has(one)).length
      return !isThere && (watched.needs === 'all' || missing === watched.presence.length) ? [watched.point] : []
    })
  }
}
