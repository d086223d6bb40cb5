import type { Settings } from '../binding.ts'
import { CannotPlay, loopback, numberOf, textOf } from '../binding.ts'
import { later } from '../clock.ts'
import type { SimulatedEquipment } from '../equipment.ts'
import type { MqttAccess } from '../servers/mqtt-device.ts'
import { MqttDevice } from '../servers/mqtt-device.ts'
import { SLOWNESS } from '../wire-faults.ts'
import type { Player, WiredPoint } from './player.ts'
import { isObject, place, rawOf, wordFor } from './raw.ts'

/** A device speaks this often on the world's clock, but a fast world does not make it flood the broker. */
const EVERY_WORLD = 30_000
const EVERY_REAL = 200
/** A reading that was taken long ago is said again this often, in case nobody heard it. */
const AGAIN_WORLD = 3_600_000

/** The devices of one MQTT connection: each its own client with its own account. */
export class MqttPlayer implements Player {
  readonly #devices: readonly PlayedDevice[]

  constructor(name: string, protocol: 'mqtt' | 'mqtt-broker', settings: Settings, points: readonly WiredPoint[]) {
    const devices = new Map<string, WiredPoint[]>()
    for (const point of points) {
      const device = textOf(point.device, 'device') ?? point.equipment.id
      devices.set(device, [...(devices.get(device) ?? []), point])
    }
    this.#devices = [...devices].map(([device, own]) => new PlayedDevice(accessOf(name, protocol, settings, device), device, own))
  }

  async start(): Promise<void> {
    for (const device of this.#devices) device.start()
  }

  async stop(): Promise<void> {
    await Promise.all(this.#devices.map(device => device.stop()))
  }

  tell(now: number, real: number): void {
    for (const device of this.#devices) device.tell(now, real)
  }
}

class PlayedDevice {
  readonly #link: MqttDevice
  readonly #equipment: SimulatedEquipment
  readonly #topics: ReadonlyMap<string, (now: number) => string | undefined>
  readonly #late = new Set<() => void>()
  /** Topics of readings that were taken at some earlier time, and what was said of them last. */
  readonly #seldom: ReadonlySet<string>
  readonly #said = new Map<string, { readonly text: string; readonly at: number }>()
  #on = false
  #spokeWorld = -Infinity
  #spokeReal = -Infinity

  constructor(access: MqttAccess, device: string, points: readonly WiredPoint[]) {
    this.#link = new MqttDevice(access)
    const first = points[0]
    if (!first) throw new CannotPlay(`${device}: 没有测点 · no points`)
    this.#equipment = first.equipment
    const topics = new Map<string, WiredPoint[]>()
    for (const point of points) {
      const topic = topicOf(point, device)
      topics.set(topic, [...(topics.get(topic) ?? []), point])
    }
    this.#topics = new Map([...topics].map(([topic, own]) => [topic, payloadOf(own)]))
    this.#seldom = new Set(
      [...topics].flatMap(([topic, own]) =>
        own.every(({ equipment, key }) => equipment.takenAt(key) !== undefined) ? [topic] : [],
      ),
    )
  }

  start(): void {
    this.#on = true
    this.#link.start()
  }

  async stop(): Promise<void> {
    for (const cancel of this.#late) cancel()
    this.#late.clear()
    this.#on = false
    await this.#link.stop()
  }

  tell(now: number, real: number): void {
    const silent = this.#equipment.suffers('device-silent')
    if (silent === this.#on) {
      this.#on = !silent
      if (silent) void this.#link.stop()
      else this.#link.start()
    }
    const soon = now >= this.#spokeWorld && now - this.#spokeWorld < EVERY_WORLD
    if (silent || soon || real - this.#spokeReal < EVERY_REAL || !this.#link.connected) return
    this.#spokeWorld = now
    this.#spokeReal = real
    const garbage = this.#equipment.suffers('garbage')
    for (const [topic, payload] of this.#topics) {
      const said = garbage ? Buffer.from([0xff, 0x00, 0x7b, 0x22, 0xc3, 0x28]) : payload(now)
      if (typeof said === 'string' && this.#seldom.has(topic) && !this.#isNews(topic, said, now)) continue
      if (said === undefined) continue
      if (this.#equipment.suffers('slow')) this.#sayLater(topic, said)
      else this.#link.say(topic, said)
    }
  }

  #isNews(topic: string, text: string, now: number): boolean {
    const last = this.#said.get(topic)
    if (last?.text === text && now >= last.at && now - last.at < AGAIN_WORLD) return false
    this.#said.set(topic, { text, at: now })
    return true
  }

  #sayLater(topic: string, said: string | Buffer): void {
    const cancel = later(SLOWNESS, () => {
      this.#late.delete(cancel)
      this.#link.say(topic, said)
    })
    this.#late.add(cancel)
  }
}

function accessOf(name: string, protocol: 'mqtt' | 'mqtt-broker', settings: Settings, device: string): MqttAccess {
  if (protocol === 'mqtt') {
    const url = textOf(settings, 'url') ?? 'mqtt://127.0.0.1:1883'
    const at = new URL(url)
    loopback(at.hostname.replace(/^\[|\]$/g, ''), `connections.${name}.url`)
    return { url, clientId: `simulated-${device}`, ...account(textOf(settings, 'username'), textOf(settings, 'password')) }
  }
  const host = textOf(settings, 'host') ?? '127.0.0.1'
  // A broker that listens everywhere is reached by its devices here at home.
  const here = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : loopback(host, `connections.${name}.host`)
  const accounts = settings['accounts']
  const password = isObject(accounts) ? accounts[device] : undefined
  const known = typeof password === 'string' || typeof password === 'number'
  return {
    url: `mqtt://${here.includes(':') ? `[${here}]` : here}:${numberOf(settings, 'port') ?? 1883}`,
    clientId: device,
    ...(known ? account(device, String(password)) : {}),
  }
}

const account = (username: string | undefined, password: string | undefined) => ({
  ...(username === undefined ? {} : { username }),
  ...(password === undefined ? {} : { password }),
})

function topicOf({ binding, key, where }: WiredPoint, device: string): string {
  const topic = textOf(binding, 'topic') ?? `devices/${device}/${key}`
  if (topic.includes('#')) throw new CannotPlay(`${where}: # 不能模拟 · a topic with # cannot be published to`)
  return topic
    .split('/')
    .map(level => (level === '+' ? device : level))
    .join('/')
}

/** One message holds every point that is found under its topic; `undefined` while there is no reading at all that could be told. */
function payloadOf(points: readonly WiredPoint[]): (now: number) => string | undefined {
  const raws = points.map(point => ({ ...point, raw: rawOf(point) }))
  const say = ({ equipment, key, binding, raw }: (typeof raws)[number]) => {
    const value = equipment.value(key)
    if (value === undefined || value === 'sensor-lost') return null
    return wordFor(binding, value) ?? Math.round(raw(value) * 1000) / 1000
  }
  const nothingYet = ({ equipment, key }: WiredPoint) =>
    equipment.takenAt(key) !== undefined && equipment.value(key) === undefined
  return now => {
    if (points.every(nothingYet)) return undefined
    const message: Record<string, unknown> = {}
    for (const point of raws) {
      const pointer = textOf(point.binding, 'value')
      // Without a pointer the payload is the value itself, and there is room for one only.
      if (pointer === undefined || pointer === '') return String(say(point) ?? 'NaN')
      place(message, pointer, say(point))
      const time = textOf(point.binding, 'time')
      if (time !== undefined) place(message, time, Math.round(point.equipment.takenAt(point.key) ?? now))
    }
    return JSON.stringify(message)
  }
}
