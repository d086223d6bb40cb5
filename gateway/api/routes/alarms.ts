import { z } from 'zod'
import type { Words } from '../../../protocols/contract/driver.ts'
import { days } from '../../../protocols/contract/time.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import { accountKey } from '../../accounts/account.ts'
import { isAllowed } from '../../accounts/permissions.ts'
import { alarmStates } from '../../alarm/alarm.ts'
import type { Alarm, AlarmId } from '../../alarm/alarm.ts'
import type { AlarmCommand, CommandRefusal } from '../../alarm/command.ts'
import type { Entry } from '../../journal/entry.ts'
import { noticeKinds, toldPast } from '../../notify/told-past.ts'
import { priorities } from '../../policy/rule.ts'
import { fromCursor, toCursor } from '../cursor.ts'
import { isoAlarm, wireEntry } from '../http-views.ts'
import type { Beside, Commanded } from '../house.ts'
import { note } from '../note.ts'
import { notFound, Refusal } from '../problem.ts'
import { route } from '../route.ts'
import type { Call } from '../route.ts'
import {
  commas,
  cursor,
  duration,
  id as anId,
  idParams,
  limit,
  list,
  page,
  problem,
  wireAlarm,
  wireEntry as entryShape,
  when,
} from '../shapes.ts'
import type { WireAlarm } from '../wire.ts'

const tag = 'Alarms'

const filter = z.object({
  state: commas(...alarmStates, 'open').optional(),
  priority: commas(...priorities).optional(),
  equipment: anId.optional(),
  from: when.optional(),
  to: when.optional(),
  limit: limit(100, 500),
  cursor,
})
type Filter = z.output<typeof filter>

const alarms = route({
  method: 'GET',
  url: '/api/v1/alarms',
  may: 'see',
  summary: 'Alarms, newest first: open and past; `state=open` is all that are not normal; `from` and `to` are of the raise',
  tag,
  query: filter,
  answer: page(wireAlarm),
  answers: { 400: problem },
  async act(call) {
    const { house, views, query } = call
    const isWanted = wanted(query)
    const isElsewhere = ({ rule }: Pick<Alarm, 'rule'>): boolean =>
      query.equipment !== undefined && views.equipmentOf(rule) !== query.equipment
    const wantsPast = query.state?.includes('normal') ?? true
    const items: WireAlarm[] = []
    let place = query.cursor === undefined ? undefined : fromCursor(query.cursor)
    // Each alarm is met at its first raise in the journal, so none comes twice and none is missed while new ones arrive.
    for (;;) {
      const { entries, next } = await house.store.journal.page({
        kinds: ['alarm.raised'],
        limit: 500,
        newestFirst: true,
        ...(place === undefined ? {} : { after: place }),
      })
      const open = new Map(house.state.openAlarms().map(alarm => [alarm.id, alarm]))
      for (const entry of entries) {
        place = entry.seq
        const raised = firstRaise(entry.data)
        if (raised === undefined || isElsewhere(raised)) continue
        const known = open.get(raised.id)
        // What is over the journal has to be asked for, one by one.
        if (known === undefined && !wantsPast) continue
        const now = known ?? (await house.state.alarm(raised.id))
        const alarm = now && views.alarm(now)
        if (alarm === undefined || !isWanted(alarm)) continue
        items.push(alarm)
        if (items.length === query.limit) return { items: items.map(show(call)), next: toCursor(place) }
      }
      if (next === undefined || entries.length === 0) return { items: items.map(show(call)), next: null }
      place = next
    }
  },
})

function firstRaise(data: Readonly<Record<string, unknown>>): Pick<Alarm, 'id' | 'rule'> | undefined {
  const raised = data['alarm'] as Partial<Alarm> | undefined
  if (typeof raised?.id !== 'string' || typeof raised.rule !== 'string' || raised.times !== 1) return undefined
  return { id: raised.id, rule: raised.rule }
}

function wanted({ state, priority, equipment, from, to }: Filter): (alarm: WireAlarm) => boolean {
  return alarm =>
    (state === undefined || state.some(one => one === alarm.state || (one === 'open' && alarm.state !== 'normal'))) &&
    (priority === undefined || priority.includes(alarm.priority)) &&
    (equipment === undefined || alarm.equipment === equipment) &&
    (from === undefined || alarm.raisedAt >= from) &&
    (to === undefined || alarm.raisedAt <= to)
}

const show =
  ({ house }: Call) =>
  (alarm: WireAlarm): z.input<typeof wireAlarm> =>
    isoAlarm(alarm, house.site.timeZone)

const alarm = route({
  method: 'GET',
  url: '/api/v1/alarms/:id',
  may: 'see',
  summary: 'One alarm, with what the journal has of it as `timeline`',
  tag,
  params: idParams,
  answer: wireAlarm.extend({ timeline: list(entryShape) }),
  answers: { 404: problem },
  async act(call) {
    const { house, params } = call
    const found = await find(call, params.id)
    const { entries } = await house.store.journal.page({ about: params.id, limit: 500 })
    const told = found.told.length > 0 ? found.told : await toldPastOf(call, found, entries)
    // What somebody tried without the right to it is for whoever may read the journal.
    const story = entries.filter(({ kind }) => kind !== 'access.refused')
    return { ...show(call)({ ...found, told }), timeline: story.map(entry => wireEntry(entry, house.site.timeZone)) }
  },
})

/** Who was told of an alarm that has been over for longer than a day: in single messages, and in digests of that time. */
async function toldPastOf({ house, views }: Call, alarm: WireAlarm, about: readonly Entry[]): Promise<WireAlarm['told']> {
  const until = ((alarm.clearedAt ?? alarm.raisedAt) + days(2)) as Instant
  const { entries } = await house.store.journal.page({
    kinds: noticeKinds,
    from: alarm.raisedAt as Instant,
    to: until,
    limit: 2_000,
  })
  const single = new Set(about.map(({ seq }) => seq))
  return views.told(toldPast(alarm.id as AlarmId, [...about, ...entries.filter(({ seq }) => !single.has(seq))]))
}

const spoken = z.string().trim().min(1).max(2_000)
/** A phone says how long ago, not when: its clock may be wrong, and nobody can set it from here. */
const notedAgo = z.number().int().min(0).max(days(30)).optional().meta({
  description:
    'How long ago it was answered where there was no network, in ms; the journal has both times (`notedAt` is that one)',
})
const refusals = { 400: problem, 404: problem, 409: problem, 503: problem }

const acknowledge = route({
  method: 'POST',
  url: '/api/v1/alarms/:id/acknowledge',
  may: 'acknowledge',
  summary: 'Acknowledge an alarm: I have seen it and take care of it; 200 means it is on disk',
  tag,
  params: idParams,
  body: z.object({ comment: z.string().trim().max(2_000).default(''), notedAgo }),
  answer: wireAlarm,
  answers: refusals,
  act: call => obey(call, call.params.id, { do: 'acknowledge', comment: call.body.comment }, call.body.notedAgo),
})

const confirm = route({
  method: 'POST',
  url: '/api/v1/alarms/:id/confirm',
  may: 'acknowledge',
  summary: 'Confirm an acknowledged alarm: this is what was done; also after it is over',
  tag,
  params: idParams,
  body: z.object({ action: spoken, notedAgo }),
  answer: wireAlarm,
  answers: refusals,
  act: call => obey(call, call.params.id, { do: 'confirm', action: call.body.action }, call.body.notedAgo),
})

const shelve = route({
  method: 'POST',
  url: '/api/v1/alarms/:id/shelve',
  may: 'acknowledge',
  summary:
    'Put an alarm aside for a while, with a reason; `oneShot` ends it with its condition; an urgent one beyond an hour needs a second person, who signs in `second`',
  tag,
  params: idParams,
  body: z.object({
    for: duration.refine(length => length > 0, { message: 'not-a-duration' }),
    reason: spoken,
    oneShot: z.boolean().default(false),
    second: z.object({ username: z.string().min(1).max(64), password: z.string().min(1).max(1_024) }).optional(),
  }),
  answer: wireAlarm,
  answers: refusals,
  async act(call) {
    const { for: length, reason, oneShot, second } = call.body
    const other = second && (await secondPerson(call, second))
    const more = other === undefined ? {} : { second: other }
    return obey(call, call.params.id, { do: 'shelve', for: length, reason, oneShot, ...more })
  },
})

const unshelve = route({
  method: 'POST',
  url: '/api/v1/alarms/:id/unshelve',
  may: 'acknowledge',
  summary: 'Take it from the shelf: judged afresh',
  tag,
  params: idParams,
  answer: wireAlarm,
  answers: refusals,
  act: call => obey(call, call.params.id, { do: 'unshelve' }),
})

const reset = route({
  method: 'POST',
  url: '/api/v1/alarms/:id/reset',
  may: 'acknowledge',
  summary: 'Reset a latched alarm that was acknowledged and whose condition is gone',
  tag,
  params: idParams,
  answer: wireAlarm,
  answers: refusals,
  act: call => obey(call, call.params.id, { do: 'reset' }),
})

const outOfService = route({
  method: 'POST',
  url: '/api/v1/alarms/:id/out-of-service',
  may: 'acknowledge',
  summary: 'Take an alarm out of service until a time, at most 30 days, with a reason and what watches in its place',
  tag,
  params: idParams,
  body: z.object({ reason: spoken, substitute: spoken, until: when }),
  answer: wireAlarm,
  answers: refusals,
  act: call => obey(call, call.params.id, { do: 'out-of-service', ...call.body }),
})

const returnToService = route({
  method: 'POST',
  url: '/api/v1/alarms/:id/return-to-service',
  may: 'acknowledge',
  summary: 'Back in service: judged afresh',
  tag,
  params: idParams,
  answer: wireAlarm,
  answers: refusals,
  act: call => obey(call, call.params.id, { do: 'return-to-service' }),
})

/** Whoever signs as the second is another person who may answer alarms, and proves it with the password. A refused one is on record. */
async function secondPerson(
  { house, accounts, who, address, params }: Call<{ readonly id: string }>,
  { username, password }: { readonly username: string; readonly password: string },
): Promise<string> {
  const other = await accounts.confirm(username, password, address)
  const isOther = other && accountKey(other.name) !== accountKey(who?.name ?? '')
  if (isOther && isAllowed(other.role, 'acknowledge')) return other.name
  const why = !other ? 'wrong' : isOther ? 'without-right' : 'same-person'
  await note(house, { kind: 'access.refused', by: who?.name ?? '', about: params.id, data: { second: username, why } })
  throw other && !isOther ? sameSecond : wrongSecond
}
const wrongSecond = new Refusal('bad-request', {
  zh: '第二人的用户名或密码不对，或者没有处理报警的权限。',
  en: 'Name or password of the second person is wrong, or they may not answer alarms.',
})
const sameSecond = new Refusal('bad-request', {
  zh: '第二人必须是另一个人。',
  en: 'The second person must be somebody else.',
})

async function obey(call: Call, id: string, command: AlarmCommand, notedAgo?: number): Promise<z.input<typeof wireAlarm>> {
  const { house, who } = call
  const alarm = id as AlarmId
  const by = who?.name ?? ''
  const isOpen = house.state.openAlarms().some(open => open.id === id)
  const beside: Beside | undefined = notedAgo === undefined ? undefined : at => ({ data: { notedAt: at - notedAgo } })
  let result = await house.command(alarm, command, by, isOpen ? undefined : await house.state.alarm(alarm), beside)
  // It was over between the look and the deed, two clicks on the same button for one: then the journal has it.
  if (isOpen && !result.ok && result.why === 'no-such-alarm') {
    result = await house.command(alarm, command, by, await house.state.alarm(alarm), beside)
  }
  if (!result.ok) throw refusal(result.why, id)
  const shown = call.views.alarm(result.alarm)
  if (shown === undefined) throw unexplained(id)
  return show(call)(shown)
}

function refusal(why: Exclude<Commanded, { ok: true }>['why'], id: string): Refusal {
  switch (why) {
    case 'no-such-alarm':
      return notFound({ zh: `没有报警 ${id}`, en: `No alarm ${id}` })
    case 'not-recordable':
      return new Refusal('not-recordable', {
        zh: '日志暂时无法写入，操作未被记录，请稍后再试。',
        en: 'The journal cannot be written now; nothing was done. Try again.',
      })
    case 'too-long':
    case 'until-past':
    case 'until-too-far':
      return new Refusal('bad-request', reasons[why])
    default:
      return new Refusal('conflict', reasons[why])
  }
}

const reasons: Readonly<Record<Exclude<CommandRefusal, 'no-such-alarm'>, Words>> = {
  'already-acknowledged': { zh: '已有人确认此报警。', en: 'Somebody has acknowledged it already.' },
  'not-acknowledged': { zh: '请先确认（已看到），再登记处理。', en: 'Acknowledge it first, then say what was done.' },
  'already-confirmed': { zh: '处理情况已经登记过。', en: 'What was done is on record already.' },
  'not-in-this-state': { zh: '这条报警现在的状态不能这样做。', en: 'The alarm is not in a state for this.' },
  superseded: {
    zh: '同一条规则已有新的报警，请处理新的那条。',
    en: 'The same rule has a newer alarm; deal with that one.',
  },
  'life-safety': {
    zh: '燃气、烟雾等涉及人身安全的报警不能搁置；确需停用的，写明理由和替代措施后停用。',
    en: 'Alarms of danger to life (gas, smoke) cannot be shelved. If need be take it out of service, with reason and substitute.',
  },
  'too-long': {
    zh: '搁置太久：提醒最长 72 小时，注意 24 小时，警告 8 小时，严重 2 小时。',
    en: 'Too long: advisory at most 72 h, low 24 h, medium 8 h, high 2 h.',
  },
  'needs-second': {
    zh: '严重报警搁置超过 1 小时，需要第二人签名（second）。',
    en: 'Shelving a high alarm for more than an hour needs a second person (`second`).',
  },
  'until-past': { zh: '停用的截止时间已经过去。', en: 'The end of the time out of service has passed.' },
  'until-too-far': { zh: '停用最长 30 天，到期可再办。', en: 'At most 30 days out of service; renew it then.' },
}

async function find({ house, views }: Call, id: string): Promise<WireAlarm> {
  const found = await house.state.alarm(id as AlarmId)
  if (found === undefined) throw notFound({ zh: `没有报警 ${id}`, en: `No alarm ${id}` })
  const shown = views.alarm(found)
  if (shown === undefined) throw unexplained(id)
  return shown
}

const unexplained = (id: string): Refusal =>
  notFound({
    zh: `报警 ${id} 的规则已不在站点文件中，请查日志。`,
    en: `The rule of alarm ${id} has left the site file; see the journal.`,
  })

export const alarmRoutes = [alarms, alarm, acknowledge, confirm, shelve, unshelve, reset, outOfService, returnToService]
