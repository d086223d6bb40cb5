/** A dictionary in other characters: texts are converted, and so is what its functions say. Pure. */
import type { Convert } from './hant.ts'

/** Stand around what somebody else has said already: a name, a note, a sentence that was converted before. */
const open = '\ue000'
const shut = '\ue001'
const quoted = new RegExp(`${open}([^${shut}]*)${shut}`, 'u')
const han = /\p{Script=Han}/u

/** What a dictionary's functions are given stays as it is given: a person's name, a remark, a unit are not ours to rewrite. */
export function dress<T>(value: T, convert: Convert): T {
  if (typeof value === 'string') return aroundQuotes(value, convert) as T
  if (typeof value === 'function')
    return ((...given: readonly unknown[]) => dress((value as (...all: unknown[]) => unknown)(...given.map(quote)), convert)) as T
  if (Array.isArray(value)) return value.map(one => dress<unknown>(one, convert)) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, dress<unknown>(one, convert)])) as T
}

function quote(given: unknown): unknown {
  if (typeof given === 'string') return han.test(given) ? open + given + shut : given
  return Array.isArray(given) ? given.map(quote) : given
}

function aroundQuotes(text: string, convert: Convert): string {
  // Every second part is what stood between the marks.
  return text
    .split(quoted)
    .map((part, place) => (place % 2 === 0 ? convert(part) : part))
    .join('')
}
