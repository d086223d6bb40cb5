import { z } from 'zod'
import type { HiddenSign } from '../site/plain-text.ts'
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
    // A form shows this one sentence: it says what is wrong, not only that something is.
    const first = errors[0]?.wrong
    const zh = count === 1 ? '有 1 处错误' : `有 ${count} 处错误，第一处`
    const en = count === 1 ? '1 mistake' : `${count} mistakes, the first`
    const detail = { zh: `${zh}：${first?.zh}。`, en: `${en}: ${first?.en}.` }
    return new Refusal('bad-request', detail, { errors })
  }

  #tell(issue: z.core.$ZodIssue): WrongPart {
    const path = [this.#part, ...issue.path.map(String)].join('.')
    if (issue.code === 'custom' && issue.message === 'hidden-sign') return { path, wrong: hiddenSign(issue.params as HiddenSign) }
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

/** The mistakes that people make, in words for people; the rest are programs' and are told in the library's. */
function plain(issue: z.core.$ZodIssue): WrongPart['wrong'] | undefined {
  if (issue.code === 'invalid_type' && issue.input === undefined) return { zh: '没有填写', en: 'it is missing' }
  if (issue.code === 'too_small' && issue.origin === 'string' && issue.minimum === 1)
    return { zh: '不能为空', en: 'it may not be empty' }
  if (issue.code === 'too_big' && issue.origin === 'string') {
    const text = String(issue.input)
    // Which of several fields it is, one sees by how it begins; a password is not repeated.
    const begins = issue.path.at(-1) === 'password' ? undefined : [...text].slice(0, 12).join('')
    return {
      zh: `${begins === undefined ? '' : `“${begins}…”`}太长：最多 ${issue.maximum} 个字，现在有 ${text.length} 个`,
      en: `${begins === undefined ? 'it' : `“${begins}…”`} is too long: at most ${issue.maximum} characters, it has ${text.length}`,
    }
  }
  return undefined
}

function hiddenSign({ sign, after }: HiddenSign): WrongPart['wrong'] {
  const zh = after === '' ? '开头' : `“${after}”后面`
  const en = after === '' ? 'at its beginning' : `after “${after}”`
  return {
    zh: `${zh}有一个看不见的字符（${sign}），会打乱文字的显示；请删掉它，或把这里重新输入`,
    en: `there is an invisible character (${sign}) ${en} that upsets how text is shown; delete it, or type that part again`,
  }
}

function oneOf(message: string): WrongPart['wrong'] {
  const allowed = message.replace(/^one-of:/, '')
  return { zh: `请从以下选择:${allowed}`, en: `choose from: ${allowed}` }
}

function said(locale: z.core.$ZodErrorMap, issue: z.core.$ZodIssue): string {
  const text = locale(issue as z.core.$ZodRawIssue)
  return typeof text === 'string' ? text : (text?.message ?? issue.message)
}
