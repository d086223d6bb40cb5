/** One line of InfluxDB line protocol: `measurement,tag=value field=4.2,other=t 1693526400000000000`. */
export interface Line {
  /** From 1, as an editor counts. */
  readonly number: number
  readonly measurement: string
  readonly tags: ReadonlyMap<string, string>
  readonly fields: ReadonlyMap<string, number | boolean | string>
  /** In ms since 1970; absent when the line has none. */
  readonly at?: number
}
export type Precision = 'ns' | 'us' | 'ms' | 's'
export type LineError = 'no-fields' | 'bad-field' | 'bad-time' | 'bad-tag' | 'no-measurement'
export interface ParsedLines {
  readonly lines: readonly Line[]
  readonly errors: readonly { readonly number: number; readonly why: LineError }[]
}

const perMs: Readonly<Record<Precision, bigint>> = { ns: 1_000_000n, us: 1_000n, ms: 1n, s: 1n }

/** Reads all lines; comments and empty lines count but mean nothing. Follows the published grammar, and takes `NaN` as a word for "no value". */
export function parseLines(text: string, precision: Precision): ParsedLines {
  const lines: Line[] = []
  const errors: { number: number; why: LineError }[] = []
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.replace(/\r$/, '').trim()
    if (line === '' || line.startsWith('#')) continue
    const read = parseLine(line, index + 1, precision)
    if (typeof read === 'string') errors.push({ number: index + 1, why: read })
    else lines.push(read)
  }
  return { lines, errors }
}

function parseLine(line: string, number: number, precision: Precision): Line | LineError {
  const [head, fieldText, timeText, ...more] = split(line, ' ').filter(part => part !== '')
  if (head === undefined || head.startsWith(',')) return 'no-measurement'
  if (fieldText === undefined) return 'no-fields'
  if (more.length > 0) return 'bad-time'
  const [measurement = '', ...tagTexts] = split(head, ',')
  const tags = new Map<string, string>()
  for (const tag of tagTexts) {
    const [key = '', value = '', ...rest] = split(tag, '=')
    if (key === '' || value === '' || rest.length > 0) return 'bad-tag'
    tags.set(plain(key), plain(value))
  }
  const fields = new Map<string, number | boolean | string>()
  for (const field of split(fieldText, ',')) {
    const [key = '', ...rest] = split(field, '=')
    const value = fieldValue(rest.join('='))
    if (key === '' || value === undefined) return 'bad-field'
    fields.set(plain(key), value)
  }
  const at = timeText === undefined ? undefined : timeOf(timeText, precision)
  if (timeText !== undefined && at === undefined) return 'bad-time'
  return { number, measurement: plain(measurement), tags, fields, ...(at === undefined ? {} : { at }) }
}

/** Splits at a character that is neither escaped nor inside quotes. */
function split(text: string, at: string): string[] {
  const parts: string[] = []
  let start = 0
  let isQuoted = false
  for (let i = 0; i < text.length; i += 1) {
    const character = text[i]
    if (character === '\\') i += 1
    // A quote opens a string only where a field's value starts; elsewhere it is an ordinary character.
    else if (character === '"' && (isQuoted || text[i - 1] === '=')) isQuoted = !isQuoted
    else if (character === at && !isQuoted) {
      parts.push(text.slice(start, i))
      start = i + 1
    }
  }
  parts.push(text.slice(start))
  return parts
}

const plain = (text: string): string => text.replaceAll(/\\([,= \\])/g, '$1')

function fieldValue(text: string): number | boolean | string | undefined {
  if (/^".*"$/s.test(text) && text.length > 1) return text.slice(1, -1).replaceAll(/\\(["\\])/g, '$1')
  if (/^(t|true)$/i.test(text)) return true
  if (/^(f|false)$/i.test(text)) return false
  if (/^[+-]?\d+[iu]$/.test(text)) return Number(text.slice(0, -1))
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text)
  if (/^[+-]?(nan|inf(inity)?)$/i.test(text)) return Number.NaN
  return undefined
}

function timeOf(text: string, precision: Precision): number | undefined {
  if (!/^-?\d{1,19}$/.test(text)) return undefined
  const count = BigInt(text)
  return Number(precision === 's' ? count * 1_000n : count / perMs[precision])
}
