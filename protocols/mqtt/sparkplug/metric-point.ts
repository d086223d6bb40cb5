import type { Fault } from '../../contract/fault.ts'
import { fault } from '../../contract/fault.ts'
import type { PointId, Reading } from '../../contract/reading.ts'
import type { Instant } from '../../contract/time.ts'
import type { Scaling } from '../../kit/number.ts'
import { toReading, toValue } from '../../kit/number.ts'
import { failed } from '../../kit/answer.ts'
import { believedTime } from '../device-time.ts'
import type { Metric } from './decode.ts'
import type { EdgeNode } from './topic.ts'
import type { DataType } from './value.ts'
import { meaningOf, trustOf } from './value.ts'

/** A point that is a metric of an edge node or of one of its devices. */
export interface MetricPoint extends Scaling {
  readonly point: PointId
  readonly from: 'sparkplug'
  /** The account of the embedded broker that speaks for it. */
  readonly device: string
  readonly node: EdgeNode
  readonly nodeDevice?: string
  readonly metric: string
  readonly words: ReadonlyMap<string, number>
}

/** What a metric says of a point; `announced` is the type of its birth, `sent` the payload's own time. */
export function metricReading(
  point: MetricPoint,
  metric: Metric,
  announced: DataType,
  sent: number | undefined,
  receivedAt: Instant,
): Reading {
  const bad = (why: Fault, at: Instant = receivedAt): Reading => toReading(point.point, failed(why), { at, receivedAt })
  const time = metric.timestamp ?? sent
  if (time === undefined) return bad(fault('garbled', 'The metric has no time, and its message has none.'))
  const at = believedTime(time, receivedAt)
  if (!at.ok) return bad(at.fault)
  const trust = trustOf(metric.quality)
  if (trust === 'bad') {
    return bad(fault('device-reported', `The edge node marks the value as bad (quality ${metric.quality}).`), at.value)
  }
  if (metric.isNull || !metric.wire)
    return bad(fault('not-a-number', 'The edge node has no value for the metric (null).'), at.value)
  if (metric.type !== undefined && metric.type !== announced) {
    return bad(fault('garbled', `The metric was announced as ${announced} and is sent as ${metric.type}.`), at.value)
  }
  const meaning = meaningOf(metric.wire, announced)
  if (!meaning.ok) return bad(meaning.fault, at.value)
  const number = typeof meaning.value === 'number' ? meaning.value : point.words.get(meaning.value.trim())
  if (number === undefined)
    return bad(fault('not-a-number', `${JSON.stringify(meaning.value).slice(0, 60)} is not a number.`), at.value)
  const value = toValue(number, point)
  const reading = toReading(point.point, value, { at: at.value, receivedAt })
  return reading.quality === 'good' && trust === 'uncertain' ? { ...reading, quality: 'uncertain' } : reading
}
