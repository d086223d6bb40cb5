import type { Binding, PreparedProblem } from '../contract/driver.ts'
import type { PointId } from '../contract/reading.ts'
import type { Millis } from '../contract/time.ts'
import { millis, seconds } from '../contract/time.ts'
import type { Scaling } from '../kit/number.ts'
import { SettingReader } from '../kit/settings.ts'

export const securities = ['none', 'sign', 'sign-and-encrypt'] as const
export type Security = (typeof securities)[number]

export interface OpcuaPoint extends Scaling {
  readonly point: PointId
  /** As in OPC UA part 6: `ns=1;s=Room.Temperature`. */
  readonly node: string
}

export interface OpcuaConnection {
  readonly endpoint: string
  readonly security: Security
  readonly username?: string
  readonly password?: string
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
  const connection: OpcuaConnection = {
    endpoint,
    security: reader.choice('security', securities, 'none'),
    publishEvery: reader.duration('publishEvery', seconds(1), millis(50)),
    ...(username === undefined ? {} : { username, password: password ?? '' }),
    ...(folder === undefined ? {} : { folder }),
  }
  reader.done()
  const points = bindings.map(binding => parsePoint(binding, problems))
  findTaken(points, problems)
  return { connection, points }
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
