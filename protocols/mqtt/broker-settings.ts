import type { PreparedProblem } from '../contract/driver.ts'
import type { Millis } from '../contract/time.ts'
import { hours } from '../contract/time.ts'
import { SettingReader } from '../kit/settings.ts'
import type { Account } from './accounts.ts'
import { accountName } from './accounts.ts'
import type { BrokerLimits } from './limits.ts'
import { brokerLimits } from './limits.ts'
import { isPem, plainFingerprint } from './pem.ts'
import type { TlsConfig } from './tls.ts'
import { filterMistake } from './topic.ts'

/** The settings that only the embedded broker has: who may come in, by which door, and how much of everything. */

type Settings = Readonly<Record<string, unknown>>
const isMapping = (value: unknown): value is Settings => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Reads the mapping at `path` with its own keys; what is wrong in it is told with the whole path. */
function within<T>(
  value: Settings,
  path: readonly (string | number)[],
  problems: PreparedProblem[],
  read: (reader: SettingReader) => T,
): T {
  const own: PreparedProblem[] = []
  const reader = new SettingReader(value, 'connection', own)
  const result = read(reader)
  reader.done()
  problems.push(...own.map(problem => ({ ...problem, path: [...path, ...problem.path] })))
  return result
}

export function parseAccounts(reader: SettingReader, problems: PreparedProblem[]): ReadonlyMap<string, Account> {
  const value = reader.raw('accounts')
  if (value === undefined) return new Map()
  if (!isMapping(value)) {
    reader.problem(
      ['accounts'],
      { zh: 'accounts 应是 账号：密码', en: 'accounts gives each name a password' },
      { zh: '例如 accounts: { tank-1: "密码" }', en: 'write for example accounts: { tank-1: "a password" }' },
      'bad-value',
    )
    return new Map()
  }
  const accounts = new Map<string, Account>()
  for (const [name, given] of Object.entries(value)) {
    if (!accountName.test(name)) {
      reader.problem(
        ['accounts', name],
        { zh: `${name} 不能作账号名`, en: `${name} cannot be an account: it becomes part of topics` },
        { zh: '只用字母、数字、- _ .', en: 'use letters, digits, - _ . only' },
      )
    } else if (isMapping(given)) accounts.set(name, parseAccount(given, ['accounts', name], problems))
    else if (typeof given === 'string' && given !== '') accounts.set(name, { password: given, hears: [] })
    else {
      reader.problem(
        ['accounts', name],
        { zh: `${name} 的密码应是非空文字`, en: `the password of ${name} must be a text that is not empty` },
        { zh: '加上引号，例如 "1234"', en: 'put it in quotes, for example "1234"' },
      )
    }
  }
  return accounts
}

function parseAccount(value: Settings, path: readonly string[], problems: PreparedProblem[]): Account {
  return within(value, path, problems, reader => {
    const password = reader.text('password')
    const byCertificate = reader.flag('certificate', false)
    const fingerprint = parseFingerprint(reader)
    const hears = parseTexts(reader, 'hears', filterMistake, {
      zh: '主题过滤器，例如 [zhishou/#, "$SYS/#"]',
      en: 'a list of topic filters, for example [zhishou/#, "$SYS/#"]',
    })
    if (password === undefined && !byCertificate && fingerprint === undefined) {
      reader.problem(
        ['password'],
        { zh: '没有密码，也没有证书：它无法登录', en: 'it has neither a password nor a certificate: it could not log in' },
        { zh: '写 password: "密码"，或 certificate: true', en: 'write password: "a password", or certificate: true' },
        'missing',
      )
    }
    return {
      ...(password === undefined ? {} : { password }),
      ...(fingerprint === undefined ? {} : { fingerprint }),
      hears,
    }
  })
}

/** SHA-256 in hex, with or without colons. */
export function parseFingerprint(reader: SettingReader): string | undefined {
  const text = reader.text('fingerprint')
  if (text === undefined) return undefined
  const plain = plainFingerprint(text)
  if (/^[0-9a-f]{64}$/.test(plain)) return plain
  reader.problem(
    ['fingerprint'],
    { zh: `${text.slice(0, 60)} 不是证书指纹`, en: `${text.slice(0, 60)} is not the fingerprint of a certificate` },
    {
      zh: '写 64 位十六进制的 SHA-256（openssl x509 -noout -fingerprint -sha256 -in cert.pem）',
      en: 'write the 64 hex digits of its SHA-256 (openssl x509 -noout -fingerprint -sha256 -in cert.pem)',
    },
    'bad-value',
  )
  return undefined
}

function parseTexts(
  reader: SettingReader,
  key: string,
  mistake: (text: string) => string | undefined,
  write: { readonly zh: string; readonly en: string },
): readonly string[] {
  const value = reader.raw(key)
  if (value === undefined) return []
  const texts = Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : []
  if (Array.isArray(value) && texts.length === value.length && texts.every(text => mistake(text) === undefined)) return texts
  reader.problem(
    [key],
    { zh: `${key} 应是一个列表`, en: `${key} must be a list` },
    { zh: write.zh, en: `write ${write.en}` },
    'bad-value',
  )
  return []
}

const demands = ['off', 'asked', 'required'] as const

export function parseTls(reader: SettingReader, problems: PreparedProblem[]): TlsConfig | undefined {
  const value = reader.raw('tls')
  if (value === undefined || value === false) return undefined
  if (value !== true && !isMapping(value)) {
    reader.problem(
      ['tls'],
      { zh: 'tls 应是 true 或一组设置', en: 'tls is true or a mapping' },
      { zh: '例如 tls: { port: 8883 }', en: 'write for example tls: { port: 8883 }' },
      'bad-value',
    )
    return undefined
  }
  return within(value === true ? {} : value, ['tls'], problems, inner => {
    const [cert, key, ca] = [inner.text('cert'), inner.text('key'), inner.text('ca')]
    const clientCerts = inner.choice('clientCerts', demands, ca === undefined ? 'off' : 'asked')
    if ((cert === undefined) !== (key === undefined) && !(cert !== undefined && isPem(cert) && cert.includes('PRIVATE KEY'))) {
      inner.problem(
        [cert === undefined ? 'key' : 'cert'],
        { zh: 'cert 和 key 要一起写', en: 'cert and key belong together' },
        { zh: '两个都写，或都不写（网关自己做证书）', en: 'write both, or neither: then the gateway makes its own certificate' },
        'missing',
      )
    }
    if (clientCerts !== 'off' && ca === undefined) {
      inner.problem(
        ['clientCerts'],
        { zh: '没有 ca，无法验证设备证书', en: 'without ca no certificate of a device can be checked' },
        { zh: '写 ca: 签发设备证书的 CA 文件', en: 'write ca: the certificate of whoever signs those of the devices' },
      )
    }
    return {
      port: inner.integer('port', 8883, 1, 65_535),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(ca === undefined ? {} : { ca }),
      clientCerts,
      names: parseTexts(inner, 'names', () => undefined, { zh: '名称或地址的列表', en: 'a list of names or addresses' }),
    }
  })
}

/** How far each limit may be set. */
const reach: Readonly<Record<Exclude<keyof BrokerLimits, 'keepSessions'>, readonly [min: number, max: number]>> = {
  connections: [1, 100_000],
  connectionsPerAccount: [1, 100_000],
  subscriptions: [1, 10_000],
  sessions: [0, 10_000],
  queue: [1, 1_000_000],
  queueBytes: [1_024, 2 ** 30],
  queueBytesInAll: [1_024, 2 ** 32],
  retained: [0, 1_000_000],
  retainedBytes: [0, 2 ** 32],
  willBytes: [0, 65_535],
  packetsPerSecond: [1, 10_000_000],
  inFlight: [1, 10_000],
  unsentBytes: [1_024, 2 ** 30],
  unsentBytesInAll: [1_024, 2 ** 32],
  heldBytes: [16 * 1_024, 2 ** 32],
}

export function parseLimits(reader: SettingReader, problems: PreparedProblem[]): BrokerLimits {
  const value = reader.raw('limits')
  if (value === undefined) return brokerLimits
  if (!isMapping(value)) {
    reader.problem(
      ['limits'],
      { zh: 'limits 应是一组设置', en: 'limits is a mapping' },
      { zh: '例如 limits: { connections: 500 }', en: 'write for example limits: { connections: 500 }' },
      'bad-value',
    )
    return brokerLimits
  }
  return within(value, ['limits'], problems, inner => {
    const numbers = Object.entries(reach).map(([key, [min, max]]) => [
      key,
      inner.integer(key, brokerLimits[key as keyof typeof reach], min, max),
    ])
    const keepSessions: Millis = inner.duration('keepSessions', brokerLimits.keepSessions, hours(1))
    return { ...brokerLimits, ...(Object.fromEntries(numbers) as Record<keyof typeof reach, number>), keepSessions }
  })
}

const text = { type: 'string' }
/** The same for the published JSON Schema. */
export const brokerProperties: Readonly<Record<string, object>> = {
  accounts: {
    type: 'object',
    additionalProperties: {
      anyOf: [
        text,
        {
          type: 'object',
          properties: {
            password: text,
            certificate: { type: 'boolean', description: 'logs in with a certificate that tls.ca has signed for its name' },
            fingerprint: { ...text, description: 'SHA-256 of the only certificate that counts' },
            hears: { type: 'array', items: text, description: 'filters it may listen to beyond devices/NAME/#' },
          },
          additionalProperties: false,
        },
      ],
    },
  },
  tls: {
    anyOf: [
      { type: 'boolean' },
      {
        type: 'object',
        properties: {
          port: { type: 'integer', minimum: 1, maximum: 65_535, default: 8883 },
          cert: { ...text, description: 'PEM file (absolute or below the connection’s folder), or the PEM itself' },
          key: text,
          ca: { ...text, description: 'who signs the certificates of devices' },
          clientCerts: { enum: demands },
          names: { type: 'array', items: text },
        },
        additionalProperties: false,
      },
    ],
  },
  limits: {
    type: 'object',
    properties: {
      ...Object.fromEntries(
        Object.entries(reach).map(([key, [minimum, maximum]]) => [
          key,
          { type: 'integer', minimum, maximum, default: brokerLimits[key as keyof typeof reach] },
        ]),
      ),
      keepSessions: { ...text, default: '30d' },
    },
    additionalProperties: false,
  },
}
