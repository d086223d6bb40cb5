import type { Clock } from '../../../protocols/contract/time.ts'
import type { Person } from '../../duty/duty.ts'
import type { Channel, Delivery, Message } from '../channel.ts'
import type { ChannelKind } from '../channels.ts'
import { ask, refusal } from './http.ts'
import type { Answered } from './http.ts'
import { perMinuteSchema, prepared, urlSchema } from './settings.ts'
import { readSms, smsSchema } from './sms-settings.ts'
import type { SmsSettings } from './sms-settings.ts'
import { changeTexts, escapes, fill, pointed } from './template.ts'
import type { Values } from './template.ts'
import { asText, characters, excerpt, oneLine } from './text.ts'

/** A short message through whatever provider the site has a contract with: the site file says how it wants to be asked. */
class Sms implements Channel {
  readonly #settings: SmsSettings
  readonly #wall: Clock

  constructor(settings: SmsSettings, wall: Clock) {
    this.#settings = settings
    this.#wall = wall
  }

  reaches({ handles }: Person): boolean {
    return handles['sms'] !== undefined
  }

  async send(message: Message, person: Person, signal: AbortSignal): Promise<Delivery> {
    const phone = (person.handles['sms'] ?? '').replaceAll(/[\s()-]/g, '')
    if (!/^\+?\d{5,20}$/.test(phone)) return { is: 'refused', why: 'no telephone number', fault: 'person' }
    const { method, form, secrets } = this.#settings
    const values = this.#valuesOf(message, phone)
    const url = new URL(fill(this.#settings.url, values, escapes.form))
    const headers = Object.fromEntries(
      Object.entries(this.#settings.headers).map(([name, text]) => [name, fill(text, values, escapes.form)]),
    )
    const body = form === undefined ? {} : { body: this.#bodyOf(values) }
    const answered = await ask({ method, url, headers, ...body }, { wall: this.#wall, signal })
    return this.#judge(answered, [...secrets, phone])
  }

  #valuesOf(message: Message, phone: string): Values {
    const { longest, template } = this.#settings
    const room = { most: longest, measure: characters, tellsRepetition: true }
    const { key, link = '', title } = message
    // A template that puts the link elsewhere has it there alone.
    const { link: _, ...unlinked } = message
    const told = template.includes('link') ? unlinked : message
    // Where the provider's own template has no place for the text, the title is all there is to read.
    const heading = template.includes('text') ? oneLine(title) : asText({ ...told, text: '' }, room)
    return { phone, key, link, title: heading, text: asText(told, room) }
  }

  #bodyOf(values: Values): string {
    const { body, form = 'plain' } = this.#settings
    if (typeof body === 'string') return fill(body, values, escapes[form])
    const filled = changeTexts(body, text => fill(text, values, escapes.plain))
    return form === 'form' ? String(new URLSearchParams(filled as Record<string, string>)) : JSON.stringify(filled)
  }

  #judge(answered: Answered, secrets: readonly string[]): Delivery {
    const { status, pointer, equals } = this.#settings.success
    const isExpected = answered.ok && answered.status === status
    const refused = isExpected ? undefined : refusal(answered, this.#wall.now(), secrets)
    if (refused !== undefined || !answered.ok) return refused ?? { is: 'failed', why: 'no answer' }
    const words = `HTTP ${answered.status}: ${excerpt(answered.text, secrets)}`
    if (status !== undefined && !isExpected) return { is: 'failed', why: words }
    if (pointer === undefined) return { is: 'delivered', proof: words }
    const found = pointed(parsed(answered.text), pointer)
    return found !== undefined && String(found) === equals ? { is: 'delivered', proof: words } : { is: 'failed', why: words }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** 短信, by HTTP. */
export const smsKind: ChannelKind = {
  kind: 'sms',
  schema: { properties: { url: urlSchema, ...smsSchema, perMinute: perMinuteSchema }, required: ['url'] },
  prepare: (id, settings) =>
    prepared(id, 'sms', settings, reader => {
      const read = readSms(reader)
      const perMinute = reader.perMinute(undefined)
      return { ...(perMinute === undefined ? {} : { perMinute }), open: ({ wall }) => new Sms(read, wall) }
    }),
}
