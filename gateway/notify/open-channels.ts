import type { Outbound } from '../../protocols/contract/driver.ts'
import type { Clock } from '../../protocols/contract/time.ts'
import type { Site } from '../site/site.ts'
import type { Channel, ChannelParts, PreparedChannel, PushSubscriptionRow } from './channel.ts'

export interface OpenChannel {
  readonly prepared: PreparedChannel
  readonly channel: Channel
}

export interface OpeningParts {
  readonly wall: Clock
  readonly site: Pick<Site, 'id' | 'name' | 'channels' | 'duty'>
  readonly secrets: ChannelParts['secrets']
  /** The browsers an account has signed up, and one that is gone. */
  readonly browsers: {
    of(account: string): Promise<readonly Omit<PushSubscriptionRow, 'person'>[]>
    gone(endpoint: string): Promise<void>
  }
  /** The brokers of the site that can be spoken to now. */
  readonly brokers: () => readonly Outbound[]
}

/** Every channel of the site, with what it may use of the gateway. */
export function openChannels({ wall, site, secrets, browsers, brokers }: OpeningParts): readonly OpenChannel[] {
  const parts: ChannelParts = {
    wall,
    site: { id: site.id, name: site.name.zh },
    secrets,
    subscriptions: {
      async of(person) {
        const account = site.duty.people.get(person)?.account
        return account === undefined ? [] : (await browsers.of(account)).map(row => ({ ...row, person }))
      },
      remove: endpoint => browsers.gone(endpoint),
    },
    publish(topic, payload) {
      const listening = brokers()
      for (const broker of listening) broker.say(topic, payload, { retain: false })
      return Promise.resolve(listening.length > 0)
    },
  }
  return site.channels.map(prepared => ({ prepared, channel: prepared.open(parts) }))
}
