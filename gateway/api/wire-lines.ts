/** What the pages of the connections and the wizard that connects equipment hear. Times are ISO 8601 with offset. */
import type { Said } from './wire.ts'

type Settings = Readonly<Record<string, unknown>>

export interface WireFault {
  readonly code: string
  readonly detail: string
  /** What to look at, in the order in which it mostly helps. */
  readonly tryThis: Said
}

/** One of `GET /api/v1/connections`. */
export interface WireConnection {
  readonly id: string
  readonly protocol: string
  /** Where it leads, without any secret: `192.168.1.20:502`, `/dev/ttyUSB0 9600 8N1`. */
  readonly address: string
  /** `null`: nothing has been heard of it yet. */
  readonly up: boolean | null
  readonly since: string | null
  readonly fault: WireFault | null
  readonly points: number
  readonly equipment: readonly string[]
  /** Points whose last word is bad. */
  readonly bad: number
  /** 0 to 1 over the last minutes; `null` where the line does not say. */
  readonly busy: number | null
  readonly sweeps: WireSweeps | null
  /** Devices that are left alone at the moment. */
  readonly silent: readonly string[]
  /** Whether it can be asked for equipment, and for a look at single points. */
  readonly polled: boolean
}
export interface WireSweeps {
  /** ms */
  readonly every: number
  readonly last: number | null
  readonly done: number
  readonly missed: number
}

/** `GET /api/v1/connections/:id`: the polling doctor. */
export interface WireLine extends WireConnection {
  readonly report: WireLineReport | null
  readonly plan: WireLinePlan | null
  readonly values: readonly WireLineValue[]
}
export interface WireLineReport {
  readonly since: string
  readonly devices: readonly WireDevice[]
  readonly frames: readonly WireFrame[]
}
export interface WireDevice {
  readonly device: string
  readonly asked: number
  readonly answered: number
  readonly timeouts: number
  readonly garbled: number
  readonly refusals: readonly { readonly what: string; readonly count: number }[]
  /** ms */
  readonly roundTrip: { readonly median: number; readonly worst: number } | null
  /** Left alone: asked again in so many ms. */
  readonly silent: { readonly since: string; readonly againIn: number; readonly why: WireFault } | null
  readonly reads: readonly { readonly request: string; readonly points: readonly string[]; readonly bytes: number }[]
  readonly learned: readonly Said[]
  readonly advice: readonly Said[]
}
export interface WireFrame {
  readonly at: string
  readonly device: string
  readonly way: 'sent' | 'heard'
  readonly hex: string
  readonly note: string | null
}
export interface WireLinePlan {
  readonly requests: number
  readonly bytesPerSweep: number
  readonly everySeconds: number | null
  /** Null where no serial line can lie behind the connection. */
  readonly serial: WireSerialPlan | null
}
export interface WireSerialPlan {
  readonly baud: number
  readonly format: string
  /** False: the line is no serial port here, the figures are for 9600 baud behind a serial server. */
  readonly known: boolean
  readonly secondsPerSweep: number
  readonly busLoad: number | null
  readonly secondsWithOneSilent: number | null
}
export interface WireLineValue {
  readonly point: string
  readonly equipment: string
  readonly name: Said
  readonly unit: string
  readonly decimals: number
  readonly value: number | null
  /** What a code of a contact or state is called. */
  readonly label: Said | null
  readonly fault: WireFault | null
}

/** `GET /api/v1/commissioning/ground`: what the wizard chooses from. */
export interface WireGround {
  readonly protocols: readonly WireProtocol[]
  readonly types: readonly WireType[]
  readonly models: readonly WireModel[]
  /** Ids that are taken. */
  readonly equipment: readonly string[]
}
export interface WireProtocol {
  readonly kind: string
  /** JSON Schemas: of the connection, of the equipment entry's own keys, of a point's binding. */
  readonly connection: Settings
  readonly device: Settings
  readonly point: Settings
}
export interface WireType {
  readonly type: string
  readonly name: Said
  readonly icon: string
  readonly main: string
  readonly points: readonly { readonly key: string; readonly name: Said; readonly unit: string; readonly kind: string }[]
}
export interface WireModel {
  readonly id: string
  readonly name: Said
  readonly maker: string
  /** The family: `modbus` goes with `modbus-tcp` and `modbus-rtu`. */
  readonly protocol: string
  readonly types: readonly string[]
  readonly verified: boolean
  readonly points: readonly { readonly key: string; readonly name: Said; readonly unit: string }[]
  readonly note: Said | null
  /** How it comes out of the box. */
  readonly link: { readonly baud?: number; readonly format?: string; readonly unit?: number }
  /** Batches that were met in the field: how they look, and what is written instead. */
  readonly batches: readonly {
    readonly look: Said
    readonly change: readonly { readonly point: string; readonly settings: Settings }[]
    /** Of the equipment, and of the connection. */
    readonly device: Settings
    readonly link: Settings
  }[]
}

/** `GET /api/v1/commissioning/scans/:id` */
export interface WireScan {
  readonly id: string
  readonly line: string
  readonly begunAt: string
  readonly endedAt: string | null
  readonly ended: 'complete' | 'stopped' | 'left-alone' | 'enough' | 'trouble' | null
  readonly progress: { readonly done: number; readonly of: number } | null
  readonly trouble: WireFault | null
  readonly found: readonly WireFound[]
}
export interface WireFound {
  readonly device: Settings
  readonly name: string
  readonly models: readonly string[]
  readonly note: Said | null
  readonly points: readonly {
    readonly name: string
    readonly settings: Settings
    readonly value: number | string | null
    readonly unit: string | null
    readonly raw: string | null
  }[]
  /** A first guess at the entry. */
  readonly draft: {
    readonly id: string
    readonly type: string
    readonly model: string | null
    readonly points: Readonly<Record<string, Settings>>
  }
  /** The equipment of the site that is read there already. */
  readonly known: string | null
}

/** The answer of `POST /api/v1/commissioning/try`. */
export interface WireTried {
  readonly points: readonly WireTriedPoint[]
  readonly hints: readonly WireHint[]
}
export interface WireTriedPoint {
  readonly key: string
  readonly name: Said
  readonly unit: string
  readonly decimals: number
  readonly settings: Settings
  readonly value: number | null
  /** What a code of a contact or state is called. */
  readonly label: Said | null
  readonly quality: 'good' | 'bad'
  readonly fault: WireFault | null
  readonly raw: string
  readonly roundTripMs: number
  readonly range: { readonly min: number; readonly max: number }
}
export interface WireHint {
  readonly code: string
  readonly points: readonly string[]
  readonly say: Said
  readonly change: readonly { readonly point: string; readonly settings: Settings }[]
  /** What would be written at the equipment itself. */
  readonly device: Settings
  readonly gives: readonly { readonly point: string; readonly value: number }[]
}
/** The rest of a refused `POST /scans` or `/try` (409, 422): what is wrong, by its place in what was asked. */
export interface WireTrialProblem {
  /** `connection.host`, `device.unit`, `points.temperature.register`. */
  readonly path: string
  readonly wrong: Said
  readonly write: Said
}

/** `GET /api/v1/site/file`: as it is written, so that secrets are the names of their variables. */
export interface WireSiteFile {
  readonly files: readonly WireSiteText[]
  readonly digest: string
  /** Of the site that runs: another one where the files were edited by hand and are wrong, or not loaded yet. */
  readonly running: string
  readonly writable: boolean
  readonly whyNotWritable: Said | null
}
export interface WireSiteText {
  readonly name: string
  readonly text: string
}

/** The answer of `POST /api/v1/site/draft`. */
export interface WireSiteDraft {
  readonly files: readonly WireSiteText[]
  /** Of the files it was made from: `before` of `POST /api/v1/site/apply`. */
  readonly before: string
  readonly digest: string
  /** As `diff -u` writes it; empty where nothing is another. */
  readonly diff: string
  readonly problems: readonly WireSiteProblem[]
  /** `null` where the draft is wrong. */
  readonly meaning: WireSiteMeaning | null
}
export interface WireSiteProblem {
  readonly severity: 'error' | 'warning' | 'note'
  readonly code: string
  readonly file: string
  readonly line: number
  readonly column: number
  readonly path: string
  readonly wrong: Said
  readonly write: Said
}
/** What a change does to what runs. Connections that are `changed` are called anew; all others go on. */
export interface WireSiteMeaning {
  readonly connections: WireSiteChanges
  readonly equipment: WireSiteChanges
  readonly points: WireSiteChanges
  readonly rules: WireSiteChanges
  /** Open alarms whose rule is gone: they are closed. */
  readonly alarms: readonly WireSiteThing[]
  readonly atNextStart: readonly Said[]
}
export interface WireSiteChanges {
  readonly added: readonly WireSiteThing[]
  readonly removed: readonly WireSiteThing[]
  readonly changed: readonly WireSiteThing[]
}
export interface WireSiteThing {
  readonly id: string
  readonly name: Said
}
/** The answer of `POST /api/v1/site/apply` and `/rollback`. */
export interface WireSiteApplied {
  readonly digest: string
  readonly meaning: WireSiteMeaning
}
/** One of `GET /api/v1/site/versions`, the newest first: a state that was replaced. */
export interface WireSiteVersion {
  readonly id: number
  readonly digest: string
  /** When it was replaced, by whom, and why. */
  readonly at: string
  readonly by: string
  readonly why: string
  /** What putting it back would change in the files; secrets are covered. */
  readonly diff: string
  /** What was changed then. */
  readonly changed: string
}
