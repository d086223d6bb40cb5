import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { createJsonSchemaTransform, createSerializerCompiler } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { cookieName } from './caller.ts'
import type { Route } from './route.ts'
import { problem } from './shapes.ts'

/** Writes an answer by its schema: what the schema does not name does not leave the house. */
export const answerWriter = createSerializerCompiler()

/** Before the routes, so that it sees them: `/openapi.json` and, to be read by people, `/docs`. */
export async function describeRoutes(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Zhishou',
        version,
        description:
          'Times are ISO 8601 with the offset of the site; lists are {items, next}; errors are application/problem+json.',
      },
      components: {
        securitySchemes: {
          session: { type: 'apiKey', in: 'cookie', name: cookieName },
          token: { type: 'http', scheme: 'bearer' },
        },
      },
    },
    transform: createJsonSchemaTransform({ skipList: [], zodToJsonConfig: { unrepresentable: 'any' } }),
  })
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true, uiConfig: { deepLinking: false } })
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger())
}

const nothing = z.null().meta({ description: 'Done' })
const refusals: Readonly<Record<number, string>> = {
  400: 'The request is wrong',
  401: 'Not signed in',
  403: 'Not allowed',
  404: 'Not found',
  409: 'Conflicts with the present state',
  429: 'Too many attempts; see Retry-After',
  503: 'Not at the moment: it cannot be recorded, or it takes too long',
}

/** What the framework and the description have to know of a route. */
export function schemaOf(route: Route): object {
  const isGuarded = route.may !== 'anyone'
  const takesInput = route.query !== undefined || route.body !== undefined
  const common = { ...(takesInput ? { 400: problem } : {}), ...(isGuarded ? { 401: problem, 403: problem } : {}) }
  const answers = Object.entries({ ...common, ...route.answers })
  return {
    summary: route.summary,
    tags: [route.tag],
    ...(route.params === undefined ? {} : { params: route.params }),
    ...(route.query === undefined ? {} : { querystring: route.query }),
    ...(route.body === undefined ? {} : { body: route.body }),
    ...(route.accepts === undefined ? {} : { consumes: route.accepts.filter(media => media !== '') }),
    response: Object.fromEntries(answers.map(([status, body]) => [status, answerOf(Number(status), body)])),
    security: isGuarded ? [{ session: [] }, { token: [] }] : [],
  }
}

function answerOf(status: number, body: z.ZodType | null): object {
  if (body === null) return nothing
  if (body !== problem) return body
  return { description: refusals[status] ?? 'Refused', content: { 'application/problem+json': { schema: problem } } }
}
