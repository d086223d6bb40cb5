import type { Words } from '../../protocols/contract/driver.ts'
import type { PointId } from '../../protocols/contract/reading.ts'
import type { Binding, PreparedDriver } from '../../protocols/contract/driver.ts'
import type { Millis } from '../../protocols/contract/time.ts'
import type { Calendar } from '../policy/calendar.ts'
import type { Clause, Rule } from '../policy/rule.ts'
import type { Duty } from '../duty/duty.ts'
import type { PreparedChannel } from '../notify/channel.ts'
import type { OpcuaServerSettings } from '../outlets/opcua/settings.ts'
import type { RoundRoute } from '../rounds/route.ts'
import type { KeepingSettings } from './keeping.ts'
import type { Book } from './book.ts'

/** A facility as the gateway runs it: parsed, checked, with every default filled in. Plain data but for the prepared drivers. */
export interface Site {
  readonly id: string
  readonly name: Words
  /** IANA name; calendars and logs use it. */
  readonly timeZone: string
  readonly areas: readonly Area[]
  readonly equipment: readonly Equipment[]
  readonly points: readonly Point[]
  readonly connections: readonly Connection[]
  /** Every rule that runs here, in a stable order. */
  readonly rules: readonly Rule[]
  /** Every clause a rule of this site cites, by id. */
  readonly clauses: ReadonlyMap<string, Clause>
  /** The packs in force. */
  readonly policies: readonly {
    readonly id: string
    readonly version: string
    /** The day this version took effect, as the pack says it. */
    readonly effective?: string
    readonly name?: Words
  }[]
  /** Every clause on the shelf, with what watches it here or why nothing does. */
  readonly book: Book
  /** Working days, holidays, terms and named hours. */
  readonly calendar: Calendar
  readonly server: {
    readonly host: string
    readonly port: number
    /** Beginning of the links in messages; without one they have none. */
    readonly publicUrl?: string
  }
  /** People, rosters and who is told of what. */
  readonly duty: Duty
  /** Ways to reach them, in the order they are tried. */
  readonly channels: readonly PreparedChannel[]
  readonly rounds: readonly RoundRoute[]
  /** What a SCADA may read over OPC UA; absent: nothing listens. */
  readonly opcuaServer?: OpcuaServerSettings
  /** How the records are kept. */
  readonly keeping: KeepingSettings
  /** SHA-256 of the files it was read from; in the journal with every start. */
  readonly digest: string
}

export interface Area {
  readonly id: string
  readonly name: Words
}

export interface Equipment {
  readonly id: string
  readonly name: Words
  readonly area: string
  readonly type: string
  readonly typeName: Words
  /** One of a small set drawn by the dashboard: `fridge`, `freezer`, `steriliser`, `tank`, `rack`, `gas-meter`, `gas-alarm`, `hydrant`, `extinguisher`, `gate`, `light`, `sensor`. */
  readonly icon: string
  readonly connection: string
  readonly points: readonly PointId[]
  /** The point whose band is drawn on the tile. */
  readonly mainPoint: PointId
  readonly clauses: readonly string[]
  /** Free facts of the entry (`holds: cooked`, serial, calibration due), shown on the page. */
  readonly facts: Readonly<Record<string, string | number | boolean>>
  /** Those that the entry says in both languages; `facts` has their English, which is what is compared and written down. */
  readonly factWords?: Readonly<Record<string, Words>>
  /** The settings below the equipment entry that belong to its protocol (`unit: 3`). */
  readonly device: Readonly<Record<string, unknown>>
}

export type PointKind = 'measurement' | 'contact' | 'state' | 'counter'

export interface Point {
  readonly id: PointId
  /** The last part of the id, as in the equipment type. */
  readonly key: string
  readonly name: Words
  readonly equipment: string
  readonly kind: PointKind
  /** Symbol as printed, `°C`; empty for contacts and states. */
  readonly unit: string
  /** Fixed, so that numbers do not jitter. */
  readonly decimals: number
  /** The scale that is drawn, wider than the limits. */
  readonly range: { readonly min: number; readonly max: number }
  /** What no such sensor can give is a fault `out-of-range`, never a reading. */
  readonly plausible?: { readonly min: number; readonly max: number }
  /** What the codes of a contact or state are called. */
  readonly labels: ReadonlyMap<number, Words>
  /** What the rules of this point allow: drawn as the band, and judged for the record. */
  readonly limits: { readonly min?: number; readonly max?: number }
  /** Silent for longer than this: stale. */
  readonly staleAfter: Millis
  /** Readings are put in order for so long before they are judged; 0 judges each as it comes. */
  readonly lateness: Millis
  readonly connection: string
  /** The point's own settings from the site file, as written. */
  readonly binding: Readonly<Record<string, unknown>>
}

export interface Connection {
  readonly id: string
  readonly protocol: string
  /** As written, after `${ENV}` substitution. */
  readonly settings: Readonly<Record<string, unknown>>
  readonly driver: PreparedDriver
  readonly points: readonly PointId[]
  /** What the driver was prepared with, point by point: it is kept running over a change of the site that leaves this as it is. */
  readonly bindings: readonly Binding[]
}

/** One thing that is wrong with a site file. `check` lists all of them at once. */
export interface Problem {
  readonly severity: 'error' | 'warning' | 'note'
  /** Stable, for tests and search: `unknown-unit`, `limit-inverted`, `register-taken`, `point-unwatched` … */
  readonly code: string
  readonly file: string
  /** Both from 1. */
  readonly line: number
  readonly column: number
  /** `areas.canteen.equipment.cold-1.points.temperature.register` */
  readonly path: string
  readonly wrong: Words
  readonly write: Words
}
