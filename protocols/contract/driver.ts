import type { Fault } from './fault.ts'
import type { PointId, Reading } from './reading.ts'
import type { Clock } from './time.ts'

/** What a driver may use of the gateway. It cannot see rules, alarms, storage or other drivers. */
export interface DriverHost {
  /** Readings and poll intervals live by this one. */
  readonly clock: Clock
  /** Socket deadlines and back-off live by this one: always real time. */
  readonly wall: Clock
  /** Where the driver may keep what it needs from one run to the next (certificates); made when it is used. Absent: nothing is kept. */
  readonly folder?: string
  /** Takes readings in the order given; the readings of one call arrived together. */
  publish(readings: readonly Reading[]): void
  /** What a broker is to say for the gateway when it vanishes (MQTT last will). */
  readonly farewell?: { readonly topic: `zhishou/${string}`; readonly payload: string }
  linkUp(): void
  /** Once per loss. The driver itself also publishes a bad reading for each of its points, so that rules and screens learn of it. */
  linkDown(fault: Fault): void
}

/** The running side of one connection. It can read and be stopped; there is no way to write to equipment. */
export interface Driver {
  start(): void
  /** Leaves no timer and no socket behind. */
  stop(): Promise<void>
  /** Reads every point once, outside the rhythm, with the bytes: what `zhishou poll` prints. */
  probe?(signal: AbortSignal): Promise<readonly Probe[]>
  /** A driver that sits on a message broker can also carry the gateway's own words, all below `zhishou/`. */
  readonly outbound?: Outbound
  /** What it refused or lost, for `/metrics`: name → count since the start. */
  counters?(): Readonly<Record<string, number>>
}
export interface Probe {
  readonly reading: Reading
  /** The bytes as they came, in hex, or the payload's text. */
  readonly raw: string
  readonly roundTripMs: number
}
/** Publishes what the gateway says of itself. The topic is always below `zhishou/`; device topics cannot be written. */
export interface Outbound {
  say(topic: `zhishou/${string}`, payload: string, options: { readonly retain: boolean }): void
}

/** A mistake in the settings of a connection or in a point's binding, told by where it is rather than thrown. */
export interface SettingProblem {
  /** Stable name of the mistake where it deserves one (`register-taken`); else it is told as `wrong-setting`. */
  readonly code?: string
  /** Keys and indexes from the value that was handed in. */
  readonly path: readonly (string | number)[]
  /** What is wrong and what to write instead, in the reader's language. */
  readonly wrong: Words
  readonly write: Words
}
/** The same sentence in both languages of the product. */
export interface Words {
  readonly zh: string
  readonly en: string
}

/** One point as a protocol sees it: the settings are the site file's, checked only by that protocol. */
export interface Binding {
  readonly point: PointId
  readonly equipment: string
  /** Keys of the equipment entry that the protocol declares as `equipmentKeys` (Modbus `unit`, an MQTT `device`). */
  readonly device: Readonly<Record<string, unknown>>
  readonly settings: Readonly<Record<string, unknown>>
  /** From the equipment type: values outside are a fault `out-of-range`, never a reading. */
  readonly plausible?: { readonly min: number; readonly max: number }
  /** Linear conversion into the point's own unit: `value × scale + offset`, applied after the protocol's own decoding. */
  readonly convert?: { readonly scale: number; readonly offset: number }
}

export type Prepared =
  { readonly ok: true; readonly driver: PreparedDriver } | { readonly ok: false; readonly problems: readonly PreparedProblem[] }
export type PreparedProblem = SettingProblem & { readonly in: 'connection' | { readonly point: PointId } }

export interface PreparedDriver {
  /** Loads what the driver will need, while there is nothing to talk to yet. */
  preload?(): Promise<unknown>
  open(host: DriverHost): Driver
  /** Plain facts for `zhishou plan`: one line per request. Absent where nothing is polled. */
  plan?(): readonly PlannedRead[]
}
export interface PlannedRead {
  readonly device: string
  readonly request: string
  readonly points: readonly PointId[]
  readonly bytes: number
}

/** One line in `protocols/registry.ts`. */
export interface Protocol {
  /** As written in the site file: `protocol: modbus-tcp`. */
  readonly kind: string
  /** JSON Schema of the connection's settings and of a point's binding, for the published site schema. */
  readonly schema: { readonly connection: object; readonly point: object; readonly equipment: object }
  /** Checks everything at once; two points on one register is found here. */
  prepare(name: string, settings: Readonly<Record<string, unknown>>, bindings: readonly Binding[]): Prepared
}
