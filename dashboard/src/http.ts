/** Every question the page asks over HTTP. Refusals come back as data, with a reason the page can put in words. */
import type {
  WireAlarm,
  WireCoveredClause,
  WireDemo,
  WireDuty,
  WireEntry,
  WireOutlook,
  WireReadings,
  WireSession,
  WireSite,
  WireTold,
} from '../../gateway/api/wire.ts'
import { ownClock } from './time.svelte.ts'
import { waiting } from './waiting.svelte.ts'
import type { Wait } from './waiting.svelte.ts'

/** `said` is the gateway's own sentence, in the language of the page. */
export type Refusal = { readonly said?: string } & (
  | { readonly why: 'signed-out' | 'forbidden' | 'not-found' | 'offline' | 'server' | 'wrong' | 'gone' }
  /** No answer in time: what was asked for may have been done. */
  | { readonly why: 'slow' }
  | { readonly why: 'conflict'; readonly code: string }
  | { readonly why: 'throttled'; readonly seconds: number | undefined }
)
export type Answer<T> = { readonly ok: true; readonly value: T } | ({ readonly ok: false } & Refusal)
export interface Page<T> {
  readonly items: readonly T[]
  readonly next: string | null
}

/** What HTTP writes as ISO 8601 wherever the live channel has ms. */
type Written<T, Keys extends keyof T> = Omit<T, Keys> & { readonly [Key in keyof Pick<T, Keys>]: string }
type Part<Key extends keyof WireAlarm> = NonNullable<WireAlarm[Key]>

/** An alarm as HTTP writes it: the times the live channel has in ms are ISO here. */
export type WrittenAlarm = Omit<
  WireAlarm,
  'since' | 'raisedAt' | 'clearedAt' | 'acknowledged' | 'confirmed' | 'shelved' | 'outOfService' | 'suppressed' | 'told'
> & {
  readonly since: string
  readonly raisedAt: string
  readonly clearedAt?: string
  readonly acknowledged?: Written<Part<'acknowledged'>, 'at'>
  readonly confirmed?: Written<Part<'confirmed'>, 'at'>
  readonly shelved?: Written<Part<'shelved'>, 'at' | 'until'>
  readonly outOfService?: Written<Part<'outOfService'>, 'at' | 'until'>
  readonly suppressed?: Written<Part<'suppressed'>, 'at'>
  readonly told: readonly Written<WireTold, 'at' | 'deliveredAt'>[]
}
/** `GET /alarms/ID` has what the journal says of it besides. */
export type WrittenStory = WrittenAlarm & { readonly timeline: readonly WireEntry[] }

export function alarmOf(written: WrittenAlarm): WireAlarm {
  const { since, raisedAt, clearedAt, acknowledged, confirmed, shelved, outOfService, suppressed, told, ...rest } = written
  return {
    ...rest,
    since: Date.parse(since),
    raisedAt: Date.parse(raisedAt),
    ...(clearedAt === undefined ? {} : { clearedAt: Date.parse(clearedAt) }),
    ...(acknowledged && { acknowledged: { ...acknowledged, at: Date.parse(acknowledged.at) } }),
    ...(confirmed && { confirmed: { ...confirmed, at: Date.parse(confirmed.at) } }),
    ...(shelved && { shelved: { ...shelved, at: Date.parse(shelved.at), until: Date.parse(shelved.until) } }),
    ...(outOfService && {
      outOfService: { ...outOfService, at: Date.parse(outOfService.at), until: Date.parse(outOfService.until) },
    }),
    ...(suppressed && { suppressed: { ...suppressed, at: Date.parse(suppressed.at) } }),
    told: told.map(({ at, deliveredAt, ...one }) => ({
      ...one,
      at: Date.parse(at),
      ...(deliveredAt === undefined ? {} : { deliveredAt: Date.parse(deliveredAt) }),
    })),
  }
}

export interface AlarmStory {
  readonly alarm: WireAlarm
  readonly timeline: readonly WireEntry[]
}

/** What is said in the language of now. */
export interface HttpWords {
  /** The gateway's own sentences, in the characters the reader chose. */
  readonly inScript: (said: string) => string
  readonly slow: () => string
}

export class Http {
  readonly #signedOut: (undone: boolean) => void
  readonly #words: HttpWords
  readonly #key: string | undefined

  /**
   * `signedOut` is told whenever the gateway no longer knows this browser, except when the question was to sign in, and whether something was
   * to be done that now is not. `key`: an API token that is shown instead of a session.
   */
  constructor(signedOut: (undone: boolean) => void, words: HttpWords, key?: string) {
    this.#signedOut = signedOut
    this.#words = words
    this.#key = key
  }

  session(): Promise<Answer<WireSession>> {
    return ask('GET', '/session', undefined, this.#key)
  }
  signIn(username: string, password: string): Promise<Answer<WireSession>> {
    return ask('POST', '/session', { username, password })
  }
  signOut(): Promise<Answer<unknown>> {
    return ask('DELETE', '/session')
  }
  site(): Promise<Answer<WireSite>> {
    return this.ask('GET', '/site')
  }
  /** `every` in seconds; readings themselves when left out. `from` and `to` are ms. */
  readings(point: string, from: number, to: number, every?: number): Promise<Answer<WireReadings>> {
    const bucket = every === undefined ? '' : `&every=${every}s`
    return this.ask('GET', `/points/${encodeURIComponent(point)}/readings?from=${Math.round(from)}&to=${Math.round(to)}${bucket}`)
  }
  /** What is allowed at a point over a time, what watches it, and where its readings lead. */
  outlook(point: string, from: number, to: number): Promise<Answer<WireOutlook>> {
    return this.ask('GET', `/points/${encodeURIComponent(point)}/outlook?from=${Math.round(from)}&to=${Math.round(to)}`)
  }
  async alarms(query: Readonly<Record<string, string>>): Promise<Answer<Page<WireAlarm>>> {
    const answer = await this.ask<Page<WrittenAlarm>>('GET', `/alarms?${new URLSearchParams(query)}`)
    return answer.ok ? { ok: true, value: { ...answer.value, items: answer.value.items.map(alarmOf) } } : answer
  }
  /** What is known of one alarm, open or over, and what the journal says of it, oldest first. */
  async alarm(id: string): Promise<Answer<AlarmStory>> {
    const answer = await this.ask<WrittenStory>('GET', `/alarms/${encodeURIComponent(id)}`)
    if (!answer.ok) return answer
    const { timeline, ...written } = answer.value
    return { ok: true, value: { alarm: alarmOf(written), timeline: timeline.toSorted((a, b) => a.seq - b.seq) } }
  }
  /** `deed` as the interface names it: `acknowledge`, `shelve`, `return-to-service` … */
  async command(alarm: string, deed: string, body: Readonly<Record<string, unknown>>): Promise<Answer<WireAlarm>> {
    const answer = await this.ask<WrittenAlarm>('POST', `/alarms/${encodeURIComponent(alarm)}/${deed}`, body)
    return answer.ok ? { ok: true, value: alarmOf(answer.value) } : answer
  }
  journal(query: Readonly<Record<string, string>>): Promise<Answer<Page<WireEntry>>> {
    return this.ask('GET', `/journal?${new URLSearchParams(query)}`)
  }
  coverage(): Promise<Answer<Page<WireCoveredClause>>> {
    return this.ask('GET', '/coverage')
  }
  duties(): Promise<Answer<Page<WireDuty>>> {
    return this.ask('GET', '/duties')
  }
  demo(): Promise<Answer<WireDemo>> {
    return this.ask('GET', '/demo/faults')
  }
  setFault(equipment: string, fault: string, on: boolean): Promise<Answer<unknown>> {
    return this.ask(on ? 'POST' : 'DELETE', '/demo/faults', { equipment, fault })
  }
  setSpeed(speed: number): Promise<Answer<unknown>> {
    return this.ask('PUT', '/demo/speed', { speed })
  }

  /** Any question of a signed-in person; `path` begins after `/api/v1`. `most`: ms without a word, for what takes the gateway long. */
  async ask<T>(method: string, path: string, body?: unknown, most?: number): Promise<Answer<T>> {
    const answer = await ask<T>(method, path, body, this.#key, most)
    if (answer.ok) return answer
    if (answer.why === 'signed-out') this.#signedOut(method !== 'GET')
    if (answer.why === 'slow') return { ...answer, said: this.#words.slow() }
    return answer.said === undefined ? answer : { ...answer, said: this.#words.inScript(answer.said) }
  }
}

/** Any question at all, signed in or not; `path` begins after `/api/v1`. */
export async function ask<T>(method: string, path: string, body?: unknown, key?: string, most?: number): Promise<Answer<T>> {
  const wait = waiting.begin(most)
  const asked = ownClock.now()
  try {
    const response = await fetch(`/api/v1${path}`, {
      method,
      headers: {
        'accept-language': document.documentElement.lang,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      },
      credentials: 'same-origin',
      signal: wait.signal,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    ownClock.compare(response.headers.get('date'), asked)
    if (!response.ok) return { ok: false, ...(await refusal(response)) }
    const text = await textOf(response, wait)
    return { ok: true, value: (text === '' ? undefined : JSON.parse(text)) as T }
  } catch (error) {
    if (error instanceof SyntaxError) throw error
    return { ok: false, why: wait.isOver ? 'slow' : 'offline' }
  } finally {
    wait.end()
  }
}

async function textOf({ body }: Response, wait: Wait): Promise<string> {
  if (!body) return ''
  let text = ''
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    text += part.value
    wait.heard()
  }
  return text
}

async function refusal(response: Response): Promise<Refusal> {
  const { code, said } = await problem(response)
  return { ...reason(response, code), ...(said === undefined ? {} : { said }) }
}

function reason(response: Response, code: string): Refusal {
  switch (response.status) {
    case 400:
      return { why: 'wrong' }
    case 401:
      return { why: 'signed-out' }
    case 403:
      return { why: 'forbidden' }
    case 404:
      return { why: 'not-found' }
    case 409:
    case 503:
      return { why: 'conflict', code }
    case 410:
      return { why: 'gone' }
    case 429: {
      const seconds = Number(response.headers.get('retry-after'))
      return { why: 'throttled', seconds: Number.isFinite(seconds) && seconds > 0 ? Math.ceil(seconds) : undefined }
    }
    default:
      return { why: 'server' }
  }
}

/** The last word of a problem's `type` or its own `code`: what happened, in a form the dictionary can look up; and its sentence. */
async function problem(response: Response): Promise<{ readonly code: string; readonly said: string | undefined }> {
  try {
    const body: unknown = await response.json()
    if (typeof body !== 'object' || body === null) return { code: '', said: undefined }
    const name = 'code' in body ? body.code : 'type' in body ? body.type : ''
    const said = 'detail' in body && typeof body.detail === 'string' && body.detail !== '' ? body.detail : undefined
    return { code: String(name).split(/[/:#]/u).at(-1) ?? '', said }
  } catch {
    return { code: '', said: undefined }
  }
}
