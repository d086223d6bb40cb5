import type { Reading } from '../../protocols/contract/reading.ts'
import { dayText } from '../policy/calendar-days.ts'
import { needleOf } from '../records/needle.ts'
import type { GreenZone } from '../records/needle.ts'
import type { KeptRecord } from '../records/record.ts'
import { pressureAt20 } from '../report/figures-paired.ts'
import { lastDayOf } from '../report/logs/expiries.ts'
import type { Equipment, Point } from '../site/site.ts'
import type { House } from './house.ts'
import { keptRecords } from './kept-records.ts'
import type { Call } from './route.ts'
import { textOf } from './tank.ts'
import type { WireGauge } from './wire-gauges.ts'

const types: ReadonlySet<string> = new Set(['extinguisher', 'hydrant'])
const mostRecords = 2_000

/** Every extinguisher and hydrant, and whatever else with a gauge the pressure log is about, in the order of the site file. */
export async function gaugesOf(call: Call, names: ReadonlyMap<string, string>): Promise<readonly WireGauge[]> {
  const { house } = call
  const logged = new Set(house.site.rules.filter(({ record }) => record === 'pressure').map(({ equipment }) => equipment))
  // A room is in that log by the extinguisher that it names, which has a card of its own.
  const gauged = new Set(house.site.points.flatMap(point => (isGauge(point) ? [point.equipment] : [])))
  const wanted = house.site.equipment.filter(({ id, type }) => types.has(type) || (logged.has(id) && gauged.has(id)))
  const about = async (...kinds: readonly string[]): Promise<ReadonlyMap<string, readonly KeptRecord[]>> => {
    const { records } = await keptRecords(house, { kinds, limit: mostRecords })
    return Map.groupBy(records, ({ equipment }) => equipment)
  }
  const [checks, dates] = await Promise.all([about('record.inspection', 'record.maintenance'), about('record.expiry')])
  return wanted.map(one => showGauge(call, one, checks.get(one.id) ?? [], dates.get(one.id) ?? [], names))
}

const isGauge = ({ unit, kind }: Point): boolean => unit === 'MPa' && kind === 'measurement'

function showGauge(
  { house, time }: Call,
  equipment: Equipment,
  checks: readonly KeptRecord[],
  dates: readonly KeptRecord[],
  names: ReadonlyMap<string, string>,
): WireGauge {
  const own = house.site.points.filter(point => point.equipment === equipment.id)
  const gauge = own.find(isGauge)
  const warm = own.find(({ unit, kind }) => unit === '°C' && kind === 'measurement')
  const pressure = goodOf(house, gauge)
  const celsius = goodOf(house, warm)
  const at20 = pressure && celsius ? pressureAt20(pressure.value, celsius.value) : undefined
  const green = gauge ? greenOf(house, gauge) : {}
  const place = goodOf(
    house,
    own.find(({ key }) => key === 'in-place'),
  )
  const check = checks.toSorted((a, b) => b.at - a.at)[0]
  const note = textOf(check?.fields['note']) || textOf(check?.fields['what'])
  const expiries = expiriesOf(equipment, dates)
  return {
    equipment: equipment.id,
    name: equipment.name,
    area: equipment.area,
    kind: agentOf(equipment),
    icon: equipment.icon,
    needle: gauge ? needleOf(at20 ?? pressure?.value, green) : 'none',
    pressure: pressure
      ? { at: time(pressure.at), value: pressure.value, at20: at20 === undefined ? null : Number(at20.toFixed(3)) }
      : null,
    green,
    clause: house.site.rules.find(({ equipment: of, record }) => of === equipment.id && record === 'pressure')?.clause ?? null,
    inPlace: place ? place.value >= 0.5 : null,
    check: check
      ? {
          seq: check.seq,
          at: time(check.at),
          by: check.signed?.name ?? names.get(check.by) ?? check.by,
          verdict: check.verdict,
          ...(note === '' ? {} : { note }),
        }
      : null,
    expiries,
    unregistered: expiries.length === 0 && house.site.rules.some(rule => asksForDate(rule, equipment.id)),
  }
}

const asksForDate = (rule: House['site']['rules'][number], equipment: string): boolean =>
  rule.equipment === equipment && rule.kind === 'register' && rule.settings['expires'] !== undefined

/** What a point says, while it is good and fresh. */
function goodOf({ state }: House, point: Point | undefined): Extract<Reading, { readonly value: number }> | undefined {
  const reading = point && state.latest(point.id)
  return point && reading?.quality === 'good' && !state.isStale(point.id) ? reading : undefined
}

/** By the rules that judge the gauge as it would read at 20 °C, else by the limits of the point. */
function greenOf({ site }: House, gauge: Point): GreenZone {
  const bands = site.rules.flatMap(({ point, kind, limit }) =>
    point === gauge.id && kind === 'expr' && limit ? [{ [limit.op.startsWith('g') ? 'max' : 'min']: limit.value }] : [],
  )
  return bands.length > 0 ? Object.assign({}, ...bands) : gauge.limits
}

function agentOf({ facts, factWords, typeName }: Equipment): WireGauge['kind'] {
  const agent = textOf(facts['agent'])
  const { zh, en } = factWords?.['agent'] ?? { zh: agent, en: agent }
  return agent === '' ? typeName : { zh: `${typeName.zh}（${zh}）`, en: `${typeName.en} (${en})` }
}

/** What people wrote down last of each item counts before what the entry says. */
function expiriesOf({ facts }: Equipment, dates: readonly KeptRecord[]): WireGauge['expiries'] {
  const recorded = new Map<string, WireGauge['expiries'][number]>()
  for (const { fields } of dates.toSorted((a, b) => a.at - b.at)) {
    const lastDay = lastDayOf(fields['expires'])
    if (lastDay === undefined) continue
    const item = textOf(fields['item'])
    recorded.set(item, { ...(item === '' ? {} : { item }), lastDay: dayText(lastDay), from: 'record' })
  }
  if (recorded.size > 0) return [...recorded.values()]
  const lastDay = lastDayOf(facts['expires'])
  return lastDay === undefined ? [] : [{ lastDay: dayText(lastDay), from: 'facts' }]
}
