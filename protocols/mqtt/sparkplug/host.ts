import type { Fault } from '../../contract/fault.ts'
import { fault } from '../../contract/fault.ts'
import type { Reading } from '../../contract/reading.ts'
import type { Instant, Millis } from '../../contract/time.ts'
import { after, seconds } from '../../contract/time.ts'
import { badReadings } from '../../kit/number.ts'
import type { Message } from '../mapping.ts'
import type { Metric, Payload } from './decode.ts'
import { decodePayload } from './decode.ts'
import type { MetricPoint } from './metric-point.ts'
import { metricReading } from './metric-point.ts'
import { NodeMetrics } from './node-metrics.ts'
import type { EdgeNode, SparkplugTopic } from './topic.ts'
import { nodeName, parseTopic } from './topic.ts'

/** The same moment on both clocks: readings are dated by one, patience is measured by the other. */
export interface Moment {
  readonly clock: Instant
  readonly wall: Instant
}
/** What is to be done about what was heard. */
export interface HostSteps {
  readonly readings: readonly Reading[]
  readonly rebirths: readonly EdgeNode[]
}
type Sent = Exclude<SparkplugTopic['kind'], 'NCMD' | 'DCMD' | 'NDEATH'>
interface Arrived {
  readonly kind: Sent
  readonly device: string
  readonly payload: Payload
}

interface Node {
  readonly node: EdgeNode
  readonly points: readonly MetricPoint[]
  /** `unborn` also while a rebirth is awaited: nothing it says is understood. */
  phase: 'unborn' | 'alive'
  session: string | undefined
  next: number
  readonly metrics: NodeMetrics
  /** What came too early, by its number. */
  early: Map<number, Arrived>
  giveUpAt: Instant | undefined
  askedAt: Instant | undefined
}

/** A rebirth is not asked for again before this. */
const patience = seconds(10)
/** How long a missing message may still be on its way. */
export const reorderWithin: Millis = seconds(5)
const mostEarly = 100

/**
 * A Sparkplug host's understanding of the edge nodes it has points at: which are alive, and what each alias stands for. It errs on one side
 * only: whatever could have been said under another meaning is thrown away and a rebirth asked for.
 */
export class SparkplugHost {
  readonly #nodes: ReadonlyMap<string, Node>
  readonly #counts = { unborn: 0, gaps: 0, garbled: 0, rebirths: 0, oldDeaths: 0, retained: 0 }

  constructor(points: readonly MetricPoint[]) {
    this.#nodes = new Map(
      [...Map.groupBy(points, ({ node }) => nodeName(node))].flatMap(([name, own]) =>
        own[0] ? [[name, newNode(own[0].node, own)]] : [],
      ),
    )
  }

  get counts(): Readonly<Record<string, number>> {
    return this.#counts
  }

  /** The line stands anew: whoever was born before has to say it again, because nobody knows what was missed. */
  begin(moment: Moment): HostSteps {
    for (const node of this.#nodes.values()) {
      forget(node)
      // What was asked on the line before has been lost with it.
      node.askedAt = undefined
    }
    return { readings: [], rebirths: [...this.#nodes.values()].flatMap(node => this.#ask(node, moment)) }
  }

  hear({ topic, payload, replayed }: Message, moment: Moment): HostSteps {
    const about = parseTopic(topic)
    const node = about && this.#nodes.get(nodeName(about.node))
    if (!about || !node || about.kind === 'NCMD' || about.kind === 'DCMD') return nothing
    if (replayed) {
      // Nothing but STATE may be retained: when this was said, nobody knows.
      this.#counts.retained++
      return nothing
    }
    const read = decodePayload(payload)
    if (!read.ok) return this.#misunderstand(node, about, read.fault, moment)
    if (about.kind === 'NDEATH') return this.#die(node, read.value, moment)
    return this.#take(node, { kind: about.kind, device: about.device ?? '', payload: read.value }, moment)
  }

  /** When `tick` is due, on the wall clock. */
  get nextWake(): Instant | undefined {
    return [...this.#nodes.values()].flatMap(({ giveUpAt }) => giveUpAt ?? []).toSorted((a, b) => a - b)[0]
  }

  tick(moment: Moment): HostSteps {
    const late = [...this.#nodes.values()].filter(({ giveUpAt }) => giveUpAt !== undefined && giveUpAt <= moment.wall)
    return { readings: [], rebirths: late.flatMap(node => this.#lose(node, moment)) }
  }

  #take(node: Node, arrived: Arrived, moment: Moment): HostSteps {
    // A sender that leaves out what is nought leaves out this, too; should it be another number, it will not fit.
    const seq = arrived.payload.seq ?? 0
    if (arrived.kind === 'NBIRTH') {
      forget(node)
      node.phase = 'alive'
      node.next = (seq + 1) % 256
      node.askedAt = undefined
      node.session = sessionOf(arrived.payload)
      return { readings: this.#born(node, arrived, moment), rebirths: [] }
    }
    if (node.phase === 'unborn') {
      this.#counts.unborn++
      return { readings: [], rebirths: this.#ask(node, moment) }
    }
    if (seq !== node.next) return this.#keep(node, seq, arrived, moment)
    const readings: Reading[] = []
    let turn: Arrived | undefined = arrived
    while (turn) {
      const understood = this.#understand(node, turn, moment)
      readings.push(...understood.readings)
      if (!understood.whole) return { readings, rebirths: this.#lose(node, moment) }
      node.next = (node.next + 1) % 256
      turn = node.early.get(node.next)
      node.early.delete(node.next)
    }
    node.giveUpAt = node.early.size > 0 ? (node.giveUpAt ?? after(moment.wall, reorderWithin)) : undefined
    return { readings, rebirths: [] }
  }

  /** Something before it is still missing. The same number twice means that a whole round is missing. */
  #keep(node: Node, seq: number, arrived: Arrived, moment: Moment): HostSteps {
    if (node.early.has(seq) || node.early.size >= mostEarly) return { readings: [], rebirths: this.#lose(node, moment) }
    node.early.set(seq, arrived)
    node.giveUpAt ??= after(moment.wall, reorderWithin)
    return nothing
  }

  #understand(node: Node, arrived: Arrived, moment: Moment): { readings: readonly Reading[]; whole: boolean } {
    const { kind, device } = arrived
    if (kind === 'DBIRTH') return { readings: this.#born(node, arrived, moment), whole: true }
    if (kind === 'DDEATH') {
      node.metrics.bury(device)
      const why = fault('device-silent', `The edge node ${nodeName(node.node)} says that its device ${device} is gone.`)
      return { readings: this.#bad(pointsAt(node, device), why, moment), whole: true }
    }
    return this.#data(node, arrived, moment)
  }

  #born(node: Node, { device, payload }: Arrived, { clock }: Moment): readonly Reading[] {
    node.metrics.bear(device, payload.metrics)
    const named = Map.groupBy(payload.metrics, ({ name }) => name)
    return pointsAt(node, device).map(point => {
      const [metric, second] = named.get(point.metric) ?? []
      const whose = `${nodeName(node.node)}${device && '/'}${device}`
      if (!metric) return bad1(point, fault('no-such-address', `The birth of ${whose} names no metric ${point.metric}.`), clock)
      if (second) return bad1(point, fault('garbled', `The birth of ${whose} names ${point.metric} twice.`), clock)
      if (metric.type === undefined) return bad1(point, fault('garbled', `The birth of ${whose} gives no type.`), clock)
      return metricReading(point, metric, metric.type, payload.timestamp, clock)
    })
  }

  #data(node: Node, { device, payload }: Arrived, { clock }: Moment): { readings: readonly Reading[]; whole: boolean } {
    const readings: Reading[] = []
    for (const metric of payload.metrics) {
      const meant = node.metrics.find(device, metric)
      if (meant === 'unknown') return { readings, whole: false }
      if (meant === 'ambiguous') {
        const why = fault('garbled', `Alias ${metric.alias} stands for several metrics of ${nodeName(node.node)}.`)
        readings.push(...this.#bad(claimants(node, metric), why, { clock, wall: clock }))
        continue
      }
      for (const point of pointsAt(node, device)) {
        if (point.metric === meant.name) readings.push(metricReading(point, metric, meant.type, payload.timestamp, clock))
      }
    }
    return { readings, whole: true }
  }

  #die(node: Node, payload: Payload, moment: Moment): HostSteps {
    const session = sessionOf(payload)
    if (node.session !== undefined && session !== undefined && session !== node.session) {
      // The last will of a connection that has long been replaced.
      this.#counts.oldDeaths++
      return nothing
    }
    forget(node)
    const why = fault('device-silent', `The edge node ${nodeName(node.node)} has left the broker.`)
    return { readings: this.#bad(node.points, why, moment), rebirths: [] }
  }

  #misunderstand(node: Node, about: SparkplugTopic, why: Fault, moment: Moment): HostSteps {
    this.#counts.garbled++
    if (about.kind === 'NDEATH') return nothing
    const concerned = about.device === undefined ? node.points : pointsAt(node, about.device)
    return { readings: this.#bad(concerned, why, moment), rebirths: this.#lose(node, moment) }
  }

  /** From here on nobody knows what an alias means, nor what was missed. */
  #lose(node: Node, moment: Moment): readonly EdgeNode[] {
    this.#counts.gaps++
    const { session } = node
    forget(node)
    // Its last will is still of this session.
    node.session = session
    return this.#ask(node, moment)
  }

  #ask(node: Node, { wall }: Moment): readonly EdgeNode[] {
    if (node.askedAt !== undefined && wall < node.askedAt + patience) return []
    node.askedAt = wall
    this.#counts.rebirths++
    return [node.node]
  }

  #bad(points: readonly MetricPoint[], why: Fault, { clock }: Moment): readonly Reading[] {
    return badReadings(points.map(({ point }) => point), why, clock) // prettier-ignore
  }
}

const nothing: HostSteps = { readings: [], rebirths: [] }

const newNode = (node: EdgeNode, points: readonly MetricPoint[]): Node => ({
  node,
  points,
  phase: 'unborn',
  session: undefined,
  next: 0,
  metrics: new NodeMetrics(),
  early: new Map(),
  giveUpAt: undefined,
  askedAt: undefined,
})

function forget(node: Node): void {
  node.phase = 'unborn'
  node.session = undefined
  node.metrics.clear()
  node.early = new Map()
  node.giveUpAt = undefined
}

const pointsAt = ({ points }: Node, device: string): readonly MetricPoint[] =>
  points.filter(({ nodeDevice = '' }) => nodeDevice === device)

const claimants = (node: Node, { alias }: Metric): readonly MetricPoint[] =>
  node.metrics.claimants(alias).flatMap(({ device, name }) => pointsAt(node, device).filter(({ metric }) => metric === name))

const bad1 = ({ point }: MetricPoint, why: Fault, now: Instant): Reading => ({
  point,
  at: now,
  receivedAt: now,
  quality: 'bad',
  fault: why,
})

/** The number that a birth has in common with the death of the same connection. */
function sessionOf({ metrics }: Payload): string | undefined {
  const wire = metrics.find(({ name }) => name === 'bdSeq')?.wire
  return wire?.in === 'int' || wire?.in === 'long' ? String(wire.bits) : undefined
}
