import { Readable } from 'node:stream'
import compress from '@fastify/compress'
import cookie from '@fastify/cookie'
import helmet from '@fastify/helmet'
import fastify from 'fastify'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { Accounts, Who } from '../accounts/accounts.ts'
import { isAllowed } from '../accounts/permissions.ts'
import { callerOf, cookieName, isForeign, secretsOf } from './caller.ts'
import { Crowd } from './crowd.ts'
import type { Front } from './front.ts'
import { hiddenSigns } from './hidden-signs.ts'
import { InvalidInput } from './invalid.ts'
import { answerWriter, describeRoutes, schemaOf } from './openapi.ts'
import { servePage } from './page.ts'
import { notFound, Refusal } from './problem.ts'
import { refusalOf, refuse, refuseAsInflux } from './refuse.ts'
import { RefusedAttempts } from './refused.ts'
import { Answer } from './route.ts'
import type { AtOnce, Call, Route } from './route.ts'
import { routes } from './routes.ts'
import { isoInZone } from '../zone.ts'

export interface ServeOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** The built dashboard; without it only the interface is served. */
  readonly dashboardFolder?: string
  /** Whose `X-Forwarded-*` headers count: addresses or networks; this machine unless said. */
  readonly trustedProxies?: readonly string[]
  /** Told of faults that are ours, with the stack; the caller gets none of it. */
  readonly report?: (error: unknown, request: string) => void
}

const MiB = 1024 * 1024
/** As long as the largest body that a route takes by itself, or a photo from a phone, is on its way over 50 kbit/s. */
export const slowestRequest = 300_000
type App = FastifyInstance
/** Bodies whose texts their routes look at one by one. */
const looksItself = new Set(routes.flatMap(({ body, looksAtTexts }) => (body && looksAtTexts ? [body] : [])))

/** The web framework and all its plugins, and nothing else of the house: routes are plain functions of a `Call`. */
export async function createServer(
  front: Front,
  accounts: Accounts,
  options: ServeOptions,
  figures: Call['figures'],
): Promise<App> {
  const app = fastify({
    logger: false,
    bodyLimit: MiB,
    trustProxy: [...(options.trustedProxies ?? ['loopback'])],
    requestTimeout: slowestRequest,
    connectionTimeout: 60_000,
    keepAliveTimeout: 65_000,
    forceCloseConnections: true,
    return503OnClosing: true,
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    routerOptions: { maxParamLength: 600, caseSensitive: true },
    http: { maxHeaderSize: 16_384, headersTimeout: 15_000 },
  })
  app.setValidatorCompiler<z.ZodType>(({ schema, httpPart }) => data => {
    const result = schema.safeParse(data, { reportInput: true })
    const issues = result.success ? (looksItself.has(schema) ? [] : hiddenSigns(data)) : result.error.issues
    return result.success && issues.length === 0
      ? { value: result.data }
      : { error: new InvalidInput(httpPart ?? 'body', issues) }
  })
  app.setSerializerCompiler(answerWriter)
  app.setErrorHandler((error, request, reply) => refuse(reply, request, refusalOf(error, request, options.report)))
  // Everything else is text; a route that does not take text has refused it by its media type before a byte is read.
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
  // Pictures are bytes; what they really are is for the route to find out.
  app.addContentTypeParser(/^image\//, { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  await protect(app)
  await describeRoutes(app, front.house.version)
  const refused = new RefusedAttempts(front)
  const crowds = new Map<AtOnce, Crowd>()
  for (const route of routes) addRoute(app, route, { front, accounts, figures, crowds, options }, refused)
  await servePage(app, options.dashboardFolder, (request, reply) => refuse(reply, request, notFound(noSuchAddress)))
  return app
}

async function protect(app: App): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        // Charts and transitions set styles at run time; styles cannot send anything anywhere while all else is 'self'.
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    // These three do nothing but warn in the console of a page that is served over plain HTTP in a local network.
    strictTransportSecurity: false,
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
    referrerPolicy: { policy: 'same-origin' },
    frameguard: { action: 'deny' },
  })
  await app.register(cookie)
  await app.register(compress, { encodings: ['br', 'gzip'], requestEncodings: ['gzip', 'deflate'], threshold: 1_024 })
}

interface Services extends Pick<Call, 'accounts' | 'figures'> {
  readonly front: Front
  /** Routes that share a limit share a crowd. */
  readonly crowds: Map<AtOnce, Crowd>
  readonly options: ServeOptions
}

function addRoute(
  app: App,
  route: Route,
  { front, accounts, figures, crowds, options }: Services,
  refused: RefusedAttempts,
): void {
  const crowd = route.atOnce && (crowds.get(route.atOnce) ?? new Crowd(route.atOnce))
  if (route.atOnce && crowd) crowds.set(route.atOnce, crowd)
  app.route<{ Params: unknown; Querystring: unknown; Body: unknown }>({
    method: route.method,
    url: route.url,
    ...(route.largest === undefined ? {} : { bodyLimit: route.largest }),
    ...(route.dialect === undefined
      ? {}
      : { errorHandler: (error, request, reply) => refuseAsInflux(reply, request, refusalOf(error, request, options.report)) }),
    schema: schemaOf(route),
    // Before a byte of the body is read: who it is, whether they may, and whether the body is of a kind this route takes.
    async onRequest(request, reply) {
      const { session, bearer } = secretsOf(request.headers)
      const isCookie = bearer === undefined && (session !== undefined || route.may === 'anyone')
      if (request.method !== 'GET' && isCookie && isForeign(request.headers, request.host)) throw foreign()
      callers.set(request, await admit(route, request, { accounts, refused, session, bearer }))
      if (route.body !== undefined && !(route.accepts ?? ['application/json']).includes(mediaOf(request))) {
        const wanted = (route.accepts ?? ['application/json']).join(', ')
        throw new Refusal('wrong-content-type', { zh: `请使用 ${wanted}`, en: `Use ${wanted}` })
      }
      if (crowd) {
        const leave = crowd.enter(callers.get(request)?.name ?? '')
        if (leave === undefined) throw crowded
        reply.raw.once('close', leave)
      }
    },
    async handler(request, reply) {
      const { services, leave } = await front.enter(route.changesSite === true)
      reply.raw.once('close', leave)
      const { timeZone } = services.house.site
      const call: Call = {
        ...services,
        accounts,
        figures,
        who: callers.get(request),
        params: request.params,
        query: request.query,
        body: request.body,
        address: request.ip,
        media: mediaOf(request),
        session: secretsOf(request.headers).session,
        isLocal: callerOf(request.raw).isLocal,
        gone: () => goneSignal(reply),
        time: at => isoInZone(at, timeZone),
      }
      const result = await route.act(call)
      return send(reply, request, result instanceof Answer ? result : new Answer(200, result), services.house.wall.now())
    },
  })
}

function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort())
  return gone.signal
}

const callers = new WeakMap<FastifyRequest, Who | undefined>()

interface Proof {
  readonly accounts: Accounts
  readonly refused: RefusedAttempts
  readonly session: string | undefined
  readonly bearer: string | undefined
}

async function admit(
  route: Route,
  request: FastifyRequest,
  { accounts, refused, session, bearer }: Proof,
): Promise<Who | undefined> {
  if (route.may === 'anyone') return undefined
  if (route.may === 'see-or-local' && callerOf(request.raw).isLocal) return undefined
  const who = bearer === undefined ? session && (await accounts.bySession(session)) : await accounts.byBearer(bearer)
  if (!who) throw new Refusal('not-signed-in', { zh: '需要登录或有效的令牌。', en: 'A session or a valid token is needed.' })
  const needed = route.may === 'see-or-local' ? 'see' : route.may
  if (!isAllowed(who.role, needed)) {
    await refused.keep(who, request.method, request.url.split('?', 1)[0] ?? '', request.ip)
    throw new Refusal('not-allowed', { zh: `角色 ${who.role} 没有此权限。`, en: `The role ${who.role} may not do this.` })
  }
  return who
}

function send(reply: FastifyReply, request: FastifyRequest, answer: Answer, now: number): FastifyReply {
  void reply.code(answer.status).headers({ 'cache-control': 'no-store', ...answer.headers })
  const attributes = { path: '/', httpOnly: true, sameSite: 'strict', secure: request.protocol === 'https' } as const
  if (answer.cookie === null) void reply.clearCookie(cookieName, attributes)
  else if (answer.cookie !== undefined) {
    const maxAge = Math.floor((answer.cookie.expiresAt - now) / 1_000)
    void reply.setCookie(cookieName, answer.cookie.token, { ...attributes, maxAge })
  }
  if (answer.body instanceof Readable) return reply.type(answer.type ?? 'application/octet-stream').send(answer.body)
  if (answer.body instanceof Uint8Array) return reply.type(answer.type ?? 'application/octet-stream').send(answer.body)
  if (answer.type !== undefined) return reply.type(answer.type).serializer(String).send(answer.body)
  return reply.send(answer.body)
}

const crowded = new Refusal(
  'too-many',
  { zh: '同时发送的请求太多，请稍后再发。', en: 'Too many requests at once: send it again in a moment.' },
  { headers: { 'retry-after': '1' } },
)
const noSuchAddress = { zh: '没有这个地址。', en: 'There is no such address.' }
const foreign = (): Refusal =>
  new Refusal('foreign-origin', {
    zh: '仅接受来自本网关页面的请求。',
    en: "Only requests from this gateway's own pages are taken.",
  })
const mediaOf = (request: FastifyRequest): string =>
  (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
