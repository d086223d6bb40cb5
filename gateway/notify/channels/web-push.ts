import { createHash } from 'node:crypto'
import type { Clock } from '../../../protocols/contract/time.ts'
import type { Person } from '../../duty/duty.ts'
import type { Channel, ChannelParts, Delivery, Message, PushSubscriptionRow } from '../channel.ts'
import type { ChannelKind } from '../channels.ts'
import { ask, refusal } from './http.ts'
import { prepared, secretsIn } from './settings.ts'
import { bodyOf, clip, jsonBytes, oneLine } from './text.ts'

type Secrets = ChannelParts['secrets']
interface Keys {
  readonly publicKey: string
  readonly privateKey: string
}

/** RFC 8030 §5.3. What is only advice need not wake a telephone that saves its battery. */
const urgency = { high: 'high', medium: 'normal', low: 'low', advisory: 'very-low' } as const
/** Seconds that a push service keeps it for a telephone that is off. */
const keptFor = { high: 86_400, medium: 86_400, low: 43_200, advisory: 43_200 } as const
/** A push service takes 4096 bytes (RFC 8030 §7.2); encryption adds 103 (RFC 8188). */
const longest = 3_900

const library = () => import('web-push').then(({ default: webPush }) => webPush)

const made = new WeakMap<Secrets, Promise<Keys>>()

/** The gateway's keys (VAPID, RFC 8292), made once per data directory: every browser is bound to them. */
function keysIn(secrets: Secrets): Promise<Keys> {
  const known = made.get(secrets)
  if (known !== undefined) return known
  const keys = readOrMake(secrets)
  made.set(secrets, keys)
  // What could not be read or kept may be tried again.
  keys.catch(() => made.delete(secrets))
  return keys
}

async function readOrMake(secrets: Secrets): Promise<Keys> {
  const kept = (await secrets.get('vapid')) as Partial<Keys> | null | undefined
  if (typeof kept?.publicKey === 'string' && typeof kept.privateKey === 'string')
    return { publicKey: kept.publicKey, privateKey: kept.privateKey }
  const { publicKey, privateKey } = (await library()).generateVAPIDKeys()
  await secrets.put('vapid', { publicKey, privateKey })
  return { publicKey, privateKey }
}

/** The public half, as a browser asks for it when it signs up. */
export const publicPushKey = async (secrets: Secrets): Promise<string> => (await keysIn(secrets)).publicKey

interface Parts {
  readonly wall: Clock
  readonly secrets: Secrets
  readonly subscriptions: ChannelParts['subscriptions']
  readonly contact: string
}

/** To every browser in which the person has signed up, encrypted for it (RFC 8291). */
class WebPush implements Channel {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  reaches({ account }: Person): boolean {
    return account !== undefined
  }

  async send(message: Message, person: Person, signal: AbortSignal): Promise<Delivery> {
    try {
      const rows = await this.#parts.subscriptions.of(person.id)
      if (rows.length === 0) return { is: 'refused', why: 'no browser of this person is signed up', fault: 'person' }
      const keys = await keysIn(this.#parts.secrets)
      const outcomes = await Promise.all(rows.map(row => this.#toBrowser(row, message, keys, signal)))
      return together(outcomes)
    } catch {
      // Only our own store throws here; what it says is on every screen.
      return { is: 'failed', why: 'the data directory cannot be read or written' }
    }
  }

  async #toBrowser(row: PushSubscriptionRow, message: Message, keys: Keys, signal: AbortSignal): Promise<Delivery | 'gone'> {
    const { wall, contact, subscriptions } = this.#parts
    const request = await this.#encrypt(row, message, keys, contact)
    if (request === undefined) {
      await subscriptions.remove(row.endpoint)
      return 'gone'
    }
    const answered = await ask(request, { wall, signal })
    if (answered.ok && (answered.status === 404 || answered.status === 410)) {
      await subscriptions.remove(row.endpoint)
      return 'gone'
    }
    const refused = refusal(answered, wall.now(), secretsIn(request.url, ...Object.values(row.keys)))
    return refused ?? { is: 'delivered', proof: answered.ok ? `HTTP ${answered.status}` : '' }
  }

  /** Nothing where the browser's keys or address cannot be used: it will never get a message. */
  async #encrypt(row: PushSubscriptionRow, message: Message, keys: Keys, contact: string) {
    const webPush = await library()
    try {
      const { headers, body } = webPush.generateRequestDetails(row, payloadOf(message), {
        vapidDetails: { subject: contact, ...keys },
        TTL: keptFor[message.priority],
        urgency: urgency[message.priority],
        // The key, in the 32 characters there are: a repetition that comes before the first was shown takes its place.
        topic: createHash('sha256').update(message.key).digest('base64url').slice(0, 32),
      })
      const text = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]))
      return { method: 'POST', url: new URL(row.endpoint), headers: text, body: body as Buffer } as const
    } catch {
      return undefined
    }
  }
}

/** What the service worker reads: JSON `{key, occasion, priority, language, title, text, link?}`. */
function payloadOf({ key, occasion, priority, language, title, text, link }: Message): string {
  const fixed = { key, occasion, priority, language, ...(link === undefined ? {} : { link }) }
  const heading = clip(oneLine(title), part => jsonBytes(part) <= 400)
  const room = longest - Buffer.byteLength(JSON.stringify({ ...fixed, title: heading, text: '' }))
  const body = clip(bodyOf({ title, text }).slice(0, longest), part => jsonBytes(part) <= Math.max(8, room))
  return JSON.stringify({ ...fixed, title: heading, text: body })
}

/** One browser that took it is enough; what another failed to take is not sent again to both. */
function together(outcomes: readonly (Delivery | 'gone')[]): Delivery {
  const answers = outcomes.filter(outcome => outcome !== 'gone')
  const took = answers.filter(outcome => outcome.is === 'delivered')
  if (took[0]) return { is: 'delivered', proof: `${took.length} of ${outcomes.length} browsers, ${took[0].proof}` }
  const failed = answers.find(outcome => outcome.is === 'failed')
  return failed ?? answers[0] ?? { is: 'refused', why: 'every browser of this person has signed off', fault: 'person' }
}

/** Browser push: the site's own pages sign up for it; keys are made by the gateway itself. */
export const webPushKind: ChannelKind = {
  kind: 'web-push',
  schema: {
    properties: {
      contact: {
        description: '推送服务出问题时联系谁 · whom a push service may write to: mailto:… or https://…',
        type: 'string',
        pattern: '^(mailto:.+@.+|https://.+|.*\\$\\{.*)$',
      },
    },
  },
  prepare: (id, settings) =>
    prepared(id, 'web-push', settings, reader => {
      const contact = reader.text('contact', 'mailto:zhishou@example.org')
      if (!/^(mailto:[^@\s]+@[^@\s]+|https:\/\/\S+)$/.test(contact))
        reader.problem(
          ['contact'],
          { zh: 'contact 不是邮箱或网址', en: 'contact is no mail address or web address' },
          { zh: '例如 mailto:it@school.example', en: 'for example mailto:it@school.example' },
          'bad-value',
        )
      return {
        open: ({ wall, secrets, subscriptions }) => new WebPush({ wall, secrets, subscriptions, contact }),
      }
    }),
}
