import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { passwords, run } from './house.ts'
import type { Running } from './house.ts'

let gateway: Running
let admin: string
beforeAll(async () => {
  gateway = await run()
  admin = await gateway.cookie('admin')
})
afterAll(() => gateway.close())

const asked = { reason: '区市场监管局检查', from: '2026-08-01T00:00:00+08:00', password: passwords.admin }
const place = (body: object, cookie = admin) => gateway.send('POST', '/api/v1/holds', body, cookie)
const list = async () =>
  ((await (await gateway.get('/api/v1/holds', admin)).json()) as { items: { id: string; released: unknown }[] }).items

describe('a hold', () => {
  test('is placed by the password of whoever places it, and is on record', async () => {
    const answer = await place({ ...asked, equipment: ['cold-1'], kinds: ['temperature'] })
    expect(answer.status).toBe(201)
    expect(await answer.json()).toMatchObject({
      reason: asked.reason,
      by: 'admin',
      equipment: ['cold-1'],
      kinds: ['temperature'],
      to: null,
      released: null,
    })
    expect(gateway.house.entries.at(-1)).toMatchObject({ kind: 'hold.placed', by: 'admin', data: { equipment: ['cold-1'] } })
    expect(await list()).toHaveLength(1)
  })

  test.each([
    [{ password: 'wrong-password' }, 401],
    [{ reason: 'x' }, 400],
    [{ to: '2026-07-01T00:00:00+08:00' }, 400],
    [{ equipment: ['cold-9'] }, 404],
    [{ kinds: ['nonsense'] }, 400],
  ])('with %j is answered %s', async (change, status) => {
    const before = await list()
    const answer = await place({ ...asked, ...change })
    expect(answer.status).toBe(status)
    expect(answer.headers.get('content-type')).toContain('problem+json')
    expect(await list()).toEqual(before)
  })

  test('is no matter for others than an administrator', async () => {
    for (const role of ['viewer', 'operator', 'inspector'] as const)
      expect((await place(asked, await gateway.cookie(role))).status).toBe(403)
    expect((await gateway.get('/api/v1/holds', await gateway.cookie('inspector'))).status).toBe(200)
  })

  test('is released by two people only, and once', async () => {
    const [{ id } = { id: '' }] = await list()
    const release = (second: object, more: object = {}) =>
      gateway.send(
        'POST',
        `/api/v1/holds/${id}/release`,
        { reason: '检查结束', password: passwords.admin, second, ...more },
        admin,
      )
    const operator = { username: 'operator', password: passwords.operator }
    expect((await release({ username: 'admin', password: passwords.admin })).status).toBe(400)
    expect((await release({ username: 'operator', password: 'wrong-one' })).status).toBe(401)
    expect((await release({ username: 'viewer', password: passwords.viewer })).status).toBe(400)
    expect((await release(operator, { password: 'wrong-one' })).status).toBe(401)
    expect((await list())[0]?.released).toBeNull()
    const answer = await release(operator)
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({ released: { by: 'admin', second: 'operator', reason: '检查结束' } })
    expect((await release(operator)).status).toBe(404)
  })
})

test('how long what is kept can be read', async () => {
  const answer = await gateway.get('/api/v1/retention', await gateway.cookie('inspector'))
  const { kinds, removed } = (await answer.json()) as { kinds: { kind: string; keep: { zh: string } }[]; removed: number }
  expect(kinds.find(({ kind }) => kind === 'temperature')).toMatchObject({ keep: { zh: '2 年', en: '2 years' } })
  expect(kinds.find(({ kind }) => kind === 'audit')).toMatchObject({ keep: { zh: '永久' } })
  expect(removed).toBe(0)
})

test('backups are listed; none is served that is not on the list', async () => {
  const answer = await gateway.get('/api/v1/backups', admin)
  expect(await answer.json()).toMatchObject({
    items: [],
    next: null,
    state: { busy: false, scheduled: null, lastMadeAt: null, copies: [] },
  })
  for (const name of ['nothing.zip', encodeURIComponent('../ledger.db')])
    expect((await gateway.get(`/api/v1/backups/${name}`, admin)).status).toBe(404)
  expect((await gateway.get('/api/v1/backups/a.zip', await gateway.cookie('inspector'))).status).toBe(403)
  // This house has no data: the answer says so instead of a file.
  const made = await gateway.send('POST', '/api/v1/backups', undefined, admin)
  expect(made.status).toBe(503)
})
