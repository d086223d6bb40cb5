/** What the page knows of the facility, and how one message from the gateway changes it. Pure. */
import type {
  WireAlarm,
  WireChange,
  WireFault,
  WireHealth,
  WireLink,
  WireLockOut,
  WirePlanVersion,
  WireReading,
  WireSnapshot,
} from '../../../gateway/api/wire.ts'

export interface LiveReading {
  readonly at: number
  readonly receivedAt: number
  readonly value: number | null
  readonly quality: 'good' | 'uncertain' | 'bad'
  readonly fault?: string
  /** Time of the last good word, which is what staleness is counted from. */
  readonly goodAt?: number
}

/** The domain clock as last told, and the browser's own time (ms, monotonic) when it was told. */
export interface HeardClock {
  readonly now: number
  readonly speed: number
  readonly heardAt: number
}

export interface Facility {
  readonly seq: number
  readonly clock: HeardClock
  readonly readings: ReadonlyMap<string, LiveReading>
  /** Every alarm that is not normal. */
  readonly alarms: ReadonlyMap<string, WireAlarm>
  readonly links: ReadonlyMap<string, WireLink>
  readonly faults: readonly WireFault[]
  /** Equipment that is not in use until a repair is on record. */
  readonly lockOuts: readonly WireLockOut[]
  /** Which versions of the floor plans there are. */
  readonly plans: readonly WirePlanVersion[]
  readonly health: WireHealth
}

export function fromSnapshot(snapshot: WireSnapshot, heardAt: number): Facility {
  return {
    seq: snapshot.seq,
    clock: { ...snapshot.clock, heardAt },
    readings: withReadings(new Map(), snapshot.readings),
    alarms: withAlarms(new Map(), snapshot.alarms),
    links: new Map(snapshot.links.map(link => [link.connection, link])),
    faults: snapshot.faults,
    lockOuts: snapshot.lockOuts,
    plans: snapshot.plans ?? [],
    health: snapshot.health,
  }
}

/** `undefined` when a number is missing: then nothing is known for certain and the page must watch anew. */
export function applyChange(facility: Facility, change: WireChange, heardAt: number): Facility | undefined {
  if (change.seq !== facility.seq + 1) return undefined
  return {
    seq: change.seq,
    clock: { ...change.clock, heardAt },
    readings: change.readings ? withReadings(facility.readings, change.readings) : facility.readings,
    alarms: change.alarms ? withAlarms(facility.alarms, change.alarms) : facility.alarms,
    links: change.links
      ? new Map([...facility.links, ...change.links.map(link => [link.connection, link] as const)])
      : facility.links,
    faults: change.faults ?? facility.faults,
    lockOuts: change.lockOuts ?? facility.lockOuts,
    plans: change.plans ?? facility.plans,
    health: change.health ?? facility.health,
  }
}

function withReadings(known: ReadonlyMap<string, LiveReading>, news: readonly WireReading[]): ReadonlyMap<string, LiveReading> {
  const next = new Map(known)
  for (const [point, at, receivedAt, value, quality, fault] of news) {
    const before = next.get(point)
    // A backlog may arrive after the present: what is older than what is shown stays out of the live picture.
    if (before && at < before.at) continue
    const goodAt = quality === 'bad' ? before?.goodAt : at
    next.set(point, {
      at,
      receivedAt,
      value,
      quality,
      ...(fault === undefined ? {} : { fault }),
      ...(goodAt === undefined ? {} : { goodAt }),
    })
  }
  return next
}

function withAlarms(known: ReadonlyMap<string, WireAlarm>, news: readonly WireAlarm[]): ReadonlyMap<string, WireAlarm> {
  const next = new Map(known)
  for (const alarm of news) {
    if (alarm.state === 'normal') next.delete(alarm.id)
    else next.set(alarm.id, alarm)
  }
  return next
}

/** Domain time at a moment of the browser's own clock. */
export const domainNow = (clock: HeardClock, real: number): number => clock.now + clock.speed * Math.max(0, real - clock.heardAt)
