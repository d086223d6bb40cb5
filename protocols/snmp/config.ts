import type { Binding, PreparedProblem, Words } from '../contract/driver.ts'
import { millis, seconds } from '../contract/time.ts'
import type { Millis } from '../contract/time.ts'
import { SettingReader } from '../kit/settings.ts'
import type { SnmpPoint } from './points.ts'
import { findTaken, parsePoint } from './points.ts'
import type { Cipher, Credentials, Signature } from './usm.ts'
import { cipherNames, signatureNames } from './usm.ts'

export interface SnmpConfig {
  readonly host: string
  readonly port: number
  readonly way:
    | { readonly version: '2c'; readonly community: string }
    | { readonly version: '3'; readonly credentials: Credentials; readonly context: string }
  readonly every: Millis
  /** Real time, for one datagram's answer. */
  readonly timeout: Millis
  readonly retries: number
  /** Objects in one request, at most. */
  readonly most: number
  readonly points: readonly SnmpPoint[]
}

const secrets = ['username', 'auth', 'password', 'encrypt', 'encryptPassword', 'context'] as const
/** RFC 3414 section 11.2: agents do not take shorter ones. */
const shortest = 8

/** Reads a connection and its bindings; what is wrong with any of them goes into `problems`. */
export function parseSnmp(
  settings: Readonly<Record<string, unknown>>,
  bindings: readonly Binding[],
  problems: PreparedProblem[],
): SnmpConfig {
  const reader = new SettingReader(settings, 'connection', problems)
  reader.raw('protocol')
  const config: SnmpConfig = {
    host: reader.requiredText('host', '192.168.1.40'),
    port: reader.integer('port', 161, 1, 65_535),
    way: readWay(reader),
    every: reader.duration('every', seconds(10), millis(10)),
    timeout: reader.duration('timeout', seconds(2), millis(10)),
    // The network may lose a datagram at any time: nobody else repeats it.
    retries: reader.integer('retries', 2, 0, 5),
    most: reader.integer('most', 20, 1, 100),
    points: bindings.map(binding => parsePoint(binding, problems)),
  }
  reader.done()
  findTaken(config.points, problems)
  return config
}

function readWay(reader: SettingReader): SnmpConfig['way'] {
  const version = reader.choice('version', ['2c', '3'], reader.has('username') ? '3' : '2c')
  const community = reader.text('community', 'public')
  const credentials = readCredentials(reader, version === '3')
  const context = reader.text('context', '')
  if (version === '2c') {
    for (const key of secrets) {
      if (reader.has(key))
        reader.problem(
          [key],
          { zh: `${key} 是 v3 的设置，v2c 只用 community`, en: `${key} belongs to version 3; 2c has only a community` },
          { zh: '写 version: 3，或删去', en: 'write version: 3, or remove it' },
          'bad-value',
        )
    }
    return { version, community }
  }
  if (reader.has('community'))
    reader.problem(
      ['community'],
      { zh: 'v3 没有 community', en: 'version 3 has no community' },
      { zh: '删去它，写 username、auth、password', en: 'remove it; write username, auth and password' },
      'bad-value',
    )
  return { version, credentials, context }
}

function readCredentials(reader: SettingReader, isWanted: boolean): Credentials {
  const username = isWanted ? reader.requiredText('username', 'zhishou') : reader.text('username', '')
  const auth = reader.has('auth') ? reader.choice<Signature>('auth', signatureNames, 'sha256') : undefined
  const password = reader.text('password')
  const encrypt = reader.has('encrypt') ? reader.choice<Cipher>('encrypt', cipherNames, 'aes128') : undefined
  const encryptPassword = reader.text('encryptPassword') ?? (encrypt === undefined ? undefined : password)
  if (!isWanted) return { username }
  if ((auth === undefined) !== (password === undefined))
    reader.problem([auth === undefined ? 'auth' : 'password'], ...together('auth', 'password', 'auth: sha256'), 'missing')
  if (encrypt === undefined && reader.has('encryptPassword'))
    reader.problem(['encrypt'], ...together('encrypt', 'encryptPassword', 'encrypt: aes128'), 'missing')
  if (encrypt !== undefined && auth === undefined)
    reader.problem(
      ['auth'],
      { zh: '要加密就必须先认证：缺少 auth 和 password', en: 'encryption needs a signature: auth and password are missing' },
      { zh: '写 auth: sha256 和 password', en: 'write auth: sha256 and a password' },
      'missing',
    )
  for (const [key, value] of [
    ['password', password],
    ['encryptPassword', reader.text('encryptPassword')],
  ] as const) {
    if (value !== undefined && value.length < shortest)
      reader.problem(
        [key],
        {
          zh: `${key} 太短：SNMP v3 的密码至少 8 个字符`,
          en: `${key} is too short: passwords of SNMP v3 have 8 characters or more`,
        },
        { zh: '写设备上设置的那个密码', en: 'write the password that is set on the device' },
        'bad-value',
      )
  }
  return {
    username,
    ...(auth !== undefined && password !== undefined && { auth: { by: auth, password } }),
    ...(auth !== undefined &&
      encrypt !== undefined &&
      encryptPassword !== undefined && { privacy: { by: encrypt, password: encryptPassword } }),
  }
}

const together = (one: string, other: string, example: string): [Words, Words] => [
  { zh: `${one} 和 ${other} 要一起写`, en: `${one} and ${other} belong together` },
  { zh: `补上另一个，例如 ${example}`, en: `write the other one as well, for example ${example}` },
]
