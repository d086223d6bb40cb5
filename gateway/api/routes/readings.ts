import { z } from 'zod'
import { after, days, millis } from '../../../protocols/contract/time.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import { fromCursor, toCursor } from '../cursor.ts'
import { notFound, Refusal } from '../problem.ts'
import { route } from '../route.ts'
import { cursor, duration, idParams, limit, list, problem, said, time, when } from '../shapes.ts'

const tag = 'Readings'
const mostBuckets = 20_000

const sample = z.object({
  t: time,
  v: z.number().nullable(),
  q: z.enum(['good', 'uncertain', 'bad']),
  source: z.string().optional().meta({ description: 'The archive it comes from, where it is not stored here any more' }),
})
const number = z.number().nullable()
const bucket = z.object({ t: time, min: number, mean: number, max: number, count: z.number() })
const gap = z.object({ from: time, to: time.nullable(), cause: z.string(), detail: said, entries: list(z.number()) })

const history = route({
  method: 'GET',
  url: '/api/v1/points/:id/readings',
  may: 'see',
  summary: 'What a point read: every reading, or min/mean/max/count per bucket with `every`; holes with their cause',
  tag,
  params: idParams,
  query: z.object({
    from: when.optional(),
    to: when.optional(),
    every: duration.optional(),
    limit: limit(5_000, 50_000),
    cursor,
  }),
  answer: z.object({ items: list(z.union([sample, bucket])), next: z.string().nullable(), gaps: list(gap) }),
  answers: { 400: problem, 404: problem },
  async act({ house, views, params, query, time: iso }) {
    const point = views.point(params.id)
    if (point === undefined) throw notFound({ zh: `没有测点 ${params.id}`, en: `No point ${params.id}` })
    const to = query.to ?? house.clock.now()
    const from = query.from ?? after(to, millis(-days(1)))
    if (from > to) throw new Refusal('bad-request', { zh: '起始时间晚于结束时间。', en: '`from` is later than `to`.' })
    const { historian } = house.store
    const resumed = query.cursor === undefined ? undefined : fromCursor(query.cursor)
    // The holes of the whole span come once, with the first page.
    const gaps = resumed === undefined ? await historian.ledgerOf(point, from, to) : []
    const holes = gaps.flatMap(({ from: begins, to: ends, cause, detail, entries }) =>
      cause === 'not-begun' ? [] : [{ from: iso(begins), to: ends === null ? null : iso(ends), cause, detail, entries }],
    )
    if (query.every !== undefined) {
      checkBuckets(from, to, query.every)
      const buckets = await historian.buckets(point.id, from, to, query.every)
      return { items: buckets.map(one => ({ ...one, t: iso(one.t) })), next: null, gaps: holes }
    }
    const page = await historian.raw(point.id, (resumed ?? from) as Instant, to, query.limit)
    const last = page.samples.at(-1)
    const next = page.more && last !== undefined ? toCursor(last.t + 1) : null
    return { items: page.samples.map(one => ({ ...one, t: iso(one.t) })), next, gaps: holes }
  },
})

function checkBuckets(from: number, to: number, every: number): void {
  if (every >= 1_000 && (to - from) / every <= mostBuckets) return
  const detail = {
    zh: `every 至少 1s,且不超过 ${mostBuckets} 段。`,
    en: `\`every\` is at least 1s, and at most ${mostBuckets} buckets fit one answer.`,
  }
  throw new Refusal('bad-request', detail)
}

export const readingRoutes = [history]
