import type {
  Binding,
  DeviceReport,
  Driver,
  DriverHost,
  LineReport,
  PlannedRead,
  Prepared,
  PreparedProblem,
  Probe,
  Protocol,
  ScanAsk,
  ScanStep,
} from '../contract/driver.ts'
import type { Millis } from '../contract/time.ts'
import { millis } from '../contract/time.ts'
import { Poller } from '../kit/poller.ts'
import { advise } from './advice.ts'
import type { Kind, ModbusConfig } from './config.ts'
import { parseModbus } from './config.ts'
import { Doctor, refusalsOf, roundTripOf } from './doctor.ts'
import { FrameLog } from './frame-log.ts'
import { Line } from './line.ts'
import type { ReadRequest } from './plan.ts'
import { planReads } from './plan.ts'
import { probePoints, unread } from './probe.ts'
import { Reads } from './reads.ts'
import { scanUnits } from './scan.ts'
import { rtuSchema, tcpSchema } from './schema.ts'
import { Sweeps } from './sweep.ts'
import { Units } from './units.ts'
import { isBitTable } from './types.ts'

class ModbusDriver implements Driver {
  readonly #kind: Kind
  readonly #settings: Readonly<Record<string, unknown>>
  readonly #config: ModbusConfig
  readonly #host: DriverHost
  readonly #every: Millis
  readonly #frames: FrameLog
  readonly #doctor: Doctor
  readonly #units: Units
  readonly #reads: Reads
  readonly #line: Line
  readonly #sweeps: Sweeps
  readonly #poller: Poller

  constructor(kind: Kind, settings: Readonly<Record<string, unknown>>, config: ModbusConfig, host: DriverHost) {
    this.#kind = kind
    this.#settings = settings
    this.#config = config
    this.#host = host
    this.#every = millis(
      Math.min(...[...config.units.values()].map(unit => unit.every), ...(config.units.size > 0 ? [] : [config.usual.every])),
    )
    this.#frames = new FrameLog(host.wall)
    this.#doctor = new Doctor(host.wall)
    this.#units = new Units(host.wall)
    this.#reads = new Reads(config.points, unit => config.units.get(unit) ?? config.usual, host.wall)
    this.#line = new Line(config, {
      wall: host.wall,
      frames: this.#frames,
      doctor: this.#doctor,
      up: () => {
        // A device that comes back may be another one: forget which reads it refused and who was silent.
        this.#reads.forget()
        this.#units.forget()
        host.linkUp()
        this.#poller.soon()
      },
      down: why => {
        this.#sweeps.flush()
        host.linkDown(why)
        this.#sweeps.publishBad(config.points, why)
        this.#sweeps.flush()
      },
    })
    const missed = (): number => this.#poller.missed
    const parts = { config, host, line: this.#line, units: this.#units, reads: this.#reads, every: this.#every, missed }
    this.#sweeps = new Sweeps(parts)
    this.#poller = new Poller({ clock: host.clock, every: this.#every, sweep: () => this.#sweeps.sweep() })
  }

  start(): void {
    this.#line.start()
    this.#poller.start()
  }

  async stop(): Promise<void> {
    const swept = this.#poller.stop()
    await this.#line.stop()
    await swept
    this.#sweeps.flush()
  }

  async probe(signal: AbortSignal, bindings?: readonly Binding[]): Promise<readonly Probe[]> {
    const { points, units } = bindings ? parseModbus(this.#kind, this.#settings, bindings, []) : this.#config
    const settingsOf = (unit: number) => units.get(unit) ?? this.#config.usual
    const opened = await this.#line.talk(signal)
    if (!opened.ok) return unread(points, opened.fault, this.#host.clock)
    try {
      return await probePoints({ points, settingsOf }, opened.value, this.#host.clock, signal)
    } finally {
      await opened.value.end()
    }
  }

  scan(ask: ScanAsk, signal: AbortSignal): AsyncIterable<ScanStep> {
    return scanUnits({ kind: this.#kind, settings: this.#settings, config: this.#config }, this.#line, ask, signal)
  }

  report(): LineReport {
    const { last, done, caughtUp } = this.#sweeps
    return {
      since: this.#doctor.since,
      busy: this.#doctor.busy,
      sweeps: {
        every: this.#every,
        ...(last !== undefined && { last }),
        done,
        missed: Math.max(0, this.#poller.missed - caughtUp),
      },
      devices: this.#reads.units.map(unit => this.#deviceReport(unit)),
      frames: this.#frames.list(),
    }
  }

  #deviceReport(unit: number): DeviceReport {
    const figures = this.#doctor.of(unit)
    const reads = this.#reads.of(unit)
    const silent = this.#units.silence(unit)
    const roundTrip = roundTripOf(figures)
    return {
      device: `unit ${unit}`,
      asked: figures.asked,
      answered: figures.answered,
      timeouts: figures.timeouts,
      garbled: figures.garbled + figures.wrong,
      refusals: refusalsOf(figures),
      ...(roundTrip && { roundTrip }),
      ...(silent && { silent: { since: silent.since, until: silent.until, why: silent.why } }),
      reads: reads.map(read => plannedRead(this.#config, read)),
      learned: this.#reads.learned(unit),
      advice: advise({
        config: this.#config,
        settings: this.#sweeps.settingsOf(unit),
        figures,
        othersAnswer: this.#reads.units.some(other => other !== unit && this.#units.isLively(other)),
        alone: this.#reads.units.length === 1,
        longest: Math.max(0, ...reads.map(read => read.quantity)),
      }),
    }
  }
}

function plannedRead({ framing }: ModbusConfig, { unit, table, start, quantity, points }: ReadRequest): PlannedRead {
  const data = isBitTable(table) ? Math.ceil(quantity / 8) : quantity * 2
  // Unit and function, and around them a header of six bytes or a checksum of two; the question has four bytes more, the answer a count.
  const around = 2 + (framing === 'tcp' ? 6 : 2)
  return {
    device: `unit ${unit}`,
    request: `${table} ${start}${quantity > 1 ? `–${start + quantity - 1}` : ''}`,
    points: points.map(({ point }) => point),
    bytes: around + 4 + around + 1 + data,
  }
}

function protocol(kind: Kind, schema: Protocol['schema']): Protocol {
  return {
    kind,
    schema,
    prepare(_name, settings, bindings): Prepared {
      const problems: PreparedProblem[] = []
      const config = parseModbus(kind, settings, bindings, problems)
      if (problems.length > 0) return { ok: false, problems }
      const settingsOf = (unit: number) => config.units.get(unit) ?? config.usual
      return {
        ok: true,
        driver: {
          ...(config.framing === 'rtu' && { preload: () => import('./rtu-session.ts') }),
          open: host => new ModbusDriver(kind, settings, config, host),
          plan: () => planReads(config.points, settingsOf).map(request => plannedRead(config, request)),
        },
      }
    },
  }
}

export const modbusTcp = protocol('modbus-tcp', tcpSchema)
export const modbusRtu = protocol('modbus-rtu', rtuSchema)
