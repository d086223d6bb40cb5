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
import { fault } from '../contract/fault.ts'
import type { Came, Inlet, Sent, Taken } from '../contract/inlet.ts'
import type { Cancel, Instant, Millis } from '../contract/time.ts'
import { after, between, millis, seconds } from '../contract/time.ts'
import { badReadings } from '../kit/number.ts'
import { SentBook } from './book.ts'
import type { HttpConfig } from './config.ts'
import { httpSchema, parseHttp } from './config.ts'
import { judge } from './judge.ts'
import { parsePoint } from './points.ts'
import { lookUp } from './probe.ts'
import { foundIn, reportOf } from './report.ts'
import { SeriesIndex } from './series.ts'

/** Telegraf sends every ten seconds unless it is told otherwise. */
const rhythm = seconds(12)

/** Equipment that sends its readings to the gateway's own address. There is nobody to call, and nothing is ever sent to anybody. */
class HttpDriver implements Driver {
  /** Only who listens has anything to tell: a driver that is not started would wait in vain. */
  scan?: (ask: ScanAsk, signal: AbortSignal) => AsyncGenerator<ScanStep>
  probe?: (signal: AbortSignal, bindings?: readonly Binding[]) => Promise<readonly Probe[]>
  readonly inlet: Inlet
  readonly #config: HttpConfig
  readonly #host: DriverHost
  readonly #index: SeriesIndex
  readonly #book = new SentBook()
  readonly #watchers = new Set<() => void>()
  readonly #ending = new AbortController()
  #since: Instant
  #isSilent = false
  #cancelSilence: Cancel = () => {}

  constructor(config: HttpConfig, host: DriverHost) {
    this.#config = config
    this.#host = host
    this.#index = new SeriesIndex(config.points)
    this.#since = host.wall.now()
    this.inlet = {
      unknown: config.unknown,
      admits: sender => this.#admits(sender),
      take: (sent, sender, now) => this.#take(sent, sender, now),
      note: came => this.#note(came),
    }
  }

  start(): void {
    this.#since = this.#host.wall.now()
    this.scan = (ask, signal) => this.#scan(ask, AbortSignal.any([signal, this.#ending.signal]))
    this.probe = (signal, bindings) => this.#probe(AbortSignal.any([signal, this.#ending.signal]), bindings)
    this.#host.linkUp()
    this.#awaitSilence()
  }

  async stop(): Promise<void> {
    this.#cancelSilence()
    this.#ending.abort()
  }

  report(): LineReport {
    return reportOf(this.#book, this.#config, this.#since)
  }

  counters(): Readonly<Record<string, number>> {
    const { senders } = this.#book
    const sum = (count: (sender: (typeof senders)[number]) => number): number => senders.reduce((all, one) => all + count(one), 0)
    return {
      http_requests: sum(one => one.requests),
      http_values: sum(one => one.taken),
      http_unknown: sum(one => one.unknown),
      http_refused: sum(one => [...one.refused.values()].reduce((all, count) => all + count, 0)),
      http_unreadable: sum(one => one.unreadable),
    }
  }

  #admits(sender: string): boolean {
    return this.#config.from?.has(sender) ?? true
  }

  #take(sent: Sent, sender: string, now: Instant): Taken | undefined {
    const point = this.#index.find(sent.named)
    if (!point) return undefined
    if (this.#admits(sender)) return judge(point, sent, now)
    const wrong = { zh: `${sender} 不能发送 ${point.point} 的读数`, en: `${sender} may not send readings of ${point.point}` }
    return { ok: false, why: 'not-admitted', wrong }
  }

  #note(came: Came): void {
    this.#book.note(came, this.#host.wall.now(), this.#host.clock.now())
    if (came.taken.length > 0) this.#awaitSilence()
    for (const watcher of this.#watchers) watcher()
  }

  /** Something was taken, or listening begins: from now on silence counts. */
  #awaitSilence(): void {
    const { silent } = this.#config
    if (this.#isSilent) this.#host.linkUp()
    this.#isSilent = false
    this.#cancelSilence()
    if (silent === 0 || this.#ending.signal.aborted) return
    this.#cancelSilence = this.#host.wall.after(silent, () => {
      this.#isSilent = true
      const why = fault('device-silent', `Nothing was sent for ${silent / 1_000} s.`)
      this.#host.linkDown(why)
      const points = this.#config.points.map(({ point }) => point)
      if (points.length > 0) this.#host.publish(badReadings(points, why, this.#host.clock.now()))
    })
  }

  /** Tells what has been sent and what is sent while it listens. */
  async *#scan({ listen = rhythm, most }: ScanAsk, signal: AbortSignal): AsyncGenerator<ScanStep> {
    const { wall } = this.#host
    const told = new Set<string>()
    const end = after(wall.now(), listen)
    for (let isFirst = true; ; isFirst = false) {
      const left = between(wall.now(), end)
      const isOver = left <= 0 || signal.aborted
      // What came before is told at once; a device whose fields come in several requests while we listen is told with all of them.
      const found = isFirst || isOver ? foundIn(this.#book.strangers).filter(({ name }) => !told.has(name)) : []
      for (const one of found) {
        if (told.size >= most) return
        told.add(one.name)
        yield { step: 'found', found: one }
      }
      yield { step: 'asked', done: Math.min(listen, listen - left), of: listen }
      if (isOver) return
      await this.#pause(millis(Math.min(left, 1_000)), signal)
    }
  }

  /** The last that was sent for each point; for what was not sent yet it waits for one rhythm. */
  async #probe(signal: AbortSignal, bindings: readonly Binding[] | undefined): Promise<readonly Probe[]> {
    const { wall, clock } = this.#host
    const points = bindings?.map(binding => parsePoint(binding, [])) ?? this.#config.points
    const end = after(wall.now(), rhythm)
    for (;;) {
      const probes = lookUp(points, this.#book, clock.now())
      const left = between(wall.now(), end)
      if (signal.aborted || left <= 0 || probes.every(probe => probe.raw !== '')) return probes
      await this.#pause(left, signal, true)
    }
  }

  /** For so long, or until something is sent where that is awaited. */
  async #pause(length: Millis, signal: AbortSignal, orSent = false): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const cancel = this.#host.wall.after(length, resolve)
    if (orSent) this.#watchers.add(resolve)
    signal.addEventListener('abort', () => resolve(), { once: true })
    if (signal.aborted) resolve()
    await promise
    this.#watchers.delete(resolve)
    cancel()
  }
}

/** Readings that are sent to the gateway as JSON or InfluxDB line protocol. */
export const http: Protocol = {
  kind: 'http',
  schema: httpSchema,
  prepare(_name, settings, bindings): Prepared {
    const problems: PreparedProblem[] = []
    const config = parseHttp(settings, bindings, problems)
    return problems.length > 0 ? { ok: false, problems } : { ok: true, driver: { open: host => new HttpDriver(config, host) } }
  },
}
