import { closeSync, openSync, writeSync } from 'node:fs'
import { canonical } from '../../journal/canonical.ts'
import type { LogDocument } from '../document.ts'
import type { Language } from '../question.ts'
import type { Seal } from '../seal.ts'

/**
 * `{"log": "zhishou-log-1", "kind", "title", "head", "signatures", "sections": [{"id", "title", "columns", …, "rows": [{"cells", "check", …}]}], "proof"}`
 * in both languages, times in ms. The chain runs over the canonical JSON of: kind, title, head and signatures as one; each section without its
 * rows; each row without its check.
 */
export async function writeJson(document: LogDocument, file: string, _language: Language, seal: Seal): Promise<void> {
  const descriptor = openSync(file, 'w')
  let waiting = ''
  const flush = (): void => {
    writeSync(descriptor, waiting)
    waiting = ''
  }
  const put = (text: string): void => {
    waiting += text
    if (waiting.length > 64 * 1024) flush()
  }
  try {
    const { kind, title, head, sections, signatures } = document
    const top = { kind, title, head, signatures }
    put(`{"log":"zhishou-log-1","check":"${seal.row(canonical(top))}",${JSON.stringify(top).slice(1, -1)},"sections":[`)
    sections.forEach(({ rows, ...section }, index) => {
      if (index > 0) put(',')
      put(`{"check":"${seal.row(canonical(section))}",${JSON.stringify(section).slice(1, -1)},"rows":[`)
      let isFirst = true
      for (const row of rows()) {
        put(`${isFirst ? '' : ','}\n{"check":"${seal.row(canonical(row))}",${JSON.stringify(row).slice(1, -1)}}`)
        isFirst = false
      }
      put(']}')
    })
    put(`],"proof":${JSON.stringify(seal.end() ?? null)}}\n`)
    flush()
  } finally {
    closeSync(descriptor)
  }
}
