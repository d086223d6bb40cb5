import type { WireAlarm, WireEntry } from '../../gateway/api/wire.ts'
import type { WireDutyPlan, WirePerson } from '../../gateway/api/wire-duty.ts'
import { nextState } from '../../gateway/alarm/lifecycle.ts'
import type { AlarmInput } from '../../gateway/alarm/lifecycle.ts'

/** What becomes of an alarm on the stage when somebody does something to it: the gateway's own table of states, and none of its clocks. */
type Done = WireAlarm | { readonly status: number; readonly said: string }

export function afterDeed(alarm: WireAlarm, deed: string, body: Readonly<Record<string, unknown>>, by: string, at: number): Done {
  const goes = (input: AlarmInput) => nextState(alarm.state, input, alarm)
  const refused: Done = { status: 409, said: '这条报警现在的状态不能这样做。' }
  const text = (key: string) => String(body[key] ?? '')
  switch (deed) {
    case 'acknowledge': {
      const state = goes('acknowledged')
      if (!state) return { status: 409, said: '已有人确认此报警。' }
      return { ...alarm, state, acknowledged: { by, at, comment: text('comment') } }
    }
    case 'confirm':
      return alarm.acknowledged && !alarm.confirmed ? { ...alarm, confirmed: { by, at, action: text('action') } } : refused
    case 'shelve': {
      if (alarm.lifeSafety) return { status: 409, said: '燃气、烟雾等涉及人身安全的报警不能搁置。' }
      const length = Number.parseInt(text('for'), 10) * 60_000
      const second = body['second'] as { readonly username: string; readonly password: string } | undefined
      if (length > alarm.shelf.alone && second?.password !== 'secret') return { status: 400, said: '第二人的用户名或密码不对。' }
      const state = goes('shelved')
      if (!state) return refused
      const shelved = {
        by,
        at,
        until: at + length,
        reason: text('reason'),
        oneShot: body['oneShot'] === true,
        ...(second ? { second: second.username } : {}),
      }
      return { ...alarm, state, shelved }
    }
    case 'out-of-service': {
      const state = goes('removed')
      if (!state) return refused
      const outOfService = { by, at, until: Date.parse(text('until')), reason: text('reason'), substitute: text('substitute') }
      return { ...alarm, state, outOfService }
    }
    default: {
      const inputs: Record<string, AlarmInput> = { reset: 'reset', unshelve: 'unshelved', 'return-to-service': 'returned' }
      const input = inputs[deed]
      const state = input && goes(input)
      if (!state) return refused
      const { shelved: _shelf, outOfService: _permit, ...rest } = alarm
      return { ...rest, state }
    }
  }
}

/** What the journal would say of it. */
export function timelineOf(alarm: WireAlarm, iso: (ms: number) => string): readonly WireEntry[] {
  const entry = (seq: number, kind: string, at: number, by: string, data: Record<string, unknown>): WireEntry => ({
    seq,
    at: iso(at),
    writtenAt: iso(at),
    kind,
    by,
    about: alarm.id,
    data,
    leaf: '0'.repeat(64),
  })
  const { acknowledged, confirmed, shelved, outOfService, suppressed } = alarm
  return [
    entry(1, 'alarm.raised', alarm.raisedAt, 'system', {}),
    ...(acknowledged
      ? [entry(2, 'alarm.acknowledged', acknowledged.at, acknowledged.by, { comment: acknowledged.comment })]
      : []),
    ...(confirmed ? [entry(3, 'alarm.confirmed', confirmed.at, confirmed.by, { action: confirmed.action })] : []),
    ...(shelved ? [entry(4, 'alarm.shelved', shelved.at, shelved.by, { shelved })] : []),
    ...(outOfService ? [entry(5, 'alarm.out-of-service', outOfService.at, outOfService.by, { outOfService })] : []),
    ...(suppressed ? [entry(6, 'alarm.suppressed', suppressed.at, 'system', {})] : []),
    ...(alarm.clearedAt === undefined ? [] : [entry(7, 'alarm.cleared', alarm.clearedAt, 'system', {})]),
  ]
}

export const watchPeople: readonly WirePerson[] = [
  { id: 'wang', name: { zh: '王芳', en: 'Wang Fang' }, roles: [] },
  { id: 'zhao', name: { zh: '赵磊', en: 'Zhao Lei' }, roles: [] },
]

export function dutyPlan(now: number): WireDutyPlan {
  const at = (ms: number) => new Date(ms).toISOString()
  const shift = (roster: string, person: string) => ({
    roster,
    on: at(now).slice(0, 10),
    shift: 'day',
    from: at(now - 3_600_000),
    to: at(now + 7_200_000),
    person,
  })
  const roster = (id: string, zh: string, en: string, person: string) => ({
    id,
    name: { zh, en },
    shifts: [],
    now: shift(id, person),
    next: null,
    items: [],
  })
  return {
    from: at(now),
    to: at(now + 60_000),
    today: at(now).slice(0, 10),
    days: [],
    rosters: [roster('guard', '保安值班', 'Guard', 'zhao'), roster('canteen', '食堂值班', 'Canteen', 'wang')],
    cells: [],
    escalate: { high: [], medium: [], low: [], advisory: [] },
    quiet: null,
  }
}
