/** Every question the page asks over HTTP. Refusals come back as data, with a reason the page can put in words. */
import type {
  WireAlarm,
  WireCoveredClause,
  WireDemo,
  WireDuty,
  WireEntry,
  WireReadings,
  WireSession,
  WireSite,
} from '../../gateway/api/wire.ts'

export type Refusal =
  | { readonly why: 'signed-out' | 'forbidden' | 'not-found' | 'offline' | 'server' }
  | { readonly why: 'conflict'; readonly code: string }
  | { readonly why: 'throttled'; readonly seconds: number | undefined }
export type Answer<T> = { readonly ok: true; readonly value: T } | ({ readonly ok: false } & Refusal)
export interface Page<T> {
  readonly items: readonly T[]
  readonly next: string | null
}

/** An alarm as HTTP writes it: the times the live channel has in ms are ISO here. */
export type WrittenAlarm = Omit<WireAlarm, 'since' | 'raisedAt' | 'clearedAt' | 'acknowledged'> & {
  readonly since: string
  readonly raisedAt: string
  readonly clearedAt?: string
  readonly acknowledged?: { readonly by: string; readonly at: string; readonly comment: string }
}

export function alarmOf({ since, raisedAt, clearedAt, acknowledged, ...rest }: WrittenAlarm): WireAlarm {
  return {
    ...rest,
    since: Date.parse(since),
    raisedAt: Date.parse(raisedAt),
    ...(clearedAt === undefined ? {} : { clearedAt: Date.parse(clearedAt) }),
    ...(acknowledged === undefined ? {} : { acknowledged: { ...acknowledged, at: Date.parse(acknowledged.at) } }),
  }
}

export class Http {
  readonly #signedOut: () => void

  /** `signedOut` is told whenever the gateway no longer knows this browser, except when the question was to sign in. */
  constructor(signedOut: () => void) {
    this.#signedOut = signedOut
  }

  session(): Promise<Answer<WireSession>> {
    return ask('GET', '/session')
  }
  signIn(username: string, password: string): Promise<Answer<WireSession>> {
    return ask('POST', '/session', { username, password })
  }
  signOut(): Promise<Answer<unknown>> {
    return ask('DELETE', '/session')
  }
  site(): Promise<Answer<WireSite>> {
    return this.#ask('GET', '/site')
  }
  /** `every` in seconds; readings themselves when left out. `from` and `to` are ms. */
  readings(point: string, from: number, to: number, every?: number): Promise<Answer<WireReadings>> {
    const bucket = every === undefined ? '' : `&every=${every}s`
    return this.#ask(
      'GET',
      `/points/${encodeURIComponent(point)}/readings?from=${Math.round(from)}&to=${Math.round(to)}${bucket}`,
    )
  }
  async alarms(query: Readonly<Record<string, string>>): Promise<Answer<Page<WireAlarm>>> {
    const answer = await this.#ask<Page<WrittenAlarm>>('GET', `/alarms?${new URLSearchParams(query)}`)
    return answer.ok ? { ok: true, value: { ...answer.value, items: answer.value.items.map(alarmOf) } } : answer
  }
  async acknowledge(alarm: string, comment: string): Promise<Answer<WireAlarm>> {
    const answer = await this.#ask<WrittenAlarm>('POST', `/alarms/${encodeURIComponent(alarm)}/acknowledge`, { comment })
    return answer.ok ? { ok: true, value: alarmOf(answer.value) } : answer
  }
  journal(query: Readonly<Record<string, string>>): Promise<Answer<Page<WireEntry>>> {
    return this.#ask('GET', `/journal?${new URLSearchParams(query)}`)
  }
  coverage(): Promise<Answer<Page<WireCoveredClause>>> {
    return this.#ask('GET', '/coverage')
  }
  duties(): Promise<Answer<Page<WireDuty>>> {
    return this.#ask('GET', '/duties')
  }
  demo(): Promise<Answer<WireDemo>> {
    return this.#ask('GET', '/demo/faults')
  }
  setFault(equipment: string, fault: string, on: boolean): Promise<Answer<unknown>> {
    return this.#ask(on ? 'POST' : 'DELETE', '/demo/faults', { equipment, fault })
  }
  setSpeed(speed: number): Promise<Answer<unknown>> {
    return this.#ask('PUT', '/demo/speed', { speed })
  }

  async #ask<T>(method: string, path: string, body?: unknown): Promise<Answer<T>> {
    const answer = await ask<T>(method, path, body)
    if (!answer.ok && answer.why === 'signed-out') this.#signedOut()
    return answer
  }
}

async function ask<T>(method: string, path: string, body?: unknown): Promise<Answer<T>> {
  let response: Response
  try {
    response = await fetch(`/api/v1${path}`, {
      method,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      credentials: 'same-origin',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  } catch {
    return { ok: false, why: 'offline' }
  }
  if (!response.ok) return { ok: false, ...(await refusal(response)) }
  const text = await response.text()
  return { ok: true, value: (text === '' ? undefined : JSON.parse(text)) as T }
}

async function refusal(response: Response): Promise<Refusal> {
  switch (response.status) {
    case 401:
      return { why: 'signed-out' }
    case 403:
      return { why: 'forbidden' }
    case 404:
      return { why: 'not-found' }
    case 409:
    case 503:
      return { why: 'conflict', code: await problemCode(response) }
    case 429: {
      const seconds = Number(response.headers.get('retry-after'))
      return { why: 'throttled', seconds: Number.isFinite(seconds) && seconds > 0 ? Math.ceil(seconds) : undefined }
    }
    default:
      return { why: 'server' }
  }
}

/** The last word of a problem's `type` or its own `code`: what happened, in a form the dictionary can look up. */
async function problemCode(response: Response): Promise<string> {
  try {
    const problem: unknown = await response.json()
    if (typeof problem !== 'object' || problem === null) return ''
    const said = 'code' in problem ? problem.code : 'type' in problem ? problem.type : ''
    return String(said).split(/[/:#]/u).at(-1) ?? ''
  } catch {
    return ''
  }
}
