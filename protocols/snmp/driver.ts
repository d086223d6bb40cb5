import type {
  Binding,
  Driver,
  DriverHost,
  LineReport,
  Prepared,
  PreparedProblem,
  Probe,
  Protocol,
  ScanAsk,
  ScanStep,
} from '../contract/driver.ts'
import { seconds } from '../contract/time.ts'
import { Poller } from '../kit/poller.ts'
import { advise, learned } from './advice.ts'
import type { Talk } from './agent.ts'
import { Agent } from './agent.ts'
import { nothingLearned } from './ask.ts'
import type { SnmpConfig } from './config.ts'
import { parseSnmp } from './config.ts'
import { Doctor } from './doctor.ts'
import type { SnmpPoint } from './points.ts'
import { Rates } from './rates.ts'
import { deviceOf, planReads, plannedRead } from './reads.ts'
import { scanAgent } from './scan.ts'
import { snmpSchema } from './schema.ts'
import { probeOf, readOnce, Sweeps } from './sweeps.ts'
import { securityOf } from './usm.ts'

/** Agents count on in steps of a second and more: two looks at a counter are this far apart. */
const betweenLooks = seconds(2)

class SnmpDriver implements Driver {
  readonly #settings: Readonly<Record<string, unknown>>
  readonly #config: SnmpConfig
  readonly #host: DriverHost
  readonly #doctor: Doctor
  readonly #agent: Agent
  readonly #sweeps: Sweeps
  readonly #poller: Poller

  constructor(settings: Readonly<Record<string, unknown>>, config: SnmpConfig, host: DriverHost) {
    this.#settings = settings
    this.#config = config
    this.#host = host
    this.#doctor = new Doctor(host.wall, deviceOf(config))
    this.#agent = new Agent(config, {
      wall: host.wall,
      doctor: this.#doctor,
      up: () => {
        this.#sweeps.forget()
        host.linkUp()
        this.#poller.soon()
      },
      down: why => {
        host.linkDown(why)
        this.#sweeps.publishBad(why)
      },
    })
    this.#sweeps = new Sweeps({ host, agent: this.#agent, doctor: this.#doctor, points: config.points, most: config.most })
    this.#poller = new Poller({ clock: host.clock, every: config.every, sweep: () => this.#sweeps.sweep() })
  }

  start(): void {
    this.#agent.start()
    this.#poller.start()
  }

  async stop(): Promise<void> {
    const swept = this.#poller.stop()
    await this.#agent.stop()
    await swept
  }

  async probe(signal: AbortSignal, bindings?: readonly Binding[]): Promise<readonly Probe[]> {
    const points = bindings ? parseSnmp(this.#settings, bindings, []).points : this.#config.points
    const talk = await this.#agent.talk(signal)
    if (!talk.ok) {
      const now = this.#host.clock.now()
      return points.map(point => probeOf({ point, value: talk, raw: '' }, now, 0))
    }
    try {
      const rates = new Rates()
      const first = await this.#look(talk.value, points, rates)
      const waiting = points.filter(({ rate }) => rate)
      if (waiting.length === 0 || signal.aborted) return first
      await this.#pause(signal)
      const second = await this.#look(talk.value, waiting, rates)
      return first.map(probe => second.find(({ reading }) => reading.point === probe.reading.point) ?? probe)
    } finally {
      await talk.value.end()
    }
  }

  scan(ask: ScanAsk, signal: AbortSignal): AsyncIterable<ScanStep> {
    return scanAgent(this.#agent, deviceOf(this.#config), ask, signal)
  }

  report(): LineReport {
    const { asked, answered, timeouts, garbled, refusals, roundTrip, busy, since, device } = this.#doctor
    const { last, done, memory, reads } = this.#sweeps
    return {
      since,
      busy,
      sweeps: { every: this.#config.every, ...(last !== undefined && { last }), done, missed: this.#poller.missed },
      devices: [
        {
          device,
          asked,
          answered,
          timeouts,
          garbled,
          refusals: Object.fromEntries(refusals),
          ...(roundTrip && { roundTrip }),
          reads: reads.map(read => plannedRead(this.#config, read)),
          learned: learned(this.#config.most, memory),
          advice: advise(this.#config, this.#doctor),
        },
      ],
      frames: this.#doctor.frames(),
    }
  }

  async #look(talk: Talk, points: readonly SnmpPoint[], rates: Rates): Promise<Probe[]> {
    const memory = nothingLearned(this.#config.most)
    const probes: Probe[] = []
    for (const read of planReads(points, memory)) {
      const { said, roundTripMs } = await readOnce(talk.ask, read, memory, rates)
      const now = this.#host.clock.now()
      probes.push(...said.map(each => probeOf(each, now, roundTripMs)))
    }
    return probes
  }

  #pause(signal: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      const cancel = this.#host.wall.after(betweenLooks, resolve)
      signal.addEventListener('abort', () => (cancel(), resolve()), { once: true })
    })
  }
}

/** One agent: a UPS, a switch, a rack sensor. */
export const snmp: Protocol = {
  kind: 'snmp',
  schema: snmpSchema,
  prepare(_name, settings, bindings): Prepared {
    const problems: PreparedProblem[] = []
    const config = parseSnmp(settings, bindings, problems)
    if (problems.length > 0) return { ok: false, problems }
    const { way } = config
    return {
      ok: true,
      driver: {
        ...(way.version === '3' && { preload: () => securityOf(way.credentials) }),
        open: host => new SnmpDriver(settings, config, host),
        plan: () => planReads(config.points, nothingLearned(config.most)).map(read => plannedRead(config, read)),
      },
    }
  },
}
