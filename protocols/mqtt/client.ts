import { connect } from 'mqtt'
import type { MqttClient } from 'mqtt'
import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import type { Answer } from '../kit/answer.ts'
import { answered, failed, whatWentWrong } from '../kit/answer.ts'
import type { Session } from '../kit/link.ts'
import type { Message } from './mapping.ts'

export interface ClientParts {
  readonly url: string
  readonly username?: string
  readonly password?: string
  /** With one, the broker keeps what was said while the gateway was away; without, every connection starts anew. */
  readonly clientId?: string
  readonly filters: readonly string[]
  /** Retained by the broker when the gateway vanishes. */
  readonly farewell?: { readonly topic: string; readonly payload: string }
  readonly heard: (message: Message) => void
}

/** A conversation with an outside broker, subscribed to all it will give. */
export interface BrokerSession extends Session {
  /** The filters the broker would not let us subscribe to. */
  readonly refused: readonly string[]
  say(topic: string, payload: string, retain: boolean): void
}

/** One call to the broker; calling again is the link's business, so the library's own reconnecting is off. */
export async function callBroker(parts: ClientParts, signal: AbortSignal): Promise<Answer<BrokerSession>> {
  const { url, username, password, clientId, filters, farewell, heard } = parts
  let client: MqttClient
  try {
    client = connect(url, {
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...(clientId === undefined ? { clean: true } : { clientId, clean: false }),
      ...(farewell ? { will: { ...farewell, payload: Buffer.from(farewell.payload), qos: 1, retain: true } } : {}),
      protocolVersion: 4,
      reconnectPeriod: 0,
      connectTimeout: 10_000,
      keepalive: 30,
      resubscribe: false,
      queueQoSZero: false,
    })
  } catch (error) {
    return failed(fault('unreachable', whatWentWrong(error)))
  }
  const close = async (): Promise<void> => {
    await client.endAsync(true)
  }
  signal.addEventListener('abort', () => void close(), { once: true })
  let broke = 'the broker closed the connection'
  let refusal = false
  client.on('error', error => {
    broke = whatWentWrong(error)
    refusal = 'code' in error && (error.code === 4 || error.code === 5)
  })
  const ended = new Promise<Fault>(resolve => {
    client.once('close', () => resolve(fault('disconnected', `The connection to ${shown(url)} ended: ${broke}.`)))
  })
  client.on('message', (topic, payload, packet) => heard({ topic, payload, replayed: packet.retain }))
  const isOpen = await new Promise<boolean>(resolve => {
    client.once('connect', () => resolve(true))
    client.once('close', () => resolve(false))
  })
  if (!isOpen) {
    await close()
    return failed(fault(refusal ? 'refused' : 'unreachable', `${shown(url)}: ${broke}.`))
  }
  const refused: string[] = []
  // One by one: a broker's refusal of one filter spoils the whole request it came in.
  for (const filter of filters) {
    const granted = await subscribe(client, filter)
    if (!granted) refused.push(filter)
  }
  return answered({
    ended,
    close,
    refused,
    say(topic, payload, retain) {
      if (client.connected) client.publish(topic, payload, { retain, qos: 0 })
    },
  })
}

async function subscribe(client: MqttClient, filter: string): Promise<boolean> {
  try {
    const grants = await client.subscribeAsync(filter, { qos: 1 })
    return grants.every(({ qos }) => qos < 128)
  } catch {
    return false
  }
}

/** Without a password that may be written into the address. */
const shown = (url: string): string => url.replace(/\/\/[^@/]*@/, '//')
