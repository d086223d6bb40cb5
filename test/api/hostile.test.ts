import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { ManualClock, noon, passwords, run } from './house.ts'
import type { Running } from './house.ts'

let gateway: Running
let cookie: string
const reported: unknown[] = []
beforeAll(async () => {
  gateway = await run({ report: error => reported.push(error) })
  cookie = await gateway.cookie('operator')
})
afterAll(() => gateway.close())
afterEach(async () => {
  expect((await gateway.get('/healthz')).status).toBe(200)
  expect(reported.splice(0)).toEqual([])
})

/** Bytes on a bare socket; resolves with what came back when the other side closed, or with the first line when it stays open. */
function raw(bytes: string | Buffer): Promise<string> {
  const { port, hostname } = new URL(gateway.url)
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(Number(port), hostname, () => socket.write(bytes))
    let text = ''
    socket.on('data', chunk => {
      text += chunk.toString('latin1')
      if (text.includes('\r\n\r\n')) socket.end()
    })
    socket.on('close', () => resolve(text))
    socket.on('error', error => ('code' in error && error.code === 'ECONNRESET' ? resolve(text) : reject(error)))
  })
}
const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0)
const post = (path: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string>) =>
  fetch(gateway.url + path, { method: 'POST', body, headers: { cookie, ...headers } })

describe('a body', () => {
  test.each(['', '{', '[1,', 'null', '"x"', '{"a":1}garbage', '\u0000', '[]]'])(
    'that is not the JSON asked for (%j) is refused',
    async body => {
      const answer = await post('/api/v1/session', body, { 'content-type': 'application/json' })
      expect([400, 415]).toContain(answer.status)
      expect(answer.headers.get('content-type')).toContain('application/problem+json')
    },
  )
  test.each(['{"__proto__":{"role":"admin"},"comment":"x"}', '{"constructor":{"prototype":{"x":1}},"comment":"x"}'])(
    'that would change prototypes (%s) is refused',
    async body => {
      expect((await post('/api/v1/alarms/A1/acknowledge', body, { 'content-type': 'application/json' })).status).toBe(400)
      expect(({} as Record<string, unknown>)['role']).toBeUndefined()
    },
  )
  test('is checked however its content type is written', async () => {
    const wrong = '[{"point":"gas-1.flow","v":{"$gt":0}}]'
    const types = [
      'application/json',
      'APPLICATION/JSON',
      'application/json ; charset=utf-8',
      'application/json;',
      'application/json;x="\t"',
    ]
    for (const type of types) {
      const answer = await post('/api/v1/readings', wrong, { 'content-type': type })
      expect([type, [400, 415].includes(answer.status)]).toEqual([type, true])
    }
    for (const type of [
      'application/json\ta',
      'text/json',
      'application/jsonx',
      'multipart/form-data',
      'application/xml',
      'json',
      'a/b/c',
    ]) {
      const answer = await post('/api/v1/readings', wrong, { 'content-type': type })
      expect([type, answer.status]).toEqual([type, 415])
    }
    expect(gateway.house.readings).toEqual([])
  })
  test('that is too large is refused, also when it is small on the wire', async () => {
    const big = JSON.stringify({ username: 'x'.repeat(2_000_000), password: 'x' })
    expect((await post('/api/v1/session', big, { 'content-type': 'application/json' })).status).toBe(413)
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, 'gas-1 flow=1\n'))
    const headers = { 'content-type': 'text/plain', 'content-encoding': 'gzip' }
    expect((await post('/api/v2/write', bomb, headers)).status).toBe(413)
    expect(gateway.house.readings).toEqual([])
  })
  test.each(['gzip', 'br', 'zstd', 'x'])('that is not the %s it says is refused', async encoding => {
    const answer = await post('/api/v2/write', 'not packed', { 'content-type': 'text/plain', 'content-encoding': encoding })
    expect([400, 415]).toContain(answer.status)
  })
  test('of a stranger is not even read', async () => {
    const head = `POST /api/v1/readings HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 8000000\r\n\r\n[`
    expect(statusOf(await raw(head))).toBe(401)
  })
})

describe('a request line or header', () => {
  test.each([
    ['no HTTP at all', 'hello\r\n\r\n'],
    ['a NUL', 'GET /\u0000 HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['two lengths', 'POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    [
      'length and chunks',
      'POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a header too long', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`],
    ['a method nobody knows', 'BREW / HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a broken escape', 'GET /api/v1/points/%E0%A4%A HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a way upwards', 'GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['an escaped way upwards', 'GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n'],
  ])('with %s is refused', async (_what, bytes) => {
    const answer = await raw(bytes)
    expect(statusOf(answer)).toBeGreaterThanOrEqual(400)
    expect(statusOf(answer)).toBeLessThan(500)
    expect(answer).not.toContain('root:')
  })
  test('with an id that is no id finds nothing', async () => {
    for (const id of ['__proto__', 'constructor', '%00', '..%2f..', `${'x'.repeat(150)}`, "' OR 1=1 --"]) {
      const answer = await gateway.get(`/api/v1/points/${encodeURI(id)}`, cookie)
      expect([id, [400, 404].includes(answer.status)]).toEqual([id, true])
    }
  })
  test('from another site cannot act with the cookie of a person', async () => {
    const body = { point: 'gas-1.flow', v: 1 }
    for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }]) {
      const answer = await gateway.send('POST', '/api/v1/readings', [body], cookie, headers as Record<string, string>)
      expect(answer.status).toBe(403)
    }
    expect((await gateway.send('POST', '/api/v1/readings', [body], cookie, { origin: gateway.url })).status).toBe(204)
    gateway.house.readings.length = 0
  })
  test('cannot pretend to come over TLS or from elsewhere unless a trusted proxy says so', async () => {
    const distant = await run({ trustedProxies: ['10.255.255.255'] })
    const body = { username: 'viewer', password: passwords.viewer }
    const headers = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '10.1.1.1' }
    const plain = await distant.send('POST', '/api/v1/session', body, undefined, headers)
    const behind = await gateway.send('POST', '/api/v1/session', body, undefined, headers)
    await distant.close()
    expect(plain.headers.get('set-cookie')).not.toContain('Secure')
    expect(behind.headers.get('set-cookie')).toContain('Secure')
    expect(distant.house.entries.at(-1)?.data).toEqual({ address: '127.0.0.1' })
    expect(gateway.house.entries.at(-1)?.data).toEqual({ address: '10.1.1.1' })
  })
})

describe('the socket', () => {
  const key = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
  const upgrade = (path: string, more = key): string =>
    `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${more}\r\n`
  test.each([
    ['an odd session id', upgrade('/socket.io/?EIO=4&transport=websocket&sid=__proto__')],
    ['a session id of an object', upgrade('/socket.io/?EIO=4&transport=websocket&sid=constructor')],
    ['two session ids', upgrade('/socket.io/?EIO=4&transport=websocket&sid=a&sid=b')],
    ['an old protocol', upgrade('/socket.io/?EIO=1&transport=websocket')],
    ['no such transport', upgrade('/socket.io/?EIO=4&transport=webtransport')],
    ['a transport of an object', upgrade('/socket.io/?EIO=4&transport=__proto__')],
    ['no key', upgrade('/socket.io/?EIO=4&transport=websocket', '')],
    ['another path', upgrade('/elsewhere')],
    [
      'another protocol',
      'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
    ],
    ['a post without session', 'POST /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n4'],
  ])('survives an upgrade with %s', async (_what, bytes) => {
    // An old protocol is told so in a frame, after the upgrade, and closed.
    expect([0, 101, 400, 404, 403, 426]).toContain(statusOf(await raw(bytes)))
  })
  test('survives polling sessions that are opened, fed with anything and never closed', async () => {
    const url = `${gateway.url}/socket.io/?EIO=4&transport=polling`
    for (const body of [
      'garbage',
      '40',
      '4',
      '42["watch"]',
      '51-["watch",{"_placeholder":true,"num":0}]',
      '59999999-["watch"]',
      '2probe',
      '5',
      'b////',
      '\u001e'.repeat(1_000),
    ]) {
      const opened = await (await fetch(url)).text()
      const { sid } = JSON.parse(opened.slice(1)) as { sid: string }
      const answer = await fetch(`${url}&sid=${sid}`, { method: 'POST', body, headers: { 'content-type': 'text/plain' } })
      expect(answer.status).toBeLessThan(500)
    }
  })
  test('takes no message larger than a wish can be', async () => {
    const url = `${gateway.url}/socket.io/?EIO=4&transport=polling`
    const { sid } = JSON.parse((await (await fetch(url)).text()).slice(1)) as { sid: string }
    const sent = fetch(`${url}&sid=${sid}`, {
      method: 'POST',
      body: 'x'.repeat(1_000_000),
      headers: { 'content-type': 'text/plain' },
    })
    expect(
      await sent.then(
        answer => answer.status,
        () => 413,
      ),
    ).toBe(413)
  })
})

describe('signing in over HTTP', () => {
  test('sets a cookie no script can read and no other site can send, and signing out takes it back', async () => {
    const answer = await gateway.send('POST', '/api/v1/session', { username: 'inspector', password: passwords.inspector })
    const set = answer.headers.get('set-cookie') ?? ''
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({
      username: 'inspector',
      role: 'inspector',
      may: ['see', 'read-journal', 'read-logs'],
    })
    expect(set).toMatch(/^zhishou_session=zss_[\w-]{43}; Max-Age=604(?:800|79\d); Path=\/; HttpOnly; SameSite=Strict$/)
    const own = set.split(';')[0] ?? ''
    expect((await gateway.get('/api/v1/session', own)).status).toBe(200)
    const out = await gateway.send('DELETE', '/api/v1/session', undefined, own)
    expect([out.status, out.headers.get('set-cookie')]).toEqual([204, expect.stringContaining('zhishou_session=;')])
    expect((await gateway.get('/api/v1/session', own)).status).toBe(401)
  })
  test('is throttled with Retry-After, and says it in the language of the browser', async () => {
    const wall = new ManualClock(noon)
    const slow = await run({ wall })
    const guess = (password: string, language = 'en') =>
      slow.send('POST', '/api/v1/session', { username: 'viewer', password }, undefined, { 'accept-language': language })
    for (let i = 0; i < 5; i += 1) expect((await guess('wrong')).status).toBe(401)
    const refused = await guess(passwords.viewer, 'zh-CN,zh;q=0.9,en;q=0.8')
    expect([refused.status, refused.headers.get('retry-after'), (await refused.json()).title]).toEqual([429, '1', '尝试过于频繁'])
    wall.pass(1_000 as never)
    expect((await guess(passwords.viewer)).status).toBe(200)
    expect(slow.house.entries.filter(({ kind }) => kind === 'account.refused').length).toBe(5)
    await slow.close()
  })
  test('tells a stranger nothing: the same bytes whether the name exists or not', async () => {
    const ask = async (username: string) => {
      const answer = await gateway.send('POST', '/api/v1/session', { username, password: 'not-this-one' })
      return [answer.status, await answer.text()]
    }
    expect(await ask('admin')).toEqual(await ask('nobody-here'))
  })
  test('works while the journal takes nothing', async () => {
    gateway.house.isFull = true
    gateway.house.shelf.isFull = true
    const answer = await gateway.send('POST', '/api/v1/session', { username: 'inspector', password: passwords.inspector })
    gateway.house.isFull = false
    gateway.house.shelf.isFull = false
    expect(answer.status).toBe(200)
  })
  test('leaves no secret in the journal', async () => {
    await gateway.send('POST', '/api/v1/session', { username: 'viewer', password: passwords.viewer })
    const text = JSON.stringify(gateway.house.entries)
    for (const secret of [...Object.values(passwords), 'zss_', 'zst_', '$argon2', 'bus-secret', 'not-this-one'])
      expect(text).not.toContain(secret)
  })
})
