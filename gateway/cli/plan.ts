import type { Protocol } from '../../protocols/contract/driver.ts'
import { protocols as registry } from '../../protocols/registry.ts'
import { planLine } from '../commission/line-plan.ts'
import type { LinePlan, SerialPlan } from '../commission/line-plan.ts'
import { loadSite } from '../site/load.ts'
import type { Connection } from '../site/site.ts'
import { readSiteArgs } from './check.ts'
import { printProblem } from './problem.ts'
import type { ExitCode, Io } from './io.ts'

export const planHelp = `zhishou plan SITE [--json] [--lang zh|en]

Shows what is read from each connection in one sweep: the requests, their points and bytes, and how busy the line is.
显示每个连接一轮读取的请求、点数、字节数和线路占用。

Bytes count request and answer with headers. The serial figures say what one sweep takes at the speed and format of the
connection, with the rest between frames and the pauses that are set; where it is no serial port, what it would take on
9600 baud (11 bits a byte) behind a serial server. The device's own thinking time comes on top.
串口数字按连接的波特率和格式计算，含帧间隔和停顿；不是串口的连接按 9600 波特、每字节 11 位估算。

Exit 0 good, 1 the site file has errors, 2 wrong usage.`

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
    print(
      zh
        ? `  共 ${line.requests.length} 个请求，${line.points} 个点（每个请求 ${perRequest} 个），每轮 ${line.bytesPerSweep} 字节`
        : `  ${line.requests.length} requests, ${line.points} points (${perRequest} a request), ${line.bytesPerSweep} bytes a sweep`,
    )
    if (serial) for (const said of serialWords(serial, every, zh)) print(`  ${said}`)
  }
  for (const { id, protocol, points } of all.filter(connection => !plans.some(line => line.connection === connection.id))) {
    print(
      `${id} (${protocol}): ${zh ? `不轮询，${points.length} 个点由设备上报` : `nothing is polled, ${points.length} points are sent by the equipment`}`,
    )
  }
}

function serialWords(serial: SerialPlan, every: number | undefined, zh: boolean): readonly string[] {
  const { known, baud, format, busLoad, pauseSeconds, secondsWithOneSilent: silent } = serial
  const sweep = serial.secondsPerSweep.toFixed(2)
  const speed = known ? `${baud} ${format}` : String(baud)
  const load = busLoad === undefined ? '' : `${(busLoad * 100).toFixed(1)} %`
  const said = [
    zh
      ? `${speed} 波特串口每轮 ${sweep} 秒${load && `，占用 ${load}`}`
      : `on a serial line of ${speed} baud ${sweep} s a sweep${load && `, load ${load}`}`,
  ]
  const pauses = pauseSeconds.toFixed(2)
  if (pauseSeconds > 0) said.push(zh ? `其中停顿 ${pauses} 秒` : `${pauses} s of it are the pauses that are set`)
  if (silent !== undefined)
    said.push(
      zh
        ? `有一台不回答的那一轮 ${silent.toFixed(2)} 秒；之后隔得越来越久才再问它`
        : `${silent.toFixed(2)} s in a sweep in which one device is silent; after that it is asked more and more rarely`,
    )
  if (every !== undefined && known && serial.secondsPerSweep > every)
    said.push(
      zh
        ? `这条线路来不及：一轮要 ${sweep} 秒，间隔只有 ${every} 秒。请调大 every，或提高波特率`
        : `this line cannot keep up: a sweep takes ${sweep} s and is due every ${every} s; write a longer \`every\` or use a higher speed`,
    )
  return said
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
