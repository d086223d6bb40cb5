import { z } from 'zod'
import type { Words } from '../../../protocols/contract/driver.ts'
import { isAllowed } from '../../accounts/permissions.ts'
import { actionKinds, refusalOf } from '../../cases/case.ts'
import type { CaseStep } from '../../cases/case.ts'
import { claim, noCase, refused, taken } from '../case-refusals.ts'
import { parts, photoIds, remark, spoken, wireCaseDetail } from '../case-shapes.ts'
import { findCase, showDetail } from '../case-views.ts'
import { Refusal } from '../problem.ts'
import { route } from '../route.ts'
import type { Call } from '../route.ts'
import { id as anId, idParams, problem, when } from '../shapes.ts'

const tag = 'Cases'

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
    return { do: 'cancel', reason, duplicateOf: other.id }
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

const notByToken = { zh: '令牌不能核实，请本人登录。', en: 'A token cannot verify; sign in as a person.' }
const both = (text: string): Words => ({ zh: text, en: text })

export const caseStepRoutes = [answer, assign, act, verify, reject, tell, close, comment, cancel]
