import { z } from 'zod'
import { after, days, instant, millis } from '../../../protocols/contract/time.ts'
import { parseFrom, parseTo } from '../../report/period.ts'
import { cabinetsOf, countsOf, cycleEntries, peopleAt, runningNow, showCycle } from '../cycles.ts'
import { fromCursor, toCursor } from '../cursor.ts'
import { wireCycles } from '../cycle-shapes.ts'
import { notFound, Refusal } from '../problem.ts'
import { namesOf } from '../record-views.ts'
import { route } from '../route.ts'
import { cursor, id, limit, problem } from '../shapes.ts'
import type { WireCycles } from '../wire-cycles.ts'

const day = z
  .string()
  .max(40)
  .optional()
  .meta({ description: 'ISO 8601, or a day of the site, which is meant whole', example: '2026-11-22' })

const cycles = route({
  method: 'GET',
  url: '/api/v1/cycles',
  may: 'read-logs',
  summary:
    'What the disinfection cabinets did, newest first, each run with its curve, verdict and clause; the runs under way; how those of the month ended',
  tag: 'Records',
  query: z.object({ equipment: id.optional(), from: day, to: day, limit: limit(20, 100), cursor }),
  answer: wireCycles,
  answers: { 400: problem, 404: problem },
  async act(call): Promise<WireCycles> {
    const { house, query, time } = call
    const now = house.clock.now()
    const all = cabinetsOf(house)
    const cabinets = query.equipment === undefined ? all : all.filter(({ equipment }) => equipment.id === query.equipment)
    if (query.equipment !== undefined && cabinets.length === 0) throw noCabinet(query.equipment)
    const zone = house.site.timeZone
    const to = query.to === undefined ? now : parseTo(query.to, zone)
    const from = query.from === undefined ? after(to ?? now, millis(-days(7))) : parseFrom(query.from, zone)
    if (from === undefined || to === undefined) throw noTime
    if (from > to) throw new Refusal('bad-request', { zh: '起始时间晚于结束时间。', en: '`from` is later than `to`.' })
    const { found, next } = await cycleEntries(house, cabinets, {
      from,
      to,
      limit: query.limit,
      after: query.cursor === undefined ? undefined : fromCursor(query.cursor),
    })
    const [people, names, underWay, month] = await Promise.all([
      found.length === 0 ? [] : peopleAt(house, after(from, millis(-days(1))), to),
      namesOf(call),
      runningNow(house, cabinets, time),
      countsOf(house, cabinets, instant(Math.min(to - 1, now)), time),
    ])
    const items = await Promise.all(found.map(one => showCycle(house, one, people, names, time)))
    return {
      items,
      next: next === undefined ? null : toCursor(next),
      cabinets: all.map(({ equipment: { id: equipment, name, area }, needs }) => ({ equipment, name, area, needs })),
      underWay,
      month,
    }
  },
})

const noTime = new Refusal('bad-request', {
  zh: '看不懂时间：写 2026-11-22 这样的日期，或带时差的 ISO 8601 时间。',
  en: 'A time cannot be read: write a day such as 2026-11-22, or ISO 8601 with an offset.',
})
const noCabinet = (equipment: string): Refusal =>
  notFound({ zh: `没有要判消毒周期的设备“${equipment}”。`, en: `There is no cabinet "${equipment}" whose cycles are judged.` })

export const cycleRoutes = [cycles]
