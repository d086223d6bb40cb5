import type { Message } from '../channel.ts'
import type { ChannelKind } from '../channels.ts'
import { minute, mobile, RobotChannel } from './robot.ts'
import type { Robot } from './robot.ts'
import { perMinuteSchema, prepared, secretsIn, urlSchema } from './settings.ts'
import { asText, bytes } from './text.ts'

/**
 * 企业微信 group robot: `POST …/cgi-bin/webhook/send?key=…` with `{msgtype: 'text', text: {content, mentioned_list,
 * mentioned_mobile_list}}`; content at most 2048 bytes of UTF-8; 20 messages a minute; answers `{errcode, errmsg}`.
 * Source: 群机器人配置说明, developer.work.weixin.qq.com/document/path/91770, read as published; codes 45009 (too often) and 93000 (no such
 * robot) as they are reported. Not verified against the service: no robot was at hand.
 */
class Wecom implements Robot {
  readonly kind = 'wecom'
  readonly secrets: readonly string[]
  readonly busy = new Map([[45_009, minute]])
  readonly misfit = new Set([93_000])
  readonly #url: URL

  constructor(url: URL) {
    this.#url = url
    this.secrets = secretsIn(url)
  }

  request(message: Message, handle: string): ReturnType<Robot['request']> {
    if (handle === '') return undefined
    const number = mobile(handle)
    const called = number === undefined ? { mentioned_list: [handle] } : { mentioned_mobile_list: [number] }
    const content = asText(unmarked(message), { most: 2_048, measure: bytes, tellsRepetition: true })
    return { url: this.#url, body: JSON.stringify({ msgtype: 'text', text: { content, ...called } }) }
  }

  codeIn({ errcode, errmsg }: Readonly<Record<string, unknown>>): ReturnType<Robot['codeIn']> {
    return { code: errcode, says: errmsg }
  }
}

/** `<@userid>` in a text calls somebody: a name or remark that happens to hold it must not. */
const unmarked = (message: Message): Message => ({
  ...message,
  title: message.title.replaceAll('<@', '＜@'),
  text: message.text.replaceAll('<@', '＜@'),
})

/** 企业微信群机器人. */
export const wecomKind: ChannelKind = {
  kind: 'wecom',
  schema: { properties: { url: urlSchema, perMinute: perMinuteSchema }, required: ['url'] },
  prepare: (id, settings) =>
    prepared(id, 'wecom', settings, reader => {
      const url = reader.url('url', 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…')
      const perMinute = reader.perMinute(20) ?? 20
      return { perMinute, open: ({ wall }) => new RobotChannel(new Wecom(url), wall) }
    }),
}
