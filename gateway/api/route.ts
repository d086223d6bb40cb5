import type { z } from 'zod'
import type { Instant } from '../../protocols/contract/time.ts'
import type { Accounts, Who } from '../accounts/accounts.ts'
import type { Permission } from '../accounts/permissions.ts'
import type { House } from './house.ts'
import type { Views } from './views.ts'

/** What a route may use for one request. It sees no web framework, so routes are plain functions of these. */
export interface Call<P = unknown, Q = unknown, B = unknown> {
  readonly house: House
  readonly accounts: Accounts
  readonly views: Views
  /** Who asks; absent only on public routes. */
  readonly who: Who | undefined
  readonly params: P
  readonly query: Q
  readonly body: B
  /** The caller's address, and its media type without parameters. */
  readonly address: string
  readonly media: string
  /** The session cookie or bearer token as sent. */
  readonly session: string | undefined
  /** True when the caller sits on this machine and no proxy spoke for somebody else. */
  readonly isLocal: boolean
  /** Figures of the server itself for `/metrics`. */
  readonly figures: () => Readonly<Record<string, number>>
  /** Aborted when the caller goes away before the answer: long work need not be finished. */
  gone(): AbortSignal
  /** A time as HTTP answers write it. */
  time(at: Instant): string
}

/** An answer that is more than a body with 200. */
export class Answer {
  readonly status: number
  readonly body: unknown
  /** `null` takes the session cookie away. */
  readonly cookie: { readonly token: string; readonly expiresAt: Instant } | null | undefined
  /** Media type of a body that is text, bytes or a stream; JSON otherwise. */
  readonly type: string | undefined
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: number,
    body?: unknown,
    more: { cookie?: Answer['cookie']; type?: string; headers?: Readonly<Record<string, string>> } = {},
  ) {
    this.status = status
    this.body = body
    this.cookie = more.cookie
    this.type = more.type
    this.headers = more.headers ?? {}
  }
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface AtOnce {
  readonly each: number
  readonly all: number
}

/** One route with everything there is to know of it: how it is asked, who may, and what it answers. */
export interface Route {
  readonly method: Method
  readonly url: string
  /** `anyone` needs no sign-in; `see-or-local` also lets this machine in, for a local scraper. */
  readonly may: Permission | 'anyone' | 'see-or-local'
  readonly summary: string
  readonly tag: string
  readonly params?: z.ZodType
  readonly query?: z.ZodType
  readonly body?: z.ZodType
  /** Media types of the body; JSON alone unless said. */
  readonly accepts?: readonly string[]
  /** Where one spoilt text must not keep back the others that came with it, or no person wrote them: the route looks for hidden signs itself. */
  readonly looksAtTexts?: true
  /** Largest body in bytes; 1 MiB unless said. */
  readonly largest?: number
  /** So many requests at once, of one sender and altogether; whoever comes beyond is told to come again (429). Routes that share one value share the count. */
  readonly atOnce?: AtOnce
  /** How a no is worded: where InfluxDB's clients are spoken to, with the names that they know. */
  readonly dialect?: 'influx'
  /** It puts another house in the place of the one it was asked in: whoever changes the house does not wait for it. */
  readonly changesSite?: boolean
  /** Body by status. `null`: none. */
  readonly answers: Readonly<Record<number, z.ZodType | null>>
  act(call: Call): Promise<unknown> | unknown
}

interface Typed<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, A extends z.ZodType> extends Omit<
  Route,
  'act' | 'answers' | 'params' | 'query' | 'body'
> {
  readonly params?: P
  readonly query?: Q
  readonly body?: B
  readonly answer?: A
  /** Answers beside the 200. */
  readonly answers?: Readonly<Record<number, z.ZodType | null>>
  act(call: Call<z.output<P>, z.output<Q>, z.output<B>>): Promise<z.input<A> | Answer> | z.input<A> | Answer
}

/** Declares a route; the types of its parameters follow from the schemas. */
export function route<
  P extends z.ZodType = z.ZodUnknown,
  Q extends z.ZodType = z.ZodUnknown,
  B extends z.ZodType = z.ZodUnknown,
  A extends z.ZodType = z.ZodNever,
>(typed: Typed<P, Q, B, A>): Route {
  const { answer, answers, ...rest } = typed
  // The server hands over what these very schemas returned.
  return { ...rest, answers: { ...(answer === undefined ? {} : { 200: answer }), ...answers } } as unknown as Route
}
