import type { Driver, DriverHost, Outbound, PreparedProblem, Protocol } from '../contract/driver.ts'
import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import { seconds } from '../contract/time.ts'
import type { Answer } from '../kit/answer.ts'
import type { Session } from '../kit/link.ts'
import { Link } from '../kit/link.ts'
import { badReadings } from '../kit/number.ts'
import { Broker } from './broker.ts'
import type { BrokerSession } from './client.ts'
import type { BrokerConfig, ClientConfig } from './config.ts'
import { brokerSchema, clientSchema, parseBroker, parseClient } from './config.ts'
import type { Message, MqttPoint } from './mapping.ts'
import { readingsOf } from './mapping.ts'

type SpeakingSession = Session & Pick<BrokerSession, 'say'> & Partial<Pick<BrokerSession, 'refused'> & Pick<Broker, 'refusals'>>

interface DriverParts {
  readonly points: readonly MqttPoint[]
  readonly host: DriverHost
  readonly dial: (ears: Ears, signal: AbortSignal) => Promise<Answer<SpeakingSession>>
}

interface Ears {
  readonly heard: (message: Message) => void
  readonly fellSilent: (account: string) => void
}

/** Sits on a broker, its own or an outside one: the two differ only in how the link is made. */
class MqttDriver implements Driver {
  readonly outbound: Outbound
  readonly #points: readonly MqttPoint[]
  readonly #host: DriverHost
  readonly #link: Link<SpeakingSession>
  /** The latest retained word on each topic, to be said again on a new connection. */
  readonly #said = new Map<string, string>()

  constructor({ points, host, dial }: DriverParts) {
    this.#points = points
    this.#host = host
    const ears: Ears = { heard: message => this.#hear(message), fellSilent: account => this.#miss(account) }
    this.#link = new Link({
      wall: host.wall,
      dial: signal => dial(ears, signal),
      patience: seconds(15),
      up: session => this.#up(session),
      down: why => {
        host.linkDown(why)
        this.#publishBad(points, why)
      },
    })
    this.outbound = { say: (topic, payload, { retain }) => this.#say(topic, payload, retain) }
  }

  start(): void {
    this.#link.start()
  }

  async stop(): Promise<void> {
    await this.#link.stop()
  }

  counters(): Readonly<Record<string, number>> {
    const refusals = [...(this.#link.session?.refusals ?? [])]
    return Object.fromEntries(refusals.map(([why, count]) => [`mqtt_refused_${why.replaceAll('-', '_')}`, count]))
  }

  #up(session: SpeakingSession): void {
    this.#link.proved()
    this.#host.linkUp()
    for (const [topic, payload] of this.#said) session.say(topic, payload, true)
    for (const filter of session.refused ?? []) {
      const why = fault('refused', `The broker does not let the gateway subscribe to ${filter}.`)
      this.#publishBad(
        this.#points.filter(point => point.filter === filter),
        why,
      )
    }
  }

  #say(topic: `zhishou/${string}`, payload: string, retain: boolean): void {
    if (!topic.startsWith('zhishou/')) throw new RangeError(`The gateway speaks below zhishou/ only, not on ${topic}.`)
    if (retain && payload === '') this.#said.delete(topic)
    else if (retain) this.#said.set(topic, payload)
    this.#link.session?.say(topic, payload, retain)
  }

  #hear(message: Message): void {
    const readings = readingsOf(this.#points, message, this.#host.clock.now())
    if (readings.length > 0) this.#host.publish(readings)
  }

  #miss(account: string): void {
    const why = fault('device-silent', `The device ${account} left the broker without a word.`)
    this.#publishBad(
      this.#points.filter(({ device }) => device === account),
      why,
    )
  }

  #publishBad(points: readonly MqttPoint[], why: Fault): void {
    if (points.length === 0) return
    const ids = points.map(({ point }) => point)
    this.#host.publish(badReadings(ids, why, this.#host.clock.now()))
  }
}

function openBroker({ points, ...config }: BrokerConfig, host: DriverHost): Driver {
  const named = Map.groupBy(points, ({ device }) => device)
  const topics = new Map([...named].map(([device, own]) => [device, own.map(({ filter }) => filter)]))
  return new MqttDriver({
    points,
    host,
    dial: ears => Broker.open({ ...config, ...ears, named: topics, wall: host.wall }),
  })
}

function openClient({ points, ...config }: ClientConfig, host: DriverHost): Driver {
  const filters = [...new Set(points.map(({ filter }) => filter))]
  return new MqttDriver({
    points,
    host,
    // A site with its own broker only never loads the client.
    dial: async ({ heard }, signal) =>
      (await import('./client.ts')).callBroker(
        { ...config, filters, heard, ...(host.farewell ? { farewell: host.farewell } : {}) },
        signal,
      ),
  })
}

export const mqttBroker: Protocol = {
  kind: 'mqtt-broker',
  schema: brokerSchema,
  prepare(_name, settings, bindings) {
    const problems: PreparedProblem[] = []
    const config = parseBroker(settings, bindings, problems)
    return problems.length > 0 ? { ok: false, problems } : { ok: true, driver: { open: host => openBroker(config, host) } }
  },
}

export const mqttClient: Protocol = {
  kind: 'mqtt',
  schema: clientSchema,
  prepare(_name, settings, bindings) {
    const problems: PreparedProblem[] = []
    const config = parseClient(settings, bindings, problems)
    return problems.length > 0 ? { ok: false, problems } : { ok: true, driver: { open: host => openClient(config, host) } }
  },
}
