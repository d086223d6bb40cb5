import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { asText, characters, clip, excerpt } from '../../../gateway/notify/channels/text.ts'
import { escapes, fill, formOf, pointed, wordsIn } from '../../../gateway/notify/channels/template.ts'
import { li, message, never, only, open, python, says, sink, wang, wrong } from './kit.ts'

const ok = { pointer: '/code', equals: 0 }
const accepted = says(200, { code: 0, msg: '发送成功', count: 1, sid: 3_310_228_064 })

describe('a short message', () => {
  test('goes out as a form, the way 云片 asks for it', async () => {
    const provider = await sink(accepted)
    const channel = open('sms', {
      url: `${provider.url}/v2/sms/single_send.json`,
      headers: { 'Content-Type': 'application/x-www-form-urlencoded;charset=utf-8' },
      body: { apikey: '9b11127a9701975c734b8aee81ee3526', mobile: '{phone}', text: '【青山小学】{text}' },
      success: ok,
    })

    const delivery = await channel.send(message(), wang, never)

    expect(delivery).toMatchObject({ is: 'delivered', proof: expect.stringContaining('3310228064') })
    const { method, headers, body } = only(provider)
    expect([method, headers['content-type']]).toEqual(['POST', 'application/x-www-form-urlencoded;charset=utf-8'])
    expect(
      python('from urllib.parse import parse_qs\nprint(json.dumps(parse_qs(data, strict_parsing=True)))', String(body)),
    ).toEqual({
      apikey: ['9b11127a9701975c734b8aee81ee3526'],
      mobile: ['13800000000'],
      text: [`【青山小学】${message().text}\n处理：${message().link}`],
    })
  })

  test('goes out as JSON, as a mapping or as a text', async () => {
    const provider = await sink(accepted)
    const asMapping = { to: ['{phone}'], template: { id: 12, params: ['{title}', '{link}'] }, sign: null }
    const asAText = '{"to":["{phone}"],"template":{"id":12,"params":["{title}","{link}"]},"sign":null}'
    for (const body of [asMapping, asAText]) {
      provider.received.length = 0
      await open('sms', { url: provider.url, body }).send(message(), wang, never)
      expect(only(provider).json).toEqual({
        to: ['13800000000'],
        template: { id: 12, params: ['1 号保鲜柜温度过高', 'https://zhishou.example.org/a/zsl_AbC-123'] },
        sign: null,
      })
    }
  })

  test('can be asked for by GET alone, with everything in the address', async () => {
    const provider = await sink(says(200, 'OK:1'))
    const channel = open('sms', { url: `${provider.url}/send?u=me&p=p%26w&m={phone}&c={text}`, method: 'GET' })

    await channel.send(message({ text: 'a&b=c #1 +1 100% 保鲜柜', title: '' }), wang, never)

    const { method, url, body } = only(provider)
    expect([method, body.length]).toEqual(['GET', 0])
    expect(Object.fromEntries(new URL(url, provider.url).searchParams)).toEqual({
      u: 'me',
      p: 'p&w',
      m: '13800000000',
      c: 'a&b=c #1 +1 100% 保鲜柜\n处理：https://zhishou.example.org/a/zsl_AbC-123',
    })
  })

  test('can carry the key where a provider tells repetitions by one', async () => {
    const provider = await sink(accepted)
    await open('sms', { url: provider.url, headers: { 'X-Request-Id': '{key}' }, body: { p: '{phone}', t: '{text}' } }).send(
      message(),
      wang,
      never,
    )
    expect(only(provider).headers['x-request-id']).toBe('greenhill.N31')
  })

  test('says that it may be a repetition, also where only the title is sent', async () => {
    const provider = await sink(accepted)
    await open('sms', { url: provider.url, body: { p: '{phone}', t: '{text}' } }).send(message({ mayRepeat: true }), wang, never)
    await open('sms', { url: provider.url, body: { p: '{phone}', t: '{title}' } }).send(message({ mayRepeat: true }), wang, never)
    const texts = provider.received.map(({ body }) => (JSON.parse(String(body)) as { t: string }).t)
    expect(texts[0]).toMatch(/^（可能重复）1 号保鲜柜温度过高\n/)
    expect(texts[1]).toMatch(/^（可能重复）1 号保鲜柜温度过高/)
  })

  test('is as long as the provider takes, and keeps its link', async () => {
    const provider = await sink(accepted)
    const channel = open('sms', { url: provider.url, longest: 70, body: { p: '{phone}', t: '{text}' } })

    await channel.send(message({ text: '保鲜'.repeat(200) }), wang, never)

    const { t } = only(provider).json as { t: string }
    expect([...t]).toHaveLength(70)
    expect(t).toMatch(/^1 号保鲜柜温度过高\n保鲜.*…\n处理：https:\/\/zhishou\.example\.org\/a\/zsl_AbC-123$/s)
  })

  test.each([
    ['another code', 200, { code: 22, msg: '1小时内重复内容超限' }, 'failed'],
    ['the code as a text', 200, { code: '0' }, 'delivered'],
    ['no code', 200, {}, 'failed'],
    ['no JSON', 200, 'ok', 'failed'],
    ['a wrong key', 403, { code: -1 }, 'refused'],
    ['too many', 429, { code: 0 }, 'failed'],
  ] as const)('answered with %s counts accordingly', async (_, status, body, is) => {
    const provider = await sink(says(status, body))
    const channel = open('sms', { url: provider.url, body: { p: '{phone}', t: '{text}' }, success: ok })
    expect((await channel.send(message(), wang, never)).is).toBe(is)
  })

  test('may ask for one status', async () => {
    const provider = await sink(says(200, ''))
    const channel = open('sms', { url: provider.url, body: { p: '{phone}', t: '{text}' }, success: { status: 202 } })
    expect((await channel.send(message(), wang, never)).is).toBe('failed')
    provider.answer = says(202, '')
    expect((await channel.send(message(), wang, never)).is).toBe('delivered')
  })

  test('keeps neither keys nor the number in what is kept of it', async () => {
    const mirror = await sink((response, { body, url, headers }) =>
      says(400, `${url} ${String(body)} ${JSON.stringify(headers)}`)(response),
    )
    const channel = open('sms', {
      url: `${mirror.url}/v1/AC0123456789abcdef?sig=qwerty987`,
      headers: { authorization: 'Basic QWxhZGRpbjpvcGVu' },
      body: { apikey: '9b11127a9701975c734b8aee', mobile: '{phone}', text: '{text}' },
    })

    const delivery = await channel.send(message(), wang, never)

    expect(delivery.is).toBe('refused')
    expect(JSON.stringify(delivery)).not.toMatch(
      /AC0123456789abcdef|qwerty987|QWxhZGRpbjpvcGVu|9b11127a9701975c734b8aee|13800000000/,
    )
  })

  test('is sent to telephones alone', async () => {
    const provider = await sink(accepted)
    const channel = open('sms', { url: provider.url, body: { p: '{phone}', t: '{text}' } })
    expect([channel.reaches(wang), channel.reaches(li)]).toEqual([true, false])
    for (const sms of ['', 'wang', '138,139', '1380000000013800000000138', '+86 (138) 0000-0000'])
      await channel.send(message(), { ...wang, handles: { sms } }, never)
    expect(provider.received.map(({ body }) => (JSON.parse(String(body)) as { p: string }).p)).toEqual(['+8613800000000'])
  })

  test('names every mistake of its settings', () => {
    const url = 'https://sms.example.com/send'
    const text = 'text/plain'
    expect(wrong('sms', {})).toEqual(['missing url', 'missing body', 'missing body', 'missing body'])
    expect(wrong('sms', { url, body: '{"a":"{phone}","b":{text}}' })).toEqual(['bad-json body'])
    expect(wrong('sms', { url, body: { a: '{phone}', b: '{txt}' } })).toEqual(['unknown-placeholder body', 'missing body'])
    expect(wrong('sms', { url, body: { b: '{text}' } })).toEqual(['missing body'])
    expect(wrong('sms', { url, headers: { 'content-type': 'image/png' }, body: '{phone}{text}' })).toEqual([
      'wrong-setting headers.content-type',
    ])
    expect(wrong('sms', { url, headers: { 'content-type': text }, body: { a: '{phone}{text}' } })).toEqual(['wrong-setting body'])
    const form = 'application/x-www-form-urlencoded'
    expect(wrong('sms', { url, headers: { 'content-type': form }, body: { a: { b: '{phone}{text}' } } })).toEqual([
      'wrong-setting body',
    ])
    expect(wrong('sms', { url: `${url}?p={phone}&t={text}`, method: 'GET', body: {} })).toEqual(['wrong-setting body'])
    expect(wrong('sms', { url: `${url}?p={phone}&t={text}`, method: 'GET' })).toEqual([])
    const body = { p: '{phone}', t: '{text}' }
    for (const success of [
      'ok',
      { status: 99 },
      { pointer: 'code', equals: 0 },
      { pointer: '/code' },
      { equals: 0 },
      { code: 0 },
    ])
      expect([success, wrong('sms', { url, body, success })]).toEqual([success, ['bad-value success']])
    expect(wrong('sms', { url, body, longest: 5 })).toEqual(['bad-value longest'])
  })
})

const grapheme = fc.string({ unit: 'grapheme', maxLength: 120 })

describe('any text comes out of the body as it went in', () => {
  const values = (text: string) => ({ phone: '1', text, title: '{text}', link: '', key: '{phone}' })
  const same = (name: string, template: string, form: keyof typeof escapes, script: string) =>
    test(name, () => {
      const texts = fc.sample(fc.string({ unit: 'binary', maxLength: 200 }), 300)
      const bodies = texts.map(text => fill(template, values(text), escapes[form]))
      expect(python(script, bodies)).toEqual(texts)
    })

  same('of JSON', '{"a": "{text}", "b": {"c": "{title}"}}', 'json', `print(json.dumps([json.loads(one)['a'] for one in data]))`)
  same(
    'of a form',
    'p={phone}&t={text}&q={title}',
    'form',
    `from urllib.parse import parse_qs
print(json.dumps([parse_qs(one, keep_blank_values=True, strict_parsing=True)['t'][0] for one in data]))`,
  )
  same(
    'of JSON in a form',
    'TemplateCode=SMS_1&TemplateParam=%7B%22t%22%3A%22{json:text}%22%7D',
    'form',
    `from urllib.parse import parse_qs
print(json.dumps([json.loads(parse_qs(one, strict_parsing=True)['TemplateParam'][0])['t'] for one in data]))`,
  )

  test('of XML, for every character that XML has', () => {
    // XML knows no control characters and turns every line end into one of its own; those are cleaned before.
    const alphabet = fc.string({ unit: 'grapheme', maxLength: 200 })
    const texts = fc.sample(fc.oneof(alphabet, fc.constantFrom(`<&>"']]>`, '<!-- -->', '&amp;amp;')), 300)
    const bodies = texts.map(text => fill('<sms><to a="{text}">{phone}</to><text>{text}</text></sms>', values(text), escapes.xml))
    const script = `import xml.etree.ElementTree as tree
print(json.dumps([[tree.fromstring(one).find('text').text or '', tree.fromstring(one).find('to').get('a')] for one in data]))`
    expect(python(script, bodies)).toEqual(texts.map(text => [text, text]))
  })

  test('and is never taken for a placeholder itself', () => {
    expect(fill('{title}|{key}|{text}|{other}', values('{phone}'), escapes.plain)).toBe('{text}|{phone}|{phone}|{other}')
    expect(wordsIn('{a}{json:text}{ x }{}{"k":1}{T}')).toEqual(['a', 'text'])
  })
})

describe('a text that has to be short', () => {
  test('is never longer than the limit, keeps whole characters and its link, and is whole where there is room', () => {
    fc.assert(
      fc.property(grapheme, grapheme, fc.integer({ min: 60, max: 400 }), fc.boolean(), (title, text, most, mayRepeat) => {
        const one = message({ title, text, mayRepeat })
        const shown = asText(one, { most, measure: characters, tellsRepetition: true })
        expect([...shown].length).toBeLessThanOrEqual(most)
        expect(shown.isWellFormed()).toBe(true)
        expect(shown.endsWith(`\n处理：${one.link}`)).toBe(true)
        const whole = asText(one, { most: 10_000, measure: characters, tellsRepetition: true })
        if ([...whole].length <= most) expect(shown).toBe(whole)
        else expect(shown).toContain('…')
      }),
    )
  })

  test('does not say the first line twice', () => {
    const room = { most: 200, measure: characters }
    const said = (title: string, text: string): string => asText(message({ title, text, link: 'L' }), room)
    expect(said('【严重】柜温 9.4 °C', '柜温 9.4 °C\n自 14:05 起。')).toBe('【严重】柜温 9.4 °C\n自 14:05 起。\n处理：L')
    expect(said('柜温 9.4 °C', '柜温 9.4 °C')).toBe('柜温 9.4 °C\n处理：L')
    expect(said('已恢复：柜温', '已恢复正常：柜温\n自 14:05')).toBe('已恢复：柜温\n已恢复正常：柜温\n自 14:05\n处理：L')
    expect(said('标题', '')).toBe('标题\n处理：L')
  })

  test('is cut between two characters as a reader sees them', () => {
    const family = '👩‍👩‍👧‍👦'
    expect(clip(family.repeat(3), text => text.length <= family.length * 2 + 1)).toBe(`${family.repeat(2)}…`)
    expect(clip('e\u0301'.repeat(5), text => text.length <= 4)).toBe('e\u0301…')
    expect(clip('天 气', text => text.length <= 2)).toBe('天…')
    expect(clip('天气', () => false)).toBe('…')
  })

  test('says no secret in a proof, however it is written', () => {
    expect(excerpt('key=a%2Fb%20c and a/b c', ['a/b c'])).toBe('key=*** and ***')
    expect(excerpt('abc', ['abc'])).toBe('abc')
    expect(excerpt('long-secret-part', ['secret', 'long-secret-part'])).toBe('***')
    expect(excerpt('一\n二\t三\u0000')).toBe('一 二 三')
    expect(excerpt('x'.repeat(500))).toHaveLength(200)
  })
})

test('what a JSON pointer leads to', () => {
  const value = { code: 0, 'a/b': { '~c': [10, { d: null }] } }
  expect([pointed(value, '/code'), pointed(value, '/a~1b/~0c/1/d'), pointed(value, '/a~1b/~0c/0')]).toEqual([0, null, 10])
  expect([pointed(value, '/x'), pointed(value, '/code/x'), pointed(value, '/toString'), pointed('ok', '/length')]).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ])
})

test('how a body is written follows from its media type', () => {
  const types = [
    'application/json',
    'Application/JSON; charset=utf-8',
    'application/vnd.x+json',
    'text/xml',
    'application/soap+xml',
    'text/plain',
    'image/png',
  ]
  expect(types.map(formOf)).toEqual(['json', 'json', 'json', 'xml', 'xml', 'plain', undefined])
})
