/** What may stand in a template: `{text}`, or `{json:text}` where the text goes into JSON inside something else. */
export const placeholders = ['phone', 'text', 'title', 'link', 'key'] as const
export type Placeholder = (typeof placeholders)[number]
export type Values = Readonly<Record<Placeholder, string>>

const place = /\{(json:)?([a-z]+)\}/g
const isPlaceholder = (word: string): word is Placeholder => placeholders.some(known => known === word)

/** Which words stand in braces, known or not. */
export const wordsIn = (template: string): readonly string[] => [...template.matchAll(place)].map(([, , word]) => word ?? '')

/** Fills a template in one pass: what a value brings along is never taken for a placeholder. */
export const fill = (template: string, values: Values, escape: Escape): string =>
  template.replaceAll(place, (whole, json: string | undefined, word: string) => {
    if (!isPlaceholder(word)) return whole
    return escape(json === undefined ? values[word] : escapes.json(values[word]))
  })

export type Escape = (text: string) => string
/** How a text is written inside each kind of body so that it comes out again as it was. */
export const escapes = {
  json: text => JSON.stringify(text).slice(1, -1),
  form: text => encodeURIComponent(text),
  xml: text => text.replaceAll(/[&<>"']/g, sign => `&#${sign.charCodeAt(0)};`),
  plain: text => text,
} satisfies Readonly<Record<string, Escape>>
export type BodyForm = keyof typeof escapes

/** By the media type; `undefined` for one that is not known. */
export function formOf(mediaType: string): BodyForm | undefined {
  const type = mediaType.split(';')[0]?.trim().toLowerCase() ?? ''
  if (type === 'application/json' || type.endsWith('+json')) return 'json'
  if (type === 'application/x-www-form-urlencoded') return 'form'
  if (type === 'application/xml' || type === 'text/xml' || type.endsWith('+xml')) return 'xml'
  return type === 'text/plain' ? 'plain' : undefined
}

/** Every text in a value of JSON changed by `change`; keys and everything else stay. */
export function changeTexts(value: unknown, change: Escape): unknown {
  if (typeof value === 'string') return change(value)
  if (Array.isArray(value)) return value.map(item => changeTexts(item, change))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, changeTexts(item, change)]))
}

/** What a JSON Pointer (RFC 6901) leads to; `undefined` where there is nothing. */
export function pointed(value: unknown, pointer: string): unknown {
  let found = value
  for (const step of pointer.split('/').slice(1)) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined
    found = (found as Readonly<Record<string, unknown>>)[key]
  }
  return found
}
