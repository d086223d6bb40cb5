import type { PlannedRead, Protocol } from '../../protocols/contract/driver.ts'
import { protocols as registry } from '../../protocols/registry.ts'
import { parseDuration } from '../../protocols/contract/duration.ts'
import { loadSite } from '../site/load.ts'
import { propertiesOf } from '../site/settings.ts'
import type { Connection } from '../site/site.ts'
import { readSiteArgs } from './check.ts'
import { printProblem } from './problem.ts'
import type { ExitCode, Io } from './io.ts'

export const planHelp = `zhishou plan SITE [--json] [--lang zh|en]

Shows what is read from each connection in one sweep: the requests, their points and bytes, and how busy the line is.
显示每个连接一轮读取的请求、点数、字节数和线路占用。

Bytes count request and answer with headers. The serial figures say what one sweep takes where a serial line of
9600 baud (11 bits a byte) lies behind the connection; the device's own thinking time comes on top.

Exit 0 good, 1 the site file has errors, 2 wrong usage.`

/** The reads of one connection and what they add up to. */
export interface LinePlan {
  readonly connection: string
  readonly protocol: string
  readonly requests: readonly PlannedRead[]
  readonly points: number
  readonly pointsPerRequest: number
  readonly bytesPerSweep: number
  /** Seconds from sweep to sweep; undefined where the protocol has no such setting. */
  readonly everySeconds?: number
  readonly bytesPerSecond?: number
  readonly serial: { readonly baud: number; readonly secondsPerSweep: number; readonly busLoad?: number }
}

const baud = 9_600
const bitsPerByte = 11

/** `zhishou plan`: the read plan of every polled connection. Exit 1 with the problems where the site file is wrong. */
export async function plan(
  args: readonly string[],
  io: Pick<Io, 'out' | 'err' | 'env'>,
  protocols: readonly Protocol[] = registry,
): Promise<ExitCode> {
  const asked = readSiteArgs(args, io, planHelp)
  if (typeof asked === 'number') return asked
  const loaded = await loadSite(asked.path, io.env, protocols)
  if (!loaded.ok) {
    for (const problem of loaded.problems) printProblem(problem, asked.language, line => io.err(line))
    return 1
  }
  const plans = loaded.site.connections.flatMap(connection => planLine(connection, protocols) ?? [])
  if (asked.json) io.out(JSON.stringify({ connections: plans }))
  else printPlans(plans, loaded.site.connections, asked.language, line => io.out(line))
  return 0
}

/** Undefined where nothing is polled: the equipment speaks by itself. */
export function planLine(connection: Connection, protocols: readonly Protocol[]): LinePlan | undefined {
  const requests = connection.driver.plan?.()
  if (!requests) return undefined
  const bytesPerSweep = sum(requests.map(request => request.bytes))
  const points = sum(requests.map(request => request.points.length))
  const every = everyOf(connection, protocols)
  const secondsPerSweep = (bytesPerSweep * bitsPerByte) / baud
  return {
    connection: connection.id,
    protocol: connection.protocol,
    requests,
    points,
    pointsPerRequest: requests.length === 0 ? 0 : points / requests.length,
    bytesPerSweep,
    ...(every !== undefined && { everySeconds: every, bytesPerSecond: bytesPerSweep / every }),
    serial: { baud, secondsPerSweep, ...(every !== undefined && { busLoad: secondsPerSweep / every }) },
  }
}

/** As written, else the default that the protocol publishes. */
function everyOf({ protocol: kind, settings }: Connection, protocols: readonly Protocol[]): number | undefined {
  const property = propertiesOf(protocols.find(protocol => protocol.kind === kind)?.schema.connection)?.['every']
  const fallback: unknown =
    typeof property === 'object' && property !== null && 'default' in property ? property.default : undefined
  const every = parseDuration(settings['every'] ?? fallback)
  return every === undefined || every === 0 ? undefined : every / 1_000
}

function printPlans(
  plans: readonly LinePlan[],
  all: readonly Connection[],
  language: 'zh' | 'en',
  print: (line: string) => void,
) {
  const zh = language === 'zh'
  for (const line of plans) {
    const { everySeconds: every, serial } = line
    const rhythm = every === undefined ? '' : zh ? `，每 ${every} 秒一轮` : `, every ${every} s`
    print(`${line.connection} (${line.protocol})${rhythm}`)
    const head = zh ? ['设备', '请求', '点数', '字节', '点'] : ['device', 'request', 'points', 'bytes', 'which']
    const rows = line.requests.map(({ device, request, points, bytes }) => [
      device,
      request,
      String(points.length),
      String(bytes),
      points.join(' '),
    ])
    for (const row of aligned([head, ...rows])) print(`  ${row}`)
    const perRequest = line.pointsPerRequest.toFixed(1)
    const load = every === undefined ? '' : `${((serial.busLoad ?? 0) * 100).toFixed(1)} %`
    print(
      zh
        ? `  共 ${line.requests.length} 个请求，${line.points} 个点（每个请求 ${perRequest} 个），每轮 ${line.bytesPerSweep} 字节；${serial.baud} 波特串口每轮 ${serial.secondsPerSweep.toFixed(2)} 秒${load && `，占用 ${load}`}`
        : `  ${line.requests.length} requests, ${line.points} points (${perRequest} a request), ${line.bytesPerSweep} bytes a sweep; on a serial line of ${serial.baud} baud ${serial.secondsPerSweep.toFixed(2)} s a sweep${load && `, load ${load}`}`,
    )
  }
  for (const { id, protocol, points } of all.filter(connection => !plans.some(line => line.connection === connection.id))) {
    print(
      `${id} (${protocol}): ${zh ? `不轮询，${points.length} 个点由设备上报` : `nothing is polled, ${points.length} points are sent by the equipment`}`,
    )
  }
}

/** Columns side by side; a Chinese character takes two places. */
function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widthOf = (text: string) =>
    [...text].reduce((width, character) => width + (/[\u2e80-\uffef]/u.test(character) ? 2 : 1), 0)
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => widthOf(row[column] ?? ''))))
  return rows.map(row =>
    row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell)))
      .join('  ')
      .trimEnd(),
  )
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)
