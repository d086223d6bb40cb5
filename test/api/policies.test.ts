import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startGateway } from '../../gateway/app.ts'
import type { Gateway } from '../../gateway/app.ts'
import { Backtester } from '../../gateway/backtests.ts'
import { systemClock } from '../../gateway/clock.ts'
import { loadSite } from '../../gateway/site/load.ts'
import { openStore } from '../../gateway/store/open.ts'
import { pointId } from '../../protocols/contract/reading.ts'
import { instant, millis } from '../../protocols/contract/time.ts'

const siteText = `site: { id: greenhill, name: Greenhill, policies: [canteen, server-room] }
connections:
  push: { protocol: http }
areas:
  canteen:
    equipment:
      cold-1:
        type: fresh-keeping-cabinet
        connection: push
        points: { temperature: {} }
      room-1:
        type: server-room
        connection: push
        points: { temperature: {} }
`
const password = 'administer-4'
const minute = 60_000
// Readings are taken up to thirty days back; these are of a few days ago.
const start = Math.floor((Date.now() - 3 * 86_400_000) / minute) * minute
const ago = (minutesIn: number): string => new Date(start + minutesIn * minute).toISOString()

let folder = ''
let gateway: Gateway
let cookie = ''

async function begin(): Promise<Gateway> {
  const file = join(folder, 'site.yaml')
  const loaded = await loadSite(file, {})
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  return startGateway(loaded.site, {
    clock: { ...systemClock, speed: 1 },
    wall: systemClock,
    store: await openStore(join(folder, 'data'), { wall: systemClock }),
    folder: join(folder, 'data'),
    host: '127.0.0.1',
    port: 0,
    dashboardFolder: join(folder, 'nothing'),
    version: '0.1.0',
    adminPassword: password,
    source: { path: file, env: process.env },
    complain: () => {},
  })
}

const get = (path: string) => fetch(gateway.address + path, { headers: { cookie } })
const post = (path: string, body: unknown, more: RequestInit = {}) =>
  fetch(gateway.address + path, {
    method: 'POST',
    headers: { cookie, 'content-type': 'application/json', 'accept-language': 'en' },
    body: JSON.stringify(body),
    ...more,
  })

async function signIn(): Promise<void> {
  const answer = await post('/api/v1/session', { username: 'admin', password })
  cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? ''
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'policies-'))
  await writeFile(join(folder, 'site.yaml'), siteText)
  // The gateway was there when the readings came: what nobody listened to is nobody's silence.
  const store = await openStore(join(folder, 'data'), { wall: systemClock })
  await store.historian.listening(instant(start))
  const point = pointId('cold-1', 'temperature')
  await store.historian.record(
    Array.from({ length: 1_440 }, (_, index) => {
      const isWarm = (index >= 600 && index < 625) || (index >= 900 && index < 960)
      const at = instant(start + index * minute)
      return { reading: { point, at, receivedAt: instant(at + 20), value: isWarm ? 9.5 : 4, quality: 'good' as const } }
    }),
  )
  await store.close()
  gateway = await begin()
  await signIn()
})
afterAll(async () => {
  await gateway.stop()
  await rm(folder, { recursive: true, force: true })
})

const wholeDay = { from: ago(0), to: ago(1_440) }
const later = { 'cold-1.temperature.too-warm': { onDelay: '30m', reason: 'defrost' } }

describe('GET /policies', () => {
  test('lists the packs in force with version, effective day, clauses, and their rules with settings and bases', async () => {
    const { items } = (await (await get('/api/v1/policies')).json()) as { items: Record<string, unknown>[] }

    expect(items.map(({ id }) => id)).toEqual(['canteen', 'server-room'])
    const [canteen] = items as [{ rules: Record<string, unknown>[]; clauses: { id: string }[] }]
    expect(canteen).toMatchObject({
      version: expect.any(String),
      effective: expect.stringMatching(/^\d{4}-/),
      name: { zh: '食堂' },
    })
    expect(canteen.clauses.map(({ id }) => id)).toContain('CAN-1')
    expect(canteen.rules.find(({ id }) => id === 'cold-1.temperature.too-warm')).toMatchObject({
      settings: { op: 'gt', value: '8', onDelay: '20m', deadband: '0.5' },
      limitBasis: { kind: 'house-rule', verified: true },
      alarmBasis: { kind: 'design', verified: false },
    })
  })
})

describe('POST /policies/:id/backtest', () => {
  test('says what a changed rule would have raised beside the present one, and changes nothing', async () => {
    const before = await (await get('/api/v1/journal?limit=1000')).json()

    const answer = await post('/api/v1/policies/canteen/backtest', { rules: later, ...wholeDay })

    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({
      policies: { after: [{ id: 'canteen', digest: expect.any(String) }, { id: 'server-room' }] },
      readings: { accepted: 1_440 },
      goes: { count: 1, items: [{ rule: 'cold-1.temperature.too-warm', value: 9.5 }] },
      comes: { count: 0 },
      rules: expect.arrayContaining([
        expect.objectContaining({
          rule: 'cold-1.temperature.too-warm',
          change: 'settings',
          settings: [{ key: 'onDelay', before: '20m', after: '30m' }],
          reason: 'defrost',
          before: { alarms: 2, standing: 0, hours: expect.closeTo(0.917, 3) },
          after: { alarms: 1, standing: 0, hours: expect.closeTo(0.583, 3) },
        }),
      ]),
    })
    expect(await (await get('/api/v1/journal?limit=1000')).json()).toEqual(before)
  })

  test('lists everything that is wrong with the change', async () => {
    const rules = {
      'cold-1.temperature.too-warm': { value: 12 },
      'cold-1.temperature.too-wram': { value: 9 },
      'cold-9.temperature.too-warm': 'off',
      'cold-1.temperature.too-cold': { onDelay: 20, op: 'below' },
    }

    const answer = await post('/api/v1/policies/canteen/backtest', { rules, ...wholeDay })

    expect(answer.status).toBe(400)
    const { errors } = (await answer.json()) as { errors: { path: string; wrong: string }[] }
    expect(errors.map(({ path }) => path).toSorted()).toEqual([
      'body.rules.cold-1.temperature.too-cold.onDelay',
      'body.rules.cold-1.temperature.too-cold.op',
      'body.rules.cold-1.temperature.too-warm.value',
      'body.rules.cold-1.temperature.too-wram',
      'body.rules.cold-9.temperature.too-warm',
    ])
    expect(errors.find(({ path }) => path.endsWith('wram'))?.wrong).toContain('write `temperature.too-warm`')
  })

  test('shows nobody the environment of the gateway', async () => {
    process.env['ZHISHOU_TEST_SECRET'] = 'not-for-the-network'
    const rules = { 'cold-1.temperature.too-warm': { op: '${ZHISHOU_TEST_SECRET}', reason: '${ZHISHOU_TEST_SECRET}' } }

    const text = await (await post('/api/v1/policies/canteen/backtest', { rules, ...wholeDay })).text()
    delete process.env['ZHISHOU_TEST_SECRET']

    expect(text).toContain('ZHISHOU_TEST_SECRET')
    expect(text).not.toContain('not-for-the-network')
  })

  test('refuses what is not of this policy, an unknown policy, times the wrong way round and an empty change', async () => {
    const ask = async (policy: string, body: object): Promise<number> =>
      (await post(`/api/v1/policies/${policy}/backtest`, { rules: later, ...wholeDay, ...body })).status

    expect(await ask('server-room', {})).toBe(400)
    expect(await ask('nobody', {})).toBe(404)
    expect(await ask('canteen', { from: ago(10), to: ago(5) })).toBe(400)
    expect(await ask('canteen', { rules: {} })).toBe(400)
  })

  test('tries one change at a time, and goes on watching meanwhile', async () => {
    const asked = [1, 2].map(() => post('/api/v1/policies/canteen/backtest', { rules: later, ...wholeDay }))
    const alive = await get('/healthz')
    const answers = await Promise.all(asked)

    expect(alive.status).toBe(200)
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409])
    expect((await post('/api/v1/policies/canteen/backtest', { rules: later, ...wholeDay })).status).toBe(200)
  })

  test('stops when the caller goes away', async () => {
    const leaving = new AbortController()
    const asked = post('/api/v1/policies/canteen/backtest', { rules: later, ...wholeDay }, { signal: leaving.signal })
    const refused = expect(asked).rejects.toThrow()
    // Once the thread is there, another question is refused: then the caller goes.
    await expect
      .poll(async () => (await post('/api/v1/policies/canteen/backtest', { rules: { x: 'off' }, ...wholeDay })).status)
      .toBe(409)
    leaving.abort()
    await refused

    await expect
      .poll(async () => (await post('/api/v1/policies/canteen/backtest', { rules: later, ...wholeDay })).status, {
        timeout: 60_000,
      })
      .toBe(200)
  })

  test('gives up after its budget', async () => {
    const wall = { now: systemClock.now, after: (_: number, act: () => void) => systemClock.after(millis(1), act) }
    const file = join(folder, 'site.yaml')
    const backtester = new Backtester({ site: file, env: {}, digest: '', folder: join(folder, 'data'), wall })
    const [from, to] = [instant(start), instant(start + 1_440 * minute)]

    const outcome = await backtester.run({ change: { name: 'rules', text: '{}' }, from, to }, new AbortController().signal)

    expect(outcome).toEqual({ ok: false, why: 'took-too-long' })
  })

  test('does not compare with a site file that the running gateway has not read', async () => {
    await appendFile(join(folder, 'site.yaml'), '# changed\n')
    const answer = await post('/api/v1/policies/canteen/backtest', { rules: later, ...wholeDay })
    await writeFile(join(folder, 'site.yaml'), siteText)

    expect(answer.status).toBe(409)
    expect(await answer.json()).toMatchObject({ detail: expect.stringContaining('restart the gateway') })
  })
})

describe('POST /policies/:id/advise', () => {
  test('gives the advice with its evidence', async () => {
    const body = { rule: 'cold-1.temperature.too-warm', harm: '45m', ...wholeDay }
    const answer = await post('/api/v1/policies/canteen/advise', body)

    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({
      limit: { op: 'gt', value: 8 },
      harm: '45m',
      excursions: { all: 2, harmful: 1 },
      now: { onDelay: '20m', alarms: 2, nuisance: 1, lost: 0 },
      proposed: { onDelay: '30m', alarms: 1, nuisance: 0, lost: 0 },
    })
  })

  test('has none for a rule of another kind or of another policy', async () => {
    const ask = async (rule: string): Promise<number> =>
      (await post('/api/v1/policies/canteen/advise', { rule, ...wholeDay })).status

    expect(await ask('cold-1.temperature.silent')).toBe(400)
    expect(await ask('room-1.temperature.too-warm')).toBe(404)
  })
})

describe('GET /policies/:id/versions', () => {
  test('tells from the journal what the site was judged by, and since when', async () => {
    await gateway.stop()
    const changed = siteText.replace('points: { temperature: {} }\n      room', `points: { temperature: {} }
        rules: { temperature.too-warm: { onDelay: 15m } }
      room`) // prettier-ignore
    await writeFile(join(folder, 'site.yaml'), changed)
    gateway = await begin()
    await signIn()

    const versions = async (policy: string) =>
      (await (await get(`/api/v1/policies/${policy}/versions`)).json()) as { items: object[] }
    const { items } = await versions('canteen')

    expect(items).toMatchObject([
      { version: expect.any(String), inForce: true, until: null },
      { inForce: false, until: (items[0] as { from: string }).from },
    ])
    expect((items[0] as { site: string }).site).not.toBe((items[1] as { site: string }).site)
    expect((await get('/api/v1/policies/nobody/versions')).status).toBe(404)
  })
})
