import type { Words } from '../../../protocols/contract/driver.ts'
import type { FaultCode } from '../../../protocols/contract/fault.ts'
import type { Reading } from '../../../protocols/contract/reading.ts'
import type { Alarm } from '../../alarm/alarm.ts'
import type { Priority, Rule } from '../../policy/rule.ts'
import type { Site } from '../../site/site.ts'

/** What of a site a SCADA sees: plain data, because it goes to another process. */
export interface Face {
  readonly site: { readonly id: string; readonly name: Words }
  readonly areas: readonly { readonly id: string; readonly name: Words }[]
  readonly equipment: readonly {
    readonly id: string
    readonly name: Words
    readonly area: string
    readonly typeName: Words
    readonly clauses: readonly string[]
  }[]
  readonly points: readonly FacePoint[]
  readonly conditions: readonly FaceCondition[]
}

export interface FacePoint {
  readonly id: string
  readonly key: string
  readonly name: Words
  readonly equipment: string
  readonly unit: string
  readonly range: { readonly min: number; readonly max: number }
  readonly plausible?: { readonly min: number; readonly max: number }
  /** What the codes of a contact or state are called; empty for what is measured. */
  readonly labels: readonly (readonly [number, Words])[]
}

/** One rule as a Part 9 condition. */
export interface FaceCondition {
  readonly rule: string
  /** `limit` has a bound, `state` a normal one, `alarm` neither. */
  readonly shape: 'limit' | 'state' | 'alarm'
  /** Empty where it is the gateway's own. */
  readonly equipment: string
  readonly point: string
  readonly title: Words
  readonly clause: string
  readonly clauseTitle: Words
  readonly advice: Words
  readonly severity: number
  readonly high?: number
  readonly low?: number
}

/** What the states of a condition are now, in the words of Part 9 (standards.md §2.5). */
export interface ConditionState {
  readonly rule: string
  readonly alarm: string
  readonly active: boolean
  readonly acked: boolean
  readonly confirmed: boolean
  readonly shelving: 'Unshelved' | 'TimedShelved' | 'OneShotShelved'
  readonly suppressed: boolean
  readonly outOfService: boolean
  readonly latched: boolean
  readonly retain: boolean
  readonly severity: number
  readonly message: Words
  /** What the last person wrote. */
  readonly comment: string
  readonly by: string
  /** Milliseconds: when it became so. */
  readonly at: number
}

export interface FaceReading {
  readonly point: string
  readonly value: number | null
  /** A status code's name as in Part 4. */
  readonly status: string
  /** Milliseconds, of the source. */
  readonly at: number
}

/** Four classes of the standard's 1 to 1000. */
const severities: Readonly<Record<Priority, number>> = { advisory: 100, low: 300, medium: 600, high: 900 }

export function faceOf(site: Pick<Site, 'id' | 'name' | 'areas' | 'equipment' | 'points' | 'rules' | 'clauses'>): Face {
  return {
    site: { id: site.id, name: site.name },
    areas: site.areas.map(({ id, name }) => ({ id, name })),
    equipment: site.equipment.map(({ id, name, area, typeName, clauses }) => ({ id, name, area, typeName, clauses })),
    points: site.points.map(({ id, key, name, equipment, unit, range, plausible, labels }) => ({
      id,
      key,
      name,
      equipment,
      unit,
      range,
      ...(plausible && { plausible }),
      labels: [...labels],
    })),
    conditions: site.rules.map(rule => conditionFor(rule, site.clauses.get(rule.clause)?.title)),
  }
}

/** The condition a rule is, before it has ever been met. */
export function conditionFor(rule: Rule, clauseTitle: Words = { zh: '', en: '' }): FaceCondition {
  const bound = rule.kind === 'limit' ? boundOf(rule.spec) : undefined
  return {
    rule: rule.id,
    shape: bound ? 'limit' : rule.kind === 'state' ? 'state' : 'alarm',
    equipment: rule.equipment,
    point: rule.point,
    title: rule.title,
    clause: rule.clause,
    clauseTitle,
    advice: rule.advice,
    severity: severities[rule.priority],
    ...bound,
  }
}

function boundOf(spec: unknown): { readonly high: number } | { readonly low: number } | undefined {
  const { op, value } = (spec ?? {}) as { readonly op?: unknown; readonly value?: unknown }
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined
  if (op === 'gt' || op === 'ge') return { high: value }
  return op === 'lt' || op === 'le' ? { low: value } : undefined
}

/** An alarm as the condition of its rule. `at` is when it came to be so. */
export function stateOf(alarm: Alarm, rule: Pick<Rule, 'title'>, at: number): ConditionState {
  const { state, active, acknowledged, confirmed, shelved, outOfService } = alarm
  const waits = state === 'unacknowledged' || state === 'returned-unacknowledged' || state === 'latched-unacknowledged'
  const last = [acknowledged, confirmed].filter(deed => deed !== undefined).toSorted((a, b) => b.at - a.at)[0]
  const words = shelved?.reason ?? outOfService?.reason ?? (last && ('comment' in last ? last.comment : last.action))
  const over = state === 'normal'
  return {
    rule: alarm.rule,
    alarm: alarm.id,
    active,
    // Whoever keeps an alarm quiet has not said that he has seen it.
    acked: over || (acknowledged !== undefined && !waits),
    confirmed: over || confirmed !== undefined,
    shelving: state !== 'shelved' ? 'Unshelved' : shelved?.oneShot ? 'OneShotShelved' : 'TimedShelved',
    suppressed: state === 'suppressed',
    outOfService: state === 'out-of-service',
    latched: state === 'latched-unacknowledged' || state === 'latched-acknowledged',
    retain: !over,
    severity: severities[alarm.priority],
    message: alarm.because ? joined(rule.title, alarm.because) : rule.title,
    comment: words ?? '',
    by: shelved?.by ?? outOfService?.by ?? last?.by ?? '',
    at,
  }
}

const joined = (title: Words, because: Words): Words => ({
  zh: `${title.zh}：${because.zh}`,
  en: `${title.en}: ${because.en}`,
})

/** Why a value is bad, in the standard's words. Nothing that the gateway doubts is passed on as Good. */
const statusOfFault: Readonly<Record<FaultCode, string>> = {
  unreachable: 'BadNoCommunication',
  disconnected: 'BadNoCommunication',
  timeout: 'BadTimeout',
  'device-silent': 'BadNoCommunication',
  refused: 'BadDeviceFailure',
  'no-such-address': 'BadConfigurationError',
  garbled: 'BadCommunicationError',
  'wrong-reply': 'BadCommunicationError',
  'not-a-number': 'BadSensorFailure',
  sentinel: 'BadSensorFailure',
  'out-of-range': 'BadOutOfRange',
  'device-reported': 'BadDeviceFailure',
}

/** A reading as a data value. `stale`: nothing has been heard for longer than the point allows, so the value is an old one. */
export function dataOf(reading: Reading, stale = false): FaceReading {
  const { point, at } = reading
  if (reading.quality === 'bad') return { point, at, value: null, status: statusOfFault[reading.fault.code] }
  const sure = reading.quality === 'good' && !stale
  return { point, at, value: reading.value, status: sure ? 'Good' : stale ? 'UncertainLastUsableValue' : 'Uncertain' }
}

/** Units by their UN/ECE common code, as Part 8 wants them; what is not here goes by its symbol alone. */
const unece: Readonly<Record<string, string>> = {
  '°C': 'CEL',
  '°F': 'FAH',
  K: 'KEL',
  '%': 'P1',
  '%RH': 'P1',
  Pa: 'PAL',
  hPa: 'A97',
  kPa: 'KPA',
  MPa: 'MPA',
  bar: 'BAR',
  V: 'VLT',
  A: 'AMP',
  W: 'WTT',
  kW: 'KWT',
  kWh: 'KWH',
  Hz: 'HTZ',
  m: 'MTR',
  mm: 'MMT',
  'mm/s': 'C16',
  'm³': 'MTQ',
  'm³/h': 'MQH',
  L: 'LTR',
  'mg/L': 'M1',
  'µg/m³': 'GQ',
  ppm: '59',
  lx: 'LUX',
  g: 'GRM',
  kg: 'KGM',
  s: 'SEC',
  min: 'MIN',
  h: 'HUR',
}

/** The number Part 8 makes of the code: its letters as bytes, the first the highest. -1: no such code. */
export function unitId(symbol: string): number {
  const code = unece[symbol]
  if (code === undefined) return -1
  return [...code].reduce((sum, letter) => sum * 256 + letter.charCodeAt(0), 0)
}

/** Every text in both languages: a client that asks for one gets it. */
export const texts = ({ zh, en }: Words): { locale: string; text: string }[] => [
  { locale: 'zh-CN', text: zh },
  { locale: 'en', text: en },
]

/** Where the protocol has room for one text only. */
export const both = ({ zh, en }: Words): string => (zh === en ? zh : `${zh} · ${en}`)
