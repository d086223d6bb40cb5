import type { DriverHost } from '../contract/driver.ts'
import type { Fault } from '../contract/fault.ts'
import type { Instant, Millis } from '../contract/time.ts'
import { millis } from '../contract/time.ts'
import { Batch } from './batch.ts'
import type { ModbusConfig, UnitSettings } from './config.ts'
import { exceptionFault } from './frame.ts'
import type { Line, Manners } from './line.ts'
import { once } from './line.ts'
import type { ReadRequest } from './plan.ts'
import { splitRead } from './plan.ts'
import { isAboutAddresses } from './probe.ts'
import type { Read, Reads } from './reads.ts'
import { readOf } from './reads.ts'
import type { Units } from './units.ts'

export interface SweepParts {
  readonly config: ModbusConfig
  readonly host: DriverHost
  readonly line: Line
  readonly units: Units
  readonly reads: Reads
  /** The rhythm of the line: of its most frequently read unit. */
  readonly every: Millis
  /** Sweeps that fell out so far because the one before had not ended. */
  readonly missed: () => number
}

/** How the reading of one request, or of a part of it, ended. */
type End =
  | 'answered'
  /** Answered when it was repeated: the first answer may still come. */
  | 'doubtful'
  | 'refused'
  | 'silent'
  | 'lost'
interface Tally {
  answers: number
  silences: number
}

/** The device wants more time. */
const later = [5, 6]

/** Reads what is due, who answers before who does not: a silent unit costs the others nothing but what their sweep leaves over. */
export class Sweeps {
  readonly #parts: SweepParts
  readonly #batch: Batch
  readonly #read = new Map<number, Instant>()
  #began: Instant | undefined
  #beganWall: Instant | undefined
  /** Real milliseconds in one of the domain's: the demo runs faster. */
  #pace = 1
  /** How long the last one took, real time. */
  last: Millis | undefined
  done = 0

  constructor(parts: SweepParts) {
    this.#parts = parts
    this.#batch = new Batch(parts.host)
  }

  settingsOf(unit: number): UnitSettings {
    return this.#parts.config.units.get(unit) ?? this.#parts.config.usual
  }

  /** How many sweeps came late but were made up for at once. */
  caughtUp = 0

  /** One sweep; where a silent unit made it run over the next one's beginning, that one follows at once instead of falling out. */
  async sweep(): Promise<void> {
    const { host, line, missed } = this.#parts
    if (!line.isUp) return
    const wall = host.wall.now()
    const before = missed()
    this.#keepPace(host.clock.now(), wall)
    await this.#round(wall, true)
    this.flush()
    if (missed() === before || !line.isUp) return
    this.caughtUp += 1
    await this.#round(host.wall.now(), false)
    this.flush()
  }

  async #round(wall: Instant, patient: boolean): Promise<void> {
    const { host, line, units } = this.#parts
    const due = this.#dueAt(host.clock.now())
    const tally: Tally = { answers: 0, silences: 0 }
    const postponed: Read[] = []
    for (const unit of due.filter(each => units.isLively(each))) {
      if ((await this.#unit(unit, this.settingsOf(unit), tally, postponed)) === 'lost') return
    }
    if ((await this.#doubtful(due, patient ? wall : undefined, tally, postponed)) === 'lost') return
    for (const read of postponed) {
      if ((await this.#one(read, this.settingsOf(read.unit), tally)) === 'lost') return
    }
    if (tally.answers > 0) line.proved()
    // Nobody at all answered: perhaps the connection is dead and nobody told us. A new call will show.
    else if (tally.silences > 0) await line.renew()
    this.last = millis(host.wall.now() - wall)
    this.done += 1
  }

  /** Who did not answer last time, as far as the sweep has room for it; the others' points are told bad, with what is known. */
  async #doubtful(due: readonly number[], wall: Instant | undefined, tally: Tally, postponed: Read[]): Promise<End> {
    const { host, units, reads, every } = this.#parts
    // A little is kept back: the next sweep is to begin in time.
    const room = every * this.#pace * 0.9
    let first = true
    for (const unit of units.doubtful(due)) {
      const settings = this.settingsOf(unit)
      const left = millis(room - (host.wall.now() - (wall ?? 0)))
      // A sweep that makes up for a lost one has no time for them.
      if (wall !== undefined && units.mayAsk(unit, settings.timeout, left, first)) {
        first = false
        if ((await this.#unit(unit, once(settings), tally, postponed)) === 'lost') return 'lost'
      } else {
        const why = units.silence(unit)?.why
        if (why) for (const read of reads.of(unit)) this.publishBad(read.points, why)
      }
      // Its turn is not over: the pauses decide when it is asked again, not a rhythm that may be of hours.
      if (!units.isLively(unit)) this.#read.delete(unit)
    }
    return 'answered'
  }

  async #unit(unit: number, manners: Manners, tally: Tally, postponed: Read[]): Promise<End> {
    const { units, reads } = this.#parts
    const plan = reads.of(unit)
    let doubt = false
    for (const [index, read] of plan.entries()) {
      const known = reads.refusal(read)
      if (known) {
        this.publishBad(read.points, known)
        continue
      }
      if (doubt) {
        postponed.push(read)
        continue
      }
      const end = await this.#one(read, manners, tally)
      if (end === 'lost') return 'lost'
      if (end === 'silent') {
        const why = units.silence(unit)?.why
        if (why) for (const rest of plan.slice(index + 1)) this.publishBad(rest.points, why)
        this.#read.delete(unit)
        return 'silent'
      }
      // Without transaction ids the rest of this unit waits while the others are read.
      doubt = end === 'doubtful' && this.#parts.config.framing === 'rtu'
    }
    return 'answered'
  }

  /** One read; where it is refused as a whole it is read in parts, and what that taught is kept for the next sweeps. */
  async #one(read: Read, manners: Manners, tally: Tally): Promise<End> {
    const { line, units, reads } = this.#parts
    let reply = await line.read(read, manners)
    if (reply?.judged.kind === 'exception' && later.includes(reply.judged.code)) reply = await line.read(read, manners)
    if (!reply) return 'lost'
    const { judged } = reply
    if (judged.kind === 'data') {
      tally.answers += 1
      units.answered(read.unit)
      reads.answered(read)
      this.#publish(read, judged.data)
      return reply.repeated ? 'doubtful' : 'answered'
    }
    const why = judged.kind === 'exception' ? exceptionFault(judged.code) : judged.fault
    if (why.code === 'timeout' || why.code === 'device-silent') {
      units.fellSilent(read.unit, why, manners.timeout)
      if (why.code === 'timeout') tally.silences += 1
      else tally.answers += 1
      this.publishBad(read.points, why)
      return 'silent'
    }
    tally.answers += 1
    units.answered(read.unit)
    if (judged.kind === 'fault' || later.includes(judged.code)) {
      this.publishBad(read.points, why)
      return 'answered'
    }
    const halves = isAboutAddresses(judged.code) ? splitRead(read) : undefined
    if (halves) return this.#inParts(halves, manners, tally)
    if (judged.code <= 4) reads.wasRefused(read, judged.code)
    this.publishBad(read.points, why)
    return 'refused'
  }

  async #inParts([low, high]: readonly [ReadRequest, ReadRequest], manners: Manners, tally: Tally): Promise<End> {
    const first = await this.#one(readOf(low), manners, tally)
    if (first === 'lost' || first === 'silent') return first
    const read = readOf(high)
    const second = await this.#one(read, manners, tally)
    if (second === 'lost' || second === 'silent') return second
    // Each half is answered, the whole is not: it is what lies between them, or the length.
    if (first !== 'refused' && second !== 'refused') this.#parts.reads.cutBefore(read)
    return 'refused'
  }

  #publish(read: Read, data: Buffer): void {
    const { host } = this.#parts
    const now = host.clock.now()
    for (const reader of read.readers) {
      const value = reader.read(data)
      if (typeof value === 'number') this.#batch.good(reader.point, now, value)
      else this.#batch.bad(reader.point, now, value)
    }
  }

  publishBad(points: ReadRequest['points'], why: Fault): void {
    const now = this.#parts.host.clock.now()
    for (const { point } of points) this.#batch.bad(point, now, why)
  }

  /** What has come is handed on: before anything else is said of the line, and when a sweep ends. */
  flush(): void {
    this.#batch.flush()
  }

  /** A unit with a rhythm of its own is due at the sweep nearest to it. */
  #dueAt(now: Instant): number[] {
    const { reads, every } = this.#parts
    return reads.units.filter(unit => {
      const last = this.#read.get(unit)
      if (last !== undefined && now - last < this.settingsOf(unit).every - every / 2) return false
      this.#read.set(unit, now)
      return true
    })
  }

  #keepPace(now: Instant, wall: Instant): void {
    if (this.#began !== undefined && this.#beganWall !== undefined && now > this.#began) {
      this.#pace = (wall - this.#beganWall) / (now - this.#began)
    }
    this.#began = now
    this.#beganWall = wall
  }
}
