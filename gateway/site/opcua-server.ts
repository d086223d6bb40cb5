import { facePolicies } from '../outlets/opcua/settings.ts'
import type { OpcuaServerSettings } from '../outlets/opcua/settings.ts'
import { below, flag, list, mapping, number, oneOf, pairs, required, text } from './reader.ts'
import type { Item, Report } from './report.ts'

const keys = ['port', 'host', 'accounts', 'policies', 'signOnly', 'clients', 'sessions'] as const
const usual = { host: '127.0.0.1', port: 4840, sessions: 10 }

/** The block `opcuaServer` of the site file; undefined where there is none, and then there is no server. */
export function readOpcuaServer(report: Report, item: Item | undefined): OpcuaServerSettings | undefined {
  if (!item || item.value === null || !mapping(report, item, keys)) return undefined
  const policies = list(report, below(item, 'policies')).flatMap(policy => oneOf(report, policy, facePolicies) ?? [])
  return {
    host: text(report, below(item, 'host'), usual.host) ?? usual.host,
    port: whole(report, below(item, 'port'), usual.port, 1, 65_535),
    accounts: readAccounts(report, required(report, item, 'accounts', '{ scada: ${OPCUA_PASSWORD} }')),
    policies: policies.length > 0 ? policies : facePolicies,
    signOnly: flag(report, below(item, 'signOnly')) ?? false,
    clients: list(report, below(item, 'clients')).flatMap(client => readFingerprint(report, client) ?? []),
    sessions: whole(report, below(item, 'sessions'), usual.sessions, 1, 100),
  }
}

/** Every name with its password. An empty list is a mistake: it would be a server nobody may use. */
function readAccounts(report: Report, item: Item | undefined): ReadonlyMap<string, string> {
  if (!item || !mapping(report, item)) return new Map()
  const accounts = pairs(item).flatMap(([name, entry]) => {
    const password = text(report, entry, '${OPCUA_PASSWORD}')
    if (password === undefined) return []
    if (password.length < 8)
      report.error(entry, {
        code: 'weak-passphrase',
        wrong: { zh: '密码太短，容易被猜到', en: 'the password is short enough to be guessed' },
        write: {
          zh: '至少 8 个字符，写成 `${OPCUA_PASSWORD}` 放在环境变量里',
          en: 'at least 8 characters, as `${OPCUA_PASSWORD}` out of the environment',
        },
      })
    return [[name, password] as const]
  })
  if (pairs(item).length === 0)
    report.error(item, {
      code: 'missing',
      wrong: {
        zh: '没有一个帐号：谁也进不来，而匿名访问是没有的',
        en: 'there is no account: nobody could get in, and nobody is let in without one',
      },
      write: { zh: '写 `scada: ${OPCUA_PASSWORD}`', en: 'write `scada: ${OPCUA_PASSWORD}`' },
    })
  return new Map(accounts)
}

function readFingerprint(report: Report, item: Item): string | undefined {
  const written = text(report, item, '3A:5F:…')
  const plain = written?.replaceAll(/[:\s]/g, '').toLowerCase()
  if (plain === undefined || /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(plain)) return plain
  report.error(item, {
    code: 'bad-value',
    wrong: { zh: '这不是证书指纹', en: 'this is no fingerprint of a certificate' },
    write: {
      zh: '写 SHA-1（40 位）或 SHA-256（64 位）十六进制指纹',
      en: 'write the SHA-1 (40 digits) or SHA-256 (64 digits) fingerprint in hex',
    },
  })
  return undefined
}

function whole(report: Report, item: Item | undefined, fallback: number, min: number, max: number): number {
  const value = number(report, item, fallback)
  if (!item || value === undefined) return fallback
  if (Number.isInteger(value) && value >= min && value <= max) return value
  report.error(item, {
    code: 'bad-count',
    wrong: { zh: `不能是 ${value}`, en: `it cannot be ${value}` },
    write: {
      zh: `写 ${min}–${max} 的整数，例如 \`${fallback}\``,
      en: `write a whole number from ${min} to ${max}, for example \`${fallback}\``,
    },
  })
  return fallback
}

/** For editors; see `siteSchema`. */
export const opcuaServerSchema = (): object => ({
  type: 'object',
  additionalProperties: false,
  required: ['accounts'],
  description: 'OPC UA 只读服务 · a read-only OPC UA server for a SCADA',
  properties: {
    host: { type: 'string', default: usual.host },
    port: {
      anyOf: [
        { type: 'integer', minimum: 1, maximum: 65_535, default: usual.port },
        { type: 'string', pattern: '\\$\\{' },
      ],
    },
    accounts: { type: 'object', minProperties: 1, additionalProperties: { type: 'string', description: '${OPCUA_PASSWORD}' } },
    policies: { type: 'array', items: { enum: facePolicies } },
    signOnly: { type: 'boolean', default: false },
    clients: { type: 'array', items: { type: 'string', pattern: '^[0-9A-Fa-f: ]+$' } },
    sessions: { type: 'integer', minimum: 1, maximum: 100, default: usual.sessions },
  },
})
