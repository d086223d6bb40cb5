import type { Field, Measure } from './field.ts'
import { unitOf } from './field.ts'

/** T: what the meter counts (CJ/T 188, table of meter types); 40–49 are the makers' own. */
export const meterTypes = {
  'cold-water': 0x10,
  'hot-water': 0x11,
  'drinking-water': 0x12,
  'reclaimed-water': 0x13,
  heat: 0x20,
  cooling: 0x21,
  'heat-and-cooling': 0x22,
  gas: 0x30,
} as const
export type MeterKind = keyof typeof meterTypes
export const meterKinds = Object.keys(meterTypes) as readonly MeterKind[]

/** How the status bytes are to be read: the standard's way, or with the valve as a pair of bits as some makers do. */
export const statusForms = ['standard', 'pair'] as const
export type StatusForm = (typeof statusForms)[number]

/** A value of a meter: its data identifier, its place there, and the unit it is given in. */
export interface NamedData {
  readonly di: number
  readonly field: Field
  readonly unit: string
}

const coded = (at: number, measure: Measure, decimals = 2): { readonly field: Field; readonly unit: string } => ({
  field: { at, bytes: 4, form: 'coded', decimals, measure },
  unit: unitOf[measure],
})
const plain = (at: number, bytes: number, decimals: number, unit: string): { readonly field: Field; readonly unit: string } => ({
  field: { at, bytes, form: 'bcd', decimals },
  unit,
})
const bits = (at: number, from: number, count: number): { readonly field: Field; readonly unit: string } => ({
  field: { at, bytes: 2, form: 'binary', decimals: 0, bits: { from, count } },
  unit: '',
})

const now = 0x901f

/** The valve as one bit (0 open, 1 closed) and its fault as the next, or both as one number (0 open, 1 moving, 2 closed, 3 at fault). */
const status = (at: number, form: StatusForm): Readonly<Record<string, { readonly field: Field; readonly unit: string }>> => ({
  status: bits(at, 0, 16),
  valve: form === 'pair' ? bits(at, 0, 2) : bits(at, 0, 1),
  ...(form === 'pair' ? {} : { 'valve-fault': bits(at, 1, 1) }),
  battery: bits(at, 2, 1),
})

/** The last twelve settled months: D120 is the last, D12B the one a year ago. */
const months = (measure: Measure): Readonly<Record<string, NamedData>> =>
  Object.fromEntries(
    Array.from({ length: 12 }, (_, index) => [`month-${index + 1}`, { di: 0xd120 + index, ...coded(0, measure) }]),
  )

/** What a meter of this kind can be asked for by name. */
export function namedCjt188(kind: MeterKind, form: StatusForm): ReadonlyMap<string, NamedData> {
  const isHeat = kind === 'heat' || kind === 'cooling' || kind === 'heat-and-cooling'
  const fields = isHeat
    ? {
        settlement: coded(0, 'energy'),
        total: coded(5, 'energy'),
        power: coded(10, 'power'),
        flow: coded(15, 'flow', 4),
        volume: coded(20, 'volume'),
        supply: plain(25, 3, 2, '°C'),
        return: plain(28, 3, 2, '°C'),
        hours: plain(31, 3, 0, 'h'),
        ...status(41, form),
      }
    : { total: coded(0, 'volume'), settlement: coded(5, 'volume'), ...status(17, form) }
  const present = Object.entries(fields).map(([name, one]): [string, NamedData] => [name, { di: now, ...one }])
  return new Map([...present, ...Object.entries(months(isHeat ? 'energy' : 'volume'))])
}

/** An answer to 901F is not shorter than its layout: it ends with two status bytes. */
export const leastNow = (kind: MeterKind): number =>
  kind === 'heat' || kind === 'cooling' || kind === 'heat-and-cooling' ? 43 : 19
