import { createECDH, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { mostDevices, PushSubscriptions } from '../../gateway/accounts/push-subscriptions.ts'
import { minutes } from '../../protocols/contract/time.ts'
import { ManualClock, noon, run } from './house.ts'
import type { Running } from './house.ts'

let gateway: Running
let wall: ManualClock
beforeAll(async () => {
  wall = new ManualClock(noon)
  gateway = await run({ wall })
  for (const role of ['viewer', 'operator', 'admin'] as const) await gateway.cookie(role)
})
afterAll(() => gateway.close())
beforeEach(() => {
  for (const row of gateway.house.shelf.rows.keys()) if (row.startsWith('push/')) gateway.house.shelf.rows.delete(row)
})

const key = '/api/v1/push/key'
const path = '/api/v1/push/subscriptions'
const newKeys = () => ({
  p256dh: createECDH('prime256v1').generateKeys().toString('base64url'),
  auth: randomBytes(16).toString('base64url'),
})
const browser = (id: string, more: object = {}) => ({
  endpoint: `https://push.example.com/send/${id}`,
  keys: newKeys(),
  language: 'zh',
  ...more,
})
const kept = (): PushSubscriptions => new PushSubscriptions(gateway.house.shelf, wall)
const endpoints = async (account: string) => (await kept().of(account)).map(({ endpoint }) => endpoint.split('/').at(-1))
const as = (role: Parameters<Running['cookie']>[0]) => gateway.cookie(role)

describe('a browser that signs up', () => {
  test('asks for the key, which stays the same, and is kept with its account', async () => {
    const answers = await Promise.all([gateway.get(key, await as('viewer')), gateway.get(key, await as('admin'))])
    const [one, two] = (await Promise.all(answers.map(answer => answer.json()))) as { key: string }[]
    expect(Buffer.from(one?.key ?? '', 'base64url')).toHaveLength(65)
    expect(two).toEqual(one)

    const mine = browser('a')
    expect((await gateway.send('POST', path, mine, await as('viewer'))).status).toBe(204)

    expect(await kept().of('Viewer')).toEqual([{ ...mine, account: 'viewer', since: noon }])
    expect(await kept().of('admin')).toEqual([])
  })

  test('again is there once, with its new keys', async () => {
    const again = browser('a', { language: 'en' })
    await gateway.send('POST', path, browser('a'), await as('viewer'))
    await gateway.send('POST', path, again, await as('viewer'))

    expect(await kept().of('viewer')).toMatchObject([{ keys: again.keys, language: 'en' }])
  })

  test('for somebody else belongs to them from then on', async () => {
    await gateway.send('POST', path, browser('shared'), await as('viewer'))
    await gateway.send('POST', path, browser('shared'), await as('operator'))

    expect([await endpoints('viewer'), await endpoints('operator')]).toEqual([[], ['shared']])
  })

  test('as the eleventh of an account takes the place of the oldest', async () => {
    for (let device = 0; device < mostDevices + 2; device++) {
      wall.pass(minutes(1))
      await gateway.send('POST', path, browser(String(device)), await as('viewer'))
    }
    expect(await endpoints('viewer')).toEqual(['2', '3', '4', '5', '6', '7', '8', '9', '10', '11'])
    // The one that comes is never the one that goes, not even with many at the same instant.
    await Promise.all(
      Array.from({ length: 15 }, async (_, device) => gateway.send('POST', path, browser(`x${device}`), await as('operator'))),
    )
    expect(await endpoints('operator')).toHaveLength(mostDevices)
  })

  test('is forgotten when it signs off, and when the push service says that it is gone', async () => {
    await gateway.send('POST', path, browser('a'), await as('viewer'))
    await gateway.send('POST', path, browser('b'), await as('viewer'))

    const foreign = await gateway.send('DELETE', path, { endpoint: browser('a').endpoint }, await as('operator'))
    expect(foreign.status).toBe(404)
    expect((await gateway.send('DELETE', path, { endpoint: browser('a').endpoint }, await as('viewer'))).status).toBe(204)
    expect((await gateway.send('DELETE', path, { endpoint: browser('a').endpoint }, await as('viewer'))).status).toBe(404)
    expect(await endpoints('viewer')).toEqual(['b'])
    await kept().gone(browser('b').endpoint)
    expect(await endpoints('viewer')).toEqual([])
  })

  test('gets nothing while its account is disabled', async () => {
    await kept().add('inspector', { endpoint: 'https://push.example.com/send/a', keys: newKeys(), language: 'zh' })
    await gateway.accounts.disable('inspector')
    expect(await endpoints('inspector')).toEqual([])
    await gateway.accounts.disable('inspector', false)
    expect(await endpoints('inspector')).toEqual(['a'])
  })

  test.each([
    ['an address that is not secure', { endpoint: 'http://push.example.com/x' }],
    ['an address that is none', { endpoint: 'push.example.com' }],
    ['another scheme', { endpoint: 'ftp://push.example.com/x' }],
    ['an endless address', { endpoint: `https://push.example.com/${'x'.repeat(2_000)}` }],
    [
      'a point that is not on the curve',
      { keys: { ...newKeys(), p256dh: Buffer.concat([Buffer.from([4]), Buffer.alloc(64, 7)]).toString('base64url') } },
    ],
    ['a short point', { keys: { ...newKeys(), p256dh: 'BAAA' } }],
    ['a short secret', { keys: { ...newKeys(), auth: 'AAAA' } }],
    ['letters that are not base64url', { keys: { ...newKeys(), auth: '保'.repeat(22) } }],
    ['another language', { language: 'fr' }],
  ])('with %s is refused and not kept', async (_, more) => {
    const answer = await gateway.send('POST', path, browser('a', more), await as('viewer'))

    expect([answer.status, answer.headers.get('content-type')]).toEqual([400, 'application/problem+json; charset=utf-8'])
    expect(await kept().of('viewer')).toEqual([])
  })

  test('may sit on this machine without TLS, but only when it asks from this machine', async () => {
    const local = browser('a', { endpoint: 'http://127.0.0.1:9/x' })
    const elsewhere = await gateway.send('POST', path, local, await as('viewer'), {
      via: '1.1 proxy',
      'x-forwarded-for': '10.0.0.9',
    })
    expect(elsewhere.status).toBe(400)
    expect((await gateway.send('POST', path, local, await as('viewer'))).status).toBe(204)
  })

  test('cannot be a token', async () => {
    const { secret } = await gateway.accounts.createToken('collector', 'operator', 'admin')
    const answer = await gateway.send('POST', path, browser('a'), undefined, { authorization: `Bearer ${secret}` })
    expect(answer.status).toBe(403)
  })

  test('is told when the disk is full', async () => {
    const cookie = await as('viewer')
    gateway.house.shelf.isFull = true
    expect((await gateway.send('POST', path, browser('a'), cookie)).status).toBe(503)
    gateway.house.shelf.isFull = false
    expect((await gateway.send('POST', path, browser('a'), cookie)).status).toBe(204)
  })
})

test('a site without such a channel says so', async () => {
  delete gateway.house.webPush
  const cookie = await as('viewer')
  const answers = await Promise.all([
    gateway.get(key, cookie),
    gateway.send('POST', path, browser('a'), cookie),
    gateway.send('DELETE', path, { endpoint: browser('a').endpoint }, cookie),
  ])
  expect(answers.map(({ status }) => status)).toEqual([404, 404, 404])
})

test('rows that somebody edited by hand are no subscriptions', async () => {
  for (const [index, row] of [
    null,
    7,
    {},
    { endpoint: 'x' },
    { ...browser('a'), account: 'viewer' },
    { ...browser('a'), account: 'viewer', keys: null, since: 1 },
  ].entries())
    await gateway.house.shelf.put('push', String(index), row)
  expect(await kept().of('viewer')).toEqual([])
})
