import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { accountKey } from '../../accounts/account.ts'
import { isAllowed } from '../../accounts/permissions.ts'
import { keepWords } from '../../retention/keep.ts'
import type { Hold } from '../../retention/holds.ts'
import { recordKinds } from '../../retention/settings.ts'
import { note } from '../note.ts'
import { notFound, Refusal } from '../problem.ts'
import { Answer, route } from '../route.ts'
import type { Call } from '../route.ts'
import { idParams, page, problem, said, time, when } from '../shapes.ts'

const tag = 'Retention'
const kinds = z.enum(recordKinds)
const reason = z.string().trim().min(2).max(500)
const password = z.string().min(1).max(1_024)

const wireHold = z.object({
  id: z.string(),
  reason: z.string(),
  by: z.string(),
  placedAt: time,
  from: time,
  to: time.nullable(),
  equipment: z.array(z.string()),
  kinds: z.array(kinds),
  released: z.object({ at: time, by: z.string(), second: z.string(), reason: z.string() }).nullable(),
})

const show = ({ time: iso }: Pick<Call, 'time'>, { released, from, to, placedAt, ...hold }: Hold): z.input<typeof wireHold> => ({
  ...hold,
  equipment: [...hold.equipment],
  kinds: [...hold.kinds],
  placedAt: iso(placedAt),
  from: iso(from),
  to: to === null ? null : iso(to),
  released: released ? { ...released, at: iso(released.at) } : null,
})

const list = route({
  method: 'GET',
  url: '/api/v1/holds',
  may: 'read-journal',
  summary: 'What must stay although its time is over, with those that were released',
  tag,
  answer: page(wireHold),
  act: call => ({ items: call.house.keeping.holds.all.toReversed().map(hold => show(call, hold)), next: null }),
})

const place = route({
  method: 'POST',
  url: '/api/v1/holds',
  may: 'administer',
  summary: 'Holds records: nothing it covers is removed or trimmed. Signed with the password',
  tag,
  body: z.object({
    reason,
    from: when,
    to: when.nullable().optional(),
    equipment: z.array(z.string().max(64)).max(500).default([]),
    kinds: z.array(kinds).default([]),
    password,
  }),
  answers: { 201: wireHold, 400: problem, 401: problem, 404: problem },
  async act(call) {
    const { house, body } = call
    const to = body.to ?? null
    if (to !== null && to <= body.from)
      throw new Refusal('bad-request', {
        zh: '保全时段的结束早于开始，请对调。',
        en: 'The hold ends before it begins: exchange the times.',
      })
    for (const id of body.equipment)
      if (!house.site.equipment.some(one => one.id === id))
        throw notFound({ zh: `没有设备“${id}”。`, en: `There is no equipment "${id}".` })
    const by = await signer(call, body.password)
    const asked = { reason: body.reason, from: body.from, to, equipment: body.equipment, kinds: body.kinds }
    const hold = await house.act(house.keeping.holds.place(randomUUID(), asked, by))
    return new Answer(201, show(call, hold))
  },
})

const release = route({
  method: 'POST',
  url: '/api/v1/holds/:id/release',
  may: 'administer',
  summary: 'Releases a hold, with a reason and a second person: what is over goes the next night',
  tag,
  params: idParams,
  body: z.object({ reason, password, second: z.object({ username: z.string().min(1).max(64), password }) }),
  answer: wireHold,
  answers: { 400: problem, 401: problem, 404: problem },
  async act(call) {
    const { house, accounts, body, params, address } = call
    if (!house.keeping.holds.standing.some(({ id }) => id === params.id)) throw noSuchHold
    const by = await signer(call, body.password)
    const second = await accounts.confirm(body.second.username, body.second.password, address)
    const isOther = second && accountKey(second.name) !== accountKey(by)
    if (!second || !isOther || !isAllowed(second.role, 'read-logs')) {
      await note(house, { kind: 'access.refused', by, about: params.id, data: { second: body.second.username } })
      throw new Refusal(second ? 'bad-request' : 'wrong-credentials', {
        zh: '第二人的用户名或密码不对，或者不是另一个可以查看记录的人。',
        en: 'Name or password of the second person is wrong, or they are not somebody else who may read the records.',
      })
    }
    const hold = await house.act(house.keeping.holds.release(params.id, { reason: body.reason, by, second: second.name }))
    if (!hold) throw noSuchHold
    return show(call, hold)
  },
})

const kept = route({
  method: 'GET',
  url: '/api/v1/retention',
  may: 'read-journal',
  summary: 'How long each kind of record is kept and which clause asks for it; what the last look removed',
  tag,
  answer: z.object({
    kinds: z.array(z.object({ kind: kinds, keep: said, clause: z.string().nullable() })),
    lastAt: time.nullable(),
    removed: z.number(),
    spared: z.number(),
    standing: z.number(),
  }),
  act({ house, time: iso }) {
    const { retention, holds } = house.keeping
    const { lastAt, removed, spared } = retention.state
    return {
      kinds: retention.book.kinds.map(({ kind, keep, clause }) => ({ kind, keep: keepWords(keep), clause: clause ?? null })),
      lastAt: lastAt === undefined ? null : iso(lastAt),
      removed,
      spared,
      standing: holds.standing.length,
    }
  },
})

/** Whoever signs does so with their password; a token signs nothing. */
async function signer({ accounts, house, who, address }: Call, given: string): Promise<string> {
  const name = who?.via === 'session' ? who.name : undefined
  if (name === undefined)
    throw new Refusal('not-allowed', { zh: '令牌不能签字，请登录后操作。', en: 'A token cannot sign: sign in.' })
  if (await accounts.confirm(name, given, address)) return name
  await note(house, { kind: 'access.refused', by: name, about: name, data: { why: 'password' } })
  throw new Refusal('wrong-credentials', { zh: '密码不对。', en: 'The password is wrong.' })
}

const noSuchHold = notFound({ zh: '没有这项保全，或已解除。', en: 'There is no such hold, or it is released.' })

export const holdsRoutes = [list, place, release, kept]
