import type { PlannedRead } from '../contract/driver.ts'
import type { Memory } from './ask.ts'
import { octets, objectId } from './ber.ts'
import type { SnmpConfig } from './config.ts'
import type { SnmpPoint } from './points.ts'

/** One request of a sweep: some objects, or the rows of some columns. */
export interface SnmpRead {
  readonly kind: 'get' | 'walk'
  readonly oids: readonly string[]
  readonly points: readonly SnmpPoint[]
}

/** What the agent's clock shows: a counter's growth is divided by it, in the same answer. */
export const upTime = '1.3.6.1.2.1.1.3.0'
/** Each brings its rows, so there must not be many in one answer. */
const mostColumns = 4

/** As few requests as the agent allows. */
export function planReads(points: readonly SnmpPoint[], memory: Memory): readonly SnmpRead[] {
  const single = points.filter(({ rows }) => rows === undefined)
  const isApart = ({ oid }: SnmpPoint): boolean => memory.apart.has(oid)
  const [plain, rates] = [
    single.filter(point => !isApart(point) && !point.rate),
    single.filter(point => !isApart(point) && point.rate),
  ]
  return [
    ...inParts('get', plain, memory.most, []),
    ...inParts('get', rates, Math.max(2, memory.most), [upTime]),
    ...single
      .filter(isApart)
      .map((point): SnmpRead => ({ kind: 'get', oids: [...(point.rate ? [upTime] : []), point.oid], points: [point] })),
    ...inParts(
      'walk',
      points.filter(({ rows }) => rows !== undefined),
      Math.min(mostColumns, memory.most),
      [],
    ),
  ]
}

function inParts(kind: SnmpRead['kind'], points: readonly SnmpPoint[], most: number, before: readonly string[]): SnmpRead[] {
  const byOid = [...Map.groupBy(points, ({ oid }) => oid)]
  const room = most - before.length
  return Array.from({ length: Math.ceil(byOid.length / room) }, (_, part) => {
    const own = byOid.slice(part * room, (part + 1) * room)
    return { kind, oids: [...before, ...own.map(([oid]) => oid)], points: own.flatMap(([, its]) => its) }
  })
}

/** As people write it; the usual port is left out. */
export function deviceOf({ host, port }: Pick<SnmpConfig, 'host' | 'port'>): string {
  if (port === 161) return host
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Head of a message, and for each object a number of usual size. */
const around = 45
export function plannedRead(config: SnmpConfig, { kind, oids, points }: SnmpRead): PlannedRead {
  const named = oids.reduce((sum, oid) => sum + objectId(oid).length + 4, 0)
  const head = around + (config.way.version === '3' ? 90 : octets(config.way.community).length)
  const rows = kind === 'walk' ? 3 : 1
  return {
    device: deviceOf(config),
    request: `${kind} ${oids.length > 1 ? `${oids.length} objects from ` : ''}${oids[0] ?? ''}`,
    points: points.map(({ point }) => point),
    bytes: head * 2 + named * (1 + rows) + oids.length * rows * 4,
  }
}
