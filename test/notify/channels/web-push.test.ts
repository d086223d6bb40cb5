import { createDecipheriv, createECDH, createHmac, createPublicKey, randomBytes, verify } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { realClock } from '../../api/house.ts'
import type { ChannelParts, PushSubscriptionRow } from '../../../gateway/notify/channel.ts'
import { publicPushKey } from '../../../gateway/notify/channels/web-push.ts'
import { li, message, never, open, says, sink, wang, wrong } from './kit.ts'
import type { Received, Sink } from './kit.ts'

/** A browser: keys as it makes them, and the decryption of RFC 8291 and RFC 8188 written from the text, with node:crypto alone. */
class Browser {
  readonly #curve = createECDH('prime256v1')
  readonly #auth = randomBytes(16)
  readonly row: PushSubscriptionRow

  constructor(endpoint: string) {
    const p256dh = this.#curve.generateKeys().toString('base64url')
    const keys = { p256dh, auth: this.#auth.toString('base64url') }
    this.row = { endpoint, keys, person: 'wang', account: 'wangfang', language: 'zh', since: 0 }
  }

  read(body: Buffer): Record<string, unknown> {
    const salt = body.subarray(0, 16)
    const idLength = body[20] ?? 0
    const server = body.subarray(21, 21 + idLength)
    const cipher = body.subarray(21 + idLength)
    expect(body.readUInt32BE(16), 'one record holds it all').toBeGreaterThanOrEqual(cipher.length)
    const hmac = (key: Buffer, ...parts: readonly (Buffer | string)[]): Buffer =>
      createHmac('sha256', key)
        .update(Buffer.concat(parts.map(part => Buffer.from(part as Buffer))))
        .digest()
    const one = Buffer.from([1])
    // RFC 8291 §3.3 and §3.4
    const shared = this.#curve.computeSecret(server)
    const input = hmac(hmac(this.#auth, shared), 'WebPush: info\0', this.#curve.getPublicKey(), server, one)
    const random = hmac(salt, input)
    const key = hmac(random, 'Content-Encoding: aes128gcm\0', one).subarray(0, 16)
    const nonce = hmac(random, 'Content-Encoding: nonce\0', one).subarray(0, 12)
    const decipher = createDecipheriv('aes-128-gcm', key, nonce).setAuthTag(cipher.subarray(-16))
    const padded = Buffer.concat([decipher.update(cipher.subarray(0, -16)), decipher.final()])
    const end = padded.lastIndexOf(2)
    return JSON.parse(padded.subarray(0, end).toString('utf8')) as Record<string, unknown>
  }
}

/** Keys kept as the data directory keeps them. */
function secretsIn(kept = new Map<string, unknown>()): ChannelParts['secrets'] {
  return {
    get: async key => structuredClone(kept.get(key)),
    put: async (key, value) => void kept.set(key, structuredClone(value)),
  }
}

interface Signed {
  readonly rows: PushSubscriptionRow[]
  readonly removed: string[]
  readonly parts: Partial<ChannelParts>
}
function signedUp(...browsers: readonly Browser[]): Signed {
  const rows = browsers.map(({ row }) => row)
  const removed: string[] = []
  const subscriptions = {
    of: async (person: string) => rows.filter(row => row.person === person),
    remove: async (endpoint: string) => {
      removed.push(endpoint)
      rows.splice(0, rows.length, ...rows.filter(row => row.endpoint !== endpoint))
    },
  }
  return { rows, removed, parts: { subscriptions, secrets: secretsIn(), wall: realClock } }
}

// oxlint-disable-next-line no-control-regex -- what no side takes
const control = /[\u0000-\u0008\u000B-\u001F\u007F]/g
const created = says(201, '')
const endpointOf = ({ url }: Sink, id: string): string => `${url}/push/${id}`

describe('a push message', () => {
  test('is encrypted for the browser, which alone can read it', async () => {
    const service = await sink(created)
    const browser = new Browser(endpointOf(service, 'abc'))
    const channel = open('web-push', {}, signedUp(browser).parts)

    expect(await channel.send(message(), wang, never)).toEqual({ is: 'delivered', proof: '1 of 1 browsers, HTTP 201' })

    const [request] = service.received as [Received]
    expect([request.method, request.url]).toEqual(['POST', '/push/abc'])
    expect(request.headers).toMatchObject({ 'content-encoding': 'aes128gcm', ttl: '86400', urgency: 'high' })
    expect(String(request.body)).not.toContain('保鲜柜')
    expect(browser.read(request.body)).toEqual({
      key: 'greenhill.N31',
      occasion: 'raised',
      priority: 'high',
      language: 'zh',
      link: message().link,
      title: '1 号保鲜柜温度过高',
      text: '柜内 9.4 °C，上限 8 °C，已 15 分钟。\n请关好柜门。',
    })
    expect(() => new Browser('x').read(request.body)).toThrow()
  })

  test('proves by a token that it is the gateway the browser signed up with', async () => {
    const service = await sink(created)
    const browser = new Browser(endpointOf(service, 'abc'))
    const { parts } = signedUp(browser)
    const contact = 'mailto:it@school.example'

    await open('web-push', { contact }, parts).send(message(), wang, never)

    const [, token = '', key = ''] = /^vapid t=([^,]+), k=(.+)$/.exec(String(service.received[0]?.headers.authorization)) ?? []
    expect(key).toBe(await publicPushKey(parts.secrets as ChannelParts['secrets']))
    const point = Buffer.from(key, 'base64url')
    expect([point.length, point[0]]).toEqual([65, 4])
    const jwk = {
      kty: 'EC',
      crv: 'P-256',
      x: point.subarray(1, 33).toString('base64url'),
      y: point.subarray(33).toString('base64url'),
    }
    const [head = '', claims = '', signature = ''] = token.split('.')
    const publicKey = { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' } as const
    expect(verify('sha256', Buffer.from(`${head}.${claims}`), publicKey, Buffer.from(signature, 'base64url'))).toBe(true)
    const decoded = [head, claims].map(part => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>)
    expect(decoded[0]).toEqual({ typ: 'JWT', alg: 'ES256' })
    expect(decoded[1]).toMatchObject({ aud: service.url, sub: contact })
    const life = Number(decoded[1]?.['exp']) - Date.now() / 1_000
    expect(life).toBeGreaterThan(0)
    expect(life).toBeLessThanOrEqual(24 * 3_600)
  })

  test('is as urgent as the alarm, and a repetition takes the place of the first', async () => {
    const service = await sink(created)
    const channel = open('web-push', {}, signedUp(new Browser(endpointOf(service, 'abc'))).parts)
    for (const priority of ['high', 'medium', 'low', 'advisory'] as const) await channel.send(message({ priority }), wang, never)
    await channel.send(message({ key: 'another' }), wang, never)

    const headers = service.received.map(one => one.headers)
    expect(headers.map(({ urgency }) => urgency)).toEqual(['high', 'normal', 'low', 'very-low', 'high'])
    const topics = headers.map(({ topic }) => String(topic))
    expect(topics[0]).toMatch(/^[\w-]{32}$/)
    expect(new Set(topics.slice(0, 4)).size).toBe(1)
    expect(topics[4]).not.toBe(topics[0])
  })

  test('carries any text unbroken, and never more than a push service takes', async () => {
    const service = await sink(created)
    const browser = new Browser(endpointOf(service, 'abc'))
    const channel = open('web-push', {}, signedUp(browser).parts)
    const anyText = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 200 }),
      fc.constantFrom('"\\\n'.repeat(3_000), '保'.repeat(5_000), '😀'.repeat(3_000)),
    )
    await fc.assert(
      fc.asyncProperty(anyText, anyText, async (title, said) => {
        // A first line of its own: what the title says already is not said again.
        const text = `首行\n${said}`
        service.received.length = 0
        expect((await channel.send(message({ title, text }), wang, never)).is).toBe('delivered')
        const body = service.received[0]?.body ?? Buffer.alloc(0)
        expect(body.length).toBeLessThanOrEqual(4_096)
        const read = browser.read(body) as { title: string; text: string; link: string }
        expect(read.link).toBe(message().link)
        expect(read.text.isWellFormed()).toBe(true)
        const kept = text.replaceAll(/\r\n?/g, '\n').replaceAll(control, '').trim()
        if (Buffer.byteLength(kept) < 1_500) expect(read.text).toBe(kept)
        else expect(read.text).toMatch(/…$/)
      }),
      { numRuns: 40 },
    )
  })

  test('goes to every browser of the person; one that took it is enough', async () => {
    const service = await sink((response, { url }) => says(url.endsWith('/b') ? 500 : 201, '')(response))
    const [a, b] = [new Browser(endpointOf(service, 'a')), new Browser(endpointOf(service, 'b'))]
    const channel = open('web-push', {}, signedUp(a, b).parts)

    expect(await channel.send(message(), wang, never)).toEqual({ is: 'delivered', proof: '1 of 2 browsers, HTTP 201' })
    expect(service.received.map(({ url }) => url).toSorted()).toEqual(['/push/a', '/push/b'])
  })

  test.each([404, 410])('to a browser that is gone (%i) forgets it', async status => {
    const service = await sink((response, { url }) => says(url.endsWith('/old') ? status : 201, '')(response))
    const browsers = [new Browser(endpointOf(service, 'old')), new Browser(endpointOf(service, 'new'))]
    const { parts, removed } = signedUp(...browsers)
    const channel = open('web-push', {}, parts)

    expect((await channel.send(message(), wang, never)).is).toBe('delivered')
    expect(removed).toEqual([endpointOf(service, 'old')])
    service.received.length = 0
    await channel.send(message(), wang, never)
    expect(service.received).toHaveLength(1)
  })

  test('to browsers that are all gone has not arrived, and trying again is of no use', async () => {
    const service = await sink(says(410, ''))
    const { parts, removed } = signedUp(new Browser(endpointOf(service, 'a')), new Browser(endpointOf(service, 'b')))
    const channel = open('web-push', {}, parts)

    expect(await channel.send(message(), wang, never)).toMatchObject({ is: 'refused', fault: 'person' })
    expect(removed).toHaveLength(2)
    expect(await channel.send(message(), wang, never)).toMatchObject({ is: 'refused', fault: 'person' })
  })

  test('to a browser whose keys are none forgets it', async () => {
    const service = await sink(created)
    const { row } = new Browser(endpointOf(service, 'a'))
    const broken = { ...row, keys: { p256dh: 'AAAA', auth: 'BBBB' } }
    const { parts, removed, rows } = signedUp()
    rows.push(broken)

    expect(await open('web-push', {}, parts).send(message(), wang, never)).toMatchObject({ is: 'refused', fault: 'person' })
    expect([removed, service.received]).toEqual([[row.endpoint], []])
  })

  test.each([
    [429, { 'retry-after': '30' }, { is: 'failed', after: 30_000 }],
    [503, {}, { is: 'failed' }],
    [401, {}, { is: 'refused', fault: 'channel' }],
    [403, {}, { is: 'refused', fault: 'channel' }],
    [413, {}, { is: 'refused' }],
  ] as const)(
    'answered with %i counts accordingly; the address of the browser is in no reason',
    async (status, headers, expected) => {
      const service = await sink((response, { url }) => says(status, `no: ${url}`, headers)(response))
      const channel = open('web-push', {}, signedUp(new Browser(endpointOf(service, 'cWxhZGRpbjpvcGVuLXNlc2FtZQ'))).parts)

      const delivery = await channel.send(message(), wang, never)

      expect(delivery).toMatchObject(expected)
      expect(JSON.stringify(delivery)).not.toContain('cWxhZGRpbjpvcGVuLXNlc2FtZQ')
    },
  )

  test('is for people who may sign in', () => {
    const channel = open('web-push', {})
    const { account: _, ...nobody } = li
    expect([channel.reaches(wang), channel.reaches(nobody)]).toEqual([true, false])
  })

  test('fails where our own disk does', async () => {
    const subscriptions = { of: () => Promise.reject(new Error('/secret/path is full')), remove: async () => {} }
    expect(await open('web-push', {}, { subscriptions }).send(message(), wang, never)).toEqual({
      is: 'failed',
      why: 'the data directory cannot be read or written',
    })
  })
})

describe('the keys of the gateway', () => {
  test('are made once, also for two who ask at the same time, and outlive a restart', async () => {
    const kept = new Map<string, unknown>()
    const first = secretsIn(kept)
    const [a, b] = await Promise.all([publicPushKey(first), publicPushKey(first)])

    expect(a).toBe(b)
    expect(await publicPushKey(secretsIn(kept))).toBe(a)
    expect(await publicPushKey(secretsIn())).not.toBe(a)
  })

  test('that could not be kept are made again', async () => {
    let isFull = true
    const secrets = secretsIn()
    const failing = {
      get: secrets.get,
      put: (key: string, value: unknown) => (isFull ? Promise.reject(new Error('full')) : secrets.put(key, value)),
    }
    await expect(publicPushKey(failing)).rejects.toThrow('full')
    isFull = false
    expect(await publicPushKey(failing)).toBe(await publicPushKey(failing))
  })
})

test('a contact must be one', () => {
  expect(wrong('web-push', { contact: 'it@school.example' })).toEqual(['bad-value contact'])
  expect(wrong('web-push', { contact: 'https://school.example/it', topic: 'x' })).toEqual(['unknown-key topic'])
})
