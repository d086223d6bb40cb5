import type { LogDocument } from '../document.ts'
import type { Language } from '../question.ts'
import { rowText, sectionText, topText, withoutRows } from '../seal.ts'
import type { Seal } from '../seal.ts'
import { writeText } from '../text-file.ts'

/**
 * `{"log": "zhishou-log-1", "kind", "title", "head", "signatures", "sections": [{"id", "title", "columns", …, "rows": [{"cells", "check", …}]}], "proof"}`
 * in both languages, times in ms. The chain runs over the canonical JSON of: kind, title, head and signatures as one; each section without its
 * rows; each row without its check.
 */
export async function writeJson(document: LogDocument, file: string, _language: Language, seal: Seal): Promise<void> {
  const { kind, title, head, sections, signatures } = document
  writeText(file, put => {
    const open = (word: string, value: object): void => put(`{"check":"${word}",${JSON.stringify(value).slice(1, -1)}`)
    put('{"log":"zhishou-log-1",')
    put(`"check":"${seal.row(topText(document))}",${JSON.stringify({ kind, title, head, signatures }).slice(1, -1)},"sections":[`)
    sections.forEach((section, index) => {
      if (index > 0) put(',')
      open(seal.row(sectionText(section)), withoutRows(section))
      put(',"rows":[')
      let isFirst = true
      for (const row of section.rows()) {
        put(isFirst ? '\n' : ',\n')
        open(seal.row(rowText(row)), row)
        put('}')
        isFirst = false
      }
      put(']}')
    })
    put(`],"proof":${JSON.stringify(seal.end() ?? null)}}\n`)
  })
}
