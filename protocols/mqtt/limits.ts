import type { Millis } from '../contract/time.ts'
import { days } from '../contract/time.ts'

/** What one broker will carry at most, whoever asks: a small machine must survive a broken or hostile device. */
export interface BrokerLimits {
  /** In all, logged in or not. */
  readonly connections: number
  readonly connectionsPerAccount: number
  /** Of one client. */
  readonly subscriptions: number
  /** Persistent sessions of one account. */
  readonly sessions: number
  /** A persistent session whose client has been away for longer is forgotten. */
  readonly keepSessions: Millis
  /** QoS 1 and 2 messages that wait for one client; beyond, the oldest is let go. */
  readonly queue: number
  readonly queueBytes: number
  /** Of all clients together. */
  readonly queueBytesInAll: number
  readonly retained: number
  readonly retainedBytes: number
  /** Payload of a last will. */
  readonly willBytes: number
  /** Packets of one client in a second; beyond, it is not read from until the next second. */
  readonly packetsPerSecond: number
  /** Unfinished QoS 2 messages from one client, and unfinished messages to one client. */
  readonly inFlight: number
  /** What a client may be behind with reading; beyond, it is sent no more QoS 0 until it has caught up. */
  readonly unsentBytes: number
  readonly unsentBytesInAll: number
  /** Halves of packets of all clients together. */
  readonly heldBytes: number
}

export const brokerLimits: BrokerLimits = {
  connections: 6_000,
  connectionsPerAccount: 50,
  subscriptions: 100,
  sessions: 20,
  keepSessions: days(30),
  queue: 1_000,
  queueBytes: 1024 * 1024,
  queueBytesInAll: 64 * 1024 * 1024,
  retained: 10_000,
  retainedBytes: 16 * 1024 * 1024,
  willBytes: 8 * 1024,
  packetsPerSecond: 1_000,
  inFlight: 100,
  unsentBytes: 256 * 1024,
  unsentBytesInAll: 64 * 1024 * 1024,
  heldBytes: 32 * 1024 * 1024,
}

/** Fixed by the protocol of this house: characters of a client id, waiting refusals of one address, acknowledgements that wait for the disk. */
export const houseRules = { clientId: 128, refusalsPerAddress: 50, waitingAcks: 10_000 } as const

/** Why something was refused, for counters and the report. */
export const refusals = [
  'garbage', // bytes no client may send
  'version', // MQTT 5, or something older than 3.1
  'oversize', // a packet over the limit
  'slow', // a packet that did not come to its end, or a connection that did not log in
  'silent', // nothing for one and a half times the keep-alive
  'credentials', // an unknown account or a wrong password
  'certificate', // a certificate of nobody we know, or none where one is required
  'session', // a client id that cannot be used, or too many persistent sessions
  'will', // a last will that is too big or for a topic of others
  'topic', // a message on a topic of others
  'subscription', // a filter of others, or one too many
  'retained', // no room for another retained message
  'clients', // too many connections, in all or of one account
  'flood', // more packets in a second than allowed: made to wait
  'slow-reader', // a message let go because its reader is behind
  'queue', // a message let go because too many wait for an absent client
  'store', // the disk did not take what was to be kept
] as const
export type Refusal = (typeof refusals)[number]

/** How many retained messages there are and how many bytes they take, by topic. */
export class RetainedBudget {
  readonly #limits: Pick<BrokerLimits, 'retained' | 'retainedBytes'>
  readonly #bytes = new Map<string, number>()
  #total = 0

  constructor(limits: Pick<BrokerLimits, 'retained' | 'retainedBytes'> = brokerLimits) {
    this.#limits = limits
  }

  get count(): number {
    return this.#bytes.size
  }

  get bytes(): number {
    return this.#total
  }

  /** Whether a device may keep this message; an empty payload only removes one. */
  hasRoom(topic: string, payload: number): boolean {
    const known = this.#bytes.get(topic)
    if (payload === 0) return true
    if (known === undefined && this.#bytes.size >= this.#limits.retained) return false
    return this.#total - (known ?? 0) + topic.length + payload <= this.#limits.retainedBytes
  }

  keep(topic: string, payload: number): void {
    this.#total -= this.#bytes.get(topic) ?? 0
    if (payload === 0) this.#bytes.delete(topic)
    else {
      this.#bytes.set(topic, topic.length + payload)
      this.#total += topic.length + payload
    }
  }
}
