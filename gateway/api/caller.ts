import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'

export const cookieName = 'zhishou_session'

/** What a request shows to prove who sends it. A token in the header goes before a cookie. */
export interface Secrets {
  readonly session: string | undefined
  readonly bearer: string | undefined
}

/** `Bearer` for everybody, `Token` because Telegraf and the InfluxDB clients write it so. */
export function secretsOf(headers: IncomingHttpHeaders): Secrets {
  const bearer = /^(?:Bearer|Token) +(\S{1,200})$/i.exec(headers.authorization ?? '')?.[1]
  return { session: cookieOf(headers.cookie), bearer }
}

function cookieOf(header: string | undefined): string | undefined {
  for (const part of (header ?? '').slice(0, 8_192).split(';')) {
    const [name, value] = part.trim().split('=', 2)
    if (name === cookieName && value !== undefined && value !== '') return value
  }
  return undefined
}

/**
 * Whether a browser says that the request was started by another site. A caller without these headers is no browser, and has no cookie
 * that it was not given on purpose.
 */
export function isForeign(headers: IncomingHttpHeaders, host: string): boolean {
  const { origin } = headers
  if (origin !== undefined) return !URL.canParse(origin) || new URL(origin).host !== host.toLowerCase()
  const from = headers['sec-fetch-site']
  return from !== undefined && from !== 'same-origin' && from !== 'none'
}

/** On this machine, and nobody passed the request on for somebody else. */
export function callerOf(request: IncomingMessage): { readonly isLocal: boolean } {
  const address = request.socket.remoteAddress ?? ''
  const isLoopback = address === '::1' || /^(::ffff:)?127\./.test(address)
  const wasPassedOn = ['x-forwarded-for', 'x-real-ip', 'forwarded', 'via'].some(name => request.headers[name] !== undefined)
  return { isLocal: isLoopback && !wasPassedOn }
}
