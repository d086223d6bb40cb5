import { z } from 'zod'
import type { Alarm, AlarmId } from '../../alarm/alarm.ts'
import { priorities } from '../../policy/rule.ts'
import { fromCursor, toCursor } from '../cursor.ts'
import { isoAlarm, wireEntry } from '../http-views.ts'
import { notFound, Refusal } from '../problem.ts'
import { route } from '../route.ts'
import type { Call } from '../route.ts'
import {
  commas,
  cursor,
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
const states = ['normal', 'unacknowledged', 'acknowledged', 'returned-unacknowledged'] as const

const filter = z.object({
  state: commas(...states, 'open').optional(),
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
    const { house, query } = call
    const isWanted = wanted(query)
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
      for (const entry of entries) {
        place = entry.seq
        const alarm = await firstRaised(call, entry.data)
        if (alarm === undefined || !isWanted(alarm)) continue
        items.push(alarm)
        if (items.length === query.limit) return { items: items.map(show(call)), next: toCursor(place) }
      }
      if (next === undefined || entries.length === 0) return { items: items.map(show(call)), next: null }
      place = next
    }
  },
})

async function firstRaised({ house, views }: Call, data: Readonly<Record<string, unknown>>): Promise<WireAlarm | undefined> {
  const raised = data['alarm'] as Partial<Alarm> | undefined
  if (typeof raised?.id !== 'string' || raised.times !== 1) return undefined
  const now = house.state.openAlarms().find(open => open.id === raised.id) ?? (await house.state.alarm(raised.id))
  return now && views.alarm(now)
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
    return { ...show(call)(found), timeline: entries.map(entry => wireEntry(entry, house.site.timeZone)) }
  },
})

const acknowledge = route({
  method: 'POST',
  url: '/api/v1/alarms/:id/acknowledge',
  may: 'acknowledge',
  summary: 'Acknowledge an alarm: I have seen it and take care of it; 200 means it is on disk',
  tag,
  params: idParams,
  body: z.object({ comment: z.string().trim().max(2_000).default('') }),
  answer: wireAlarm,
  answers: { 404: problem, 409: problem, 503: problem },
  async act(call) {
    const { house, params, body, who } = call
    const result = await house.acknowledge(params.id as AlarmId, who?.name ?? '', body.comment)
    if (result.ok) {
      const shown = call.views.alarm(result.alarm)
      if (shown !== undefined) return show(call)(shown)
      throw unexplained(params.id)
    }
    switch (result.why) {
      case 'no-such-alarm':
        throw notFound({ zh: `没有报警 ${params.id}`, en: `No alarm ${params.id}` })
      case 'already-acknowledged':
        throw new Refusal('conflict', { zh: '已有人确认此报警。', en: 'Somebody has acknowledged it already.' })
      case 'not-recordable':
        throw new Refusal('not-recordable', {
          zh: '日志暂时无法写入，确认未被记录，请稍后再试。',
          en: 'The journal cannot be written now; the acknowledgement was not taken. Try again.',
        })
    }
  },
})

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

export const alarmRoutes = [alarms, alarm, acknowledge]
