import type { Entry } from '../journal/entry.ts'
import { isoInZone } from '../zone.ts'
import type { WireAlarm, WireEntry } from './wire.ts'

/** An alarm with ISO times, as HTTP answers have it; the live channel has ms. */
export function isoAlarm(alarm: WireAlarm, timeZone: string) {
  const { clearedAt, acknowledged, ...rest } = alarm
  return {
    ...rest,
    since: iso(alarm.since, timeZone),
    raisedAt: iso(alarm.raisedAt, timeZone),
    ...(clearedAt === undefined ? {} : { clearedAt: iso(clearedAt, timeZone) }),
    ...(acknowledged === undefined ? {} : { acknowledged: { ...acknowledged, at: iso(acknowledged.at, timeZone) } }),
  }
}

export function wireEntry(entry: Entry, timeZone: string): WireEntry {
  const { about } = entry
  return {
    seq: entry.seq,
    at: isoInZone(entry.at, timeZone),
    writtenAt: isoInZone(entry.writtenAt, timeZone),
    kind: entry.kind,
    by: entry.by,
    ...(about === undefined ? {} : { about }),
    data: entry.data,
    leaf: entry.leaf,
  }
}

const iso = (ms: number, timeZone: string): string => isoInZone(ms as Entry['at'], timeZone)
