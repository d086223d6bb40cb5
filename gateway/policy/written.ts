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

/** A setting of a rule before and after a change, as it is written; `undefined` where it is not, and its default counts. */
export interface ChangedSetting {
  readonly key: string
  readonly before: string | undefined
  readonly after: string | undefined
}

/** The settings of one rule that a change touches. */
export function settingsBeside(
  was: Readonly<Record<string, unknown>>,
  would: Readonly<Record<string, unknown>>,
): readonly ChangedSetting[] {
  return [...new Set([...Object.keys(was), ...Object.keys(would)])].flatMap(key => {
    const [one, other] = [written(was[key]), written(would[key])]
    return one === other ? [] : [{ key, before: one, after: other }]
  })
}

/** A rule's settings as texts: `onDelay: '20m'`, `value: '8'`. */
export const writtenSettings = (settings: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(settings).flatMap(([key, value]) => {
      const text = written(value)
      return text === undefined || key === 'kind' ? [] : [[key, text]]
    }),
  )

function written(value: unknown): string | undefined {
  return value === undefined || typeof value === 'string' ? value : JSON.stringify(value)
}
