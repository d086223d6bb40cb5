import type { Fault } from '../contract/fault.ts'

/** What a question to the field brings back. A field fault is data; it never travels as an exception. */
export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: Fault }

export const answered = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value })
export const failed = (fault: Fault): { readonly ok: false; readonly fault: Fault } => ({ ok: false, fault })

/** One English sentence out of whatever a library threw: no stack, no line breaks, bounded. */
export function whatWentWrong(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error)
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, 300) || 'unknown error'
}
