import type { DeviceReport, PlannedRead, Words } from '../contract/driver.ts'
import type { Fault } from '../contract/fault.ts'
import type { Instant } from '../contract/time.ts'
import { advise } from './advice.ts'
import type { Changes } from './changes.ts'
import type { StationSettings } from './config.ts'
import type { Figures } from './doctor.ts'
import type { Knowledge } from './look.ts'
import type { BacnetPoint } from './points.ts'
import { labelOf } from './points.ts'
import type { Contact } from './talk.ts'

export interface Silence {
  readonly why: Fault
  readonly since: Instant
  /** Real time; it is not asked before. */
  readonly until: Instant
  readonly times: number
}

export interface StationState {
  readonly settings: StationSettings
  readonly figures: Figures
  readonly contact: Contact | undefined
  readonly silence: Silence | undefined
  readonly changes: Changes
  readonly knowledge: Knowledge
  readonly twins: readonly string[]
}

/** What the polling doctor says of one device. */
export function reportOf({ settings, figures, contact, silence, changes, knowledge, twins }: StationState): DeviceReport {
  const { asked, answered, timeouts, nonsense, refusals, roundTrip } = figures
  const { points } = settings
  return {
    device: settings.name,
    asked,
    answered,
    timeouts,
    garbled: nonsense,
    refusals: { ...refusals },
    ...(roundTrip && { roundTrip }),
    ...(silence && { silent: { since: silence.since, until: silence.until, why: silence.why } }),
    reads: planOf(settings, contact, point => changes.isTold(point.object)),
    learned: [...capacity(settings, contact), ...told(changes.live), ...changes.learned],
    advice: advise({
      figures,
      settings,
      contact,
      why: silence?.why,
      twins,
      absent: points.filter(point => knowledge.refusal(point)).map(labelOf),
      units: points.flatMap(point => {
        const unit = knowledge.unit(point.object)
        return unit === undefined ? [] : [{ point, unit }]
      }),
    }),
  }
}

function capacity({ most }: StationSettings, contact: Contact | undefined): Words[] {
  const why = contact?.refusal ?? ''
  if (contact?.multiple === false)
    return [{ zh: `不会一次读多个（${why}），改为逐个读`, en: `it does not read several at once (${why}): one by one` }]
  if (contact && contact.most < most)
    return [{ zh: `一次最多读 ${contact.most} 个属性（${why}）`, en: `it answers ${contact.most} properties at a time (${why})` }]
  return []
}

const told = (live: number): Words[] =>
  live === 0 ? [] : [{ zh: `${live} 个对象的变化由设备通知`, en: `changes of ${live} objects are told by the device` }]

/** One line a question, as far as it is known how many properties the device takes at a time. */
export function planOf(
  { points, most, name }: StationSettings,
  contact?: Contact,
  isTold: (point: BacnetPoint) => boolean = () => false,
): PlannedRead[] {
  const polled = points.filter(point => !isTold(point))
  const told = points.filter(isTold)
  const isAlone = contact?.multiple === false
  const size = isAlone ? 1 : Math.max(1, (contact?.most ?? most) >> 1)
  const reads: PlannedRead[] = []
  for (let from = 0; from < polled.length; from += size)
    reads.push(planned(name, polled.slice(from, from + size), isAlone ? 'read' : 'read several:'))
  if (told.length > 0) reads.push(planned(name, told, 'told by the device:'))
  return reads
}

const planned = (device: string, points: readonly BacnetPoint[], what: string): PlannedRead => ({
  device,
  request: `${what} ${points.slice(0, 4).map(labelOf).join(', ')}${points.length > 4 ? ` … (${points.length})` : ''}`,
  points: points.map(({ point }) => point),
  bytes: 4 + points.length * 30,
})
