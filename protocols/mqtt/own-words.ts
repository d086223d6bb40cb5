import type { Instant } from '../contract/time.ts'
import { encodePayload } from './sparkplug/encode.ts'
import type { EdgeNode } from './sparkplug/topic.ts'
import { deviceTopic, nodeTopic, stateTopic } from './sparkplug/topic.ts'

declare const own: unique symbol

/**
 * Something the gateway may say on a broker. No other file can make one, and sessions take nothing else: the topics of devices cannot be
 * written, whatever the rest of the code does.
 */
export interface OwnWord {
  readonly topic: string
  readonly payload: string | Uint8Array
  readonly retain: boolean
  readonly qos: 0 | 1
  readonly [own]: true
}

const word = (topic: string, payload: string | Uint8Array, retain: boolean, qos: 0 | 1): OwnWord =>
  ({ topic, payload, retain, qos }) as OwnWord

/** Below `zhishou/`; any other topic is a bug and throws. */
export function gatewayWord(topic: `zhishou/${string}`, payload: string, retain: boolean): OwnWord {
  if (!topic.startsWith('zhishou/')) throw new RangeError(`The gateway speaks below zhishou/ only, not on ${topic}.`)
  return word(topic, payload, retain, 0)
}

/** Where an entity of ours is announced to Home Assistant; without a configuration it is taken back. Only `[a-zA-Z0-9_-]` in the ids. */
export interface DiscoveryPlace {
  readonly prefix: string
  readonly component: 'sensor' | 'binary_sensor'
  readonly node: string
  readonly object: string
}
export function discoveryWord({ prefix, component, node, object }: DiscoveryPlace, config?: object): OwnWord {
  if (!/^[\w-]+$/.test(node) || !/^[\w-]+$/.test(object)) throw new RangeError(`${node}/${object} cannot be announced.`)
  return word(`${prefix}/${component}/${node}/${object}/config`, config ? JSON.stringify(config) : '', true, 1)
}

/** A Sparkplug host's presence: said when it comes, and with `online: false` its last will, both with the time of the connection. */
export const hostStateWord = (host: string, online: boolean, connected: Instant): OwnWord =>
  word(stateTopic(host), JSON.stringify({ online, timestamp: connected }), true, 1)

/** The one command a host of ours may send: be born again. It names no metric of the equipment. */
export const rebirthRequest = (node: EdgeNode, now: Instant): OwnWord =>
  word(
    nodeTopic('NCMD', node),
    encodePayload({ timestamp: now, metrics: [{ name: 'Node Control/Rebirth', timestamp: now, type: 'Boolean', value: true }] }),
    false,
    0,
  )

/** What our own edge node says of itself, never a command. */
export const nodeWord = (kind: 'NBIRTH' | 'NDATA' | 'NDEATH', node: EdgeNode, payload: Uint8Array): OwnWord =>
  word(nodeTopic(kind, node), payload, false, kind === 'NDEATH' ? 1 : 0)
export const deviceWord = (kind: 'DBIRTH' | 'DDATA' | 'DDEATH', node: EdgeNode, device: string, payload: Uint8Array): OwnWord =>
  word(deviceTopic(kind, node, device), payload, false, 0)
