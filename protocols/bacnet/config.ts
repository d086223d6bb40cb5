import type { Binding, PreparedProblem } from '../contract/driver.ts'
import type { Millis } from '../contract/time.ts'
import { millis, minutes, seconds } from '../contract/time.ts'
import { SettingReader } from '../kit/settings.ts'
import type { Address } from './frame.ts'
import { placeOf, readHost, standardPort } from './frame.ts'
import { highestInstance } from './names.ts'
import type { BacnetPoint } from './points.ts'
import { findTaken, parsePoint } from './points.ts'

/** How one device wants to be asked: what its equipment entry says, else what the connection says. */
export interface Manners {
  readonly every: Millis
  /** Real time, for one question. */
  readonly timeout: Millis
  /** How often a question that was not answered is asked again at once, while the device is known to answer. */
  readonly retries: number
  /** Properties a question; a device that cannot answer so many teaches us fewer. */
  readonly most: number
  /** Whether changes are subscribed to. */
  readonly cov: boolean
  /** How long a subscription is asked for; it is renewed at half of it. */
  readonly lifetime: Millis
  /** How often a point whose changes are told is read all the same. */
  readonly confirm: Millis
}

/** A device, by its number, by where it is, or both. */
export interface StationSettings extends Manners {
  /** `device 12`, or its address: how it is called in reports. */
  readonly name: string
  readonly device?: number
  readonly address?: Address
  /** Where it is looked for: only this network behind routers. */
  readonly network?: number
  readonly points: readonly BacnetPoint[]
}

export interface BacnetConfig {
  /** Ours. */
  readonly port: number
  readonly via?: string
  /** In place of the broadcast addresses of the interfaces. */
  readonly broadcast?: { readonly host: string; readonly port: number }
  /** A broadcast device in another subnet: it passes on what is said to everybody there, and what we say. */
  readonly bbmd?: { readonly host: string; readonly port: number }
  /** Everything of this connection is at or behind this address. */
  readonly host?: { readonly host: string; readonly port: number }
  readonly usual: Manners
  readonly stations: readonly StationSettings[]
}

type Settings = Readonly<Record<string, unknown>>
export const mannerKeys = ['every', 'timeout', 'retries', 'most', 'cov', 'lifetime', 'confirm'] as const

/** Reads a connection and its bindings; what is wrong with any of them goes into `problems`. */
export function parseBacnet(settings: Settings, bindings: readonly Binding[], problems: PreparedProblem[]): BacnetConfig {
  const reader = new SettingReader(settings, 'connection', problems)
  reader.raw('protocol')
  const via = reader.text('interface')
  const broadcast = readAddress(reader, 'broadcast', '192.168.1.255')
  const host = readAddress(reader, 'host', '192.168.1.30')
  const bbmd = readAddress(reader, 'bbmd', '10.0.8.2')
  const port = reader.integer('port', standardPort, 0, 65_535)
  const usual = readManners(reader, {
    every: seconds(10),
    timeout: seconds(3),
    retries: 1,
    most: 40,
    cov: true,
    lifetime: minutes(10),
    confirm: minutes(1),
  })
  reader.done()
  return {
    port,
    ...(via === undefined ? {} : { via }),
    ...(broadcast && { broadcast }),
    ...(host && { host }),
    ...(bbmd && { bbmd }),
    usual,
    stations: readStations(bindings, usual, host !== undefined, problems),
  }
}

function readAddress(reader: SettingReader, key: string, example: string): ReturnType<typeof readHost> {
  const written = reader.text(key)
  const address = written === undefined ? undefined : readHost(written)
  if (written !== undefined && !address)
    reader.problem(
      [key],
      { zh: `${written.slice(0, 60)} 不是 IPv4 地址`, en: `${written.slice(0, 60)} is no IPv4 address` },
      {
        zh: `例如 ${key}: ${example}，端口不是 47808 时写 ${example}:47809`,
        en: `write for example ${key}: ${example}, or ${example}:47809 where the port is not 47808`,
      },
      'bad-value',
    )
  return address
}

function readManners(reader: SettingReader, usual: Manners): Manners {
  const every = reader.duration('every', usual.every, millis(20))
  return {
    every,
    timeout: reader.duration('timeout', usual.timeout, millis(20)),
    retries: reader.integer('retries', usual.retries, 0, 5),
    most: reader.integer('most', usual.most, 1, 200),
    cov: reader.flag('cov', usual.cov),
    lifetime: reader.duration('lifetime', usual.lifetime, seconds(2)),
    confirm: reader.duration('confirm', usual.confirm, millis(20)),
  }
}

/** The device belongs to the equipment: several pieces of equipment may be objects of one controller. */
function readStations(
  bindings: readonly Binding[],
  usual: Manners,
  hasHost: boolean,
  problems: PreparedProblem[],
): readonly StationSettings[] {
  const stations = new Map<
    string,
    { settings: Omit<StationSettings, 'points'>; points: BacnetPoint[]; own: Settings; of: string }
  >()
  for (const binding of bindings) {
    const reader = new SettingReader(binding.device, { point: binding.point }, problems)
    const who = readWho(reader, hasHost)
    const manners = readManners(reader, usual)
    const point = parsePoint(binding, problems)
    const key = `${who.device ?? ''} ${who.address ? placeOf(who.address) : ''}`
    const known = stations.get(key)
    if (!known) {
      stations.set(key, { settings: { ...who, ...manners }, points: [point], own: binding.device, of: binding.equipment })
      continue
    }
    known.points.push(point)
    for (const setting of mannerKeys) {
      if (binding.equipment === known.of || binding.device[setting] === undefined) continue
      if (known.own[setting] === undefined) {
        known.own = { ...known.own, [setting]: binding.device[setting] }
        known.settings = { ...known.settings, [setting]: manners[setting] }
      } else if (JSON.stringify(known.own[setting]) !== JSON.stringify(binding.device[setting])) {
        reader.problem(
          [setting],
          {
            zh: `${who.name} 的 ${setting} 与 ${known.of} 写的不同`,
            en: `${setting} of ${who.name} is not what ${known.of} says`,
          },
          {
            zh: '同一台控制器写同一个值，或只写一次',
            en: 'write the same value at all equipment of one controller, or only once',
          },
        )
      }
    }
  }
  for (const { points } of stations.values()) findTaken(points, problems)
  return [...stations.values()].map(({ settings, points }) => ({ ...settings, points }))
}

function readWho(reader: SettingReader, hasHost: boolean): Pick<StationSettings, 'name' | 'device' | 'address' | 'network'> {
  const device = reader.has('device') ? reader.integer('device', 0, 0, highestInstance) : undefined
  const at = readAddress(reader, 'address', '192.168.1.30')
  const network = reader.has('network') ? reader.integer('network', 1, 1, 65_534) : undefined
  const mac = readMac(reader)
  if (device === undefined && !reader.has('address') && !hasHost)
    reader.problem(
      ['device'],
      { zh: '没有写是哪台 BACnet 设备', en: 'it does not say which BACnet device it is' },
      {
        zh: '在设备下写 device: 1201（设备实例号），或 address: 192.168.1.30',
        en: 'write device: 1201 (its instance number), or address: 192.168.1.30, below the equipment',
      },
      'missing',
    )
  if (mac !== undefined && (network === undefined || !at))
    reader.problem(
      ['mac'],
      {
        zh: 'mac 是路由器后面的地址，要和 address（路由器）、network 一起写',
        en: 'mac is an address behind a router: it goes with address (the router) and network',
      },
      {
        zh: '例如 address: 192.168.1.30、network: 5、mac: 12；或只写 device',
        en: 'write for example address: 192.168.1.30, network: 5, mac: 12; or only device',
      },
      'bad-value',
    )
  const address = at && { ...at, ...(network !== undefined && mac !== undefined ? { network, mac } : {}) }
  const name = device !== undefined ? `device ${device}` : address ? placeOf(address) : 'device at the host'
  return {
    name,
    ...(device === undefined ? {} : { device }),
    ...(address && { address }),
    ...(network === undefined ? {} : { network }),
  }
}

/** A station number of MS/TP or ARCNET as a number, anything longer in hex. */
function readMac(reader: SettingReader): string | undefined {
  const written = reader.raw('mac')
  if (written === undefined) return undefined
  if (typeof written === 'number' && Number.isInteger(written) && written >= 0 && written <= 255)
    return written.toString(16).padStart(2, '0')
  const plain = typeof written === 'string' ? written.replace(/[:\-\s]/g, '').toLowerCase() : ''
  if (/^(?:[0-9a-f]{2}){1,18}$/.test(plain)) return plain
  reader.problem(
    ['mac'],
    { zh: 'mac 应是 0 到 255 的站号，或十六进制地址', en: 'mac is a station number from 0 to 255, or an address in hex' },
    { zh: "例如 mac: 12 或 mac: '0A:00:05:01:BA:C0'", en: "write for example mac: 12 or mac: '0A:00:05:01:BA:C0'" },
    'bad-value',
  )
  return undefined
}
