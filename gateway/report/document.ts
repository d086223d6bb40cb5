import type { Words } from '../../protocols/contract/driver.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { Basis } from '../policy/rule.ts'

/** The logs an inspector may ask for (contract §2), and `closing`. */
export const logKinds = [
  'temperature',
  'disinfection',
  'dosing',
  'environment',
  'gas',
  'pressure',
  'rounds',
  'closing',
  'alarms',
  'handover',
  'audit',
] as const
export type LogKind = (typeof logKinds)[number]

/**
 * A log before it takes a form: what screen, CSV, XLSX, PDF and JSON have in common. Rows are made while they are read, so that a long log
 * needs no memory; they may be read more than once and are the same each time.
 */
export interface LogDocument {
  readonly kind: LogKind
  readonly title: Words
  readonly head: LogHead
  readonly sections: readonly LogSection[]
  /** The lines below which people sign on paper, in order: 记录人, 审核人. */
  readonly signatures: readonly Words[]
}

/** What stands above every log, so that a sheet of paper by itself says what it is worth. */
export interface LogHead {
  readonly site: { readonly id: string; readonly name: Words }
  /** From `from` until before `to`. */
  readonly from: Instant
  readonly to: Instant
  readonly timeZone: string
  /** What was asked for: areas and equipment; empty for everything there is. */
  readonly scope: readonly Words[]
  /** Where the times come from, and when that clock was set within the period. */
  readonly clock: readonly Words[]
  /** Share of the period in which every point of the log was known, 0–1; absent where nothing is measured all the time. */
  readonly completeness?: number
  readonly limits: readonly LogLimit[]
  readonly sensors: readonly LogSensor[]
  /** The packs that judged in the period, each version once. */
  readonly policies: readonly {
    readonly id: string
    readonly version: string
    /** The day this version took effect. */
    readonly effective?: string
    readonly name?: Words
  }[]
  /** What a reader must know: data removed after their time, damaged blocks, records still open. */
  readonly remarks: readonly Words[]
}

/** A limit as it was valid, from when to when. */
export interface LogLimit {
  readonly equipment: Words
  readonly point: Words
  readonly min?: number
  readonly max?: number
  readonly unit: string
  readonly clause: string
  readonly title: Words
  readonly basis: Basis
  readonly policy: { readonly id: string; readonly version: string }
  /** Absent: before the period began, and after it ended. */
  readonly from?: Instant
  readonly to?: Instant
}

export interface LogSensor {
  readonly equipment: Words
  readonly point: Words
  /** As the site file's facts and calibration records have it; absent where nobody wrote it down. */
  readonly serial?: string
  readonly calibratedAt?: Instant
  readonly dueAt?: Instant
  /** Overdue at the end of the period, or never calibrated. */
  readonly isDue: boolean
}

export interface LogSection {
  /** Stable, `[a-z0-9.-]`: the name of its sheet, of its part in JSON and CSV. */
  readonly id: string
  readonly title: Words
  readonly columns: readonly LogColumn[]
  rows(): Iterable<LogRow>
  /** Said instead of a table without rows: `本期没有超温`. */
  readonly whenEmpty: Words
  readonly notes?: readonly Words[]
  readonly chart?: LogChart
  /** There are more rows than a preview shows. */
  readonly isCut?: true
}

/**
 * What a column holds. `number`: with its unit and fixed decimals. `time`, `day`: an Instant. `length`: ms. `share`: 0–1, shown as per cent.
 * `verdict`: `good`, `bad`, `unknown`, or words.
 */
export interface LogColumn {
  readonly key: string
  readonly name: Words
  readonly holds: 'text' | 'number' | 'time' | 'day' | 'length' | 'share' | 'verdict'
  readonly unit?: string
  readonly decimals?: number
  /** In characters of Latin text; a Chinese one counts two. */
  readonly width?: number
}

/** `null`: not known or not applicable; shown as a dash, never as 0. */
export type Cell = string | number | boolean | Words | null

export interface LogRow {
  readonly cells: readonly Cell[]
  /** `bad`: outside a limit, failed. `quiet`: a gap, a stub, a sum line is `total`. */
  readonly tone?: 'bad' | 'quiet' | 'total'
  /** Places in the journal that say so: the proof of this line. */
  readonly entries?: readonly number[]
}

/** A series over the period with its band: drawn on screen and paper. */
export interface LogChart {
  readonly unit: string
  readonly decimals: number
  /** At most 2,000, in order; a gap is where the next one is further than `every` away. */
  readonly every: number
  readonly points: readonly { readonly t: Instant; readonly min: number; readonly mean: number; readonly max: number }[]
  readonly limits: { readonly min?: number; readonly max?: number }
  readonly gaps: readonly { readonly from: Instant; readonly to: Instant; readonly cause: Words }[]
}

export const isWords = (cell: Cell): cell is Words => typeof cell === 'object' && cell !== null
