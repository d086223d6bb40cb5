import type { Binding, PreparedProblem } from '../contract/driver.ts'
import type { PointId } from '../contract/reading.ts'
import type { Scaling } from '../kit/number.ts'
import { keyOf, SettingReader } from '../kit/settings.ts'
import type { Presence, TopicPoint } from './mapping.ts'
import { pathOf } from './payload.ts'
import type { MetricPoint } from './sparkplug/metric-point.ts'
import { isSparkplugId } from './sparkplug/topic.ts'
import { filterMistake } from './topic.ts'

/** A point that Home Assistant's discovery describes: where it is told, and how, its announcement says. */
export interface DiscoveredPoint extends Scaling {
  readonly point: PointId
  readonly from: 'discovery'
  readonly device: string
  readonly uniqueId: string
  /** The unit that the site file counts on; another in the announcement is a fault. */
  readonly unit?: string
}
export type MqttPoint = TopicPoint | MetricPoint | DiscoveredPoint

/** Topics on which the device of a point may speak, beyond its own tree. */
export function topicsOf(point: MqttPoint): readonly string[] {
  if (point.from === 'topic') return [point.filter, ...(point.presence ?? []).map(({ topic }) => topic)]
  if (point.from === 'discovery') return []
  const { group, edge } = point.node
  return [`spBv1.0/${group}/+/${edge}`, `spBv1.0/${group}/+/${edge}/+`]
}

/** Reads one binding; what is wrong with it goes into `problems`. */
export function parsePoint(binding: Binding, problems: PreparedProblem[]): MqttPoint {
  const equipment = new SettingReader(binding.device, { point: binding.point }, problems)
  const reader = new SettingReader(binding.settings, { point: binding.point }, problems)
  const dialect = equipment.choice('dialect', ['plain', 'zigbee2mqtt'], 'plain')
  const device = equipment.text('device', binding.equipment)
  const base = equipment.text('base', 'zigbee2mqtt')
  const account = equipment.text('account')
  const node = reader.text('sparkplug') ?? equipment.text('sparkplug')
  const uniqueId = reader.text('discovery')
  const point =
    node !== undefined
      ? metricPoint(binding, reader, node, account)
      : uniqueId !== undefined
        ? discoveredPoint(binding, reader, uniqueId, account ?? device)
        : dialect === 'zigbee2mqtt'
          ? zigbeePoint(binding, reader, { base, device, account })
          : topicPoint(binding, reader, device, account)
  reader.done()
  return point
}

function topicPoint(binding: Binding, reader: SettingReader, device: string, account = device): TopicPoint {
  const filter = reader.text('topic', `devices/${device}/${keyOf(binding)}`)
  checkFilter(reader, filter)
  const records = pointer(reader, 'records')
  const where = records ? conditions(reader) : undefined
  const separator = reader.text('separator')
  const column = reader.has('column') ? reader.integer('column', 1, 1, 10_000) : undefined
  const value = pointer(reader, 'value')
  const time = pointer(reader, 'time')
  if (time && !value) {
    reader.problem(
      ['time'],
      { zh: '有 time 就必须有 value', en: 'time needs value: only a JSON payload can carry both' },
      { zh: '例如 value: /v', en: 'write for example value: /v' },
    )
  }
  return {
    point: binding.point,
    from: 'topic',
    device: account,
    filter,
    ...(records ? { records } : {}),
    ...(where ? { where } : {}),
    ...(column === undefined ? {} : { column }),
    ...(separator === undefined ? {} : { separator }),
    ...(value ? { value } : {}),
    ...(time ? { time } : {}),
    ...textForm(reader),
    words: words(reader),
    ...reader.scaling(binding),
  }
}

interface ZigbeeDevice {
  readonly base: string
  /** The friendly name, which may hold slashes. */
  readonly device: string
  readonly account: string | undefined
}

function zigbeePoint(binding: Binding, reader: SettingReader, { base, device, account }: ZigbeeDevice): TopicPoint {
  const filter = `${base}/${device}`
  checkFilter(reader, filter)
  const time = pointer(reader, 'time')
  return {
    point: binding.point,
    from: 'topic',
    device: account ?? base.split('/')[0] ?? base,
    filter,
    value: pointer(reader, 'value') ?? [keyOf(binding)],
    ...(time ? { time } : {}),
    ...textForm(reader),
    words: words(reader),
    presence: [zigbeePresence(`${filter}/availability`), zigbeePresence(`${base}/bridge/state`)],
    ...reader.scaling(binding),
  }
}

/** Up to version 1 a plain word, from version 2 on JSON with a state. */
const zigbeePresence = (topic: string): Presence => ({ topic, value: ['state'], online: 'online', offline: 'offline' })

function metricPoint(binding: Binding, reader: SettingReader, written: string, account?: string): MetricPoint {
  const [group = '', edge = '', nodeDevice, ...rest] = written.split('/')
  const ids = [group, edge, ...(nodeDevice === undefined ? [] : [nodeDevice])]
  if (rest.length > 0 || !ids.every(isSparkplugId)) {
    reader.problem(
      ['sparkplug'],
      { zh: `${written} 不是 Sparkplug 节点`, en: `${written} is no edge node of Sparkplug` },
      { zh: '写作 组/节点 或 组/节点/设备', en: 'write GROUP/NODE or GROUP/NODE/DEVICE' },
    )
  }
  return {
    point: binding.point,
    from: 'sparkplug',
    device: account ?? edge,
    node: { group, edge },
    ...(nodeDevice === undefined ? {} : { nodeDevice }),
    metric: reader.text('metric', keyOf(binding)),
    words: words(reader),
    ...reader.scaling(binding),
  }
}

function discoveredPoint(binding: Binding, reader: SettingReader, uniqueId: string, device: string): DiscoveredPoint {
  const unit = binding.settings['unit']
  return {
    point: binding.point,
    from: 'discovery',
    device,
    uniqueId,
    ...(typeof unit === 'string' ? { unit } : {}),
    ...reader.scaling(binding),
  }
}

function checkFilter(reader: SettingReader, filter: string): void {
  const mistake = filter.includes('#') ? 'holds a #' : filterMistake(filter)
  if (mistake !== undefined || filter.startsWith('$')) {
    reader.problem(
      ['topic'],
      { zh: `${filter} 不能作为读数的主题`, en: `${filter} cannot be a topic of readings: ${mistake ?? 'it is reserved'}` },
      {
        zh: '写一个主题，例如 devices/tank-1/level；+ 可代替一层',
        en: 'write a topic such as devices/tank-1/level; + stands for one level',
      },
    )
  }
  if (filter.startsWith('zhishou/')) {
    reader.problem(
      ['topic'],
      { zh: 'zhishou/ 下是网关自己的发布', en: 'below zhishou/ the gateway itself speaks' },
      { zh: '换一个主题', en: 'choose another topic' },
    )
  }
}

function pointer(reader: SettingReader, key: 'value' | 'time' | 'records'): readonly string[] | undefined {
  const text = reader.text(key)
  return text === undefined ? undefined : pathOf(text)
}

function textForm(reader: SettingReader): { readonly isText: boolean; readonly suffix?: string } {
  const suffix = reader.text('suffix')
  return { isText: reader.flag('text', false), ...(suffix === undefined ? {} : { suffix }) }
}

function conditions(reader: SettingReader): TopicPoint['where'] {
  const entries = entriesOf(reader.raw('where'))
  if (!entries) return undefined
  const known = entries.flatMap(([key, is]) =>
    typeof is === 'string' || typeof is === 'number' || typeof is === 'boolean' ? [{ path: pathOf(key), is }] : [],
  )
  if (known.length < entries.length || entries.length === 0) {
    reader.problem(
      ['where'],
      { zh: 'where 应写出记录里某处的值', en: 'where says what a record holds at some place' },
      { zh: '例如 where: { name: temperature }', en: 'write for example where: { name: temperature }' },
      'bad-value',
    )
  }
  return known
}

function words(reader: SettingReader): ReadonlyMap<string, number> {
  const entries = entriesOf(reader.raw('map'))
  if (!entries) return new Map()
  const known = entries.flatMap(([word, code]): [string, number][] =>
    typeof code === 'number' && Number.isFinite(code) ? [[word, code]] : [],
  )
  if (entries.length === 0 || known.length < entries.length) {
    reader.problem(
      ['map'],
      { zh: 'map 应把每个词对应到一个数', en: 'map gives each word a number' },
      { zh: '例如 map: { open: 1, closed: 0 }', en: 'write for example map: { open: 1, closed: 0 }' },
      'bad-value',
    )
  }
  return new Map(known)
}

/** Undefined where nothing is written; none where it is no mapping. */
function entriesOf(value: unknown): readonly (readonly [string, unknown])[] | undefined {
  if (value === undefined) return undefined
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : []
}
