import type { PreparedProblem } from '../../protocols/contract/driver.ts'
import { parseDuration } from '../../protocols/contract/duration.ts'
import { days } from '../../protocols/contract/time.ts'
import type { Millis } from '../../protocols/contract/time.ts'
import type { Installed, Line, Wired } from './equipment.ts'
import { checkLinks, checkPorts } from './lines.ts'
import { longEnough, windowOf } from './reading-rounds.ts'
import { below } from './reader.ts'
import type { Finding, Item, Report } from './report.ts'
import { propertiesOf } from './settings.ts'
import type { Connection } from './site.ts'

/** Hands each connection with its points to its protocol, and brings what the protocol finds back to its place in the file. */
export function wire(
  report: Report,
  lines: readonly Line[],
  installed: readonly Installed[],
  complete: boolean,
): readonly Connection[] {
  checkPorts(report, lines)
  checkLinks(report, installed, lines)
  const read = Map.groupBy(
    installed.flatMap(entry => entry.points),
    wired => wired.point.connection,
  )
  return lines.flatMap(line => {
    const points = read.get(line.id) ?? []
    const bindings = points.map(wired => wired.binding)
    const prepared = line.protocol.prepare(line.id, line.settings, bindings)
    if (!prepared.ok) for (const problem of prepared.problems) tell(report, line, problem, installed)
    if (complete && points.length === 0) report.warn(line.item, unused(line.id))
    checkSense(report, line, points)
    if (!prepared.ok) return []
    const { driver } = prepared
    const { id, protocol, settings } = line
    return [{ id, protocol: protocol.kind, settings, driver, points: points.map(wired => wired.point.id), bindings }]
  })
}

function tell(report: Report, line: Line, problem: PreparedProblem, installed: readonly Installed[]) {
  const { code = 'wrong-setting', wrong, write } = problem
  if (problem.in === 'connection') {
    if (report.wasMeant({ ...line.item, path: [...line.item.path, ...problem.path] })) return
    return report.error(...placed(line.item, problem.path, { code, wrong, write }))
  }
  const { point } = problem.in
  for (const entry of installed) {
    const wired = entry.points.find(candidate => candidate.point.id === point)
    if (!wired) continue
    const ofDevice = isDeviceKey(line, wired, problem.path[0])
    const [item, finding] = placed(ofDevice ? entry.item : wired.item, problem.path, { code, wrong, write })
    if (finding.on === 'key' && report.wasMeant({ ...item, path: [...item.path, ...problem.path] })) continue
    // Every point of a device suffers from its wrong key: once is enough.
    if (!ofDevice || !report.has(item, finding.on)) report.error(item, finding)
  }
}

/** A protocol sees the point's own settings and, beside them, the keys of the equipment entry: its paths lead into either. */
function isDeviceKey(line: Line, { binding }: Wired, key: string | number | undefined): boolean {
  if (key === undefined || Object.hasOwn(binding.settings, key)) return false
  return Object.hasOwn(propertiesOf(line.protocol.schema.equipment) ?? {}, key)
}

/** The value at the path; where something is missing, the key under which it should stand. */
export function placed(from: Item, path: readonly (string | number)[], finding: Omit<Finding, 'on'>): [Item, Finding] {
  let found = from
  for (const step of path) {
    const next = below(found, step)
    if (!next) return [found, { ...finding, on: 'key' }]
    found = next
  }
  return [found, { ...finding, on: path.length > 0 ? 'value' : 'key' }]
}

const unused = (id: string): Finding => ({
  code: 'connection-unused',
  on: 'key',
  wrong: { zh: `没有任何点接在 \`${id}\` 上`, en: `no point is read over \`${id}\`` },
  write: { zh: `删去它，或在设备里写 \`connection: ${id}\``, en: `remove it, or write \`connection: ${id}\` at the equipment` },
})

function checkSense(report: Report, { item, settings }: Line, points: readonly Wired[]) {
  const anonymous = below(item, 'anonymous')
  const host = settings['host']
  if (
    anonymous?.value === true &&
    typeof host === 'string' &&
    !/^(127(\.\d+){3}|localhost|::1)$/.test(host) &&
    !report.has(anonymous)
  ) {
    report.error(anonymous, {
      code: 'anonymous-not-loopback',
      wrong: { zh: `${host} 对外开放，不能免密码`, en: `${host} is reachable from outside: it cannot be anonymous` },
      write: {
        zh: '写 `accounts: { tank-1: … }`，或 `host: 127.0.0.1`',
        en: 'write `accounts: { tank-1: … }`, or `host: 127.0.0.1`',
      },
    })
  }
  const every = parseDuration(settings['every'] ?? settings['publishEvery'])
  for (const wired of points) {
    const stale = below(wired.item, 'stale')
    const window = windowOf(wired.binding.device['read'] ?? settings['read'])
    if (window !== undefined) {
      if (wired.point.staleAfter < window) report.warn(stale ?? wired.item, tooSoonForWindow(window, stale !== undefined))
      continue
    }
    if (every === undefined || wired.point.staleAfter >= every * 2) continue
    report.warn(stale ?? wired.item, {
      code: 'stale-too-soon',
      on: stale ? 'value' : 'key',
      wrong: {
        zh: `两次读取之间就会算作失联（每 ${every / 1000} 秒读一次）`,
        en: `it counts as silent between two reads (read every ${every / 1000} s)`,
      },
      write: {
        zh: `写 \`stale: ${Math.ceil((every * 3) / 1000)}s\` 或更长`,
        en: `write \`stale: ${Math.ceil((every * 3) / 1000)}s\` or longer`,
      },
    })
  }
}

const tooSoonForWindow = (window: Millis, isWritten: boolean): Finding => ({
  code: 'stale-too-soon',
  on: isWritten ? 'value' : 'key',
  wrong: {
    zh: `两次抄表之间就会算作失联（最长隔 ${window / days(1)} 天）`,
    en: `it counts as silent between two readings (up to ${window / days(1)} days apart)`,
  },
  write: {
    zh: `写 \`stale: ${longEnough(window)}\` 或更长`,
    en: `write \`stale: ${longEnough(window)}\` or longer`,
  },
})
