import type { MqttClient } from 'mqtt'
import { connect } from 'mqtt'

export interface MqttAccess {
  readonly url: string
  readonly clientId: string
  readonly username?: string
  readonly password?: string
}

/** One device at a broker: connects as itself, tries again while the broker is away, and never queues what it could not say. */
export class MqttDevice {
  readonly #access: MqttAccess
  #client: MqttClient | undefined

  constructor(access: MqttAccess) {
    this.#access = access
  }

  /** Returns at once: the broker may well start after its devices. */
  start(): void {
    if (this.#client) return
    const { url, clientId, username, password } = this.#access
    const client = connect(url, {
      clientId,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      reconnectPeriod: 1000,
      connectTimeout: 5000,
      queueQoSZero: false,
      resubscribe: false,
    })
    // Without a listener a refused connection would end the process; the client goes on trying by itself.
    client.on('error', () => {})
    this.#client = client
  }

  get connected(): boolean {
    return this.#client?.connected === true
  }

  /** QoS 1. Does nothing while there is no connection. */
  say(topic: string, payload: string | Buffer): void {
    if (this.connected) this.#client?.publish(topic, payload, { qos: 1 }, () => {})
  }

  /** Goes away without a word, as a device does that loses its power. */
  async stop(): Promise<void> {
    const client = this.#client
    this.#client = undefined
    await client?.endAsync(true)
  }
}
