import { fault } from '../contract/fault.ts'
import type { PointId, Reading } from '../contract/reading.ts'
import type { Instant } from '../contract/time.ts'
import type { Answer } from '../kit/answer.ts'
import { answered, failed } from '../kit/answer.ts'
import type { Scaling } from '../kit/number.ts'
import { toReading, toValue } from '../kit/number.ts'
import { believedTime, epochOf } from './device-time.ts'
import { lookUp, numberIn, Payload, shown } from './payload.ts'
import { matches } from './topic.ts'

/** A point that is told on a topic. */
export interface TopicPoint extends Scaling {
  readonly point: PointId
  readonly from: 'topic'
  /** The account of the embedded broker that speaks for this point. */
  readonly device: string
  /** A topic, with `+` for any level. */
  readonly filter: string
  /** Where the value lies in a JSON payload, or in each of its records; absent: the payload is the value. */
  readonly value?: readonly string[]
  /** Where the device's own time lies; absent: the time of arrival. */
  readonly time?: readonly string[]
  /** Where a list of records lies, each with a value and perhaps a time. */
  readonly records?: readonly string[]
  /** Only records that hold these. */
  readonly where?: readonly { readonly path: readonly string[]; readonly is: string | number | boolean }[]
  /** The payload is a row: which cell of it, from 1, and what stands between cells (absent: comma, semicolon, tab or space). */
  readonly column?: number
  readonly separator?: string
  /** Also in JSON a number may be written as text. */
  readonly isText: boolean
  readonly suffix?: string
  readonly words: ReadonlyMap<string, number>
  /** Where it is said whether the device is there. */
  readonly presence?: readonly Presence[]
}
/** A topic on which somebody tells whether a device is there: plain words, or such a word somewhere in JSON. */
export interface Presence {
  readonly topic: string
  readonly value?: readonly string[]
  readonly online: string
  readonly offline: string
}

export interface Message {
  readonly topic: string
  readonly payload: Uint8Array
  /** Told by the broker on subscribing: when it was said, nobody knows. */
  readonly replayed: boolean
}

/** What a message says about these points, in their order: no reading for points of other topics. */
export function readingsOf(points: readonly TopicPoint[], message: Message, receivedAt: Instant): Reading[] {
  const concerned = points.filter(point => matches(point.filter, message.topic))
  if (concerned.length === 0) return []
  const payload = new Payload(message.payload)
  return concerned.flatMap(point => {
    // Without the device's own time an old word would pass for a fresh reading.
    if (message.replayed && !point.time) return []
    const records = recordsOf(payload, point)
    if (!records.ok) return [toReading(point.point, records, { at: receivedAt, receivedAt })]
    return records.value.map(record => readingOf(record, point, receivedAt))
  })
}

/** A thing that holds one value: the payload itself, or a record in it. */
interface Holder {
  at(path: readonly string[]): Answer<unknown>
  readonly text: string | undefined
}

const mostRecords = 10_000

function recordsOf(payload: Payload, { records, where = [] }: TopicPoint): Answer<readonly Holder[]> {
  const whole: Holder = { at: path => (payload.json.ok ? lookUp(payload.json.value, path) : payload.json), text: payload.text }
  if (!records) return answered([whole])
  const list = whole.at(records)
  if (!list.ok) return list
  // One record alone is often sent without a list around it.
  const items: readonly unknown[] = Array.isArray(list.value) ? list.value : [list.value]
  if (items.length > mostRecords) return failed(fault('garbled', `The message holds ${items.length} records.`))
  const meant = items.filter(item =>
    where.every(({ path, is }) => {
      const found = lookUp(item, path)
      return found.ok && found.value === is
    }),
  )
  return answered(meant.map(item => ({ at: path => lookUp(item, path), text: undefined })))
}

function readingOf(record: Holder, point: TopicPoint, receivedAt: Instant): Reading {
  const at = point.time ? timeOf(record, point.time, receivedAt) : answered(receivedAt)
  if (!at.ok) return toReading(point.point, at, { at: receivedAt, receivedAt })
  return toReading(point.point, valueOf(record, point), { at: at.value, receivedAt })
}

function timeOf(record: Holder, path: readonly string[], receivedAt: Instant): Answer<Instant> {
  const found = record.at(path)
  if (!found.ok) return found
  const ms = epochOf(found.value)
  return Number.isFinite(ms)
    ? believedTime(ms, receivedAt)
    : failed(fault('garbled', `${shown(found.value)} is no time: epoch seconds or milliseconds, or ISO 8601 with offset.`))
}

function valueOf(record: Holder, point: TopicPoint): Answer<number> {
  const found = cellOf(record, point)
  if (!found.ok) return found
  const raw = numberOf(found.value, point)
  return raw === undefined ? failed(fault('not-a-number', `${shown(found.value)} is not a number.`)) : toValue(raw, point)
}

function cellOf(record: Holder, { value, column, separator }: TopicPoint): Answer<unknown> {
  const found = value || record.text === undefined ? record.at(value ?? []) : answered<unknown>(record.text)
  if (!found.ok || column === undefined) return found
  if (typeof found.value !== 'string') return failed(fault('not-a-number', `${shown(found.value)} is no row of values.`))
  const row = found.value.trim()
  const cells = separator === undefined ? row.split(/\s*[,;\t]\s*|\s+/) : row.split(separator)
  const cell = cells[column - 1]
  return cell === undefined
    ? failed(fault('not-a-number', `The row has ${cells.length} values, none at ${column}.`))
    : answered(cell)
}

function numberOf(value: unknown, { words, value: path, column, isText, suffix }: TopicPoint): number | undefined {
  if (typeof value === 'object' && value !== null) return undefined
  const word = words.get(String(value).trim())
  if (word !== undefined) return word
  // A number without the unit that the site file expects may be of any other unit.
  if (typeof value === 'number') return suffix === undefined ? value : undefined
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value !== 'string') return undefined
  // Text counts as a number only where the payload cannot be anything but text, or where the site file says so.
  const mayBeText = isText || suffix !== undefined || column !== undefined || !path
  return mayBeText ? numberIn(value, suffix === undefined ? {} : { suffix }) : undefined
}

/** What a message says of a device's being there; undefined where it says nothing. Old words count: this is what retaining is for. */
export function presenceOf({ value, online, offline }: Presence, payload: Uint8Array): boolean | undefined {
  const read = new Payload(payload)
  const text = value && read.json.ok && typeof read.json.value === 'object' ? lookUp(read.json.value, value) : answered(read.text)
  const word = text.ok ? String(text.value).trim() : ''
  return word === online ? true : word === offline ? false : undefined
}
