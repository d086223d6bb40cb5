import { after, instant, millis, minutes } from '../../protocols/contract/time.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { PointId } from '../../protocols/contract/reading.ts'
import type { Entry } from '../journal/entry.ts'
import { cycleStart, dayAt } from '../policy/calendar-days.ts'
import type { CycleSpec } from '../policy/kinds/cycle-settings.ts'
import type { Rule } from '../policy/rule.ts'
import type { KeptRecord } from '../records/record.ts'
import { thinned } from '../records/thinned.ts'
import { startOf } from '../report/period.ts'
import type { Equipment } from '../site/site.ts'
import type { Sample } from '../store/store.ts'
import type { House } from './house.ts'
import { keptRecords } from './kept-records.ts'
import type { WireCelsius, WireCycle, WireCycleCounts, WireCycleNow, WireHold } from './wire-cycles.ts'

/** A cabinet with the rules that judge its cycles; one of them writes the records. */
export interface Cabinet {
  readonly equipment: Equipment
  readonly rules: readonly Rule[]
  readonly needs: WireHold
  readonly temperature: PointId | undefined
}

const specOf = ({ spec }: Rule): CycleSpec => spec as CycleSpec
const inMinutes = (length: number): number => length / minutes(1)

/** Every piece of equipment whose cycles are judged, in the order of the site file. */
export function cabinetsOf({ site }: House): readonly Cabinet[] {
  const judged = Map.groupBy(
    site.rules.filter(({ kind }) => kind === 'cycle'),
    ({ equipment }) => equipment,
  )
  return site.equipment.flatMap(equipment => {
    const rules = judged.get(equipment.id) ?? []
    // What the log says of a run is what the rule that writes it asks for.
    const rule = rules.find(one => specOf(one).writes) ?? rules[0]
    if (!rule) return []
    const { hold, safe } = specOf(rule)
    const temperature = rule.inputs?.find(({ name }) => name === 'temperature')?.point
    return [{ equipment, rules, temperature, needs: { celsius: hold.at, minutes: inMinutes(hold.for), safe } }]
  })
}

/** How many entries one look goes through: what people wrote under the same kind lies between. */
const page = 500
const mostLooked = 5_000

/** What rules wrote of runs that ended in a time, newest first, and where the next page begins. */
export async function cycleEntries(
  house: House,
  cabinets: readonly Cabinet[],
  { from, to, limit, after: beyond }: { from: Instant; to: Instant; limit: number; after?: number | undefined },
): Promise<{ readonly found: readonly (readonly [Cabinet, Entry])[]; readonly next: number | undefined }> {
  const byRule = new Map<unknown, Cabinet>(cabinets.flatMap(cabinet => cabinet.rules.map(({ id }) => [id, cabinet] as const)))
  const found: (readonly [Cabinet, Entry])[] = []
  let [place, looked] = [beyond, 0]
  for (;;) {
    const { entries, next } = await house.store.journal.page({
      kinds: ['record.disinfection'],
      from,
      to,
      limit: page,
      newestFirst: true,
      ...(place === undefined ? {} : { after: place }),
    })
    looked += entries.length
    for (const entry of entries) {
      const cabinet = entry.by === 'system' ? byRule.get(entry.data['rule']) : undefined
      if (!cabinet) continue
      if (found.length === limit) return { found, next: found.at(-1)?.[1].seq }
      found.push([cabinet, entry])
    }
    if (next === undefined || looked >= mostLooked) return { found, next }
    place = next
  }
}

/** How the runs of the month ended in which `at` lies. */
export async function countsOf(
  house: House,
  cabinets: readonly Cabinet[],
  at: Instant,
  time: (at: Instant) => string,
): Promise<WireCycleCounts> {
  const zone = house.site.timeZone
  const from = startOf(cycleStart('month', dayAt(at, zone)), zone)
  const { found } = await cycleEntries(house, cabinets, { from, to: at, limit: mostLooked })
  const count = (verdict: string): number => found.filter(([, { data }]) => verdictIn(data['verdict']) === verdict).length
  return {
    from: time(from),
    to: time(at),
    passed: count('passed'),
    failed: count('failed'),
    interrupted: count('opened-early'),
    unknown: count('unknown'),
  }
}

/** Before it heats the door is shut and the ware dries; after it was opened a little more, so that the fall is seen. */
const longestDrying = minutes(30)
const aftermath = minutes(2)
const mostReadings = 20_000
/** What a curve of a few hundred pixels can show. */
const mostDrawn = 240
/** A silence longer than this was not watched. */
const gap = minutes(5)

/** One run with its curve; `people` wrote down that they disinfected there. */
export async function showCycle(
  house: House,
  [cabinet, entry]: readonly [Cabinet, Entry],
  people: readonly KeptRecord[],
  names: ReadonlyMap<string, string>,
  time: (at: Instant) => string,
): Promise<WireCycle> {
  const { data } = entry
  const figures = objectIn(data['figures'])
  const number = (key: string): number | null => (typeof figures[key] === 'number' ? figures[key] : null)
  const from = instant(Number(data['from'] ?? entry.at))
  const to = instant(Number(data['to'] ?? entry.at))
  const verdict = verdictIn(data['verdict'])
  const needs: WireHold = {
    celsius: number('requiredCelsius') ?? cabinet.needs.celsius,
    minutes: number('requiredMinutes') ?? cabinet.needs.minutes,
    safe: cabinet.needs.safe,
  }
  const dried = number('dryMinutes')
  const shutFor = Math.min(longestDrying, minutes(dried ?? 0))
  const samples = await samplesOf(house, cabinet, after(from, millis(-shutFor)), after(to, aftermath))
  const hot = hottest(
    samples.filter(({ t }) => t >= from && t <= to),
    needs.celsius,
  )
  const clause = clauseOf(house, cabinet, verdict)
  const openedAt = number('openedAtCelsius')
  return {
    seq: entry.seq,
    equipment: cabinet.equipment.id,
    from: time(from),
    to: time(to),
    verdict,
    why: { zh: String(figures['whyZh'] ?? ''), en: String(figures['whyEn'] ?? '') },
    ...clause,
    needs,
    held: number('longestHoldMinutes'),
    dried,
    peak: number('peakCelsius'),
    openedAt,
    cooled: openedAt === null ? null : verdict !== 'opened-early',
    started: startIn(figures['started']),
    hot: hot && { from: time(hot.from), to: time(hot.to) },
    curve: drawn(samples, time),
    notInUse: data['notInUse'] === true,
    person: personOf(people, cabinet.equipment.id, from, to, names, time),
  }
}

/** The runs that are not over. */
export async function runningNow(
  house: House,
  cabinets: readonly Cabinet[],
  time: (at: Instant) => string,
): Promise<readonly WireCycleNow[]> {
  const now = house.clock.now()
  const going = new Map<unknown, ReturnType<House['underWay']>[number]>(house.underWay().map(one => [one.rule, one]))
  const shown = cabinets.map(async (cabinet): Promise<readonly WireCycleNow[]> => {
    const rule = cabinet.rules.find(one => specOf(one).writes) ?? cabinet.rules[0]
    const { underWay } = going.get(rule?.id) ?? {}
    if (!underWay) return []
    const { from, phase, hotFrom, held } = underWay
    const samples = await samplesOf(house, cabinet, after(from, millis(-longestDrying)), now)
    return [
      {
        equipment: cabinet.equipment.id,
        from: time(from),
        phase,
        hotFrom: hotFrom === undefined ? null : time(hotFrom),
        held: inMinutes(held),
        holdsUntil: phase === 'holding' && hotFrom !== undefined ? time(after(hotFrom, minutes(cabinet.needs.minutes))) : null,
        needs: cabinet.needs,
        curve: drawn(samples, time),
      },
    ]
  })
  return (await Promise.all(shown)).flat()
}

type Celsius = { readonly t: Instant; readonly v: number }

async function samplesOf(house: House, { temperature }: Cabinet, from: Instant, to: Instant): Promise<readonly Celsius[]> {
  if (temperature === undefined) return []
  const { samples } = await house.store.historian.raw(temperature, from, to, mostReadings)
  return samples.filter((one): one is Sample & Celsius => one.q === 'good' && one.v !== null)
}

const drawn = (samples: readonly Celsius[], time: (at: Instant) => string): readonly WireCelsius[] =>
  thinned(samples, mostDrawn).map(({ t, v }) => ({ t: time(t), v }))

/** The longest stretch that surely was at or above a temperature; `null` where it never was. */
export function hottest(samples: readonly Celsius[], celsius: number): { readonly from: Instant; readonly to: Instant } | null {
  let longest: { from: Instant; to: Instant } | null = null
  let current: { from: Instant; to: Instant } | null = null
  for (const { t, v } of samples) {
    if (v < celsius) current = null
    else if (current && t - current.to <= gap) current = { from: current.from, to: t }
    else current = { from: t, to: t }
    if (current && (!longest || current.to - current.from > longest.to - longest.from)) longest = current
  }
  return longest
}

/** Which clause a verdict speaks of: the one about holding, or the one about opening. */
function clauseOf({ site }: House, { rules }: Cabinet, verdict: WireCycle['verdict']): Pick<WireCycle, 'clause' | 'clauseTitle'> {
  const judges = verdict === 'opened-early' ? 'opening' : 'hold'
  const rule = rules.find(one => specOf(one).judges === judges) ?? rules.find(one => specOf(one).writes) ?? rules[0]
  const id = rule?.clause ?? ''
  return { clause: id, clauseTitle: site.clauses.get(id)?.title ?? { zh: id, en: id } }
}

/** Whoever empties a cabinet writes it down then, or some time after. */
const writtenBy = minutes(120)

function personOf(
  people: readonly KeptRecord[],
  equipment: string,
  from: Instant,
  to: Instant,
  names: ReadonlyMap<string, string>,
  time: (at: Instant) => string,
): WireCycle['person'] {
  const mine = people.filter(one => one.equipment === equipment && one.at >= from && one.at <= after(to, writtenBy))
  const [record] = mine.toSorted((a, b) => a.at - b.at)
  if (!record) return null
  const { by, at, signed } = record
  return { by, name: signed?.name ?? names.get(by) ?? by, at: time(at), signed: signed !== undefined }
}

/** What people wrote down about these cabinets in the time of these runs. */
export async function peopleAt(house: House, from: Instant, to: Instant): Promise<readonly KeptRecord[]> {
  const { records } = await keptRecords(house, { kinds: ['record.disinfection'], from, to: after(to, writtenBy), limit: 500 })
  return records
}

const objectIn = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
const verdictIn = (said: unknown): WireCycle['verdict'] =>
  said === 'passed' || said === 'failed' || said === 'opened-early' ? said : 'unknown'
const startIn = (said: unknown): WireCycle['started'] =>
  said === 'proper' || said === 'open' || said === 'wet' ? said : 'unknown'
