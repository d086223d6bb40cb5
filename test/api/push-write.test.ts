import { createConnection } from 'node:net'
import { gzipSync } from 'node:zlib'
import { HttpError, InfluxDB, Point, setLogger } from '@influxdata/influxdb-client'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Crowd } from '../../gateway/api/crowd.ts'
import { days, minutes } from '../../protocols/contract/time.ts'
import { noon, run } from './house.ts'
import type { Running } from './house.ts'

/** `/api/v2/write` as those know it who speak to InfluxDB. */
let gateway: Running
let secret: string
beforeAll(async () => {
  gateway = await run()
  ;({ secret } = await gateway.accounts.createToken('telegraf', 'operator', 'admin'))
})
afterAll(() => gateway.close())
beforeEach(() => {
  gateway.house.readings.length = 0
})
const post = (body: string | Uint8Array, headers: Record<string, string> = {}, precision = 'ms') =>
  fetch(`${gateway.url}/api/v2/write?org=o&bucket=b&precision=${precision}`, {
    method: 'POST',
    headers: { authorization: `Token ${secret}`, 'content-type': 'text/plain; charset=utf-8', ...headers },
    body: body as string,
  })
const values = () => gateway.house.readings.map(({ value }) => value)

describe('a write', () => {
  test('of which some lines are wrong keeps the others, and names the wrong ones: whoever writes never sends them again', async () => {
    const lines = [
      `gas-1 flow=1 ${noon}`,
      'gas-1',
      `gas-1 flow=2,fault="none" ${noon + 1}`,
      `cpu,host=pi usage=93 ${noon}`,
      `cold-1 temperature=4 ${noon}`,
      `gas-1 flow=3 ${noon - days(31)}`,
      `gas-1 flow=4 ${noon + minutes(5)}`,
      `gas-1 flow=5 ${noon + 2}`,
    ]
    const answer = await post(lines.join('\n'))
    const body = (await answer.json()) as {
      code: string
      message: string
      line: number
      errors: { path: string; wrong: string }[]
    }

    expect(answer.status).toBe(400)
    expect(values()).toEqual([1, 2, 5])
    expect(body).toMatchObject({ code: 'invalid', line: 2, status: 400 })
    expect(body.message).toBe('partial write: 3 values taken, 6 wrong; line 2: no fields.')
    expect(body.errors.map(({ path }) => path)).toEqual(['line 2', 'line 3', 'line 4', 'line 5', 'line 6', 'line 7'])
    expect(body.errors[3]?.wrong).toContain('modbus-tcp')
  })

  test.each([
    ['s', noon / 1_000],
    ['ms', noon],
    ['us', noon * 1_000],
    ['ns', `${noon}000000`],
    ['u', noon * 1_000],
    ['n', `${noon}000000`],
  ])('counts its times in %s', async (precision, at) => {
    expect((await post(`gas-1 flow=1 ${at}`, {}, precision)).status).toBe(204)
    expect(gateway.house.readings).toMatchObject([{ at: noon }])
  })

  test('that is packed is unpacked, and one that would unpack into too much is 413 before it is there', async () => {
    expect((await post(gzipSync(`gas-1 flow=1 ${noon}`), { 'content-encoding': 'gzip' })).status).toBe(204)
    const bomb = gzipSync(Buffer.alloc(100 * 1024 * 1024, 'a'))
    expect(bomb.length).toBeLessThan(200_000)
    const before = process.memoryUsage().rss
    const answer = await post(bomb, { 'content-encoding': 'gzip' })
    expect(answer.status).toBe(413)
    expect(await answer.json()).toMatchObject({ code: 'request too large' })
    expect(process.memoryUsage().rss - before).toBeLessThan(60 * 1024 * 1024)
  })

  test.each([
    ['is not packed although it says so', 'gas-1 flow=1', { 'content-encoding': 'gzip' }],
    ['is packed in a way that nobody knows', 'gas-1 flow=1', { 'content-encoding': 'zstd' }],
    ['is cut off', gzipSync(`gas-1 flow=1 ${noon}`).subarray(0, 20), { 'content-encoding': 'gzip' }],
  ])('that %s is refused', async (_, body, headers) => {
    const answer = await post(body, headers)
    expect([400, 415]).toContain(answer.status)
    expect(values()).toEqual([])
  })

  test('of more values than fit is 413, so that the sender halves it', async () => {
    const answer = await post('gas-1 flow=1\n'.repeat(100_001))
    expect(answer.status).toBe(413)
    expect(await answer.json()).toMatchObject({ code: 'request too large', status: 413 })
    expect(values()).toEqual([])
  })

  test('of nothing is nothing', async () => {
    for (const body of ['', '\n\n', '# only a comment']) expect((await post(body)).status).toBe(204)
  })

  test('without a token is 401, with the token of a looker-on 403', async () => {
    const { secret: looker } = await gateway.accounts.createToken('wall', 'viewer', 'admin')
    const stranger = await post('gas-1 flow=1', { authorization: 'Token nobody' })
    expect([stranger.status, ((await stranger.json()) as { code: string }).code]).toEqual([401, 'unauthorized'])
    const seeing = await post('gas-1 flow=1', { authorization: `Token ${looker}` })
    expect([seeing.status, ((await seeing.json()) as { code: string }).code]).toEqual([403, 'forbidden'])
  })

  test('that cannot be written down is 503 and says when to come again', async () => {
    gateway.house.isFull = true
    const answer = await post('gas-1 flow=1')
    gateway.house.isFull = false
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
    expect(await answer.json()).toMatchObject({ code: 'unavailable' })
  })

  test('before the line is open is 503: nothing that belongs here is refused', async () => {
    const { lines } = gateway.house
    gateway.house.lines = { ...lines, inlet: () => undefined }
    const answer = await post('gas-1 flow=1')
    gateway.house.lines = lines
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
  })

  test('is asked for in the words of whoever asks: problem+json for those who name a media type', async () => {
    const answer = await post('gas-1', { accept: 'application/problem+json', 'accept-language': 'zh' })
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
    expect(await answer.json()).toMatchObject({ type: 'urn:zhishou:problem:bad-request', code: 'invalid' })
  })
})

describe('many at once', () => {
  test('of one sender are told to come again, while another is let in', async () => {
    const { port } = new URL(gateway.url)
    // Eight that begin a body and do not end it.
    const slow = Array.from({ length: 8 }, () => createConnection(Number(port), '127.0.0.1'))
    const head = [
      'POST /api/v2/write HTTP/1.1',
      'Host: 127.0.0.1',
      `Authorization: Token ${secret}`,
      'Content-Type: text/plain',
      'Content-Length: 1000',
      'Expect: 100-continue',
      '',
      '',
    ].join('\r\n')
    await Promise.all(
      slow.map(
        socket =>
          new Promise<void>(resolve => {
            socket.on('error', () => {})
            // "100 Continue": the head was read.
            socket.once('data', () => resolve())
            socket.write(head)
          }),
      ),
    )
    for (const socket of slow) socket.write('gas-1 ')
    const { secret: other } = await gateway.accounts.createToken('kitchen', 'operator', 'admin')
    await expect.poll(async () => (await post('gas-1 flow=1')).status, { timeout: 120_000 }).toBe(429)
    const refused = await post('gas-1 flow=1')
    expect([refused.headers.get('retry-after'), ((await refused.json()) as { code: string }).code]).toEqual([
      '1',
      'too many requests',
    ])
    expect((await post('gas-1 flow=2', { authorization: `Token ${other}` })).status).toBe(204)

    for (const socket of slow) socket.destroy()
    await expect.poll(async () => (await post('gas-1 flow=3')).status, { timeout: 120_000 }).toBe(204)
  })

  test('a crowd lets in as many as fit, of each and altogether, and each leaves once', () => {
    const crowd = new Crowd({ each: 2, all: 3 })
    const first = crowd.enter('a')
    const second = crowd.enter('a')
    expect([
      first !== undefined,
      second !== undefined,
      crowd.enter('a'),
      crowd.enter('b') !== undefined,
      crowd.enter('c'),
    ]).toEqual([true, true, undefined, true, undefined])
    first?.()
    first?.()
    expect(crowd.size).toBe(2)
    expect(crowd.enter('c')).toBeDefined()
    expect(crowd.enter('a')).toBeUndefined()
  })
})

describe("InfluxDB's own client", () => {
  beforeAll(() => setLogger({ error() {}, warn() {} }))
  const client = (token: string) => new InfluxDB({ url: gateway.url, token })
  const quiet = { maxRetries: 0, flushInterval: 0, writeFailed: () => Promise.resolve() }

  test('writes, small and packed', async () => {
    const api = client(secret).getWriteApi('o', 'b', 'ms', { flushInterval: 0, maxRetries: 0, gzipThreshold: 100 })
    for (let index = 0; index < 50; index++)
      api.writePoint(
        new Point('gas-1')
          .tag('host', 'a b,c=d')
          .floatField('flow', index / 8)
          .timestamp(noon + index),
      )
    await api.close()
    expect(values()).toEqual(Array.from({ length: 50 }, (_, index) => index / 8))
  })

  test('reads code and message of a refusal', async () => {
    const failed: Error[] = []
    const api = client(secret).getWriteApi('o', 'b', 'ms', {
      ...quiet,
      writeFailed: error => {
        failed.push(error)
        return Promise.resolve()
      },
    })
    api.writeRecord(`gas-1 flow=7 ${noon}`)
    api.writeRecord('cpu usage=3')
    await api.close()
    const [error] = failed
    expect(error).toBeInstanceOf(HttpError)
    expect(error).toMatchObject({
      statusCode: 400,
      code: 'invalid',
      message: 'partial write: 1 values taken, 1 wrong; line 2: no point is bound to cpu usage.',
    })
    expect(values()).toEqual([7])
  })

  test('comes again when it is told to, and what it wrote is there', async () => {
    gateway.house.isFull = true
    const tries: number[] = []
    const api = client(secret).getWriteApi('o', 'b', 'ms', {
      maxRetries: 3,
      flushInterval: 0,
      retryJitter: 1,
      minRetryDelay: 1,
      maxRetryDelay: 20,
      writeFailed(error, _lines, attempt) {
        tries.push(attempt)
        expect((error as HttpError).retryAfter()).toBe(5)
        gateway.house.isFull = false
      },
    })
    api.writeRecord(`gas-1 flow=8 ${noon}`)
    await api.flush(true).catch(() => {})
    // What waits for its second try.
    await api.flush(true)
    await api.close()
    expect([tries, values()]).toEqual([[1], [8]])
  })
})

test('whoever asks after InfluxDB is told that it can be written to', async () => {
  const health = await fetch(`${gateway.url}/health`)
  expect([health.status, await health.json()]).toEqual([
    200,
    { name: 'zhishou', message: 'ready for writes', status: 'pass', checks: [] },
  ])
  const ping = await fetch(`${gateway.url}/ping`)
  expect([ping.status, await ping.text()]).toEqual([204, ''])
})

test('a large write holds nobody up for long', async () => {
  const body = Array.from({ length: 100_000 }, (_, index) => `gas-1,host=pi,slave=3 flow=${index / 1_000} ${noon - index}`).join(
    '\n',
  )
  let longest = 0
  let last = performance.now()
  let isWatching = true
  const watch = (): void => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
    if (isWatching) setImmediate(watch)
  }
  const begun = performance.now()
  setImmediate(watch)
  expect((await post(body)).status).toBe(204)
  isWatching = false
  const whole = performance.now() - begun
  expect(gateway.house.readings).toHaveLength(100_000)
  // In one piece it would be most of the whole time.
  expect(longest / whole).toBeLessThan(0.5)
})
