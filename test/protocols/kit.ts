import type { AddressInfo, Server } from 'node:net'
import { createServer } from 'node:net'
import type { Binding, Driver, DriverHost, Prepared, PreparedDriver, Protocol } from '../../protocols/contract/driver.ts'
import type { Fault } from '../../protocols/contract/fault.ts'
import type { PointId, Reading } from '../../protocols/contract/reading.ts'
import { pointId } from '../../protocols/contract/reading.ts'
import type { Cancel, Clock, Instant, Millis } from '../../protocols/contract/time.ts'
import { instant } from '../../protocols/contract/time.ts'

/** Real time, for tests with real sockets. */
export const realClock: Clock = {
  now: () => instant(Date.now()),
  after(delay, act) {
    const timer = setTimeout(act, Math.max(0, delay))
    return () => clearTimeout(timer)
  },
}

/** Time that stands still until the test moves it. */
export class FakeClock implements Clock {
  #now: number
  #waiting: { due: number; act: () => void }[] = []

  constructor(start = Date.parse('2026-03-02T08:00:00Z')) {
    this.#now = start
  }

  now(): Instant {
    return instant(this.#now)
  }

  after(delay: Millis, act: () => void): Cancel {
    const waiting = { due: this.#now + Math.max(0, delay), act }
    this.#waiting.push(waiting)
    return () => {
      this.#waiting = this.#waiting.filter(other => other !== waiting)
    }
  }

  get timers(): number {
    return this.#waiting.length
  }

  /** Runs what falls due, in order, and lets promises settle between. */
  async passes(length: Millis): Promise<void> {
    const end = this.#now + length
    for (;;) {
      const next = this.#waiting.filter(({ due }) => due <= end).toSorted((a, b) => a.due - b.due)[0]
      if (!next) break
      this.#waiting = this.#waiting.filter(other => other !== next)
      this.#now = Math.max(this.#now, next.due)
      next.act()
      await settled()
    }
    this.#now = end
    await settled()
  }
}

export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise(resolve => setImmediate(resolve))
}

/** What a driver told the gateway, and a way to wait for it. */
export class Gateway implements DriverHost {
  readonly clock: Clock
  readonly wall: Clock
  readonly readings: Reading[] = []
  readonly batches: Reading[][] = []
  readonly links: ('up' | Fault)[] = []
  readonly folder?: string
  #watchers: (() => void)[] = []

  constructor(clock: Clock = realClock, wall: Clock = realClock, folder?: string) {
    this.clock = clock
    this.wall = wall
    if (folder !== undefined) this.folder = folder
  }

  publish(readings: readonly Reading[]): void {
    this.readings.push(...readings)
    this.batches.push([...readings])
    this.#tell()
  }

  linkUp(): void {
    this.links.push('up')
    this.#tell()
  }

  linkDown(fault: Fault): void {
    this.links.push(fault)
    this.#tell()
  }

  /** The point's readings in order. */
  of(point: PointId): Reading[] {
    return this.readings.filter(reading => reading.point === point)
  }

  last(point: PointId): Reading | undefined {
    return this.of(point).at(-1)
  }

  get downs(): Fault[] {
    return this.links.filter(link => link !== 'up')
  }

  get ups(): number {
    return this.links.filter(link => link === 'up').length
  }

  /** Resolves as soon as what the driver said makes it true. */
  async until(what: string, holds: () => boolean, within = 120_000): Promise<void> {
    if (holds()) return
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        const said = this.readings.slice(-5).map(reading => JSON.stringify(reading))
        reject(new Error(`Never came true: ${what}. Links ${JSON.stringify(this.links)}, last readings ${said.join(' ')}`))
      }, within)
      this.#watchers.push(() => {
        if (!holds()) return
        clearTimeout(timer)
        resolve()
      })
    })
  }

  /** A reading of the point that came after this call and fits. */
  async next(point: PointId, fits: (reading: Reading) => boolean = () => true): Promise<Reading> {
    const seen = this.readings.length
    const found = (): Reading | undefined => this.readings.slice(seen).find(reading => reading.point === point && fits(reading))
    await this.until(`a fitting reading of ${point}`, () => found() !== undefined)
    return found() as Reading
  }

  #tell(): void {
    for (const watcher of this.#watchers) watcher()
  }
}

export function binding(
  point: string,
  settings: Record<string, unknown>,
  device: Record<string, unknown> = {},
  more: Partial<Pick<Binding, 'plausible' | 'convert'>> = {},
): Binding {
  const [equipment = '', key = ''] = point.split('.')
  return { point: pointId(equipment, key), equipment, device, settings, ...more }
}

export const point = (text: string): PointId => text as PointId
export const isGood = (reading: Reading | undefined): boolean => reading?.quality === 'good'
export const codeOf = (reading: Reading | undefined): string | undefined =>
  reading?.quality === 'bad' ? reading.fault.code : reading?.quality

export function prepared(protocol: Protocol, settings: Record<string, unknown>, bindings: readonly Binding[]): PreparedDriver {
  const result: Prepared = protocol.prepare('line', settings, bindings)
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  return result.driver
}

/** Opens a driver on a recording host and starts it. */
export function run(
  protocol: Protocol,
  settings: Record<string, unknown>,
  bindings: readonly Binding[],
  host = new Gateway(),
): { host: Gateway; driver: Driver } {
  const driver = prepared(protocol, settings, bindings).open(host)
  driver.start()
  return { host, driver }
}

export async function listen(server: Server, port = 0): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return (server.address() as AddressInfo).port
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer()
  const port = await listen(server)
  await new Promise(resolve => server.close(resolve))
  return port
}
