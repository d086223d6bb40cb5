import type {
  Binding,
  Driver,
  DriverHost,
  LineReport,
  PreparedProblem,
  Probe,
  Protocol,
  ScanAsk,
  ScanStep,
} from '../contract/driver.ts'
import type { Fault } from '../contract/fault.ts'
import { millis, seconds } from '../contract/time.ts'
import type { Answer } from '../kit/answer.ts'
import { answered } from '../kit/answer.ts'
import { Link } from '../kit/link.ts'
import { badReadings, toReading } from '../kit/number.ts'
import type { BacnetConfig } from './config.ts'
import { parseBacnet } from './config.ts'
import { Doctor } from './doctor.ts'
import { loadSpeech } from './encode.ts'
import { Exchange } from './exchange.ts'
import { placeOf } from './frame.ts'
import type { Seen } from './look.ts'
import { Registration } from './registration.ts'
import { lookAround } from './scan.ts'
import { bacnetSchema } from './schema.ts'
import { openSocket } from './socket.ts'
import { planOf } from './station-report.ts'
import { Station } from './station.ts'

/** One UDP port, and as many devices as the site file names: each is read in its own rhythm, and a dead one holds nobody up. */
class BacnetDriver implements Driver {
  readonly #settings: Readonly<Record<string, unknown>>
  readonly #config: BacnetConfig
  readonly #host: DriverHost
  readonly #doctor: Doctor
  readonly #link: Link<Exchange>
  readonly #stations: readonly Station[]
  readonly #registration: Registration | undefined
  #state: 'unknown' | 'up' | 'down' = 'unknown'
  #running = false

  constructor(settings: Readonly<Record<string, unknown>>, config: BacnetConfig, host: DriverHost) {
    this.#settings = settings
    this.#config = config
    this.#host = host
    this.#doctor = new Doctor(host.wall)
    this.#stations = this.#stationsOf(config)
    this.#registration = config.bbmd && new Registration(host.wall, config.bbmd)
    this.#link = new Link({
      wall: host.wall,
      dial: signal => this.#open(config.port, signal),
      patience: seconds(10),
      up: exchange => {
        this.#link.proved()
        this.#registration?.start(exchange)
        if (this.#stations.length === 0) this.#up()
        for (const station of this.#stations) station.wake()
      },
      down: why => {
        this.#registration?.stop()
        this.#down(why)
        for (const station of this.#stations) station.lost(why)
      },
    })
  }

  start(): void {
    this.#running = true
    this.#state = 'unknown'
    for (const station of this.#stations) station.start()
    this.#link.start()
  }

  async stop(): Promise<void> {
    this.#running = false
    this.#registration?.stop()
    const swept = this.#stations.map(station => station.stop())
    await this.#link.stop()
    await Promise.all(swept)
  }

  async probe(signal: AbortSignal, bindings?: readonly Binding[]): Promise<readonly Probe[]> {
    const config = bindings ? parseBacnet(this.#settings, bindings, []) : this.#config
    const { clock } = this.#host
    const opened = await this.#borrow(signal)
    if (!opened.ok) {
      const points = config.stations.flatMap(({ points: all }) => all.map(({ point }) => point))
      return badReadings(points, opened.fault, clock.now()).map(reading => ({ reading, raw: '', roundTripMs: 0 }))
    }
    const { exchange, end } = opened.value
    const abort = (): void => void (opened.value.isOwn && exchange.close())
    signal.addEventListener('abort', abort, { once: true })
    try {
      const stations = this.#stationsOf(config)
      const looked = await Promise.all(stations.map(station => station.look(exchange, station.settings.points)))
      return looked.flatMap(({ seen, roundTripMs }) => seen.map(one => this.#probed(one, roundTripMs)))
    } finally {
      signal.removeEventListener('abort', abort)
      await end()
    }
  }

  async *scan(ask: ScanAsk, signal: AbortSignal): AsyncGenerator<ScanStep> {
    const opened = await this.#borrow(signal)
    if (!opened.ok) {
      yield { step: 'trouble', fault: opened.fault }
      return
    }
    try {
      yield* lookAround(opened.value.exchange, this.#config, ask, signal)
    } finally {
      await opened.value.end()
    }
  }

  report(): LineReport {
    const lasts = this.#stations.flatMap(({ last }) => (last === undefined ? [] : [last]))
    const places = new Map(
      this.#stations.flatMap(({ contact, settings }) => {
        const address = contact?.address ?? settings.address
        return address ? [[placeOf(address), settings.name] as const] : []
      }),
    )
    return {
      since: this.#doctor.since,
      busy: this.#doctor.busy,
      sweeps: {
        every: millis(Math.min(this.#config.usual.every, ...this.#stations.map(({ settings }) => settings.every))),
        ...(lasts.length > 0 && { last: millis(Math.max(...lasts)) }),
        done: this.#stations.reduce((sum, { done }) => sum + done, 0),
        missed: this.#stations.reduce((sum, { missed }) => sum + missed, 0),
      },
      devices: this.#stations.map(station => {
        const report = station.report()
        return { ...report, advice: [...(this.#registration?.advice ?? []), ...report.advice] }
      }),
      frames: this.#doctor.frames(place => places.get(place) ?? place),
    }
  }

  #stationsOf(config: BacnetConfig): Station[] {
    return config.stations.map(
      settings =>
        new Station({
          config,
          settings,
          host: this.#host,
          figures: this.#doctor.of(settings.name),
          exchange: () => this.#link.session,
          answered: () => this.#up(),
          silent: why => {
            if (this.#stations.every(({ isSilent }) => isSilent)) this.#down(why)
          },
        }),
    )
  }

  #probed({ point, answer, raw }: Seen, roundTripMs: number): Probe {
    const now = this.#host.clock.now()
    return { reading: toReading(point.point, answer, { at: now, receivedAt: now }), raw, roundTripMs }
  }

  #up(): void {
    if (this.#state === 'up' || !this.#running) return
    this.#state = 'up'
    this.#host.linkUp()
  }

  #down(why: Fault): void {
    if (this.#state === 'down' || !this.#running) return
    this.#state = 'down'
    this.#host.linkDown(why)
  }

  /** Over the open port, else over one of its own; where ours has it already (`zhishou poll` beside a gateway that runs), any port. */
  async #borrow(
    signal: AbortSignal,
  ): Promise<Answer<{ readonly exchange: Exchange; readonly isOwn: boolean; end(): Promise<void> }>> {
    const standing = this.#link.session
    if (standing) return answered({ exchange: standing, isOwn: false, end: async () => {} })
    const first = await this.#open(this.#config.port, signal)
    const opened = first.ok || this.#running || this.#config.port === 0 ? first : await this.#open(0, signal)
    if (!opened.ok) return opened
    const { bbmd } = this.#config
    if (bbmd) opened.value.say(opened.value.speech.register(60), bbmd.host, bbmd.port)
    return answered({ exchange: opened.value, isOwn: true, end: () => opened.value.close() })
  }

  async #open(port: number, signal: AbortSignal): Promise<Answer<Exchange>> {
    const { via } = this.#config
    const speech = await loadSpeech()
    const socket = await openSocket({ port, ...(via === undefined ? {} : { via }) }, signal)
    if (!socket.ok) return socket
    return answered(
      new Exchange({
        wall: this.#host.wall,
        socket: socket.value,
        speech,
        frame: (way, place, bytes, note) => this.#doctor.note(way, place, bytes, note),
        result: (from, at, code) => this.#registration?.heard(from, at, code),
        told: (from, notification) => this.#stations.some(station => station.hear(from, notification)),
      }),
    )
  }
}

export const bacnet: Protocol = {
  kind: 'bacnet',
  schema: bacnetSchema,
  prepare(_name, settings, bindings) {
    const problems: PreparedProblem[] = []
    const config = parseBacnet(settings, bindings, problems)
    return problems.length > 0
      ? { ok: false, problems }
      : {
          ok: true,
          driver: {
            preload: loadSpeech,
            open: host => new BacnetDriver(settings, config, host),
            plan: () => config.stations.flatMap(station => planOf(station)),
          },
        }
  },
}
