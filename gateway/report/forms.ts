import type { LogDocument } from './document.ts'
import { writeCsv } from './forms/csv.ts'
import { writeJson } from './forms/json.ts'
import { writePdf } from './forms/pdf.ts'
import { writeXlsx } from './forms/xlsx.ts'
import type { Language, LogFormat } from './question.ts'
import type { Seal } from './seal.ts'

/** A log becomes a file. Where it fails the file is left to whoever asked, to be removed. */
export interface Form {
  readonly type: string
  write(document: LogDocument, file: string, language: Language, seal: Seal): Promise<void>
}

/** One line for each form. */
export const forms: Readonly<Record<LogFormat, Form>> = {
  json: { type: 'application/json; charset=utf-8', write: writeJson },
  csv: { type: 'text/csv; charset=utf-8', write: writeCsv },
  xlsx: { type: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', write: writeXlsx },
  pdf: { type: 'application/pdf', write: writePdf },
}
