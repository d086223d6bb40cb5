import type { Words } from '../../../protocols/contract/driver.ts'
import type { Instant } from '../../../protocols/contract/time.ts'

/** What a journal entry holds, before anybody has looked: rows come back from a disk that may have failed, written by versions of long ago. */
export type Said = Readonly<Record<string, unknown>>

export const say = (zh: string, en: string): Words => ({ zh, en })
export const both = (text: string): Words => ({ zh: text, en: text })

export const saidIn = (value: unknown): Said => (typeof value === 'object' && value !== null ? (value as Said) : {})
export const textIn = (value: unknown): string | null => (typeof value === 'string' && value.trim() !== '' ? value : null)
export const numberIn = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : null)
export const timeIn = (value: unknown): Instant | null => numberIn(value) as Instant | null
export const listIn = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
export const textsIn = (value: unknown): readonly string[] => listIn(value).filter(one => typeof one === 'string')

/** Words in both languages, or a text that is the same in both. */
export function wordsIn(value: unknown): Words | null {
  const text = textIn(value)
  if (text !== null) return both(text)
  const { zh, en } = saidIn(value)
  return typeof zh === 'string' && typeof en === 'string' && zh !== '' ? { zh, en } : null
}

/** Several in one cell; what is not known is left out, and of nothing nothing is said. */
export function joined(parts: readonly (Words | null | undefined)[], zh = '；', en = '; '): Words | null {
  const known = parts.filter(part => part !== null && part !== undefined)
  if (known.length === 0) return null
  return say(known.map(part => part.zh).join(zh), known.map(part => part.en).join(en))
}

/** Rounded, so that what is printed and what is summed is the same number. */
export const rounded = (value: number, decimals: number): number => Number(value.toFixed(decimals))
