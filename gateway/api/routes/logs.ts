import { createReadStream, rmSync } from 'node:fs'
import { z } from 'zod'
import type { Words } from '../../../protocols/contract/driver.ts'
import { isAllowed } from '../../accounts/permissions.ts'
import { logKinds } from '../../report/document.ts'
import type { LogKind } from '../../report/document.ts'
import { attachmentHeader, fileNameOf } from '../../report/file-name.ts'
import type { Made } from '../../report/log-desk.ts'
import { logs } from '../../report/logs.ts'
import { parseFrom, parseTo } from '../../report/period.ts'
import { logFormats } from '../../report/question.ts'
import type { Language, LogFormat, LogQuestion } from '../../report/question.ts'
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
  const [equipment, areas] = [idsOf(asked.equipment), idsOf(asked.area)]
  for (const id of equipment)
    if (!house.site.equipment.some(one => one.id === id))
      throw notFound({ zh: `没有设备“${id}”。`, en: `There is no equipment "${id}".` })
  for (const id of areas)
    if (!house.site.areas.some(one => one.id === id)) throw notFound({ zh: `没有区域“${id}”。`, en: `There is no area "${id}".` })
  return { kind, from, to, equipment, areas }
}

const idsOf = (text: string | undefined): string[] =>
  [...new Set((text ?? '').split(',').map(id => id.trim()))].filter(id => id !== '')

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

const answers = { 200: z.unknown(), 400: problem, 403: problem, 404: problem, 429: problem, 503: problem }

const log = route({
  method: 'GET',
  url: '/api/v1/logs/:kind',
  may: 'read-logs',
  summary: "An inspector's log of a period, with its proof; as JSON, CSV, XLSX or PDF",
  tag: 'Logs',
  params: z.object({ kind: z.string().max(40) }),
  query: z.object({
    ...period,
    format: z.enum(logFormats).default('json'),
    preview: z.coerce
      .number()
      .int()
      .min(1)
      .max(2_000)
      .optional()
      .meta({ description: 'JSON only: so many rows of each section, unsigned and not written down as an export' }),
  }),
  answers,
  async act(call) {
    const { house, params, query } = call
    const { format, lang: language } = query
    const kind = kindOf(params.kind)
    await mayRead(call, [kind])
    const question = questionOf(call, kind, query)
    const preview = format === 'json' ? query.preview : undefined
    const asked = { format, language, by: nameOf(call), ...(preview === undefined ? {} : { preview }) }
    const made = await house.keeping.logs.make(question, asked, call.gone())
    if (preview !== undefined) {
      if (!made.ok) throw refusalOf(made.why)
      return fileAnswer(made, forms.json.type, 'inline')
    }
    return sent(call, made, {
      log: kind,
      format,
      question,
      type: forms[format].type,
      name: logs[kind].name,
      ending: format,
      language,
    })
  },
})

const pack = route({
  method: 'GET',
  url: '/api/v1/pack',
  may: 'read-logs',
  summary: 'An inspector pack: several logs in every form, with photos, proofs and how to check them; one zip',
  tag: 'Logs',
  query: z.object({
    ...period,
    kinds: z.string().max(200).optional().meta({ description: 'With commas between; default: all' }),
  }),
  answers,
  async act(call) {
    const { house, query } = call
    const { lang: language } = query
    const asked = [...new Set(idsOf(query.kinds))].map(kindOf)
    const [first, ...more] = asked.length > 0 ? asked : logKinds
    const kinds = [first ?? logKinds[0], ...more]
    await mayRead(call, kinds)
    const question = questionOf(call, kinds[0] ?? logKinds[0], query)
    const questions = [question, ...more.map(kind => ({ ...question, kind }))] as const
    const made = await house.keeping.logs.pack(questions, { language, by: nameOf(call) }, call.gone())
    const name = { zh: '检查包', en: 'Inspector pack' }
    return sent(call, made, {
      log: kinds.join(','),
      format: 'pack',
      question,
      type: 'application/zip',
      name,
      ending: 'zip',
      language,
    })
  },
})

const nameOf = ({ who }: Pick<Call, 'who'>): string => who?.name ?? 'unknown'

function kindOf(asked: string): LogKind {
  const kind = logKinds.find(one => one === asked)
  if (kind) return kind
  throw notFound({
    zh: `没有“${asked}”这种记录；有 ${logKinds.join('、')}。`,
    en: `There is no log "${asked}"; there are ${logKinds.join(', ')}.`,
  })
}

/** The audit trail is for those who may read the journal; whoever tries without is written down. Throws Refusal. */
async function mayRead({ house, who }: Pick<Call, 'house' | 'who'>, kinds: readonly LogKind[]): Promise<void> {
  if (!kinds.includes('audit') || (who && isAllowed(who.role, 'read-journal'))) return
  await house.note({ kind: 'access.refused', by: who?.name ?? '', data: { log: 'audit', role: who?.role ?? '' } })
  throw new Refusal('not-allowed', {
    zh: '审计记录只给能查看日志的人：请去掉审计记录，或用检查员账号登录。',
    en: 'The audit trail is for those who may read the journal: leave it out, or sign in as an inspector.',
  })
}

interface Sent {
  readonly log: string
  readonly format: string
  readonly question: LogQuestion
  readonly type: string
  readonly name: Words
  readonly ending: LogFormat | 'zip'
  readonly language: Language
}

/** Written down, then on its way; a file that is not sent is removed. */
async function sent(
  call: Pick<Call, 'house' | 'who'>,
  made: Made,
  { log: what, format, question, type, name, ending, language }: Sent,
): Promise<Answer> {
  if (!made.ok) throw refusalOf(made.why)
  const { house } = call
  const { from, to, equipment, areas } = question
  const { sha256, bytes, export: id } = made
  try {
    const data = { log: what, from, to, equipment, areas, format, sha256, bytes, export: id }
    await house.note({ kind: 'log.exported', by: nameOf(call), data })
  } catch (error) {
    rmSync(made.file, { force: true })
    throw error
  }
  const { site } = house
  const file = fileNameOf(site.name, name, question, ending, { language, zone: site.timeZone })
  return fileAnswer(made, type, attachmentHeader(file, `${site.id}-${format === 'pack' ? 'pack' : what}.${ending}`))
}

/** A made file on its way: removed once it is sent, or when nobody waits any more. */
function fileAnswer(
  made: { readonly file: string; readonly bytes: number; readonly sha256: string },
  type: string,
  disposition: string,
): Answer {
  const stream = createReadStream(made.file)
  stream.once('close', () => rmSync(made.file, { force: true }))
  return new Answer(200, stream, {
    type,
    headers: {
      'content-length': String(made.bytes),
      'content-disposition': disposition,
      'x-content-sha256': made.sha256,
    },
  })
}

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

export const logRoutes = [kinds, log, pack]
