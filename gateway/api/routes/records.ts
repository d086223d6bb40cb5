import { z } from 'zod'
import type { PeopleRecord } from '../../alarm/people.ts'
import { days } from '../../../protocols/contract/time.ts'
import { wireEntry } from '../http-views.ts'
import { notFound, Refusal } from '../problem.ts'
import { route } from '../route.ts'
import { id as anId, problem, wireEntry as entryShape, when } from '../shapes.ts'

/** What people write down (contract §2); packs name further kinds. */
const kinds = [
  'dosing',
  'round',
  'inspection',
  'meter-reading',
  'defrost',
  'cleaning',
  'maintenance',
  'repair',
  'corrective-action',
  'handover',
  'reading',
] as const

const longestBack = days(30)

const record = route({
  method: 'POST',
  url: '/api/v1/records/:kind',
  may: 'record',
  summary:
    'What a person did: durable when answered, under the name of who asks, never changed; the rules that wait for it hear of it',
  tag: 'Records',
  params: z.object({ kind: z.string().regex(/^[a-z][a-z-]{0,39}$/) }),
  body: z.object({
    equipment: anId,
    /** When it was done; default now. */
    at: when.optional(),
    verdict: z.enum(['passed', 'failed']).default('passed'),
    fields: z
      .record(z.string().regex(/^[A-Za-z]\w{0,39}$/), z.union([z.string().max(2_000), z.number(), z.boolean()]))
      .default({}),
  }),
  answer: entryShape,
  answers: { 400: problem, 404: problem, 503: problem },
  async act(call) {
    const { house, params, body, who } = call
    const now = house.clock.now()
    if (!call.views.equipment(body.equipment))
      throw notFound({ zh: `没有设备“${body.equipment}”。`, en: `There is no equipment "${body.equipment}".` })
    if (!isKind(params.kind, house.site.rules)) throw unknownKind(params.kind)
    if (Object.keys(body.fields).length > 50) throw tooManyFields
    const at = body.at ?? now
    if (at > now || at < now - longestBack) throw wrongTime
    const by = who?.name ?? 'unknown'
    const entry = await house.record({ ...params, ...body, at, by } satisfies PeopleRecord)
    return wireEntry(entry, house.site.timeZone)
  },
})

/** Of the contract, or one that a rule of this site waits for. */
function isKind(kind: string, rules: readonly { readonly inputs?: readonly { readonly point: string }[] }[]): boolean {
  if (kinds.some(known => known === kind)) return true
  return rules.some(({ inputs = [] }) => inputs.some(({ point }) => point.split('.record:')[1]?.split('/')[0] === kind))
}

const unknownKind = (kind: string): Refusal =>
  new Refusal('bad-request', {
    zh: `没有“${kind}”这种记录；可用的有 ${kinds.join('、')}，以及本现场规则等待的种类。`,
    en: `There is no record "${kind}"; known are ${kinds.join(', ')} and those that rules of this site wait for.`,
  })
const tooManyFields = new Refusal('bad-request', { zh: '一条记录最多 50 项。', en: 'A record has at most 50 fields.' })
const wrongTime = new Refusal('bad-request', {
  zh: '时间不能晚于现在，也不能早于 30 天前；更早的请写成更正记录。',
  en: 'The time may not be after now, nor more than 30 days ago.',
})

export const recordRoutes = [record]
