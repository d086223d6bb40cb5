/** One line of InfluxDB line protocol: `measurement,tag=value field=4.2,other=t 1693526400000000000`. */
export interface Line {
  /** From 1, as an editor counts; where a text goes on over line breaks, its first. */
  readonly number: number
  readonly measurement: string
  readonly tags: ReadonlyMap<string, string>
  readonly fields: ReadonlyMap<string, number | boolean | string>
  /** In ms since 1970; absent when the line has none. */
  readonly at?: number
}
export type Precision = 'ns' | 'us' | 'ms' | 's'
export type LineError = 'no-fields' | 'bad-field' | 'bad-time' | 'bad-tag' | 'no-measurement' | 'no-end'
export interface ParsedLines {
  readonly lines: readonly Line[]
  readonly errors: readonly { readonly number: number; readonly why: LineError }[]
  /** There is more than was asked for; the rest was not read. */
  readonly tooMany: boolean
}

const perMs: Readonly<Record<Precision, bigint>> = { ns: 1_000_000n, us: 1_000n, ms: 1n, s: 1n }

export type LineRead = Line | { readonly number: number; readonly why: LineError }

/**
 * Reads lines one by one; comments and empty lines count but mean nothing. Follows the published grammar, and takes `NaN` and `Inf` as words
 * for "no value". Time grows with the length of the text and with nothing else.
 */
export function* readLines(text: string, precision: Precision): Generator<LineRead> {
  for (const { number, line } of linesOf(text)) {
    const read = parseLine(line, number, precision)
    yield typeof read === 'string' ? { number, why: read } : read
  }
}

/** All of them, up to `most` values and mistakes; where that is much, `rest` is waited for now and then, so that others have their turn. */
export async function parseLines(
  text: string,
  precision: Precision,
  most = Infinity,
  rest: () => Promise<void> = async () => {},
): Promise<ParsedLines> {
  const lines: Line[] = []
  const errors: { number: number; why: LineError }[] = []
  let values = 0
  let restedAt = 0
  for (const read of readLines(text, precision)) {
    if ('why' in read) errors.push(read)
    else lines.push(read)
    values += 'why' in read ? 1 : read.fields.size
    if (values > most) return { lines, errors, tooMany: true }
    if (values - restedAt < stretch) continue
    restedAt = values
    await rest()
  }
  return { lines, errors, tooMany: false }
}
/** Values that are worked off in one go. */
export const stretch = 5_000

/** The lines that mean something. Inside the quotes of a field's value a line break is part of the text. */
function* linesOf(text: string): Generator<{ readonly number: number; readonly line: string }> {
  let quote = text.indexOf('"')
  let number = 1
  for (let start = 0; start < text.length; number += 1) {
    const first = number
    let end = breakAfter(text, start)
    while (quote >= 0 && quote < start) quote = text.indexOf('"', start)
    const begins = /[^ \t]/.exec(text.slice(start, Math.min(end, start + 100)))?.index ?? 0
    if (quote >= 0 && quote < end && text[start + begins] !== '#') {
      const whole = endOfQuoted(text, start + begins)
      for (; end < whole; end = breakAfter(text, end + 1)) number += 1
    }
    const line = text.slice(start, end).trim()
    if (line !== '' && !line.startsWith('#')) yield { number: first, line }
    start = end + 1
  }
}

function breakAfter(text: string, from: number): number {
  const found = text.indexOf('\n', from)
  return found < 0 ? text.length : found
}

/** Where a line with quotes ends: at the first break that is in no text. A text that does not end takes all the rest with it. */
function endOfQuoted(text: string, from: number): number {
  let isQuoted = false
  let inFields = false
  let equals = -1
  for (let at = from; at < text.length; at += 1) {
    const character = text[at]
    if (character === '\n' && !isQuoted) return at
    if (character === '\\' && (isQuoted || isSpecial(text[at + 1]))) at += 1
    else if (character === ' ') inFields = true
    else if (character === '=') equals = at
    else if (character === '"' && (isQuoted || (inFields && equals === at - 1))) isQuoted = !isQuoted
  }
  return text.length
}

function parseLine(line: string, number: number, precision: Precision): Line | LineError {
  let at = stopAt(line, 0, false)
  if (at === 0) return 'no-measurement'
  const measurement = plain(line.slice(0, at))
  const tags = new Map<string, string>()
  while (line[at] === ',') {
    const equals = stopAt(line, at + 1)
    const end = stopAt(line, equals + 1)
    const key = plain(line.slice(at + 1, equals))
    if (line[equals] !== '=' || line[end] === '=' || key === '' || end === equals + 1 || tags.has(key)) return 'bad-tag'
    tags.set(key, plain(line.slice(equals + 1, end)))
    at = end
  }
  while (line[at] === ' ') at += 1
  if (at >= line.length) return 'no-fields'
  const fields = new Map<string, number | boolean | string>()
  for (let isMore = true; isMore; at += isMore ? 1 : 0) {
    const equals = stopAt(line, at)
    if (line[equals] !== '=' || equals === at) return 'bad-field'
    const isText = line[equals + 1] === '"'
    const end = isText ? endOfText(line, equals + 2) : stopAt(line, equals + 1, false)
    if (end === undefined) return 'no-end'
    const written = line.slice(equals + 1, end)
    const value = isText ? written.slice(1, -1).replaceAll(/\\(["\\])/g, '$1') : fieldValue(written)
    if (value === undefined || (end < line.length && line[end] !== ',' && line[end] !== ' ')) return 'bad-field'
    fields.set(plain(line.slice(at, equals)), value)
    at = end
    isMore = line[at] === ','
  }
  const written = line.slice(at).trim()
  if (written === '') return { number, measurement, tags, fields }
  const time = timeOf(written, precision)
  return time === undefined ? 'bad-time' : { number, measurement, tags, fields, at: time }
}

const codes = { comma: 44, space: 32, equals: 61, backslash: 92 } as const

/** The first comma, space or, where it counts, equal sign that is not escaped; the end where there is none. */
function stopAt(line: string, from: number, equalsCount = true): number {
  for (let at = from; at < line.length; at += 1) {
    const code = line.charCodeAt(at)
    // A backslash escapes these three and is itself before anything else, another backslash included.
    if (code === codes.backslash && isSpecial(line[at + 1])) at += 1
    else if (code === codes.comma || code === codes.space || (code === codes.equals && equalsCount)) return at
  }
  return line.length
}

/** Behind the quote that ends a text; `undefined` where none does. */
function endOfText(line: string, from: number): number | undefined {
  for (let at = from; at < line.length; at += 1) {
    if (line[at] === '\\') at += 1
    else if (line[at] === '"') return at + 1
  }
  return undefined
}

const isSpecial = (character: string | undefined): boolean => character === ',' || character === '=' || character === ' '
const plain = (text: string): string => (text.includes('\\') ? text.replaceAll(/\\([,= ])/g, '$1') : text)

const yes = ['t', 'T', 'true', 'True', 'TRUE']
const no = ['f', 'F', 'false', 'False', 'FALSE']
const least = -(2n ** 63n)
const greatest = { i: 2n ** 63n - 1n, u: 2n ** 64n - 1n } as const

function fieldValue(text: string): number | boolean | undefined {
  if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) return Number.isFinite(Number(text)) ? Number(text) : undefined
  const [, sign, digits = '', kind] = /^([+-]?)(\d{1,20})([iu])$/.exec(text) ?? []
  if (kind === 'i' || kind === 'u') {
    const count = BigInt(sign === '-' ? `-${digits}` : digits)
    return count > greatest[kind] || count < (kind === 'u' ? 0n : least) ? undefined : Number(count)
  }
  if (yes.includes(text)) return true
  if (no.includes(text)) return false
  return /^[+-]?(nan|inf(inity)?)$/i.test(text) ? Number.NaN : undefined
}

function timeOf(text: string, precision: Precision): number | undefined {
  if (!/^-?\d{1,19}$/.test(text)) return undefined
  const count = BigInt(text)
  return Number(precision === 's' ? count * 1_000n : count / perMs[precision])
}
