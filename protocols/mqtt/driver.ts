import { join } from 'node:path'
import type {
  Binding,
  Driver,
  DriverHost,
  LineReport,
  Outbound,
  Prepared,
  PreparedProblem,
  Probe,
  Protocol,
  ScanAsk,
  ScanStep,
} from '../contract/driver.ts'
import { fault } from '../contract/fault.ts'
import type { Reading } from '../contract/reading.ts'
import { answered } from '../kit/answer.ts'
import { badReadings } from '../kit/number.ts'
import type { Account } from './accounts.ts'
import { Broker } from './broker.ts'
import { nothingYet, reportOf } from './broker-report.ts'
import type { BrokerConfig, ClientConfig } from './config.ts'
import { brokerSchema, clientSchema, parseBroker, parseClient } from './config.ts'
import type { Dialects } from './dialects.ts'
import { EntityFinder } from './found-entities.ts'
import { TopicFinder } from './found-topics.ts'
import { ZigbeeFinder } from './found-zigbee.ts'
import { HomeAssistantOut } from './homeassistant-out-role.ts'
import type { Dial, SpeakingSession } from './line.ts'
import { RoleLine } from './line.ts'
import type { Message } from './mapping.ts'
import { Notebook } from './notebook.ts'
import { gatewayWord } from './own-words.ts'
import type { MqttPoint } from './points.ts'
import { parsePoint, topicsOf } from './points.ts'
import { listenOnce } from './probe.ts'
import { readersOf } from './readers.ts'
import type { Role } from './role.ts'
import type { OpenEars } from './scan.ts'
import { listenIn } from './scan.ts'
import { EdgeRole } from './sparkplug/edge-role.ts'
import { NodeFinder } from './sparkplug/found-nodes.ts'
import { nodeTopic, stateTopic } from './sparkplug/topic.ts'
import { covers } from './topic.ts'

interface DriverParts {
  readonly points: readonly MqttPoint[]
  readonly dialects: Dialects
  readonly host: DriverHost
  readonly dial: Dial
  /** An outside broker says one last will for each connection: a role with a will of its own calls apart, under no name. */
  readonly dialApart?: Dial
  /** A line for the ears alone, beside the running one: what `scan` and `probe` listen on. */
  readonly ears: (running: SpeakingSession | undefined) => OpenEars
  readonly counters: (session: SpeakingSession | undefined) => Readonly<Record<string, number>>
  readonly report: (session: SpeakingSession | undefined) => LineReport
}

/** Sits on a broker, its own or an outside one: the two differ only in how the line is made. */
class MqttDriver implements Driver {
  readonly outbound: Outbound
  readonly #parts: DriverParts
  readonly #main: RoleLine
  readonly #others: readonly RoleLine[]
  readonly #roles: readonly Role[]
  /** The latest retained word on each topic, to be said again on a new connection. */
  readonly #said = new Map<`zhishou/${string}`, string>()

  constructor(parts: DriverParts) {
    const { points, dialects, host, dial, dialApart } = parts
    this.#parts = parts
    const notes = (name: string): Notebook => new Notebook(host.folder === undefined ? undefined : join(host.folder, name))
    const edge = dialects.sparkplugEdge && new EdgeRole(dialects.sparkplugEdge, host, notes('sparkplug-edge.json'))
    const home = dialects.homeAssistant && new HomeAssistantOut(dialects.homeAssistant, host, notes('home-assistant.json'))
    this.#roles = [...readersOf(points, dialects, host, dialects.sparkplugHost), ...(edge ? [edge] : []), ...(home ? [home] : [])]
    const alone = dialApart ? this.#roles.filter(role => role.farewell) : []
    this.#others = alone.map(role => new RoleLine({ host, roles: [role], dial: dialApart ?? dial }))
    const { farewell } = host
    this.#main = new RoleLine({
      host,
      roles: this.#roles.filter(role => !alone.includes(role)),
      dial,
      ...(farewell && dialApart ? { farewell: gatewayWord(farewell.topic, farewell.payload, true) } : {}),
      up: session => {
        host.linkUp()
        for (const [topic, payload] of this.#said) session.say(gatewayWord(topic, payload, true))
      },
      down: why => host.linkDown(why),
    })
    this.outbound = {
      say: (topic, payload, { retain }) => this.#say(topic, payload, retain),
      present(site) {
        edge?.present(site)
        home?.present(site)
      },
      tell: (readings: readonly Reading[]) => edge?.tell(readings),
    }
  }

  start(): void {
    for (const line of [this.#main, ...this.#others]) line.start()
  }

  async stop(): Promise<void> {
    await Promise.all([this.#main, ...this.#others].map(line => line.stop()))
  }

  counters(): Readonly<Record<string, number>> {
    const own = this.#roles.map(role => role.counters?.() ?? {})
    return Object.assign({}, this.#parts.counters(this.#main.session), ...own) as Readonly<Record<string, number>>
  }

  report(): LineReport {
    return this.#parts.report(this.#main.session)
  }

  scan(ask: ScanAsk, signal: AbortSignal): AsyncIterable<ScanStep> {
    const { dialects, host, ears } = this.#parts
    const finders = [
      new ZigbeeFinder(),
      new EntityFinder(dialects.discoveryPrefix),
      new NodeFinder(dialects.sparkplugHost !== undefined, () => host.wall.now()),
      new TopicFinder(dialects.discoveryPrefix),
    ]
    return listenIn(ears(this.#main.session), finders, ask, host.wall, signal)
  }

  probe(signal: AbortSignal, bindings?: readonly Binding[]): Promise<readonly Probe[]> {
    const { points, dialects, host, ears } = this.#parts
    const asked = bindings?.map(binding => parsePoint(binding, [])) ?? points
    return listenOnce(ears(this.#main.session), asked, dialects, host, signal)
  }

  /** A device's last connection broke off: its points have nobody behind them. */
  miss(account: string): void {
    const { points, host } = this.#parts
    const gone = points.filter(({ device }) => device === account).map(({ point }) => point)
    const why = fault('device-silent', `The device ${account} left the broker without a word.`)
    if (gone.length > 0) host.publish(badReadings(gone, why, host.clock.now()))
  }

  #say(topic: `zhishou/${string}`, payload: string, retain: boolean): void {
    const word = gatewayWord(topic, payload, retain)
    if (retain && payload === '') this.#said.delete(topic)
    else if (retain) this.#said.set(topic, payload)
    this.#main.session?.say(word)
  }
}

function openBroker(config: BrokerConfig, host: DriverHost): Driver {
  const { points } = config
  const { named, accounts } = whoMayWhat(config)
  const open = (heard: (message: Message) => void, fellSilent: (account: string) => void) =>
    Broker.open({
      ...config,
      accounts,
      named,
      heard,
      fellSilent,
      wall: host.wall,
      ...(host.folder === undefined ? {} : { folder: host.folder }),
    })
  const driver: MqttDriver = new MqttDriver({
    points,
    dialects: config,
    host,
    report: session => (session instanceof Broker ? reportOf(session) : nothingYet(host.wall)),
    counters: session => {
      const refusals = session instanceof Broker ? [...session.refusals] : []
      return Object.fromEntries(refusals.map(([why, count]) => [`mqtt_refused_${why.replaceAll('-', '_')}`, count]))
    },
    dial: ({ heard }) => open(heard, account => driver.miss(account)),
    ears:
      running =>
      async ({ heard }) => {
        if (!running?.hub) return open(heard, () => {})
        const stop = running.hub.listen(heard)
        return answered({ ended: running.ended, say: word => running.say(word), close: stop })
      },
  })
  return driver
}

/** What accounts may say and hear beyond their own tree, because of what their points and the connection's dialects are. */
function whoMayWhat({ points, accounts, homeAssistant, sparkplugEdge }: BrokerConfig): {
  readonly named: ReadonlyMap<string, readonly string[]>
  readonly accounts: ReadonlyMap<string, Account>
} {
  const says = new Map([...Map.groupBy(points, ({ device }) => device)].map(([device, own]) => [device, own.flatMap(topicsOf)]))
  const hears = new Map([...accounts].map(([name, account]) => [name, [...account.hears]]))
  for (const point of points) {
    if (point.from !== 'sparkplug') continue
    const { group, edge } = point.node
    hears
      .get(point.device)
      ?.push(`spBv1.0/${group}/NCMD/${edge}`, `spBv1.0/${group}/DCMD/${edge}/#`, 'spBv1.0/STATE/#', 'STATE/#')
  }
  for (const [name, account] of accounts) {
    const mayHear = (topic: string): boolean => account.hears.some(filter => covers(filter, topic))
    const own = says.get(name) ?? []
    // Who may hear what we announce may say that it is there to hear it.
    if (homeAssistant && mayHear(`${homeAssistant.prefix}/sensor/x/y/config`)) own.push(`${homeAssistant.prefix}/status`)
    if (sparkplugEdge && mayHear(nodeTopic('NBIRTH', sparkplugEdge.node))) {
      const { node, primaryHost } = sparkplugEdge
      own.push(nodeTopic('NCMD', node), ...(primaryHost === undefined ? [] : [stateTopic(primaryHost), `STATE/${primaryHost}`]))
    }
    if (own.length > 0) says.set(name, own)
  }
  return { named: says, accounts: new Map([...accounts].map(([name, own]) => [name, { ...own, hears: hears.get(name) ?? [] }])) }
}

function openClient(config: ClientConfig, host: DriverHost): Driver {
  const { clientId: _clientId, ...nameless } = config
  // A site with its own broker only never loads the client.
  const dialAs =
    (settings: Omit<ClientConfig, 'clientId'>): Dial =>
    async (ears, signal) =>
      (await import('./client.ts')).callBroker(
        { ...settings, ...ears, wall: host.wall, ...(host.folder === undefined ? {} : { folder: host.folder }) },
        signal,
      )
  return new MqttDriver({
    report: () => nothingYet(host.wall),
    points: config.points,
    dialects: config,
    host,
    dial: dialAs(config),
    dialApart: dialAs(nameless),
    ears: () => dialAs(nameless),
    counters: () => ({}),
  })
}

/** The embedded broker as a protocol. */
export const mqttBroker: Protocol = {
  kind: 'mqtt-broker',
  schema: brokerSchema,
  prepare: (_name, settings, bindings) => prepared(settings, bindings, parseBroker, openBroker),
}

/** An outside broker as a protocol. */
export const mqttClient: Protocol = {
  kind: 'mqtt',
  schema: clientSchema,
  prepare: (_name, settings, bindings) => prepared(settings, bindings, parseClient, openClient),
}

function prepared<C>(
  settings: Readonly<Record<string, unknown>>,
  bindings: readonly Binding[],
  parse: (settings: Readonly<Record<string, unknown>>, bindings: readonly Binding[], problems: PreparedProblem[]) => C,
  open: (config: C, host: DriverHost) => Driver,
): Prepared {
  const problems: PreparedProblem[] = []
  const config = parse(settings, bindings, problems)
  return problems.length > 0 ? { ok: false, problems } : { ok: true, driver: { open: host => open(config, host) } }
}
