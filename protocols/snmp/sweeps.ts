import type { DriverHost, Probe } from '../contract/driver.ts'
import type { Fault } from '../contract/fault.ts'
import type { Reading } from '../contract/reading.ts'
import type { Instant, Millis } from '../contract/time.ts'
import { between } from '../contract/time.ts'
import type { Answer } from '../kit/answer.ts'
import { failed } from '../kit/answer.ts'
import { badReadings, toReading } from '../kit/number.ts'
import type { Agent } from './agent.ts'
import type { Got, Memory } from './ask.ts'
import { getObjects, nothingLearned, walkColumns } from './ask.ts'
import { decode, decodeRows, rawOf } from './decode.ts'
import type { Doctor } from './doctor.ts'
import type { Varbind } from './message.ts'
import type { SnmpPoint } from './points.ts'
import { Rates } from './rates.ts'
import type { SnmpRead } from './reads.ts'
import { planReads, upTime } from './reads.ts'
import type { Ask } from './session.ts'

/** A column with more rows than this is no phase, no battery and no sensor. */
const mostRows = 200

/** What one point made of an answer; no value where there was nothing to compare with yet. */
export interface Said {
  readonly point: SnmpPoint
  readonly value: Answer<number> | undefined
  readonly raw: string
}

/** Asks for one read and decodes it for each of its points. */
export async function readOnce(
  ask: Ask,
  read: SnmpRead,
  memory: Memory,
  rates: Rates,
): Promise<{ readonly said: readonly Said[]; readonly broken?: Fault; readonly roundTripMs: number }> {
  if (read.kind === 'walk') {
    const got = await walkColumns(ask, read.oids, memory, mostRows)
    return { ...told(got), said: read.points.map(point => saidOfRows(point, got.of.get(point.oid))) }
  }
  const got = await getObjects(ask, read.oids, memory)
  const ticks = got.of.get(upTime)
  return { ...told(got), said: read.points.map(point => saidOf(point, got.of.get(point.oid), ticks, rates)) }
}

const told = ({ broken, roundTripMs }: Got<unknown>): { readonly broken?: Fault; readonly roundTripMs: number } => ({
  roundTripMs,
  ...(broken && { broken }),
})

const unasked = failed({ code: 'disconnected', detail: 'The conversation was ended.' })

function saidOf(point: SnmpPoint, answer: Answer<Varbind> = unasked, ticks: Answer<Varbind> | undefined, rates: Rates): Said {
  if (!answer.ok) return { point, value: answer, raw: '' }
  const raw = rawOf(answer.value)
  return {
    point,
    raw,
    value: point.rate ? rates.next(point, answer.value, ticks?.ok ? ticks.value : undefined) : decode(point, answer.value),
  }
}

function saidOfRows(point: SnmpPoint, answer: Answer<readonly Varbind[]> = unasked): Said {
  if (!answer.ok) return { point, value: answer, raw: '' }
  const raw = answer.value.map(each => `${each.oid.slice(point.oid.length)}=${rawOf(each)}`).join(' ')
  return { point, value: decodeRows(point, answer.value), raw: raw.slice(0, 1_000) }
}

export interface SweepParts {
  readonly host: DriverHost
  readonly agent: Agent
  readonly doctor: Doctor
  readonly points: readonly SnmpPoint[]
  readonly most: number
}

/** Reads everything of one agent, request after request, and learns how it wants to be asked. */
export class Sweeps {
  readonly #parts: SweepParts
  readonly #rates = new Rates()
  /** Reads that were not answered although the agent lives: how often in a row. */
  readonly #unanswered = new Map<string, number>()
  #memory: Memory
  last: Millis | undefined
  done = 0

  constructor(parts: SweepParts) {
    this.#parts = parts
    this.#memory = nothingLearned(parts.most)
  }

  get memory(): Memory {
    return this.#memory
  }

  get reads(): readonly SnmpRead[] {
    return planReads(this.#parts.points, this.#memory)
  }

  /** Another agent may answer now. */
  forget(): void {
    this.#memory = nothingLearned(this.#parts.most)
    this.#unanswered.clear()
    this.#rates.forget()
  }

  async sweep(): Promise<void> {
    const { agent, host } = this.#parts
    if (!agent.isUp) return
    const begun = host.wall.now()
    for (const read of this.reads) {
      const { said, broken } = await readOnce(agent.ask, read, this.#memory, this.#rates)
      // Where the conversation was lost it is told once, for all points.
      if (!agent.isUp) return
      if (broken && !(await this.#goOn(read, broken))) return
      if (!broken) this.#unanswered.delete(keyOf(read))
      this.#publish(said)
    }
    agent.proved()
    this.#finish(begun)
  }

  publishBad(why: Fault): void {
    const { host, points } = this.#parts
    const bad = badReadings(
      points.map(({ point }) => point),
      why,
      host.clock.now(),
    )
    if (bad.length > 0) host.publish(bad)
  }

  /** One read was not answered. Perhaps it is too long for the agent: some say nothing then. */
  async #goOn(read: SnmpRead, why: Fault): Promise<boolean> {
    if (!(await this.#parts.agent.isAlive(why))) return false
    const times = (this.#unanswered.get(keyOf(read)) ?? 0) + 1
    this.#unanswered.set(keyOf(read), times)
    if (times < 2) return true
    if (read.kind === 'walk' && this.#memory.repetitions > 1) this.#memory.repetitions >>= 1
    else if (read.oids.length > 1) this.#memory.most = Math.max(1, Math.min(this.#memory.most, read.oids.length) >> 1)
    return true
  }

  #publish(said: readonly Said[]): void {
    const { host, doctor } = this.#parts
    const now = host.clock.now()
    const readings: Reading[] = []
    for (const { point, value } of said) {
      if (!value) continue
      readings.push(toReading(point.point, value, { at: now, receivedAt: now }))
      if (!value.ok && (value.fault.code === 'refused' || value.fault.code === 'no-such-address'))
        doctor.refused(value.fault.detail)
    }
    if (readings.length > 0) host.publish(readings)
  }

  #finish(begun: Instant): void {
    this.last = between(begun, this.#parts.host.wall.now())
    this.done += 1
  }
}

const keyOf = ({ kind, oids }: SnmpRead): string => `${kind} ${oids.join(' ')}`

/** A point as `zhishou poll` and the wizard show it. */
export function probeOf({ point, value, raw }: Said, now: Instant, roundTripMs: number): Probe {
  const answer = value ?? failed({ code: 'not-a-number', detail: 'A rate needs two readings of the counter.' })
  return { reading: toReading(point.point, answer, { at: now, receivedAt: now }), raw, roundTripMs }
}
