import type { DriverHost } from '../contract/driver.ts'
import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import type { PointId } from '../contract/reading.ts'
import { badReadings } from '../kit/number.ts'
import type { Message, TopicPoint } from './mapping.ts'
import { readingsOf } from './mapping.ts'
import type { OwnWord } from './own-words.ts'
import { Presences } from './presences.ts'
import type { Role, Voice } from './role.ts'

/** Reads the points that are told on topics the site file names. */
export class TopicReader implements Role {
  readonly filters: readonly string[]
  readonly #host: DriverHost
  readonly #points: readonly TopicPoint[]
  readonly #presences: Presences
  /** Most points have a topic of their own: a message is not held against each of them. */
  readonly #plain: ReadonlyMap<string, readonly TopicPoint[]>
  readonly #wild: readonly TopicPoint[]

  constructor(points: readonly TopicPoint[], host: DriverHost) {
    this.#host = host
    this.#points = points
    this.#plain = Map.groupBy(
      points.filter(({ filter }) => !filter.includes('+')),
      ({ filter }) => filter,
    )
    this.#wild = points.filter(({ filter }) => filter.includes('+'))
    this.#presences = new Presences(
      points.flatMap(({ point, presence }) => (presence ? [{ point, presence, needs: 'all' as const }] : [])),
    )
    this.filters = [...new Set([...points.map(({ filter }) => filter), ...this.#presences.topics])]
  }

  begin(_voice: Voice): void {}

  hear(message: Message): void {
    this.#bad(this.#presences.gone(message), fault('device-silent', `${message.topic} says that the device is gone.`))
    const plain = this.#plain.get(message.topic) ?? []
    const points = this.#wild.length > 0 ? [...plain, ...this.#wild] : plain
    if (points.length === 0) return
    const readings = readingsOf(points, message, this.#host.clock.now())
    if (readings.length > 0) this.#host.publish(readings)
  }

  /** The broker does not let us hear this. */
  refused(filter: string): void {
    const concerned = this.#points.filter(point => point.filter === filter)
    const why = fault('refused', `The broker does not let the gateway subscribe to ${filter}.`)
    this.#bad(
      concerned.map(({ point }) => point),
      why,
    )
  }

  end(why: Fault): void {
    this.#bad(
      this.#points.map(({ point }) => point),
      why,
    )
  }

  goodbye(): readonly OwnWord[] {
    return []
  }

  #bad(points: readonly PointId[], why: Fault): void {
    if (points.length > 0) this.#host.publish(badReadings(points, why, this.#host.clock.now()))
  }
}
