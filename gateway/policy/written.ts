import type { Millis } from '../../protocols/contract/time.ts'

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const

/** A length of time as one would write it in a rule: `20m`, `90s`, `1500ms`; the largest unit that gives a whole number. */
export function writeDuration(length: Millis): string {
  if (length === 0) return '0s'
  const [unit, size] = units.find(([, each]) => length % each === 0) ?? ['ms', 1]
  return `${length / size}${unit}`
}

/** A setting of a rule before and after a change, as one would write it; `undefined` where it is not there. */
export interface ChangedSetting {
  readonly key: string
  readonly before: string | undefined
  readonly after: string | undefined
}

// A rule's checked settings hold lengths of time in milliseconds; these names are lengths of time in every kind.
const lengths = /Delay$|^(after|for|window|within|grace|warn|every|per|apart|before|dry)$/

/** The settings of one rule that a change touches. */
export function settingsBeside(before: unknown, after: unknown): readonly ChangedSetting[] {
  const [was, would] = [fieldsOf(before), fieldsOf(after)]
  return [...new Set([...Object.keys(was), ...Object.keys(would)])].flatMap(key => {
    const [one, other] = [written(key, was[key]), written(key, would[key])]
    return one === other ? [] : [{ key, before: one, after: other }]
  })
}

/** The settings of one rule as one would write them: `onDelay: '20m'`, `value: '8'`. */
export const settingsOfSpec = (spec: unknown): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(fieldsOf(spec)).flatMap(([key, value]) => {
      const text = written(key, value)
      return text === undefined ? [] : [[key, text]]
    }),
  )

const fieldsOf = (spec: unknown): Readonly<Record<string, unknown>> =>
  typeof spec === 'object' && spec !== null ? (spec as Readonly<Record<string, unknown>>) : {}

function written(key: string, value: unknown): string | undefined {
  if (value === undefined || typeof value === 'function') return undefined
  if (typeof value === 'number' && lengths.test(key)) return writeDuration(value as Millis)
  return typeof value === 'string' ? value : JSON.stringify(value)
}
