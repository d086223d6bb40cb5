import type { Driver, DriverHost, PlannedRead, Prepared, PreparedProblem, Probe, Protocol } from '../contract/driver.ts'
import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import type { Reading } from '../contract/reading.ts'
import { millis } from '../contract/time.ts'
import { failed } from '../kit/answer.ts'
import { Link } from '../kit/link.ts'
import { badReadings, toReading } from '../kit/number.ts'
import { Poller } from '../kit/poller.ts'
import { parseModbus, modbusSchema } from './config.ts'
import type { ModbusConfig } from './config.ts'
import { bytesOf, decode } from './decode.ts'
import { exceptionFault } from './frame.ts'
import type { ReadRequest } from './plan.ts'
import { planReads, splitRead } from './plan.ts'
import type { ModbusSession, Reply } from './session.ts'
import { dialTcp } from './tcp-session.ts'
import { Units } from './units.ts'

/** What became of one read: its points' readings, or the reads to try instead. */
type Outcome =
  | { readonly kind: 'data'; readonly data: Uint8Array }
  | { readonly kind: 'fault'; readonly fault: Fault }
  | { readonly kind: 'split'; readonly into: readonly ReadRequest[] }
  | { readonly kind: 'again' }
  | { readonly kind: 'lost' }

class ModbusDriver implements Driver {
  readonly #config: ModbusConfig
  readonly #host: DriverHost
  readonly #link: Link<ModbusSession>
  readonly #poller: Poller
  readonly #units: Units
  #requests: readonly ReadRequest[]

  constructor(config: ModbusConfig, host: DriverHost) {
    this.#config = config
    this.#host = host
    this.#requests = planReads(config.points, config.connection)
    this.#units = new Units(host.wall, config.connection.timeout)
    this.#link = new Link({
      wall: host.wall,
      dial: signal => this.#dial(signal),
      patience: millis(Math.max(config.connection.timeout, 3_000)),
      up: () => {
        // A device that comes back may be another one: forget which reads it refused and who was silent.
        this.#requests = planReads(config.points, config.connection)
        this.#units.forget()
        host.linkUp()
        this.#poller.soon()
      },
      down: why => {
        host.linkDown(why)
        this.#publishBad(config.points, why)
      },
    })
    this.#poller = new Poller({ clock: host.clock, every: config.connection.every, sweep: () => this.#sweep() })
  }

  start(): void {
    this.#link.start()
    this.#poller.start()
  }

  async stop(): Promise<void> {
    const swept = this.#poller.stop()
    await this.#link.stop()
    await swept
  }

  async probe(signal: AbortSignal): Promise<readonly Probe[]> {
    const dialled = await this.#dial(signal)
    if (!dialled.ok) return this.#config.points.map(point => this.#probed(point, failed(dialled.fault), '', 0))
    const hangUp = (): void => void dialled.value.close()
    signal.addEventListener('abort', hangUp, { once: true })
    try {
      return await this.#probeAll(dialled.value, signal)
    } finally {
      signal.removeEventListener('abort', hangUp)
      hangUp()
    }
  }

  async #probeAll(first: ModbusSession, signal: AbortSignal): Promise<Probe[]> {
    let session = first
    const probes: Probe[] = []
    const waiting = [...planReads(this.#config.points, this.#config.connection)]
    for (let request = waiting.shift(); request; request = waiting.shift()) {
      if (!session.trusted) {
        const again = await this.#dial(signal)
        if (again.ok) {
          void session.close()
          session = again.value
        }
      }
      const reply = await session.read(request)
      const outcome = outcomeOf(request, reply, false)
      if (outcome.kind === 'split') waiting.unshift(...outcome.into)
      else for (const point of request.points) probes.push(this.#probeOf(point, request, outcome, reply.roundTripMs))
    }
    if (session !== first) void session.close()
    return probes
  }

  #probeOf(point: ReadRequest['points'][number], request: ReadRequest, outcome: Outcome, roundTripMs: number): Probe {
    if (outcome.kind === 'data') {
      const raw = Buffer.from(bytesOf(point, request, outcome.data)).toString('hex')
      return this.#probed(point, decode(point, request, outcome.data), raw, roundTripMs)
    }
    const why = outcome.kind === 'fault' ? outcome.fault : fault('disconnected', 'The connection was lost.')
    return this.#probed(point, failed(why), '', roundTripMs)
  }

  #probed(
    point: ReadRequest['points'][number],
    answer: Parameters<typeof toReading>[1],
    raw: string,
    roundTripMs: number,
  ): Probe {
    const now = this.#host.clock.now()
    return { reading: toReading(point.point, answer, { at: now, receivedAt: now }), raw, roundTripMs }
  }

  /** The library behind RTU framing brings a serial port with it: a site without RTU never pays for that. */
  async #dial(signal: AbortSignal): ReturnType<typeof dialTcp> {
    const { host, port, timeout, framing } = this.#config.connection
    const dial = framing === 'tcp' ? dialTcp : (await import('./rtu-session.ts')).dialRtu
    return dial({ host, port, timeout, wall: this.#host.wall }, signal)
  }

  /** Units that answered last time first, so that a silent one costs the others nothing but the end of the sweep. */
  async #sweep(): Promise<void> {
    if (!this.#link.session) return
    const asked = this.#units.inOrder(this.#requests)
    const again: ReadRequest[] = []
    let answers = 0
    let silences = 0
    for (const queue of [asked, again]) {
      const retries = queue === asked
      for (let request = queue.shift(); request; request = queue.shift()) {
        const silent = this.#units.silence(request.unit)
        if (silent) {
          this.#publishBad(request.points, silent)
          continue
        }
        const outcome = await this.#ask(request, retries)
        if (outcome.kind === 'lost') return
        if (outcome.kind === 'split') {
          this.#requests = this.#requests.flatMap(known => (known === request ? outcome.into : [known]))
          queue.unshift(...outcome.into)
        } else if (outcome.kind === 'again') again.push(request)
        else if (outcome.kind === 'data') this.#publishData(request, outcome.data)
        else this.#publishBad(request.points, outcome.fault)
        if (outcome.kind === 'fault' && outcome.fault.code === 'timeout') silences += 1
        else answers += 1
      }
    }
    if (answers > 0) this.#link.proved()
    // Nobody at all answered: perhaps the connection is dead and nobody told us. A new call will show.
    else if (silences > 0) await this.#link.renew()
  }

  async #ask(request: ReadRequest, retries: boolean): Promise<Outcome> {
    const session = this.#link.session?.trusted === false ? await this.#link.renew() : this.#link.session
    if (!session) return { kind: 'lost' }
    const reply = await session.read(request)
    const outcome = outcomeOf(request, reply, retries)
    // The link tells of a lost connection itself, once for all points.
    if (outcome.kind === 'fault' && outcome.fault.code === 'disconnected') return { kind: 'lost' }
    if (outcome.kind === 'fault' && (outcome.fault.code === 'timeout' || outcome.fault.code === 'device-silent')) {
      this.#units.fellSilent(request.unit, outcome.fault)
    } else this.#units.answered(request.unit)
    return outcome
  }

  #publishData(request: ReadRequest, data: Uint8Array): void {
    const now = this.#host.clock.now()
    const readings = request.points.map((point): Reading =>
      toReading(point.point, decode(point, request, data), { at: now, receivedAt: now }),
    )
    this.#host.publish(readings)
  }

  #publishBad(points: ReadRequest['points'], why: Fault): void {
    if (points.length === 0) return
    this.#host.publish(
      badReadings(
        points.map(({ point }) => point),
        why,
        this.#host.clock.now(),
      ),
    )
  }
}

/** Refusals that may concern only some of the addresses: illegal address or value, and 4, which some devices use for the same. */
const splittable = [2, 3, 4]
/** The device wants more time. */
const later = [5, 6]

function outcomeOf(request: ReadRequest, { judged }: Reply, retries: boolean): Outcome {
  if (judged.kind !== 'exception') return judged
  if (retries && later.includes(judged.code)) return { kind: 'again' }
  const into = splittable.includes(judged.code) ? splitRead(request) : []
  if (into.some(part => part.quantity < request.quantity)) return { kind: 'split', into }
  return { kind: 'fault', fault: exceptionFault(judged.code) }
}

function plannedReads({ connection, points }: ModbusConfig): PlannedRead[] {
  const header = connection.framing === 'tcp' ? 7 : 3
  return planReads(points, connection).map(request => {
    const bits = request.table === 'coil' || request.table === 'discrete'
    const data = bits ? Math.ceil(request.quantity / 8) : request.quantity * 2
    return {
      device: `unit ${request.unit}`,
      request: `${request.table} ${request.start}${request.quantity > 1 ? `–${request.start + request.quantity - 1}` : ''}`,
      points: request.points.map(({ point }) => point),
      // The request and its answer, headers included.
      bytes: header + 5 + header + 2 + data,
    }
  })
}

export const modbusTcp: Protocol = {
  kind: 'modbus-tcp',
  schema: modbusSchema,
  prepare(_name, settings, bindings): Prepared {
    const problems: PreparedProblem[] = []
    const config = parseModbus(settings, bindings, problems)
    if (problems.length > 0) return { ok: false, problems }
    return { ok: true, driver: { open: host => new ModbusDriver(config, host), plan: () => plannedReads(config) } }
  },
}
