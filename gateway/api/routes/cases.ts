import { z } from 'zod'
import type { Words } from '../../../protocols/contract/driver.ts'
import { isAllowed } from '../../accounts/permissions.ts'
import type { AlarmId } from '../../alarm/alarm.ts'
import { actionKinds, isOver, refusalOf } from '../../cases/case.ts'
import type { Case, CaseId, CaseRefusal, CaseStep, Report } from '../../cases/case.ts'
import type { CaseAnswer } from '../../cases/cases.ts'
import { isCase } from '../../cases/kept.ts'
import { priorities } from '../../policy/rule.ts'
import { parts, photoIds, remark, spoken, wireCase, wireCaseDetail, wireCasePerson } from '../case-shapes.ts'
import { findCase, namesOf, showCase, showDetail } from '../case-views.ts'
import { fromCursor, toCursor } from '../cursor.ts'
import { notFound, Refusal } from '../problem.ts'
import { Answer, route } from '../route.ts'
import type { Call } from '../route.ts'
import { cursor, id as anId, idParams, limit, page, problem, when } from '../shapes.ts'
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
  reporter: z.object({ name: z.string().trim().min(1).max(100), contact: z.string().trim().max(100).optional() }).optional(),
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
  const known = house.cases.all().find(({ alarm, state }) => alarm === id && state !== 'cancelled')
  if (known)
    throw new Refusal('conflict', { zh: `报警 ${id} 已立案：${known.id}。`, en: `Alarm ${id} has a case already: ${known.id}.` })
  return shown
}

/** One step of a case. */
const step = <B extends z.ZodType>(
  deed: string,
  summary: string,
  body: B,
  stepOf: (body: z.output<B>, call: Call) => Promise<CaseStep> | CaseStep,
) =>
  route({
    method: 'POST',
    url: `/api/v1/cases/:id/${deed}`,
    may: 'record',
    summary,
    tag,
    params: idParams,
    body,
    answer: wireCaseDetail,
    answers: { 400: problem, 404: problem, 409: problem, 503: problem },
    async act(call) {
      const { house, params, who } = call
      const wanted = await stepOf(call.body, call)
      // A token is in many hands; what is verified is verified by a person.
      if (wanted.do === 'verify' && who?.via !== 'session') throw new Refusal('not-allowed', notByToken)
      const before = await findCase(call, params.id)
      if (!before) throw noCase(params.id)
      const why = refusalOf(before, wanted, who?.name ?? '', house.clock.now())
      if (why) throw refused(why, params.id)
      if (wanted.do === 'act') await claim(call, wanted.photos)
      const answer = await house.act(at => house.cases.take(params.id, wanted, who?.name ?? '', at))
      return showDetail(call, taken(answer, params.id))
    },
  })

const answer = step(
  'answer',
  'The reporter has had an answer (DUT-3: within 24 h): what was said',
  z.object({ said: spoken }),
  ({ said }) => ({ do: 'answer', said }),
)
const assign = step(
  'assign',
  'Give it to somebody until a time; also to somebody else',
  z.object({ person: anId, due: when, note: remark }),
  async ({ person, due, note }, call) => ({ do: 'assign', person, name: await nameOf(call, person), due, note }),
)
const act = step(
  'act',
  'What was done. A repair or a replacement of equipment is also the record `repair`, which releases a lock-out',
  z.object({ kind: z.enum(actionKinds), what: spoken, parts, photos: photoIds }),
  body => ({ do: 'act', ...body }),
)
const verify = step(
  'verify',
  'Somebody who did not do the work has looked at it and found it good',
  z.object({ note: remark }),
  ({ note }) => ({ do: 'verify', note }),
)
const reject = step('reject', 'It did not help: back to whom it was given', z.object({ reason: spoken }), ({ reason }) => ({
  do: 'reject',
  reason,
}))
const tell = step(
  'tell',
  'The reporter was told of the end: how, and what was said',
  z.object({ how: z.string().trim().min(1).max(100), said: remark }),
  body => ({ do: 'tell', ...body }),
)
const close = step('close', 'Closed: it is over', z.object({ note: remark }), ({ note }) => ({ do: 'close', note }))
const comment = step('comment', 'A remark', z.object({ text: spoken }), ({ text }) => ({ do: 'comment', text }))
const cancel = step(
  'cancel',
  'Not a case: a mistake, or the same as another one',
  z.object({ reason: spoken, duplicateOf: anId.optional() }),
  async ({ reason, duplicateOf }, call) => {
    if (duplicateOf === undefined) return { do: 'cancel', reason }
    const other = await findCase(call, duplicateOf)
    if (!other) throw noCase(duplicateOf)
    return { do: 'cancel', reason, duplicateOf: other.id satisfies CaseId }
  },
)

async function nameOf({ house, accounts }: Call, person: string): Promise<Words> {
  const known = house.duty.duty.people.get(person)
  if (known) return known.name
  const account = (await accounts.list()).find(({ name, disabled }) => name === person && !disabled)
  if (account && isAllowed(account.role, 'record')) return both(account.displayName)
  throw new Refusal('bad-request', {
    zh: `不能派给“${person}”：没有这个人，或没有登记权限。`,
    en: `It cannot be given to "${person}": there is no such person, or they may not write records.`,
  })
}

async function claim({ house }: Call, photos: readonly string[]): Promise<void> {
  if (await house.photos.claim(photos)) return
  throw new Refusal('bad-request', {
    zh: '有照片没有上传成功，请重新添加。',
    en: 'A photo was never sent; add it again.',
  })
}

function taken(answered: CaseAnswer, id: string): Case {
  if (answered.ok) return answered.case
  throw refused(answered.why, id)
}

function refused(why: CaseRefusal, id: string): Refusal {
  if (why === 'no-such-case') return noCase(id)
  return new Refusal(badRequests.has(why) ? 'bad-request' : 'conflict', reasons[why])
}
const badRequests: ReadonlySet<CaseRefusal> = new Set(['due-past', 'due-too-far', 'too-many-photos', 'duplicate-of-itself'])
const reasons: Readonly<Record<Exclude<CaseRefusal, 'no-such-case'>, Words>> = {
  'not-in-this-state': {
    zh: '这件事现在走不到这一步，请刷新后看下一步是什么。',
    en: 'The case is not at this step; reload it and see what comes next.',
  },
  'already-answered': { zh: '已经答复过报修人了。', en: 'The reporter has been answered already.' },
  'no-reporter': { zh: '来自报警，没有报修人需要答复。', en: 'It came from an alarm; there is no reporter to answer.' },
  'not-told': { zh: '请先告知报修人，再结案。', en: 'Tell the reporter first, then close it.' },
  'own-work': { zh: '自己做的活要由别人核实。', en: 'Who did the work does not verify it; somebody else has to.' },
  'due-past': { zh: '完成时限已经过去。', en: 'The time it is due has passed.' },
  'due-too-far': { zh: '完成时限最远 90 天。', en: 'It may be due at most 90 days from now.' },
  'too-many-actions': { zh: '一件报修最多登记 20 次处理。', en: 'A case has at most 20 actions.' },
  'too-many-photos': { zh: '一件报修最多 20 张照片。', en: 'A case has at most 20 photos.' },
  'duplicate-of-itself': { zh: '不能与自己重复。', en: 'It cannot be a duplicate of itself.' },
}
const noCase = (id: string): Refusal => notFound({ zh: `没有报修 ${id}`, en: `No case ${id}` })
const whatIsWrong = new Refusal('bad-request', { zh: '请写明什么坏了。', en: 'Say what is wrong.' })
const whereIsIt = new Refusal('bad-request', {
  zh: '请写明在哪里：选设备或区域，或写下位置。',
  en: 'Say where it is: equipment, area, or the place in words.',
})
const notByToken = { zh: '令牌不能核实，请本人登录。', en: 'A token cannot verify; sign in as a person.' }
const both = (text: string): Words => ({ zh: text, en: text })

export const caseRoutes = [
  cases,
  people,
  one,
  open,
  answer,
  assign,
  act,
  verify,
  reject,
  tell,
  close,
  comment,
  cancel,
  ...photoRoutes,
]
