import type { WireField, WireRecordKind } from '../../../../gateway/api/wire-records.ts'
import { instantOf } from '../logs/paper.ts'
import { newId } from '../rounds/code.ts'

/** What somebody has typed into a form, as typed. Passwords are never part of it. */
export interface RecordDraft {
  /** Sent along, so that what is sent twice is recorded once; a new draft has a new one. */
  key: string
  equipment: string
  values: Record<string, string | boolean>
  verdict: 'passed' | 'failed'
  /** What the browser's field for day and time says; empty: just now. */
  earlier: string
  photos: string[]
}
const memory = (by: string, kind: string): string => `zhishou.record.${by}.${kind}`

export const emptyDraft = (equipment = ''): RecordDraft => ({
  key: newId(),
  equipment,
  values: {},
  verdict: 'passed',
  earlier: '',
  photos: [],
})

/** What was typed and not recorded, from before a reload, a dead battery or a lost network. */
export function keptDraft(by: string, kind: string): RecordDraft | undefined {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(memory(by, kind)) ?? 'null')
    if (typeof kept !== 'object' || kept === null) return undefined
    return { ...emptyDraft(), ...(kept as Partial<RecordDraft>) }
  } catch {
    return undefined
  }
}
export function keepDraft(by: string, kind: string, draft: RecordDraft): void {
  if (isEmpty(draft)) forgetDraft(by, kind)
  else localStorage.setItem(memory(by, kind), JSON.stringify(draft))
}
export const forgetDraft = (by: string, kind: string): void => localStorage.removeItem(memory(by, kind))

const isEmpty = ({ values, photos, earlier }: RecordDraft): boolean =>
  photos.length === 0 && earlier === '' && Object.values(values).every(value => value === '' || value === false)

/** A number as a finger in a glove types it: `３,5`, ` 3.5 `; `undefined` where it is none. */
export function numberIn(text: string | boolean | undefined): number | undefined {
  if (typeof text !== 'string') return undefined
  const plain = text.normalize('NFKC').replace(/\s/g, '').replace(',', '.').replace('−', '-')
  if (!/^-?(?:\d+\.?\d*|\.\d+)$/.test(plain)) return undefined
  const value = Number(plain)
  return Number.isFinite(value) ? value : undefined
}

/** The fields that say something, each as its kind holds it. */
export function fieldsOf(fields: readonly WireField[], values: RecordDraft['values']): Record<string, string | number | boolean> {
  const said: Record<string, string | number | boolean> = {}
  for (const field of fields) {
    const value = values[field.key]
    if (field.holds === 'flag') {
      if (value === true) said[field.key] = true
    } else if (field.holds === 'number') {
      const number = numberIn(value)
      if (number !== undefined) said[field.key] = number
    } else if (typeof value === 'string' && value.trim() !== '') said[field.key] = value.trim()
  }
  return said
}

/** The first field that is missing or no number. */
export function mistakeOf(
  fields: readonly WireField[],
  values: RecordDraft['values'],
): { readonly field: WireField; readonly why: 'needed' | 'not-number' } | undefined {
  for (const field of fields) {
    const value = values[field.key]
    const isBlank = value === undefined || value === false || (typeof value === 'string' && value.trim() === '')
    if (isBlank && field.need !== 'may' && field.holds !== 'flag') return { field, why: 'needed' }
    if (!isBlank && field.holds === 'number' && numberIn(value) === undefined) return { field, why: 'not-number' }
  }
  return undefined
}

/** The body of `POST /records/KIND`, without passwords. `at` is left out for what was done just now; what is typed is the time at the site. */
export function bodyOf(kind: Pick<WireRecordKind, 'fields'>, draft: RecordDraft, zone: string): RecordBody {
  const at = draft.earlier === '' ? Number.NaN : instantOf(draft.earlier, zone)
  return {
    equipment: draft.equipment,
    verdict: draft.verdict,
    fields: fieldsOf(kind.fields, draft.values),
    photos: [...draft.photos],
    key: draft.key,
    ...(Number.isNaN(at) ? {} : { at }),
  }
}
export interface RecordBody {
  readonly equipment: string
  readonly verdict: 'passed' | 'failed'
  readonly fields: Readonly<Record<string, string | number | boolean>>
  readonly photos: readonly string[]
  readonly key: string
  readonly at?: number
}
