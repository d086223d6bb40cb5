import { after, hours, instant } from '../../protocols/contract/time.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { PointId } from '../../protocols/contract/reading.ts'
import { cycleStart, nextCycle, nextDay } from '../policy/calendar-days.ts'
import type { Day } from '../policy/calendar-days.ts'
import { qmaxOf } from '../policy/kinds/balance-qmax.ts'
import { causeWords } from '../historian/gap-words.ts'
import { plausibilityOf, progressOf, usedOf } from '../records/meter-sheet.ts'
import type { Counted } from '../records/meter-sheet.ts'
import type { KeptRecord } from '../records/record.ts'
import { meterGroups, spanOf } from '../report/logs/meter-groups.ts'
import type { MeterGroup } from '../report/logs/meter-groups.ts'
import { isMeter } from '../report/logs/meters.ts'
import { startOf } from '../report/period.ts'
import type { Equipment } from '../site/site.ts'
import type { House } from './house.ts'
import { keptRecords } from './kept-records.ts'
import type { WireCounted, WireMeterProgress, WireMeterRow, WireMeterSheet } from './wire-meters.ts'

type Span = readonly [from: Instant, to: Instant]
interface Asked {
  readonly house: House
  readonly now: Instant
  readonly names: ReadonlyMap<string, string>
  readonly people: readonly KeptRecord[]
  readonly time: (at: Instant) => string
}
type Found = Counted & { readonly how: 'wire' | 'hand' | 'photo'; readonly record?: KeptRecord }

/** The reading sheet of the month that begins on `month`: what each group has come to, and every meter with what it says. */
export async function sheetOf(
  house: House,
  month: Day,
  names: ReadonlyMap<string, string>,
  time: (at: Instant) => string,
): Promise<Omit<WireMeterSheet, 'month'>> {
  const { site, clock } = house
  const now = clock.now()
  const meters = site.equipment.filter(isMeter)
  // As far back as a quarter and the one before it go.
  const since = startOf(cycleStart('quarter', nextDay(month, -92)), site.timeZone)
  const { records } = await keptRecords(house, {
    kinds: ['record.meter-reading', 'record.inspection'],
    from: since,
    to: startOf(nextDay(month, 93), site.timeZone),
    limit: mostRecords,
  })
  const asked: Asked = { house, now, names, people: records, time }
  const groups = meterGroups.flatMap(group => {
    const own = meters.filter(group.has)
    return own.length === 0 ? [] : [{ group, own }]
  })
  const progress = await Promise.all(groups.map(({ group, own }) => progressIn(asked, group, own, month)))
  const rows = await Promise.all(
    meters.map(async meter => {
      const group = sheetGroupOf(meter)
      return group && rowOf(asked, group, meter, month)
    }),
  )
  return {
    progress,
    items: rows.flatMap(row => row ?? []),
    next: null,
    unclassed: meters.filter(meter => !sheetGroupOf(meter)).map(({ id, name }) => ({ equipment: id, name })),
  }
}

const mostRecords = 2_000

/** The time by which a meter is read: the narrowest there is, the 22nd and 23rd before the whole month. */
const sheetGroupOf = (meter: Equipment): MeterGroup | undefined => {
  const own = meterGroups.filter(group => group.has(meter))
  return own.find(({ days }) => days !== undefined) ?? own[0]
}

async function progressIn(asked: Asked, group: MeterGroup, own: readonly Equipment[], month: Day): Promise<WireMeterProgress> {
  const { house, now, time } = asked
  const [from, to] = spanOf(group, cycleStart(group.cycle, month), house.site.timeZone)
  const read = await Promise.all(own.map(async meter => (await readIn(asked, meter, [from, to], 'last')) !== undefined))
  const rule = house.site.rules.find(({ clause, kind }) => clause === group.clause && kind === 'due')
  const share = rule?.settings['share']
  const counted = progressOf(
    read.filter(Boolean).length,
    own.length,
    typeof share === 'number' ? share : group.required,
    { from, to },
    now,
  )
  const areas = [...new Set(own.map(({ area }) => area))].map(area => ({
    area,
    done: own.filter((meter, index) => meter.area === area && read[index] === true).length,
    of: own.filter(meter => meter.area === area).length,
  }))
  const title = house.site.clauses.get(group.clause)?.title ?? group.name
  return { clause: group.clause, title, name: group.name, from: time(from), to: time(to), ...counted, areas }
}

async function rowOf(asked: Asked, group: MeterGroup, meter: Equipment, month: Day): Promise<WireMeterRow> {
  const { house, now, time, names } = asked
  const zone = house.site.timeZone
  const start = cycleStart(group.cycle, month)
  const before = cycleStart(group.cycle, nextDay(start, -1))
  const [span, previous, earlier] = [start, before, cycleStart(group.cycle, nextDay(before, -1))].map(
    one => spanOf(group, one, zone) as Span,
  ) as [Span, Span, Span]
  const end = startOf(nextCycle(group.cycle, start), zone)
  const [inTime, late, lastThen, lastSince, earlierOne] = await Promise.all([
    readIn(asked, meter, span, 'last'),
    span[1] <= now ? readIn(asked, meter, [span[1], end], 'first') : undefined,
    readIn(asked, meter, previous, 'last'),
    readIn(asked, meter, [previous[1], span[0]], 'first'),
    readIn(asked, meter, earlier, 'last'),
  ])
  const reading = inTime ?? late
  // What was read nearest to the time before: a meter that speaks all day must not be compared with a minute ago.
  const last = lastThen ?? lastSince
  const state = inTime ? inTime.how : late ? 'late' : now < span[0] ? 'not-begun' : 'missing'
  const missing = state === 'missing' ? whyMissing(asked, meter, span) : undefined
  const { record } = reading ?? {}
  return {
    equipment: meter.id,
    name: meter.name,
    area: meter.area,
    serial: String(meter.facts['serial'] ?? ''),
    clause: group.clause,
    last: shown(last, time),
    now: shown(reading, time),
    used: last && reading ? usedOf(last, reading) : null,
    mark: plausibilityOf(earlierOne, last, reading, qmaxOf(meter.facts['meter'])) ?? null,
    state,
    ...(record ? { by: record.signed?.name ?? names.get(record.by) ?? record.by, record: record.seq } : {}),
    ...missing,
  }
}

const shown = (found: Found | undefined, time: Asked['time']): WireCounted | null =>
  found ? { at: time(found.at), value: found.value } : null

/** The first or last word on a counter in a time, of the meter itself or of somebody who read it. */
async function readIn(asked: Asked, meter: Equipment, [from, to]: Span, which: 'first' | 'last'): Promise<Found | undefined> {
  const { house, people, now } = asked
  const until = instant(Math.min(to, now + 1))
  if (until <= from) return undefined
  const point = house.site.points.find(({ equipment, key }) => equipment === meter.id && key === 'total')
  const wire = point && (await wordIn(house, point.id, [from, until], which))
  if (wire) return { ...wire, how: 'wire' }
  const mine = people.filter(
    one =>
      one.kind === 'meter-reading' &&
      one.equipment === meter.id &&
      one.at >= from &&
      one.at < until &&
      totalIn(one) !== undefined,
  )
  const record = mine.toSorted((a, b) => a.at - b.at).at(which === 'first' ? 0 : -1)
  const value = record && totalIn(record)
  if (!record || value === undefined) return undefined
  const isPhoto = record.fields['obtained'] === 'photo' || record.photos.length > 0
  return { at: record.at, value, how: isPhoto ? 'photo' : 'hand', record }
}

const totalIn = ({ fields }: KeptRecord): number | undefined => {
  const value = fields['total'] ?? fields['base']
  return typeof value === 'number' ? value : undefined
}

/** Days of silence cost nothing to look through by the buckets that are kept of them. */
const bucket = hours(6)
const mostInBucket = 50_000

async function wordIn(house: House, point: PointId, [from, to]: Span, which: 'first' | 'last'): Promise<Counted | undefined> {
  const latest = house.state.latest(point)
  if (which === 'last' && latest?.quality === 'good' && latest.at >= from && latest.at < to)
    return { at: latest.at, value: latest.value }
  const { historian } = house.store
  const buckets = (await historian.buckets(point, from, instant(to - 1), bucket)).filter(({ count }) => count > 0)
  const found = buckets.at(which === 'first' ? 0 : -1)
  if (!found) return undefined
  const [begin, end] = [Math.max(found.t, from), Math.min(after(found.t, bucket), to) - 1]
  const { samples } = await historian.raw(point, instant(begin), instant(end), mostInBucket)
  const good = samples.filter(({ q, v }) => q === 'good' && v !== null)
  const one = good.at(which === 'first' ? 0 : -1)
  if (one?.v != null) return { at: one.t, value: one.v }
  // Its readings are gone, what they came to is kept: a counter stood lowest at the begin and highest at the end.
  const value = which === 'first' ? found.min : found.max
  return value === null ? undefined : { at: instant(which === 'first' ? begin : end), value }
}

/** What somebody wrote down about it, what its line says, or that it was never heard. */
function whyMissing({ house, people }: Asked, meter: Equipment, [from, to]: Span): Pick<WireMeterRow, 'why' | 'detail'> {
  const told = people.find(
    ({ kind, equipment, verdict, at }) =>
      kind === 'inspection' && equipment === meter.id && verdict === 'failed' && at >= from && at < to,
  )
  const note = told && (told.fields['note'] ?? told.fields['what'])
  if (typeof note === 'string' && note.trim() !== '') return { why: { zh: note.trim(), en: note.trim() } }
  const point = house.site.points.find(({ equipment, key }) => equipment === meter.id && key === 'total')
  const latest = point && house.state.latest(point.id)
  if (!latest) return { why: { zh: '表还没有读到过，也没有人登记', en: 'it was never heard, and nobody wrote it down' } }
  if (latest.quality === 'bad') {
    const { code, detail } = latest.fault
    const { zh, en } = causeWords[code]
    return { why: { zh: `表读不到（${zh}），也没有人登记`, en: `it cannot be read (${en}), and nobody wrote it down` }, detail }
  }
  return { why: { zh: '这段时间里没有读数，也没有人登记', en: 'no reading in its time, and nobody wrote it down' } }
}
