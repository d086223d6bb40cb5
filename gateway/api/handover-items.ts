import type { Words } from '../../protocols/contract/driver.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { duesOf, isOver, overdueOf } from '../cases/case.ts'
import { whereOf } from '../cases/case-words.ts'
import { itemKinds } from '../handover/handover.ts'
import type { HandoverItem, ItemKind } from '../handover/handover.ts'
import { priorities } from '../policy/rule.ts'
import type { Call } from './route.ts'
import type { WireAlarm } from './wire.ts'

type Asked = Pick<Call, 'house' | 'views'>

/** Everything that is open now and goes over to the next shift, what weighs most first (DUT-1). Asks nothing but memory: it is made again inside the turn that signs. */
export function handoverItems(call: Asked, roster: string, at: Instant): readonly HandoverItem[] {
  const items = [...lockOuts(call), ...alarms(call), ...cases(call, at), ...duties(call), ...notes(call, roster)]
  const weight = ({ kind, priority }: HandoverItem): number => itemKinds.indexOf(kind) * 10 - priorities.indexOf(priority)
  return items.toSorted((a, b) => weight(a) - weight(b) || (a.since ?? 0) - (b.since ?? 0) || (a.key < b.key ? -1 : 1))
}

const alarmKinds: Readonly<Partial<Record<WireAlarm['state'], ItemKind>>> = {
  shelved: 'shelved',
  suppressed: 'suppressed',
  'out-of-service': 'out-of-service',
}

function alarms({ views }: Asked): readonly HandoverItem[] {
  return views.openAlarms().map(({ id, state, sentence, since, priority, shelved, outOfService }) => {
    const kind = alarmKinds[state] ?? 'alarm'
    const until = shelved?.until ?? outOfService?.until
    return {
      key: `${kind}:${id}`,
      kind,
      id,
      title: sentence,
      since: since as Instant,
      ...(until === undefined ? {} : { until: until as Instant }),
      priority,
      mustComment: priority === 'high',
    }
  })
}

function lockOuts({ house, views }: Asked): readonly HandoverItem[] {
  return house.lockOuts.all().map(({ equipment, since }) => {
    const name = views.equipment(equipment)?.name ?? both(equipment)
    const title = {
      zh: `${name.zh}故障停用，修好前不得使用`,
      en: `${name.en} is locked out; not to be used until it is repaired`,
    }
    return { key: `lock-out:${equipment}`, kind: 'lock-out', id: equipment, title, since, priority: 'high', mustComment: true }
  })
}

function cases({ house, views }: Asked, at: Instant): readonly HandoverItem[] {
  return house.cases
    .all()
    .filter(one => !isOver(one))
    .map(one => {
      const { id, what, equipment, area, openedAt, priority } = one
      const name =
        equipment === undefined ? house.site.areas.find(known => known.id === area)?.name : views.equipment(equipment)?.name
      const where = whereOf(one, name)
      const late = overdueOf(one, at).length > 0
      const until = duesOf(one)[0]?.at
      return {
        key: `case:${id}`,
        kind: 'case',
        id,
        title: { zh: join(where.zh, what.zh, '：'), en: join(where.en, what.en, ': ') },
        since: openedAt,
        ...(until === undefined ? {} : { until }),
        priority,
        mustComment: late,
      }
    })
}

/** What was missed or falls due soon; signing is itself what the hand-over's own duty waits for. */
function duties({ house, views }: Asked): readonly HandoverItem[] {
  const rules = new Map(house.site.rules.map(rule => [rule.id, rule]))
  return house.duties().flatMap(({ rule: id, duty }) => {
    const rule = rules.get(id)
    if (!rule || rule.record === 'handover' || (duty.state !== 'missed' && duty.state !== 'soon')) return []
    const name = views.equipment(rule.equipment)?.name ?? both(rule.equipment)
    const clause = house.site.clauses.get(rule.clause)?.title ?? rule.title
    const title = { zh: join(name.zh, clause.zh, '：'), en: join(name.en, clause.en, ': ') }
    const until = duty.dueAt === undefined ? {} : { until: duty.dueAt }
    return [{ key: `duty:${id}`, kind: 'duty' as const, id, title, ...until, priority: rule.priority, mustComment: false }]
  })
}

/** What the last shift wrote for everybody goes on until somebody leaves it out. */
function notes({ house }: Asked, roster: string): readonly HandoverItem[] {
  const last = house.handovers.last(roster)
  if (!last || last.notes === '') return []
  const { notes: text, at } = last
  return [
    { key: `note:${at}`, kind: 'note', id: String(at), title: both(text), since: at, priority: 'advisory', mustComment: false },
  ]
}

const join = (a: string, b: string, between: string): string => (a === '' ? b : `${a}${between}${b}`)
const both = (text: string): Words => ({ zh: text, en: text })
