/** What people type, as the file has it, and the way back. Pure. */
import type { Said } from '../../../../gateway/api/wire.ts'
import { mappingOf } from './draft.ts'
import { unitWords } from './unit-words.ts'

export type FieldKind = 'text' | 'number' | 'flag' | 'date' | 'list' | 'duration'

/** `undefined` where nothing is to stand there. What is no number although one is wanted stays text, and the gateway says so. */
export function asWritten(text: string, kind: FieldKind): unknown {
  const trimmed = text.trim()
  if (trimmed === '') return undefined
  switch (kind) {
    case 'number':
      return /^[-−]?\d+(\.\d+)?$/.test(trimmed) ? Number(trimmed.replace('−', '-')) : trimmed
    case 'flag':
      return trimmed === 'true'
    case 'list':
      return listOf(trimmed)
    case 'duration':
      return inFileWords(trimmed)
    default:
      return trimmed
  }
}

const listOf = (text: string): readonly string[] =>
  text
    .split(/[、，,;；]/)
    .map(one => one.trim())
    .filter(one => one !== '')

/** A time as people say it is the one that a file has: `15 min` is `15m`. */
function inFileWords(text: string): string {
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?)\s*(\D+)$/.exec(text) ?? []
  const short = unitWords[unit.trim().toLowerCase()]
  return count === undefined ? text : short === undefined ? text.replace(/\s+/g, '') : `${count}${short}`
}

export function textOf(value: unknown, kind: FieldKind = 'text'): string {
  if (value === undefined || value === null) return ''
  if (kind === 'list' && Array.isArray(value)) return value.map(String).join('、')
  return typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | boolean)
}

/** A name as it is written: one for both languages, or one each. */
export function saidOf(written: unknown, fallback: string | Said): Said {
  if (typeof written === 'string' && written !== '') return { zh: written, en: written }
  const { zh, en } = mappingOf(written)
  if (typeof zh === 'string' || typeof en === 'string') {
    const either = typeof zh === 'string' ? zh : String(en)
    return { zh: either, en: typeof en === 'string' ? en : either }
  }
  return typeof fallback === 'string' ? { zh: fallback, en: fallback } : fallback
}

/** Whether something of a site file can be called by this. */
export const isId = (text: string): boolean => /^[a-z0-9][a-z0-9_-]{0,63}$/.test(text)
/** Whether this can be the key of a fact, in which large letters may stand. */
export const isFactKey = (text: string): boolean => /^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(text)

/** An id made of a name, free of those that are taken: `wang`, or the kind with a number where nothing of the name can stand in one. */
export function freeId(name: string, kind: string, taken: readonly string[]): string {
  const plain = name
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40)
  if (plain !== '' && !taken.includes(plain)) return plain
  for (let count = plain === '' ? 1 : 2; ; count++) {
    const id = `${plain === '' ? kind : plain}-${count}`
    if (!taken.includes(id)) return id
  }
}
