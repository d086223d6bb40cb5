import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instant } from '../../../protocols/contract/time.ts'
import { realClock } from '../../api/house.ts'
import { li, message, never, only, open, python, says, sink, wang, wrong } from './kit.ts'

const at = instant(1_790_000_000_123)
const wall = { ...realClock, now: () => at }
const secret = 'hunter2-hunter2-秘'

describe('a webhook', () => {
  test('gets signed JSON whose signature Python agrees with', async () => {
    const server = await sink(says(200, 'took it'))
    const headers = { Authorization: 'Bearer abcdef123456' }
    const hook = open('webhook', { url: `${server.url}/hooks/zhishou?site=1`, secret, headers }, { wall })

    expect(await hook.send(message(), wang, never)).toEqual({ is: 'delivered', proof: 'HTTP 200: took it' })

    const { url, headers: sent, body, json } = only(server)
    expect(url).toBe('/hooks/zhishou?site=1')
    expect(sent).toMatchObject({
      authorization: 'Bearer abcdef123456',
      'content-type': 'application/json; charset=utf-8',
      'idempotency-key': 'greenhill.N31',
    })
    const expected = python(
      `import hmac, hashlib
print(json.dumps('t=%d,v1=%s' % (data['t'], hmac.new(data['secret'].encode(), ('%d.' % data['t']).encode() + data['body'].encode(), hashlib.sha256).hexdigest())))`,
      { t: at, secret, body: body.toString('utf8') },
    )
    expect(sent['x-zhishou-signature']).toBe(expected)
    expect(json).toEqual({
      key: 'greenhill.N31',
      t: at,
      site: { id: 'greenhill', name: '青山小学' },
      person: { id: 'wang', name: { zh: '王芳', en: 'Wang Fang' }, handles: wang.handles },
      occasion: 'raised',
      priority: 'high',
      language: 'zh',
      title: '1 号保鲜柜温度过高',
      text: message().text,
      link: message().link,
      mayRepeat: false,
      facts: message().facts,
    })
  })

  test('reaches everybody, and says when there is nothing to answer by leaving the link out', async () => {
    const server = await sink(says(204, ''))
    const { link: _, ...plain } = message()
    const hook = open('webhook', { url: server.url, secret })

    expect(hook.reaches(li)).toBe(true)
    expect(await hook.send(plain, li, never)).toEqual({ is: 'delivered', proof: 'HTTP 204' })
    expect(only(server).json).not.toHaveProperty('link')
  })

  test('gets the same key for every attempt, with a signature of its own time', async () => {
    const server = await sink(says(503, ''))
    const hook = open('webhook', { url: server.url, secret })
    await hook.send(message(), wang, never)
    await hook.send(message({ mayRepeat: true }), wang, never)

    const [first, second] = server.received
    expect(second?.headers['idempotency-key']).toBe(first?.headers['idempotency-key'])
    expect(JSON.parse(String(second?.body))).toMatchObject({ mayRepeat: true, text: message().text })
  })

  test('carries any text unbroken', async () => {
    const server = await sink()
    const hook = open('webhook', { url: server.url, secret })
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 200 }), async text => {
        server.received.length = 0
        await hook.send(message({ text }), wang, never)
        // What is no character at all goes; every line and every sign of every script stays.
        // oxlint-disable-next-line no-control-regex -- the ones that go
        const kept = text.replaceAll(/\r\n?/g, '\n').replaceAll(/[\u0000-\u0008\u000B-\u001F\u007F\uFFFE\uFFFF]/g, '')
        expect(only(server).json['text']).toBe(kept)
      }),
      { numRuns: 50 },
    )
  })

  test('that sends our secrets back does not get them into what is kept', async () => {
    const mirror = await sink((response, { headers, url }) => says(400, { headers, url, secret })(response))
    const settings = { url: `${mirror.url}/T0123456789/B9876?token=xoxb-1234`, secret, headers: { 'x-api-key': 'key-987654' } }

    const delivery = await open('webhook', settings).send(message(), wang, never)

    expect(delivery.is).toBe('refused')
    expect(JSON.stringify(delivery)).not.toMatch(/T0123456789|xoxb-1234|key-987654|hunter2/)
  })

  test('names every mistake of its settings, and repeats no secret', () => {
    expect(wrong('webhook', {})).toEqual(['missing url', 'missing secret'])
    expect(
      wrong('webhook', { url: 'ftp://a.example', secret: 'short', headers: { 'a b': 'c', d: '值', e: 5 }, perMinute: 1.5 }),
    ).toEqual([
      'bad-url url',
      'bad-value secret',
      'bad-value headers.a b',
      'bad-value headers.d',
      'bad-value headers.e',
      'bad-value perMinute',
    ])
    expect(wrong('webhook', { url: 'https://a.example', secret, headers: 'x' })).toEqual(['wrong-type headers'])
  })
})

describe('MQTT', () => {
  test('gets the message as JSON below the site and the person', async () => {
    const said: [string, string][] = []
    const publish = async (topic: string, payload: string) => (said.push([topic, payload]), true)
    const channel = open('mqtt', {}, { wall, publish })

    expect(channel.reaches(li)).toBe(true)
    expect(await channel.send(message(), li, never)).toEqual({ is: 'delivered', proof: 'zhishou/greenhill/notices/li' })
    expect(said.map(([topic, payload]) => [topic, JSON.parse(payload)])).toEqual([
      [
        'zhishou/greenhill/notices/li',
        {
          key: 'greenhill.N31',
          t: at,
          person: 'li',
          occasion: 'raised',
          priority: 'high',
          language: 'zh',
          title: '1 号保鲜柜温度过高',
          text: message().text,
          link: message().link,
          facts: message().facts,
        },
      ],
    ])
  })

  test('that no broker takes, or that breaks, is tried again', async () => {
    const failed = { is: 'failed', why: 'no broker took it' }
    expect(await open('mqtt', {}, { publish: async () => false }).send(message(), wang, never)).toEqual(failed)
    expect(await open('mqtt', {}, { publish: () => Promise.reject(new Error('x')) }).send(message(), wang, never)).toEqual(failed)
    const given = open('mqtt', {}, { publish: async () => true }).send(message(), wang, AbortSignal.abort())
    expect(await given).toEqual({ is: 'failed', why: 'given up: the gateway stops' })
  })

  test('has no settings to get wrong', () => {
    expect(wrong('mqtt', { topic: 'x' })).toEqual(['unknown-key topic'])
  })
})
