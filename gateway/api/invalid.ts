import { z } from 'zod'
import { Refusal } from './problem.ts'
import type { WrongPart } from './problem.ts'

const chinese = z.locales.zhCN().localeError
const english = z.locales.en().localeError
/** Listing ten thousand mistakes helps nobody. */
const most = 100

/** Input that does not have the shape its route declares. */
export class InvalidInput extends Error {
  override readonly name = 'InvalidInput'
  readonly #part: string
  readonly #issues: readonly z.core.$ZodIssue[]

  constructor(part: string, issues: readonly z.core.$ZodIssue[]) {
    super('the input does not have the declared shape')
    this.#part = part
    this.#issues = issues
  }

  toRefusal(): Refusal {
    const count = this.#issues.length
    const errors = this.#issues.slice(0, most).map(issue => this.#tell(issue))
    return new Refusal(
      'bad-request',
      { zh: `有 ${count} 处错误。`, en: `${count} mistake${count === 1 ? '' : 's'}.` },
      { errors },
    )
  }

  #tell(issue: z.core.$ZodIssue): WrongPart {
    const path = [this.#part, ...issue.path.map(String)].join('.')
    if (issue.code === 'custom') return { path, wrong: own[issue.message] ?? oneOf(issue.message) }
    return { path, wrong: plain(issue) ?? { zh: said(chinese, issue), en: said(english, issue) } }
  }
}

const own: Readonly<Record<string, WrongPart['wrong']>> = {
  'not-a-time': {
    zh: '不是时间；请写带时区偏移的 ISO 8601(2026-09-01T08:30:00+08:00)或毫秒时间戳',
    en: 'not a time; write ISO 8601 with offset (2026-09-01T08:30:00+08:00) or milliseconds since 1970',
  },
  'not-a-day': { zh: '不是日期；请写 2026-09-01 或 2026-09', en: 'not a day; write 2026-09-01 or 2026-09' },
  'not-a-duration': { zh: '不是时长；请写 60s、10m、6h 或 10d', en: 'not a duration; write 60s, 10m, 6h or 10d' },
}

/** The two mistakes that people make, in words for people; the rest are programs' and are told in the library's. */
function plain(issue: z.core.$ZodIssue): WrongPart['wrong'] | undefined {
  if (issue.code === 'invalid_type' && issue.input === undefined) return { zh: '没有填写', en: 'it is missing' }
  if (issue.code === 'too_small' && issue.origin === 'string' && issue.minimum === 1)
    return { zh: '不能为空', en: 'it may not be empty' }
  return undefined
}

function oneOf(message: string): WrongPart['wrong'] {
  const allowed = message.replace(/^one-of:/, '')
  return { zh: `请从以下选择:${allowed}`, en: `choose from: ${allowed}` }
}

function said(locale: z.core.$ZodErrorMap, issue: z.core.$ZodIssue): string {
  const text = locale(issue as z.core.$ZodRawIssue)
  return typeof text === 'string' ? text : (text?.message ?? issue.message)
}
