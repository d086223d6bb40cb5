import { z } from 'zod'
import type { Words } from '../../../protocols/contract/driver.ts'
import { accountKey } from '../../accounts/account.ts'
import { isAllowed } from '../../accounts/permissions.ts'
import { Throttle } from '../../accounts/throttle.ts'
import type { Patience } from '../../accounts/throttle.ts'
import { minutes, seconds } from '../../../protocols/contract/time.ts'
import { quietStates, waitingStates } from '../../alarm/alarm.ts'
import type { Alarm } from '../../alarm/alarm.ts'
import type { Claim } from '../../notify/answer-links.ts'
import type { House } from '../house.ts'
import { note } from '../note.ts'
import { notFound, Refusal } from '../problem.ts'
import type { ProblemKind } from '../problem.ts'
import { route } from '../route.ts'
import type { Call } from '../route.ts'
import { problem, said, time } from '../shapes.ts'
import type { WireLink } from '../wire-notices.ts'

const tag = 'Links in messages'
const params = z.object({ token: z.string().min(1).max(600) })
const refusals = { 403: problem, 404: problem, 409: problem, 410: problem, 429: problem, 503: problem }

const link = z.object({
  alarm: z.string(),
  sentence: said,
  title: said,
  advice: said,
  clause: z.string(),
  clauseTitle: said,
  priority: z.enum(['advisory', 'low', 'medium', 'high']),
  state: z.string(),
  active: z.boolean(),
  since: time,
  person: said,
  answerable: z.boolean(),
  why: z.enum(['answered', 'over', 'quiet', 'come-again', 'used']).optional(),
  acknowledged: z.object({ by: z.string(), at: time, comment: z.string() }).optional(),
  expiresAt: time,
})

const show = route({
  method: 'GET',
  url: '/api/v1/links/:token',
  may: 'anyone',
  summary: 'What the signed link of a message answers; changes nothing, because mail scanners open links',
  tag,
  params,
  answer: link,
  answers: refusals,
  async act(call) {
    const claim = await claimOf(call)
    return wireLink(call, claim, await alarmOf(call, claim))
  },
})

const answer = route({
  method: 'POST',
  url: '/api/v1/links/:token',
  may: 'anyone',
  summary: 'Acknowledge the alarm of a message under the name of the person it went to; once',
  tag,
  params,
  body: z.object({ comment: z.string().trim().max(2_000).default('') }),
  largest: 16_384,
  answer: link,
  answers: refusals,
  async act(call) {
    const { house, accounts, body } = call
    const claim = await claimOf(call)
    const person = house.duty.duty.people.get(claim.person)
    if (!person) throw await refused(call, 'gone', reasons.stranger, claim)
    const account = (await accounts.list()).find(one => accountKey(one.name) === accountKey(person.account ?? ''))
    if (account && (account.disabled || !isAllowed(account.role, 'acknowledge')))
      throw await refused(call, 'not-allowed', reasons.notAllowed, claim)
    const { usedLinks } = house.notices
    const by = account?.name ?? person.name.zh
    const result = await house
      .command(claim.alarm, { do: 'acknowledge', comment: body.comment }, by, undefined, (at, alarm) => {
        // Looked at inside the turn: of two presses of the same button only one counts.
        const why = usedLinks.isUsed(claim.notice) ? 'used' : whyNot(alarm, claim)
        if (why) throw new LinkRefusal(why)
        const use = usedLinks.use(claim.notice, { expires: claim.expires, at }, house.wall.now())
        const entry = {
          kind: 'link-token.used',
          at,
          by,
          about: claim.alarm,
          data: { notice: claim.notice, person: claim.person },
        }
        return { ...use, drafts: [entry], data: { via: 'link', notice: claim.notice, person: claim.person } }
      })
      .catch(async (error: unknown) => {
        throw error instanceof LinkRefusal
          ? await refused(call, error.why === 'used' ? 'gone' : 'conflict', reasons[error.why], claim)
          : error
      })
    if (!result.ok && result.why === 'not-recordable') throw new Refusal('not-recordable', reasons.notRecordable)
    if (!result.ok) throw await refused(call, 'conflict', reasons.over, claim)
    return wireLink(call, claim, result.alarm)
  },
})

type Why = NonNullable<WireLink['why']>
class LinkRefusal extends Error {
  readonly why: Why
  constructor(why: Why) {
    super(why)
    this.why = why
  }
}

/** Why there is nothing to answer; `undefined` where there is. */
function whyNot(alarm: Alarm | undefined, claim: Claim): Exclude<Why, 'used'> | undefined {
  if (!alarm) return 'over'
  if (alarm.times !== claim.times) return 'come-again'
  if (alarm.acknowledged) return 'answered'
  if (quietStates.has(alarm.state)) return 'quiet'
  return waitingStates.has(alarm.state) ? undefined : 'over'
}

const reasons: Readonly<Record<Why | 'forged' | 'expired' | 'stranger' | 'notAllowed' | 'notRecordable', Words>> = {
  answered: { zh: '已有人确认这条报警。', en: 'Somebody has acknowledged it already.' },
  over: { zh: '这条报警已经结束，无需确认。', en: 'The alarm is over; there is nothing to acknowledge.' },
  quiet: {
    zh: '这条报警已被搁置、停用或归到另一条报警下。',
    en: 'The alarm is shelved, out of service or stands under another one.',
  },
  'come-again': {
    zh: '这条报警之后又来过，请用较新的那条通知。',
    en: 'The alarm has come again since; use the newer message.',
  },
  used: { zh: '这个链接已经用过。', en: 'This link has been used.' },
  forged: { zh: '链接不完整或不是本网关发出的。', en: 'The link is incomplete, or this gateway did not make it.' },
  expired: {
    zh: '链接已过期（24 小时有效），请登录后在页面上处理。',
    en: 'The link has expired (it is good for 24 h). Sign in and answer on the page.',
  },
  stranger: { zh: '收件人已不在站点的人员名单中。', en: 'Whom it was sent to is no longer one of the people of this site.' },
  notAllowed: { zh: '这个账号没有处理报警的权限。', en: 'This account may not answer alarms.' },
  notRecordable: {
    zh: '日志暂时无法写入，操作未被记录，请稍后再试。',
    en: 'The journal cannot be written now; nothing was done. Try again.',
  },
}

/** People press a wrong link now and then; who presses hundreds is guessing. */
const linkPatience: Patience = { free: 20, first: seconds(1), longest: minutes(15), forget: minutes(60) }
/** What is wrong is written down, so often a minute for the whole house: a flood of guesses must not fill the journal. */
const entriesPatience: Patience = { free: 10, first: seconds(10), longest: minutes(5), forget: minutes(10) }

interface Guard {
  readonly byAddress: Throttle
  readonly entries: Throttle
}
const guards = new WeakMap<House, Guard>()
function guardOf(house: House): Guard {
  const known = guards.get(house)
  if (known) return known
  const made = { byAddress: new Throttle(house.wall, linkPatience), entries: new Throttle(house.wall, entriesPatience, 1_000) }
  guards.set(house, made)
  return made
}

async function claimOf(call: Call<z.output<typeof params>>): Promise<Claim> {
  const wait = guardOf(call.house).byAddress.wait(call.address)
  if (wait > 0) {
    const after = Math.max(1, Math.ceil(wait / 1_000))
    const detail = { zh: `请在 ${after} 秒后再试。`, en: `Try again in ${after} s.` }
    throw new Refusal('too-many', detail, { headers: { 'retry-after': String(after) } })
  }
  const reading = call.house.answerLinks.read(call.params.token)
  if (reading.is === 'forged') throw await refused(call, 'not-found', reasons.forged)
  if (reading.is === 'expired') throw await refused(call, 'gone', reasons.expired, reading.claim)
  return reading.claim
}

async function alarmOf({ house }: Call, { alarm: id }: Claim): Promise<Alarm> {
  const found = await house.state.alarm(id)
  if (found === undefined) throw notFound({ zh: `没有报警 ${id}`, en: `No alarm ${id}` })
  return found
}

/** Every refusal leaves an entry, as long as there are not too many. */
async function refused({ house, address }: Call, kind: ProblemKind, why: Words, claim?: Claim): Promise<Refusal> {
  const { byAddress, entries } = guardOf(house)
  if (claim === undefined) byAddress.strike(address)
  if (entries.wait('all') === 0) {
    entries.strike('all')
    const about = claim ? { about: claim.alarm } : {}
    const data = { address, why: why.en, ...(claim ? { notice: claim.notice, person: claim.person } : {}) }
    await note(house, { kind: 'link-token.refused', by: 'system', ...about, data })
  }
  return new Refusal(kind, why)
}

function wireLink({ house, views, time: iso }: Call, claim: Claim, alarm: Alarm): WireLink {
  const shown = views.alarm(alarm)
  if (!shown) throw notFound({ zh: '这条报警的规则已不在站点文件中。', en: 'The rule of this alarm has left the site file.' })
  const isUsed = house.notices.usedLinks.isUsed(claim.notice)
  const why = isUsed ? 'used' : whyNot(alarm.state === 'normal' ? undefined : alarm, claim)
  const { acknowledged } = alarm
  return {
    alarm: alarm.id,
    sentence: shown.sentence,
    title: shown.title,
    advice: shown.advice,
    clause: shown.clause,
    clauseTitle: shown.clauseTitle,
    priority: shown.priority,
    state: shown.state,
    active: shown.active,
    since: iso(alarm.since),
    person: house.duty.duty.people.get(claim.person)?.name ?? { zh: claim.person, en: claim.person },
    answerable: why === undefined,
    ...(why === undefined ? {} : { why }),
    ...(acknowledged ? { acknowledged: { ...acknowledged, at: iso(acknowledged.at) } } : {}),
    expiresAt: iso(claim.expires),
  }
}

export const linkRoutes = [show, answer]
