import type { Binding, PreparedProblem } from '../contract/driver.ts'
import { fault } from '../contract/fault.ts'
import type { PointId, Reading } from '../contract/reading.ts'
import type { Instant } from '../contract/time.ts'
import { instant, minutes } from '../contract/time.ts'
import type { Answer } from '../kit/answer.ts'
import { answered, failed } from '../kit/answer.ts'
import type { Scaling } from '../kit/number.ts'
import { toReading, toValue } from '../kit/number.ts'
import { keyOf, SettingReader } from '../kit/settings.ts'
import { filterMistake, matches } from './topic.ts'

export interface MqttPoint extends Scaling {
  readonly point: PointId
  /** The account or name of the device that speaks for this point. */
  readonly device: string
  /** A topic, with `+` for any level. */
  readonly filter: string
  /** Where the value lies in a JSON payload; absent: the payload is the value. */
  readonly value?: readonly string[]
  /** Where the device's own time lies; absent: the time of arrival. */
  readonly time?: readonly string[]
  readonly words: ReadonlyMap<string, number>
}

/** Reads one binding; what is wrong with it goes into `problems`. */
export function parsePoint(binding: Binding, problems: PreparedProblem[]): MqttPoint {
  const equipment = new SettingReader(binding.device, { point: binding.point }, problems)
  const device = equipment.text('device', binding.equipment)
  const reader = new SettingReader(binding.settings, { point: binding.point }, problems)
  const filter = reader.text('topic', `devices/${device}/${keyOf(binding)}`)
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
  const value = pointer(reader, 'value')
  const time = pointer(reader, 'time')
  if (time && !value) {
    reader.problem(
      ['time'],
      { zh: '有 time 就必须有 value', en: 'time needs value: only a JSON payload can carry both' },
      { zh: '例如 value: /v', en: 'write for example value: /v' },
    )
  }
  const point: MqttPoint = {
    point: binding.point,
    device,
    filter,
    ...(value ? { value } : {}),
    ...(time ? { time } : {}),
    words: words(reader),
    ...reader.scaling(binding),
  }
  reader.done()
  return point
}

/** A JSON pointer (RFC 6901), with or without the leading slash people forget. */
function pointer(reader: SettingReader, key: 'value' | 'time'): readonly string[] | undefined {
  const text = reader.text(key)
  if (text === undefined) return undefined
  return (text.startsWith('/') ? text.slice(1) : text).split('/').map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function words(reader: SettingReader): ReadonlyMap<string, number> {
  const value = reader.raw('map')
  if (value === undefined) return new Map()
  const entries = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : []
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

export interface Message {
  readonly topic: string
  readonly payload: Uint8Array
  /** Told by the broker on subscribing: when it was said, nobody knows. */
  readonly replayed: boolean
}

/** What a message says about these points, in their order: no reading for points of other topics. */
export function readingsOf(points: readonly MqttPoint[], message: Message, receivedAt: Instant): Reading[] {
  const concerned = points.filter(point => matches(point.filter, message.topic))
  if (concerned.length === 0) return []
  const payload = new Payload(message.payload)
  return concerned.flatMap(point => {
    // Without the device's own time an old word would pass for a fresh reading.
    if (message.replayed && !point.time) return []
    const at = point.time ? timeOf(payload, point.time, receivedAt) : answered(receivedAt)
    if (!at.ok) return [toReading(point.point, at, { at: receivedAt, receivedAt })]
    return [toReading(point.point, valueOf(payload, point), { at: at.value, receivedAt })]
  })
}

/** Beyond this a device's clock is not fast but wrong; taken at its word, it would make every later reading late. */
const fastestClock = minutes(10)
/** A clock that shows less was never set. */
const earliest = Date.parse('2000-01-01T00:00:00Z')

function timeOf(payload: Payload, path: readonly string[], receivedAt: Instant): Answer<Instant> {
  const found = payload.at(path)
  if (!found.ok) return found
  const ms = typeof found.value === 'number' ? found.value : typeof found.value === 'string' ? isoTime(found.value) : Number.NaN
  if (!Number.isFinite(ms))
    return failed(fault('garbled', `${shown(found.value)} is no time: epoch milliseconds or ISO 8601 with offset.`))
  if (ms < earliest)
    return failed(fault('garbled', `The device's clock shows ${new Date(Math.max(ms, 0)).toISOString()}: it is not set.`))
  if (ms > receivedAt + fastestClock)
    return failed(fault('garbled', `The device's clock is ${Math.round((ms - receivedAt) / 1_000)} s ahead.`))
  return answered(instant(Math.round(ms)))
}

/** An ISO time without offset could be anybody's noon. */
const isoTime = (text: string): number => (/^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:?\d\d)$/.test(text) ? Date.parse(text) : Number.NaN)

function valueOf(payload: Payload, point: MqttPoint): Answer<number> {
  const found = point.value ? payload.at(point.value) : answered<unknown>(payload.text)
  if (!found.ok) return found
  const raw = numberOf(found.value, point)
  return raw === undefined ? failed(fault('not-a-number', `${shown(found.value)} is not a number.`)) : toValue(raw, point)
}

function numberOf(value: unknown, { words: known, value: path }: MqttPoint): number | undefined {
  const word = known.get(String(value).trim())
  if (word !== undefined && (typeof value !== 'object' || value === null)) return word
  if (typeof value === 'number') return value
  if (typeof value === 'boolean') return value ? 1 : 0
  // Text counts as a number only where the payload cannot be anything but text.
  if (path || typeof value !== 'string') return undefined
  const text = value.trim()
  if (text === 'true' || text === 'false') return text === 'true' ? 1 : 0
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text) : undefined
}

const shown = (value: unknown): string => {
  const text = typeof value === 'string' ? JSON.stringify(value) : (JSON.stringify(value) ?? String(value))
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

/** A payload, parsed as JSON only when somebody asks, and then once. */
class Payload {
  readonly text: string
  #json: Answer<unknown> | undefined

  constructor(bytes: Uint8Array) {
    this.text = new TextDecoder().decode(bytes)
  }

  at(path: readonly string[]): Answer<unknown> {
    this.#json ??= parsed(this.text)
    if (!this.#json.ok) return this.#json
    let value = this.#json.value
    for (const part of path) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) {
        return failed(fault('not-a-number', `The message has no /${path.join('/')}.`))
      }
      value = (value as Record<string, unknown>)[part]
    }
    return answered(value)
  }
}

function parsed(text: string): Answer<unknown> {
  try {
    return answered(JSON.parse(text) as unknown)
  } catch {
    return failed(
      text.trim() === '' ? fault('not-a-number', 'The message is empty.') : fault('garbled', `${shown(text)} is not JSON.`),
    )
  }
}
