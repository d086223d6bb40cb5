import { z } from 'zod'
import type { Words } from '../../../protocols/contract/driver.ts'
import { after, days } from '../../../protocols/contract/time.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import { accountKey } from '../../accounts/account.ts'
import { isAllowed } from '../../accounts/permissions.ts'
import { digestOf, itemKinds, signingRefusal } from '../../handover/handover.ts'
import type { HandoverItem, SignedItem, Signing, SigningRefusal } from '../../handover/handover.ts'
import type { ShiftChange } from '../../handover/handovers.ts'
import { priorities } from '../../policy/rule.ts'
import { fromCursor, toCursor } from '../cursor.ts'
import { handoverItems } from '../handover-items.ts'
import { note } from '../note.ts'
import { Refusal } from '../problem.ts'
import { Answer, route } from '../route.ts'
import type { Call } from '../route.ts'
import { cursor, limit, list, page, problem, said, time } from '../shapes.ts'
import type { WireHandover, WireHandoverItem, WireShiftEnd, WireSignedHandover } from '../wire-handover.ts'

const tag = 'Hand-over'
const rosterId = z.string().max(64).optional()
const item = z.object({
  key: z.string(),
  kind: z.enum(itemKinds),
  id: z.string(),
  title: said,
  since: time.optional(),
  until: time.optional(),
  priority: z.enum(priorities),
  mustComment: z.boolean(),
  before: z.string().optional(),
})
const shiftEnd = z.object({
  person: z.string().optional(),
  name: said.optional(),
  account: z.string().optional(),
  shift: said,
  from: time,
  to: time,
})
const draft = z.object({
  roster: z.string(),
  rosters: list(z.object({ id: z.string(), name: said })),
  goes: shiftEnd.nullable(),
  comes: shiftEnd.nullable(),
  items: list(item),
  digest: z.string(),
  last: z.object({ at: time, outgoing: z.string(), incoming: z.string() }).nullable(),
})
const signer = z.object({ account: z.string(), name: z.string() })
const signed = z.object({
  seq: z.number(),
  at: time,
  roster: z.string(),
  name: said,
  outgoing: signer,
  incoming: signer,
  items: list(item.partial().extend({ key: z.string(), comment: z.string(), settled: z.boolean().optional() })),
  notes: z.string(),
  leaf: z.string(),
})

const show = route({
  method: 'GET',
  url: '/api/v1/handover',
  may: 'see',
  summary: 'What has to be handed over now, who goes and who comes; what was said of it last time stands beside it',
  tag,
  query: z.object({ roster: rosterId }),
  answer: draft,
  answers: { 404: problem },
  act: call => draftOf(call, rosterOf(call, call.query.roster)),
})

const sign = route({
  method: 'POST',
  url: '/api/v1/handover',
  may: 'record',
  summary:
    'Both sign with their passwords. 409 with the fresh list when something came since: what was written is still in the hands of the page',
  tag,
  body: z.object({
    roster: rosterId,
    digest: z.string().regex(/^[0-9a-f]{64}$/),
    items: z.array(z.object({ key: z.string().min(1).max(250), comment: z.string().max(1_000).default('') })).max(2_000),
    notes: z.string().trim().max(4_000).default(''),
    outgoing: z.object({ password: z.string().min(1).max(1_024) }),
    incoming: z.object({ username: z.string().min(1).max(64), password: z.string().min(1).max(1_024) }),
  }),
  answers: { 201: signed, 400: problem, 409: draft.extend({ type: z.string(), changed: list(z.string()) }), 503: problem },
  async act(call) {
    const { house, body, who } = call
    if (who?.via !== 'session') throw new Refusal('not-allowed', notByToken)
    const roster = rosterOf(call, body.roster)
    const { digest, items, notes, incoming } = body
    const claimed: Signing = {
      roster,
      outgoing: { account: who.name, name: who.displayName },
      incoming: { account: incoming.username, name: incoming.username },
      digest,
      items,
      notes,
    }
    // Before anybody's password is asked of the processor: is there anything to sign?
    const now = house.clock.now()
    const early = signingRefusal(claimed, handoverItems(call, roster, now))
    if (early) return refuse(call, roster, early)
    const signing = { ...claimed, incoming: await proved(call) }
    const result = await house.act(at =>
      house.handovers.sign(signing, changeOf(call, roster, at), handoverItems(call, roster, at), at),
    )
    if (!result.ok) return refuse(call, roster, result.refusal)
    const { entries } = await house.store.journal.page({ kinds: ['handover.signed'], about: roster, limit: 1, newestFirst: true })
    return new Answer(201, showSigned(call, entries[0] as Entry))
  },
})

/** Both, each by their own password; whoever comes must be able to write records. Wrong ones are on record and slow the next. */
async function proved({ accounts, house, body, who, address }: Call<unknown, unknown, { outgoing: Secret; incoming: Incoming }>) {
  const outgoing = await accounts.confirm(who?.name ?? '', body.outgoing.password, address)
  if (!outgoing) {
    await note(house, { kind: 'account.refused', by: 'system', about: who?.name ?? '', data: { address, at: 'handover' } })
    throw wrong('outgoing.password', {
      zh: '交班人密码不对，或尝试过多，请稍后再试。',
      en: 'The password of who goes is wrong, or there were too many attempts; wait a moment.',
    })
  }
  const incoming = await accounts.confirm(body.incoming.username, body.incoming.password, address)
  if (!incoming) {
    const about = body.incoming.username.slice(0, 64)
    await note(house, { kind: 'account.refused', by: 'system', about, data: { address, at: 'handover' } })
    throw wrong('incoming.password', {
      zh: '接班人的用户名或密码不对，或尝试过多，请稍后再试。',
      en: 'Name or password of who comes is wrong, or there were too many attempts; wait a moment.',
    })
  }
  if (accountKey(incoming.name) === accountKey(outgoing.name)) throw samePerson
  if (!isAllowed(incoming.role, 'record'))
    throw wrong('incoming.username', {
      zh: '接班人的账户没有登记权限，不能接班。',
      en: 'The account of who comes may not write records, so it cannot take over.',
    })
  return { account: incoming.name, name: incoming.displayName }
}
interface Secret {
  readonly password: string
}
interface Incoming extends Secret {
  readonly username: string
}

const past = route({
  method: 'GET',
  url: '/api/v1/handovers',
  may: 'see',
  summary: 'Hand-overs that were signed, newest first, with every item and what was said of it',
  tag,
  query: z.object({ roster: rosterId, limit: limit(20, 100), cursor }),
  answer: page(signed),
  answers: { 400: problem },
  async act(call) {
    const { roster, cursor: place, limit: most } = call.query
    const { entries, next } = await call.house.store.journal.page({
      kinds: ['handover.signed'],
      limit: most,
      newestFirst: true,
      ...(roster === undefined ? {} : { about: roster }),
      ...(place === undefined ? {} : { after: fromCursor(place) }),
    })
    return { items: entries.map(entry => showSigned(call, entry)), next: next === undefined ? null : toCursor(next) }
  },
})

type Entry = Parameters<typeof showSigned>[1]
function showSigned(
  { time: iso }: Call,
  entry: { seq: number; at: Instant; leaf: string; data: Readonly<Record<string, unknown>> },
): WireSignedHandover {
  const { seq, at, leaf, data } = entry
  const items = (Array.isArray(data['items']) ? data['items'] : []) as readonly SignedItem[]
  const kept = data as Pick<WireSignedHandover, 'roster' | 'name' | 'outgoing' | 'incoming' | 'notes'>
  const { roster, name, outgoing, incoming, notes } = kept
  const shown = items.map(({ since, until, ...rest }) => ({
    ...rest,
    ...(since === undefined ? {} : { since: iso(since) }),
    ...(until === undefined ? {} : { until: iso(until) }),
  }))
  return { seq, at: iso(at), roster, name, outgoing, incoming, items: shown, notes, leaf }
}

function draftOf(call: Call, roster: string): WireHandover {
  const { house, time: iso } = call
  const now = house.clock.now()
  const items = handoverItems(call, roster, now)
  const last = house.handovers.last(roster)
  const { goes, comes } = endsOf(call, roster, now)
  return {
    roster,
    rosters: [...house.duty.duty.rosters.values()].map(({ id, name }) => ({ id, name })),
    goes,
    comes,
    items: items.map(one => showItem(call, one, last?.comments ?? {})),
    digest: digestOf(items),
    last: last ? { at: iso(last.at), outgoing: last.outgoing.name, incoming: last.incoming.name } : null,
  }
}

/** What was said last is found again also where an alarm was shelved meanwhile. */
function showItem({ time: iso }: Call, one: HandoverItem, comments: Readonly<Record<string, string>>): WireHandoverItem {
  const { since, until, ...rest } = one
  const before = comments[one.key] ?? Object.entries(comments).find(([key]) => key.slice(key.indexOf(':') + 1) === one.id)?.[1]
  return {
    ...rest,
    ...(since === undefined ? {} : { since: iso(since) }),
    ...(until === undefined ? {} : { until: iso(until) }),
    ...(before === undefined ? {} : { before }),
  }
}

/** The shift that is on and the one after it. */
function endsOf(call: Call, roster: string, now: Instant): { goes: WireShiftEnd | null; comes: WireShiftEnd | null } {
  const { duty } = call.house
  const goes = duty.onDuty(roster, now)
  const comes = duty.shifts(roster, now, after(now, days(2))).find(({ from }) => from >= (goes?.to ?? now))
  const show = (end: typeof goes): WireShiftEnd | null => {
    if (!end) return null
    const person = end.person === undefined ? undefined : duty.duty.people.get(end.person)
    return {
      ...(person ? { person: person.id, name: person.name } : {}),
      ...(person?.account === undefined ? {} : { account: person.account }),
      shift: end.shift.name,
      from: call.time(end.from),
      to: call.time(end.to),
    }
  }
  return { goes: show(goes), comes: show(comes) }
}

function changeOf(call: Call, roster: string, at: Instant): ShiftChange {
  const { goes, comes } = endsOf(call, roster, at)
  const name = call.house.duty.duty.rosters.get(roster)?.name ?? call.house.site.name
  const end = ({ person, shift }: WireShiftEnd) => ({ ...(person === undefined ? {} : { person }), shift })
  return { name, ...(goes ? { goes: end(goes) } : {}), ...(comes ? { comes: end(comes) } : {}) }
}

/** A site without rosters hands over as a whole. */
const whole = 'site'
function rosterOf({ house }: Call, wanted: string | undefined): string {
  const known = [...house.duty.duty.rosters.keys()]
  if (wanted === undefined || (wanted === whole && known.length === 0)) return known[0] ?? whole
  if (known.includes(wanted)) return wanted
  throw new Refusal('not-found', { zh: `没有值班表“${wanted}”。`, en: `There is no roster "${wanted}".` })
}

function refuse(call: Call, roster: string, refusal: SigningRefusal): Answer {
  if (refusal.why === 'same-person') throw samePerson
  if (refusal.why === 'changed')
    return new Answer(409, { type: 'urn:zhishou:problem:list-changed', changed: refusal.keys, ...draftOf(call, roster) })
  throw new Refusal('bad-request', missing, {
    errors: refusal.keys.map(key => ({ path: `items.${key}`, wrong: { zh: '请写一句交接说明', en: 'say a word about it' } })),
  })
}

const wrong = (path: string, words: Words): Refusal => new Refusal('bad-request', words, { errors: [{ path, wrong: words }] })
const samePerson = wrong('incoming.username', {
  zh: '交班人和接班人必须是两个人。',
  en: 'Who goes and who comes must be two people.',
})
const missing = {
  zh: '严重报警、停用设备和超时报修必须逐项写明交接情况。',
  en: 'Every high alarm, lock-out and overdue case needs a word about it.',
}
const notByToken = { zh: '令牌不能签字，请本人登录。', en: 'A token cannot sign; sign in as a person.' }

export const handoverRoutes = [show, sign, past]
