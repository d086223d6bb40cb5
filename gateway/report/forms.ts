import type { LogDocument } from './document.ts'
import type { Language, LogFormat } from './question.ts'
import type { Seal } from './seal.ts'

/** A log becomes a file. Where it fails the file is left to whoever asked, to be removed. */
export interface Form {
  readonly type: string
  write(document: LogDocument, file: string, language: Language, seal: Seal): Promise<void>
}

/** One line for each form, loaded when it is asked for: the gateway names them all and writes none, and a look on a screen needs no paper. */
export const forms: Readonly<Record<LogFormat, Form>> = {
  json: form('application/json; charset=utf-8', async () => (await import('./forms/json.ts')).writeJson),
  csv: form('text/csv; charset=utf-8', async () => (await import('./forms/csv.ts')).writeCsv),
  xlsx: form(
    'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    async () => (await import('./forms/xlsx.ts')).writeXlsx,
  ),
  pdf: form('application/pdf', async () => (await import('./forms/pdf.ts')).writePdf),
}

function form(type: string, load: () => Promise<Form['write']>): Form {
  return { type, write: async (...given) => (await load())(...given) }
}
