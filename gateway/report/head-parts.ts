import type { Words } from '../../protocols/contract/driver.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { parseDay } from '../policy/calendar-days.ts'
import type { Equipment, Point } from '../site/site.ts'
import { localTime } from '../zone.ts'
import type { LogHead, LogSensor } from './document.ts'
import type { LimitsOver } from './limits.ts'
import { startOf } from './period.ts'
import type { LogQuestion } from './question.ts'
import type { LogSource } from './source.ts'

type Period = Pick<LogQuestion, 'from' | 'to'>
const [earliest, farthest] = [-8e15 as Instant, 8e15 as Instant]

/** Where the times come from, how fast the clock ran, and when it was set within the period. */
export function clockOf({ past, site }: LogSource, { from, to }: Period): readonly Words[] {
  const source: Words = {
    zh: `时间来自网关主机的系统时钟（由操作系统对时），按 ${site.timeZone} 显示；设备自带可信时间的读数用设备时间`,
    en: `Times are those of the gateway's system clock (kept by its operating system), shown in ${site.timeZone}; readings with a trusted time of their own keep it`,
  }
  const speeds = new Set<number>()
  let before: number | undefined
  for (const { at, data } of past.entries(['gateway.started'], earliest, to)) {
    const speed = Number(data['speed'] ?? 1)
    if (at < from) before = speed
    else speeds.add(speed)
  }
  if (before !== undefined) speeds.add(before)
  const fast = [...speeds].filter(speed => speed > 0 && speed !== 1)
  const demo = fast.map(speed => ({
    zh: `演示：时钟以 ${speed} 倍速运行，不是真实时间`,
    en: `Demo: the clock ran ${speed} times as fast as real time`,
  }))
  const steps = [...past.entries(['clock.set'], from, to)].map(({ at, seq, data }) => {
    const seconds = Math.round(Number(data['by'])) / 1_000
    const when = momentIn(at, site.timeZone)
    return {
      zh: `${when} 时钟被拨${seconds < 0 ? '慢' : '快'} ${Math.abs(seconds)} 秒（第 ${seq} 条）`,
      en: `${when}: the clock was set ${seconds < 0 ? 'back' : 'forward'} by ${Math.abs(seconds)} s (entry ${seq})`,
    }
  })
  return [source, ...demo, ...(steps.length > mostSteps ? [...steps.slice(0, mostSteps), manySteps(steps.length)] : steps)]
}

const mostSteps = 10
const manySteps = (count: number): Words => ({
  zh: `……共调整 ${count} 次，全部见审计记录`,
  en: `… set ${count} times in all, see the audit trail`,
})

/** The packs that were in force in the period, each version once; those of today where no configuration is known. */
export function policiesOf({ site, configurations }: LogSource, { from, to }: Period): LogHead['policies'] {
  const known = configurations.between(from, to).flatMap(({ configuration }) => configuration.policies)
  const all: readonly { readonly id: string; readonly version: string; readonly effective?: string }[] =
    known.length > 0 ? known : site.policies
  return [...new Map(all.map(one => [`${one.id} ${one.version}`, one])).values()].map(({ id, version, effective }) => {
    const name = site.policies.find(one => one.id === id)?.name
    return { id, version, ...(effective !== undefined && { effective }), ...(name && { name }) }
  })
}

/** Each point's sensor with its calibration: from the facts of its equipment, and from calibration records since. */
export function sensorsOf({ past, site }: LogSource, { to }: Period, points: readonly Point[]): readonly LogSensor[] {
  const calibrated = new Map<string, { readonly at: Instant; readonly due: Instant | undefined }>()
  const places = new Set(points.map(({ equipment }) => equipment))
  if (points.length > 0)
    for (const { at, data } of past.entries(['record.calibration'], earliest, to)) {
      const equipment = String(data['equipment'])
      const fields = Object(data['fields']) as Readonly<Record<string, unknown>>
      if (!places.has(equipment) || data['verdict'] === 'failed') continue
      const named = typeof fields['point'] === 'string' ? fields['point'] : ''
      const keys = points.filter(
        ({ id, key, equipment: of }) => of === equipment && (named === '' || named === key || named === id),
      )
      for (const { id } of keys) calibrated.set(id, { at, due: dayIn(fields['due'], site.timeZone) })
    }
  return points.map(point => {
    const equipment = site.equipment.find(({ id }) => id === point.equipment)
    const { serial, calibratedAt, dueAt } = factsOf(equipment, point, site.timeZone)
    const record = calibrated.get(point.id)
    const isNewer = record !== undefined && (calibratedAt === undefined || record.at >= calibratedAt)
    const at = isNewer ? record.at : calibratedAt
    const due = isNewer ? record.due : dueAt
    return {
      equipment: equipment?.name ?? { zh: point.equipment, en: point.equipment },
      point: point.name,
      ...(serial !== undefined && { serial }),
      ...(at !== undefined && { calibratedAt: at }),
      ...(due !== undefined && { dueAt: due }),
      isDue: at === undefined || (due !== undefined && due <= to),
    }
  })
}

/** `temperature.serial` speaks of one point, `serial` of the equipment. */
function factsOf(equipment: Equipment | undefined, { key }: Point, zone: string) {
  const fact = (name: string): unknown => equipment?.facts[`${key}.${name}`] ?? equipment?.facts[name]
  const serial = fact('serial')
  return {
    serial: serial === undefined ? undefined : String(serial),
    calibratedAt: dayIn(fact('calibrated'), zone),
    dueAt: dayIn(fact('calibrationDue'), zone),
  }
}

/** The beginning of a day written `2027-03-01`. */
function dayIn(value: unknown, zone: string): Instant | undefined {
  const day = parseDay(value)
  return day === undefined ? undefined : startOf(day, zone)
}

interface About {
  readonly points: readonly Point[]
  readonly limits: readonly LimitsOver[]
}

/** What a reader must know of a log's own records. */
export function remarksOf(source: LogSource, period: Period, about: About): readonly Words[] {
  return [
    ...assumedIn(source, about),
    ...damagedIn(source),
    ...removedIn(source, period),
    ...(about.points.length > 0 ? [...trimmedIn(source, period, about.points), ...unsealedIn(source, period)] : []),
    ...heldIn(source, period, about.points),
  ]
}

function assumedIn({ site }: LogSource, { limits }: About): readonly Words[] {
  const until = Math.max(...limits.map(({ assumedUntil }) => assumedUntil ?? earliest))
  if (until <= earliest) return []
  const when = momentIn(until as Instant, site.timeZone)
  return [
    {
      zh: `${when} 之前没有保存当时的限值，按此后最早的限值判定`,
      en: `Before ${when} nobody wrote down which limits were valid: the earliest known ones are taken`,
    },
  ]
}

const damagedIn = ({ past: { damaged } }: LogSource): readonly Words[] =>
  damaged === 0
    ? []
    : [
        {
          zh: `有 ${damaged} 块读数校验不符，没有计入`,
          en: `${damaged} block(s) of readings have a wrong checksum and are left out`,
        },
      ]

function removedIn({ past }: LogSource, { from, to }: Period): readonly Words[] {
  const stubs = [...past.entries(['retention.removed'], earliest, farthest)].filter(
    ({ data: { oldest, newest } }) => Number(oldest ?? earliest) < to && Number(newest ?? farthest) >= from,
  )
  if (stubs.length === 0) return []
  const count = stubs.reduce((sum, { data }) => sum + (Number(data['count']) || 0), 0)
  const seqs = stubs.map(({ seq }) => seq).join('、')
  return [
    {
      zh: `本期前后有 ${count} 条记录保存期满已删除，凭据见日志第 ${seqs} 条`,
      en: `${count} entries of about this period were removed after their time of keeping; stubs: ${seqs.replaceAll('、', ', ')}`,
    },
  ]
}

function trimmedIn({ past }: LogSource, { from, to }: Period, points: readonly Point[]): readonly Words[] {
  const named = new Set<unknown>(points.map(({ id }) => id))
  const touches = (one: unknown): boolean => {
    const { point, from: first, to: last } = Object(one) as Readonly<Record<string, unknown>>
    const isOurs = point === undefined || named.has(point)
    return isOurs && typeof first === 'number' && typeof last === 'number' && first < to && last > from
  }
  const stubs = [...past.entries(['readings.trimmed'], earliest, farthest)].filter(({ data }) => {
    const lists = Object.values(data).filter(value => Array.isArray(value))
    return lists.length > 0 ? lists.flat().some(touches) : touches(data)
  })
  if (stubs.length === 0) return []
  const seqs = stubs.map(({ seq }) => seq).join('、')
  return [
    {
      zh: `部分原始读数已按保留期限或磁盘限额删除（日志第 ${seqs} 条）：这些时段的温度等测量值取自留下的每分钟汇总（最低、最高、次数、超限时间不变，平均值按分钟均值），其余内容列为缺口`,
      en: `Some raw readings were removed by retention or the disk budget (entries ${seqs.replaceAll('、', ', ')}): what was measured then comes from the minutes that were kept (least, greatest, counts and times outside as they were, means of minutes); all else stands as gaps`,
    },
  ]
}

function unsealedIn({ past, site, now }: LogSource, { from, to }: Period): readonly Words[] {
  let sealed: Instant | undefined
  for (const { at } of past.entries(['readings.sealed'], earliest, farthest)) sealed = at
  const end = Math.min(to, past.span?.to ?? now)
  if (end <= from || (sealed !== undefined && sealed >= end)) return []
  if (sealed === undefined) return [{ zh: '读数还没有封存过', en: 'The readings have not been sealed yet' }]
  const when = momentIn(sealed, site.timeZone)
  return [{ zh: `${when} 之后收到的读数还没有封存`, en: `Readings received after ${when} are not sealed yet` }]
}

/** A hold on other equipment is no matter of this log; of a log without points every hold may be. */
function heldIn({ past }: LogSource, { from, to }: Period, points: readonly Point[]): readonly Words[] {
  const places = new Set<unknown>(points.map(({ equipment }) => equipment))
  const held = new Map<string, { readonly reason: string; readonly seq: number }>()
  for (const { kind, seq, about, data } of past.entries(['hold.placed', 'hold.released'], earliest, farthest)) {
    const id = about ?? String(data['hold'] ?? data['id'] ?? seq)
    const isIn = Number(data['from'] ?? earliest) < to && Number(data['to'] ?? farthest) > from
    const named = Array.isArray(data['equipment']) ? data['equipment'] : []
    const isOurs = places.size === 0 || named.length === 0 || named.some(one => places.has(one))
    if (kind === 'hold.released') held.delete(id)
    else if (isIn && isOurs) held.set(id, { reason: String(data['reason'] ?? ''), seq })
  }
  return [...held.values()].map(({ reason, seq }) => ({
    zh: `本期记录处于法律保全（第 ${seq} 条）：${reason}`,
    en: `Records of this period are under a legal hold (entry ${seq}): ${reason}`,
  }))
}

function momentIn(at: Instant, zone: string): string {
  const { year, month, day, hour, minute } = localTime(at, zone)
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${year}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}`
}
