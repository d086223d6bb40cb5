import { parse, TomlError } from 'smol-toml'
import { fieldOf, isOrder, registersOf } from './import-telegraf-fields.ts'
import type { Table } from './import-telegraf-fields.ts'
import { durationOf, formatOf, LeftOuts, listOf, recordOf, recordsOf, textOf, wholeOf } from './import-shape.ts'
import type { Imported, ImportedConnection, ImportedDevice, ImportedPoint } from './import-shape.ts'

type Settings = Readonly<Record<string, unknown>>

/** Options that have nothing to do with how equipment is read, or that our planner finds out by itself. */
const immaterial = new Set([
  'name_override',
  'name_prefix',
  'name_suffix',
  'alias',
  'log_level',
  'exclude_register_type_tag',
  'debug_connection',
  'optimization',
  'optimization_max_register_fill',
  'interval_jitter',
  'collection_jitter',
  'precision',
  'configuration_type',
  'workarounds',
])
const handled = new Set([
  'name',
  'slave_id',
  'timeout',
  'controller',
  'baud_rate',
  'data_bits',
  'parity',
  'stop_bits',
  'transmission_mode',
  'interval',
  'discrete_inputs',
  'coils',
  'holding_registers',
  'input_registers',
  'request',
  'metric',
])

/** Reads the `inputs.modbus` of a Telegraf configuration: the old style and both newer ones. Throws nothing: a broken file is one line left out. */
export function importTelegraf(text: string): Imported {
  const leftOut = new LeftOuts()
  let file: Settings | undefined
  try {
    // Telegraf puts the environment in before it reads: a bare ${PORT} is no TOML.
    file = recordOf(parse(text.replace(/(=\s*)(\$\{\w+[^}]*\}|\$\w+)(?=\s*(#|$))/gm, '$1"$2"'), { integersAsBigInt: 'asNeeded' }))
  } catch (error) {
    const line = error instanceof TomlError ? error.line : 1
    const said = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error)
    leftOut.add(line, 'TOML', `不是正确的 TOML：${said}`, `not valid TOML: ${said}`)
    return { connections: [], devices: [], leftOut: leftOut.sorted() }
  }
  const plugins = recordsOf(recordOf(file?.['inputs'])?.['modbus'])
  const lines = new Lines(text)
  if (plugins.length === 0) leftOut.add(1, 'inputs.modbus', '里面没有 [[inputs.modbus]]', 'there is no [[inputs.modbus]] in it')
  const connections: ImportedConnection[] = []
  const devices = plugins.flatMap((plugin, index) => readPlugin(plugin, { index, lines, leftOut, connections }))
  return { connections, devices, leftOut: leftOut.sorted() }
}

interface Reading {
  readonly index: number
  readonly lines: Lines
  readonly leftOut: LeftOuts
  readonly connections: ImportedConnection[]
}

function readPlugin(plugin: Settings, reading: Reading): readonly ImportedDevice[] {
  const { index, lines, leftOut, connections } = reading
  const at = lines.plugin(index)
  const name = textOf(plugin['name']) ?? `device-${index + 1}`
  for (const key of Object.keys(plugin))
    if (!handled.has(key) && !immaterial.has(key))
      leftOut.add(lines.key(key, at), `${name}: ${key}`, '这个设置没有对应的', 'nothing corresponds to this option')
  const made = connectionOf(plugin, at, name, leftOut)
  const known =
    made &&
    connections.find(other => JSON.stringify([other.protocol, other.settings]) === JSON.stringify([made.protocol, made.settings]))
  const connection = known ?? (made && { ...made, id: `line-${connections.length + 1}` })
  if (connection && !known) connections.push(connection)
  const units = new Map<number, ImportedPoint[]>()
  const lowest = connection?.protocol === 'modbus-tcp' && connection.settings['framing'] === undefined ? 0 : 1
  for (const { unit, point } of [...oldStyle(plugin, reading, at, name), ...requests(plugin, reading, at, name)])
    if (unit < lowest)
      leftOut.add(point.line, `${name}: ${point.name}`, '串行线上没有从站 0', 'there is no unit 0 on a serial line')
    else units.set(unit, [...(units.get(unit) ?? []), point])
  return [...units].map(([unit, points]) => ({
    name: units.size > 1 ? `${name} ${unit}` : name,
    connection: connection?.id,
    device: { unit },
    points,
    line: at,
  }))
}

interface Taken {
  readonly unit: number
  readonly point: ImportedPoint
}

const oldTables = { discrete_inputs: 'discrete', coils: 'coil', holding_registers: 'holding', input_registers: 'input' } as const

/** `holding_registers = [{ name, byte_order, data_type, scale, address = [..] }]`: one unit for all of them. */
function oldStyle(plugin: Settings, { lines, leftOut }: Reading, at: number, device: string): readonly Taken[] {
  const unit = wholeOf(plugin['slave_id'] ?? 1, 255)
  return Object.entries(oldTables).flatMap(([key, table]) =>
    listOf(plugin[key]).flatMap((entry): Taken[] => {
      const field = recordOf(entry) ?? {}
      const name = textOf(field['name']) ?? '?'
      const line = lines.next(name, at)
      const registers = registersOf(field, table)
      if (unit === undefined) leftOut.add(line, `${device}: ${name}`, 'slave_id 不是从站地址', 'slave_id is no unit id')
      else if ('why' in registers) leftOut.add(line, `${device}: ${name}`, registers.why.zh, registers.why.en)
      else return [{ unit, point: { name, settings: registers.settings, line } }]
      return []
    }),
  )
}

/** `[[inputs.modbus.request]]` and `[[inputs.modbus.metric]]`: each with its own unit and byte order. */
function requests(plugin: Settings, { lines, leftOut }: Reading, at: number, device: string): readonly Taken[] {
  const blocks = [...recordsOf(plugin['request']), ...recordsOf(plugin['metric'])]
  return blocks.flatMap(block => {
    const unit = wholeOf(block['slave_id'] ?? plugin['slave_id'] ?? 1, 255)
    const order = textOf(block['byte_order']) ?? 'ABCD'
    return listOf(block['fields']).flatMap((entry): Taken[] => {
      const field = recordOf(entry) ?? {}
      const name = textOf(field['name']) ?? `address ${String(field['address'])}`
      const line = lines.next(textOf(field['name']), at)
      const table = textOf(field['register']) ?? textOf(block['register']) ?? 'holding'
      const leave = (zh: string, en: string): Taken[] => {
        leftOut.add(line, `${device}: ${name}`, zh, en)
        return []
      }
      if (unit === undefined) return leave('slave_id 不是从站地址', 'slave_id is no unit id')
      if (field['omit'] === true) return leave('原文件里写了 omit', 'it is omitted there, too')
      if (!isTable(table)) return leave(`没有 ${table} 这种寄存器`, `there is no register type ${table}`)
      if (!isOrder(order)) return leave(`没有 ${order} 这种字节次序`, `there is no byte order ${order}`)
      const answer = fieldOf(field, table, order)
      if ('why' in answer) return leave(answer.why.zh, answer.why.en)
      return [{ unit, point: { name, settings: answer.settings, line } }]
    })
  })
}

const isTable = (word: string): word is Table => ['coil', 'discrete', 'holding', 'input'].includes(word)

/** `tcp://host:502`, `file:///dev/ttyUSB0`, `COM1`. */
function connectionOf(plugin: Settings, at: number, name: string, leftOut: LeftOuts): ImportedConnection | undefined {
  const controller = textOf(plugin['controller']) ?? ''
  const mode = textOf(plugin['transmission_mode']) ?? 'auto'
  const timeout = durationOf(plugin['timeout'])
  const every = durationOf(plugin['interval'])
  const rhythm = { ...(every && { every }), ...(timeout && { timeout }) }
  const leave = (zh: string, en: string): undefined => void leftOut.add(at, `${name}: controller`, zh, en)
  if (/ascii/i.test(mode)) return leave('不支持 Modbus ASCII', 'Modbus ASCII is not spoken')
  const [, host, port] = /^tcp:\/\/(\[[^\]]+\]|[^:/]+):(\d+)/.exec(controller) ?? []
  if (host !== undefined && wholeOf(port) !== undefined) {
    const rtu = /^rtuovertcp$/i.test(mode)
    return {
      id: '',
      protocol: 'modbus-tcp',
      settings: { host: host.replace(/^\[|\]$/g, ''), port: Number(port), ...(rtu && { framing: 'rtu' }), ...rhythm },
    }
  }
  const path = /^(?:file:\/\/)?(\/[^?]+|COM\d+)$/i.exec(controller)?.[1]
  if (path === undefined) return leave(`看不懂地址“${controller}”`, `the address "${controller}" is not understood`)
  const format = formatOf(plugin['data_bits'] ?? 8, plugin['parity'] ?? 'N', plugin['stop_bits'] ?? 1)
  if (format === undefined) return leave('串口格式不对', 'no serial port can be set like that')
  return {
    id: '',
    protocol: 'modbus-rtu',
    settings: { path, baud: wholeOf(plugin['baud_rate'], 921_600) ?? 9600, format, ...rhythm },
  }
}

/** Where things stand in the text: the parser gives values only. Names are found in the order in which they are asked for. */
class Lines {
  readonly #lines: readonly string[]
  readonly #seen = new Map<string, number>()

  constructor(text: string) {
    this.#lines = text.split('\n').map(line => line.replace(/^\s*#.*$/, ''))
  }

  plugin(index: number): number {
    const found = this.#lines.flatMap((line, at) => (/^\s*\[\[\s*inputs\s*\.\s*modbus\s*\]\]/.test(line) ? [at + 1] : []))
    return found[index] ?? 1
  }

  key(key: string, from: number): number {
    const at = this.#lines.findIndex((line, index) => index + 1 >= from && line.trimStart().startsWith(key))
    return at < 0 ? from : at + 1
  }

  /** The next line from there that names this field. */
  next(name: string | undefined, from: number): number {
    if (name === undefined) return from
    const quoted = [`"${name}"`, `'${name}'`]
    const after = Math.max(from - 1, this.#seen.get(name) ?? 0)
    const at = this.#lines.findIndex((line, index) => index >= after && quoted.some(word => line.includes(word)))
    if (at < 0) return from
    this.#seen.set(name, at + 1)
    return at + 1
  }
}
