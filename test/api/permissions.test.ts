import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isAllowed, roles } from '../../gateway/accounts/permissions.ts'
import { routes } from '../../gateway/api/routes.ts'
import { run } from './house.ts'
import type { Running } from './house.ts'

let gateway: Running
beforeAll(async () => {
  gateway = await run()
})
afterAll(() => gateway.close())

/** A place where every route answers something, without changing what the next one needs. */
const pathOf = (url: string): string => url.replace(':id', 'nobody').replace(':name', 'nobody')
const ask = (method: string, url: string, headers: Record<string, string>): Promise<Response> =>
  fetch(gateway.url + pathOf(url), {
    method,
    headers: { ...headers, ...(method === 'GET' ? {} : { 'content-type': 'application/json' }) },
    ...(method === 'GET' ? {} : { body: '{}' }),
  })

const guarded = routes.filter(({ may }) => may !== 'anyone')

describe('every route', () => {
  test('that is public is meant to be', () => {
    const open = routes.filter(({ may }) => may === 'anyone').map(({ method, url }) => `${method} ${url}`)
    expect(open.toSorted()).toEqual([
      'GET /api/v1/links/:token',
      'GET /health',
      'GET /healthz',
      'GET /ping',
      'GET /readyz',
      'POST /api/v1/links/:token',
      'POST /api/v1/session',
    ])
  })
  test('that is not refuses who is not signed in, before it looks at the request', async () => {
    for (const { method, url } of guarded) {
      const answer = await ask(method, url, { via: '1.1 proxy' })
      expect([method, url, answer.status]).toEqual([method, url, 401])
      expect(answer.headers.get('content-type')).toContain('application/problem+json')
    }
  })
  test('refuses a token nobody made and a session nobody has', async () => {
    for (const { method, url } of guarded) {
      const [token, session] = await Promise.all([
        ask(method, url, { via: '1.1 proxy', authorization: 'Bearer zst_made-up' }),
        ask(method, url, { via: '1.1 proxy', cookie: 'zhishou_session=zss_made-up' }),
      ])
      expect([url, token.status, session.status]).toEqual([url, 401, 401])
    }
  })
  test('lets in exactly the roles that its permission names', async () => {
    for (const { method, url, may } of guarded) {
      // Signing out is everybody's and would end the session this test uses.
      if (method === 'DELETE' && url === '/api/v1/session') continue
      for (const role of roles) {
        const answer = await ask(method, url, { via: '1.1 proxy', cookie: await gateway.cookie(role) })
        const isIn = answer.status !== 403 && answer.status !== 401
        const needed = may === 'anyone' || may === 'see-or-local' ? 'see' : may
        expect([method, url, role, isIn]).toEqual([method, url, role, isAllowed(role, needed)])
      }
    }
  })
})

describe('metrics', () => {
  test('are open to this machine alone', async () => {
    const local = await gateway.get('/metrics')
    expect(local.status).toBe(200)
    expect(await local.text()).toMatch(/^zhishou_points 4$/m)
    expect((await gateway.get('/metrics', undefined, { 'x-forwarded-for': '10.0.0.9' })).status).toBe(401)
    expect((await gateway.get('/metrics', undefined, { 'x-forwarded-for': '127.0.0.1' })).status).toBe(401)
  })
})
