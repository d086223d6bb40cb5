import type { PreparedProblem } from '../contract/driver.ts'
import { SettingReader } from '../kit/settings.ts'
import type { HomeAssistantSettings } from './homeassistant-out.ts'
import type { EdgeNode } from './sparkplug/topic.ts'
import { isSparkplugId } from './sparkplug/topic.ts'
import { filterMistake } from './topic.ts'

/** What a connection speaks beside plain topics. */
export interface Dialects {
  /** Where Home Assistant's discovery lies. */
  readonly discoveryPrefix: string
  /** Absent: nothing of ours is announced. */
  readonly homeAssistant?: HomeAssistantSettings
  /** Our name as a Sparkplug host; absent: nothing is said of our presence. */
  readonly sparkplugHost?: string
  readonly sparkplugEdge?: { readonly node: EdgeNode; readonly primaryHost?: string }
}

/** Reads `homeAssistant` and `sparkplug` of a connection. */
export function parseDialects(reader: SettingReader): Dialects {
  return { discoveryPrefix: 'homeassistant', ...parseHomeAssistant(reader), ...parseSparkplug(reader) }
}

function parseHomeAssistant(reader: SettingReader): Pick<Dialects, 'homeAssistant'> & Partial<Dialects> {
  return block(reader, 'homeAssistant', { zh: '{ prefix: homeassistant }', en: '{ prefix: homeassistant }' }, inner => {
    const prefix = inner.text('prefix', 'homeassistant')
    const language = inner.choice('language', ['zh', 'en'], 'zh')
    const announce = inner.flag('announce', true)
    if (
      /[+#]/.test(prefix) ||
      filterMistake(prefix) !== undefined ||
      /^(\$|zhishou(\/|$)|devices(\/|$)|spBv1\.0(\/|$))/.test(prefix)
    ) {
      inner.problem(
        ['prefix'],
        { zh: `${prefix} 不能作为发现前缀`, en: `${prefix} cannot be a discovery prefix` },
        { zh: '写 homeassistant', en: 'write homeassistant' },
      )
    }
    return { discoveryPrefix: prefix, ...(announce ? { homeAssistant: { prefix, language } } : {}) }
  })
}

function parseSparkplug(reader: SettingReader): Partial<Dialects> {
  return block(reader, 'sparkplug', { zh: '{ host: zhishou }', en: '{ host: zhishou }' }, inner => {
    const host = inner.text('host')
    const edge = inner.text('edge')
    const primaryHost = inner.text('primaryHost')
    for (const [key, id] of [
      ['host', host],
      ['primaryHost', primaryHost],
    ] as const) {
      if (id !== undefined && !isSparkplugId(id)) wrongId(inner, key, id)
    }
    const [group = '', name = '', ...rest] = (edge ?? '').split('/')
    if (edge !== undefined && (rest.length > 0 || !isSparkplugId(group) || !isSparkplugId(name))) {
      inner.problem(
        ['edge'],
        { zh: `${edge} 不是 Sparkplug 节点`, en: `${edge} is no edge node of Sparkplug` },
        { zh: '写作 组/节点，例如 school/canteen', en: 'write GROUP/NODE, for example school/canteen' },
      )
    }
    if (primaryHost !== undefined && edge === undefined) {
      inner.problem(
        ['primaryHost'],
        { zh: '只有写了 edge 才有主主机', en: 'only an edge node has a primary host' },
        { zh: '加上 edge: 组/节点', en: 'add edge: GROUP/NODE' },
      )
    }
    return {
      ...(host === undefined ? {} : { sparkplugHost: host }),
      ...(edge === undefined
        ? {}
        : { sparkplugEdge: { node: { group, edge: name }, ...(primaryHost === undefined ? {} : { primaryHost }) } }),
    }
  })
}

const wrongId = (inner: SettingReader, key: string, id: string): void =>
  inner.problem(
    [key],
    { zh: `${id} 不能作为名称`, en: `${id} cannot be a name: it becomes a level of topics` },
    { zh: '不用 + / #，例如 zhishou', en: 'do without + / #, for example zhishou' },
  )

/** Reads a block of settings below a key; problems are told with their whole path. */
function block(
  reader: SettingReader,
  key: string,
  example: { readonly zh: string; readonly en: string },
  read: (inner: SettingReader) => Partial<Dialects>,
): Partial<Dialects> {
  const value = reader.raw(key)
  if (value === undefined) return {}
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    reader.problem(
      [key],
      { zh: `${key} 应是一组设置`, en: `${key} is a block of settings` },
      { zh: `例如 ${key}: ${example.zh}`, en: `write for example ${key}: ${example.en}` },
      'bad-value',
    )
    return {}
  }
  const problems: PreparedProblem[] = []
  const inner = new SettingReader(value as Readonly<Record<string, unknown>>, 'connection', problems)
  const found = read(inner)
  inner.done()
  for (const { path, wrong, write, code } of problems) reader.problem([key, ...path], wrong, write, code)
  return found
}

const text = { type: 'string' }
/** For the published schema. */
export const dialectProperties = {
  homeAssistant: {
    type: 'object',
    properties: {
      prefix: { ...text, default: 'homeassistant' },
      language: { enum: ['zh', 'en'], default: 'zh' },
      announce: { type: 'boolean', default: true },
    },
    additionalProperties: false,
  },
  sparkplug: {
    type: 'object',
    properties: {
      host: { ...text, description: 'our name as a host: spBv1.0/STATE/NAME' },
      edge: { ...text, description: 'GROUP/NODE under which the site itself appears' },
      primaryHost: { ...text, description: 'the edge node speaks only while this host is online' },
    },
    additionalProperties: false,
  },
}
export const pointProperties = {
  topic: text,
  value: { ...text, description: 'JSON pointer, for example /temp' },
  time: { ...text, description: 'JSON pointer to an epoch time or an ISO 8601 time with offset' },
  records: { ...text, description: 'JSON pointer to a list of records; value and time then lie in each of them' },
  where: { type: 'object', description: 'only records that hold these', additionalProperties: true },
  column: { type: 'integer', minimum: 1, description: 'the payload is a row of values: which one' },
  separator: text,
  text: { type: 'boolean', default: false, description: 'also in JSON the number is written as text' },
  suffix: { ...text, description: 'the unit that stands behind the number in the payload' },
  scale: { type: 'number', default: 1 },
  offset: { type: 'number', default: 0 },
  unit: text,
  map: { type: 'object', additionalProperties: { type: 'number' } },
  discovery: { ...text, description: 'unique_id of an entity that Home Assistant discovery announces' },
  sparkplug: { ...text, description: 'GROUP/NODE or GROUP/NODE/DEVICE' },
  metric: text,
}
export const equipmentProperties = {
  device: text,
  dialect: { enum: ['plain', 'zigbee2mqtt'], default: 'plain' },
  base: { ...text, default: 'zigbee2mqtt' },
  account: { ...text, description: 'the account of the embedded broker that speaks for it' },
  sparkplug: { ...text, description: 'GROUP/NODE or GROUP/NODE/DEVICE' },
}
