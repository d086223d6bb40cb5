import type { PreparedDriver, PreparedProblem } from '../../protocols/contract/driver.ts'
import { parseDuration } from '../policy/spec.ts'
import { propertiesOf } from './equipment.ts'
import type { Installed, Line, Wired } from './equipment.ts'
import { below } from './reader.ts'
import type { Item, Report } from './report.ts'
import type { Connection } from './site.ts'

/** Hands each connection with its points to its protocol, and brings what the protocol finds back to its place in the file. */
export function wire(report: Report, lines: Iterable<Line>, installed: readonly Installed[]): readonly Connection[] {
  return [...lines].flatMap(line => {
    const points = installed.flatMap(entry => entry.points.filter(wired => wired.point.connection === line.id))
    const prepared = line.protocol.prepare(
      line.id,
      line.settings,
      points.map(wired => wired.binding),
    )
    if (!prepared.ok) for (const problem of prepared.problems) tell(report, line, problem, installed)
    checkSense(report, line, points)
    const driver: PreparedDriver | undefined = prepared.ok ? prepared.driver : undefined
    if (!driver) return []
    return [
      { id: line.id, protocol: line.protocol.kind, settings: line.settings, driver, points: points.map(wired => wired.point.id) },
    ]
  })
}

function tell(report: Report, line: Line, problem: PreparedProblem, installed: readonly Installed[]) {
  const { code = 'wrong-setting', wrong, write } = problem
  if (problem.in === 'connection') return report.error(deepest(line.item, problem.path), { code, wrong, write })
  const { point } = problem.in
  for (const entry of installed) {
    const wired = entry.points.find(candidate => candidate.point.id === point)
    if (!wired) continue
    const place = placeOf(line, entry.item, wired.item, problem.path)
    // All points of one device suffer from a wrong device key: once is enough.
    if (place.item !== entry.item || !report.has(place, 'value')) report.error(place, { code, wrong, write, on: place.on })
  }
}

/** A protocol sees the point's own settings and the device keys of the equipment entry: the path may lead into either. */
function placeOf(
  line: Line,
  equipment: Item,
  point: Item,
  path: PreparedProblem['path'],
): Item & { item: Item; on: 'key' | 'value' } {
  const [first, ...rest] = path
  const deviceKeys = propertiesOf(line.protocol.schema.equipment) ?? []
  const inPoint = first !== undefined && below(point, first) !== undefined
  const device = first === 'device' && rest.length > 0 ? rest : path
  const key = device[0]
  const ofDevice = !inPoint && key !== undefined && deviceKeys.includes(String(key))
  const [item, steps] = ofDevice ? [equipment, device] : [point, path]
  const found = deepest(item, steps)
  return {
    ...found,
    item,
    on: found.path.length - item.path.length < Math.min(steps.length, 1) || steps.length === 0 ? 'key' : 'value',
  }
}

function deepest(item: Item, path: readonly (string | number)[]): Item {
  let found = item
  for (const step of path) {
    const next = below(found, step)
    if (!next) break
    found = next
  }
  return found
}

function checkSense(report: Report, { id, item, settings }: Line, points: readonly Wired[]) {
  if (points.length === 0) {
    report.warn(item, {
      code: 'connection-unused',
      on: 'key',
      wrong: { zh: `没有任何点接在 \`${id}\` 上`, en: `no point is read over \`${id}\`` },
      write: {
        zh: `删去它，或在设备里写 \`connection: ${id}\``,
        en: `remove it, or write \`connection: ${id}\` at the equipment`,
      },
    })
  }
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
