import type { Entry } from '../journal/entry.ts'
import { isoInZone } from '../zone.ts'
import { timeIn } from './lines.ts'
import type { Expected } from './story.ts'

/** The first place where the journal is not as expected; entries count from 1. */
export type Difference = { readonly entry: number } & (
  | { readonly what: 'missing'; readonly expected: Expected }
  | { readonly what: 'unexpected'; readonly got: Entry }
  | { readonly what: 'other'; readonly expected: Expected; readonly got: Entry; readonly fields: readonly Field[] }
)
export interface Field {
  readonly name: string
  readonly expected: unknown
  readonly got: unknown
}

/** Holds the journal against what is expected of it, entry by entry in order; of each only the fields that are written. */
export function firstDifference(expected: readonly Expected[], entries: readonly Entry[]): Difference | undefined {
  for (let index = 0; index < Math.max(expected.length, entries.length); index += 1) {
    const [want, got] = [expected[index], entries[index]]
    const entry = index + 1
    if (want && !got) return { entry, what: 'missing', expected: want }
    if (!want && got) return { entry, what: 'unexpected', got }
    if (!want || !got) continue
    const shown = fieldsOf(got)
    const fields = Object.entries(want.fields).flatMap(([name, value]) => differences(name, value, shown[name]))
    if (fields.length > 0) return { entry, what: 'other', expected: want, got, fields }
  }
  return undefined
}

/** A journal entry as a story speaks of it: what it says of its alarm or its record stands beside time, kind and person. */
export function fieldsOf({ kind, at, by, about, data }: Entry): Readonly<Record<string, unknown>> {
  const { alarm, ...rest } = data
  const { id: _id, ...ofAlarm } = Object(alarm) as { readonly id?: unknown }
  return { ...rest, ...ofAlarm, kind, at, by, about }
}

/**
 * A written time is the same instant in any zone; a text may stand for either language of a sentence; of an object only what is written
 * counts; numbers may differ by their last digits.
 */
function differences(name: string, expected: unknown, got: unknown): readonly Field[] {
  if (typeof expected === 'object' && expected !== null && !Array.isArray(expected)) {
    if (typeof got !== 'object' || got === null || Array.isArray(got)) return [{ name, expected, got }]
    const inside = got as Readonly<Record<string, unknown>>
    return Object.entries(expected).flatMap(([key, value]) => differences(`${name}.${key}`, value, inside[key]))
  }
  return same(expected, got) ? [] : [{ name, expected, got }]
}

function same(expected: unknown, got: unknown): boolean {
  if (typeof expected === 'number' && typeof got === 'number') {
    return Math.abs(expected - got) <= 1e-9 * Math.max(1, Math.abs(expected), Math.abs(got))
  }
  if (typeof expected === 'string' && typeof got === 'number') return timeIn(expected) === got
  if (typeof expected === 'string' && typeof got === 'object' && got !== null) {
    const { zh, en } = got as { readonly zh?: unknown; readonly en?: unknown }
    return expected === zh || expected === en
  }
  if (Array.isArray(expected)) {
    return (
      Array.isArray(got) &&
      expected.length === got.length &&
      expected.every((item, index) => differences('', item, got[index]).length === 0)
    )
  }
  return expected === got
}

const toWrite = [
  'at',
  'kind',
  'rule',
  'clause',
  'since',
  'value',
  'by',
  'comment',
  'equipment',
  'verdict',
  'from',
  'fields',
  'figures',
  'why',
]

/** The line that would have expected this entry: what it says in particular, without what follows from its rule. */
export function expectedLine(entry: Entry, zone: string): string {
  const fields = fieldsOf(entry)
  const isAlarm = entry.kind.startsWith('alarm.')
  const raised = entry.kind === 'alarm.raised'
  const unsaid = new Set([
    ...(raised ? [] : ['since', 'value']),
    ...(isAlarm && !entry.kind.endsWith('acknowledged') ? ['by'] : []),
    ...(isAlarm || fields['rule'] !== undefined ? ['equipment'] : []),
    ...(entry.by === 'system' ? ['by'] : []),
  ])
  const written = toWrite.flatMap(name => {
    const value = fields[name]
    if (value === undefined || unsaid.has(name)) return []
    const isTime = name === 'at' || name === 'since' || name === 'from'
    return [[name, isTime && typeof value === 'number' ? isoInZone(value as Entry['at'], zone) : value] as const]
  })
  return JSON.stringify(Object.fromEntries(written))
}
