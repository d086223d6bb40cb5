import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Words } from '../../../protocols/contract/driver.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import { accountKey } from '../../accounts/account.ts'
import { isAllowed } from '../../accounts/permissions.ts'
import { drawQr } from '../../rounds/qr.ts'
import { sayCode } from '../../rounds/route.ts'
import type { CheckPoint, RoundRoute } from '../../rounds/route.ts'
import type { SaidVisit, Visit } from '../../rounds/visit.ts'
import type { Walk } from '../../rounds/walk.ts'
import { hiddenSigns } from '../hidden-signs.ts'
import { addressOf, printedFrom } from '../label.ts'
import { notFound, Refusal } from '../problem.ts'
import { route } from '../route.ts'
import type { Call } from '../route.ts'
import { roundCodes, roundPast, roundShape, takenShape } from '../round-shapes.ts'
import { id, idParams, page, problem } from '../shapes.ts'
import type { WireCheckPoint, WirePassed, WireRound, WireRoundDuty, WireTakenVisit, WireWalk } from '../wire-rounds.ts'

const tag = 'Rounds'
const mostWalks = 100

const rounds = route({
  method: 'GET',
  url: '/api/v1/rounds',
  may: 'see',
  summary: 'The rounds people walk: check-points, what is under way, what is due',
  tag,
  answer: page(roundShape),
  act: call => ({ items: call.house.rounds.routes.map(one => shown(call, one)), next: null }),
})

const round = route({
  method: 'GET',
  url: '/api/v1/rounds/:id',
  may: 'see',
  summary: 'One round with how it was walked in the last 30 days, newest first',
  tag,
  params: idParams,
  answer: roundPast,
  answers: { 404: problem },
  act(call) {
    const one = find(call, call.params.id)
    const walks = call.house.rounds.walks(one, call.house.clock.now()).slice(0, mostWalks)
    return { ...shown(call, one), walks: walks.map(walk => walkOf(call, walk)) }
  },
})

const codes = route({
  method: 'GET',
  url: '/api/v1/rounds/:id/codes',
  may: 'administer',
  summary:
    'The codes of a round with their QR codes, to print and put up; `origin` is the address of links where the site has none',
  tag,
  params: idParams,
  query: printedFrom,
  answer: roundCodes,
  answers: { 404: problem },
  act(call) {
    const one = find(call, call.params.id)
    const base = addressOf(call.house, call.query)
    const items = one.checkPoints.map(point => {
      const code = sayCode(point.code)
      const holds = base === undefined ? code : `${base}/c/${code}`
      const { areaName } = areaOf(call, point)
      return { checkPoint: point.id, name: point.name, ...(areaName && { areaName }), code, holds, qr: drawQr(holds) }
    })
    return { round: one.id, name: one.name, items }
  },
})

/** Each is read by itself: one that is spoilt must not keep back the others. */
const visitShape = z.object({
  id: z.uuid(),
  code: z.string().min(1).max(64),
  at: z.number().int().min(0).max(8.64e15),
  verdict: z.enum(['passed', 'failed']).default('passed'),
  failed: z.array(z.number().int().min(0).max(99)).max(100).default([]),
  note: z.string().max(500).default(''),
  offline: z.boolean().default(false),
})

const visits = route({
  method: 'POST',
  url: '/api/v1/rounds/visits',
  may: 'record',
  summary:
    'Check-points that somebody came to, perhaps hours ago on a phone without network; known by their ids, so that sending again does no harm',
  tag,
  body: z.object({
    sentAt: z.number().int().min(0).max(8.64e15),
    by: id.optional(),
    visits: z.array(z.looseObject({ id: z.string().min(1).max(64) })).max(200),
  }),
  looksAtTexts: true,
  answer: takenShape,
  answers: { 400: problem, 409: problem, 503: problem },
  async act(call) {
    const { house, body, who } = call
    const by = who?.name ?? ''
    if (body.by !== undefined && accountKey(body.by) !== accountKey(by)) throw otherAccount(body.by, by)
    const read = body.visits.map(one => (hiddenSigns(one).length > 0 ? undefined : visitShape.safeParse(one).data))
    const said = read.flatMap(one => (one ? ({ ...one, at: one.at as Instant } satisfies SaidVisit) : []))
    const sending = { by, sentAt: body.sentAt as Instant, wall: house.wall.now(), speed: house.clock.speed }
    const taken = await house.act(at => house.rounds.take(said, sending, at))
    const left = [...taken]
    const items = body.visits.map((one, index): WireTakenVisit => {
      const result = read[index] && left.shift()
      if (!result) {
        const why = hiddenSigns(one).length > 0 ? 'hidden-sign' : 'unreadable'
        return { id: one.id, outcome: 'refused', why, say: reasons[why] }
      }
      if (result.outcome === 'refused') return { ...result, say: reasons[result.why] }
      const { route: of, checkPoint, at } = result.visit
      return { id: one.id, outcome: result.outcome, round: of, checkPoint, at: call.time(at) }
    })
    return { items }
  },
})

const reasons: Readonly<Record<Extract<WireTakenVisit, { outcome: 'refused' }>['why'], Words>> = {
  'wrong-code': {
    zh: '没有这个编码的巡查点：可能是旧标签，或输错了。',
    en: 'No check-point has this code: an old label, or a slip of the finger.',
  },
  'after-now': {
    zh: '记下的时间比发送时还晚：手机的时钟被往回调过。',
    en: 'It was noted down later than it was sent: the clock of the phone was put back.',
  },
  'too-old': { zh: '超过 7 天才送到，不能再算。', en: 'It came in more than 7 days later and no longer counts.' },
  'hidden-sign': {
    zh: '备注里有看不见的字符，会打乱文字的显示，没有收下：请重新输入备注。',
    en: 'Its note has an invisible character that upsets how text is shown, and was not taken: type the note again.',
  },
  unreadable: { zh: '这条记录读不懂，没有收下。', en: 'This one cannot be read and was not taken.' },
}

const otherAccount = (wanted: string, found: string): Refusal =>
  new Refusal('conflict', {
    zh: `这些巡查是 ${wanted} 记的，现在登录的是 ${found}；请由本人登录后发送。`,
    en: `These visits were made by ${wanted}, and ${found} is signed in; let ${wanted} sign in to send them.`,
  })

function find({ house }: Call, wanted: string): RoundRoute {
  const found = house.rounds.routes.find(one => one.id === wanted)
  if (!found) throw notFound({ zh: `没有巡查“${wanted}”。`, en: `There is no round "${wanted}".` })
  return found
}

function shown(call: Call, one: RoundRoute): WireRound {
  const { house, views, who } = call
  const now = house.clock.now()
  const mayRecord = who !== undefined && isAllowed(who.role, 'record')
  const underWay = house.rounds.underWay(one, now)
  const last = house.rounds.walks(one, now)[0]
  return {
    id: one.id,
    name: one.name,
    equipment: one.equipment,
    equipmentName: views.equipment(one.equipment)?.name ?? { zh: one.equipment, en: one.equipment },
    within: one.within,
    ordered: one.ordered,
    checkPoints: one.checkPoints.map((point): WireCheckPoint => ({
      id: point.id,
      name: point.name,
      checks: point.checks,
      ...areaOf(call, point),
      ...(mayRecord ? { mark: createHash('sha256').update(point.code).digest('hex') } : {}),
    })),
    ...(underWay && {
      underWay: { until: call.time(underWay.deadline), passed: underWay.visits.map(visit => passedOf(call, visit)) },
    }),
    ...(last && { last: walkOf(call, last) }),
    due: dueOf(call, one),
  }
}

function areaOf({ house }: Call, { area }: CheckPoint): Pick<WireCheckPoint, 'area' | 'areaName'> {
  const found = house.site.areas.find(({ id: known }) => known === area)
  return found ? { area: found.id, areaName: found.name } : {}
}

const walkOf = (call: Call, { state, beganAt, endedAt, marks, missing }: Walk<Visit>): WireWalk => ({
  state,
  beganAt: call.time(beganAt),
  endedAt: call.time(endedAt),
  passed: marks.map(mark => passedOf(call, mark)),
  missing,
})

function passedOf(call: Call, { checkPoint, at, by, verdict, failed, note, offline, ...visit }: Visit): WirePassed {
  const phoneAt = visit.correctedAt === undefined ? {} : { phoneAt: call.time(visit.phoneAt) }
  const receivedAt = call.time(visit.receivedAt)
  return { checkPoint, at: call.time(at), by, verdict, failed, note, offline, receivedAt, ...phoneAt }
}

const urgency = ['missed', 'soon', 'open', 'not-now'] as const

/** The duties that a record `round` of its equipment fulfils. */
function dueOf({ house, time }: Call, { equipment }: RoundRoute): readonly WireRoundDuty[] {
  const waits = new Map(
    house.site.rules
      .filter(rule => rule.equipment === equipment && rule.watches.some(point => point.endsWith('.record:round')))
      .map(rule => [rule.id, rule]),
  )
  const shownTime = (at: Instant | undefined): string | null => (at === undefined ? null : time(at))
  return house
    .duties()
    .flatMap(({ rule, duty: { state, warnAt, dueAt, doneAt } }): WireRoundDuty[] => {
      const found = waits.get(rule)
      if (!found) return []
      const { clause, title, priority } = found
      const times = { warnAt: shownTime(warnAt), dueAt: shownTime(dueAt), doneAt: shownTime(doneAt) }
      return [{ rule, clause, title: house.site.clauses.get(clause)?.title ?? title, priority, state, ...times }]
    })
    .toSorted((a, b) => urgency.indexOf(a.state) - urgency.indexOf(b.state))
}

export const roundRoutes = [rounds, round, codes, visits]
