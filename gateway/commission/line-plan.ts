import type { PlannedRead, Protocol } from '../../protocols/contract/driver.ts'
import { parseDuration } from '../../protocols/contract/duration.ts'
import { propertiesOf } from '../site/settings.ts'
import type { Connection } from '../site/site.ts'

/** The reads of one connection and what they add up to. */
export interface LinePlan {
  readonly connection: string
  readonly protocol: string
  readonly requests: readonly PlannedRead[]
  readonly points: number
  readonly pointsPerRequest: number
  readonly bytesPerSweep: number
  /** Seconds from sweep to sweep; undefined where the protocol has no such setting. */
  readonly everySeconds?: number
  readonly bytesPerSecond?: number
  /** Absent where no serial line can lie behind the connection. */
  readonly serial?: SerialPlan
}
export interface SerialPlan {
  readonly baud: number
  /** `8N1`: start, data, parity and stop bits make the length of a byte. */
  readonly format: string
  /** Written in the site file; else the commonest, in case a serial line lies behind the connection. */
  readonly known: boolean
  /** Bytes, the rest between frames and the pauses that are set; the device's own thinking time comes on top. */
  readonly secondsPerSweep: number
  readonly pauseSeconds: number
  readonly busLoad?: number
  /** What a sweep takes when one device is silent: its timeout, tried again as often as is set. It is then left alone for longer and longer. */
  readonly secondsWithOneSilent?: number
}

/** Undefined where nothing is polled: the equipment speaks by itself. */
export function planLine(
  { id, protocol: kind, settings, driver }: Pick<Connection, 'id' | 'protocol' | 'settings' | 'driver'>,
  protocols: readonly Protocol[],
): LinePlan | undefined {
  const requests = driver.plan?.()
  if (!requests) return undefined
  const schema = protocols.find(protocol => protocol.kind === kind)?.schema.connection
  const read = settingReader(settings, schema)
  const bytesPerSweep = sum(requests.map(request => request.bytes))
  const points = sum(requests.map(request => request.points.length))
  const every = read.seconds('every')
  const everySeconds = every === undefined || every === 0 ? undefined : every
  return {
    connection: id,
    protocol: kind,
    requests,
    points,
    pointsPerRequest: requests.length === 0 ? 0 : points / requests.length,
    bytesPerSweep,
    ...(everySeconds !== undefined && { everySeconds, bytesPerSecond: bytesPerSweep / everySeconds }),
    ...(mayBeSerial(kind, schema) && { serial: serialPlan(bytesPerSweep, requests.length, everySeconds, read) }),
  }
}

/** A line with a speed, or Modbus TCP, which often ends in a serial server. SNMP, BACnet/IP and the like never touch one. */
const mayBeSerial = (kind: string, schema: object | undefined): boolean =>
  kind === 'modbus-tcp' || Object.hasOwn(propertiesOf(schema) ?? {}, 'baud')

function serialPlan(bytes: number, requests: number, every: number | undefined, read: SettingsRead): SerialPlan {
  const written = read.number('baud')
  const baud = written ?? 9_600
  // Eleven bits a byte is what the standard wants, and the careful guess where nobody has said it.
  const format = read.text('format') ?? (written === undefined ? '8E1' : '8N1')
  const bits = bitsOf(format)
  const pause = read.seconds('pause') ?? 0
  // Modbus over serial line V1.02, 2.5.1.1: frames are 3.5 characters apart, above 19200 baud 1.75 ms.
  const rest = baud > 19_200 ? 0.001_75 : (3.5 * bits) / baud
  const pauseSeconds = requests * pause
  const secondsPerSweep = (bytes * bits) / baud + requests * 2 * rest + pauseSeconds
  const timeout = read.seconds('timeout')
  const tries = 1 + (read.number('retries') ?? 0)
  return {
    baud,
    format,
    known: written !== undefined,
    secondsPerSweep,
    pauseSeconds,
    ...(every !== undefined && { busLoad: secondsPerSweep / every }),
    ...(timeout !== undefined && { secondsWithOneSilent: secondsPerSweep + timeout * tries }),
  }
}

/** Start bit, data bits, parity where there is one, stop bits. */
export function bitsOf(format: string): number {
  const [, data = '8', parity = 'N', stop = '1'] = /^([78])([NEO])([12])$/.exec(format) ?? []
  return 1 + Number(data) + (parity === 'N' ? 0 : 1) + Number(stop)
}

type SettingsRead = ReturnType<typeof settingReader>

/** As written, else the default that the protocol publishes. */
function settingReader(settings: Readonly<Record<string, unknown>>, schema: object | undefined) {
  const properties = propertiesOf(schema) ?? {}
  const value = (key: string): unknown => {
    const property = properties[key]
    const fallback: unknown =
      typeof property === 'object' && property !== null && 'default' in property ? property.default : undefined
    return settings[key] ?? fallback
  }
  return {
    text(key: string): string | undefined {
      const found = value(key)
      if (typeof found !== 'number') return typeof found === 'string' ? found : undefined
      // YAML reads 8E1 as the number 80.
      const property = properties[key]
      const choices: unknown = typeof property === 'object' && property !== null && 'enum' in property ? property.enum : undefined
      return Array.isArray(choices) ? choices.map(String).find(choice => Number(choice) === found) : undefined
    },
    number(key: string): number | undefined {
      const found = value(key)
      return typeof found === 'number' ? found : undefined
    },
    seconds(key: string): number | undefined {
      const length = parseDuration(value(key))
      return length === undefined ? undefined : length / 1_000
    },
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)
