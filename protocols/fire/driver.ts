import type {
  Driver,
  DriverHost,
  LineReport,
  Prepared,
  PreparedProblem,
  Protocol,
  ScanAsk,
  ScanStep,
} from '../contract/driver.ts'
import type { Fault } from '../contract/fault.ts'
import type { Reading } from '../contract/reading.ts'
import type { Instant, WallTime, Zone } from '../contract/time.ts'
import { after, between, days, instant, minutes, seconds } from '../contract/time.ts'
import { Link } from '../kit/link.ts'
import type { Session } from '../kit/link.ts'
import { chinaTime } from '../kit/local-time.ts'
import { badReadings, toReading, toValue } from '../kit/number.ts'
import type { FireConfig, FirePoint } from './config.ts'
import { fireSchema, parseFire, speaksOf } from './config.ts'
import type { FireFrame } from './frame.ts'
import { acknowledgementOf, commands } from './frame.ts'
import { listenForUnits } from './listener.ts'
import { reportOf } from './report.ts'
import { searchUnits } from './search.ts'
import { alive, valueOf } from './signals.ts'
import { UnitBook } from './unit-book.ts'
import { Vigil } from './vigil.ts'
import type { FireWord } from './words.ts'
import { readWords } from './words.ts'

/** "Are you there?" between a centre and a unit (8.3, type 91). */
const inspection = 91
/** A unit's own time is believed this far back, and hardly ahead. */
const oldest = days(30)
const ahead = minutes(5)

/** Hears fire transmission units. All it ever sends is that a frame has arrived; nothing here can ask or control anything. */
class FireDriver implements Driver {
  readonly #config: FireConfig
  readonly #host: DriverHost
  readonly #zone: Zone
  readonly #link: Link<Session>
  readonly #bySource = new Map<number, FirePoint[]>()
  readonly #book = new UnitBook()
  readonly #vigil: Vigil
  readonly #counts = {
    frames: 0,
    garbled: 0,
    unknownUnits: 0,
    unknownKinds: 0,
    unbound: 0,
    refusedConnections: 0,
    wrongClocks: 0,
  }
  #since: Instant
  readonly #ending = new AbortController()
  #running = false

  constructor(config: FireConfig, host: DriverHost) {
    this.#config = config
    this.#host = host
    this.#zone = host.zone ?? chinaTime
    this.#since = host.wall.now()
    for (const point of config.points) this.#bySource.set(point.source, [...(this.#bySource.get(point.source) ?? []), point])
    this.#vigil = new Vigil({
      wall: host.wall,
      patience: config.connection.silent,
      fell: (source, why) => this.#bad(this.#bySource.get(source) ?? [], why),
    })
    this.#link = new Link({
      wall: host.wall,
      dial: signal => this.#listen(signal),
      patience: seconds(5),
      up: () => {
        host.linkUp()
        for (const source of this.#bySource.keys()) this.#await(source)
      },
      down: why => {
        host.linkDown(why)
        this.#bad([...this.#bySource.values()].flat(), why)
      },
    })
  }

  start(): void {
    this.#running = true
    this.#since = this.#host.wall.now()
    this.#link.start()
  }

  async stop(): Promise<void> {
    this.#running = false
    this.#ending.abort()
    this.#vigil.stop()
    await this.#link.stop()
  }

  async *scan(ask: ScanAsk, given: AbortSignal): AsyncGenerator<ScanStep> {
    const signal = AbortSignal.any([given, this.#ending.signal])
    const own = this.#running ? undefined : await this.#listen(signal)
    if (own && !own.ok) return yield { step: 'trouble', fault: own.fault }
    try {
      yield* searchUnits({ wall: this.#host.wall, heard: () => this.#book.found() }, ask, signal)
    } finally {
      if (own?.ok) await own.value.close()
    }
  }

  report(): LineReport {
    const { port, transport } = this.#config.connection
    return reportOf({
      since: this.#since,
      now: this.#host.wall.now(),
      port: `${transport} ${port}`,
      bySource: this.#bySource,
      units: this.#book.units,
      silent: this.#vigil.silent,
      frames: this.#book.frames,
    })
  }

  counters(): Readonly<Record<string, number>> {
    return Object.fromEntries(
      Object.entries(this.#counts).map(([name, count]) => [
        `fire_${name.replaceAll(/[A-Z]/g, upper => `_${upper.toLowerCase()}`)}`,
        count,
      ]),
    )
  }

  #listen(signal: AbortSignal): ReturnType<typeof listenForUnits> {
    return listenForUnits(
      {
        connection: this.#config.connection,
        wall: this.#host.wall,
        heard: frame => {
          const answer = this.#heard(frame)
          this.#book.frame(frame.source, 'heard', frame.raw, this.#host.wall.now())
          if (answer) this.#book.frame(frame.source, 'sent', answer, this.#host.wall.now())
          return answer
        },
        counted: what => {
          if (what === 'refused') this.#counts.refusedConnections += 1
          if (what === 'noise') this.#counts.garbled += 1
        },
      },
      signal,
    )
  }

  /** What a frame says is taken before its arrival is confirmed; a unit nobody watches gets no word, so that nobody relies on us. */
  #heard(frame: FireFrame): Uint8Array | undefined {
    this.#counts.frames += 1
    const { source, command, data } = frame
    const unit = this.#book.heard(source, this.#host.wall.now())
    const points = this.#bySource.get(source)
    if (!points) this.#counts.unknownUnits += 1
    if (frame.time && unit) unit.clockOff = this.#zone.instantOf(frame.time) - this.#host.clock.now()
    const isInspection = data[0] === inspection
    if (command !== commands.send && command !== commands.response && !isInspection) return undefined
    const said = readWords(data)
    if (!said.ok) {
      this.#counts.garbled += 1
      return undefined
    }
    if (said.words.length === 0 && !isInspection) this.#counts.unknownKinds += 1
    for (const word of said.words) {
      this.#book.said(source, word)
      if (word.of === 'analog' && word.code === 4 && unit) unit.coarse = true
    }
    // A search beside a gateway that does not run must not make a unit believe that somebody watches.
    if (!points || !this.#running) return undefined
    this.#tell(points, said.words)
    this.#await(source)
    // Whether anything answers a unit is its sign that the centre is there: only what has been taken is answered.
    return acknowledgementOf(frame, this.#zone.shows(this.#host.clock.now()))
  }

  #tell(points: readonly FirePoint[], words: readonly FireWord[]): void {
    const now = this.#host.clock.now()
    const readings: Reading[] = points
      .filter(({ owner, signal }) => owner === 'unit' && signal === alive)
      .map(({ point }) => ({ point, at: now, receivedAt: now, value: 1, quality: 'good' }))
    for (const word of words) {
      const before = readings.length
      const times = { at: this.#dated(word.at, now), receivedAt: now }
      for (const point of points) {
        if (!speaksOf(word, point)) continue
        const value = valueOf(word, point.signal)
        if (value) readings.push(toReading(point.point, value.ok ? toValue(value.value, point) : value, times))
      }
      if (readings.length === before) this.#counts.unbound += 1
    }
    if (readings.length > 0) this.#host.publish(readings)
  }

  /** The unit's time where the site trusts its clock and it can be right; else the arrival. */
  #dated(time: WallTime | undefined, now: Instant): Instant {
    if (this.#config.connection.clock === 'arrival') return now
    const at = time && this.#zone.instantOf(time)
    if (at !== undefined && at <= after(now, ahead) && between(at, now) <= oldest) return instant(Math.min(at, now))
    this.#counts.wrongClocks += 1
    return now
  }

  #await(source: number): void {
    if (this.#running) this.#vigil.await(source)
  }

  #bad(points: readonly FirePoint[], why: Fault): void {
    if (points.length === 0) return
    const ids = points.map(({ point }) => point)
    this.#host.publish(badReadings(ids, why, this.#host.clock.now()))
  }
}

/** Fire transmission units by GB/T 26875.3-2011, as the centre they report to. */
export const fireUnits: Protocol = {
  kind: 'gbt26875',
  schema: fireSchema,
  prepare(_name, settings, bindings): Prepared {
    const problems: PreparedProblem[] = []
    const config = parseFire(settings, bindings, problems)
    return problems.length > 0 ? { ok: false, problems } : { ok: true, driver: { open: host => new FireDriver(config, host) } }
  },
}
