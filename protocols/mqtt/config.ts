import type { Binding, PreparedProblem } from '../contract/driver.ts'
import { SettingReader } from '../kit/settings.ts'
import { accountName } from './accounts.ts'
import type { MqttPoint } from './mapping.ts'
import { parsePoint } from './mapping.ts'

type Settings = Readonly<Record<string, unknown>>

export interface BrokerConfig {
  readonly host: string
  readonly port: number
  readonly accounts: ReadonlyMap<string, string>
  readonly anonymous: boolean
  readonly maxPacket: number
  readonly points: readonly MqttPoint[]
}

/** The embedded broker's settings and bindings; what is wrong with any of them goes into `problems`. */
export function parseBroker(settings: Settings, bindings: readonly Binding[], problems: PreparedProblem[]): BrokerConfig {
  const reader = new SettingReader(settings, 'connection', problems)
  reader.raw('protocol')
  const config = {
    host: reader.text('host', '127.0.0.1'),
    port: reader.integer('port', 1883, 1, 65_535),
    accounts: parseAccounts(reader),
    anonymous: reader.flag('anonymous', false),
    maxPacket: reader.integer('maxPacket', 256 * 1024, 128, 256 * 1024 * 1024),
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

function parseAccounts(reader: SettingReader): ReadonlyMap<string, string> {
  const value = reader.raw('accounts')
  if (value === undefined) return new Map()
  const example = { zh: '例如 accounts: { tank-1: "密码" }', en: 'write for example accounts: { tank-1: "a password" }' }
  if (typeof value !== 'object' || Array.isArray(value) || value === null) {
    reader.problem(
      ['accounts'],
      { zh: 'accounts 应是 账号：密码', en: 'accounts gives each name a password' },
      example,
      'bad-value',
    )
    return new Map()
  }
  const accounts = new Map<string, string>()
  for (const [name, password] of Object.entries(value)) {
    if (!accountName.test(name)) {
      reader.problem(
        ['accounts', name],
        { zh: `${name} 不能作账号名`, en: `${name} cannot be an account: it becomes part of topics` },
        { zh: '只用字母、数字、- _ .', en: 'use letters, digits, - _ . only' },
      )
    } else if (typeof password !== 'string' || password === '') {
      reader.problem(
        ['accounts', name],
        { zh: `${name} 的密码应是非空文字`, en: `the password of ${name} must be a text that is not empty` },
        { zh: '加上引号，例如 "1234"', en: 'put it in quotes, for example "1234"' },
      )
    } else accounts.set(name, password)
  }
  return accounts
}

export interface ClientConfig {
  readonly url: string
  readonly username?: string
  readonly password?: string
  readonly clientId?: string
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
  reader.done()
  return {
    url,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(clientId === undefined ? {} : { clientId }),
    points: bindings.map(binding => parsePoint(binding, problems)),
  }
}

const text = { type: 'string' }
const pointSchema = {
  type: 'object',
  properties: {
    topic: text,
    value: { ...text, description: 'JSON pointer, for example /temp' },
    time: { ...text, description: 'JSON pointer to epoch milliseconds or an ISO 8601 time with offset' },
    scale: { type: 'number', default: 1 },
    offset: { type: 'number', default: 0 },
    unit: text,
    map: { type: 'object', additionalProperties: { type: 'number' } },
  },
}
const equipmentSchema = { type: 'object', properties: { device: text } }

export const brokerSchema = {
  connection: {
    type: 'object',
    properties: {
      host: { ...text, default: '127.0.0.1' },
      port: { type: 'integer', minimum: 1, maximum: 65_535, default: 1883 },
      accounts: { type: 'object', additionalProperties: text },
      anonymous: { type: 'boolean', default: false },
      maxPacket: { type: 'integer', minimum: 128, default: 262_144 },
    },
  },
  equipment: equipmentSchema,
  point: pointSchema,
}
export const clientSchema = {
  connection: { type: 'object', required: ['url'], properties: { url: text, username: text, password: text, clientId: text } },
  equipment: equipmentSchema,
  point: pointSchema,
}
