import { parseYaml } from '../site/document.ts'
import type { Document } from '../site/document.ts'
import { readQuantities } from './import-evcc-registers.ts'
import { rendered } from './import-evcc-template.ts'
import { formatOf, LeftOuts, recordOf, recordsOf, textOf, wholeOf } from './import-shape.ts'
import type { Imported, ImportedConnection, ImportedDevice } from './import-shape.ts'

type Settings = Readonly<Record<string, unknown>>

/** mbmd's device types, as our models have the same maps. */
const modelOf: Readonly<Record<string, string>> = {
  sdm: 'eastron-sdm630',
  sdm120: 'eastron-sdm120',
  sdm220: 'eastron-sdm220',
  sdm230: 'eastron-sdm230',
  sdm54: 'eastron-sdm54',
  sdm72: 'eastron-sdm72',
  sdm72v2: 'eastron-sdm72-v2',
  abb: 'abb-b23',
  inepro: 'inepro-pro380',
  janitza: 'janitza-b23',
  iem3000: 'schneider-iem3000',
  orno1p: 'orno-we-514',
  orno1p504: 'orno-we-504',
  orno3p: 'orno-we-516',
  pac2200: 'siemens-pac2200',
  dtsu666: 'chint-dtsu666',
  finder7m24: 'finder-7m24',
  finder7m38: 'finder-7m38',
  cgem24: 'carlo-gavazzi-em24',
  cgex3x0: 'carlo-gavazzi-em340',
  ds100: 'bge-tech-ds100',
  ws100: 'bge-tech-ws100',
}

/** What a list of devices is read with. */
interface Reading {
  readonly document: Document
  readonly leftOut: LeftOuts
  readonly connections: ImportedConnection[]
}

/** Reads mbmd's configuration, evcc's `meters:`, or one of evcc's templates. Throws nothing. */
export function importMaps(text: string): Imported {
  const leftOut = new LeftOuts()
  // What looks like a variable of ours is theirs: it stays as it is written.
  const document = parseYaml('', text.replaceAll('${', '$${'), () => undefined)
  const broken = document.faults.find(({ code }) => code === 'yaml-syntax')
  const file = recordOf(document.value)
  const connections: ImportedConnection[] = []
  const devices: ImportedDevice[] = []
  if (broken) leftOut.add(broken.line, 'YAML', broken.wrong.zh, broken.wrong.en)
  else if (typeof file?.['render'] === 'string') devices.push(...readTemplate(file, { document, leftOut, connections }))
  else {
    const reading = { document, leftOut, connections }
    recordsOf(file?.['devices']).forEach((entry, index) => devices.push(...readMbmd(entry, file ?? {}, index, reading)))
    recordsOf(file?.['meters']).forEach((entry, index) => devices.push(...readMeter(entry, index, reading)))
    if (devices.length === 0 && leftOut.sorted().length === 0)
      leftOut.add(1, 'meters', '里面没有 meters、devices 或 render', 'there is neither meters, devices nor render in it')
  }
  return { connections, devices, leftOut: leftOut.sorted() }
}

/** `devices: [{ name, type, id, adapter }]` with `adapters`. */
function readMbmd(entry: Settings, file: Settings, index: number, reading: Reading): readonly ImportedDevice[] {
  const line = reading.document.place(['devices', index], 'value').line
  const name = textOf(entry['name']) ?? `device-${index + 1}`
  const adapter = textOf(entry['adapter']) ?? ''
  const known = recordsOf(file['adapters']).find(one => one['device'] === adapter) ?? {}
  return named(name, textOf(entry['type']) ?? '', line, { ...known, id: entry['id'], at: adapter }, reading)
}

/** A meter whose map the program knows by name. */
function named(name: string, type: string, line: number, reach: Settings, reading: Reading): readonly ImportedDevice[] {
  const model = Object.hasOwn(modelOf, type.toLowerCase()) ? modelOf[type.toLowerCase()] : undefined
  const unit = wholeOf(reach['id'], 255)
  if (model === undefined) reading.leftOut.add(line, name, `没有与“${type}”对应的型号`, `no model corresponds to "${type}"`)
  else if (unit === undefined) reading.leftOut.add(line, name, '没有写从站地址 id', 'it has no unit id')
  else return [{ name, connection: connect(reach, name, line, reading), device: { unit }, model, points: [], line }]
  return []
}

/** One of evcc's `meters`: by name (`type: mbmd`), or register by register (`type: custom`). */
function readMeter(entry: Settings, index: number, reading: Reading): readonly ImportedDevice[] {
  const line = reading.document.place(['meters', index], 'value').line
  const name = textOf(entry['name']) ?? `meter-${index + 1}`
  const type = textOf(entry['type']) ?? ''
  if (type === 'mbmd' || type === 'modbus') {
    const at = textOf(entry['uri']) ?? textOf(entry['device']) ?? ''
    return named(name, textOf(entry['model']) ?? '', line, { ...entry, at }, reading)
  }
  if (type !== 'custom') {
    reading.leftOut.add(line, name, `不读 type: ${type}`, `type: ${type} is not read here`)
    return []
  }
  const place = (path: readonly (string | number)[]) => reading.document.place(['meters', index, ...path], 'key').line
  const read = readQuantities(entry, name, place, reading.leftOut)
  return read.map(({ reach, points }, number) => ({
    name: number === 0 ? name : `${name} ${number + 1}`,
    connection: connect({ ...reach, at: textOf(reach['uri']) ?? textOf(reach['device']) ?? '' }, name, line, reading),
    device: { unit: wholeOf(reach['id'] ?? 1, 255) ?? 1 },
    points,
    line,
  }))
}

/** One template: its registers, and how it is set when it is new; where it is, the file cannot know. */
function readTemplate(file: Settings, { document, leftOut }: Reading): readonly ImportedDevice[] {
  const name = textOf(file['template']) ?? 'device'
  const from = document.place(['render'], 'value').line + 1
  const { text, unknown } = rendered(String(file['render']))
  const inner = parseYaml('', text, () => undefined)
  for (const { line, said } of unknown)
    leftOut.add(from + line - 1, name, `条件“${said}”没有展开`, `the condition "${said}" was not followed`)
  const broken = inner.faults.find(({ code }) => code === 'yaml-syntax')
  const body = recordOf(inner.value)
  if (broken || !body) {
    leftOut.add(from + (broken?.line ?? 1) - 1, name, 'render 展开后不是 YAML', 'what render becomes is no YAML')
    return []
  }
  if (body['type'] === 'mbmd') {
    const model = modelOf[String(body['model']).toLowerCase()]
    if (model !== undefined) return [{ name, connection: undefined, device: { unit: 1 }, model, points: [], line: from }]
    leftOut.add(from, name, `没有与“${String(body['model'])}”对应的型号`, `no model corresponds to "${String(body['model'])}"`)
    return []
  }
  const place = (path: readonly (string | number)[]) => from + inner.place(path, 'key').line - 1
  return readQuantities(body, name, place, leftOut).map(({ points }, number) => ({
    name: number === 0 ? name : `${name} ${number + 1}`,
    connection: undefined,
    device: { unit: 1 },
    points,
    line: from,
  }))
}

/** `192.168.0.7:502`, with `rtu: true` for frames over TCP, or a serial port with `baudrate` and `comset`. */
function connect(reach: Settings, name: string, line: number, { connections, leftOut }: Reading): string | undefined {
  const at = String(reach['at'])
  const [, host, port] = /^(?:tcp:\/\/)?([^/:\s]+):(\d{1,5})$/.exec(at) ?? []
  const rtu = reach['rtu'] === true || /^rs485serial$/.test(String(reach['modbus']))
  const format = /^(\d)([NEO])(\d)$/i.exec(comsetOf(reach['comset'])) ?? []
  const made =
    host !== undefined && wholeOf(port) !== undefined
      ? { protocol: 'modbus-tcp', settings: { host, port: Number(port), ...(rtu && { framing: 'rtu' }) } }
      : /^(\/\S+|COM\d+)$/i.test(at)
        ? {
            protocol: 'modbus-rtu',
            settings: {
              path: at,
              baud: wholeOf(reach['baudrate'], 921_600) ?? 9600,
              format: formatOf(format[1], format[2], format[3]) ?? '8N1',
            },
          }
        : undefined
  if (!made) {
    leftOut.add(
      line,
      `${name}: ${at}`,
      '看不懂它在哪里，用 --connection 指定',
      'where it is cannot be understood: name a connection with --connection',
    )
    return undefined
  }
  const known = connections.find(
    other => JSON.stringify([other.protocol, other.settings]) === JSON.stringify([made.protocol, made.settings]),
  )
  if (known) return known.id
  const connection = { ...made, id: `line-${connections.length + 1}` }
  connections.push(connection)
  return connection.id
}

/** `8E1` without quotes is the number 80 to YAML. */
const comsetOf = (written: unknown): string => (written === 80 ? '8E1' : written === 800 ? '8E2' : String(written ?? '8N1'))
