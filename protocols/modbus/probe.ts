import type { Probe } from '../contract/driver.ts'
import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import type { Clock } from '../contract/time.ts'
import { badReadings } from '../kit/number.ts'
import type { UnitSettings } from './config.ts'
import type { Decoded } from './decode.ts'
import { exceptionFault } from './frame.ts'
import type { Talk } from './line.ts'
import type { ReadRequest } from './plan.ts'
import { planReads, splitRead } from './plan.ts'
import type { ModbusPoint } from './points.ts'
import type { Read } from './reads.ts'
import { readOf } from './reads.ts'

export interface Asked {
  readonly points: readonly ModbusPoint[]
  readonly settingsOf: (unit: number) => UnitSettings
}

/** Reads each point once and shows its bytes. Ends early, with what it has, when `signal` aborts. */
export async function probePoints(
  { points, settingsOf }: Asked,
  talk: Talk,
  clock: Clock,
  signal: AbortSignal,
): Promise<Probe[]> {
  const probes: Probe[] = []
  const waiting: ReadRequest[] = planReads(points, settingsOf)
  for (let request = waiting.shift(); request; request = waiting.shift()) {
    const read = readOf(request)
    const reply = signal.aborted ? undefined : await talk.read(read, { ...settingsOf(read.unit), looking: true })
    const trip = reply?.roundTripMs ?? 0
    if (reply?.judged.kind === 'data') {
      probes.push(...good(read, reply.judged.data, clock, trip))
      continue
    }
    const halves = reply?.judged.kind === 'exception' && isAboutAddresses(reply.judged.code) ? splitRead(read) : undefined
    if (halves) waiting.unshift(...halves)
    else {
      const why = !reply
        ? fault('disconnected', 'The connection was lost.')
        : reply.judged.kind === 'exception'
          ? exceptionFault(reply.judged.code)
          : reply.judged.fault
      probes.push(...unread(read.points, why, clock, trip))
    }
  }
  return probes
}

/** Refusals that may concern only some of the addresses: illegal address or value, and 4, which some devices use for the same. */
export const isAboutAddresses = (code: number): boolean => code >= 2 && code <= 4

function good({ readers }: Read, data: Buffer, clock: Clock, roundTripMs: number): Probe[] {
  const now = clock.now()
  return readers.map(reader => {
    const value: Decoded = reader.read(data)
    const raw = reader.bytes(data).toString('hex')
    const of = { point: reader.point, at: now, receivedAt: now }
    return typeof value === 'number'
      ? { reading: { ...of, value, quality: 'good' }, raw, roundTripMs }
      : { reading: { ...of, quality: 'bad', fault: value }, raw, roundTripMs }
  })
}

export function unread(points: readonly ModbusPoint[], why: Fault, clock: Clock, roundTripMs = 0): Probe[] {
  return badReadings(
    points.map(({ point }) => point),
    why,
    clock.now(),
  ).map(reading => ({ reading, raw: '', roundTripMs }))
}
