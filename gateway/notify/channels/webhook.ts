import { createHmac } from 'node:crypto'
import type { Clock } from '../../../protocols/contract/time.ts'
import type { Person } from '../../duty/duty.ts'
import type { Channel, ChannelParts, Delivery, Message } from '../channel.ts'
import type { ChannelKind } from '../channels.ts'
import { ask, refusal } from './http.ts'
import { perMinuteSchema, prepared, secretSchema, secretsIn, urlSchema } from './settings.ts'
import { clean, excerpt, oneLine } from './text.ts'

/** `t=MS,v1=HEX`: HMAC-SHA256 with the secret over `MS.BODY`, the time in it so that an old request cannot be sent again. */
export const signature = (secret: string, now: number, body: string): string =>
  `t=${now},v1=${createHmac('sha256', secret).update(`${now}.${body}`).digest('hex')}`

interface Parts {
  readonly wall: Clock
  readonly site: ChannelParts['site']
  readonly url: URL
  readonly secret: string
  readonly headers: Readonly<Record<string, string>>
}

/** Hands every message to a program of the site's own: signed JSON; `Idempotency-Key` is the same for every attempt of one notice. */
class Webhook implements Channel {
  readonly #parts: Parts
  readonly #secrets: readonly string[]

  constructor(parts: Parts) {
    this.#parts = parts
    this.#secrets = secretsIn(parts.url, parts.secret, ...Object.values(parts.headers))
  }

  /** What is behind it finds the person itself. */
  reaches(): boolean {
    return true
  }

  async send(message: Message, person: Person, signal: AbortSignal): Promise<Delivery> {
    const { wall, url, secret, headers } = this.#parts
    const now = wall.now()
    const body = this.#bodyOf(message, person, now)
    const own = {
      'content-type': 'application/json; charset=utf-8',
      'idempotency-key': headerOf(message.key),
      'x-zhishou-signature': signature(secret, now, body),
    }
    const answered = await ask({ method: 'POST', url, headers: { ...headers, ...own }, body }, { wall, signal })
    const refused = refusal(answered, wall.now(), this.#secrets)
    if (refused !== undefined || !answered.ok) return refused ?? { is: 'failed', why: 'no answer' }
    const words = excerpt(answered.text, this.#secrets)
    return { is: 'delivered', proof: words === '' ? `HTTP ${answered.status}` : `HTTP ${answered.status}: ${words}` }
  }

  #bodyOf(message: Message, { id, name, handles }: Person, t: number): string {
    const { key, occasion, priority, language, title, text, link, facts, mayRepeat } = message
    return JSON.stringify({
      key,
      t,
      site: this.#parts.site,
      person: { id, name, handles },
      occasion,
      priority,
      language,
      title: oneLine(title),
      text: clean(text),
      ...(link === undefined ? {} : { link }),
      mayRepeat,
      facts,
    })
  }
}

/** A header carries visible ASCII alone. */
const headerOf = (key: string): string => (/^[\x21-\x7E]+$/.test(key) ? key : encodeURIComponent(key.toWellFormed()))

/** A program of the site's own over HTTP. */
export const webhookKind: ChannelKind = {
  kind: 'webhook',
  schema: {
    properties: {
      url: urlSchema,
      secret: secretSchema,
      headers: { type: 'object', additionalProperties: { type: 'string' } },
      perMinute: perMinuteSchema,
    },
    required: ['url', 'secret'],
  },
  prepare: (id, settings) =>
    prepared(id, 'webhook', settings, reader => {
      const url = reader.url('url', 'https://example.org/zhishou')
      const secret = reader.secret('secret', 16)
      const headers = reader.headers('headers')
      const perMinute = reader.perMinute(undefined)
      return {
        ...(perMinute === undefined ? {} : { perMinute }),
        open: ({ wall, site }) => new Webhook({ wall, site, url, secret, headers }),
      }
    }),
}
