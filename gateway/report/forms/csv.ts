import type { Instant } from '../../../protocols/contract/time.ts'
import { cellText, clockLength, columnTitle, offsetText, say, shareText, stampText, toneWords } from '../cell-text.ts'
import type { Reader } from '../cell-text.ts'
import type { Cell, LogColumn, LogDocument, LogRow } from '../document.ts'
import { factsOf, tablesOf } from '../front.ts'
import type { Language } from '../question.ts'
import type { Seal } from '../seal.ts'
import { writeText } from '../text-file.ts'

/**
 * UTF-8 with a byte order mark, CRLF, RFC 4180. Every record has equally many fields; the last three are the row's mark, the places in the
 * journal that say so, and the check word, which chains the record's own text: all of it up to the comma before the check word. The last
 * record is not in the chain: it holds the proof, its JSON in base64, in the second field. Times are the site's, each with its offset in a
 * column beside it; lengths are `h:mm:ss`.
 */
export async function writeCsv(document: LogDocument, file: string, language: Language, seal: Seal): Promise<void> {
  const reader: Reader = { language, zone: document.head.timeZone }
  const tables = tablesOf(document)
  const width = Math.max(2, ...tables.map(({ columns }) => columns.flatMap(fieldsPerColumn).length))
  writeText(file, put => {
    const record = (fields: readonly string[], ends: readonly [mark: string, journal: string], word?: string): void => {
      const padded = [...fields, ...Array.from({ length: width - fields.length }, () => ''), ...ends]
      const text = padded.map(quoted).join(',')
      put(`${text},${word ?? seal.row(text)}\r\n`)
    }
    const line = (...fields: readonly string[]): void => record(fields.map(guarded), ['', ''])
    put('\uFEFF')
    line(say({ zh: '值守记录', en: 'Zhishou log' }, reader), say(document.title, reader))
    for (const { label, text } of factsOf(document, seal, reader)) line(label, text)
    for (const { title, columns, notes = [], whenEmpty, rows } of tables) {
      line()
      line(say(title, reader))
      for (const note of notes) line(say(note, reader))
      const names = columns.flatMap(column => titlesOf(column, reader)).map(guarded)
      record(names, [say({ zh: '标记', en: 'mark' }, reader), say({ zh: '日志序号', en: 'journal' }, reader)])
      let isEmpty = true
      for (const row of rows()) {
        isEmpty = false
        record(fieldsOf(row, columns, reader), endsOf(row, reader))
      }
      if (isEmpty) line(say(whenEmpty, reader))
    }
    for (const [index, words] of document.signatures.entries()) {
      if (index === 0) line()
      line(say(words, reader), '')
    }
    const proof = seal.end()
    const signed = proof ? Buffer.from(JSON.stringify(proof)).toString('base64') : say({ zh: '未签名', en: 'not signed' }, reader)
    record([say({ zh: '校验证明', en: 'proof' }, reader), signed], ['', ''], '')
  })
}

const fieldsPerColumn = ({ holds }: LogColumn): readonly string[] => (holds === 'time' ? ['time', 'offset'] : ['one'])

function titlesOf(column: LogColumn, reader: Reader): readonly string[] {
  const title = columnTitle(column, reader)
  return column.holds === 'time' ? [title, say({ zh: '时差', en: 'offset' }, reader)] : [title]
}

function fieldsOf({ cells }: LogRow, columns: readonly LogColumn[], reader: Reader): readonly string[] {
  return columns.flatMap((column, index) => fields(cells[index] ?? null, column, reader))
}

function fields(cell: Cell, column: LogColumn, reader: Reader): readonly string[] {
  const isNumber = typeof cell === 'number' && Number.isFinite(cell)
  if (column.holds === 'time')
    return isNumber
      ? [stampText(cell as Instant, reader.zone), offsetText(cell as Instant, reader.zone)]
      : [cell === null ? '' : guarded(cellText(cell, column, reader)), '']
  if (cell === null) return ['']
  if (!isNumber) return [guarded(cellText(cell, column, reader))]
  if (column.holds === 'length') return [clockLength(cell)]
  if (column.holds === 'share') return [shareText(cell)]
  return [cellText(cell, column, reader)]
}

const endsOf = ({ tone, entries = [] }: LogRow, reader: Reader): readonly [string, string] => [
  tone ? say(toneWords[tone], reader) : '',
  entries.join(' '),
]

/**
 * Text that a spreadsheet would run as a formula is made text by an apostrophe; a plain number stays one. A spreadsheet in Chinese or
 * Japanese takes the wide signs of an input method for the narrow ones (OWASP, CSV Injection).
 */
export const guarded = (text: string): string =>
  /^[=+\-@\t\r\n＝＋－＠]/.test(text) && !/^[+-]?\d+(?:\.\d+)?$/.test(text) ? `'${text}` : text

const quoted = (field: string): string => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)
