import { cellText, columnTitle } from './cell-text.ts'
import type { Reader } from './cell-text.ts'
import type { LogSection } from './document.ts'

/** A Chinese character is as wide as two Latin ones (East Asian wide and full-width forms, and what is drawn like them). */
const wide =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\u33FF\u3400-\u4DBF\u4E00-\u9FFF\uA000-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE4F\uFF00-\uFF60\uFFE0-\uFFE6]|[\u{1F300}-\u{1FAFF}\u{20000}-\u{3FFFD}]/u

/** In characters of Latin text. */
export function wideAs(text: string): number {
  let width = 0
  for (const sign of text) width += wide.test(sign) ? 2 : 1
  return width
}

/** So many rows of a section are looked at: a longer text further down is wrapped. */
const lookedAt = 200

/** What the columns of a section ask for, in characters: for their title, their own wish and the first rows. */
export function columnWidths(
  section: LogSection,
  reader: Reader,
  { most, least }: { readonly most: number; readonly least: number },
): readonly number[] {
  const { columns } = section
  const widths = columns.map(column => Math.max(column.width ?? 0, Math.min(wideAs(columnTitle(column, reader)), 14)))
  let seen = 0
  for (const { cells } of section.rows()) {
    for (const [index, column] of columns.entries())
      widths[index] = Math.max(widths[index] ?? 0, wideAs(cellText(cells[index] ?? null, column, reader)))
    seen += 1
    if (seen >= lookedAt) break
  }
  return widths.map(width => Math.min(most, Math.max(least, width + 2)))
}
