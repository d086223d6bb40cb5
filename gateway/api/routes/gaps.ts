import { z } from 'zod'
import { after, days, millis } from '../../../protocols/contract/time.ts'
import { notFound, Refusal } from '../problem.ts'
import { route } from '../route.ts'
import { cursor, id, idParams, limit, page, problem, said, time, when } from '../shapes.ts'

/** Points whose holes are looked for in one answer. */
const mostPoints = 200

const gap = z.object({
  point: idParams.shape.id,
  equipment: id,
  from: time,
  to: time.nullable(),
  cause: z.string().meta({ description: 'power, gateway-stopped, bus-down, locked-out, … or the code of a fault' }),
  causeName: said,
  detail: said,
  entries: z.array(z.number()).readonly().meta({ description: 'places in the journal that say so' }),
})

const ledger = route({
  method: 'GET',
  url: '/api/v1/gaps',
  may: 'see',
  summary: 'The gap ledger: every time of which nothing is known, with its cause, point by point',
  tag: 'Readings',
  query: z.object({
    from: when.optional(),
    to: when.optional(),
    equipment: id.optional(),
    point: id.optional(),
    limit: limit(1_000, 10_000),
    cursor,
  }),
  answer: page(gap),
  answers: { 400: problem, 404: problem },
  async act({ house, views, query, time: iso }) {
    const { equipment, point: wanted } = query
    if (equipment !== undefined && !views.equipment(equipment))
      throw notFound({ zh: `没有设备 ${equipment}`, en: `No equipment ${equipment}` })
    if (wanted !== undefined && !views.point(wanted)) throw notFound({ zh: `没有测点 ${wanted}`, en: `No point ${wanted}` })
    const to = query.to ?? house.clock.now()
    const from = query.from ?? after(to, millis(-days(1)))
    if (from > to) throw new Refusal('bad-request', { zh: '起始时间晚于结束时间。', en: '`from` is later than `to`.' })
    const begin = Number(query.cursor ?? 0)
    if (!Number.isInteger(begin) || begin < 0) throw new Refusal('bad-request', { zh: 'cursor 不对。', en: '`cursor` is wrong.' })
    const points = house.site.points.filter(
      point => (equipment === undefined || point.equipment === equipment) && (wanted === undefined || point.id === wanted),
    )
    const items: z.output<typeof gap>[] = []
    let next = begin
    for (; next < points.length && next < begin + mostPoints && items.length < query.limit; next++) {
      const point = points[next]
      if (!point) break
      for (const one of await house.store.historian.ledgerOf(point, from, to)) {
        const { cause, causeName, detail, entries } = one
        const length = { from: iso(one.from), to: one.to === null ? null : iso(one.to) }
        items.push({ point: point.id, equipment: point.equipment, ...length, cause, causeName, detail, entries })
      }
    }
    return { items, next: next < points.length ? String(next) : null }
  },
})

export const gapRoutes = [ledger]
