import { z } from 'zod'
import { after, days, millis } from '../../../protocols/contract/time.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import type { PointId } from '../../../protocols/contract/reading.ts'
import type { Entry } from '../../journal/entry.ts'
import { priorities } from '../../policy/rule.ts'
import { configuredKind, Configurations } from '../../site/configuration.ts'
import type { Point } from '../../site/site.ts'
import type { House } from '../house.ts'
import { notFound, Refusal } from '../problem.ts'
import { route } from '../route.ts'
import { basis, idParams, list, problem, said, time, when } from '../shapes.ts'
import type { WireForecast, WirePointWatch, WireValidLimits } from '../wire.ts'

const op = z.enum(['gt', 'ge', 'lt', 'le'])
const cited = { clause: z.string(), clauseTitle: said }
const validLimits = z.object({
  from: time,
  to: time,
  min: z.number().optional(),
  max: z.number().optional(),
  assumed: z.literal(true).optional(),
  sources: list(z.object({ side: z.enum(['min', 'max']), ...cited, basis })),
})
const watch = z.object({
  rule: z.string(),
  kind: z.string(),
  title: said,
  ...cited,
  priority: z.enum(priorities),
  record: z.string().optional(),
})
const forecast = z.object({
  rule: z.string(),
  ...cited,
  op,
  value: z.number(),
  confidence: z.number(),
  at: time,
  heardAt: time,
  earlyAt: time,
  likelyAt: time,
  lateAt: time.nullable(),
  fan: list(z.object({ t: time, low: z.number(), mean: z.number(), high: z.number() })),
})

const outlook = route({
  method: 'GET',
  url: '/api/v1/points/:id/outlook',
  may: 'see',
  summary: 'What is allowed at a point, as it was valid, by which clause, what watches it, and where its readings lead',
  tag: 'Readings',
  params: idParams,
  query: z.object({ from: when.optional(), to: when.optional() }),
  answer: z.object({ limits: list(validLimits), watches: list(watch), forecasts: list(forecast) }),
  answers: { 400: problem, 404: problem },
  async act({ house, views, params, query, time: iso }) {
    const point = views.point(params.id)
    if (point === undefined) throw notFound({ zh: `没有测点 ${params.id}`, en: `No point ${params.id}` })
    const to = query.to ?? house.clock.now()
    const from = query.from ?? after(to, millis(-days(1)))
    if (from > to) throw new Refusal('bad-request', { zh: '起始时间晚于结束时间。', en: '`from` is later than `to`.' })
    return {
      limits: await limitsOf(house, point, from, to, iso),
      watches: watchesOf(house, point.id),
      forecasts: forecastsOf(house, point.id, iso),
    }
  },
})

type Iso = (at: Instant) => string
const titleOf = ({ site }: House, clause: string) => site.clauses.get(clause)?.title ?? { zh: clause, en: clause }

/** The record's limits over a time, from what the journal says was configured; of a time before that, the first that is known. */
async function limitsOf(house: House, point: Point, from: Instant, to: Instant, iso: Iso): Promise<readonly WireValidLimits[]> {
  const configurations = new Configurations(await configured(house, from, to))
  const known = configurations.limitsOf(point.id, from, to)
  const begin = configurations.between(from, to)[0]?.from ?? to
  const first = known[0]
  const assumed =
    begin > from
      ? [{ from, to: begin, limits: first?.limits ?? point.limits, sources: first?.sources ?? [], assumed: true as const }]
      : []
  const told: { -readonly [Key in keyof WireValidLimits]: WireValidLimits[Key] }[] = []
  for (const one of [...assumed, ...known]) {
    const { min, max } = one.limits
    if ((min === undefined && max === undefined) || one.from >= one.to) continue
    const next: WireValidLimits = {
      from: iso(one.from),
      to: iso(one.to),
      ...(min === undefined ? {} : { min }),
      ...(max === undefined ? {} : { max }),
      ...('assumed' in one ? { assumed: true } : {}),
      sources: one.sources.map(({ side, clause, basis }) => ({ side, clause, clauseTitle: titleOf(house, clause), basis })),
    }
    const last = told.at(-1)
    if (last && last.to === next.from && sameBand(last, next)) last.to = next.to
    else told.push({ ...next })
  }
  return told
}

/** What changed elsewhere on the site does not cut the band of this point. */
const sameBand = ({ min, max, assumed, sources }: WireValidLimits, other: WireValidLimits): boolean =>
  min === other.min && max === other.max && assumed === other.assumed && JSON.stringify(sources) === JSON.stringify(other.sources)

/** What was in force at `from`, and every change until `to`: what was before is not looked at, each of them speaks of the whole site. */
async function configured({ store }: House, from: Instant, to: Instant): Promise<readonly Entry[]> {
  const found: Entry[] = []
  for (let seq: number | undefined; ;) {
    const { entries, next } = await store.journal.page({
      kinds: [configuredKind],
      to,
      newestFirst: true,
      limit: 1,
      ...(seq === undefined ? {} : { after: seq }),
    })
    const inForce = entries.findIndex(({ at }) => at <= from)
    found.push(...(inForce < 0 ? entries : entries.slice(0, inForce + 1)))
    if (inForce >= 0 || next === undefined || entries.length === 0) return found.toReversed()
    seq = next
  }
}

const watchesOf = (house: House, point: PointId): readonly WirePointWatch[] =>
  rulesAt(house, point).map(({ id, kind, title, clause, priority, record }) => ({
    rule: id,
    kind,
    title,
    clause,
    clauseTitle: titleOf(house, clause),
    priority,
    ...(record === undefined ? {} : { record }),
  }))

const forecastsOf = (house: House, point: PointId, iso: Iso): readonly WireForecast[] =>
  rulesAt(house, point).flatMap(({ id, clause }) => {
    const seen = house.outlook(id)
    if (!seen) return []
    const { earlyAt, likelyAt, lateAt, heardAt, fan, ...rest } = seen
    return {
      rule: id,
      clause,
      clauseTitle: titleOf(house, clause),
      ...rest,
      at: iso(house.clock.now()),
      heardAt: iso(heardAt),
      earlyAt: iso(earlyAt),
      likelyAt: iso(likelyAt),
      lateAt: lateAt === undefined ? null : iso(lateAt),
      fan: fan.map(({ at, ...values }) => ({ t: iso(at), ...values })),
    }
  })

const rulesAt = ({ site }: House, point: PointId) => site.rules.filter(rule => rule.point === point)

export const outlookRoutes = [outlook]
