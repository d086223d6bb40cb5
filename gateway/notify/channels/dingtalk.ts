import { createHmac } from 'node:crypto'
import { minutes } from '../../../protocols/contract/time.ts'
import type { Message } from '../channel.ts'
import type { ChannelKind } from '../channels.ts'
import { keywordFor, keywordSchema, mobile, readKeyword, RobotChannel } from './robot.ts'
import type { Robot } from './robot.ts'
import { perMinuteSchema, prepared, secretSchema, secretsIn, urlSchema } from './settings.ts'
import { asText, jsonBytes } from './text.ts'

/** The signature of the moment `now` (ms): base64 of HMAC-SHA256 with the secret as key over `now\nsecret`. */
export const dingtalkSign = (secret: string, now: number): string =>
  createHmac('sha256', secret).update(`${now}\n${secret}`).digest('base64')

/**
 * 钉钉 group robot: `POST …/robot/send?access_token=…&timestamp=MS&sign=…` with `{msgtype: 'text', text: {content}, at: {atMobiles,
 * atUserIds}}`; who is called must stand as `@…` in the text as well; 20 messages a minute, beyond it nothing for ten minutes; answers
 * `{errcode, errmsg}`. Source: 自定义机器人接入 and 自定义机器人安全设置, open.dingtalk.com, as reprinted; codes 130101 (too often), 310000
 * (keyword, signature or address refused) and 300001 (no such robot) as they are reported. The size of a text is not documented
 * for robots; 20,000 bytes is what users of it report for the whole body, and we stay far below. Not verified against the service.
 */
class Dingtalk implements Robot {
  readonly kind = 'dingtalk'
  readonly secrets: readonly string[]
  readonly busy = new Map([[130_101, minutes(10)]])
  readonly misfit = new Set([310_000, 300_001])
  readonly #url: URL
  readonly #secret: string | undefined
  readonly #keyword: string | undefined

  constructor(url: URL, secret: string | undefined, keyword: string | undefined) {
    this.#url = url
    this.#secret = secret
    this.#keyword = keyword
    this.secrets = secretsIn(url, secret)
  }

  request(message: Message, handle: string, now: number): ReturnType<Robot['request']> {
    if (!/^[\w+. -]+$/.test(handle)) return undefined
    const number = mobile(handle)
    const at = number === undefined ? { atUserIds: [handle] } : { atMobiles: [number] }
    const room = { most: 15_000, measure: jsonBytes, tellsRepetition: true }
    const content = asText(message, { ...room, lead: keywordFor(message, this.#keyword), tail: `\n@${number ?? handle}` })
    const body = JSON.stringify({ msgtype: 'text', text: { content }, at: { ...at, isAtAll: false } })
    return { url: this.#signed(now), body }
  }

  #signed(now: number): URL {
    const url = new URL(this.#url)
    if (this.#secret === undefined) return url
    url.searchParams.set('timestamp', String(now))
    url.searchParams.set('sign', dingtalkSign(this.#secret, now))
    return url
  }

  codeIn({ errcode, errmsg }: Readonly<Record<string, unknown>>): ReturnType<Robot['codeIn']> {
    return { code: errcode, says: errmsg }
  }
}

/** 钉钉群机器人. */
export const dingtalkKind: ChannelKind = {
  kind: 'dingtalk',
  schema: {
    properties: { url: urlSchema, secret: secretSchema, keyword: keywordSchema, perMinute: perMinuteSchema },
    required: ['url'],
  },
  prepare: (id, settings) =>
    prepared(id, 'dingtalk', settings, reader => {
      const url = reader.url('url', 'https://oapi.dingtalk.com/robot/send?access_token=…')
      const secret = reader.optionalSecret('secret', 8)
      const keyword = readKeyword(reader)
      const perMinute = reader.perMinute(20) ?? 20
      return { perMinute, open: ({ wall }) => new RobotChannel(new Dingtalk(url, secret, keyword), wall) }
    }),
}
