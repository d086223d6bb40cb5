import type { Fault } from './fault.ts'
import type { Inlet } from './inlet.ts'
import type { PointId, Reading, ReadingColumns } from './reading.ts'
import type { Clock, Instant, Millis, Zone } from './time.ts'

/** What a driver may use of the gateway. It cannot see rules, alarms, storage or other drivers. */
export interface DriverHost {
  /** Readings and poll intervals live by this one. */
  readonly clock: Clock
  /** Socket deadlines and back-off live by this one: always real time. */
  readonly wall: Clock
  /** The site's time of day. Absent: China's. */
  readonly zone?: Zone
  /** Where the driver may keep what it needs from one run to the next (certificates); made when it is used. Absent: nothing is kept. */
  readonly folder?: string
  /** Takes readings in the order given; the readings of one call arrived together. */
  publish(readings: readonly Reading[]): void
  /** The same for many, as columns. Absent: they are wanted one by one. */
  publishColumns?(columns: ReadingColumns): void
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
  /**
   * Reads every point once, outside the rhythm, with the bytes: what `zhishou poll` prints. With `bindings`, reads those instead, over
   * the line that is open where there is one (a serial port has only one owner); the protocol has prepared them before without a problem.
   */
  probe?(signal: AbortSignal, bindings?: readonly Binding[]): Promise<readonly Probe[]>
  /**
   * Looks for equipment on this connection: units, meters, nodes, topics. Only ever reads. Over the open line where there is one, fairly
   * beside its sweeps; else it calls by itself and hangs up. Ends by itself or when `signal` aborts.
   */
  scan?(ask: ScanAsk, signal: AbortSignal): AsyncIterable<ScanStep>
  /** How the line does: the polling doctor. Cheap; asked every few seconds by whoever looks. */
  report?(): LineReport
  /** A driver that sits on a message broker can also carry the gateway's own words, all below `zhishou/`. */
  readonly outbound?: Outbound
  /** Equipment that calls nobody and is not called sends its readings to the gateway's own address; they are taken here. */
  readonly inlet?: Inlet
  /** What it refused or lost, for `/metrics`: name → count since the start. */
  counters?(): Readonly<Record<string, number>>
}
export interface Probe {
  readonly reading: Reading
  /** The bytes as they came, in hex, or the payload's text. */
  readonly raw: string
  readonly roundTripMs: number
}
/** Where to look. What a protocol does not know it ignores. */
export interface ScanAsk {
  /** Unit ids, meter numbers, device instances: ends included. */
  readonly from?: number
  readonly to?: number
  /** Where to begin: a node id (`ns=2;s=Plant`), a topic filter (`devices/#`), an OID. */
  readonly at?: string
  /** How long to listen where equipment speaks by itself. */
  readonly listen?: Millis
  /** No more finds than this. */
  readonly most: number
  /** What might stand there, the likeliest first: tried on each find, as far as the protocol can; `Found.models` names those that fit. */
  readonly templates?: readonly Template[]
}
/** How a model would be read; the `device` of what is found is laid over that of its bindings. */
export interface Template {
  readonly model: string
  readonly bindings: readonly Binding[]
}
export type ScanStep =
  | { readonly step: 'asked'; readonly done: number; readonly of: number }
  | { readonly step: 'found'; readonly found: Found }
  /** The line itself is at fault; the scan ends. */
  | { readonly step: 'trouble'; readonly fault: Fault }
/** One piece of equipment that answered or was heard. */
export interface Found {
  /** What the equipment entry of the site file will hold: `{ unit: 3 }`, `{ address: '000000012345' }`, `{ device: 'tank-1' }`. */
  readonly device: Readonly<Record<string, unknown>>
  /** What it calls itself, or how it is addressed. */
  readonly name: string
  /** Models whose template fits what was heard, the likeliest first (`protocols/library/models`). */
  readonly models?: readonly string[]
  readonly points: readonly FoundPoint[]
  /** What was seen, in a sentence: an exception is an answer too. */
  readonly note?: Words
}
export interface FoundPoint {
  /** As a point's binding would be written. */
  readonly settings: Readonly<Record<string, unknown>>
  readonly name: string
  readonly value?: number | string
  readonly unit?: string
  /** The bytes in hex, or the payload's text. */
  readonly raw?: string
}

/** How one line does. Times and lengths are of the wall clock. */
export interface LineReport {
  readonly since: Instant
  /** Share of the time in which the line carried something or waited for an answer, 0 to 1, over the last minutes. */
  readonly busy: number
  readonly sweeps?: { readonly every: Millis; readonly last?: Millis; readonly done: number; readonly missed: number }
  readonly devices: readonly DeviceReport[]
  /** The last ones, the oldest first; at most 64. */
  readonly frames: readonly Frame[]
}
export interface DeviceReport {
  /** As in `PlannedRead.device`: `unit 3`. */
  readonly device: string
  readonly asked: number
  readonly answered: number
  readonly timeouts: number
  readonly garbled: number
  /** By name: `exception 2 (illegal address)` → how often. */
  readonly refusals: Readonly<Record<string, number>>
  readonly roundTrip?: { readonly median: Millis; readonly worst: Millis }
  /** It is left alone until then. */
  readonly silent?: { readonly since: Instant; readonly until: Instant; readonly why: Fault }
  /** The reads as they are now, with what was learned. */
  readonly reads: readonly PlannedRead[]
  /** What experience has taught: an address that is refused, a span that is read apart. */
  readonly learned: readonly Words[]
  /** What it looks like and what to try: wrong wiring, wrong speed, wrong order. */
  readonly advice: readonly Words[]
}
export interface Frame {
  readonly at: Instant
  readonly device: string
  readonly way: 'sent' | 'heard'
  readonly hex: string
  /** What was made of it, where it is not plain: `checksum wrong`, `late`. */
  readonly note?: string
}

/**
 * Publishes what the gateway says of itself. What the site file does not name as the gateway's own place cannot be written: topics below
 * `zhishou/`, and, where the connection asks for them, announcements to Home Assistant and the gateway's own Sparkplug edge node.
 */
export interface Outbound {
  say(topic: `zhishou/${string}`, payload: string, options: { readonly retain: boolean }): void
  /** Who the gateway is, for those who want more than topics; before the first `tell`, and again whenever the site changed. */
  present?(site: OwnSite): void
  /** The site's readings as they come, whatever connection they came over. */
  tell?(readings: readonly Reading[]): void
}
/** The site as others may see it. */
export interface OwnSite {
  readonly id: string
  readonly name: Words
  readonly points: readonly OwnPoint[]
}
export interface OwnPoint {
  readonly point: PointId
  /** The last part of its id, and the name of the equipment that the first part stands for. */
  readonly key: string
  readonly equipment: { readonly id: string; readonly name: Words; readonly typeName: Words }
  readonly name: Words
  readonly kind: 'measurement' | 'contact' | 'state' | 'counter'
  /** Symbol as printed, `°C`; empty for contacts and states. */
  readonly unit: string
  readonly decimals: number
  /** What the codes of a contact or state are called. */
  readonly labels: ReadonlyMap<number, Words>
  /** Silent for longer than this: stale. */
  readonly stale: Millis
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
  /** What the value is taken to be in when it comes, before `convert`; `said`: the site file says so at the point itself. */
  readonly unit?: { readonly symbol: string; readonly said: boolean }
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
