import { parseArgs } from 'node:util'
import type { Protocol, ScanAsk } from '../../protocols/contract/driver.ts'
import { parseDuration } from '../../protocols/contract/duration.ts'
import { propertiesOf } from '../site/settings.ts'

export const scanHelp = `zhishou scan SITE --connection ID [--from N] [--to N] [--at WHERE] [--listen 30s] [--most N] [--json]
zhishou scan --protocol modbus-tcp --host 192.168.1.20 [--port 502] [--set KEY=VALUE …] [the same]

Looks for equipment on a connection of the site file, or on one that is described here: Modbus units, meters, OPC UA
nodes, MQTT topics. Only reads. Progress goes to stderr; stdout has drafts of site-file entries that \`zhishou check\` takes.
在现场文件的某个连接上、或在这里写明的连接上寻找设备:Modbus 站号、仪表、OPC UA 节点、MQTT 主题。只读，不写任何设备。
进度写到 stderr;stdout 是可通过 check 的现场文件草稿。

  --from --to     unit ids, meter numbers, device instances        站号、表号、设备实例的起止
  --at            where to begin: a node id, a topic, an OID       从哪里开始
  --listen        how long to listen where equipment speaks itself 听多久
  --most          no more finds than this (default 100)            最多找多少个
  --set           any setting of the connection, as in the site file 连接的任何设置

Exit 0 something was found, 1 nothing or trouble, 2 wrong usage.`

type Settings = Readonly<Record<string, unknown>>

export interface ScanArgs {
  readonly on:
    { readonly site: string; readonly connection: string } | { readonly protocol: Protocol; readonly settings: Settings }
  readonly ask: ScanAsk
  readonly json: boolean
}
export type ScanUsage = ScanArgs | 'help' | { readonly wrong: string }

/** Settings that deserve an option of their own. */
const shortcuts = ['host', 'port', 'path', 'baud', 'format', 'url', 'endpoint', 'timeout'] as const

/** What was asked for, or what is wrong with it, in a sentence. */
export function readScanArgs(args: readonly string[], protocols: readonly Protocol[], zh: boolean): ScanUsage {
  const say = (chinese: string, english: string): { readonly wrong: string } => ({ wrong: zh ? chinese : english })
  let parsed
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        connection: { type: 'string' },
        protocol: { type: 'string' },
        set: { type: 'string', multiple: true },
        from: { type: 'string' },
        to: { type: 'string' },
        at: { type: 'string' },
        listen: { type: 'string' },
        most: { type: 'string' },
        json: { type: 'boolean', default: false },
        lang: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
        ...(Object.fromEntries(shortcuts.map(name => [name, { type: 'string' }])) as Record<
          (typeof shortcuts)[number],
          { readonly type: 'string' }
        >),
      },
    })
  } catch (error) {
    return { wrong: error instanceof Error ? error.message : String(error) }
  }
  const { values, positionals } = parsed
  if (values.help) return 'help'
  const numbers: Record<'from' | 'to' | 'most', number | undefined> = { from: undefined, to: undefined, most: undefined }
  for (const name of ['from', 'to', 'most'] as const) {
    const text = values[name]
    if (text === undefined) continue
    if (!/^\d{1,15}$/.test(text)) return say(`--${name} 要写整数，不是“${text}”`, `--${name} wants a whole number, not "${text}"`)
    numbers[name] = Number(text)
  }
  const { from, to, most = 100 } = numbers
  if (from !== undefined && to !== undefined && from > to) return say('--from 比 --to 大', '--from is greater than --to')
  if (most < 1 || most > 10_000) return say('--most 是 1 到 10000', '--most is 1 to 10000')
  const listen = values.listen === undefined ? undefined : parseDuration(values.listen)
  if (values.listen !== undefined && (listen === undefined || listen === 0))
    return say(
      `--listen 要写时长，例如 30s，不是“${values.listen}”`,
      `--listen wants a duration such as 30s, not "${values.listen}"`,
    )
  const ask: ScanAsk = {
    most,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(values.at === undefined ? {} : { at: values.at }),
    ...(listen === undefined ? {} : { listen }),
  }
  const written = shortcuts.flatMap(name => (values[name] === undefined ? [] : [`${name}=${values[name]}`]))
  const assignments = [...written, ...(values.set ?? [])]
  if (values.protocol === undefined) {
    const [site] = positionals
    if (site === undefined || positionals.length !== 1 || values.connection === undefined)
      return say('要写现场文件和 --connection，或写 --protocol', 'name a site file and --connection, or give --protocol')
    if (assignments.length > 0)
      return say(
        '连接的设置在现场文件里；--set 用于 --protocol',
        'the site file has the settings of its connections; --set goes with --protocol',
      )
    return { on: { site, connection: values.connection }, ask, json: values.json }
  }
  if (values.connection !== undefined || positionals.length > 0)
    return say('--protocol 与现场文件只写一样', 'give either --protocol or a site file, not both')
  const protocol = protocols.find(({ kind }) => kind === values.protocol)
  const known = protocols.map(({ kind }) => kind).join(', ')
  if (!protocol)
    return say(`没有“${values.protocol}”这种协议；可用：${known}`, `there is no protocol "${values.protocol}"; known: ${known}`)
  const settings: Record<string, unknown> = {}
  for (const assignment of assignments) {
    const [, name, text] = /^([A-Za-z][\w-]*)=(.*)$/s.exec(assignment) ?? []
    if (name === undefined || text === undefined)
      return say(`--set 要写 键=值，不是“${assignment}”`, `--set wants KEY=VALUE, not "${assignment}"`)
    settings[name] = valueOf(text, propertiesOf(protocol.schema.connection)?.[name])
  }
  return { on: { protocol, settings }, ask, json: values.json }
}

/** Text as the schema of its setting wants it; what does not fit stays text, and the protocol says what is wrong with it. */
export function valueOf(text: string, schema: unknown): unknown {
  const type: unknown = typeof schema === 'object' && schema !== null && 'type' in schema ? schema.type : undefined
  if ((type === 'integer' || type === 'number') && /^-?\d+(\.\d+)?$/.test(text)) return Number(text)
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  if (type !== 'object' && type !== 'array') return text
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}
