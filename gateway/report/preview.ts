import type { LogDocument, LogRow, LogSection } from './document.ts'

/** A log as a screen shows it first: so many rows of each section, and whether there are more. It is looked at, not taken away, and proves nothing. */
export function previewOf(document: LogDocument, most: number): LogDocument {
  return { ...document, sections: document.sections.map(section => firstRows(section, most)) }
}

function firstRows(section: LogSection, most: number): LogSection {
  const rows: LogRow[] = []
  for (const row of section.rows()) {
    if (rows.length === most) return { ...section, rows: () => rows, isCut: true }
    rows.push(row)
  }
  return { ...section, rows: () => rows }
}
