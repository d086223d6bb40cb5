import { z } from 'zod'
import { after, days, millis } from '../../../protocols/contract/time.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import { fromCursor, toCursor } from '../cursor.ts'
import { parseLines } from '../line-protocol.ts'
import type { Precision } from '../line-protocol.ts'
import { notFound, Refusal } from '../problem.ts'
import type { WrongPart } from '../problem.ts'
import { claimsOf, judgeClaims } from '../pushed.ts'
import type { Claim, Known } from '../pushed.ts'
import { Answer, route } from '../route.ts'
import type { Call } from '../route.ts'
import { cursor, duration, idParams, limit, list, problem, said, time, when } from '../shapes.ts'

const tag = 'Readings'
const mostBuckets = 20_000
const mostPushed = 100_000
const largest = 8 * 1024 * 1024

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

const pushed = z
  .array(
    z.object({
      point: z.string().min(1).max(200),
      t: when.optional(),
      v: z.union([z.number(), z.boolean(), z.string().max(64), z.null()]),
    }),
  )
  .max(mostPushed)
const lineText = z.string().meta({ description: 'InfluxDB line protocol: `cold-1 temperature=4.2 1756695600000000000`' })
const precision = z.enum(['ns', 'us', 'ms', 's', 'n', 'u']).default('ns')
const durable = { 204: null, 400: problem, 503: problem }

const push = route({
  method: 'POST',
  url: '/api/v1/readings',
  may: 'push-readings',
  summary: 'Push readings of points bound to `http`, as JSON or line protocol; 204 means they are on disk; all or none are taken',
  tag,
  query: z.object({ precision }),
  body: z.union([pushed, lineText]),
  accepts: ['application/json', 'text/plain'],
  largest,
  answers: durable,
  act: call => (typeof call.body === 'string' ? takeLines(call, call.body, call.query.precision) : takeItems(call, call.body)),
})

// InfluxDB takes line protocol whatever the content type says, and clients rely on it.
const write = route({
  method: 'POST',
  url: '/api/v2/write',
  may: 'push-readings',
  summary: 'The same for Telegraf and other InfluxDB clients; bucket and org are not used',
  tag,
  query: z.object({ precision, bucket: z.string().max(200).optional(), org: z.string().max(200).optional() }),
  body: lineText,
  accepts: ['text/plain', 'application/octet-stream', 'application/x-www-form-urlencoded', ''],
  largest,
  answers: durable,
  act: call => takeLines(call, call.body, call.query.precision),
})

function takeItems(call: Call, items: z.output<typeof pushed>): Promise<Answer> {
  return take(
    call,
    items.map(({ point, t, v }, index): Claim => ({ path: `body.${index}`, point, at: t, value: v })),
  )
}

function takeLines(call: Call, text: string, given: z.output<typeof precision>): Promise<Answer> {
  const short: Readonly<Record<string, Precision>> = { n: 'ns', u: 'us' }
  const { claims, wrong } = claimsOf(parseLines(text, short[given] ?? (given as Precision)), knownTo(call))
  return take(call, claims, wrong)
}

async function take(call: Call, claims: readonly Claim[], unreadable: readonly WrongPart[] = []): Promise<Answer> {
  const judged = judgeClaims(claims, knownTo(call), call.house.clock.now())
  const wrong = [...unreadable, ...judged.wrong]
  if (wrong.length > 0) {
    const detail = { zh: `${wrong.length} 条有误，未接受任何一条。`, en: `${wrong.length} of them are wrong; none was taken.` }
    throw new Refusal('bad-request', detail, { errors: wrong.slice(0, 100) })
  }
  if (judged.readings.length > 0) await call.house.push(judged.readings)
  return new Answer(204)
}

function knownTo({ views }: Call): Known {
  return {
    protocolOf(id) {
      const point = views.point(id)
      return point && views.protocolOf(point)
    },
    isEquipment: id => views.equipment(id) !== undefined,
    plausibleOf: id => views.point(id)?.plausible,
  }
}

export const readingRoutes = [history, push, write]
