import { fault } from '../contract/fault.ts'
import type { Answer } from '../kit/answer.ts'
import { answered, failed } from '../kit/answer.ts'

/** What was said, without the frame of the message. */
export const shown = (value: unknown): string => {
  const text = typeof value === 'string' ? JSON.stringify(value) : (JSON.stringify(value) ?? String(value))
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

/** A JSON pointer (RFC 6901), with or without the leading slash people forget; `/` alone is the whole. */
export const pathOf = (pointer: string): readonly string[] =>
  pointer === '/' || pointer === ''
    ? []
    : (pointer.startsWith('/') ? pointer.slice(1) : pointer)
        .split('/')
        .map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'))

export const pointerOf = (path: readonly string[]): string =>
  path.map(part => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

/** What lies at a place in parsed JSON; only own keys count. */
export function lookUp(json: unknown, path: readonly string[]): Answer<unknown> {
  let value = json
  for (const part of path) {
    // The length of a list is nothing that was said.
    const isThere =
      typeof value === 'object' && value !== null && Object.hasOwn(value, part) && !(Array.isArray(value) && part === 'length')
    if (!isThere) {
      return failed(fault('not-a-number', `The message has no ${pointerOf(path)}.`))
    }
    value = (value as Record<string, unknown>)[part]
  }
  return answered(value)
}

/** A payload, parsed as JSON only when somebody asks, and then once. */
export class Payload {
  readonly text: string
  #json: Answer<unknown> | undefined

  constructor(bytes: Uint8Array) {
    this.text = new TextDecoder().decode(bytes)
  }

  get json(): Answer<unknown> {
    return (this.#json ??= parsed(this.text))
  }
}

function parsed(text: string): Answer<unknown> {
  try {
    return answered(JSON.parse(text) as unknown)
  } catch {
    return failed(
      text.trim() === '' ? fault('not-a-number', 'The message is empty.') : fault('garbled', `${shown(text)} is not JSON.`),
    )
  }
}

/** How a number may be written in a text. */
export interface TextForm {
  /** The unit that must stand behind it. */
  readonly suffix?: string
}

/** A number written as people write them, or a truth; no hexadecimal, no thousands, nothing behind it but the unit that is expected. */
export function numberIn(text: string, { suffix }: TextForm): number | undefined {
  let rest = text.trim()
  if (suffix !== undefined) {
    if (!rest.endsWith(suffix)) return undefined
    rest = rest.slice(0, rest.length - suffix.length).trimEnd()
  }
  if (rest === 'true' || rest === 'false') return rest === 'true' ? 1 : 0
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(rest) ? Number(rest) : undefined
}
