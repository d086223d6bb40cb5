import { z } from 'zod'
import { dayAt, dayText, parseDay } from '../../policy/calendar-days.ts'
import type { Day } from '../../policy/calendar-days.ts'
import { attachmentHeader } from '../../report/file-name.ts'
import { sheetText } from '../meter-csv.ts'
import { sheetOf } from '../meter-sheet.ts'
import { wireMeterSheet } from '../meter-shapes.ts'
import { Refusal } from '../problem.ts'
import { namesOf } from '../record-views.ts'
import { Answer, route } from '../route.ts'
import type { Call } from '../route.ts'
import { problem } from '../shapes.ts'
import type { WireMeterSheet } from '../wire-meters.ts'

const tag = 'Records'
const month = z.string().max(10).optional().meta({ description: 'A month of the site; left out: this one', example: '2026-11' })

const sheet = route({
  method: 'GET',
  url: '/api/v1/meters',
  may: 'read-logs',
  summary:
    'The reading sheet of a month: how far each group has come against what is required, and every meter with its last and its present reading',
  tag,
  query: z.object({ month }),
  answer: wireMeterSheet,
  answers: { 400: problem },
  act: call => asked(call, monthOf(call, call.query.month)),
})

const table = route({
  method: 'GET',
  url: '/api/v1/meters/sheet.csv',
  may: 'read-logs',
  summary: 'The same as a table for spreadsheets: UTF-8 with a byte order mark, one line for each meter',
  tag,
  query: z.object({ month, lang: z.enum(['zh', 'en']).default('zh') }),
  answers: { 200: z.string(), 400: problem },
  async act(call) {
    const { house, query } = call
    const made = await asked(call, monthOf(call, query.month))
    const name = `${query.lang === 'zh' ? '抄表表' : 'reading-sheet'}-${house.site.id}-${made.month}.csv`
    const areas = new Map(house.site.areas.map(area => [area.id, area.name]))
    return new Answer(200, sheetText(made, areas, query.lang), {
      type: 'text/csv; charset=utf-8',
      headers: { 'content-disposition': attachmentHeader(name, `reading-sheet-${made.month}.csv`) },
    })
  },
})

async function asked(call: Call, start: Day): Promise<WireMeterSheet> {
  return { month: dayText(start).slice(0, 7), ...(await sheetOf(call.house, start, await namesOf(call), call.time)) }
}

function monthOf({ house }: Call, text: string | undefined): Day {
  const first = parseDay(`${text ?? dayText(dayAt(house.clock.now(), house.site.timeZone)).slice(0, 7)}-01`)
  if (first === undefined)
    throw new Refusal('bad-request', {
      zh: `看不懂月份“${text ?? ''}”：写成 2026-11 这样。`,
      en: `"${text ?? ''}" is no month: write it like 2026-11.`,
    })
  return first
}

export const meterRoutes = [sheet, table]
