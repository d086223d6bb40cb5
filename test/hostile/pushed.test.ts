import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Client } from '../crash/client.ts'
import { cabinet, Ground, pushedSite, until } from '../crash/ground.ts'
import type { Running } from '../crash/ground.ts'

/** The contract's promises about pushed readings, over HTTP, on a real site file, with restarts in between. */
let ground: Ground
let gateway: Running
let client: Client
const minute = 60_000
const now = Math.floor(Date.now() / 1_000) * 1_000
const ago = (minutes: number): number => now - minutes * minute
const point = (number: number): string => `cold-${number}.temperature`
const all = (id: string) => client.readings(id, ago(60 * 24 * 29), Date.now() + minute)

beforeAll(async () => {
  ground = await Ground.with(pushedSite(12) + cabinet('quick', 'push', '', '{ stale: 1s }'))
  gateway = await ground.start()
  client = await Client.signIn(gateway.address)
})
afterAll(() => ground?.remove())

describe('a reading that was taken with 204', () => {
  test('is there after a kill in the same breath', async () => {
    expect((await client.push([{ point: point(1), t: ago(3), v: 4.25 }])).status).toBe(204)
    await gateway.kill()
    gateway = await ground.start()

    expect((await all(point(1))).map(({ t, v, q }) => [Date.parse(t), v, q])).toEqual([[ago(3), 4.25, 'good']])
    expect(await client.point(point(1))).toMatchObject({ value: 4.25 })
  })

  test('may be sent again, and is kept once, whatever comes between', async () => {
    const one = { point: point(2), t: ago(5), v: 3 }
    for (const batch of [[one], [one], [one, one], [{ ...one, t: ago(4), v: 3.5 }], [one]]) {
      expect((await client.push(batch)).status).toBe(204)
    }
    await gateway.kill()
    gateway = await ground.start()
    expect((await client.push([one])).status).toBe(204)

    expect((await all(point(2))).map(({ v }) => v)).toEqual([3, 3.5])
    expect(await client.point(point(2))).toMatchObject({ value: 3.5 })
  })

  test('stands against another value for the same time, in history and on the screen', async () => {
    expect((await client.push([{ point: point(3), t: ago(1), v: 4 }])).status).toBe(204)
    const screen = await client.watch()
    expect((await client.push([{ point: point(3), t: ago(1), v: 19 }])).status).toBe(204)
    expect((await client.push([{ point: point(3), t: ago(1), v: 'NaN' }])).status).toBe(204)
    await client.push([{ point: point(1), v: 4 }])
    await until(
      () => screen.readings.some(([id]) => id === point(1)),
      seen => seen,
    )

    expect((await all(point(3))).map(({ v }) => v)).toEqual([4])
    expect(await client.point(point(3))).toMatchObject({ value: 4, quality: 'good' })
    expect(screen.readings.filter(([id, , , value]) => id === point(3) && value !== 4)).toEqual([])
    screen.close()
  })
})

test('a late reading is kept in its place and disturbs nothing that is live', async () => {
  expect((await client.push([{ point: point(4), t: ago(2), v: 4 }])).status).toBe(204)
  expect((await client.push([{ point: point(4), t: ago(50), v: 15 }])).status).toBe(204)
  expect((await client.push([{ point: point(4), t: ago(10), v: 'NaN' }])).status).toBe(204)

  expect((await all(point(4))).map(({ t, v }) => [Date.parse(t), v])).toEqual([
    [ago(50), 15],
    [ago(10), null],
    [ago(2), 4],
  ])
  expect(await client.point(point(4))).toMatchObject({ value: 4, quality: 'good' })
  expect((await client.openAlarms()).filter(({ rule }) => rule.startsWith('cold-4.'))).toEqual([])
})

test('an hour that was too warm, sent in one piece, is an alarm raised and cleared in the past, found late', async () => {
  const hour = Array.from({ length: 121 }, (_, index) => ({
    point: point(5),
    t: ago(120 - index),
    v: index >= 20 && index < 80 ? 9.5 : 4,
  }))
  expect((await client.push(hour)).status).toBe(204)

  const [alarm] = await until(
    async () => (await client.openAlarms()).filter(({ rule }) => rule === `${point(5)}.too-warm`),
    seen => seen.length > 0,
  )
  expect(alarm).toMatchObject({ state: 'returned-unacknowledged', found: 'late', times: 1 })
  expect(Date.parse(alarm?.since ?? '')).toBe(ago(100))
  expect(Date.parse(alarm?.raisedAt ?? '')).toBe(ago(80))
  expect(Date.parse(alarm?.clearedAt ?? '')).toBe(ago(35))
  expect(await all(point(5))).toHaveLength(121)
})

test('a value that is none is a bad reading: it shows its cause and ends nothing', async () => {
  // Recent enough not to be stale before the test has looked, on a machine that is busy.
  const warm = [40, 30, 20, 4].map(minutes => ({ point: point(6), t: ago(minutes), v: 9 }))
  expect((await client.push(warm)).status).toBe(204)
  for (const v of ['NaN', null, 'Infinity', ''])
    expect((await client.push([{ point: point(6), t: Date.now(), v }])).status).toBe(204)

  expect(await client.point(point(6))).toMatchObject({ quality: 'bad', value: null, fault: { code: 'not-a-number' } })
  const open = await client.openAlarms()
  expect(open.find(({ rule }) => rule === `${point(6)}.too-warm`)).toMatchObject({ state: 'unacknowledged' })
})

describe('a refusal', () => {
  test('names every wrong item, and takes none', async () => {
    const before = (await all(point(7))).length
    const answer = await client.push([
      { point: point(7), t: ago(1), v: 4 },
      { point: 'cold-99.temperature', t: ago(1), v: 4 },
      { point: point(7), t: ago(60 * 24 * 31), v: 4 },
      { point: point(7), t: Date.now() + 10 * minute, v: 4 },
      { point: point(7), t: ago(1), v: 'warm' },
    ])

    expect(answer.status).toBe(400)
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
    const { errors } = (await answer.json()) as { errors: { path: string; wrong: string }[] }
    expect(errors.map(({ path }) => path)).toEqual(['body.1', 'body.2', 'body.3', 'body.4'])
    expect(errors.every(({ wrong }) => wrong.length > 5)).toBe(true)
    expect(await all(point(7))).toHaveLength(before)
  })

  test.each([
    ['no JSON', '[{"point":'],
    ['an object', '{}'],
    ['a deep nest', `${'['.repeat(50_000)}${']'.repeat(50_000)}`],
    ['a poisoned prototype', '[{"point":"cold-7.temperature","v":1,"__proto__":{"x":1}}]'],
    ['a huge number', '[{"point":"cold-7.temperature","v":1e999}]'],
    ['a time that does not exist', '[{"point":"cold-7.temperature","t":"2026-02-31T00:00:00Z","v":1}]'],
    ['a time without offset', '[{"point":"cold-7.temperature","t":"2026-02-11T00:00:00","v":1}]'],
    ['text where a list belongs', '"cold"'],
  ])('%s is 400 and the gateway goes on', async (_, body) => {
    const answer = await client.send('POST', '/api/v1/readings', body)

    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.status).toBeLessThan(500)
    expect((await fetch(`${gateway.address}/healthz`)).status).toBe(200)
  })

  test('more than fits is 413', async () => {
    const answer = await client.send('POST', '/api/v1/readings', `[${'"x",'.repeat(3_000_000)}"x"]`).catch(() => undefined)

    if (answer) expect(answer.status).toBe(413)
    expect((await fetch(`${gateway.address}/healthz`)).status).toBe(200)
  })
})

test('pages come in order, without a hole and without a repetition', async () => {
  const many = Array.from({ length: 2_500 }, (_, index) => ({ point: point(8), t: ago(60 * 24) + index * 1_000, v: index / 100 }))
  expect((await client.push(many)).status).toBe(204)

  const paged = await client.readings(point(8), ago(60 * 24), now, 333)

  expect(paged.map(({ t, v }) => [Date.parse(t), v])).toEqual(many.map(({ t, v }) => [t, v]))
})

test('the time between a stop and the next start is a gap of the gateway, not of the point', async () => {
  const quick = 'quick.temperature'
  expect((await client.push([{ point: quick, v: 4 }])).status).toBe(204)
  const before = Date.now()
  await gateway.stop()
  const stopped = Date.now()
  await pause(1_500)
  const starting = Date.now()
  gateway = await ground.start()
  expect((await client.push([{ point: quick, v: 4 }])).status).toBe(204)

  const gaps = await client.gaps(quick, before - minute, Date.now())
  const [gap] = gaps.filter(({ cause }) => cause === 'gateway-stopped')
  expect(gaps.at(-1)?.to).not.toBeNull()
  expect(Date.parse(gap?.from ?? '')).toBeLessThanOrEqual(stopped)
  expect(Date.parse(gap?.to ?? '')).toBeGreaterThanOrEqual(starting)
})

test('line protocol is taken at both addresses', async () => {
  const at = BigInt(ago(1)) * 1_000_000n
  expect((await client.send('POST', '/api/v1/readings', `cold-11 temperature=4.5 ${at}`, 'text/plain')).status).toBe(204)
  expect((await client.send('POST', '/api/v2/write?bucket=b&org=o', `cold-12 temperature=5.5 ${at}`, 'text/plain')).status).toBe(
    204,
  )

  expect(await client.point(point(11))).toMatchObject({ value: 4.5 })
  expect(await client.point(point(12))).toMatchObject({ value: 5.5 })
})
