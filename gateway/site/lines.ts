import { posix } from 'node:path'
import type { Words } from '../../protocols/contract/driver.ts'
import type { Installed, Line } from './equipment.ts'
import type { Model } from './models.ts'
import { below } from './reader.ts'
import type { Item, Report } from './report.ts'
import { propertiesOf } from './settings.ts'

/** The setting as written, else as the protocol has it when nothing is written; undefined where it knows no such thing. */
function settingOf({ settings, protocol }: Line, key: string): unknown {
  const property = (propertiesOf(protocol.schema.connection) as Readonly<Record<string, object>> | undefined)?.[key]
  if (property === undefined) return undefined
  const written = settings[key] ?? ('default' in property ? property.default : undefined)
  // YAML takes 8E1 for the number 80.
  const choices = 'enum' in property && Array.isArray(property.enum) ? property.enum : []
  return typeof written === 'number' ? (choices.find(choice => Number(choice) === written) ?? written) : written
}

/** The serial port of this machine that a connection is on. */
function portOf(line: Line): Item | undefined {
  const path = below(line.item, 'path')
  return path && typeof path.value === 'string' && settingOf(line, 'baud') !== undefined ? path : undefined
}

/** A serial port has one owner: a second connection would find it taken, or hear the answers of the first. */
export function checkPorts(report: Report, lines: readonly Line[]): void {
  const ports = lines.flatMap(line => {
    const item = portOf(line)
    return item ? [{ line, item }] : []
  })
  for (const [port, sharers] of Map.groupBy(ports, ({ item }) => namedPort(String(item.value)))) {
    if (sharers.length < 2) continue
    for (const { line, item } of sharers) {
      const others = sharers.filter(other => other.line !== line)
      const alike = others.every(other => other.line.protocol === line.protocol)
      const places = others.map(other => placeFrom(item, other.item))
      report.error(item, {
        code: 'port-taken',
        wrong: {
          zh: `串口 ${port} 也写在连接 ${others.map((other, at) => `\`${other.line.id}\`（${places[at]?.zh}）`).join('、')}`,
          en: `the serial port ${port} is also that of ${others.map((other, at) => `\`${other.line.id}\` (${places[at]?.en})`).join(', ')}`,
        },
        write: alike
          ? {
              zh: '一个串口只写一个连接，几台设备都写这个 `connection`，用从站地址区分',
              en: 'write one connection for one port and name it as `connection` of all its equipment; their addresses tell them apart',
            }
          : {
              zh: '一个串口只能说一种协议：给其中一个换一个串口，或都经串口服务器（host 和 port，网关会轮流提问）',
              en: 'a serial port speaks one protocol: give one of them another port, or reach both over a serial server (host and port: the gateway lets them take turns)',
            },
      })
    }
  }
}

/** `/dev//ttyUSB0` is `/dev/ttyUSB0`, and Windows does not tell com3 from COM3. */
const namedPort = (path: string): string => (/^(\\\\\.\\)?com\d+$/i.test(path) ? path.toUpperCase() : posix.normalize(path))

function placeFrom(here: Item, there: Item): Words {
  const { line } = there.document.place(there.path, 'value')
  const { file } = there.document
  return file === here.document.file
    ? { zh: `第 ${line} 行`, en: `line ${line}` }
    : { zh: `${file}:${line}`, en: `${file}:${line}` }
}

/** What a model says of its own plug, against the connection its equipment is on: the wrong kind of line is a mistake, another speed worth a word. */
export function checkLinks(report: Report, installed: readonly Installed[], lines: readonly Line[]): void {
  const spoken = new Set<string>()
  for (const { equipment, named } of installed) {
    const line = lines.find(({ id }) => id === equipment.connection)
    if (!named || !line) continue
    const { item, model } = named
    const { link } = model
    if (model.protocol === 'modbus' && link.port !== undefined && link.baud === undefined) {
      if (portOf(line)) report.error(item, onlyNetwork(model, line))
      else if (settingOf(line, 'framing') !== 'tcp') report.warn(item, ownFraming(model, line))
      continue
    }
    const key = `${model.id} ${line.id}`
    if (!portOf(line) || spoken.has(key)) continue
    const speed = { baud: settingOf(line, 'baud'), format: settingOf(line, 'format') }
    const ways = [link, ...link.seen.map(seen => ({ ...link, ...seen }))]
    const fits = ways.some(
      way => (way.baud === undefined || way.baud === speed.baud) && (way.format === undefined || way.format === speed.format),
    )
    if (fits) continue
    spoken.add(key)
    report.note(item, otherSpeed(model, line, `${String(speed.baud)} ${String(speed.format)}`))
  }
}

const onlyNetwork = (model: Model, { id }: Line) => ({
  code: 'model-of-another-line',
  wrong: {
    zh: `${model.name.zh}只有网口（端口 ${model.link.port}），而 \`${id}\` 是本机串口`,
    en: `${model.name.en} has a network port only (${model.link.port}), and \`${id}\` is a serial port of this machine`,
  },
  write: {
    zh: `在 connections 下加一个 \`protocol: modbus-tcp\`、\`host: …\` 的连接，设备写它的 \`connection\``,
    en: 'add a connection with `protocol: modbus-tcp` and `host: …`, and name it as `connection` of the equipment',
  },
})

const ownFraming = (model: Model, { id }: Line) => ({
  code: 'model-of-another-line',
  wrong: {
    zh: `${model.name.zh}说 Modbus TCP，而 \`${id}\` 发的是串口帧`,
    en: `${model.name.en} speaks Modbus TCP, and \`${id}\` sends serial frames`,
  },
  write: {
    zh: '写 `protocol: modbus-tcp`，并去掉 `framing: rtu`',
    en: 'write `protocol: modbus-tcp`, without `framing: rtu`',
  },
})

function otherSpeed(model: Model, { id }: Line, speed: string) {
  const { baud, format } = model.link
  const own = [baud, format].filter(part => part !== undefined).join(' ')
  return {
    code: 'line-unlike-model',
    wrong: {
      zh: `${model.name.zh}出厂是 ${own}，而 \`${id}\` 是 ${speed}`,
      en: `${model.name.en} comes with ${own}, and \`${id}\` is ${speed}`,
    },
    write: {
      zh: '读不到时把设备设成这条线的速率；整条线都是这种设备，就改连接的 `baud` 和 `format`',
      en: 'if it does not answer set the device to the speed of this line, or, where all of them are alike, `baud` and `format` of the connection',
    },
  }
}
