import type { Words } from '../../../protocols/contract/driver.ts'
import type { Asked } from './http.ts'
import { secretsIn } from './settings.ts'
import type { ChannelSettings } from './settings.ts'
import { escapes, fill, formOf, placeholders, wordsIn } from './template.ts'
import type { BodyForm } from './template.ts'

/** How a provider of short messages wants to be asked, and how it says yes. */
export interface SmsSettings {
  readonly method: Asked['method']
  /** With placeholders. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** A text or, for JSON and forms, the values; with placeholders. */
  readonly body: unknown
  /** How values are written into the body; absent where none is sent. */
  readonly form?: BodyForm
  readonly success: { readonly status?: number; readonly pointer?: string; readonly equals: string }
  /** Characters of `{text}`. */
  readonly longest: number
  /** The placeholders in use. */
  readonly template: readonly string[]
  readonly secrets: readonly string[]
}

export const smsSchema = {
  method: { enum: ['POST', 'PUT', 'GET'], default: 'POST' },
  headers: { type: 'object', additionalProperties: { type: 'string' } },
  body: {
    description: `${placeholders.map(word => `{${word}}`).join(' ')} · {json:text}`,
    type: ['string', 'object'],
  },
  success: {
    type: 'object',
    additionalProperties: false,
    properties: {
      status: { type: 'integer', minimum: 100, maximum: 599 },
      pointer: { type: 'string', pattern: '^/' },
      equals: { type: ['string', 'number', 'boolean'] },
    },
  },
  longest: { type: 'integer', minimum: 20, maximum: 2_000, default: 300 },
} as const

const sample = { phone: '13800000000', text: '一"二"\\\n三', title: '一', link: 'https://a/', key: 'N1' }

/** Reads the settings; problems are with the reader. */
export function readSms(reader: ChannelSettings): SmsSettings {
  const url = reader.url('url', 'https://sms.example.com/send')
  const given = reader.raw('url')
  const headers = reader.headers('headers')
  const method = reader.choice('method', ['POST', 'PUT', 'GET'], 'POST')
  const body = reader.raw('body')
  const type = headers['content-type'] ?? 'application/json; charset=utf-8'
  const form = method === 'GET' ? undefined : formOf(type)
  if (method === 'GET' && body !== undefined)
    reader.problem(['body'], noBody, { zh: '删去 body，或写 method: POST', en: 'remove it, or write method: POST' })
  if (method !== 'GET' && form === undefined) reader.problem(['headers', 'content-type'], strangeType(type), knownTypes)
  if (method !== 'GET') checkBody(reader, body, form)
  const text = [given, JSON.stringify(body) ?? '', ...Object.values(headers)].join('\n')
  const template = wordsIn(text)
  checkWords(reader, template)
  const withType = form === undefined ? headers : { ...headers, 'content-type': type }
  return {
    method,
    url: typeof given === 'string' ? given : url.href,
    headers: withType,
    body,
    ...(form === undefined ? {} : { form }),
    success: readSuccess(reader),
    longest: reader.integer('longest', 300, 20, 2_000),
    template,
    // Providers take keys in the body as well: everything in it that is long enough to be one.
    secrets: [...secretsIn(url, ...Object.values(headers)), ...(JSON.stringify(body)?.match(/[\w+/=.-]{8,}/g) ?? [])],
  }
}

function checkBody(reader: ChannelSettings, body: unknown, form: BodyForm | undefined): void {
  const isText = typeof body === 'string' && body !== ''
  const isMapping = typeof body === 'object' && body !== null && !Array.isArray(body)
  if (!isText && !isMapping) {
    reader.problem(
      ['body'],
      body === undefined ? { zh: '缺少 body', en: 'body is missing' } : { zh: 'body 不能这样写', en: 'body cannot be this' },
      {
        zh: "例如 body: { mobile: '{phone}', content: '{text}' }",
        en: "for example body: { mobile: '{phone}', content: '{text}' }",
      },
      body === undefined ? 'missing' : 'bad-value',
    )
  } else if (isMapping && form !== 'json' && form !== 'form' && form !== undefined) {
    reader.problem(
      ['body'],
      { zh: '这种内容类型的 body 要写成一段文字', en: 'a body of this type must be a text' },
      { zh: "body: '…{text}…'", en: "body: '…{text}…'" },
    )
  } else if (isMapping && form === 'form' && Object.values(body).some(value => typeof value === 'object')) {
    reader.problem(
      ['body'],
      { zh: '表单里的值不能再分层', en: 'the values of a form have no levels' },
      { zh: '嵌套的 JSON 写成文字：\'{"text":"{json:text}"}\'', en: 'write nested JSON as a text: \'{"text":"{json:text}"}\'' },
    )
  } else if (isText && form === 'json') {
    try {
      JSON.parse(fill(body, sample, escapes.json))
    } catch {
      reader.problem(
        ['body'],
        { zh: '填好后不是 JSON', en: 'filled in, it is no JSON' },
        {
          zh: '检查引号和逗号，或者不加引号写成一组键值',
          en: 'look at quotes and commas, or write it as a mapping instead of a text',
        },
        'bad-json',
      )
    }
  }
}

function checkWords(reader: ChannelSettings, template: readonly string[]): void {
  const list = placeholders.map(word => `{${word}}`).join(' ')
  for (const word of new Set(template)) {
    if (placeholders.some(known => known === word)) continue
    reader.problem(
      ['body'],
      { zh: `不认识 {${word}}`, en: `{${word}} is not known` },
      { zh: `可以写：${list}`, en: `write one of ${list}` },
      'unknown-placeholder',
    )
  }
  if (!template.includes('phone'))
    reader.problem(
      ['body'],
      { zh: '没有 {phone}：不知道发给谁', en: 'there is no {phone}: to whom?' },
      { zh: `写上 {phone}`, en: 'write {phone} where the number goes' },
      'missing',
    )
  if (!template.includes('text') && !template.includes('title'))
    reader.problem(
      ['body'],
      { zh: '没有 {text}：不知道发什么', en: 'there is no {text}: to say what?' },
      { zh: `写上 {text} 或 {title}`, en: 'write {text} or {title} where the message goes' },
      'missing',
    )
}

function readSuccess(reader: ChannelSettings): SmsSettings['success'] {
  const value = reader.raw('success')
  if (value === undefined) return { equals: '' }
  const { status, pointer, equals, ...others } = (
    typeof value === 'object' && value !== null ? value : { wrong: value }
  ) as Readonly<Record<string, unknown>>
  const isStatus =
    status === undefined || (typeof status === 'number' && Number.isInteger(status) && status >= 100 && status <= 599)
  const isPointer = pointer === undefined || (typeof pointer === 'string' && /^\/\S*$/.test(pointer))
  const isValue = ['string', 'number', 'boolean'].includes(typeof equals)
  if (Object.keys(others).length > 0 || !isStatus || !isPointer || isValue !== (pointer !== undefined))
    reader.problem(
      ['success'],
      {
        zh: 'success 要写状态码，或一个 JSON 位置和它应有的值',
        en: 'success is a status, or a place in the JSON answer with the value it must have',
      },
      { zh: '例如 success: { pointer: /code, equals: 0 }', en: 'for example success: { pointer: /code, equals: 0 }' },
      'bad-value',
    )
  return {
    equals: String(equals),
    ...(typeof status === 'number' ? { status } : {}),
    ...(typeof pointer === 'string' ? { pointer } : {}),
  }
}

const noBody: Words = { zh: 'GET 没有 body', en: 'GET has no body' }
const strangeType = (type: string): Words => ({
  zh: `不知道怎样往 ${type} 里填写文字`,
  en: `it is not known how to write a text into ${type}`,
})
const knownTypes: Words = {
  zh: 'application/json、application/x-www-form-urlencoded、application/xml 或 text/plain',
  en: 'application/json, application/x-www-form-urlencoded, application/xml or text/plain',
}
