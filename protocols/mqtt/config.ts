import type { Binding, PreparedProblem } from '../contract/driver.ts'
import { SettingReader } from '../kit/settings.ts'
import type { Account } from './accounts.ts'
import { brokerProperties, parseAccounts, parseLimits, parseTls } from './broker-settings.ts'
import type { Trust } from './client-trust.ts'
import { parseTrust, trustProperties } from './client-trust.ts'
import type { Dialects } from './dialects.ts'
import { dialectProperties, equipmentProperties, parseDialects, pointProperties } from './dialects.ts'
import type { BrokerLimits } from './limits.ts'
import type { MqttPoint } from './points.ts'
import { parsePoint } from './points.ts'
import type { TlsConfig } from './tls.ts'

type Settings = Readonly<Record<string, unknown>>

export interface BrokerConfig extends Dialects {
  readonly host: string
  readonly port: number
  readonly accounts: ReadonlyMap<string, Account>
  readonly anonymous: boolean
  readonly maxPacket: number
  readonly limits: BrokerLimits
  readonly tls?: TlsConfig
  readonly points: readonly MqttPoint[]
}

/** The embedded broker's settings and bindings; what is wrong with any of them goes into `problems`. */
export function parseBroker(settings: Settings, bindings: readonly Binding[], problems: PreparedProblem[]): BrokerConfig {
  const reader = new SettingReader(settings, 'connection', problems)
  reader.raw('protocol')
  const tls = parseTls(reader, problems)
  const config = {
    host: reader.text('host', '127.0.0.1'),
    port: reader.integer('port', 1883, 1, 65_535),
    accounts: parseAccounts(reader, problems),
    anonymous: reader.flag('anonymous', false),
    maxPacket: reader.integer('maxPacket', 256 * 1024, 128, 256 * 1024 * 1024),
    limits: parseLimits(reader, problems),
    ...(tls ? { tls } : {}),
    ...parseDialects(reader),
  }
  reader.done()
  const points = bindings.map(binding => parsePoint(binding, problems))
  for (const { point, device } of points) {
    if (config.anonymous || config.accounts.has(device)) continue
    const names = [...config.accounts.keys()].join(', ')
    problems.push({
      in: { point },
      path: ['device'],
      code: 'no-account',
      wrong: { zh: `没有名为 ${device} 的账号，它无法连接`, en: `there is no account ${device}: the device could not log in` },
      write: {
        zh: `在连接的 accounts 下加上 ${device}，或写 device: ${names || '账号名'}`,
        en: `add ${device} to the connection's accounts, or write device: with one of ${names || 'its names'}`,
      },
    })
  }
  return { ...config, points }
}

export interface ClientConfig extends Dialects {
  readonly url: string
  readonly username?: string
  readonly password?: string
  readonly clientId?: string
  readonly trust: Trust
  readonly points: readonly MqttPoint[]
}

/** The same for an outside broker. */
export function parseClient(settings: Settings, bindings: readonly Binding[], problems: PreparedProblem[]): ClientConfig {
  const reader = new SettingReader(settings, 'connection', problems)
  reader.raw('protocol')
  const url = reader.requiredText('url', 'mqtt://192.168.1.5:1883')
  if (url !== '' && !/^(mqtts?|wss?):\/\/[^\s/]+/.test(url)) {
    reader.problem(
      ['url'],
      { zh: `${url} 不是 MQTT 地址`, en: `${url} is not the address of a broker` },
      {
        zh: '例如 mqtt://192.168.1.5:1883（加密用 mqtts://）',
        en: 'write for example mqtt://192.168.1.5:1883, or mqtts:// for TLS',
      },
      'bad-value',
    )
  }
  const username = reader.text('username')
  const password = reader.text('password')
  const clientId = reader.text('clientId')
  const trust = parseTrust(reader, url)
  const dialects = parseDialects(reader)
  reader.done()
  return {
    ...dialects,
    url,
    trust,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(clientId === undefined ? {} : { clientId }),
    points: bindings.map(binding => parsePoint(binding, problems)),
  }
}

const text = { type: 'string' }
const pointSchema = { type: 'object', properties: pointProperties }
const equipmentSchema = { type: 'object', properties: equipmentProperties }

export const brokerSchema = {
  connection: {
    type: 'object',
    properties: {
      host: { ...text, default: '127.0.0.1' },
      port: { type: 'integer', minimum: 1, maximum: 65_535, default: 1883 },
      ...brokerProperties,
      anonymous: { type: 'boolean', default: false },
      maxPacket: { type: 'integer', minimum: 128, default: 262_144 },
      ...dialectProperties,
    },
  },
  equipment: equipmentSchema,
  point: pointSchema,
}
export const clientSchema = {
  connection: {
    type: 'object',
    required: ['url'],
    properties: { url: text, username: text, password: text, clientId: text, ...trustProperties, ...dialectProperties },
  },
  equipment: equipmentSchema,
  point: pointSchema,
}
