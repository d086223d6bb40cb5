import { between } from '../contract/time.ts'
import type { Broker } from './broker.ts'
import type { Letter } from './packet.ts'

/** What a broker tells of itself, each a retained message on `$SYS/broker/NAME`. */
export function figuresOf({ hub, since, wall, retained, traffic, clients }: Figured): Letter[] {
  const { sessions, subscriptions, waitingBytes } = hub.figures
  const figures: Readonly<Record<string, number>> = {
    uptime: Math.round(between(since, wall.now()) / 1_000),
    'clients/connected': clients,
    'clients/total': sessions,
    'subscriptions/count': subscriptions,
    'retained messages/count': retained.count,
    'store/messages/bytes': waitingBytes,
    'messages/received': traffic.messagesIn,
    'bytes/received': traffic.bytesIn,
    'bytes/sent': traffic.bytesOut,
  }
  return Object.entries(figures).map(([name, value]) => ({
    topic: `$SYS/broker/${name}`,
    payload: Buffer.from(String(value)),
    retain: true,
    qos: 0,
  }))
}

type Figured = Pick<Broker, 'hub' | 'since' | 'wall' | 'retained' | 'traffic' | 'clients'>
