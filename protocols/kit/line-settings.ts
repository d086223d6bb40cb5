import type { SettingReader } from './settings.ts'

/** Every protocol of frames here needs all eight bits of a byte. */
export const formats = ['8N1', '8E1', '8O1', '8N2', '8E2', '8O2'] as const
/** Data bits, parity, stop bits. */
export type Format = (typeof formats)[number]

/** Where a line of frames is: a serial port of this machine, or a serial server (or the device itself) at an address. */
export type LineSettings =
  | { readonly via: 'serial'; readonly path: string; readonly baud: number; readonly format: Format }
  | { readonly via: 'tcp'; readonly host: string; readonly port: number }

export interface LineDefaults {
  readonly baud: number
  readonly format: Format
  /** Of the serial server. */
  readonly port: number
}

/** `path: /dev/ttyUSB0` with `baud` and `format`, or `host` with `port`; exactly one of the two. */
export function readLine(reader: SettingReader, defaults: LineDefaults): LineSettings {
  const path = reader.text('path')
  const host = reader.text('host')
  const baud = reader.integer('baud', defaults.baud, 300, 921_600)
  const format = reader.choice('format', formats, defaults.format)
  const port = reader.integer('port', defaults.port, 1, 65_535)
  if ((path === undefined) === (host === undefined)) {
    reader.problem(
      [path === undefined ? 'path' : 'host'],
      path === undefined
        ? { zh: '没有写接在哪里', en: 'it does not say where the line is' }
        : { zh: 'path 和 host 只能写一个', en: 'path and host exclude each other' },
      {
        zh: '本机串口写 path: /dev/ttyUSB0；串口服务器写 host: 192.168.1.30 和 port',
        en: 'write path: /dev/ttyUSB0 for a serial port of this machine, or host: 192.168.1.30 and port for a serial server',
      },
      path === undefined ? 'missing' : 'bad-value',
    )
  }
  return host === undefined ? { via: 'serial', path: path ?? '', baud, format } : { via: 'tcp', host, port }
}

/** The same for the published JSON Schema. */
export const lineProperties = ({ baud, format, port }: LineDefaults): Readonly<Record<string, object>> => ({
  path: { type: 'string', description: 'serial port, for example /dev/ttyUSB0 or COM3' },
  baud: { type: 'integer', minimum: 300, maximum: 921_600, default: baud },
  format: { enum: formats, default: format },
  host: { type: 'string' },
  port: { type: 'integer', minimum: 1, maximum: 65_535, default: port },
})
