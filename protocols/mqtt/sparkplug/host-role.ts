import type { DriverHost } from '../../contract/driver.ts'
import type { Fault } from '../../contract/fault.ts'
import { fault } from '../../contract/fault.ts'
import type { Cancel, Instant } from '../../contract/time.ts'
import { between } from '../../contract/time.ts'
import { badReadings } from '../../kit/number.ts'
import type { Message } from '../mapping.ts'
import type { OwnWord } from '../own-words.ts'
import { hostStateWord, rebirthRequest } from '../own-words.ts'
import type { Role, Voice } from '../role.ts'
import type { HostSteps, Moment } from './host.ts'
import { SparkplugHost } from './host.ts'
import type { MetricPoint } from './metric-point.ts'
import { parseState } from './state.ts'
import { nodeName, stateTopic } from './topic.ts'

export interface HostRoleParts {
  readonly host: DriverHost
  readonly points: readonly MetricPoint[]
  /** Under which it tells edge nodes of its presence; absent: it only listens, and asks for births. */
  readonly name?: string
}

/** The gateway as a Sparkplug host application. It says two things: that it is there, and that a node should be born again. */
export class HostRole implements Role {
  readonly filters: readonly string[]
  /** Only a host with a name has a presence to take back, and a connection of its own for it. */
  readonly farewell?: () => OwnWord
  readonly #parts: HostRoleParts
  readonly #understanding: SparkplugHost
  #voice: Voice | undefined
  /** The will and the birth of one connection carry the same time. */
  #connected: Instant
  #cancel: Cancel = () => {}

  constructor(parts: HostRoleParts) {
    this.#parts = parts
    this.#understanding = new SparkplugHost(parts.points)
    this.#connected = parts.host.wall.now()
    const { name } = parts
    if (name !== undefined) {
      this.farewell = () => {
        this.#connected = parts.host.wall.now()
        return hostStateWord(name, false, this.#connected)
      }
    }
    const nodes = new Map(parts.points.map(({ node }) => [nodeName(node), node]))
    this.filters = [
      ...[...nodes.values()].flatMap(({ group, edge }) => [`spBv1.0/${group}/+/${edge}`, `spBv1.0/${group}/+/${edge}/+`]),
      ...(parts.name === undefined ? [] : [stateTopic(parts.name)]),
    ]
  }

  begin(voice: Voice): void {
    this.#voice = voice
    this.#announce()
    this.#do(this.#understanding.begin(this.#moment()))
  }

  hear(message: Message): void {
    const { name } = this.#parts
    const state = name === undefined ? undefined : parseState(message.topic, message.payload)
    // The late will of a connection we have replaced must not stand.
    if (state && state.host === name && !state.online && !message.replayed) return this.#announce()
    this.#do(this.#understanding.hear(message, this.#moment()))
  }

  refused(filter: string): void {
    const why = fault('refused', `The broker does not let the gateway subscribe to ${filter}.`)
    this.#bad(
      this.#parts.points.filter(({ node: { group, edge } }) => filter.replace(/\/\+$/, '') === `spBv1.0/${group}/+/${edge}`),
      why,
    )
  }

  end(why: Fault): void {
    this.#voice = undefined
    this.#cancel()
    this.#bad(this.#parts.points, why)
  }

  goodbye(): readonly OwnWord[] {
    this.#cancel()
    const wasThere = this.#voice !== undefined && this.#parts.name !== undefined
    this.#voice = undefined
    return wasThere ? [hostStateWord(this.#parts.name ?? '', false, this.#connected)] : []
  }

  counters(): Readonly<Record<string, number>> {
    const counts = Object.entries(this.#understanding.counts)
    return Object.fromEntries(counts.map(([name, count]) => [`sparkplug_host_${snake(name)}`, count]))
  }

  #bad(points: readonly MetricPoint[], why: Fault): void {
    const { host } = this.#parts
    const ids = points.map(({ point }) => point)
    if (ids.length > 0) host.publish(badReadings(ids, why, host.clock.now()))
  }

  #announce(): void {
    if (this.#parts.name !== undefined) this.#voice?.say(hostStateWord(this.#parts.name, true, this.#connected))
  }

  #do({ readings, rebirths }: HostSteps): void {
    const { host } = this.#parts
    if (readings.length > 0) host.publish(readings)
    for (const node of rebirths) this.#voice?.say(rebirthRequest(node, host.wall.now()))
    this.#cancel()
    const due = this.#understanding.nextWake
    if (due === undefined || !this.#voice) return
    this.#cancel = host.wall.after(between(host.wall.now(), due), () => this.#do(this.#understanding.tick(this.#moment())))
  }

  #moment(): Moment {
    const { clock, wall } = this.#parts.host
    return { clock: clock.now(), wall: wall.now() }
  }
}

/** As names of figures are written. */
export const snake = (name: string): string => name.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
