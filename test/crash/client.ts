import { io } from 'socket.io-client'
import type { Socket } from 'socket.io-client'
import type { BrowserToServer, ServerToBrowser, WireAlarm, WireHealth, WireLink, WireReading } from '../../gateway/api/wire.ts'
import { password } from '../kit/product.ts'

export interface Sample {
  readonly t: string
  readonly v: number | null
  readonly q: string
}
export interface Pushed {
  readonly point: string
  readonly t?: number | string
  readonly v: number | string | boolean | null
}
/** An alarm as HTTP shows it: times are ISO. */
export interface ShownAlarm {
  readonly id: string
  readonly rule: string
  readonly state: string
  readonly since: string
  readonly raisedAt: string
  readonly clearedAt?: string
  readonly found: string
  readonly recorded: boolean
  readonly times: number
  readonly acknowledged?: { readonly by: string; readonly at: string; readonly comment: string }
  readonly timeline?: readonly { readonly kind: string; readonly seq: number }[]
}
export interface ShownEntry {
  readonly seq: number
  readonly at: string
  readonly writtenAt: string
  readonly kind: string
  readonly by: string
  readonly about?: string
  readonly data: Readonly<Record<string, unknown>>
  readonly leaf: string
}
export interface Gap {
  readonly from: string
  readonly to: string | null
  readonly cause: string
}

/** Somebody who knows the address and a password, and the contract's page about the interface. */
export class Client {
  readonly address: string
  readonly #cookie: string

  private constructor(address: string, cookie: string) {
    this.address = address
    this.#cookie = cookie
  }

  static async signIn(address: string, username = 'admin', secret = password): Promise<Client> {
    const response = await fetch(`${address}/api/v1/session`, {
      method: 'POST',
      headers: { origin: address, 'content-type': 'application/json' },
      body: JSON.stringify({ username, password: secret }),
    })
    const cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    if (!response.ok) throw new Error(`sign-in: ${response.status} ${await response.text()}`)
    return new Client(address, cookie)
  }

  async get<T>(path: string): Promise<T> {
    const answer = await fetch(`${this.address}${path}`, { headers: { cookie: this.#cookie } })
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as T
  }

  send(method: string, path: string, body: unknown, type = 'application/json'): Promise<Response> {
    return fetch(`${this.address}${path}`, {
      method,
      headers: { origin: this.address, cookie: this.#cookie, 'content-type': type, 'accept-language': 'en' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
  }

  push(readings: readonly Pushed[]): Promise<Response> {
    return this.send('POST', '/api/v1/readings', readings)
  }

  acknowledge(alarm: string, comment: string): Promise<Response> {
    return this.send('POST', `/api/v1/alarms/${alarm}/acknowledge`, { comment })
  }

  async openAlarms(): Promise<readonly ShownAlarm[]> {
    return (await this.get<{ items: readonly ShownAlarm[] }>('/api/v1/alarms?state=open&limit=500')).items
  }

  alarm(id: string): Promise<ShownAlarm> {
    return this.get(`/api/v1/alarms/${id}`)
  }

  point(id: string): Promise<{
    value: number | null
    quality: string
    at: string | null
    receivedAt: string | null
    fault?: { code: string; detail: string }
  }> {
    return this.get(`/api/v1/points/${id}`)
  }

  /** Every page of it. */
  async #all<T>(path: string): Promise<T[]> {
    const all: T[] = []
    for (let cursor = ''; ;) {
      const { items, next } = await this.get<{ items: T[]; next: string | null }>(`${path}${cursor}`)
      all.push(...items)
      if (next === null) return all
      cursor = `&cursor=${encodeURIComponent(next)}`
    }
  }

  readings(point: string, from: number, to: number, limit = 50_000): Promise<Sample[]> {
    return this.#all(`/api/v1/points/${point}/readings?from=${from}&to=${to}&limit=${limit}`)
  }

  async gaps(point: string, from: number, to: number): Promise<readonly Gap[]> {
    return (await this.get<{ gaps: readonly Gap[] }>(`/api/v1/points/${point}/readings?from=${from}&to=${to}`)).gaps
  }

  /** Oldest first, the whole of it. */
  journal(): Promise<ShownEntry[]> {
    return this.#all('/api/v1/journal?order=oldest&limit=1000')
  }

  /** The live channel, as a screen has it. */
  async watch(): Promise<Screen> {
    const screen = new Screen(
      io(this.address, {
        transports: ['websocket'],
        extraHeaders: { cookie: this.#cookie, origin: this.address },
        reconnection: false,
        forceNew: true,
      }),
    )
    await screen.ready
    return screen
  }
}

/** Everything one browser was told. */
export class Screen {
  readonly alarms: WireAlarm[] = []
  readonly readings: WireReading[] = []
  readonly links = new Map<string, WireLink>()
  health: WireHealth = { ready: false, troubles: [] }
  readonly ready: Promise<void>
  readonly #socket: Socket<ServerToBrowser, BrowserToServer>

  constructor(socket: Socket<ServerToBrowser, BrowserToServer>) {
    this.#socket = socket
    this.ready = new Promise((resolve, reject) => {
      socket.on('connect', () => socket.emit('watch', { points: 'all' }))
      socket.on('connect_error', reject)
      socket.on('snapshot', state => {
        this.#hear(state)
        resolve()
      })
      socket.on('change', change => this.#hear(change))
    })
  }

  close(): void {
    this.#socket.disconnect()
  }

  #hear(news: {
    readonly alarms?: readonly WireAlarm[]
    readonly readings?: readonly WireReading[]
    readonly links?: readonly WireLink[]
    readonly health?: WireHealth
  }): void {
    this.alarms.push(...(news.alarms ?? []))
    this.readings.push(...(news.readings ?? []))
    for (const link of news.links ?? []) this.links.set(link.connection, link)
    if (news.health) this.health = news.health
  }
}
