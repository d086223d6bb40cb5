import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Binding, Driver, DriverHost, LineReport, Outbound, Probe, ScanAsk, ScanStep } from '../protocols/contract/driver.ts'
import type { Fault } from '../protocols/contract/fault.ts'
import type { Inlet } from '../protocols/contract/inlet.ts'
import { readingsIn } from '../protocols/contract/reading.ts'
import type { Reading, ReadingColumns } from '../protocols/contract/reading.ts'
import type { Clock, Instant, Millis } from '../protocols/contract/time.ts'
import type { Connection, Site } from './site/site.ts'
import { zoneOf } from './zone.ts'

/** Whether a connection has its equipment, since when, and why not. */
export interface LineState {
  readonly connection: string
  readonly up: boolean
  readonly since: Instant
  readonly fault?: Fault
}

/** Takes what the lines say, in the order in which they said it. */
export interface Hearer {
  /** What came together; `arrivedAt` is when it came, also where it had to wait. */
  readings(readings: readonly Reading[], arrivedAt: Instant): void
  /** The same as columns. Absent: they are wanted one by one. */
  columns?(columns: ReadingColumns, arrivedAt: Instant): void
  link(state: LineState): void
}

/** The running lines as those see them who look for equipment or want to know how a line does. */
export interface OpenLines {
  /** How a line does; `undefined` where there is none of that name, or it has nothing to say of itself. */
  report(connection: string): LineReport | undefined
  /** Looks for equipment beside the line's own sweeps; `undefined` where there is no such line, or it has nobody to ask. */
  scan(connection: string, ask: ScanAsk, signal: AbortSignal): AsyncIterable<ScanStep> | undefined
  /** Reads once, with the bytes, over the line that is open: its own points, or `bindings` that its protocol has prepared. */
  probe(connection: string, bindings: readonly Binding[] | undefined, signal: AbortSignal): Promise<readonly Probe[]> | undefined
}

/** Where the gateway hands over what was sent to its own address. */
export interface Inlets {
  /** `undefined` where there is no such line at the moment, or nothing can be sent to it. */
  inlet(connection: string): Inlet | undefined
}

export interface LinesParts {
  readonly clock: Clock
  readonly wall: Clock
  /** Drivers keep their own things below it, each in a folder of its name. */
  readonly folder: string
  readonly farewell: NonNullable<DriverHost['farewell']>
  /** One that does not stop in this time is left behind, loudly. */
  readonly stopWithin: Millis
  readonly complain: (line: string) => void
}

/** What a change of the site does to its connections. */
export interface LineChanges {
  readonly kept: readonly string[]
  readonly begun: readonly string[]
  readonly ended: readonly string[]
}

/** What of a site concerns its lines. */
type LineSite = Pick<Site, 'connections' | 'timeZone'>

interface Running {
  readonly connection: Connection
  readonly timeZone: string
  readonly driver: Driver
  /** From now on what it still says is not heard any more. */
  silence(): void
}

/** More readings than this do not wait while the site is changed; what is over it is shed and counted. */
const mostWaiting = 100_000

/**
 * The drivers of the running site. They outlive a change of the site that leaves their settings and bindings as they are: while everything
 * that listens to them is made anew, what they say waits here in its order.
 */
export class Lines implements OpenLines, Inlets {
  readonly #parts: LinesParts
  readonly #running = new Map<string, Running>()
  readonly #states = new Map<string, LineState>()
  readonly #brokers: Outbound[] = []
  /** Nobody hears before the first `goOn`. */
  #hearer: Hearer | undefined
  #waiting: ((hearer: Hearer) => void)[] = []
  #waitingReadings = 0
  #shed = 0

  constructor(parts: LinesParts) {
    this.#parts = parts
  }

  /** Every line that sits on a broker; the list goes along with the lines. */
  get brokers(): readonly Outbound[] {
    return this.#brokers
  }
  /** The same by their connections, those alone that are up. */
  brokersUp(): readonly Outbound[] {
    return [...this.#running].flatMap(([id, { driver }]) =>
      driver.outbound && this.#states.get(id)?.up ? [driver.outbound] : [],
    )
  }
  states(): readonly LineState[] {
    return [...this.#states.values()]
  }
  /** What the drivers count, and what had to be shed while the site was changed. */
  counters(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = { shed: this.#shed }
    for (const { driver } of this.#running.values())
      for (const [name, count] of Object.entries(driver.counters?.() ?? {})) counts[name] = (counts[name] ?? 0) + count
    return counts
  }

  report(connection: string): LineReport | undefined {
    return this.#running.get(connection)?.driver.report?.()
  }
  inlet(connection: string): Inlet | undefined {
    return this.#running.get(connection)?.driver.inlet
  }
  scan(connection: string, ask: ScanAsk, signal: AbortSignal): AsyncIterable<ScanStep> | undefined {
    return this.#running.get(connection)?.driver.scan?.(ask, signal)
  }
  probe(
    connection: string,
    bindings: readonly Binding[] | undefined,
    signal: AbortSignal,
  ): Promise<readonly Probe[]> | undefined {
    return this.#running.get(connection)?.driver.probe?.(signal, bindings)
  }

  /** What `retire` and then `begin` would do. */
  compare({ connections, timeZone }: LineSite): LineChanges {
    const isKept = (one: Connection): boolean => {
      const running = this.#running.get(one.id)
      return running?.timeZone === timeZone && isSame(running.connection, one)
    }
    const kept = connections.filter(isKept).map(({ id }) => id)
    return {
      kept,
      begun: connections.filter(one => !isKept(one)).map(({ id }) => id),
      ended: [...this.#running.keys()].filter(id => !kept.includes(id)),
    }
  }

  /** Stops the lines that are not among these as they are; all at once, since each may wait for its equipment. */
  async retire(site: LineSite): Promise<void> {
    await Promise.all(this.compare(site).ended.map(id => this.#end(id)))
  }

  /** Starts those of these that do not run yet, in their order. One that cannot be opened keeps no other from it; then it throws. */
  begin({ connections, timeZone }: LineSite): void {
    const mistakes: unknown[] = []
    for (const connection of connections) {
      try {
        if (!this.#running.has(connection.id)) this.#open(connection, timeZone)
      } catch (error) {
        mistakes.push(error)
      }
    }
    if (mistakes.length > 0) throw mistakes[0]
  }

  /** From now on what is said waits. */
  hold(): void {
    this.#hearer = undefined
  }

  /** What has waited is heard first, in its order. */
  goOn(hearer: Hearer): void {
    const waiting = this.#waiting
    this.#waiting = []
    this.#waitingReadings = 0
    for (const tell of waiting) tell(hearer)
    this.#hearer = hearer
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#running.keys()].map(id => this.#end(id)))
  }

  #open(connection: Connection, timeZone: string): void {
    const { clock, wall, folder, farewell } = this.#parts
    const { id } = connection
    let isHeard = true
    const link = (up: boolean, fault?: Fault): void => {
      if (!isHeard) return
      const state = { connection: id, up, since: clock.now(), ...(fault ? { fault } : {}) }
      this.#states.set(id, state)
      this.#tell(hearer => hearer.link(state))
    }
    const driver = connection.driver.open({
      clock,
      wall,
      zone: zoneOf(timeZone),
      farewell,
      folder: join(folder, id),
      publish: readings => {
        if (isHeard) this.#hear(readings.length, (hearer, at) => hearer.readings(readings, at))
      },
      publishColumns: columns => {
        if (!isHeard) return
        this.#hear(columns.points.length, (hearer, at) => {
          if (hearer.columns) hearer.columns(columns, at)
          else hearer.readings(readingsIn(columns), at)
        })
      },
      linkUp: () => link(true),
      linkDown: fault => link(false, fault),
    })
    this.#running.set(id, { connection, timeZone, driver, silence: () => void (isHeard = false) })
    if (driver.outbound) this.#brokers.push(driver.outbound)
    driver.start()
  }

  #hear(count: number, tell: (hearer: Hearer, arrivedAt: Instant) => void): void {
    if (!this.#hearer && this.#waitingReadings + count > mostWaiting) {
      this.#shed += count
      return
    }
    if (!this.#hearer) this.#waitingReadings += count
    const arrivedAt = this.#parts.clock.now()
    this.#tell(hearer => tell(hearer, arrivedAt))
  }

  #tell(tell: (hearer: Hearer) => void): void {
    if (this.#hearer) tell(this.#hearer)
    else this.#waiting.push(tell)
  }

  async #end(id: string): Promise<void> {
    const running = this.#running.get(id)
    if (!running) return
    const { driver } = running
    try {
      await this.#stopped(driver)
    } catch (error) {
      this.#parts.complain(`closing connection ${id}: ${error instanceof Error ? error.message : String(error)}`)
    }
    running.silence()
    this.#running.delete(id)
    this.#states.delete(id)
    const place = driver.outbound ? this.#brokers.indexOf(driver.outbound) : -1
    if (place >= 0) this.#brokers.splice(place, 1)
  }

  async #stopped(driver: Driver): Promise<void> {
    const { wall, stopWithin } = this.#parts
    let cancel = (): void => {}
    const tooLong = new Promise<never>((_, reject) => {
      cancel = wall.after(stopWithin, () => reject(new Error('did not close in time')))
    })
    try {
      await Promise.race([driver.stop(), tooLong])
    } finally {
      cancel()
    }
  }
}

/** Everything a driver was made from. What a protocol makes of the same settings is the same. */
function isSame(before: Connection, now: Connection): boolean {
  return (
    before.protocol === now.protocol &&
    isDeepStrictEqual(before.settings, now.settings) &&
    isDeepStrictEqual(before.bindings, now.bindings)
  )
}
