import { request as plainRequest } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { request as secureRequest } from 'node:https'
import { millis, seconds } from '../../../protocols/contract/time.ts'
import type { Clock, Millis } from '../../../protocols/contract/time.ts'
import type { Delivery } from '../channel.ts'
import { excerpt } from './text.ts'

export interface Asked {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}
export type Answered =
  | {
      readonly ok: true
      readonly status: number
      readonly headers: IncomingHttpHeaders
      readonly text: string
      /** False where the rest was too long, too late or cut off: the head of the answer has come all the same. */
      readonly whole: boolean
    }
  | { readonly ok: false; readonly why: string }

/** From the first packet to the last byte of the answer. */
export const patience = seconds(15)
const longestAnswer = 64 * 1_024

/**
 * Asks once over a connection of its own, straight (no proxy), and follows no redirect: where a message goes is what the site file says.
 * Never rejects; ends within `patience`, at the latest when `signal` aborts.
 */
export function ask(asked: Asked, { wall, signal }: { readonly wall: Clock; readonly signal: AbortSignal }): Promise<Answered> {
  return new Promise(resolve => {
    let answer: IncomingMessage | undefined
    const chunks: Buffer[] = []
    let length = 0
    const said = (whole: boolean, why: string): Answered => {
      if (answer?.statusCode === undefined) return { ok: false, why }
      // A character that the limit cuts in two is left out.
      const text = new TextDecoder().decode(Buffer.concat(chunks), { stream: !whole })
      return { ok: true, status: answer.statusCode, headers: answer.headers, text, whole }
    }
    const end = (answered: Answered): void => {
      cancel()
      signal.removeEventListener('abort', aborted)
      call?.destroy()
      resolve(answered)
    }
    const aborted = (): void => end(said(false, 'given up: the gateway stops'))
    const cancel = wall.after(patience, () => end(said(false, `no answer within ${patience / 1_000} s`)))
    const { url, method, headers, body } = asked
    const send = url.protocol === 'https:' ? secureRequest : plainRequest
    let call: ReturnType<typeof send> | undefined
    try {
      call = send(url, {
        method,
        agent: false,
        headers: {
          'user-agent': 'zhishou',
          ...headers,
          ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
        },
      })
    } catch (error) {
      // A header or an address that HTTP cannot carry.
      return end({ ok: false, why: reasonOf(error) })
    }
    // Stays for good: what a destroyed call still has to say is nobody's.
    call.on('error', error => end(said(false, reasonOf(error))))
    call.on('response', response => {
      answer = response
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk.subarray(0, longestAnswer - length))
        length += chunk.length
        if (length > longestAnswer) end(said(false, 'endless answer'))
      })
      response.on('end', () => end(said(true, '')))
      response.on('error', error => end(said(false, reasonOf(error))))
      response.on('close', () => end(said(false, 'the answer broke off')))
    })
    call.on('close', () => end(said(false, 'the connection was cut')))
    if (signal.aborted) return aborted()
    signal.addEventListener('abort', aborted)
    call.end(body)
  })
}

/** The name of what went wrong on the line (`ECONNREFUSED`), without addresses: those hold keys at some services. */
export function reasonOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : undefined
  if (code !== undefined) return words[code] === undefined ? `no connection (${code})` : `${words[code]} (${code})`
  return error instanceof Error ? `no connection (${error.name})` : 'no connection'
}
const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'the connection was cut',
  ENOTFOUND: 'the name is not known',
  EAI_AGAIN: 'names cannot be looked up now',
  ETIMEDOUT: 'no answer',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by nobody we know',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by nobody we know',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is signed by nobody we know',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
}

const soon = new Set([408, 425, 429])

/** What an answer outside 200–299 (or none) means for the message; `undefined` where it was taken. */
export function refusal(answered: Answered, now: number, secrets: readonly string[]): Delivery | undefined {
  if (!answered.ok) return { is: 'failed', why: answered.why }
  const { status, headers, text } = answered
  if (status >= 200 && status < 300) return undefined
  const words = excerpt(text, secrets)
  const why = words === '' ? `HTTP ${status}` : `HTTP ${status}: ${words}`
  if (soon.has(status) || status >= 500) return { is: 'failed', why, ...waitOf(headers, now) }
  if (status < 400)
    return { is: 'refused', why: `HTTP ${status}: it sends us elsewhere, write the final address`, fault: 'channel' }
  return { is: 'refused', why, ...(atTheDoor.has(status) ? { fault: 'channel' } : {}) }
}
/** The key or the address is wrong: no message will get through. */
const atTheDoor = new Set([401, 403, 404, 405, 407, 410])

/** How long the other side asks to wait, at most an hour: seconds, or a date. */
export function waitOf(headers: IncomingHttpHeaders, now: number): { readonly after?: Millis } {
  const asked = headers['retry-after'] ?? headers['x-ogw-ratelimit-reset']
  if (typeof asked !== 'string') return {}
  const wait = /^\d{1,9}$/.test(asked) ? Number(asked) * 1_000 : Date.parse(asked) - now
  return Number.isFinite(wait) && wait > 0 ? { after: millis(Math.min(wait, 3_600_000)) } : {}
}
