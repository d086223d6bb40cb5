import type { Words } from '../../protocols/contract/driver.ts'
import type { Alarm } from '../alarm/alarm.ts'
import { longestShelf } from '../alarm/shelf.ts'
import type { Clause, Rule } from '../policy/rule.ts'
import type { Equipment, Point } from '../site/site.ts'
import type { WireAlarm } from './wire.ts'

export interface AlarmParts {
  readonly alarm: Alarm
  readonly rule: Rule
  readonly clause: Clause | undefined
  /** Absent for what the gateway says of itself. */
  readonly point?: Point | undefined
  readonly equipment?: Equipment | undefined
  readonly recorded: boolean
  readonly told: WireAlarm['told']
  readonly about?: WireAlarm['about']
}
type Limit = NonNullable<WireAlarm['limit']>

/** An alarm as people meet it: what happened in one sentence, which clause it breaks and whom to tell. */
export function describeAlarm({ alarm, rule, clause, point, equipment, recorded, told, about }: AlarmParts): WireAlarm {
  const limit = point && limitOf(rule, point)
  return {
    id: alarm.id,
    rule: alarm.rule,
    state: alarm.state,
    priority: alarm.priority,
    equipment: equipment?.id ?? '',
    point: point?.id ?? '',
    title: rule.title,
    sentence: sentenceOf(alarm, rule, point, equipment, limit),
    clause: rule.clause,
    clauseTitle: clause?.title ?? { zh: rule.clause, en: rule.clause },
    tell: clause?.tell ?? [],
    advice: rule.advice,
    ...(limit === undefined ? {} : { limit }),
    ...(rule.limitBasis === undefined ? {} : { limitBasis: rule.limitBasis }),
    alarmBasis: rule.alarmBasis,
    policy: rule.policy,
    ...(rule.overlay === undefined ? {} : { overlay: rule.overlay }),
    since: alarm.since,
    raisedAt: alarm.raisedAt,
    ...(alarm.clearedAt === undefined ? {} : { clearedAt: alarm.clearedAt }),
    ...(alarm.value === undefined ? {} : { value: alarm.value }),
    times: alarm.times,
    found: alarm.found,
    active: alarm.active,
    ...(alarm.acknowledged === undefined ? {} : { acknowledged: alarm.acknowledged }),
    ...(alarm.confirmed === undefined ? {} : { confirmed: alarm.confirmed }),
    ...(alarm.shelved === undefined ? {} : { shelved: alarm.shelved }),
    ...(alarm.outOfService === undefined ? {} : { outOfService: alarm.outOfService }),
    ...(alarm.suppressed === undefined ? {} : { suppressed: alarm.suppressed }),
    ...(alarm.firstOut === undefined ? {} : { firstOut: alarm.firstOut }),
    ...(alarm.chattering === undefined ? {} : { chattering: alarm.chattering }),
    latching: rule.latching ?? false,
    lifeSafety: rule.lifeSafety ?? false,
    shelf: rule.lifeSafety === true ? { alone: 0, together: 0 } : longestShelf[rule.priority],
    ...(about === undefined ? {} : { about }),
    told,
    recorded,
  }
}

const sides: Readonly<Record<Limit['op'], Words>> = {
  gt: { zh: '高于', en: 'above' },
  ge: { zh: '达到或高于', en: 'at or above' },
  lt: { zh: '低于', en: 'below' },
  le: { zh: '达到或低于', en: 'at or below' },
}

function sentenceOf(
  alarm: Alarm,
  rule: Rule,
  point: Point | undefined,
  equipment: Equipment | undefined,
  limit: Limit | undefined,
): Words {
  if (!point || !equipment) return alarm.because ?? rule.title
  const who = { zh: `${equipment.name.zh} ${point.name.zh}`, en: `${equipment.name.en}: ${lowerFirst(point.name.en)}` }
  if (rule.kind === 'stale') return { zh: `${who.zh} 已无数据`, en: `${who.en} has sent no data` }
  if (alarm.because !== undefined) {
    return { zh: `${equipment.name.zh}：${alarm.because.zh}`, en: `${equipment.name.en}: ${lowerFirst(alarm.because.en)}` }
  }
  if (alarm.value === undefined) return { zh: `${who.zh}：${rule.title.zh}`, en: `${who.en}: ${lowerFirst(rule.title.en)}` }
  const label = point.labels.get(alarm.value)
  if (label !== undefined) return { zh: `${who.zh} ${label.zh}`, en: `${who.en} ${label.en}` }
  const value = withUnit(alarm.value, point)
  if (limit === undefined) return { zh: `${who.zh} ${value}`, en: `${who.en} ${value}` }
  const bound = withUnit(limit.value, point, true)
  const side = sides[limit.op]
  return { zh: `${who.zh} ${value}，${side.zh} ${bound}`, en: `${who.en} ${value}, ${side.en} ${bound}` }
}

/** The limit of a rule of kind `limit`; other kinds have none. The spec was checked when the site was read. */
export function limitOf(rule: Rule, point: Point): Limit | undefined {
  if (rule.kind !== 'limit' || typeof rule.spec !== 'object' || rule.spec === null) return undefined
  const { op, value } = rule.spec as { readonly op?: unknown; readonly value?: unknown }
  const isOp = op === 'gt' || op === 'ge' || op === 'lt' || op === 'le'
  return isOp && typeof value === 'number' ? { op, value, unit: point.unit } : undefined
}

/** Readings have fixed decimals so that they do not jitter; a limit is written as the clause has it. */
function withUnit(value: number, point: Point, isLimit = false): string {
  const number = isLimit ? String(value) : value.toFixed(point.decimals)
  return point.unit === '' ? number : point.unit === '%' ? `${number}%` : `${number} ${point.unit}`
}

/** `Cabinet temperature` inside a sentence; an abbreviation (`pH`, `CO₂`) stays as it is. */
const lowerFirst = (text: string): string => (/^[A-Z][a-z ]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text)
