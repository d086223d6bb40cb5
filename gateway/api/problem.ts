import type { Words } from '../../protocols/contract/driver.ts'

export type Language = 'zh' | 'en'
export interface WrongPart {
  /** Where: `body.0.t`, `line 3`. */
  readonly path: string
  readonly wrong: Words
}

/** A request that is answered with no: thrown by a route, told to the caller as `application/problem+json` (RFC 9457). */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  readonly kind: ProblemKind
  readonly detail: Words
  readonly errors: readonly WrongPart[] | undefined
  readonly headers: Readonly<Record<string, string>>

  constructor(
    kind: ProblemKind,
    detail: Words,
    more: { errors?: readonly WrongPart[]; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(detail.en)
    this.kind = kind
    this.status = kinds[kind].status
    this.detail = detail
    this.errors = more.errors
    this.headers = more.headers ?? {}
  }
}

/** Every kind of no this interface knows. `type` in the answer is `/docs/problems#KIND`. */
const kinds = {
  'bad-request': { status: 400, title: { zh: '请求有误', en: 'The request is wrong' } },
  'not-signed-in': { status: 401, title: { zh: '请先登录', en: 'Sign in first' } },
  'wrong-credentials': { status: 401, title: { zh: '用户名或密码不正确', en: 'Wrong user name or password' } },
  'not-allowed': { status: 403, title: { zh: '没有权限', en: 'Not allowed' } },
  'foreign-origin': { status: 403, title: { zh: '请求来自其他网站', en: 'The request comes from another site' } },
  'not-found': { status: 404, title: { zh: '没有找到', en: 'Not found' } },
  conflict: { status: 409, title: { zh: '与当前状态冲突', en: 'Conflicts with the present state' } },
  gone: { status: 410, title: { zh: '已失效', en: 'No longer valid' } },
  'too-large': { status: 413, title: { zh: '请求过大', en: 'The request is too large' } },
  'wrong-content-type': { status: 415, title: { zh: '不支持的内容类型', en: 'Content type not supported' } },
  'too-many': { status: 429, title: { zh: '尝试过于频繁', en: 'Too many attempts' } },
  'took-too-long': { status: 503, title: { zh: '耗时过长', en: 'It took too long' } },
  broken: { status: 500, title: { zh: '网关内部错误', en: 'The gateway made a mistake' } },
  'not-recordable': { status: 503, title: { zh: '暂时无法保存', en: 'Cannot be recorded at the moment' } },
} as const
export type ProblemKind = keyof typeof kinds

/** The body of a refusal in one language. */
export function problemBody(refusal: Refusal, language: Language): object {
  const { title } = kinds[refusal.kind]
  return {
    type: `urn:zhishou:problem:${refusal.kind}`,
    title: title[language],
    status: refusal.status,
    detail: refusal.detail[language],
    ...(refusal.errors === undefined
      ? {}
      : { errors: refusal.errors.map(({ path, wrong }) => ({ path, wrong: wrong[language] })) }),
  }
}

/**
 * The same for clients of InfluxDB: `code` and `message` are what Telegraf and the client libraries show, `line` the first wrong one. In
 * English, as they are.
 */
export function influxBody(refusal: Refusal): object {
  const line = /^line (\d+)$/.exec(refusal.errors?.[0]?.path ?? '')?.[1]
  return {
    code: influxCodes[refusal.status] ?? (refusal.status < 500 ? 'invalid' : 'internal error'),
    message: refusal.detail.en,
    ...(line === undefined ? {} : { line: Number(line) }),
    ...problemBody(refusal, 'en'),
  }
}

/** Error codes of the InfluxDB v2 interface. */
const influxCodes: Readonly<Record<number, string>> = {
  400: 'invalid',
  401: 'unauthorized',
  403: 'forbidden',
  413: 'request too large',
  429: 'too many requests',
  503: 'unavailable',
}

/** The better of our two languages for an `Accept-Language`; English when it names neither. */
export function languageOf(accept: string | undefined): Language {
  const wishes = (accept ?? '')
    .slice(0, 500)
    .split(',')
    .map((part, order) => {
      const [tag = '', ...settings] = part.trim().toLowerCase().split(';')
      const weight = settings.map(setting => /^\s*q=([\d.]+)\s*$/.exec(setting)?.[1]).find(found => found !== undefined)
      return {
        language: tag.startsWith('zh') ? 'zh' : tag.startsWith('en') ? 'en' : undefined,
        weight: Number(weight ?? 1),
        order,
      } as const
    })
  const best = wishes
    .filter(wish => wish.language !== undefined && wish.weight > 0)
    .toSorted((a, b) => b.weight - a.weight || a.order - b.order)[0]
  return best?.language ?? 'en'
}

export const notFound = (detail: Words): Refusal => new Refusal('not-found', detail)
