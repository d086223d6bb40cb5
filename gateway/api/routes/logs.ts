import { createReadStream, rmSync } from 'node:fs'
import { z } from 'zod'
import type { Words } from '../../../protocols/contract/driver.ts'
import { logKinds } from '../../report/document.ts'
import { logs } from '../../report/logs.ts'
import { parseFrom, parseTo } from '../../report/period.ts'
import { logFormats } from '../../report/question.ts'
import type { LogQuestion } from '../../report/question.ts'
import { forms } from '../../report/forms.ts'
import { Refusal, notFound } from '../problem.ts'
import { Answer, route } from '../route.ts'
import type { Call } from '../route.ts'
import { list, problem, said } from '../shapes.ts'

const period = {
  from: z.string().max(40).meta({ description: 'ISO 8601, ms since 1970, or a day: 2026-11-01' }),
  to: z.string().max(40).meta({ description: 'Not included, but a day alone is meant whole: 2026-11-30' }),
  equipment: z.string().max(2_000).optional().meta({ description: 'Ids with commas between; default: all' }),
  area: z.string().max(2_000).optional(),
  lang: z.enum(['zh', 'en']).default('zh'),
}

/** The question as it was asked, or what is wrong with it. Throws Refusal. */
export function questionOf(
  { house }: Pick<Call, 'house'>,
  kind: LogQuestion['kind'],
  asked: {
    readonly from: string
    readonly to: string
    readonly equipment?: string | undefined
    readonly area?: string | undefined
  },
): LogQuestion {
  const { timeZone } = house.site
  const [from, to] = [parseFrom(asked.from, timeZone), parseTo(asked.to, timeZone)]
  if (from === undefined) throw notATime('from', asked.from)
  if (to === undefined) throw notATime('to', asked.to)
  if (from >= to)
    throw new Refusal('bad-request', {
      zh: `开始时间（${asked.from}）不早于结束时间（${asked.to}），请对调。`,
      en: `The period ends (${asked.to}) before it begins (${asked.from}): exchange them.`,
    })
  const ids = (text: string | undefined): string[] =>
    [...new Set((text ?? '').split(',').map(id => id.trim()))].filter(id => id !== '')
  const [equipment, areas] = [ids(asked.equipment), ids(asked.area)]
  for (const id of equipment)
    if (!house.site.equipment.some(one => one.id === id))
      throw notFound({ zh: `没有设备“${id}”。`, en: `There is no equipment "${id}".` })
  for (const id of areas)
    if (!house.site.areas.some(one => one.id === id)) throw notFound({ zh: `没有区域“${id}”。`, en: `There is no area "${id}".` })
  return { kind, from, to, equipment, areas }
}

const notATime = (name: string, text: string): Refusal =>
  new Refusal('bad-request', {
    zh: `${name} 的“${text}”不是时间：写 2026-11-01，或 2026-11-01T08:00:00+08:00。`,
    en: `"${text}" of ${name} is no time: write 2026-11-01, or 2026-11-01T08:00:00+08:00.`,
  })

const kinds = route({
  method: 'GET',
  url: '/api/v1/logs',
  may: 'read-logs',
  summary: 'The logs there are',
  tag: 'Logs',
  answer: z.object({ items: list(z.object({ kind: z.enum(logKinds), name: said })), next: z.null() }),
  act: () => ({ items: logKinds.map(kind => ({ kind, name: logs[kind].name })), next: null }),
})

const log = route({
  method: 'GET',
  url: '/api/v1/logs/:kind',
  may: 'read-logs',
  summary: "An inspector's log of a period, with its proof; as JSON, CSV, XLSX or PDF",
  tag: 'Logs',
  params: z.object({ kind: z.string().max(40) }),
  query: z.object({ ...period, format: z.enum(logFormats).default('json') }),
  answers: { 200: z.unknown(), 400: problem, 403: problem, 404: problem, 503: problem },
  async act(call) {
    const { house, params, query, who } = call
    const kind = logKinds.find(one => one === params.kind)
    if (!kind)
      throw notFound({
        zh: `没有“${params.kind}”这种记录；有 ${logKinds.join('、')}。`,
        en: `There is no log "${params.kind}"; there are ${logKinds.join(', ')}.`,
      })
    const question = questionOf(call, kind, query)
    const by = who?.name ?? 'unknown'
    const made = await house.keeping.logs.make(question, { format: query.format, language: query.lang, by }, call.gone())
    if (!made.ok) throw refusalOf(made.why)
    await house.note({
      kind: 'log.exported',
      by,
      data: {
        log: kind,
        from: question.from,
        to: question.to,
        format: query.format,
        sha256: made.sha256,
        bytes: made.bytes,
        export: made.export,
      },
    })
    return fileAnswer(made, forms[query.format].type, fileName(house.site.id, kind, query))
  },
})

/** A made file on its way: removed once it is sent, or when nobody waits any more. */
export function fileAnswer(
  made: { readonly file: string; readonly bytes: number; readonly sha256: string },
  type: string,
  name: string,
): Answer {
  const stream = createReadStream(made.file)
  stream.once('close', () => rmSync(made.file, { force: true }))
  return new Answer(200, stream, {
    type,
    headers: {
      'content-length': String(made.bytes),
      'content-disposition': `attachment; filename="${name}"`,
      'x-content-sha256': made.sha256,
    },
  })
}

const fileName = (site: string, kind: string, { from, to, format }: { from: string; to: string; format: string }): string =>
  `${site}-${kind}-${from.slice(0, 10)}-${to.slice(0, 10)}.${format}`.replaceAll(/[^\w.-]/g, '_')

export function refusalOf(why: 'no-data' | 'disk-full' | 'busy' | 'took-too-long' | 'cancelled'): Refusal {
  const words: Readonly<Record<typeof why, Words>> = {
    'no-data': { zh: '数据目录里没有可读的数据。', en: 'The data folder holds nothing that can be read.' },
    'disk-full': {
      zh: '磁盘已满，导不出文件；请先清理磁盘。',
      en: 'The disk is full, nothing could be exported: make room first.',
    },
    busy: { zh: '正在导出别的记录，请稍候再试。', en: 'Other logs are being made: try again in a moment.' },
    'took-too-long': {
      zh: '时段太长，五分钟内没有导完；请缩短时段，或用命令行导出。',
      en: 'Five minutes were not enough for this period: ask for a shorter one, or use the command line.',
    },
    cancelled: { zh: '已取消。', en: 'Cancelled.' },
  }
  return new Refusal(why === 'busy' ? 'too-many' : why === 'took-too-long' ? 'took-too-long' : 'not-recordable', words[why])
}

export const logRoutes = [kinds, log]
