import type { Qos } from './packet.ts'
import type { Seat } from './seat.ts'
import { TopicTree } from './tree.ts'

export type Readers = readonly (readonly [Seat, Qos])[]

/** How many topics' readers are remembered. */
const rememberedTopics = 10_000

/** Persistent sessions by what they listen to with QoS 1 or 2: they are owed a message, whether their clients are there or not. */
export class Readership {
  readonly #filters = new TopicTree<Map<Seat, Qos>>()
  /** By topic, forgotten when any subscription changes. */
  readonly #known = new Map<string, Readers>()

  add(seat: Seat, filter: string, qos: Qos): void {
    const seats = this.#filters.at(filter)
    if (seats) seats.set(seat, qos)
    else this.#filters.set(filter, new Map([[seat, qos]]))
    this.#known.clear()
  }

  remove(seat: Seat, filter: string): void {
    const seats = this.#filters.at(filter)
    if (seats?.delete(seat) !== true) return
    if (seats.size === 0) this.#filters.delete(filter)
    this.#known.clear()
  }

  /** Each once, with the highest QoS of its subscriptions that the topic reaches. */
  of(topic: string): Readers {
    const known = this.#known.get(topic)
    if (known) return known
    const found = new Map<Seat, Qos>()
    for (const seats of this.#filters.reaching(topic)) {
      for (const [seat, qos] of seats) if (qos >= (found.get(seat) ?? 0)) found.set(seat, qos)
    }
    const readers = [...found]
    if (this.#known.size >= rememberedTopics) this.#known.clear()
    this.#known.set(topic, readers)
    return readers
  }
}
