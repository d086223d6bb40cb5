import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
import { fault } from '../contract/fault.ts'
import type { GoodReading, Reading } from '../contract/reading.ts'
import type { Instant } from '../contract/time.ts'
import { after, between, millis, seconds } from '../contract/time.ts'
import { Link } from '../kit/link.ts'
import { badReadings } from '../kit/number.ts'
import { Poller } from '../kit/poller.ts'
import { lookAround, rawOf } from './browse.ts'
import type { OpcuaConfig, OpcuaPoint } from './config.ts'
import { opcuaSchema, parseOpcua } from './config.ts'
import type { DataValue } from './decode.ts'
import { decode } from './decode.ts'
import { LineDoctor, planOf } from './doctor.ts'
import type { OpcuaSession, Told } from './session.ts'
import { callServer, emptyMemory, forget, loadLibrary } from './session.ts'
import type { Answer } from '../kit/answer.ts'

/**
 * Lives by subscription. A server tells changes only, so the points are also read now and then: a value that still holds is said
 * again (silence would look like a dead sensor), and one that changed unannounced shows that the subscription sleeps.
 */
class OpcuaDriver implements Driver {
  readonly #config: OpcuaConfig
  readonly #host: DriverHost
  readonly #link: Link<OpcuaSession>
  readonly #check: Poller
  readonly #last = new Map<number, Reading>()
  readonly #memory = emptyMemory()
  readonly #doctor: LineDoctor
  /** When the server last told anything, on the domain clock: what it kept since then is believed to be from then. */
  #heardAt: Instant | undefined
  #folder: Promise<string> | undefined
  #running = false
  /** Points whose reads differ from what was told, since when, real time. */
  readonly #untold = new Map<number, Instant>()

  constructor(config: OpcuaConfig, host: DriverHost) {
    this.#config = config
    this.#host = host
    this.#doctor = new LineDoctor(host.wall)
    this.#link = new Link({
      wall: host.wall,
      dial: signal => this.#dial(signal),
      patience: seconds(30),
      up: () => {
        this.#link.proved()
        host.linkUp()
        // The first notifications are a publishing interval away; the values are there now.
        this.#check.soon()
      },
      down: why => {
        this.#last.clear()
        host.linkDown(why)
        this.#publishBad(why)
      },
    })
    const every = millis(Math.max(seconds(10), config.connection.publishEvery * 5))
    this.#check = new Poller({ clock: host.clock, every, sweep: () => this.#affirm() })
  }

  start(): void {
    this.#running = true
    this.#link.start()
    this.#check.start()
  }

  async stop(): Promise<void> {
    this.#running = false
    const checked = this.#check.stop()
    await this.#link.stop()
    await checked
    await forget(this.#memory, this.#host.wall)
    await this.#removeFolder()
  }

  async probe(signal: AbortSignal, bindings?: readonly Binding[]): Promise<readonly Probe[]> {
    const { wall, clock } = this.#host
    const points = bindings ? parseOpcua({ endpoint: 'opc.tcp://x' }, bindings, []).points : this.#config.points
    const begun = wall.now()
    const answer = await this.#borrow(signal, session => session.read(points.map(({ node }) => node)))
    const now = clock.now()
    const roundTripMs = between(begun, wall.now())
    return points.map((point: OpcuaPoint, index) => {
      const data = answer.ok ? answer.value[index] : undefined
      const why = answer.ok ? fault('garbled', 'The server left the node out.') : answer.fault
      const reading: Reading = data
        ? decode(point, data, now)
        : { point: point.point, at: now, receivedAt: now, quality: 'bad', fault: why }
      return { reading, raw: data ? rawOf(data) : '', roundTripMs }
    })
  }

  async *scan(ask: ScanAsk, signal: AbortSignal): AsyncGenerator<ScanStep> {
    const standing = this.#link.session
    const own = standing ? undefined : await this.#callOnce(signal)
    if (own && !own.ok) {
      yield { step: 'trouble', fault: own.fault }
      return
    }
    const session = standing ?? own?.value
    try {
      if (session) yield* lookAround(session, ask, signal)
    } finally {
      if (own?.ok) await this.#hangUp(own.value)
    }
  }

  report(): LineReport {
    return this.#doctor.report(this.#config, this.#memory, this.#link.session !== undefined)
  }

  counters(): Readonly<Record<string, number>> {
    const { resumed, fromHistory, gaps, lostMessages } = this.#memory.bridged
    return { opcuaResumed: resumed, opcuaFromHistory: fromHistory, opcuaGaps: gaps, opcuaLostMessages: lostMessages }
  }

  /** Over the session that stands, else over one that is called and hung up. */
  async #borrow<T>(signal: AbortSignal, use: (session: OpcuaSession) => Promise<Answer<T>>): Promise<Answer<T>> {
    const standing = this.#link.session
    if (standing) return use(standing)
    const own = await this.#callOnce(signal)
    if (!own.ok) return own
    const answer = await use(own.value)
    await this.#hangUp(own.value)
    return answer
  }

  async #callOnce(signal: AbortSignal): ReturnType<typeof callServer> {
    const { wall } = this.#host
    const memory = emptyMemory()
    const folder = await this.#certificates()
    const call = { connection: this.#config.connection, folder, wall, memory, nodes: [], changed: () => {}, frame: this.#frame }
    const answer = await callServer(call, signal)
    this.#memory.advice = memory.advice
    if (!answer.ok && !this.#running) await this.#removeFolder()
    return answer
  }

  async #hangUp(session: OpcuaSession): Promise<void> {
    await session.close()
    if (!this.#running) await this.#removeFolder()
  }

  readonly #frame = (way: 'sent' | 'heard', chunk: Uint8Array): void => this.#doctor.frame(way, chunk)

  get #nodes(): string[] {
    return this.#config.points.map(({ node }) => node)
  }

  async #dial(signal: AbortSignal): ReturnType<typeof callServer> {
    this.#last.clear()
    this.#untold.clear()
    const folder = await this.#certificates()
    const changed = (told: readonly Told[], kept: boolean): void => this.#hear(told, kept)
    const { wall } = this.#host
    const { connection } = this.#config
    return callServer({ connection, folder, wall, memory: this.#memory, nodes: this.#nodes, changed, frame: this.#frame }, signal)
  }

  /** The folder the site file names, the gateway's own, or a temporary one for as long as the driver runs. */
  #certificates(): Promise<string> {
    this.#folder ??= this.#keptFolder === undefined ? mkdtemp(join(tmpdir(), 'zhishou-opcua-')) : madeFolder(this.#keptFolder)
    return this.#folder
  }

  get #keptFolder(): string | undefined {
    return this.#config.connection.folder ?? this.#host.folder
  }

  async #removeFolder(): Promise<void> {
    const folder = await this.#folder
    this.#folder = undefined
    if (folder !== undefined && this.#keptFolder === undefined) await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }

  #hear(told: readonly Told[], kept: boolean): void {
    const now = this.#host.clock.now()
    const since = kept ? (this.#heardAt ?? now) : undefined
    const readings = told.flatMap(({ index, data }) => {
      const point = this.#config.points[index]
      if (!point) return []
      const reading = decode(point, data, now, since)
      this.#last.set(index, reading)
      this.#untold.delete(index)
      return [reading]
    })
    this.#doctor.told(readings.length)
    if (!kept) this.#heardAt = now
    if (readings.length > 0) this.#host.publish(readings)
  }

  async #affirm(): Promise<void> {
    const session = this.#link.session
    if (!session || this.#config.points.length === 0) return
    const before = new Map(this.#last)
    const begun = this.#host.wall.now()
    const answer = await session.read(this.#nodes)
    this.#doctor.read(begun, answer.ok ? answer.value : undefined)
    if (this.#link.session !== session) return
    if (!answer.ok) {
      await this.#link.renew()
      return
    }
    const readings = answer.value.flatMap((data, index) => this.#affirmed(index, data, before.get(index)))
    if (readings.length > 0) this.#host.publish(readings)
    if (!this.#subscriptionSleeps()) return
    this.#doctor.renewed()
    await this.#link.renew()
  }

  /** A point keeps changing and nobody tells: longer than any notification can be on its way. */
  #subscriptionSleeps(): boolean {
    const now = this.#host.wall.now()
    const longest = Math.max(seconds(5), this.#config.connection.publishEvery * 10)
    return [...this.#untold.values()].some(since => between(since, now) > longest)
  }

  #affirmed(index: number, data: DataValue, before: Reading | undefined): Reading[] {
    const point = this.#config.points[index]
    const last = this.#last.get(index)
    // What was told while we asked is newer than our answer.
    if (!point || last !== before) return []
    const now = this.#host.clock.now()
    const reading = decode(point, data, now)
    const same = last !== undefined && last.quality === reading.quality && last.value === reading.value
    if (!same) {
      if (!this.#untold.has(index)) this.#untold.set(index, this.#host.wall.now())
      this.#last.set(index, reading)
      return [reading]
    }
    this.#untold.delete(index)
    if (reading.quality === 'bad' || last.quality === 'bad') return [reading]
    return [stillHolds(last, reading)]
  }

  #publishBad(why: Fault): void {
    const points = this.#config.points.map(({ point }) => point)
    if (points.length > 0) this.#host.publish(badReadings(points, why, this.#host.clock.now()))
  }
}

/** On the device's own time base: as far behind the arrival as its last word was. */
function stillHolds(last: GoodReading, now: GoodReading): GoodReading {
  const lag = between(last.at, last.receivedAt)
  return { ...now, at: after(now.receivedAt, millis(-lag)) }
}

async function madeFolder(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  return folder
}

export const opcua: Protocol = {
  kind: 'opcua',
  schema: opcuaSchema,
  prepare(_name, settings, bindings) {
    const problems: PreparedProblem[] = []
    const config = parseOpcua(settings, bindings, problems)
    return problems.length > 0
      ? { ok: false, problems }
      : { ok: true, driver: { preload: loadLibrary, plan: () => planOf(config), open: host => new OpcuaDriver(config, host) } }
  },
}
