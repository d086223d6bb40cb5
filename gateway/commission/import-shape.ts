import type { Words } from '../../protocols/contract/driver.ts'

type Settings = Readonly<Record<string, unknown>>

/** What another program's file says of equipment, in our words. Lines count from 1. */
export interface Imported {
  readonly connections: readonly ImportedConnection[]
  readonly devices: readonly ImportedDevice[]
  /** What could not be taken, each with its place: nothing goes missing in silence. */
  readonly leftOut: readonly LeftOut[]
}

export interface ImportedConnection {
  readonly id: string
  readonly protocol: string
  readonly settings: Settings
}

export interface ImportedDevice {
  readonly name: string
  /** Id of its connection; undefined where the file does not say how it is reached. */
  readonly connection: string | undefined
  /** `{ unit: 3 }`. */
  readonly device: Settings
  /** The model of ours that the file means, where it names one. */
  readonly model?: string
  readonly points: readonly ImportedPoint[]
  readonly line: number
}

export interface ImportedPoint {
  readonly name: string
  /** Our symbol, where the file (or its program) says what it is in. */
  readonly unit?: string
  /** As a binding is written. */
  readonly settings: Settings
  readonly line: number
}

export interface LeftOut {
  readonly line: number
  readonly what: string
  readonly why: Words
}

/** Collects what is left out while a file is read. */
export class LeftOuts {
  readonly #all: LeftOut[] = []

  add(line: number, what: string, zh: string, en: string): void {
    this.#all.push({ line, what: what.slice(0, 80), why: { zh, en } })
  }

  sorted(): readonly LeftOut[] {
    return this.#all.toSorted((a, b) => a.line - b.line)
  }
}

/** The value's properties, where it has any. */
export const recordOf = (value: unknown): Settings | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
    ? (value as Settings)
    : undefined

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as readonly unknown[]) : [])

/** The items of a list that have properties. */
export const recordsOf = (value: unknown): readonly Settings[] =>
  listOf(value).flatMap((one): readonly Settings[] => {
    const record = recordOf(one)
    return record ? [record] : []
  })

export const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

/** A whole number within bounds, also out of TOML's big integers and texts such as `0x1F`. */
export function wholeOf(value: unknown, most = 65_535): number | undefined {
  const number =
    typeof value === 'bigint'
      ? Number(value)
      : typeof value === 'string' && /^(0x[0-9a-f]+|\d+)$/i.test(value)
        ? Number(value)
        : value
  return typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= most ? number : undefined
}

/** `8N1` of three settings; undefined for what no port can do. */
export function formatOf(bits: unknown, parity: unknown, stop: unknown): string | undefined {
  const format = `${String(bits)}${String(parity).charAt(0).toUpperCase()}${String(stop)}`
  return /^(8[NEO][12]|7[EO]1)$/.test(format) ? format : undefined
}

/** Go's `1m30s` and `250ms` as ours: one number with one unit. */
export function durationOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || !/^(\d+(\.\d+)?(ms|h|m|s))+$/.test(value)) return undefined
  const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }
  const ms = [...value.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ''] ?? 0),
    0,
  )
  if (ms < 1) return undefined
  return ms % 1_000 === 0 ? `${ms / 1_000}s` : `${Math.round(ms)}ms`
}
