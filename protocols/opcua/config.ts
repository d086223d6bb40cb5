import type { Binding, PreparedProblem } from '../contract/driver.ts'
import type { PointId } from '../contract/reading.ts'
import type { Millis } from '../contract/time.ts'
import { millis, minutes, seconds } from '../contract/time.ts'
import type { Scaling } from '../kit/number.ts'
import { SettingReader } from '../kit/settings.ts'
import { plain } from './trust.ts'

export const securities = ['none', 'sign', 'sign-and-encrypt'] as const
export type Security = (typeof securities)[number]

/** How a secured channel is signed and encrypted. */
export const policies = ['Basic256Sha256', 'Aes128_Sha256_RsaOaep', 'Aes256_Sha256_RsaPss'] as const
export type Policy = (typeof policies)[number]

export interface OpcuaPoint extends Scaling {
  readonly point: PointId
  /** As in OPC UA part 6: `ns=1;s=Room.Temperature`. */
  readonly node: string
}

export interface OpcuaConnection {
  readonly endpoint: string
  readonly security: Security
  readonly policy: Policy
  /** `any`, or the fingerprint of the server's certificate; absent: what lies in the `trusted` folder. */
  readonly trust?: string
  readonly username?: string
  readonly password?: string
  /** PEM files: who the gateway is to the server, in place of a user name. */
  readonly user?: { readonly certificate: string; readonly key: string }
  /** The longest loss of the link the server is asked to bridge. */
  readonly bridge: Millis
  /** Real time: the server's publishing interval. */
  readonly publishEvery: Millis
  /** Where the gateway keeps its certificate and those it trusts; without one they last as long as the connection is open. */
  readonly folder?: string
}

export interface OpcuaConfig {
  readonly connection: OpcuaConnection
  readonly points: readonly OpcuaPoint[]
}

/** Reads a connection and its bindings; what is wrong with any of them goes into `problems`. */
export function parseOpcua(
  settings: Readonly<Record<string, unknown>>,
  bindings: readonly Binding[],
  problems: PreparedProblem[],
): OpcuaConfig {
  const reader = new SettingReader(settings, 'connection', problems)
  reader.raw('protocol')
  const endpoint = reader.requiredText('endpoint', 'opc.tcp://192.168.1.30:4840')
  if (endpoint !== '' && !/^opc\.tcp:\/\/[^\s/]+/.test(endpoint)) {
    reader.problem(
      ['endpoint'],
      { zh: `${endpoint} 不是 OPC UA 地址`, en: `${endpoint} is not the address of an OPC UA server` },
      { zh: '例如 opc.tcp://192.168.1.30:4840', en: 'write for example opc.tcp://192.168.1.30:4840' },
      'bad-value',
    )
  }
  const username = reader.text('username')
  const password = reader.text('password')
  const folder = reader.text('folder')
  const certificate = reader.text('userCertificate')
  const key = reader.text('userKey')
  const security = reader.choice('security', securities, 'none')
  const trust = parseTrust(reader)
  if (trust !== undefined && security === 'none')
    reader.problem(
      ['trust'],
      {
        zh: 'security: none 时不核对证书，trust 不起作用',
        en: 'with security: none no certificate is looked at, so trust does nothing',
      },
      { zh: '写 security: sign-and-encrypt，或删去 trust', en: 'write security: sign-and-encrypt, or remove trust' },
      'bad-value',
    )
  if ((certificate === undefined) !== (key === undefined) || (certificate !== undefined && username !== undefined))
    reader.problem(
      [key === undefined ? 'userKey' : certificate === undefined ? 'userCertificate' : 'username'],
      {
        zh: '证书登录要同时写 userCertificate 和 userKey，且不写 username',
        en: 'to log in by certificate, userCertificate and userKey belong together, without username',
      },
      { zh: '补上另一个，或删去', en: 'write the other one as well, or remove it' },
      'bad-value',
    )
  const connection: OpcuaConnection = {
    endpoint,
    security,
    policy: reader.choice('policy', policies, 'Basic256Sha256'),
    bridge: reader.duration('bridge', minutes(10), seconds(1)),
    ...(trust === undefined ? {} : { trust }),
    ...(certificate === undefined || key === undefined ? {} : { user: { certificate, key } }),
    publishEvery: reader.duration('publishEvery', seconds(1), millis(50)),
    ...(username === undefined ? {} : { username, password: password ?? '' }),
    ...(folder === undefined ? {} : { folder }),
  }
  reader.done()
  const points = bindings.map(binding => parsePoint(binding, problems))
  findTaken(points, problems)
  return { connection, points }
}

/** `any` must be written out; a fingerprint may be written with colons or without. */
function parseTrust(reader: SettingReader): string | undefined {
  const written = reader.text('trust')
  if (written === undefined || written === 'any') return written
  const fingerprint = plain(written)
  if (/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(fingerprint)) return fingerprint
  reader.problem(
    ['trust'],
    { zh: `${written.slice(0, 80)} 不是证书指纹`, en: `${written.slice(0, 80)} is no fingerprint of a certificate` },
    {
      zh: '写 SHA-256 指纹（64 位十六进制，加引号），或 any（不核对，不推荐）',
      en: 'write the SHA-256 fingerprint (64 hex digits, in quotes), or any (nothing is checked; not advised)',
    },
    'bad-value',
  )
  return undefined
}

const nodePattern =
  /^(ns=\d{1,5};)?(i=\d{1,10}|s=.+|g=[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|b=[A-Za-z0-9+/]+={0,2})$/

function parsePoint(binding: Binding, problems: PreparedProblem[]): OpcuaPoint {
  const reader = new SettingReader(binding.settings, { point: binding.point }, problems)
  const node = reader.requiredText('node', 'ns=1;s=Room.Temperature')
  if (node !== '' && !nodePattern.test(node)) {
    reader.problem(
      ['node'],
      { zh: `${node} 不是节点标识`, en: `${node} is not a node id` },
      { zh: '例如 ns=1;s=Room.Temperature 或 ns=2;i=1001', en: 'write for example ns=1;s=Room.Temperature or ns=2;i=1001' },
      'bad-value',
    )
  }
  const point = { point: binding.point, node, ...reader.scaling(binding) }
  reader.done()
  return point
}

function findTaken(points: readonly OpcuaPoint[], problems: PreparedProblem[]): void {
  for (const twins of Map.groupBy(points, ({ node }) => node).values()) {
    if (twins.length < 2 || twins[0]?.node === '') continue
    for (const { point, node } of twins) {
      const others = twins.filter(twin => twin.point !== point).map(twin => twin.point)
      problems.push({
        in: { point },
        path: ['node'],
        code: 'register-taken',
        wrong: { zh: `节点 ${node} 已被 ${others.join('、')} 占用`, en: `node ${node} is also bound to ${others.join(', ')}` },
        write: { zh: '给其中一个点写上它自己的节点', en: 'give one of them its own node' },
      })
    }
  }
}

const text = { type: 'string' }
export const opcuaSchema = {
  connection: {
    type: 'object',
    required: ['endpoint'],
    properties: {
      endpoint: text,
      security: { enum: securities, default: 'none' },
      policy: { enum: policies, default: 'Basic256Sha256' },
      trust: { ...text, description: "'3A:5F:…' · any" },
      userCertificate: text,
      userKey: text,
      bridge: { ...text, pattern: '^\\d+(\\.\\d+)?(ms|s|m|h|d)$', default: '10m' },
      username: text,
      password: text,
      publishEvery: { ...text, pattern: '^\\d+(\\.\\d+)?(ms|s|m|h|d)$', default: '1s' },
      folder: text,
    },
  },
  equipment: { type: 'object', properties: {} },
  point: {
    type: 'object',
    required: ['node'],
    properties: { node: text, scale: { type: 'number', default: 1 }, offset: { type: 'number', default: 0 }, unit: text },
  },
}
