import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { gzipSync } from 'node:zlib'
import { readLines } from '../../gateway/api/line-protocol.ts'
import { days, minutes } from '../../protocols/contract/time.ts'
import { noon, run } from './house.ts'
import type { Running } from './house.ts'

let gateway: Running
let cookie: string
beforeAll(async () => {
  gateway = await run()
  cookie = await gateway.cookie('operator')
})
afterAll(() => gateway.close())
beforeEach(() => {
  gateway.house.readings.length = 0
})
const push = (body: unknown, headers?: Record<string, string>) => gateway.send('POST', '/api/v1/readings', body, cookie, headers)

describe('pushed readings', () => {
  test('are taken as JSON with ISO times, ms and no time at all', async () => {
    const answer = await push([
      { point: 'gas-1.reading', t: '2026-09-01T11:59:00+08:00', v: 12.5 },
      { point: 'gas-1.reading', t: noon - 1_000, v: 12.6 },
      { point: 'gas-1.flow', v: 0.4 },
    ])
    expect([answer.status, await answer.text()]).toEqual([204, ''])
    expect(gateway.house.readings).toEqual([
      { point: 'gas-1.reading', at: noon - 60_000, receivedAt: noon, value: 12.5, quality: 'good' },
      { point: 'gas-1.reading', at: noon - 1_000, receivedAt: noon, value: 12.6, quality: 'good' },
      { point: 'gas-1.flow', at: noon, receivedAt: noon, value: 0.4, quality: 'good' },
    ])
  })
  test('without a value are bad readings with a cause, not mistakes', async () => {
    await push([
      { point: 'gas-1.flow', v: null },
      { point: 'gas-1.flow', t: noon - 1, v: 'NaN' },
    ])
    expect(gateway.house.readings.map(({ quality }) => quality)).toEqual(['bad', 'bad'])
    expect(gateway.house.readings[0]).toMatchObject({ fault: { code: 'not-a-number' } })
  })
  test('are refused as a whole when one is wrong, and every wrong one is named', async () => {
    const answer = await push([
      { point: 'gas-1.flow', v: 1 },
      { point: 'gas-9.flow', v: 1 },
      { point: 'cold-1.temperature', v: 1 },
      { point: 'gas-1.flow', t: noon - days(30) - 1, v: 1 },
      { point: 'gas-1.flow', t: noon + minutes(1) + 1, v: 1 },
      { point: 'gas-1.flow', v: 'warm' },
    ])
    const problem = await answer.json()
    expect(answer.status).toBe(400)
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
    expect(problem.errors.map(({ path }: { path: string }) => path)).toEqual(['body.1', 'body.2', 'body.3', 'body.4', 'body.5'])
    expect(gateway.house.readings).toEqual([])
  })
  test('are refused when they do not have the shape', async () => {
    for (const body of [
      {},
      [{}],
      [{ point: 1, v: 1 }],
      [{ point: 'gas-1.flow' }],
      [{ point: 'gas-1.flow', v: 1, t: 'yesterday' }],
    ]) {
      expect((await push(body)).status).toBe(400)
    }
    expect(gateway.house.readings).toEqual([])
  })
  test('that cannot be written down are answered 503, in words that show no path', async () => {
    gateway.house.isFull = true
    const answer = await push([{ point: 'gas-1.flow', v: 1 }])
    gateway.house.isFull = false
    expect(answer.status).toBe(503)
    expect(await answer.text()).not.toContain('/secret/path')
  })
})

describe('line protocol', () => {
  test('names points in four ways', async () => {
    const lines = [
      '# a comment',
      `gas-1.reading value=12.5 ${noon - 4_000}000000`,
      `anything,point=gas-1.reading,host=pi value=12.6 ${noon - 3_000}000000`,
      `anything,equipment=gas-1 flow=0.25,reading=12.7 ${noon - 2_000}000000`,
      `gas-1 flow=1i ${noon - 1_000}000000`,
      '',
    ]
    expect((await push(lines.join('\n'))).status).toBe(204)
    expect(gateway.house.readings.map(({ point, at, value }) => [point, noon - at, value])).toEqual([
      ['gas-1.reading', 4_000, 12.5],
      ['gas-1.reading', 3_000, 12.6],
      ['gas-1.flow', 2_000, 0.25],
      ['gas-1.reading', 2_000, 12.7],
      ['gas-1.flow', 1_000, 1],
    ])
  })
  test('is taken from Telegraf: its token header, its path, gzip and precision', async () => {
    const { secret } = await gateway.accounts.createToken('telegraf', 'operator', 'admin')
    const body = gzipSync(`gas-1 flow=0.5 ${noon / 1_000}`)
    const headers = { authorization: `Token ${secret}`, 'content-type': 'text/plain; charset=utf-8', 'content-encoding': 'gzip' }
    const answer = await fetch(`${gateway.url}/api/v2/write?bucket=x&org=y&precision=s`, { method: 'POST', headers, body })
    expect(answer.status).toBe(204)
    expect(gateway.house.readings).toMatchObject([{ point: 'gas-1.flow', at: noon, value: 0.5 }])
  })
  test('is taken whatever content type curl sends', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded', cookie }
    const answer = await fetch(`${gateway.url}/api/v2/write`, { method: 'POST', headers, body: 'gas-1 flow=0.5' })
    expect(answer.status).toBe(204)
    const bare = await fetch(`${gateway.url}/api/v2/write`, {
      method: 'POST',
      headers: { cookie },
      body: Buffer.from('gas-1 flow=0.6'),
    })
    expect(bare.status).toBe(204)
    expect(gateway.house.readings.map(({ value }) => value)).toEqual([0.5, 0.6])
  })
  test('names the lines that are wrong and takes none', async () => {
    const answer = await push('gas-1 flow=0.5\ngas-1\ngas-1 flow=warm\ngas-2 flow=1\ngas-1 flow="text"\ngas-1 flow=1 soon')
    const problem = await answer.json()
    const paths = problem.errors.map(({ path }: { path: string }) => path).toSorted()
    expect([answer.status, paths]).toEqual([400, ['line 2', 'line 3', 'line 4', 'line 5', 'line 6']])
    expect(gateway.house.readings).toEqual([])
  })
  test('follows the published grammar of escapes, quotes and types', () => {
    const text = String.raw`my\ gas\,1,place=hall\ 2,k\=1=v a=1,b=2i,c=t,d="x, \"y\" = z",e=-1.5e3,f=NaN 1756695600000000001`
    const lines = [...readLines(`${text}\r\n`, 'ns')].flatMap(read => ('why' in read ? [] : [read]))
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatchObject({ measurement: 'my gas,1', at: 1_756_695_600_000 })
    expect([...(lines[0]?.tags ?? [])]).toEqual([
      ['place', 'hall 2'],
      ['k=1', 'v'],
    ])
    const fields = [...(lines[0]?.fields ?? [])]
    expect(fields).toEqual([
      ['a', 1],
      ['b', 2],
      ['c', true],
      ['d', 'x, "y" = z'],
      ['e', -1_500],
      ['f', Number.NaN],
    ])
  })
})

describe('the history of a point', () => {
  test('comes in pages that neither repeat nor skip, with gaps once', async () => {
    for (let i = 10; i > 0; i -= 1) gateway.house.reads('cold-1.temperature', i, (noon - i * 1_000) as typeof noon)
    const values: number[] = []
    let path = '/api/v1/points/cold-1.temperature/readings?limit=3'
    for (let pages = 0; pages < 10; pages += 1) {
      const page = await (await gateway.get(path, cookie)).json()
      values.push(...page.items.map(({ v }: { v: number }) => v))
      expect(page.gaps.length).toBe(pages === 0 ? 1 : 0)
      if (page.next === null) break
      path = `/api/v1/points/cold-1.temperature/readings?limit=3&cursor=${page.next}`
    }
    expect(values).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1])
  })
  test('comes in buckets', async () => {
    for (const [ago, value] of [
      [119, 2],
      [90, 4],
      [30, 6],
    ] as const)
      gateway.house.reads('cold-1.temperature', value, (noon - ago * 1_000) as typeof noon)
    const from = encodeURIComponent('2026-09-01T11:58:00+08:00')
    const page = await (await gateway.get(`/api/v1/points/cold-1.temperature/readings?from=${from}&every=60s`, cookie)).json()
    expect(page.items).toEqual([
      { t: '2026-09-01T11:58:00.000+08:00', min: 2, mean: 3, max: 4, count: 2 },
      { t: '2026-09-01T11:59:00.000+08:00', min: 6, mean: 6, max: 6, count: 1 },
    ])
  })
  test.each([
    'every=1ms',
    'every=soon',
    'from=now',
    'limit=0',
    'limit=1e9',
    'cursor=%00',
    'cursor=abc',
    'from=0&every=1s',
    `from=${noon + 9}`,
  ])('refuses ?%s', async query => {
    const answer = await gateway.get(`/api/v1/points/cold-1.temperature/readings?${query}`, cookie)
    expect([query, answer.status]).toEqual([query, 400])
  })
  test('of a point that does not exist is not found', async () => {
    expect((await gateway.get('/api/v1/points/nope/readings', cookie)).status).toBe(404)
  })
})
