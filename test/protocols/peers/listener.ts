import { connectAsync } from 'mqtt'
import type { MqttClient } from 'mqtt'
import { millis } from '../../../protocols/contract/time.ts'
import { realClock } from '../kit.ts'

/** What stood on a topic, in the order in which it came. */
export interface Heard {
  readonly topic: string
  readonly payload: Buffer
  readonly retain: boolean
}

/** Another client of the broker, that hears everything and may say anything. */
export class Listener {
  readonly heard: Heard[] = []
  readonly client: MqttClient
  #watchers: (() => void)[] = []

  static async on(port: number, filters: readonly string[] = ['#'], options: object = {}): Promise<Listener> {
    const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0, ...options })
    const listener = new Listener(client)
    for (const filter of filters) await client.subscribeAsync(filter, { qos: 1 })
    return listener
  }

  constructor(client: MqttClient) {
    this.client = client
    client.on('message', (topic, payload, { retain }) => {
      this.heard.push({ topic, payload, retain })
      for (const watcher of this.#watchers) watcher()
    })
  }

  async says(topic: string, payload: string | Uint8Array, retain = false): Promise<void> {
    await this.client.publishAsync(topic, typeof payload === 'string' ? payload : Buffer.from(payload), { qos: 1, retain })
  }

  /** Says it again and again, until the returned function is called. */
  repeats(topic: string, payload: string): () => void {
    const stop = new AbortController()
    const again = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        await this.says(topic, payload)
        await new Promise<void>(resolve => void realClock.after(millis(50), resolve))
      }
    }
    void again()
    return () => stop.abort()
  }

  on(topic: string): Heard[] {
    return this.heard.filter(heard => heard.topic === topic)
  }

  async until(what: string, holds: () => boolean, within = 120_000): Promise<void> {
    if (holds()) return
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        const said = this.heard.slice(-8).map(({ topic }) => topic)
        reject(new Error(`Never heard: ${what}. Last topics: ${said.join(', ')}`))
      }, within)
      this.#watchers.push(() => {
        if (!holds()) return
        clearTimeout(timer)
        resolve()
      })
    })
  }

  async leaves(): Promise<void> {
    await this.client.endAsync()
  }
}
