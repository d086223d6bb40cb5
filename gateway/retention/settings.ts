import type { Keep } from './keep.ts'

/** The kinds of record that packs name, and how long each is kept at least where no rule of the site says more. */
export const leastKept = {
  alarms: { years: 2 },
  audit: 'forever',
  backup: { years: 2 },
  chlorine: { years: 2 },
  closing: { years: 2 },
  defrost: { years: 2 },
  disinfection: { years: 2 },
  dosing: { years: 2 },
  environment: { years: 1 },
  gas: { years: 2 },
  gate: { years: 1 },
  handover: { years: 2 },
  maintenance: { years: 5 },
  operation: { years: 2 },
  pressure: { years: 5 },
  register: { years: 2 },
  repair: { years: 2 },
  rounds: { years: 2 },
  temperature: { years: 2 },
} as const satisfies Readonly<Record<string, Keep>>

export type RecordKind = keyof typeof leastKept
export const recordKinds = Object.keys(leastKept) as readonly RecordKind[]

/** How long what is kept, beyond what the packs say; the site file's `retention:` block. */
export interface RetentionSettings {
  /** Bytes that the readings may take on disk. */
  readonly budget: number
  /** What the site keeps longer than its packs ask. */
  readonly records: Readonly<Partial<Record<RecordKind, Keep>>>
  /** Raw readings; `undefined`: as long as the longest record made of them. */
  readonly readings: Keep | undefined
  /** Whether what is over is removed by itself; off, everything stays until the disk budget is used. */
  readonly remove: boolean
}
export const usualRetention: RetentionSettings = { budget: 20 * 1024 ** 3, records: {}, readings: undefined, remove: true }
