import type { DeviceReport, Found, LineReport } from '../../protocols/contract/driver.ts'
import type { Fault } from '../../protocols/contract/fault.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { draftOf } from '../commission/draft.ts'
import type { DraftGround } from '../commission/draft.ts'
import type { Scan } from '../commission/found.ts'
import { whatToTry } from '../commission/hint-words.ts'
import { planLine } from '../commission/line-plan.ts'
import type { Protocol } from '../../protocols/contract/driver.ts'
import type { Tried } from '../commission/trying.ts'
import type { TriedPoint } from '../commission/tried.ts'
import { isBelievable } from '../commission/trying.ts'
import type { Connection, Site } from '../site/site.ts'
import type { House } from './house.ts'
import type {
  WireConnection,
  WireDevice,
  WireFault,
  WireFound,
  WireLine,
  WireLinePlan,
  WireLineReport,
  WireScan,
  WireTried,
  WireTriedPoint,
} from './wire-lines.ts'

type Iso = (at: Instant) => string
type Settings = Readonly<Record<string, unknown>>

export const wireFault = ({ code, detail }: Fault): WireFault => ({ code, detail, tryThis: whatToTry[code] })

/** Where a line leads, in a few words and without any secret. */
export function addressOf(settings: Settings): string {
  const { path, baud, format, host, port } = settings
  const url = settings['url'] ?? settings['endpoint']
  if (typeof path === 'string') return [path, baud, format].filter(part => part !== undefined).join(' ')
  if (typeof host === 'string') return port === undefined ? host : `${host}:${String(port)}`
  return typeof url === 'string' ? url.replace(/\/\/[^@/]*@/, '//') : ''
}

/** A connection with how it does. */
export function wireConnection(connection: Connection, { site, state, lines }: House, iso: Iso): WireConnection {
  const link = state.links().find(one => one.connection === connection.id)
  const report = lines.report(connection.id)
  const readings = connection.points.map(point => state.latest(point))
  const sweeps = report?.sweeps
  return {
    id: connection.id,
    protocol: connection.protocol,
    address: addressOf(connection.settings),
    up: link?.up ?? null,
    since: link ? iso(link.since) : null,
    fault: link?.fault ? wireFault(link.fault) : null,
    points: connection.points.length,
    equipment: equipmentOn(connection, site),
    bad: readings.filter(reading => reading?.quality === 'bad').length,
    busy: report?.busy ?? null,
    sweeps: sweeps ? { every: sweeps.every, last: sweeps.last ?? null, done: sweeps.done, missed: sweeps.missed } : null,
    silent: report?.devices.flatMap(({ device, silent }) => (silent ? [device] : [])) ?? [],
    polled: connection.driver.plan !== undefined,
  }
}

function equipmentOn({ id, points }: Connection, site: Site): readonly string[] {
  const read = new Set<string>(points)
  return site.equipment.filter(one => one.connection === id || one.points.some(point => read.has(point))).map(one => one.id)
}

/** The polling doctor's whole file of one line. */
export function wireLine(connection: Connection, house: House, protocols: readonly Protocol[], iso: Iso): WireLine {
  const report = house.lines.report(connection.id)
  const plan = planLine(connection, protocols)
  return {
    ...wireConnection(connection, house, iso),
    report: report ? wireReport(report, house.wall.now(), iso) : null,
    plan: plan ? wirePlan(plan) : null,
    values: house.site.points
      .filter(point => point.connection === connection.id)
      .map(({ id, equipment, name, unit, decimals, labels }) => {
        const reading = house.state.latest(id)
        const fault = reading?.quality === 'bad' ? wireFault(reading.fault) : null
        const value = reading?.value ?? null
        const label = value === null ? null : (labels.get(value) ?? null)
        return { point: id, equipment, name, unit, decimals, value, label, fault }
      }),
  }
}

function wirePlan({ requests, bytesPerSweep, everySeconds, serial }: NonNullable<ReturnType<typeof planLine>>): WireLinePlan {
  return {
    requests: requests.length,
    bytesPerSweep,
    everySeconds: everySeconds ?? null,
    serial: serial
      ? {
          baud: serial.baud,
          format: serial.format,
          known: serial.known,
          secondsPerSweep: serial.secondsPerSweep,
          busLoad: serial.busLoad ?? null,
          secondsWithOneSilent: serial.secondsWithOneSilent ?? null,
        }
      : null,
  }
}

const wireReport = ({ since, devices, frames }: LineReport, now: Instant, iso: Iso): WireLineReport => ({
  since: iso(since),
  devices: devices.map(device => wireDevice(device, now, iso)),
  frames: frames.map(({ at, device, way, hex, note }) => ({ at: iso(at), device, way, hex, note: note ?? null })),
})

function wireDevice({ refusals, roundTrip, silent, reads, ...device }: DeviceReport, now: Instant, iso: Iso): WireDevice {
  return {
    ...device,
    refusals: Object.entries(refusals).map(([what, count]) => ({ what, count })),
    roundTrip: roundTrip ?? null,
    silent: silent ? { since: iso(silent.since), againIn: Math.max(0, silent.until - now), why: wireFault(silent.why) } : null,
    reads: reads.map(({ request, points, bytes }) => ({ request, points, bytes })),
  }
}

/** A search as far as it has come, with a first guess at each entry. */
export function wireScan(scan: Scan, site: Site, ground: DraftGround, iso: Iso): WireScan {
  const taken = new Set(site.equipment.map(({ id }) => id))
  return {
    id: scan.id,
    line: scan.line,
    begunAt: iso(scan.begunAt),
    endedAt: scan.endedAt === undefined ? null : iso(scan.endedAt),
    ended: scan.ended ?? null,
    progress: scan.progress ?? null,
    trouble: scan.trouble ? wireFault(scan.trouble) : null,
    found: scan.found.map(found => {
      const shown = wireFound(found, scan.line, site, ground, taken)
      taken.add(shown.draft.id)
      return shown
    }),
  }
}

function wireFound(found: Found, line: string, site: Site, ground: DraftGround, taken: ReadonlySet<string>): WireFound {
  const { id, type, model, points } = draftOf(found, line, taken, ground)
  const known = site.equipment.find(one => one.connection === line && isSame(found.device, one.device))
  return {
    device: found.device,
    name: found.name,
    models: found.models ?? [],
    note: found.note ?? null,
    points: found.points.map(({ name, settings, value, unit, raw }) => ({
      name,
      settings,
      value: value ?? null,
      unit: unit ?? null,
      raw: raw ?? null,
    })),
    draft: { id, type, model: model ?? null, points },
    known: known?.id ?? null,
  }
}

const isSame = (found: Settings, device: Settings): boolean => {
  const keys = Object.keys(found)
  return keys.length > 0 && keys.every(key => found[key] === device[key])
}

export const wireTried = ({ points, hints }: Tried): WireTried => ({
  points: points.map(wireTriedPoint),
  hints: hints.map(({ code, points: about, say, change, device, gives }) => ({
    code,
    points: about,
    say,
    change: change ?? [],
    device: { ...device },
    gives: gives ?? [],
  })),
})

function wireTriedPoint(point: TriedPoint): WireTriedPoint {
  const { key, name, unit, decimals, settings, value, fault, raw, roundTripMs, range, labels } = point
  return {
    key,
    name,
    unit,
    decimals,
    settings,
    value: value ?? null,
    label: value === undefined ? null : (labels.get(value) ?? null),
    quality: isBelievable(point) ? 'good' : 'bad',
    fault: fault ? wireFault(fault) : null,
    raw,
    roundTripMs,
    range,
  }
}
