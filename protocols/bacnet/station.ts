import type { DeviceReport, DriverHost } from '../contract/driver.ts'
import type { Fault } from '../contract/fault.ts'
import type { Reading } from '../contract/reading.ts'
import type { Instant, Millis } from '../contract/time.ts'
import { after, between, millis } from '../contract/time.ts'
import type { Answer } from '../kit/answer.ts'
import { badReadings, toReading } from '../kit/number.ts'
import { Poller } from '../kit/poller.ts'
import type { Notification } from './answers.ts'
import { keyOfObject, keyOfProperty } from './answers.ts'
import { Changes, ourProcess } from './changes.ts'
import type { BacnetConfig, StationSettings } from './config.ts'
import { flagsOf, judge } from './decode.ts'
import type { Figures } from './doctor.ts'
import type { Exchange } from './exchange.ts'
import type { Address } from './frame.ts'
import { placeOf } from './frame.ts'
import { meet } from './find.ts'
import type { Looked, Seen } from './look.ts'
import { Knowledge, look } from './look.ts'
import { properties } from './names.ts'
import type { BacnetPoint } from './points.ts'
import type { Silence } from './station-report.ts'
import { reportOf } from './station-report.ts'
import type { Contact } from './talk.ts'

export interface StationParts {
  readonly config: BacnetConfig
  readonly settings: StationSettings
  readonly host: DriverHost
  readonly figures: Figures
  readonly exchange: () => Exchange | undefined
  /** Each time it answers, and each time it does not. */
  readonly answered: () => void
  readonly silent: (why: Fault) => void
}

/** In time-outs: a silent device is asked again after pauses that double up to this. */
const longestPause = 20

/** One device: reached, read in its rhythm, listened to, and left alone for a while where it is silent. */
export class Station {
  readonly #parts: StationParts
  readonly #knowledge: Knowledge
  readonly #changes: Changes
  readonly #poller: Poller
  /** By object, when its last notification came: what was read before is older. */
  readonly #toldAt = new Map<string, number>()
  readonly #confirmed = new Map<string, Instant>()
  readonly #last = new Map<string, number>()
  #told = 0
  #contact: Contact | undefined
  #twins: readonly string[] = []
  #silence: Silence | undefined
  #running = false
  last: Millis | undefined
  done = 0

  constructor(parts: StationParts) {
    this.#parts = parts
    const { host, settings } = parts
    this.#knowledge = new Knowledge(host.wall)
    this.#changes = new Changes(settings, host.wall)
    this.#poller = new Poller({ clock: host.clock, every: settings.every, sweep: () => this.#sweep() })
  }

  get settings(): StationSettings {
    return this.#parts.settings
  }
  get isSilent(): boolean {
    return this.#silence !== undefined
  }
  get contact(): Contact | undefined {
    return this.#contact
  }
  get missed(): number {
    return this.#poller.missed
  }

  start(): void {
    this.#running = true
    this.#poller.start()
  }

  /** Resolves when the sweep under way has ended; what it still brings is not told. */
  stop(): Promise<void> {
    this.#running = false
    const exchange = this.#parts.exchange()
    if (exchange && this.#contact) this.#changes.end(exchange, this.#contact)
    return this.#poller.stop()
  }

  /** Our own port is open again, or for the first time. */
  wake(): void {
    this.#poller.soon()
  }

  /** Our own port is gone. */
  lost(why: Fault): void {
    this.#forget()
    this.#silence = undefined
    this.#publish(
      badReadings(
        this.settings.points.map(({ point }) => point),
        why,
        this.#parts.host.clock.now(),
      ),
    )
  }

  /** Reads some of its points outside the rhythm; undefined while it has not been reached. */
  async look(exchange: Exchange, points: readonly BacnetPoint[]): Promise<Looked> {
    const { config, settings, figures } = this.#parts
    const patience = { timeout: settings.timeout, retries: settings.retries, doubtful: !this.#contact }
    const met = this.#contact ? undefined : await meet(exchange, config, settings, patience, figures)
    if (met && !met.ok) return { seen: unseen(points, met.fault), roundTripMs: 0 }
    const contact = this.#contact ?? met?.value.contact
    if (!contact) return { seen: [], roundTripMs: 0 }
    return look({ exchange, contact, patience, knowledge: this.#knowledge, tally: figures }, points)
  }

  /** A change was told. True: it is of this device and of a point of ours. */
  hear(from: Address, { process, device, object, results }: Notification): boolean {
    const contact = this.#contact
    if (!contact || !this.#running || process !== ourProcess || placeOf(from) !== placeOf(contact.address)) return false
    if ((contact.device ?? device) !== device || !this.#changes.heard(object)) return false
    this.#parts.figures.told += 1
    const got = new Map(results.map(result => [keyOfProperty(result), result.got]))
    const flags = flagsOf(got.get(keyOfProperty({ object, property: properties['status-flags'] })))
    const now = this.#parts.host.clock.now()
    const unit = this.#knowledge.unit(object)
    const readings = this.settings.points.flatMap((point): Reading[] => {
      const value = keyOfObject(point.object) === keyOfObject(object) ? got.get(keyOfProperty(point)) : undefined
      if (!value || (!flags && this.#knowledge.hasFlags(object)) || this.#knowledge.wantsUnit(point)) return []
      const answer = judge(point, value, { flags, unit })
      if (answer.ok) this.#last.set(point.point, answer.value)
      return [toReading(point.point, answer, { at: now, receivedAt: now })]
    })
    if (readings.length > 0) this.#toldAt.set(keyOfObject(object), ++this.#told)
    this.#publish(readings)
    // What a notification left open (a unit, why there is a fault) a read will tell.
    if (readings.length === 0 || readings.some(({ quality }) => quality === 'bad')) this.#confirmed.delete(keyOfObject(object))
    return true
  }

  async #sweep(): Promise<void> {
    const { host, exchange: current } = this.#parts
    const exchange = current()
    if (!exchange || this.settings.points.length === 0) return
    const begun = host.wall.now()
    if (this.#silence && begun < this.#silence.until) return this.#publishSilence()
    const contact = await this.#reach(exchange)
    if (contact) await this.#read(exchange, contact)
    this.last = between(begun, host.wall.now())
    this.done += 1
  }

  async #reach(exchange: Exchange): Promise<Contact | undefined> {
    const { config, figures, answered } = this.#parts
    if (this.#contact) return this.#contact
    const met = await meet(
      exchange,
      config,
      this.settings,
      { timeout: this.settings.timeout, retries: 0, doubtful: true },
      figures,
    )
    if (!this.#running) return undefined
    if (!met.ok) {
      this.#fellSilent(met.fault)
      return undefined
    }
    answered()
    this.#contact = met.value.contact
    this.#twins = met.value.twins
    return this.#contact
  }

  async #read(exchange: Exchange, contact: Contact): Promise<void> {
    const { host, figures, answered } = this.#parts
    const { timeout, retries, points } = this.settings
    const before = this.#told
    const due = points.filter(point => this.#isDue(point))
    const patience = { timeout, retries: this.#silence ? 0 : retries, doubtful: this.#silence !== undefined }
    const looked = await look({ exchange, contact, patience, knowledge: this.#knowledge, tally: figures }, due)
    if (!this.#running || this.#parts.exchange() !== exchange) return
    if (looked.silent) {
      this.#publish(
        this.#readings(
          looked.seen.filter(({ answer }) => answer.ok),
          before,
        ),
      )
      return this.#fellSilent(looked.silent)
    }
    if (due.length > 0) {
      this.#silence = undefined
      answered()
    }
    const now = host.clock.now()
    for (const { point, answer } of looked.seen) {
      if (!answer.ok || this.#isOlder(point, before)) continue
      this.#changes.compared(point.object, this.#last.get(point.point), answer.value)
      this.#confirmed.set(keyOfObject(point.object), now)
    }
    this.#publish(this.#readings(looked.seen, before))
    await this.#changes.tend(exchange, contact, figures)
  }

  /** In every sweep; where changes are told, now and then. */
  #isDue({ object, property }: BacnetPoint): boolean {
    if (property !== properties['present-value'] || !this.#changes.isTold(object)) return true
    const last = this.#confirmed.get(keyOfObject(object))
    return last === undefined || this.#parts.host.clock.now() - last >= this.settings.confirm
  }

  /** What was told while we asked is newer than our answer. */
  #isOlder({ object, property }: BacnetPoint, before: number): boolean {
    return property === properties['present-value'] && (this.#toldAt.get(keyOfObject(object)) ?? 0) > before
  }

  #readings(seen: readonly Seen[], before: number): Reading[] {
    const now = this.#parts.host.clock.now()
    return seen.flatMap(({ point, answer }) => {
      if (this.#isOlder(point, before)) return []
      if (answer.ok) this.#last.set(point.point, answer.value)
      return [toReading(point.point, answer, { at: now, receivedAt: now })]
    })
  }

  #fellSilent(why: Fault): void {
    if (why.code === 'disconnected') return
    const { host, silent } = this.#parts
    const now = host.wall.now()
    const times = (this.#silence?.times ?? 0) + 1
    const pause = millis(this.settings.timeout * Math.min(longestPause, 2 ** times))
    this.#silence = { why, since: this.#silence?.since ?? now, until: after(now, pause), times }
    this.#forget()
    silent(why)
    this.#publishSilence()
  }

  /** What comes back may be another device, or the same at another address. */
  #forget(): void {
    this.#contact = undefined
    this.#changes.forget()
    this.#knowledge.forget()
    this.#confirmed.clear()
    this.#last.clear()
  }

  #publishSilence(): void {
    const why = this.#silence?.why
    if (why)
      this.#publish(
        badReadings(
          this.settings.points.map(({ point }) => point),
          why,
          this.#parts.host.clock.now(),
        ),
      )
  }

  #publish(readings: readonly Reading[]): void {
    if (this.#running && readings.length > 0) this.#parts.host.publish(readings)
  }

  report(): DeviceReport {
    return reportOf({
      settings: this.settings,
      figures: this.#parts.figures,
      contact: this.#contact,
      silence: this.#silence,
      changes: this.#changes,
      knowledge: this.#knowledge,
      twins: this.#twins,
    })
  }
}

const unseen = (points: readonly BacnetPoint[], why: Fault): Seen[] =>
  points.map(point => ({ point, answer: { ok: false, fault: why } satisfies Answer<number>, raw: '' }))
