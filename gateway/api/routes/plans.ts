import { z } from 'zod'
import { drawingOf, drawingTypes, largestDrawing } from '../../plans/drawing.ts'
import { mostPlaces } from '../../plans/plan.ts'
import type { Plan } from '../../plans/plan.ts'
import type { PlanAnswer } from '../../plans/plans.ts'
import { fromCursor, toCursor } from '../cursor.ts'
import { drawingRefusal, planRefusal, showPlan, showWhole } from '../plan-views.ts'
import { notFound, Refusal } from '../problem.ts'
import { Answer, route } from '../route.ts'
import type { Call } from '../route.ts'
import { cursor, idParams, limit, list, page, problem, said, time } from '../shapes.ts'

const tag = 'Floor plans'
const MiB = 1024 * 1024

const drawing = z.object({
  type: z.enum(['image/png', 'image/svg+xml']),
  width: z.number(),
  height: z.number(),
  href: z.string().meta({ description: 'Where it is had; another drawing has another address' }),
})
const wirePlan = z.object({
  id: z.string(),
  name: said,
  version: z.number().meta({ description: 'One more with each change; whoever changes it says which one was seen' }),
  drawing,
  count: z.number(),
  changedAt: time,
  changedBy: z.string(),
})
const fraction = z.number().min(0).max(1).meta({ description: "Fraction of the drawing's width (x) or height (y)" })
const wirePlace = z.object({
  equipment: z.string(),
  name: said,
  x: z.number(),
  y: z.number(),
  gone: z.boolean().optional().meta({ description: 'No longer in the site; the place is kept until somebody takes it off' }),
})
const wirePlanDetail = wirePlan.extend({ places: list(wirePlace) })
const wirePlanDrawn = wirePlanDetail.extend({
  leftOut: list(z.string()).meta({ description: 'What of an SVG was left behind because it draws nothing, or moves' }),
})

const version = z.coerce.number().int().min(1).meta({ description: 'The version that was seen; 409 when it is another by now' })
const spoken = z.string().trim().min(1).max(200)
const picture = {
  accepts: Object.keys(drawingTypes),
  // Beyond the limit by so much that whoever goes over it is told so in words of ours.
  largest: 2 * largestDrawing,
  body: z.custom<Uint8Array>(body => body instanceof Uint8Array && body.byteLength > 0, { message: 'empty' }),
}

const all = route({
  method: 'GET',
  url: '/api/v1/plans',
  may: 'see',
  summary: 'The floor plans, in the order in which they were made',
  tag,
  query: z.object({ limit: limit(50, 50), cursor }),
  answer: page(wirePlan),
  answers: { 400: problem },
  act(call) {
    const { limit: most, cursor: place } = call.query
    const from = place === undefined ? 0 : fromCursor(place)
    const plans = call.house.plans.all
    const items = plans.slice(from, from + most).map(plan => showPlan(call, plan))
    return { items, next: from + most < plans.length ? toCursor(from + most) : null }
  },
})

const one = route({
  method: 'GET',
  url: '/api/v1/plans/:id',
  may: 'see',
  summary: 'One floor plan with what stands where on it',
  tag,
  params: idParams,
  answer: wirePlanDetail,
  answers: { 404: problem },
  act: call => showWhole(call, planOf(call, call.params.id)),
})

/** Whatever was left in it could do nothing here: no script, no address, no page. */
const strictly = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"

const show = route({
  method: 'GET',
  url: '/api/v1/plans/:id/drawing',
  may: 'see',
  summary: 'The drawing of a floor plan, to be shown as a picture',
  tag,
  params: idParams,
  query: z.object({
    is: z.string().max(64).optional().meta({ description: 'As its address has it: it may be kept for ever then' }),
  }),
  answers: { 200: z.any(), 404: problem },
  async act(call) {
    const { drawing: wanted } = planOf(call, call.params.id)
    const { is } = call.query
    const bytes = await call.house.drawings.read(wanted.file)
    if (bytes === undefined || bytes === 'damaged') throw bytes === 'damaged' ? damaged : missing
    const isSame = is !== undefined && is.length >= 16 && wanted.file.startsWith(is)
    return new Answer(200, bytes, {
      type: wanted.type,
      headers: {
        'cache-control': isSame ? 'private, max-age=31536000, immutable' : 'private, no-cache',
        'content-disposition': 'inline',
        'content-security-policy': strictly,
        'x-content-type-options': 'nosniff',
      },
    })
  },
})

const add = route({
  method: 'POST',
  url: '/api/v1/plans',
  may: 'administer',
  summary: 'A floor plan from its drawing, PNG or SVG, as its bytes; what it is is read from them. At least one of the names',
  tag,
  ...picture,
  query: z.object({ zh: spoken.optional(), en: spoken.optional() }),
  answers: { 201: wirePlanDrawn, 400: problem, 409: problem, 413: problem, 415: problem, 503: problem },
  async act(call) {
    const { zh, en } = call.query
    const name = zh ?? en
    if (name === undefined)
      throw new Refusal('bad-request', { zh: '请给平面图起个名称（zh 或 en）。', en: 'Give the floor plan a name (zh or en).' })
    const kept = await keep(call, call.body)
    const plan = planIn(await call.house.act(call.house.plans.add({ zh: zh ?? name, en: en ?? name }, kept.drawing, byOf(call))))
    return new Answer(201, { ...showWhole(call, plan), leftOut: kept.leftOut })
  },
})

const redraw = route({
  method: 'PUT',
  url: '/api/v1/plans/:id/drawing',
  may: 'administer',
  summary: 'Another drawing for a floor plan; what stands on it stays where it is, in fractions of the drawing',
  tag,
  params: idParams,
  ...picture,
  query: z.object({ version }),
  answer: wirePlanDrawn,
  answers: { 400: problem, 404: problem, 409: problem, 413: problem, 415: problem, 503: problem },
  async act(call) {
    const { id } = planOf(call, call.params.id)
    const kept = await keep(call, call.body)
    const plan = planIn(await call.house.act(call.house.plans.redraw(id, call.query.version, kept.drawing, byOf(call))))
    return { ...showWhole(call, plan), leftOut: kept.leftOut }
  },
})

const rename = route({
  method: 'PATCH',
  url: '/api/v1/plans/:id',
  may: 'administer',
  summary: 'Calls a floor plan something else',
  tag,
  params: idParams,
  body: z.object({ version, name: z.object({ zh: spoken, en: spoken }) }),
  answer: wirePlanDetail,
  answers: { 400: problem, 404: problem, 409: problem, 503: problem },
  async act(call) {
    const { version: seen, name } = call.body
    return showWhole(call, planIn(await call.house.act(call.house.plans.rename(call.params.id, seen, name, byOf(call)))))
  },
})

const arrange = route({
  method: 'PUT',
  url: '/api/v1/plans/:id/places',
  may: 'administer',
  summary: 'Where everything stands, at once: what is not named is taken off',
  tag,
  params: idParams,
  body: z.object({
    version,
    places: z.array(z.object({ equipment: z.string().min(1).max(200), x: fraction, y: fraction })).max(mostPlaces),
  }),
  answer: wirePlanDetail,
  answers: { 400: problem, 404: problem, 409: problem, 503: problem },
  async act(call) {
    const { house, params, body } = call
    const names = new Map(house.site.equipment.map(({ id, name }) => [id, name]))
    const change = house.plans.arrange(params.id, body.version, body.places, equipment => names.get(equipment), byOf(call))
    return showWhole(call, planIn(await house.act(change)))
  },
})

const remove = route({
  method: 'DELETE',
  url: '/api/v1/plans/:id',
  may: 'administer',
  summary: 'Removes a floor plan; the equipment on it stays what it is',
  tag,
  params: idParams,
  query: z.object({ version }),
  answers: { 204: null, 400: problem, 404: problem, 409: problem, 503: problem },
  async act(call) {
    planIn(await call.house.act(call.house.plans.remove(call.params.id, call.query.version, byOf(call))))
    return new Answer(204)
  },
})

const byOf = ({ who }: Pick<Call, 'who'>): string => who?.name ?? 'system'

function planOf({ house }: Pick<Call, 'house'>, id: string): Plan {
  const plan = house.plans.of(id)
  if (!plan) throw planRefusal({ why: 'no-such-plan' })
  return plan
}

function planIn(answer: PlanAnswer): Plan {
  if (answer.ok) return answer.plan
  throw planRefusal(answer)
}

/** The drawing is on the disk before the journal speaks of it. */
async function keep(
  { house }: Pick<Call, 'house'>,
  body: Uint8Array,
): Promise<{ readonly drawing: Plan['drawing']; readonly leftOut: readonly string[] }> {
  if (body.byteLength > largestDrawing) {
    const size = (body.byteLength / MiB).toFixed(1)
    throw new Refusal('too-large', {
      zh: `文件有 ${size} MB，最多 8 MB。请缩小图片，或另存为更简单的 SVG。`,
      en: `The file has ${size} MB; 8 MB is the most. Make the picture smaller, or save a simpler SVG.`,
    })
  }
  const read = drawingOf(body)
  if (!read.ok) throw drawingRefusal(read.why, read.detail, read.line)
  const { type, width, height, bytes, leftOut } = read
  const file = await house.drawings.keep(bytes, drawingTypes[type])
  return { drawing: { file, type, width, height }, leftOut }
}

const damaged = notFound({
  zh: '平面图文件已损坏，与日志中的校验值不符，不予显示。请重新上传。',
  en: 'The drawing on the disk is damaged: it is not what the journal has. It is not shown; upload it again.',
})
const missing = notFound({
  zh: '平面图文件不在磁盘上。请重新上传。',
  en: 'The drawing is not on the disk. Upload it again.',
})

export const planRoutes = [all, one, show, add, redraw, rename, arrange, remove]
