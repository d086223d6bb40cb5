import type { Entry } from '../journal/entry.ts'
import { isoInZone } from '../zone.ts'
import type { WireAlarm, WireEntry } from './wire.ts'

/** An alarm with ISO times, as HTTP answers have it; the live channel has ms. */
export function isoAlarm(alarm: WireAlarm, timeZone: string) {
  const { clearedAt, acknowledged, confirmed, shelved, outOfService, suppressed, told, ...rest } = alarm
  const written = (ms: number): string => iso(ms, timeZone)
  const from = <T extends { readonly at: number }>(part: T) => ({ ...part, at: written(part.at) })
  const until = <T extends { readonly at: number; readonly until: number }>(part: T) => ({
    ...from(part),
    until: written(part.until),
  })
  return {
    ...rest,
    since: written(alarm.since),
    raisedAt: written(alarm.raisedAt),
    ...(clearedAt === undefined ? {} : { clearedAt: written(clearedAt) }),
    ...(acknowledged === undefined ? {} : { acknowledged: from(acknowledged) }),
    ...(confirmed === undefined ? {} : { confirmed: from(confirmed) }),
    ...(shelved === undefined ? {} : { shelved: until(shelved) }),
    ...(outOfService === undefined ? {} : { outOfService: until(outOfService) }),
    ...(suppressed === undefined ? {} : { suppressed: from(suppressed) }),
    told: told.map(({ deliveredAt, ...one }) => ({
      ...from(one),
      ...(deliveredAt === undefined ? {} : { deliveredAt: written(deliveredAt) }),
    })),
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
