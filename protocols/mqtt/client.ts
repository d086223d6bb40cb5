import { connect, MqttClient } from 'mqtt'
import type { IClientOptions } from 'mqtt'
import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import type { Clock } from '../contract/time.ts'
import type { Answer } from '../kit/answer.ts'
import { answered, failed, whatWentWrong } from '../kit/answer.ts'
import type { Session } from '../kit/link.ts'
import type { Trust } from './client-trust.ts'
import { dialTls, readTrust, tlsMeaning, tlsOptions } from './client-trust.ts'
import type { Message } from './mapping.ts'
import type { OwnWord } from './own-words.ts'

export interface ClientParts {
  readonly url: string
  readonly username?: string
  readonly password?: string
  /** With one, the broker keeps what was said while the gateway was away; without, every connection starts anew. */
  readonly clientId?: string
  readonly filters: readonly string[]
  readonly trust: Trust
  readonly wall: Clock
  /** Where files of the trust lie that are not absolute. */
  readonly folder?: string
  /** Said by the broker when the gateway vanishes. */
  readonly farewell?: OwnWord
  readonly heard: (message: Message) => void
}

/** A conversation with an outside broker, subscribed to all it will give. */
export interface BrokerSession extends Session {
  /** The filters the broker would not let us subscribe to. */
  readonly refused: readonly string[]
  /** Subscribes to more, while it lasts; false when the broker refuses. */
  listen(filter: string): Promise<boolean>
  /** Only what `own-words.ts` can make can be said. */
  say(word: OwnWord): void
}

/** One call to the broker; calling again is the link's business, so the library's own reconnecting is off. */
export async function callBroker(parts: ClientParts, signal: AbortSignal): Promise<Answer<BrokerSession>> {
  const { url, username, password, clientId, filters, farewell, heard } = parts
  const opened = await begin(
    parts,
    {
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...(clientId === undefined ? { clean: true } : { clientId, clean: false }),
      ...(farewell ? { will: { ...farewell, payload: Buffer.from(farewell.payload), qos: 1 } } : {}),
      protocolVersion: 4,
      reconnectPeriod: 0,
      connectTimeout: 10_000,
      keepalive: 30,
      resubscribe: false,
      queueQoSZero: false,
    },
    signal,
  )
  if (!opened.ok) return opened
  const client = opened.value
  const close = async (): Promise<void> => {
    await client.endAsync(true)
  }
  signal.addEventListener('abort', () => void close(), { once: true })
  let broke = 'the broker closed the connection'
  let refusal = false
  client.on('error', error => {
    const meaning = tlsMeaning(error)
    broke = meaning ?? whatWentWrong(error)
    refusal = meaning !== undefined || ('code' in error && (error.code === 4 || error.code === 5))
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
    listen: filter => subscribe(client, filter),
    say({ topic, payload, retain, qos }) {
      if (client.connected) client.publish(topic, Buffer.from(payload), { retain, qos })
    },
  })
}

/** Over TLS we dial ourselves: the library would send the password before a pinned certificate could be compared. */
async function begin(
  { url, trust, folder, wall }: ClientParts,
  options: IClientOptions,
  signal: AbortSignal,
): Promise<Answer<MqttClient>> {
  const read = await readTrust(trust, folder)
  if (!read.ok) return read
  try {
    const { protocol, hostname, port } = new URL(url)
    if (protocol !== 'mqtts:') return answered(connect(url, { ...options, ...tlsOptions(read.value) } as IClientOptions))
    const place = { host: hostname.replaceAll(/[[\]]/g, ''), port: port === '' ? 8883 : Number(port), wall }
    const dialled = await dialTls(place, read.value, signal)
    if (!dialled.ok) return dialled
    return answered(new MqttClient(() => dialled.value, withLogin(url, options)))
  } catch (error) {
    return failed(fault('unreachable', whatWentWrong(error)))
  }
}

/** Name and password may also be written into the address. */
function withLogin(url: string, options: IClientOptions): IClientOptions {
  const { username, password } = new URL(url)
  return {
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ...options,
  }
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
