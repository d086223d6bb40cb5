import type { DriverHost } from '../contract/driver.ts'
import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import type { PointId } from '../contract/reading.ts'
import type { Cancel } from '../contract/time.ts'
import { millis, seconds } from '../contract/time.ts'
import { badReadings } from '../kit/number.ts'
import type { Entity } from './homeassistant-in.ts'
import { entitiesOf } from './homeassistant-in.ts'
import type { Message, TopicPoint } from './mapping.ts'
import { readingsOf } from './mapping.ts'
import type { OwnWord } from './own-words.ts'
import type { DiscoveredPoint } from './points.ts'
import { Presences } from './presences.ts'
import type { Role, Voice } from './role.ts'

/** What is retained arrives at once; whatever nobody has announced by then is told. */
const announcedWithin = seconds(10)
const mostAnnouncements = 20_000

interface Bound {
  readonly announced: DiscoveredPoint
  readonly point: TopicPoint
  readonly expireAfter: number | undefined
}

/** Reads points where their announcement to Home Assistant says they are told, and follows when it changes. */
export class HomeAssistantIn implements Role {
  readonly filters: readonly string[]
  readonly #host: DriverHost
  readonly #prefix: string
  readonly #points: readonly DiscoveredPoint[]
  readonly #announced = new Map<string, readonly Entity[]>()
  readonly #timers = new Map<PointId, Cancel>()
  #listening = new Set<string>()
  #bound: readonly Bound[] = []
  #presences = new Presences([])
  #voice: Voice | undefined
  #cancelComplaint: Cancel = () => {}

  constructor(prefix: string, points: readonly DiscoveredPoint[], host: DriverHost) {
    this.#prefix = prefix
    this.#points = points
    this.#host = host
    this.filters = [`${prefix}/+/+/config`, `${prefix}/+/+/+/config`]
  }

  begin(voice: Voice): void {
    this.#voice = voice
    this.#listening = new Set()
    this.#listen()
    this.#cancelComplaint = this.#host.wall.after(announcedWithin, () => this.#complain())
  }

  hear(message: Message): void {
    const entities = entitiesOf(message.topic, message.payload, this.#prefix)
    if (entities) return this.#learn(message.topic, entities)
    this.#bad(this.#presences.gone(message), fault('device-silent', `${message.topic} says that the device is gone.`))
    const now = this.#host.clock.now()
    const readings = readingsOf(
      this.#bound.map(({ point }) => point),
      message,
      now,
    )
    if (readings.length > 0) this.#host.publish(readings)
    for (const { point } of readings) this.#expectMore(point)
  }

  refused(filter: string): void {
    const why = fault('refused', `The broker does not let the gateway subscribe to ${filter}.`)
    this.#bad(
      this.#points.map(({ point }) => point),
      why,
    )
  }

  end(): void {
    this.#voice = undefined
    this.#cancelComplaint()
    for (const cancel of this.#timers.values()) cancel()
    this.#timers.clear()
  }

  goodbye(): readonly OwnWord[] {
    this.end()
    return []
  }

  #learn(topic: string, entities: readonly Entity[]): void {
    const wanted = entities.filter(({ uniqueId }) => this.#points.some(point => point.uniqueId === uniqueId))
    const before = this.#announced.get(topic) ?? []
    if (wanted.length === 0 && before.length === 0) return
    if (wanted.length === 0) this.#announced.delete(topic)
    else if (this.#announced.size < mostAnnouncements) this.#announced.set(topic, wanted)
    const concerned = new Set([...before, ...wanted].map(({ uniqueId }) => uniqueId))
    const bound: Bound[] = this.#bound.filter(({ announced }) => !concerned.has(announced.uniqueId))
    for (const point of this.#points.filter(({ uniqueId }) => concerned.has(uniqueId))) {
      const made = this.#bind(point)
      if ('code' in made) this.#bad([point.point], made)
      else bound.push(made)
    }
    this.#bound = bound
    this.#presences = new Presences(
      bound.map(({ point: { point, presence = [] }, announced }) => {
        const source = this.#entity(announced.uniqueId)?.source
        return { point, presence, needs: source && 'needs' in source ? source.needs : 'all' }
      }),
    )
    this.#listen()
  }

  #entity(uniqueId: string): Entity | undefined {
    const found = [...this.#announced.values()].flat().filter(entity => entity.uniqueId === uniqueId)
    return found.length === 1 ? found[0] : undefined
  }

  #bind(announced: DiscoveredPoint): Bound | Fault {
    const entity = this.#entity(announced.uniqueId)
    if (!entity) return fault('no-such-address', `${announced.uniqueId} is announced by nobody, or by several.`)
    const { source, unit } = entity
    if ('unreadable' in source) return fault('no-such-address', `${announced.uniqueId} cannot be read: ${source.unreadable.en}.`)
    if (announced.unit !== undefined && unit !== undefined && announced.unit !== unit) {
      return fault('wrong-reply', `${announced.uniqueId} is announced in ${unit}, the site file says ${announced.unit}.`)
    }
    const { uniqueId: _uniqueId, from: _from, unit: _unit, ...own } = announced
    const { topic, value, words, presence, expireAfter } = source
    const point: TopicPoint = {
      ...own,
      from: 'topic',
      filter: topic,
      ...(value ? { value } : {}),
      // A template makes text of everything; what it picks may have been text before.
      isText: true,
      words,
      presence,
    }
    return { announced, point, expireAfter }
  }

  /** The line is asked only once for each topic. */
  #listen(): void {
    const topics = [...this.#bound.map(({ point }) => point.filter), ...this.#presences.topics]
    for (const topic of topics) {
      if (this.#listening.has(topic)) continue
      this.#listening.add(topic)
      void this.#ask(topic)
    }
  }

  async #ask(topic: string): Promise<void> {
    const voice = this.#voice
    if (!voice || (await voice.listen(topic)) || this.#voice !== voice) return
    const concerned = this.#bound.filter(({ point }) => point.filter === topic).map(({ point }) => point.point)
    this.#bad(concerned, fault('refused', `The broker does not let the gateway subscribe to ${topic}.`))
  }

  /** `expire_after`: the device itself says how long it may be silent. */
  #expectMore(point: PointId): void {
    this.#timers.get(point)?.()
    this.#timers.delete(point)
    const expireAfter = this.#bound.find(bound => bound.point.point === point)?.expireAfter
    if (expireAfter === undefined) return
    const why = fault('device-silent', `Nothing was heard for ${expireAfter} s, which its announcement calls too long.`)
    const cancel = this.#host.clock.after(millis(expireAfter * 1_000), () => this.#bad([point], why))
    this.#timers.set(point, cancel)
  }

  #complain(): void {
    const missing = this.#points.filter(({ point }) => !this.#bound.some(bound => bound.point.point === point))
    for (const { point, uniqueId } of missing.filter(({ uniqueId }) => !this.#entity(uniqueId))) {
      this.#bad([point], fault('no-such-address', `${uniqueId} is announced by nobody below ${this.#prefix}/.`))
    }
  }

  #bad(points: readonly PointId[], why: Fault): void {
    if (points.length > 0) this.#host.publish(badReadings(points, why, this.#host.clock.now()))
  }
}
