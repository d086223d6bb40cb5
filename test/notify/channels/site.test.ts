import { describe, expect, test } from 'vitest'
import { readSite } from '../../../gateway/site/load.ts'
import { loadShelf } from '../../../gateway/site/shelf.ts'
import { tiny } from '../../site/tiny.ts'

const shelf = await loadShelf()
const head = `site: { id: greenhill, name: 青山小学 }
connections:
  bus: { protocol: tiny, host: 10.0.0.5 }
areas:
  canteen:
    name: 食堂
    equipment:
      cold-1: { type: fresh-keeping-cabinet, name: 柜, connection: bus, unit: 1, points: { temperature: { register: 0 } } }
`
const read = (channels: string, env: Record<string, string> = {}) =>
  readSite([{ name: 'site.yaml', text: head + channels }], env, [tiny], shelf)
const wrong = (channels: string, env?: Record<string, string>) =>
  read(channels, env)
    .problems.filter(({ severity }) => severity === 'error')
    .map(({ line, column, code, path }) => `${line - head.split('\n').length + 1}:${column} ${code} ${path}`)

const good = `channels:
  robot:
    kind: dingtalk
    name: { zh: 值班群, en: Duty group }
    url: https://oapi.dingtalk.com/robot/send?access_token=abc
    secret: '\${DING_SECRET}'
  group: { kind: wecom, url: 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=\${WECOM_KEY}', perMinute: '\${RATE:-12}' }
  lark: { kind: feishu, url: https://open.feishu.cn/open-apis/bot/v2/hook/x, keyword: 值守 }
  text:
    kind: sms
    url: https://sms.example.com/send
    headers: { authorization: 'Bearer \${SMS_KEY}' }
    body: { mobile: '{phone}', text: '【青山小学】{text}' }
    success: { pointer: /code, equals: 0 }
  mail: { kind: smtp, host: smtp.example.com, user: a@example.com, password: '\${MAIL_PASSWORD}', from: '值守 <a@example.com>' }
  hook: { kind: webhook, url: 'http://10.0.0.9:9000/in', secret: '\${HOOK_SECRET}' }
  push: { kind: web-push, contact: 'mailto:it@example.com' }
  horn: { kind: mqtt }
`
const env = {
  DING_SECRET: 'SEC0123456789',
  WECOM_KEY: 'k',
  SMS_KEY: 'abcdef',
  MAIL_PASSWORD: 'pass',
  HOOK_SECRET: '0123456789abcdef',
}

describe('the channels of a site file', () => {
  test('are all there, in the order in which they are written', () => {
    const loaded = read(good, env)

    expect(loaded.problems.filter(({ severity }) => severity === 'error')).toEqual([])
    const channels = loaded.ok ? loaded.site.channels : []
    expect(channels.map(({ id, kind, name, perMinute }) => [id, kind, name?.en, perMinute])).toEqual([
      ['robot', 'dingtalk', 'Duty group', 20],
      ['group', 'wecom', 'group', 12],
      ['lark', 'feishu', 'lark', 100],
      ['text', 'sms', 'text', undefined],
      ['mail', 'smtp', 'mail', undefined],
      ['hook', 'webhook', 'hook', undefined],
      ['push', 'web-push', 'push', undefined],
      ['horn', 'mqtt', 'horn', undefined],
    ])
  })

  test('may be none', () => {
    expect(wrong('')).toEqual([])
    expect(wrong('channels:\n')).toEqual([])
    expect(wrong('channels: {}\n')).toEqual([])
  })

  test.each([
    ['a list', 'channels: [mail]\n', ['1:11 wrong-type channels']],
    ['a word', 'channels:\n  mail: smtp\n', ['2:9 wrong-type channels.mail']],
    ['a wrong id', 'channels:\n  Mail Box: { kind: mqtt }\n', ['2:3 bad-id channels.Mail Box']],
    ['no kind', 'channels:\n  mail: { host: a }\n', ['2:3 missing channels.mail']],
    ['an unknown kind', 'channels:\n  mail: { kind: email }\n', ['2:17 unknown-channel-kind channels.mail.kind']],
    [
      'a mistyped key, which is not called missing as well',
      'channels:\n  a: { kind: wecom, urll: https://a.example }\n',
      ['2:21 unknown-key channels.a.urll'],
    ],
    ['what is missing', 'channels:\n  a: { kind: smtp }\n', ['2:3 missing channels.a', '2:3 missing channels.a']],
    [
      'what is wrong deep inside',
      `channels:\n  a:\n    kind: webhook\n    url: https://a.example\n    secret: 0123456789abcdef\n    headers:\n      x-a: b\n      x-c: 5\n`,
      ['8:12 bad-value channels.a.headers.x-c'],
    ],
    [
      'a variable that is not set, and nothing more of it',
      "channels:\n  a: { kind: wecom, url: '${NOT_SET}' }\n",
      ['2:26 env-missing channels.a.url'],
    ],
    ['a name of no kind', 'channels:\n  a: { kind: mqtt, name: 7 }\n', ['2:26 wrong-type channels.a.name']],
    [
      'two channels, both wrong',
      'channels:\n  a: { kind: wecom, url: x }\n  b: { kind: mqtt, topic: y }\n',
      ['2:26 bad-url channels.a.url', '3:20 unknown-key channels.b.topic'],
    ],
  ])('with %s are told by their place', (_, text, expected) => {
    expect(wrong(text)).toEqual(expected)
  })

  test('never have a secret repeated in what is wrong with them', () => {
    const text = `channels:
  a: { kind: webhook, url: 'htps://a.example/T0KEN', secret: 'sh0rt' }
  b: { kind: smtp, host: a, from: b, security: none, user: u, password: pa55w0rd }
`
    const problems = JSON.stringify(read(text).problems)
    expect(problems).toContain('bad-url')
    expect(problems).toContain('password-in-plain')
    expect(problems).not.toMatch(/T0KEN|sh0rt|pa55w0rd/)
  })

  test('say what is wrong and what to write in both languages', () => {
    for (const { wrong: what, write } of read('channels:\n  a: { kind: sms, url: x, body: 5, success: 7, longest: 1 }\n')
      .problems)
      for (const words of [what, write]) expect([words.zh, words.en].map(text => text.length > 3)).toEqual([true, true])
  })
})
