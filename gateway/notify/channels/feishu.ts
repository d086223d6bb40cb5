import { createHmac } from 'node:crypto'
import type { Message } from '../channel.ts'
import type { ChannelKind } from '../channels.ts'
import { keywordFor, keywordSchema, minute, readKeyword, RobotChannel } from './robot.ts'
import type { Robot } from './robot.ts'
import { perMinuteSchema, prepared, secretSchema, secretsIn, urlSchema } from './settings.ts'
import { asText, jsonBytes } from './text.ts'

/** The signature of the second `at`: base64 of HMAC-SHA256 with `at\nsecret` as KEY over nothing, unlike 钉钉's. */
export const feishuSign = (secret: string, at: number): string => createHmac('sha256', `${at}\n${secret}`).digest('base64')

/**
 * 飞书 group robot: `POST …/open-apis/bot/v2/hook/…` with `{timestamp, sign, msg_type: 'text', content: {text}}`, who is called as
 * `<at user_id="ou_…"></at>` in the text; the body at most 20 KB; 100 messages a minute and 5 a second; answers `{code, msg}`.
 * Source: 自定义机器人使用指南, open.feishu.cn/document/ukTMukTMukTM/ucTM5YjL3ETO24yNxkjN, read as published: codes 11232 (too often), 19021
 * (signature), 19022 (address), 19024 (keyword), 19001 (no such robot). Not verified against the service.
 */
class Feishu implements Robot {
  readonly kind = 'feishu'
  readonly secrets: readonly string[]
  readonly busy = new Map([11_232, 99_991_400].map(code => [code, minute]))
  readonly misfit = new Set([19_001, 19_021, 19_022, 19_024])
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
    if (!/^[\w-]+$/.test(handle)) return undefined
    const room = { most: 18_000, measure: jsonBytes, tellsRepetition: true }
    const lead = `<at user_id="${handle}"></at> ${keywordFor(message, this.#keyword)}`
    const text = asText(unmarked(message), { ...room, lead })
    return { url: this.#url, body: JSON.stringify({ ...this.#signed(now), msg_type: 'text', content: { text } }) }
  }

  #signed(now: number): object {
    if (this.#secret === undefined) return {}
    const at = Math.floor(now / 1_000)
    return { timestamp: String(at), sign: feishuSign(this.#secret, at) }
  }

  codeIn({ code, msg, StatusCode, StatusMessage }: Readonly<Record<string, unknown>>): ReturnType<Robot['codeIn']> {
    return { code: code ?? StatusCode, says: msg ?? StatusMessage }
  }
}

/** `<at …>` in a text calls somebody: a name or remark that happens to hold it must not. */
const unmarked = (message: Message): Message => ({
  ...message,
  title: message.title.replaceAll(/<(?=\/?at\b)/gi, '＜'),
  text: message.text.replaceAll(/<(?=\/?at\b)/gi, '＜'),
})

/** 飞书群机器人. */
export const feishuKind: ChannelKind = {
  kind: 'feishu',
  schema: {
    properties: { url: urlSchema, secret: secretSchema, keyword: keywordSchema, perMinute: perMinuteSchema },
    required: ['url'],
  },
  prepare: (id, settings) =>
    prepared(id, 'feishu', settings, reader => {
      const url = reader.url('url', 'https://open.feishu.cn/open-apis/bot/v2/hook/…')
      const secret = reader.optionalSecret('secret', 8)
      const keyword = readKeyword(reader)
      const perMinute = reader.perMinute(100) ?? 100
      return { perMinute, open: ({ wall }) => new RobotChannel(new Feishu(url, secret, keyword), wall) }
    }),
}
