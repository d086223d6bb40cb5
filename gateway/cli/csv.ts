import { createReadStream } from 'node:fs'

/** One record of a CSV file with the line it began on. */
export interface CsvRecord {
  readonly line: number
  readonly cells: readonly string[]
}

/**
 * Reads RFC 4180 records one by one, with any one-character delimiter, CR LF or LF, a byte order mark, quoted cells with line breaks.
 * Memory does not grow with the file.
 */
export async function* readCsv(file: string, delimiter: string): AsyncGenerator<CsvRecord> {
  let cell = ''
  let cells: string[] = []
  let quoted = false
  let afterQuote = false
  let line = 1
  let begun = 1
  let first = true
  for await (const chunk of createReadStream(file, { encoding: 'utf8' })) {
    for (const char of String(chunk)) {
      if (first) {
        first = false
        if (char === '\uFEFF') continue
      }
      if (char === '\n') line += 1
      if (quoted) {
        if (char === '"') {
          quoted = false
          afterQuote = true
        } else cell += char
        continue
      }
      if (char === '"' && (afterQuote || cell === '')) {
        if (afterQuote) cell += '"'
        quoted = true
        afterQuote = false
        continue
      }
      afterQuote = false
      if (char === delimiter) {
        cells.push(cell)
        cell = ''
      } else if (char === '\n') {
        const record = { line: begun, cells: [...cells, cell.replace(/\r$/, '')] }
        cells = []
        cell = ''
        begun = line
        if (record.cells.length > 1 || record.cells[0] !== '') yield record
      } else cell += char
    }
  }
  if (cells.length > 0 || cell !== '') yield { line: begun, cells: [...cells, cell.replace(/\r$/, '')] }
}
