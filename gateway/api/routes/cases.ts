import { z } from 'zod'
import type { Words } from '../../../protocols/contract/driver.ts'
import { isAllowed } from '../../accounts/permissions.ts'
import type { AlarmId } from '../../alarm/alarm.ts'
import { isOver } from '../../cases/case.ts'
import type { Case, Report } from '../../cases/case.ts'
import { isCase } from '../../cases/kept.ts'
import { priorities } from '../../policy/rule.ts'
import { claim, noCase, taken } from '../case-refusals.ts'
import { photoIds, spoken, wireCase, wireCaseDetail, wireCasePerson } from '../case-shapes.ts'
import { findCase, namesOf, showCase, showDetail } from '../case-views.ts'
import { fromCursor, toCursor } from '../cursor.ts'
import { notFound, Refusal } from '../problem.ts'
import { Answer, route } from '../route.ts'
import type { Call } from '../route.ts'
import { cursor, id as anId, idParams, limit, page, problem } from '../shapes.ts'
import { caseStepRoutes } from './case-steps.ts'
import { photoRoutes } from './photos.ts'

const tag = 'Cases'
const flag = z.enum(['true', 'false']).optional()

const cases = route({
  method: 'GET',
  url: '/api/v1/cases',
  may: 'see',
  summary: 'Fault cases: the open ones by what is due first, or (`state=closed`) the ended ones, newest first',
  tag,
  query: z.object({
    state: z.enum(['open', 'closed']).default('open'),
    mine: flag,
    overdue: flag,
    equipment: anId.optional(),
    limit: limit(100, 500),
    cursor,
  }),
  answer: page(wireCase),
  answers: { 400: problem },
  async act(call) {
    const { house, query } = call
    const mine = namesOf(call, call.who)
    const isWanted = (one: Case): boolean =>
      (query.equipment === undefined || one.equipment === query.equipment) &&
      (query.mine !== 'true' || mine.has(one.openedBy) || mine.has(one.assigned?.person ?? '')) &&
      (query.overdue !== 'true' || showCase(call, one).overdue.length > 0)
    if (query.state === 'closed') return ended(call, isWanted, query.limit, query.cursor)
    const open = house.cases.all().filter(one => !isOver(one) && isWanted(one))
    const items = open.map(one => showCase(call, one))
    const soonest = items.toSorted((a, b) => Date.parse(a.due?.at ?? '') - Date.parse(b.due?.at ?? ''))
    const from = query.cursor === undefined ? 0 : fromCursor(query.cursor)
    const next = from + query.limit
    return { items: soonest.slice(from, next), next: next < soonest.length ? toCursor(next) : null }
  },
})

/** The journal has every case that ended, with all that was known of it. */
async function ended(call: Call, isWanted: (one: Case) => boolean, most: number, place: string | undefined) {
  const { entries, next } = await call.house.store.journal.page({
    kinds: ['case.closed', 'case.cancelled'],
    limit: most,
    newestFirst: true,
    ...(place === undefined ? {} : { after: fromCursor(place) }),
  })
  const items = entries.flatMap(({ data }) =>
    isCase(data['whole']) && isWanted(data['whole']) ? [showCase(call, data['whole'])] : [],
  )
  return { items, next: next === undefined ? null : toCursor(next) }
}

const one = route({
  method: 'GET',
  url: '/api/v1/cases/:id',
  may: 'see',
  summary: 'One case with its timeline, and what whoever asks may do next',
  tag,
  params: idParams,
  answer: wireCaseDetail,
  answers: { 404: problem },
  async act(call) {
    const found = await findCase(call, call.params.id)
    if (!found) throw noCase(call.params.id)
    return showDetail(call, found)
  },
})

const people = route({
  method: 'GET',
  url: '/api/v1/cases/people',
  may: 'record',
  summary: 'Whom a case can be given to: the people of the site file, and accounts that may write records',
  tag,
  answer: page(wireCasePerson),
  async act(call) {
    const known = [...call.house.duty.duty.people.values()]
    const mine = namesOf(call, call.who)
    const accounts = (await call.accounts.list()).filter(
      ({ name, role, disabled }) => !disabled && isAllowed(role, 'record') && known.every(({ account }) => account !== name),
    )
    const items = [
      ...known.map(({ id, name }) => ({ id, name, isMe: mine.has(id) })),
      ...accounts.map(({ name, displayName }) => ({ id: name, name: both(displayName), isMe: mine.has(name) })),
    ]
    return { items, next: null }
  },
})

const report = z.object({
  what: spoken.optional(),
  equipment: anId.optional(),
  area: anId.optional(),
  place: z.string().trim().max(200).optional(),
  priority: z.enum(priorities).default('medium'),
  reporter: z.object({ name: z.string().trim().min(1).max(200), contact: z.string().trim().max(200).optional() }).optional(),
  alarm: anId.optional(),
  photos: photoIds,
})

const open = route({
  method: 'POST',
  url: '/api/v1/cases',
  may: 'record',
  summary:
    'Report a fault, or open a case from an alarm. Without `reporter` the one who asks is the reporter; with `alarm` there may be none',
  tag,
  body: report,
  answers: { 201: wireCaseDetail, 400: problem, 404: problem, 409: problem, 503: problem },
  async act(call) {
    const wanted = await reportOf(call)
    await claim(call, wanted.photos)
    const answer = await call.house.act(at => call.house.cases.open(wanted, call.who?.name ?? '', at))
    return new Answer(201, await showDetail(call, taken(answer, '')))
  },
})

async function reportOf(call: Call<unknown, unknown, z.output<typeof report>>): Promise<Report> {
  const { body, house, views, who } = call
  const { equipment, area, place, priority, photos } = body
  if (equipment !== undefined && !views.equipment(equipment))
    throw notFound({ zh: `没有设备“${equipment}”。`, en: `There is no equipment "${equipment}".` })
  if (area !== undefined && !house.site.areas.some(({ id }) => id === area))
    throw notFound({ zh: `没有区域“${area}”。`, en: `There is no area "${area}".` })
  const from = body.alarm === undefined ? undefined : await alarmOf(call, body.alarm)
  const what = body.what === undefined ? from?.sentence : both(body.what)
  if (what === undefined) throw whatIsWrong
  const at = equipment ?? (from?.equipment === '' ? undefined : from?.equipment)
  if (at === undefined && area === undefined && (place ?? '') === '' && !from) throw whereIsIt
  const reporter = body.reporter ?? (from || !who ? undefined : { name: who.displayName, account: who.name })
  const { contact, ...named } = { contact: undefined, ...reporter }
  return {
    what,
    priority: from?.priority ?? priority,
    photos,
    ...(at === undefined ? {} : { equipment: at }),
    ...(area === undefined ? {} : { area }),
    ...(place === undefined || place === '' ? {} : { place }),
    ...(from ? { alarm: from.id as AlarmId } : {}),
    ...(reporter ? { reporter: { ...named, name: reporter.name, ...(contact ? { contact } : {}) } } : {}),
  }
}

async function alarmOf({ house, views }: Call, id: string) {
  const found = await house.state.alarm(id as AlarmId)
  const shown = found && views.alarm(found)
  if (!shown) throw notFound({ zh: `没有报警 ${id}`, en: `No alarm ${id}` })
  const known = house.cases.ofAlarm(id)
  if (known)
    throw new Refusal('conflict', { zh: `报警 ${id} 已立案：${known.id}。`, en: `Alarm ${id} has a case already: ${known.id}.` })
  return shown
}

const whatIsWrong = new Refusal('bad-request', { zh: '请写明什么坏了。', en: 'Say what is wrong.' })
const whereIsIt = new Refusal('bad-request', {
  zh: '请写明在哪里：选设备或区域，或写下位置。',
  en: 'Say where it is: equipment, area, or the place in words.',
})
const both = (text: string): Words => ({ zh: text, en: text })

export const caseRoutes = [cases, people, one, open, ...caseStepRoutes, ...photoRoutes]
