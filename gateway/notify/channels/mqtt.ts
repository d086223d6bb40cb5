import type { Channel, ChannelParts, Delivery, Message } from '../channel.ts'
import type { ChannelKind } from '../channels.ts'
import type { Person } from '../../duty/duty.ts'
import { prepared } from './settings.ts'
import { clean, oneLine } from './text.ts'

/**
 * Publishes on `zhishou/SITE/notices/PERSON`, for a horn, a lamp or a system that does the rest: JSON `{key, t, person, occasion, priority,
 * language, title, text, link?, facts}`, `t` in ms. Who hears the same `key` twice has heard a repetition.
 */
class MqttNotices implements Channel {
  readonly #parts: Pick<ChannelParts, 'wall' | 'site' | 'publish'>

  constructor(parts: Pick<ChannelParts, 'wall' | 'site' | 'publish'>) {
    this.#parts = parts
  }

  reaches(): boolean {
    return true
  }

  async send(message: Message, person: Person, signal: AbortSignal): Promise<Delivery> {
    const { wall, site } = this.#parts
    const { key, occasion, priority, language, title, text, link, facts } = message
    const payload = JSON.stringify({
      key,
      t: wall.now(),
      person: person.id,
      occasion,
      priority,
      language,
      title: oneLine(title),
      text: clean(text),
      ...(link === undefined ? {} : { link }),
      facts,
    })
    const topic = `zhishou/${site.id}/notices/${person.id}` as const
    if (signal.aborted) return { is: 'failed', why: 'given up: the gateway stops' }
    const taken = await this.#parts.publish(topic, payload).catch(() => false)
    return taken ? { is: 'delivered', proof: topic } : { is: 'failed', why: 'no broker took it' }
  }
}

/** Every broker of the site. */
export const mqttKind: ChannelKind = {
  kind: 'mqtt',
  schema: { properties: {} },
  prepare: (id, settings) => prepared(id, 'mqtt', settings, () => ({ open: parts => new MqttNotices(parts) })),
}
