import type { OwnPoint, OwnSite } from '../../contract/driver.ts'
import type { PointId, Reading } from '../../contract/reading.ts'
import type { OutMetric, OutValue } from './encode.ts'

/** A point of the site as a metric of our edge node. Its equipment is the device. */
export interface OwnMetric {
  readonly own: OwnPoint
  readonly alias: number
}

/** Ids of Sparkplug must not hold `+`, `/` or `#`; ours never do, and should one day one do, it is replaced. */
export const deviceId = (equipment: string): string => equipment.replaceAll(/[+/#]/g, '_')

/** The metrics of a site by their point. An alias stays with its point for as long as we run: it never comes to mean another. */
export function ownMetrics(site: OwnSite, aliases: Map<PointId, number>): ReadonlyMap<PointId, OwnMetric> {
  return new Map(
    site.points.map(own => {
      const alias = aliases.get(own.point) ?? aliases.size + 1
      aliases.set(own.point, alias)
      return [own.point, { own, alias }]
    }),
  )
}

/** As in a birth: with name, unit and what is known last; null where nothing is. */
export function bornMetric({ own, alias }: OwnMetric, last: Reading | undefined, now: number): OutMetric {
  const properties = own.unit === '' ? {} : { engUnit: own.unit }
  return {
    name: own.key,
    alias,
    timestamp: last?.at ?? now,
    properties,
    quality: qualityOf(last),
    ...valueOf(own, last),
  }
}

/** As in data: by its alias alone. */
export const dataMetric = ({ own, alias }: OwnMetric, reading: Reading, isHistorical: boolean): OutMetric => ({
  alias,
  timestamp: reading.at,
  isHistorical,
  // Good goes without saying.
  ...(reading.quality === 'good' ? {} : { quality: qualityOf(reading) }),
  ...valueOf(own, reading),
})

/** A contact is a Boolean, a code is an Int32 and all else a Double; a bad reading has no value. */
function valueOf({ kind }: OwnPoint, reading: Reading | undefined): OutValue {
  const value = reading?.value
  if (kind === 'contact') return { type: 'Boolean', value: value === undefined ? null : value !== 0 }
  if (kind === 'state' && (value === undefined || (Number.isInteger(value) && Math.abs(value) < 2 ** 31))) {
    return { type: 'Int32', value: value ?? null }
  }
  return kind === 'state' ? { type: 'Int32', value: null } : { type: 'Double', value: value ?? null }
}

/** As OPC has it: good 192, uncertain 64, bad 0, and 500 for what was never read. */
function qualityOf(reading: Reading | undefined): number {
  if (!reading) return 500
  return { good: 192, uncertain: 64, bad: 0 }[reading.quality]
}
