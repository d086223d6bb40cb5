/** What one broker will carry at most, whoever asks: a small machine must survive a broken or hostile device. */
export const brokerLimits = {
  clients: 1_000,
  subscriptionsPerClient: 100,
  /** Persistent sessions of one account. */
  sessionsPerAccount: 20,
  /** Messages kept for one client that is away. */
  queuePerClient: 1_000,
  retained: 10_000,
  retainedBytes: 16 * 1024 * 1024,
  /** Characters. */
  clientId: 128,
  /** Unfinished QoS 2 messages of one client. */
  inFlight: 100,
} as const

/** How many retained messages there are and how many bytes they take, by topic. */
export class RetainedBudget {
  readonly #bytes = new Map<string, number>()
  #total = 0

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
    if (known === undefined && this.#bytes.size >= brokerLimits.retained) return false
    return this.#total - (known ?? 0) + topic.length + payload <= brokerLimits.retainedBytes
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
