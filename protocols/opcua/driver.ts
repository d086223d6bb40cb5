import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Driver, DriverHost, PreparedProblem, Probe, Protocol } from '../contract/driver.ts'
import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import type { GoodReading, Reading } from '../contract/reading.ts'
import type { Instant } from '../contract/time.ts'
import { after, between, millis, seconds } from '../contract/time.ts'
import { Link } from '../kit/link.ts'
import { badReadings } from '../kit/number.ts'
import { Poller } from '../kit/poller.ts'
import type { OpcuaConfig } from './config.ts'
import { opcuaSchema, parseOpcua } from './config.ts'
import type { DataValue } from './decode.ts'
import { decode } from './decode.ts'
import type { OpcuaSession } from './session.ts'
import { callServer, loadLibrary } from './session.ts'

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
  #folder: Promise<string> | undefined
  /** Points whose reads differ from what was told, since when, real time. */
  readonly #untold = new Map<number, Instant>()

  constructor(config: OpcuaConfig, host: DriverHost) {
    this.#config = config
    this.#host = host
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
    this.#link.start()
    this.#check.start()
  }

  async stop(): Promise<void> {
    const checked = this.#check.stop()
    await this.#link.stop()
    await checked
    await this.#removeFolder()
  }

  async probe(signal: AbortSignal): Promise<readonly Probe[]> {
    const { wall, clock } = this.#host
    const begun = wall.now()
    const standing = this.#folder !== undefined
    const call = { connection: this.#config.connection, folder: await this.#certificates(), nodes: [], changed: () => {} }
    const session = await callServer(call, signal)
    const answer = session.ok ? await session.value.read(this.#nodes) : session
    if (session.ok) await session.value.close()
    if (!standing) await this.#removeFolder()
    const now = clock.now()
    const roundTripMs = between(begun, wall.now())
    return this.#config.points.map((point, index) => {
      const data = answer.ok ? answer.value[index] : undefined
      const why = answer.ok ? fault('garbled', 'The server left the node out.') : answer.fault
      const reading: Reading = data
        ? decode(point, data, now)
        : { point: point.point, at: now, receivedAt: now, quality: 'bad', fault: why }
      return { reading, raw: data ? `${data.statusName} ${data.type} ${String(data.value)}` : '', roundTripMs }
    })
  }

  get #nodes(): string[] {
    return this.#config.points.map(({ node }) => node)
  }

  async #dial(signal: AbortSignal): ReturnType<typeof callServer> {
    this.#last.clear()
    this.#untold.clear()
    const changed = (index: number, data: DataValue): void => this.#hear(index, data)
    const folder = await this.#certificates()
    return callServer({ connection: this.#config.connection, folder, nodes: this.#nodes, changed }, signal)
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

  #hear(index: number, data: DataValue): void {
    const point = this.#config.points[index]
    if (!point) return
    const reading = decode(point, data, this.#host.clock.now())
    this.#last.set(index, reading)
    this.#untold.delete(index)
    this.#host.publish([reading])
  }

  async #affirm(): Promise<void> {
    const session = this.#link.session
    if (!session || this.#config.points.length === 0) return
    const before = new Map(this.#last)
    const answer = await session.read(this.#nodes)
    if (this.#link.session !== session) return
    if (!answer.ok) {
      await this.#link.renew()
      return
    }
    const readings = answer.value.flatMap((data, index) => this.#affirmed(index, data, before.get(index)))
    if (readings.length > 0) this.#host.publish(readings)
    if (this.#subscriptionSleeps()) await this.#link.renew()
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
      : { ok: true, driver: { preload: loadLibrary, open: host => new OpcuaDriver(config, host) } }
  },
}
