import type { Binding, Driver, DriverHost, LineReport, PlannedRead, Probe, ScanAsk, ScanStep, Words } from '../contract/driver.ts'
import type { Fault } from '../contract/fault.ts'
import type { Reading } from '../contract/reading.ts'
import { millis } from '../contract/time.ts'
import { badReadings } from '../kit/number.ts'
import { Poller } from '../kit/poller.ts'
import type { MeterConfig } from './cjt188-config.ts'
import { adviceOf } from './line-book.ts'
import type { OpenLine } from './line.ts'
import { MeterLine } from './line.ts'
import type { MeterProtocol, MeterRead } from './meters.ts'
import { labelOf } from './meters.ts'
import type { Data } from './reading.ts'
import { rawOf, readingOf, Reader } from './reading.ts'
import { RoundKeeper } from './round-keeper.ts'
import { lookForMeters } from './scan.ts'
import { Silence } from './silence.ts'

export interface MeterDriverParts<F> {
  readonly protocol: MeterProtocol<F>
  readonly config: MeterConfig<F>
  /** The reads of other bindings, which have been checked before. */
  readonly plan: (bindings: readonly Binding[]) => readonly MeterRead<F>[]
}

/** Reads the meters of one line: those without a window in a rhythm, the others once in each of their windows. */
export class MeterDriver<F> implements Driver {
  readonly #parts: MeterDriverParts<F>
  readonly #host: DriverHost
  readonly #line: MeterLine<F>
  readonly #reader: Reader<F>
  readonly #silence: Silence
  readonly #polled: ReadonlyMap<string, readonly MeterRead<F>[]>
  readonly #poller: Poller
  readonly #rounds: RoundKeeper<F>
  #sweeps = { done: 0, last: undefined as number | undefined }

  constructor(parts: MeterDriverParts<F>, host: DriverHost) {
    const { config, protocol } = parts
    const { connection, reads } = config
    this.#parts = parts
    this.#host = host
    this.#reader = new Reader(connection.retries)
    this.#silence = new Silence(host.wall, millis(connection.timeout * (connection.retries + 1)))
    this.#polled = byMeter(reads.filter(({ round }) => !round))
    this.#rounds = new RoundKeeper({ host, reads: reads.filter(({ round }) => round), read: wanted => this.#round(wanted) })
    this.#line = new MeterLine({
      connection,
      cut: protocol.cut,
      wall: host.wall,
      up: () => {
        // A line that comes back may lead to other meters.
        this.#silence.forget()
        this.#reader.forget()
        host.linkUp()
        if (this.#polled.size > 0) this.#poller.soon()
        this.#rounds.soon()
      },
      down: why => {
        host.linkDown(why)
        this.#publishBad([...[...this.#polled.values()].flat(), ...this.#rounds.open], why)
      },
    })
    this.#poller = new Poller({ clock: host.clock, every: connection.every, sweep: () => this.#sweep() })
  }

  start(): void {
    this.#line.start()
    if (this.#polled.size > 0) this.#poller.start()
    this.#rounds.start()
  }

  async stop(): Promise<void> {
    const [swept, read] = [this.#poller.stop(), this.#rounds.stop()]
    await this.#line.stop()
    await Promise.all([swept, read])
  }

  async probe(signal: AbortSignal, bindings?: readonly Binding[]): Promise<readonly Probe[]> {
    const reads = bindings ? this.#parts.plan(bindings) : this.#parts.config.reads
    const reader = bindings ? new Reader<F>(this.#parts.config.connection.retries) : this.#reader
    const used = await this.#line.use(signal, async line => {
      const probes: Probe[] = []
      for (const read of reads) {
        if (signal.aborted) break
        const data = await reader.read(line, read)
        probes.push(...this.#probesOf(read, data))
      }
      return probes
    })
    if (used.ok) return used.value
    return reads.flatMap(read => this.#probesOf(read, { ok: false, fault: used.fault, ms: 0 }))
  }

  scan(ask: ScanAsk, signal: AbortSignal): AsyncIterable<ScanStep> {
    const { protocol } = this.#parts
    return lookForMeters(protocol, act => this.#line.use(signal, act), ask, signal)
  }

  report(): LineReport {
    const { book } = this.#line
    const { connection, reads } = this.#parts.config
    const meters = [...byMeter(reads)]
    const answers = meters.filter(([address]) => book.page(labelOf(address)).answered > 0).length
    return {
      since: book.since,
      busy: book.busy,
      ...(this.#polled.size > 0
        ? {
            sweeps: {
              every: connection.every,
              done: this.#sweeps.done,
              missed: this.#poller.missed,
              ...(this.#sweeps.last === undefined ? {} : { last: millis(this.#sweeps.last) }),
            },
          }
        : {}),
      devices: meters.map(([address, own]) => {
        const { strangers, ...page } = book.page(labelOf(address))
        const silent = this.#silence.of(address)
        return {
          device: labelOf(address),
          ...page,
          ...(silent ? { silent: { since: silent.since, until: silent.until, why: silent.why } } : {}),
          reads: own.map(plannedRead),
          learned: [...this.#lesson(own), ...this.#rounds.words(own)],
          advice: adviceOf({ ...page, strangers }, { answer: answers > 0 }, connection.timeout),
        }
      }),
      frames: book.frames,
    }
  }

  #lesson(reads: readonly MeterRead<F>[]): readonly Words[] {
    const way = reads.flatMap(({ address, ways }) => ways.filter(({ name }) => name === this.#reader.learned(address)))[0]
    return way && (reads[0]?.ways.length ?? 0) > 1 ? [way.lesson] : []
  }

  /** Meters that answered last time first: a dead one costs the others nothing but the end of the sweep. */
  async #sweep(): Promise<void> {
    const begun = this.#host.wall.now()
    const meters = [...this.#polled].toSorted(([a], [b]) => Number(!!this.#silence.of(a)) - Number(!!this.#silence.of(b)))
    let [answers, silences] = [0, 0]
    for (const [address, reads] of meters) {
      const { open } = this.#line
      if (!open) return
      const quiet = this.#silence.now(address)
      if (quiet) {
        this.#publishBad(reads, quiet)
        continue
      }
      const spoke = await this.#readMeter(open, reads)
      if (!open.isOpen) return
      if (spoke) answers += 1
      else silences += 1
    }
    this.#sweeps = { done: this.#sweeps.done + 1, last: this.#host.wall.now() - begun }
    if (answers > 0) this.#line.proved()
    else if (silences > 0) await this.#line.doubt()
  }

  /** Whether the meter said anything. What is read is published; after a first vain question its other data is not asked for. */
  async #readMeter(line: OpenLine<F>, reads: readonly MeterRead<F>[]): Promise<boolean> {
    for (const [index, read] of reads.entries()) {
      const data = await this.#reader.read(line, read)
      if (!line.isOpen) return false
      if (!data.ok && isSilence(data.fault) && index === 0) {
        const times = this.#silence.fell(read.address, data.fault)
        // After a while it may be another meter that hangs there.
        if (times >= 3) this.#reader.forget(read.address)
        this.#publishBad(reads, data.fault)
        return false
      }
      this.#silence.spoke(read.address)
      this.#publish(read, data)
    }
    return true
  }

  /** One round over the reads that are due: which of them were answered. */
  async #round(reads: readonly MeterRead<F>[]): Promise<ReadonlySet<MeterRead<F>> | undefined> {
    const done = new Set<MeterRead<F>>()
    const silent = new Set<string>()
    for (const read of reads) {
      const { open } = this.#line
      if (!open) return undefined
      if (silent.has(read.address)) continue
      const data = await this.#reader.read(open, read)
      if (!open.isOpen) return undefined
      if (!data.ok && isSilence(data.fault)) {
        silent.add(read.address)
        this.#publishBad(
          reads.filter(({ address }) => address === read.address),
          data.fault,
        )
        continue
      }
      const readings = this.#publish(read, data)
      if (readings.every(({ quality }) => quality === 'good')) done.add(read)
    }
    return done
  }

  #publish(read: MeterRead<F>, data: Data): readonly Reading[] {
    const now = this.#host.clock.now()
    const readings = read.points.map(point => readingOf(point, data, now))
    this.#host.publish(readings)
    return readings
  }

  #publishBad(reads: readonly MeterRead<F>[], why: Fault): void {
    const points = reads.flatMap(read => read.points.map(({ point }) => point))
    if (points.length > 0) this.#host.publish(badReadings(points, why, this.#host.clock.now()))
  }

  #probesOf(read: MeterRead<F>, data: Data): readonly Probe[] {
    const now = this.#host.clock.now()
    return read.points.map(point => ({
      reading: readingOf(point, data, now),
      raw: rawOf(point, data),
      roundTripMs: data.ms,
    }))
  }
}

/** Nothing of this meter was heard: its other data need not be asked for. */
const isSilence = ({ code }: Fault): boolean => code === 'timeout' || code === 'garbled' || code === 'wrong-reply'

function byMeter<F>(reads: readonly MeterRead<F>[]): ReadonlyMap<string, readonly MeterRead<F>[]> {
  const meters = new Map<string, MeterRead<F>[]>()
  for (const read of reads) meters.set(read.address, [...(meters.get(read.address) ?? []), read])
  return meters
}

export const plannedRead = <F>({ address, request, points, bytes }: MeterRead<F>): PlannedRead => ({
  device: labelOf(address),
  request,
  points: points.map(({ point }) => point),
  bytes,
})
