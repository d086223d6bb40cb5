import type { OwnSite } from '../../contract/driver.ts'
import type { PointId, Reading } from '../../contract/reading.ts'
import type { Instant } from '../../contract/time.ts'
import type { Message } from '../mapping.ts'
import type { OwnWord } from '../own-words.ts'
import { deviceWord, nodeWord } from '../own-words.ts'
import { decodePayload } from './decode.ts'
import type { OwnMetric } from './edge-words.ts'
import { bornMetric, dataMetric, deviceId, ownMetrics } from './edge-words.ts'
import type { OutMetric } from './encode.ts'
import { encodePayload } from './encode.ts'
import { parseState } from './state.ts'
import type { EdgeNode } from './topic.ts'
import { deviceTopic, nodeTopic, stateTopic } from './topic.ts'

/** Readings kept while nobody listens, and how many of them one message carries later. */
export const edgeLimits = { kept: 50_000, perMessage: 200 } as const

export interface EdgeParts {
  readonly node: EdgeNode
  /** Only while this host is online is anything said; without one, always. */
  readonly primaryHost?: string
}

/** What is to be said, in this order; with `leave`, the connection is given up after it. */
export interface EdgeSteps {
  readonly words: readonly OwnWord[]
  readonly leave?: true
}
const nothing: EdgeSteps = { words: [] }

/**
 * The gateway as a Sparkplug edge node: its equipment are the devices, its points their metrics. It says births, data and deaths, and
 * hears one command, to be born again; there is nothing else that could be written.
 */
export class SparkplugEdge {
  readonly #parts: EdgeParts
  readonly #aliases = new Map<PointId, number>()
  readonly #last = new Map<PointId, Reading>()
  readonly #counts = { births: 0, refusedCommands: 0, shed: 0 }
  #metrics: ReadonlyMap<PointId, OwnMetric> = new Map()
  #site: OwnSite | undefined
  #kept: Reading[] = []
  #bdSeq = 0
  #seq = 0
  #isConnected = false
  #isBorn = false
  #host: { readonly online: boolean; readonly timestamp: number } = { online: false, timestamp: 0 }

  constructor(parts: EdgeParts) {
    this.#parts = parts
  }

  get counts(): Readonly<Record<string, number>> {
    return { ...this.#counts, kept: this.#kept.length }
  }

  get filters(): readonly string[] {
    const { node, primaryHost } = this.#parts
    const state = primaryHost === undefined ? [] : [stateTopic(primaryHost), `STATE/${primaryHost}`]
    return [nodeTopic('NCMD', node), deviceTopic('DCMD', node, '+'), ...state]
  }

  /** A new connection is about to be made: its last will. `bdSeq` is one more than that of the connection before, 0 after 255. */
  farewell(bdSeq: number, now: Instant): OwnWord {
    this.#bdSeq = bdSeq
    // Whether the host is there it has to say on each connection anew; what is retained is heard before `begin`.
    this.#host = { online: false, timestamp: 0 }
    return this.#death(now)
  }

  /** The connection stands and its subscriptions, too. */
  begin(now: Instant): EdgeSteps {
    this.#isConnected = true
    return this.#bear(now)
  }

  end(): void {
    this.#isConnected = false
    this.#isBorn = false
  }

  /** What is said before leaving on purpose. */
  goodbye(now: Instant): readonly OwnWord[] {
    const words = this.#isBorn ? [this.#death(now)] : []
    this.end()
    return words
  }

  present(site: OwnSite, now: Instant): EdgeSteps {
    this.#site = site
    this.#metrics = ownMetrics(site, this.#aliases)
    return this.#bear(now)
  }

  tell(readings: readonly Reading[], now: Instant): EdgeSteps {
    if (!this.#isBorn) {
      for (const reading of readings) {
        this.#remember(reading)
        this.#kept.push(reading)
      }
      const over = this.#kept.length - edgeLimits.kept
      if (over > 0) {
        // The oldest go first; the loss is counted.
        this.#kept = this.#kept.slice(over)
        this.#counts.shed += over
      }
      return nothing
    }
    return { words: this.#data(readings, now, reading => !this.#remember(reading)) }
  }

  hear({ topic, payload, replayed }: Message, now: Instant): EdgeSteps {
    const state = parseState(topic, payload)
    if (state) return state.host === this.#parts.primaryHost ? this.#hostSaid(state.online, state.timestamp, now) : nothing
    if (replayed) {
      // A command that was left lying about is nobody's wish of now.
      this.#counts.refusedCommands++
      return nothing
    }
    const command = decodePayload(payload)
    const metrics = command.ok ? command.value.metrics : []
    const asked = metrics.filter(({ name, wire }) => name === 'Node Control/Rebirth' && wire?.in === 'boolean' && wire.flag)
    const isForNode = topic === nodeTopic('NCMD', this.#parts.node)
    if (!isForNode || asked.length !== metrics.length || asked.length === 0) this.#counts.refusedCommands++
    return isForNode && asked.length > 0 ? this.#bear(now) : nothing
  }

  /** A word of the host that is older than the last is the will of a connection it has long replaced. */
  #hostSaid(online: boolean, timestamp = this.#host.timestamp, now: Instant): EdgeSteps {
    if (timestamp < this.#host.timestamp) return nothing
    const was = this.#host.online
    this.#host = { online, timestamp }
    if (online) return was ? nothing : this.#bear(now)
    if (!was) return nothing
    const words = this.goodbye(now)
    return { words, leave: true }
  }

  #bear(now: Instant): EdgeSteps {
    const { node, primaryHost } = this.#parts
    if (!this.#isConnected || !this.#site || (primaryHost !== undefined && !this.#host.online)) return nothing
    this.#counts.births++
    this.#isBorn = true
    this.#seq = 0
    const control: OutMetric[] = [
      { name: 'bdSeq', timestamp: now, type: 'Int64', value: this.#bdSeq },
      { name: 'Node Control/Rebirth', timestamp: now, type: 'Boolean', value: false },
      { name: 'Properties/Site', timestamp: now, type: 'String', value: this.#site.name.en },
    ]
    const words = [nodeWord('NBIRTH', node, this.#payload(control, now))]
    for (const [device, metrics] of Map.groupBy(this.#metrics.values(), ({ own }) => deviceId(own.equipment.id))) {
      const born = metrics.map(metric => bornMetric(metric, this.#last.get(metric.own.point), now))
      words.push(deviceWord('DBIRTH', node, device, this.#payload(born, now)))
    }
    const kept = this.#kept
    this.#kept = []
    return { words: [...words, ...this.#data(kept, now, () => true)] }
  }

  /** One message for each device and so many readings, in the order in which they came. */
  #data(readings: readonly Reading[], now: Instant, isHistorical: (reading: Reading) => boolean): OwnWord[] {
    const known = readings.flatMap(reading => {
      const metric = this.#metrics.get(reading.point)
      return metric
        ? [{ device: deviceId(metric.own.equipment.id), metric: dataMetric(metric, reading, isHistorical(reading)) }]
        : []
    })
    return [...Map.groupBy(known, ({ device }) => device)].flatMap(([device, own]) => {
      const words: OwnWord[] = []
      for (let from = 0; from < own.length; from += edgeLimits.perMessage) {
        const metrics = own.slice(from, from + edgeLimits.perMessage).map(({ metric }) => metric)
        words.push(deviceWord('DDATA', this.#parts.node, device, this.#payload(metrics, now)))
      }
      return words
    })
  }

  #payload(metrics: readonly OutMetric[], now: Instant): Uint8Array {
    const bytes = encodePayload({ timestamp: now, seq: this.#seq, metrics })
    this.#seq = (this.#seq + 1) % 256
    return bytes
  }

  #death(now: Instant): OwnWord {
    const metrics: OutMetric[] = [{ name: 'bdSeq', timestamp: now, type: 'Int64', value: this.#bdSeq }]
    return nodeWord('NDEATH', this.#parts.node, encodePayload({ timestamp: now, metrics }))
  }

  /** Whether it is the point's newest word. */
  #remember(reading: Reading): boolean {
    const last = this.#last.get(reading.point)
    if (last && last.at > reading.at) return false
    this.#last.set(reading.point, reading)
    return true
  }
}
