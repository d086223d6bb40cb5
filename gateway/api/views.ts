import type { PointId, Reading } from '../../protocols/contract/reading.ts'
import type { Alarm, AlarmState } from '../alarm/alarm.ts'
import { gatewayClause } from '../alarm/own.ts'
import type { Clause, RuleId } from '../policy/rule.ts'
import type { RuleBook } from '../policy/rule-book.ts'
import type { Told } from '../notify/notice.ts'
import { reasonInWords } from '../notify/reasons.ts'
import { siteBook } from '../site/site-book.ts'
import { priorities } from '../policy/rule.ts'
import type { Equipment, Point } from '../site/site.ts'
import type { House } from './house.ts'
import { describeAlarm } from './sentence.ts'
import { isoInZone } from '../zone.ts'
import type { WireAlarm, WireClause, WireEquipment, WirePoint, WireReading, WireSite, WireTold } from './wire.ts'

/** Why it did not go out, where that is in words of ours; `proof` has it as it was written down. */
function whyOf({ outcome, proof }: Told): Pick<WireTold, 'why'> {
  const why = outcome === 'delivered' || proof === undefined ? undefined : reasonInWords(proof)
  return why === undefined ? {} : { why }
}

const nobodyToTell = { zh: '无人可通知', en: 'nobody to tell' }

const urgency: readonly AlarmState[] = [
  'normal',
  'suppressed',
  'shelved',
  'out-of-service',
  'latched-acknowledged',
  'returned-unacknowledged',
  'latched-unacknowledged',
  'acknowledged',
  'unacknowledged',
]

/** The site and its state in the words of the wire. Looks things up by id; decides nothing. */
export class Views {
  readonly #house: House
  readonly #points: ReadonlyMap<string, Point>
  readonly #equipment: ReadonlyMap<string, Equipment>
  readonly #rules: RuleBook
  readonly #protocols: ReadonlyMap<string, string>

  constructor(house: House) {
    const { site } = house
    this.#house = house
    this.#points = new Map(site.points.map(point => [point.id, point]))
    this.#equipment = new Map(site.equipment.map(equipment => [equipment.id, equipment]))
    this.#rules = siteBook(site)
    this.#protocols = new Map(site.connections.map(({ id, protocol }) => [id, protocol]))
  }

  point(id: string): Point | undefined {
    return this.#points.get(id)
  }
  equipment(id: string): Equipment | undefined {
    return this.#equipment.get(id)
  }
  protocolOf(point: Point): string {
    return this.#protocols.get(point.connection) ?? ''
  }

  /** Whose alarms a rule raises; none where it is the gateway's own, or is not there any more. */
  equipmentOf(rule: RuleId): string | undefined {
    return this.#equipment.get(this.#rules.get(rule)?.equipment ?? '')?.id
  }

  /** Absent when the rule has since been taken out of the site file: its alarm can no longer be explained from it. */
  alarm(alarm: Alarm): WireAlarm | undefined {
    const rule = this.#rules.get(alarm.rule)
    if (rule === undefined) return undefined
    const { site, state, notices } = this.#house
    const told = this.told(notices.toldOf(alarm.id))
    const about = this.#house.about?.(alarm.rule) ?? []
    return describeAlarm({
      alarm,
      rule,
      clause: site.clauses.get(rule.clause),
      point: this.#points.get(rule.point),
      equipment: this.#equipment.get(rule.equipment),
      recorded: state.isRecorded(alarm.id),
      told,
      ...(about.length > 0 ? { about } : {}),
    })
  }

  /** With names; whom nobody could be found for has none. */
  told(told: readonly Told[]): WireAlarm['told'] {
    const { people } = this.#house.duty.duty
    return told.map(one => ({
      ...one,
      ...whyOf(one),
      personName: one.person === '' ? nobodyToTell : (people.get(one.person)?.name ?? { zh: one.person, en: one.person }),
    }))
  }

  openAlarms(): readonly WireAlarm[] {
    return this.#house.state.openAlarms().flatMap(alarm => this.alarm(alarm) ?? [])
  }

  reading(reading: Reading): WireReading {
    const { point, at, receivedAt, quality } = reading
    return quality === 'bad'
      ? [point, at, receivedAt, null, quality, reading.fault.code]
      : [point, at, receivedAt, reading.value, quality]
  }

  wirePoint(point: Point, states = this.states()): WirePoint {
    const { state, site } = this.#house
    const latest = state.latest(point.id)
    return {
      id: point.id,
      name: point.name,
      equipment: point.equipment,
      driver: this.protocolOf(point),
      connection: point.connection,
      kind: point.kind,
      unit: point.unit,
      decimals: point.decimals,
      range: point.range,
      labels: [...point.labels].map(([code, label]) => ({ code, label })),
      limits: point.limits,
      staleAfterMs: point.staleAfter,
      value: latest?.value ?? null,
      quality: latest === undefined ? 'none' : state.isStale(point.id) ? 'stale' : latest.quality,
      ...(latest?.quality === 'bad' ? { fault: latest.fault } : {}),
      at: latest === undefined ? null : isoInZone(latest.at, site.timeZone),
      receivedAt: latest === undefined ? null : isoInZone(latest.receivedAt, site.timeZone),
      state: states.get(point.id) ?? 'normal',
    }
  }

  /** The state of the most urgent open alarm of each point. */
  states(): ReadonlyMap<PointId, AlarmState> {
    const rank = (alarm: Alarm): number => priorities.indexOf(alarm.priority) * 10 + urgency.indexOf(alarm.state)
    const states = new Map<PointId, AlarmState>()
    for (const alarm of this.#house.state.openAlarms().toSorted((a, b) => rank(a) - rank(b))) {
      const rule = this.#rules.get(alarm.rule)
      if (rule !== undefined) states.set(rule.point, alarm.state)
    }
    return states
  }

  wireEquipment(equipment: Equipment, states = this.states()): WireEquipment {
    const { id, name, area, type, typeName, icon, connection, mainPoint, clauses, facts, factWords } = equipment
    const points = equipment.points.flatMap(point => this.#points.get(point) ?? []).map(point => this.wirePoint(point, states))
    const said = factWords === undefined ? {} : { factWords }
    return { id, name, area, type, typeName, icon, connection, mainPoint, points, clauses, facts, ...said }
  }

  clause({ id, title, source, requirement, tell, pack, version }: Clause): WireClause {
    return { id, title, source, requirement, tell, policy: { id: pack, version } }
  }

  site(): WireSite {
    const { site, version, demo } = this.#house
    const states = this.states()
    return {
      id: site.id,
      name: site.name,
      timeZone: site.timeZone,
      areas: site.areas,
      equipment: site.equipment.map(equipment => this.wireEquipment(equipment, states)),
      clauses: [...site.clauses.values()].flatMap(clause => (clause.id === gatewayClause ? [] : [this.clause(clause)])),
      demo: demo !== undefined,
      version,
    }
  }
}
