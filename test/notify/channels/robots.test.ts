import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instant } from '../../../protocols/contract/time.ts'
import { realClock } from '../../api/house.ts'
import { li, message, never, only, open, prepare, python, says, sink, wang, wrong } from './kit.ts'

const at = instant(1_790_000_000_123)
const wall = { ...realClock, now: () => at }
const ok = says(200, { errcode: 0, errmsg: 'ok' })
const okFeishu = says(200, { StatusCode: 0, StatusMessage: 'success', code: 0, data: {}, msg: 'success' })

describe('企业微信', () => {
  test('gets a text that calls the person, by name or by number', async () => {
    const group = await sink(ok)
    const robot = open('wecom', { url: `${group.url}/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4` })

    const delivery = await robot.send(message(), wang, never)

    expect(delivery).toEqual({ is: 'delivered', proof: 'code 0 ok' })
    const { method, url, headers, json } = only(group)
    expect([method, url]).toEqual(['POST', '/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4'])
    expect(headers['content-type']).toBe('application/json; charset=utf-8')
    expect(json).toEqual({
      msgtype: 'text',
      text: {
        content:
          '1 号保鲜柜温度过高\n柜内 9.4 °C，上限 8 °C，已 15 分钟。\n请关好柜门。\n处理：https://zhishou.example.org/a/zsl_AbC-123',
        mentioned_list: ['WangFang'],
      },
    })
    await robot.send(message(), { ...wang, handles: { wecom: '+86 138 0000 0000' } }, never)
    expect(JSON.parse(String(group.received[1]?.body))).toMatchObject({ text: { mentioned_mobile_list: ['13800000000'] } })
  })

  test('never gets more than 2048 bytes, and the link is always whole', async () => {
    const group = await sink(ok)
    const robot = open('wecom', { url: `${group.url}/send?key=k` })
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme', maxLength: 2_500 }),
        fc.string({ unit: 'grapheme', maxLength: 900 }),
        async (text, title) => {
          group.received.length = 0
          await robot.send(message({ text, title }), wang, never)
          const { content } = (only(group).json as { text: { content: string } }).text
          expect(Buffer.byteLength(content)).toBeLessThanOrEqual(2_048)
          expect(content.isWellFormed()).toBe(true)
          expect(content.endsWith('\n处理：https://zhishou.example.org/a/zsl_AbC-123')).toBe(true)
        },
      ),
      { numRuns: 60 },
    )
  })

  test('says that it sends too much: the message waits a minute', async () => {
    const group = await sink(says(200, { errcode: 45_009, errmsg: 'api freq out of limit, hint: [1_2]' }))
    const robot = open('wecom', { url: `${group.url}/send?key=k` })

    expect(await robot.send(message(), wang, never)).toEqual({
      is: 'failed',
      why: 'code 45009 api freq out of limit, hint: [1_2]',
      after: 60_000,
    })
  })

  test('says that there is no such robot: of no use to try again, and not the fault of the person', async () => {
    const group = await sink(says(200, { errcode: 93_000, errmsg: 'invalid webhook url' }))
    const robot = open('wecom', { url: `${group.url}/send?key=k` })

    expect(await robot.send(message(), wang, never)).toEqual({
      is: 'refused',
      why: 'code 93000 invalid webhook url',
      fault: 'channel',
    })
  })

  test('is not made to call somebody by what a person wrote', async () => {
    const group = await sink(ok)
    const robot = open('wecom', { url: `${group.url}/send?key=k` })

    await robot.send(message({ text: '备注：<@all> 看一下' }), wang, never)

    expect((only(group).json as { text: { content: string } }).text.content).toContain('备注：＜@all> 看一下')
  })
})

describe('钉钉', () => {
  const settings = (url: string) => ({ url: `${url}/robot/send?access_token=566cc69da782ec`, secret: 'SEC240d7bb4c0bafc62' })

  test('gets a signed request that calls the person by number, in `at` and in the text', async () => {
    const group = await sink(ok)
    const robot = open('dingtalk', settings(group.url), { wall })

    expect(await robot.send(message(), wang, never)).toEqual({ is: 'delivered', proof: 'code 0 ok' })

    const { url, json } = only(group)
    const query = new URL(url, group.url).searchParams
    // The vendor's own example in Python, word for word in what it computes.
    const sign = python(
      `import hmac, hashlib, base64, urllib.parse
string_to_sign = '{}\\n{}'.format(data['timestamp'], data['secret'])
code = hmac.new(data['secret'].encode('utf-8'), string_to_sign.encode('utf-8'), digestmod=hashlib.sha256).digest()
print(json.dumps(urllib.parse.quote_plus(base64.b64encode(code))))`,
      { timestamp: String(at), secret: 'SEC240d7bb4c0bafc62' },
    )
    expect(query.get('access_token')).toBe('566cc69da782ec')
    expect(query.get('timestamp')).toBe(String(at))
    expect(url).toContain(`sign=${String(sign)}`)
    expect(json).toMatchObject({ msgtype: 'text', at: { atMobiles: ['13800000000'], isAtAll: false } })
    expect((json as { text: { content: string } }).text.content.split('\n').at(-1)).toBe('@13800000000')
  })

  test('can be called by user id where there is no number', async () => {
    const group = await sink(ok)

    await open('dingtalk', settings(group.url)).send(message(), { ...wang, handles: { dingtalk: 'manager4220' } }, never)

    const { json } = only(group)
    expect(json).toMatchObject({ at: { atUserIds: ['manager4220'] } })
    expect((json as { text: { content: string } }).text.content.endsWith('\n@manager4220')).toBe(true)
  })

  test('rests for ten minutes when it was sent too much', async () => {
    const group = await sink(says(200, { errcode: 130_101, errmsg: 'send too fast, exceed 20 times per minute' }))

    expect(await open('dingtalk', settings(group.url)).send(message(), wang, never)).toMatchObject({
      is: 'failed',
      after: 600_000,
    })
  })

  test('refuses a wrong signature; neither the token nor the secret is in what is kept of it, even where it sends them back', async () => {
    const group = await sink((response, { url }) =>
      says(200, { errcode: 310_000, errmsg: `sign not match for ${url} with SEC240d7bb4c0bafc62` })(response),
    )

    const delivery = await open('dingtalk', settings(group.url)).send(message(), wang, never)

    expect(delivery).toMatchObject({ is: 'refused', fault: 'channel' })
    expect(JSON.stringify(delivery)).not.toMatch(/566cc69da782ec|SEC240d7bb4c0bafc62/)
  })

  test('needs its keyword in every message, once', async () => {
    const group = await sink(ok)
    const robot = open('dingtalk', { ...settings(group.url), keyword: '值守' })

    await robot.send(message(), wang, never)
    await robot.send(message({ title: '值守：试验' }), wang, never)

    const texts = group.received.map(({ body }) => (JSON.parse(String(body)) as { text: { content: string } }).text.content)
    expect(texts[0]).toMatch(/^【值守】1 号保鲜柜/)
    expect(texts[1]).toMatch(/^值守：试验/)
  })
})

describe('飞书', () => {
  const settings = (url: string) => ({ url: `${url}/open-apis/bot/v2/hook/0d8c7b6a-aaaa`, secret: 'xzAbCdEfGh12345' })

  test('gets a signed text that calls the person', async () => {
    const group = await sink(okFeishu)

    expect(await open('feishu', settings(group.url), { wall }).send(message(), wang, never)).toEqual({
      is: 'delivered',
      proof: 'code 0 success',
    })

    const { url, json } = only(group)
    // The vendor's own example in Python, word for word in what it computes.
    const sign = python(
      `import hmac, hashlib, base64
string_to_sign = '{}\\n{}'.format(data['timestamp'], data['secret'])
code = hmac.new(string_to_sign.encode('utf-8'), digestmod=hashlib.sha256).digest()
print(json.dumps(base64.b64encode(code).decode('utf-8')))`,
      { timestamp: '1790000000', secret: 'xzAbCdEfGh12345' },
    )
    expect(url).toBe('/open-apis/bot/v2/hook/0d8c7b6a-aaaa')
    expect(json).toMatchObject({ timestamp: '1790000000', sign, msg_type: 'text' })
    expect((json as { content: { text: string } }).content.text).toMatch(
      /^<at user_id="ou_84aad35d084aa403a838cf73ee18467"><\/at> 1 号保鲜柜温度过高\n/,
    )
  })

  test('never gets a body beyond 20 KB, and the link is always whole', async () => {
    const group = await sink(okFeishu)
    const robot = open('feishu', settings(group.url))
    for (const text of ['保'.repeat(30_000), '"\n\\'.repeat(30_000), '😀👩‍👩‍👧‍👦'.repeat(9_000)]) {
      group.received.length = 0
      await robot.send(message({ text }), wang, never)
      const { body, json } = only(group)
      expect(body.length).toBeGreaterThan(15_000)
      expect(body.length).toBeLessThanOrEqual(20_000)
      expect((json as { content: { text: string } }).content.text).toMatch(
        /…\n处理：https:\/\/zhishou\.example\.org\/a\/zsl_AbC-123$/,
      )
    }
  })

  test('is not made to call somebody by what a person wrote', async () => {
    const group = await sink(okFeishu)

    await open('feishu', settings(group.url)).send(message({ text: '<at user_id="all">所有人</at> <b>' }), wang, never)

    const { text } = (only(group).json as { content: { text: string } }).content
    expect(text.match(/<\/?at/g)).toHaveLength(2)
    expect(text).toContain('＜at user_id="all">所有人＜/at> <b>')
  })

  test('says no in its own way: too often, wrong signature, and with the status 400 that it uses for the latter', async () => {
    const group = await sink(says(200, { code: 11_232, msg: 'frequency limited' }))
    const robot = open('feishu', settings(group.url))

    expect(await robot.send(message(), wang, never)).toMatchObject({ is: 'failed', after: 60_000 })
    group.answer = says(400, {
      code: 19_021,
      msg: 'sign match fail or timestamp is not within one hour from current time',
      data: {},
    })
    expect(await robot.send(message(), wang, never)).toMatchObject({ is: 'refused', fault: 'channel' })
    group.answer = says(429, { code: 'x' }, { 'x-ogw-ratelimit-reset': '52' })
    expect(await robot.send(message(), wang, never)).toMatchObject({ is: 'failed', after: 52_000 })
  })
})

describe('every robot', () => {
  const kinds = [
    ['wecom', 'text.content', ok],
    ['dingtalk', 'text.content', ok],
    ['feishu', 'content.text', okFeishu],
  ] as const
  const textIn = (json: Record<string, unknown>, path: string): string =>
    String(path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], json))

  test.each(kinds)('%s carries any text unbroken', async (kind, path, fine) => {
    const group = await sink(fine)
    const robot = open(kind, { url: `${group.url}/send?key=k` })
    // Whole characters of every script; what calls somebody is tested above.
    const text = fc.string({ unit: 'grapheme', maxLength: 150 }).filter(one => !one.includes('<'))
    await fc.assert(
      fc.asyncProperty(text, async said => {
        group.received.length = 0
        const delivery = await robot.send(message({ title: '标题', text: said }), wang, never)
        expect(delivery.is).toBe('delivered')
        expect(textIn(only(group).json, path)).toContain(said.replaceAll(/\r\n?/g, '\n').replaceAll(control, '').trim())
      }),
      { numRuns: 60 },
    )
  })

  test.each(kinds)('%s says of a message that may have come before that it may be a repetition', async (kind, path, fine) => {
    const group = await sink(fine)
    const robot = open(kind, { url: `${group.url}/send?key=k` })

    await robot.send(message({ mayRepeat: true }), wang, never)
    await robot.send(message({ mayRepeat: true, language: 'en', title: 'Too warm', text: 'Close the door' }), wang, never)

    const texts = group.received.map(({ body }) => textIn(JSON.parse(String(body)) as Record<string, unknown>, path))
    expect(texts[0]).toContain('（可能重复）1 号保鲜柜温度过高')
    expect(texts[1]).toContain('(may be a repetition) Too warm\nClose the door\nAnswer: https://')
  })

  test.each(kinds)('%s reaches only whom it can call', async kind => {
    const group = await sink(ok)
    const robot = open(kind, { url: `${group.url}/send?key=k` })

    expect([robot.reaches(wang), robot.reaches(li)]).toEqual([true, false])
    expect(await robot.send(message(), li, never)).toMatchObject({ is: 'refused', fault: 'person' })
    expect(await robot.send(message(), { ...wang, handles: { [kind]: kind === 'wecom' ? '  ' : '<at>"' } }, never)).toMatchObject(
      {
        is: 'refused',
        fault: 'person',
      },
    )
    expect(group.received).toEqual([])
  })

  test.each(kinds)('%s that answers something else has not delivered', async kind => {
    const group = await sink()
    const robot = open(kind, { url: `${group.url}/send?key=k` })
    for (const body of ['', 'null', '[]', '{}', '<html>登录</html>', '{"errcode":"0","code":"0"}', '{"errcode":0,"code":0']) {
      group.answer = says(200, body)
      expect([body, (await robot.send(message(), wang, never)).is]).toEqual([body, 'failed'])
    }
    group.answer = says(200, { errcode: 77, code: 77, errmsg: '不认识', msg: '不认识' })
    expect(await robot.send(message(), wang, never)).toEqual({ is: 'failed', why: 'code 77 不认识' })
  })

  test('knows how many messages a minute its vendor takes', () => {
    expect(kinds.map(([kind]) => prepare(kind, { url: 'https://a.example/b' }).perMinute)).toEqual([20, 20, 100])
    expect(prepare('wecom', { url: 'https://a.example/b', perMinute: 5 }).perMinute).toBe(5)
  })

  test.each(kinds)('%s names every mistake of its settings', kind => {
    expect(wrong(kind, {})).toEqual(['missing url'])
    expect(wrong(kind, { url: 'qyapi.weixin.qq.com', perMinute: 0 })).toEqual(['bad-url url', 'bad-value perMinute'])
    expect(wrong(kind, { url: 'https://me:secret@a.example/', colour: 'red' })).toEqual(['bad-url url', 'unknown-key colour'])
    if (kind !== 'wecom')
      expect(wrong(kind, { url: 'http://a.example', secret: 'short', keyword: 7 })).toEqual([
        'bad-value secret',
        'bad-value keyword',
      ])
  })
})

// oxlint-disable-next-line no-control-regex -- what no side takes
const control = /[\u0000-\u0008\u000B-\u001F\u007F\uFFFE\uFFFF]/g
