import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startGateway } from '../../gateway/app.ts'
import type { Gateway } from '../../gateway/app.ts'
import { SteadyClock, systemClock } from '../../gateway/clock.ts'
import { loadSite } from '../../gateway/site/load.ts'
import { openStore } from '../../gateway/store/open.ts'
import type { Store } from '../../gateway/store/store.ts'
import { answer, ModbusDevice } from '../protocols/peers/modbus-device.ts'
import { freePorts } from '../simulators/ports.ts'

const password = 'administer-4'

/** A Modbus device whose register counts the requests, so that every sweep has a value of its own; it writes down when each came. */
export class CountingDevice {
  readonly at: number[] = []
  readonly #device: ModbusDevice
  port = 0

  constructor() {
    this.#device = new ModbusDevice(asked => {
      this.at.push(performance.now())
      return answer(asked, () => this.at.length % 60_000)
    })
  }
  async start(): Promise<void> {
    this.port = await this.#device.start()
  }
  stop(): Promise<void> {
    return this.#device.stop()
  }
  get connections(): number {
    return this.#device.connections
  }
  /** The longest time between two requests in ms, since the request of that number. */
  longestGap(since: number): number {
    return Math.max(...this.at.slice(since + 1).map((at, index) => at - (this.at[since + index] ?? at)))
  }
  /** Resolves when so many requests have come. */
  async reaches(count: number): Promise<void> {
    while (this.at.length < count) await aMoment()
  }
}

// Power has no limit of its own at this type, so that counting up breaks no rule.
export const siteText = ({ steady, other, broker }: Readonly<Record<'steady' | 'other' | 'broker', number>>): string => `\
# A school that is being set up
site: { id: greenhill, name: { zh: 青山小学, en: Greenhill }, policies: [canteen] }
connections:
  steady: { protocol: modbus-tcp, host: 127.0.0.1, port: ${steady}, every: 1s }
  other: { protocol: modbus-tcp, host: 127.0.0.1, port: ${other}, every: 1s }
  broker: { protocol: mqtt-broker, port: ${broker}, anonymous: true, host: 127.0.0.1 }
  push: { protocol: http }
areas:
  canteen:
    name: { zh: 食堂, en: Canteen }
    equipment:
      cold-1: # stays
        type: fresh-keeping-cabinet
        connection: steady
        unit: 1
        facts: { holds: cooked, serial: BX-1 }
        points:
          power: { register: 0 }
      cold-2:
        type: fresh-keeping-cabinet
        connection: other
        unit: 1
        facts: { holds: cooked, serial: BX-2 }
        points:
          power: { register: 0 }
      cold-3:
        type: fresh-keeping-cabinet
        connection: push
        facts: { holds: cooked, serial: BX-3 }
        points: { temperature: {}, door: {} }
        rules:
          temperature.chilly: { kind: limit, op: lt, value: 1, onDelay: 10s, offDelay: 0s, priority: low }
          temperature.icy: { kind: limit, op: lt, value: -5, onDelay: 0s, offDelay: 0s, priority: high }
          temperature.mute: { kind: stale, after: 10m, priority: low }
      cold-4:
        type: fresh-keeping-cabinet
        connection: broker
        device: tank
        facts: { holds: cooked, serial: BX-4 }
        points: { temperature: { topic: 'devices/tank/t' } }
`

/** A real gateway on a real data folder, with two Modbus devices, a broker and a door for pushed readings. */
export class ReloadGround {
  readonly folder: string
  /** Where the site file lies. */
  readonly place: string
  readonly steady = new CountingDevice()
  readonly other = new CountingDevice()
  readonly complaints: string[] = []
  brokerPort = 0
  #gateway: Gateway | undefined
  #store: Store | undefined
  #cookie = ''

  private constructor(folder: string, place: string) {
    this.folder = folder
    this.place = place
  }

  static async make(place?: string): Promise<ReloadGround> {
    const folder = await mkdtemp(join(tmpdir(), 'zhishou-reload-'))
    const ground = new ReloadGround(folder, place ?? folder)
    await ground.steady.start()
    await ground.other.start()
    ;[ground.brokerPort = 0] = await freePorts(1)
    await writeFile(ground.file, siteText({ steady: ground.steady.port, other: ground.other.port, broker: ground.brokerPort }))
    await ground.start()
    return ground
  }

  get file(): string {
    return join(this.place, 'site.yaml')
  }
  get gateway(): Gateway {
    if (!this.#gateway) throw new Error('the gateway does not run')
    return this.#gateway
  }
  get store(): Store {
    if (!this.#store) throw new Error('the gateway does not run')
    return this.#store
  }

  async start(): Promise<void> {
    const loaded = await loadSite(this.file, {})
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems, null, 1))
    const folder = join(this.folder, 'data')
    this.#store = await openStore(folder, { wall: systemClock })
    this.#gateway = await startGateway(loaded.site, {
      clock: new SteadyClock(systemClock),
      wall: systemClock,
      store: this.#store,
      folder,
      host: '127.0.0.1',
      port: 0,
      dashboardFolder: join(this.folder, 'no-page'),
      version: '0.1.0',
      adminPassword: password,
      source: { path: this.file, env: {} },
      complain: line => this.complaints.push(line),
    })
    const answered = await fetch(`${this.gateway.address}/api/v1/session`, {
      method: 'POST',
      headers: { origin: this.gateway.address, 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'admin', password }),
    })
    this.#cookie = answered.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  }

  async stop(): Promise<void> {
    await this.#gateway?.stop()
    this.#gateway = undefined
  }

  async remove(): Promise<void> {
    await this.stop()
    await this.steady.stop()
    await this.other.stop()
    await rm(this.folder, { recursive: true, force: true })
  }

  get cookie(): string {
    return this.#cookie
  }

  /** `path` begins after `/api/v1`. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  async send(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly body: any }> {
    const { address } = this.gateway
    const answered = await fetch(`${address}/api/v1${path}`, {
      method,
      headers: {
        origin: address,
        cookie: this.#cookie,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answered.text()
    return { status: answered.status, body: text === '' ? undefined : JSON.parse(text) }
  }

  async reads(point: string, v: number, t = Date.now()): Promise<void> {
    const { status, body } = await this.send('POST', '/readings', [{ point, t, v }])
    if (status !== 204) throw new Error(`readings: ${status} ${JSON.stringify(body)}`)
  }

  text(): Promise<string> {
    return readFile(this.file, 'utf8')
  }

  /** Changes the text of the site file over the interface. */
  async change(edit: (text: string) => string, why = 'because the test says so') {
    const { body: now } = await this.send('GET', '/site/file')
    const files = [{ name: 'site.yaml', text: edit(now.files[0].text) }]
    return this.send('POST', '/site/apply', { files, before: now.digest, why })
  }
}

/** Another cabinet on a connection. */
export const another = (text: string, id: string, connection = 'other'): string =>
  text.replace(
    '      cold-3:\n',
    `      ${id}:
        type: fresh-keeping-cabinet
        connection: ${connection}
        unit: ${2 + (text.match(/ unit: /g) ?? []).length}
        facts: { holds: cooked, serial: ${id} }
        points:
          power: { register: 0 }
      cold-3:
`,
  )

/** Long enough that looking takes nothing of what is looked at. */
const aMoment = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 10))

export const until = async (holds: () => boolean | Promise<boolean>, what: string, within = 120_000): Promise<void> => {
  const end = Date.now() + within
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`never: ${what}`)
    await aMoment()
  }
}
