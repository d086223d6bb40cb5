/** What a tile or a page shows of a point and of a piece of equipment, computed from structure, live state and time. Pure. */
import type { Said, WireAlarm, WireEquipment, WireLockOut, WirePoint, WireQuality } from '../../../gateway/api/wire.ts'
import type { LiveReading } from './apply.ts'
import { isRunning, needsAnswer, severity, worstRunning } from './urgency.ts'
import type { Tone } from './urgency.ts'

export interface PointView {
  readonly point: WirePoint
  /** The last value that can be shown: none while bad or never read. */
  readonly value: number | undefined
  readonly quality: WireQuality
  readonly fault?: string
  readonly at?: number
  readonly label?: Said
  /** Beyond what the rules allow at this moment, whether or not an alarm's delay has passed. */
  readonly beyond: boolean
}

export interface EquipmentView {
  readonly equipment: WireEquipment
  readonly main: PointView | undefined
  readonly others: readonly PointView[]
  readonly alarms: readonly WireAlarm[]
  /** The most severe alarm that still runs. */
  readonly worst: WireAlarm | undefined
  /** One that is over but waits for an answer. */
  readonly returned: WireAlarm | undefined
  readonly tone: Tone
  /** Why it is quiet, where somebody or a fault made it so; the weightiest first. */
  readonly hush?: 'locked-out' | 'out-of-service' | 'shelved'
}

export function viewPoint(point: WirePoint, reading: LiveReading | undefined, now: number): PointView {
  const quality = qualityOf(point, reading, now)
  const value = reading?.quality === 'bad' ? undefined : (reading?.value ?? undefined)
  const label = value === undefined ? undefined : point.labels.find(one => one.code === value)?.label
  return {
    point,
    value,
    quality,
    beyond: value !== undefined && isBeyond(point.limits, value),
    ...(reading === undefined ? {} : { at: reading.at }),
    ...(reading?.fault === undefined ? {} : { fault: reading.fault }),
    ...(label === undefined ? {} : { label }),
  }
}

/** Silence is counted from the last good word; a bad one does not refresh it. */
export function qualityOf(point: WirePoint, reading: LiveReading | undefined, now: number): WireQuality {
  if (reading === undefined) return 'none'
  if (reading.quality === 'bad') return 'bad'
  if (now - (reading.goodAt ?? reading.at) > point.staleAfterMs) return 'stale'
  return reading.quality
}

export const isBeyond = (limits: WirePoint['limits'], value: number): boolean =>
  (limits.min !== undefined && value < limits.min) || (limits.max !== undefined && value > limits.max)

export function viewEquipment(
  equipment: WireEquipment,
  readings: ReadonlyMap<string, LiveReading>,
  alarms: readonly WireAlarm[],
  now: number,
  lockOut?: WireLockOut,
): EquipmentView {
  const points = equipment.points.map(point => viewPoint(point, readings.get(point.id), now))
  const main = points.find(view => view.point.id === equipment.mainPoint) ?? points[0]
  const worst = worstRunning(alarms)
  const hush = hushOf(alarms, lockOut)
  return {
    equipment,
    main,
    others: points.filter(view => view !== main),
    alarms,
    worst,
    returned: alarms.find(alarm => needsAnswer(alarm) && !isRunning(alarm)),
    tone: toneOf(worst, main),
    ...(hush === undefined ? {} : { hush }),
  }
}

interface Shown {
  readonly view: EquipmentView
  readonly readings: readonly (LiveReading | undefined)[]
  readonly qualities: readonly WireQuality[]
  readonly lockOut: WireLockOut | undefined
}

/**
 * The views of equipment with a memory: where neither a message nor the passing of time has changed anything, it is the very view of before,
 * so that nothing of it is drawn anew.
 */
export class EquipmentViews {
  readonly #shown = new WeakMap<WireEquipment, Shown>()

  of(
    equipment: WireEquipment,
    readings: ReadonlyMap<string, LiveReading>,
    alarms: readonly WireAlarm[],
    now: number,
    lockOut?: WireLockOut,
  ): EquipmentView {
    const before = this.#shown.get(equipment)
    const isSame =
      before !== undefined &&
      before.view.alarms === alarms &&
      before.lockOut === lockOut &&
      equipment.points.every((point, index) => {
        const reading = readings.get(point.id)
        return reading === before.readings[index] && qualityOf(point, reading, now) === before.qualities[index]
      })
    if (isSame) return before.view
    const read = equipment.points.map(point => readings.get(point.id))
    const qualities = equipment.points.map((point, index) => qualityOf(point, read[index], now))
    const view = viewEquipment(equipment, readings, alarms, now, lockOut)
    this.#shown.set(equipment, { view, readings: read, qualities, lockOut })
    return view
  }
}

/** The same once the picture has stopped: what was last heard of it, and nothing that says it still is so. */
export function stoppedView(view: EquipmentView): EquipmentView {
  const old = (one: PointView): PointView =>
    one.quality === 'good' || one.quality === 'uncertain' ? { ...one, quality: 'stale' } : one
  return {
    ...view,
    main: view.main && old(view.main),
    others: view.others.map(old),
    tone: view.tone === 'calm' ? 'unknown' : view.tone,
  }
}

function hushOf(alarms: readonly WireAlarm[], lockOut: WireLockOut | undefined): EquipmentView['hush'] {
  if (lockOut) return 'locked-out'
  if (alarms.some(alarm => alarm.state === 'out-of-service')) return 'out-of-service'
  return alarms.some(alarm => alarm.state === 'shelved') ? 'shelved' : undefined
}

/** The most severe running alarm decides; without one, a main point that tells nothing is unknown, never normal. What is over has no colour. */
export function toneOf(worst: WireAlarm | undefined, main: PointView | undefined): Tone {
  if (worst) return worst.priority
  if (main && (main.quality === 'stale' || main.quality === 'bad')) return 'unknown'
  return 'calm'
}

/** Abnormal ones come first in their area; among equals the order of the site file stays, so that nothing moves without a reason. */
export const abnormalFirst = (views: readonly EquipmentView[]): readonly EquipmentView[] =>
  views.toSorted((a, b) => severity(b.tone) - severity(a.tone))
