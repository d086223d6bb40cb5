import type { Words } from '../contract/driver.ts'
import type { Presence } from './mapping.ts'
import { filterMistake } from './topic.ts'

/** An entity as somebody announces it to Home Assistant: what can be read of it, and where. */
export interface Entity {
  readonly uniqueId: string
  readonly component: string
  readonly name: string
  /** The thing it belongs to, as it calls itself. */
  readonly deviceName?: string
  readonly deviceClass?: string
  readonly unit?: string
  readonly source: Source | { readonly unreadable: Words }
}
export interface Source {
  readonly topic: string
  readonly value?: readonly string[]
  readonly words: ReadonlyMap<string, number>
  readonly presence: readonly Presence[]
  /** Of several presences, all must be online, or any of them. */
  readonly needs: 'all' | 'any'
  /** Seconds. */
  readonly expireAfter?: number
}

type Json = Readonly<Record<string, unknown>>
const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Short names of keys, as Home Assistant's documentation lists them; those that matter for reading. */
const longNames: Readonly<Record<string, string>> = {
  avty: 'availability',
  avty_mode: 'availability_mode',
  avty_t: 'availability_topic',
  avty_tpl: 'availability_template',
  cmps: 'components',
  dev: 'device',
  dev_cla: 'device_class',
  exp_aft: 'expire_after',
  ids: 'identifiers',
  mdl: 'model',
  mf: 'manufacturer',
  o: 'origin',
  obj_id: 'object_id',
  p: 'platform',
  pl_avail: 'payload_available',
  pl_not_avail: 'payload_not_available',
  pl_off: 'payload_off',
  pl_on: 'payload_on',
  stat_t: 'state_topic',
  t: 'topic',
  uniq_id: 'unique_id',
  unit_of_meas: 'unit_of_measurement',
  val_tpl: 'value_template',
}

/** Which entities a message of discovery announces, under its topic; none when it takes them back, undefined when it is no such message. */
export function entitiesOf(topic: string, payload: Uint8Array, prefix: string): readonly Entity[] | undefined {
  if (!topic.startsWith(`${prefix}/`) || !topic.endsWith('/config')) return undefined
  const levels = topic.slice(prefix.length + 1).split('/')
  const [component = ''] = levels
  if (levels.length < 3 || levels.length > 4 || !levels.slice(0, -1).every(level => /^[\w-]+$/.test(level))) return undefined
  const text = new TextDecoder().decode(payload)
  if (text.trim() === '') return []
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return []
  }
  if (!isJson(json)) return []
  const config = spelledOut(json)
  if (component !== 'device') return entityOf(component, config, config)
  const parts = isJson(config['components']) ? Object.values(config['components']) : []
  return parts.flatMap(part => {
    if (!isJson(part)) return []
    const own = spelledOut(part)
    // What is said for the whole device holds for each part that does not say otherwise.
    return entityOf(textAt(own, 'platform') ?? '', spelledOut({ ...config, ...own }), config)
  })
}

/** Long keys everywhere, and `~` replaced, at the ends of topics only. */
function spelledOut(json: Json): Json {
  const base = typeof json['~'] === 'string' ? json['~'] : undefined
  const long = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(long)
    if (!isJson(value)) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => {
        const name = Object.hasOwn(longNames, key) ? (longNames[key] ?? key) : key
        const isTopic = (name === 'topic' || name.endsWith('_topic')) && typeof inner === 'string' && base !== undefined
        return [name, isTopic ? inner.replace(/^~/, base).replace(/~$/, base) : long(inner)]
      }),
    )
  }
  return long(json) as Json
}

const textAt = (json: Json, key: string): string | undefined => (typeof json[key] === 'string' ? json[key] : undefined)

function entityOf(component: string, config: Json, whole: Json): readonly Entity[] {
  const uniqueId = textAt(config, 'unique_id')
  if (uniqueId === undefined || uniqueId.length > 500) return []
  const device = isJson(whole['device']) ? whole['device'] : {}
  const deviceName = textAt(device, 'name')
  const deviceClass = textAt(config, 'device_class')
  const unit = textAt(config, 'unit_of_measurement')
  return [
    {
      uniqueId,
      component,
      name: textAt(config, 'name') ?? deviceClass ?? uniqueId,
      ...(deviceName === undefined ? {} : { deviceName }),
      ...(deviceClass === undefined ? {} : { deviceClass }),
      ...(unit === undefined ? {} : { unit }),
      source: sourceOf(component, config),
    },
  ]
}

const unreadable = (zh: string, en: string): { readonly unreadable: Words } => ({ unreadable: { zh, en } })

function sourceOf(component: string, config: Json): Entity['source'] {
  if (component !== 'sensor' && component !== 'binary_sensor') {
    return unreadable(`${component} 不是读数`, `a ${component} is nothing to read`)
  }
  const topic = textAt(config, 'state_topic')
  if (topic === undefined || filterMistake(topic) !== undefined || /[+#]/.test(topic)) {
    return unreadable('没有可用的 state_topic', 'it names no usable state_topic')
  }
  const value = templatePath(config['value_template'])
  if (value === 'other') {
    return unreadable('模板不是简单的取值', 'its value_template does more than pick a value: bind the topic yourself')
  }
  const presence = presencesOf(config)
  if (presence === 'other')
    return unreadable('在线状态的模板不是简单的取值', 'its availability template does more than pick a value')
  const expireAfter = config['expire_after']
  return {
    topic,
    ...(value ? { value } : {}),
    words: component === 'binary_sensor' ? onOff(config) : new Map(),
    presence,
    needs: textAt(config, 'availability_mode') === 'any' ? 'any' : 'all',
    ...(typeof expireAfter === 'number' && expireAfter > 0 && expireAfter <= 1e7 ? { expireAfter } : {}),
  }
}

/** JSON true is told apart from the text only by Python; a device means the same by both. */
function onOff(config: Json): ReadonlyMap<string, number> {
  const word = (key: string, fallback: string): string[] => {
    const said = config[key] ?? fallback
    const text = String(said)
    return /^(true|false)$/i.test(text) ? [text, text.toLowerCase()] : [text]
  }
  return new Map([
    ...word('payload_off', 'OFF').map(off => [off, 0] as const),
    ...word('payload_on', 'ON').map(on => [on, 1] as const),
  ])
}

function presencesOf(config: Json): readonly Presence[] | 'other' {
  const list: readonly unknown[] = Array.isArray(config['availability']) ? (config['availability'] as unknown[]) : []
  const own = textAt(config, 'availability_topic')
  const all = [
    ...list.filter(isJson).map(item => ({ item, topic: textAt(item, 'topic'), template: item['value_template'] })),
    ...(own === undefined ? [] : [{ item: config, topic: own, template: config['availability_template'] }]),
  ]
  const presences = all.map(({ item, topic, template }) => {
    const value = templatePath(template)
    if (topic === undefined || value === 'other' || /[+#]/.test(topic)) return 'other' as const
    return {
      topic,
      ...(value ? { value } : {}),
      online: textAt(item, 'payload_available') ?? 'online',
      offline: textAt(item, 'payload_not_available') ?? 'offline',
    }
  })
  return presences.some(presence => presence === 'other') ? 'other' : presences.filter(presence => presence !== 'other')
}

/**
 * The place a template picks its value from; undefined for none or the whole payload, `other` for a template that does more. Rounding and
 * turning into a float are passed over: what the device said is the better number.
 */
export function templatePath(template: unknown): readonly string[] | undefined | 'other' {
  if (template === undefined || template === null) return undefined
  if (typeof template !== 'string' || template.length > 500) return 'other'
  const [, inside] = /^\s*\{\{-?\s*(.+?)\s*-?\}\}\s*$/s.exec(template) ?? []
  const [, source, rest = ''] =
    /^(value_json|value)(.*)$/s.exec((inside ?? '').replace(/(\s*\|\s*(float|round(\(\s*\d\s*\))?))+\s*$/, '')) ?? []
  if (source === 'value') return rest === '' ? undefined : 'other'
  if (source !== 'value_json') return 'other'
  const path: string[] = []
  let left = rest
  while (left !== '') {
    const [step, plain, single, double, index] =
      /^(?:\.([A-Za-z_]\w*)|\[\s*'([^'\\]*)'\s*\]|\[\s*"([^"\\]*)"\s*\]|\[\s*(\d{1,5})\s*\])/.exec(left) ?? []
    const part = plain ?? single ?? double ?? index
    if (step === undefined || part === undefined) return 'other'
    path.push(part)
    left = left.slice(step.length)
  }
  return path
}
