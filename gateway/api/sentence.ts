import type { Alarm } from '../alarm/alarm.ts'
import { longestShelf } from '../alarm/shelf.ts'
import type { Clause, Rule } from '../policy/rule.ts'
import { limitOf, sentenceOf } from '../site/sentence.ts'
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
    sentence: sentenceOf(alarm, rule, point, equipment),
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
