import { cellText, columnTitle } from './cell-text.ts'
import type { Reader } from './cell-text.ts'
import type { LogSection } from './document.ts'
import { narrowest } from './lines.ts'
import type { Letters, Look } from './page.ts'

export const cellLook: Look = { size: 8 }
export const headLook: Look = { size: 8, bold: true }
export const cellPadding = 4

/** What the columns of a table ask for, in points with their padding. */
export interface ColumnWish {
  /** Nothing is broken that should not be. */
  readonly least: number
  /** Everything on one line. */
  readonly ideal: number
  readonly isText: boolean
}

const lookedAt = 150
const longestWord = 150
/** Up to this width a title stays on one line. */
const shortTitle = 36

export function columnWishes(section: LogSection, reader: Reader, letters: Letters): readonly ColumnWish[] {
  const { columns } = section
  const bold = (text: string): number => letters.width(text, headLook)
  const wishes = columns.map(column => {
    const title = letters.shown(columnTitle(column, reader))
    return {
      least: Math.max(narrowest(title, longestWord, bold), Math.min(bold(title), shortTitle)),
      ideal: Math.max(bold(title), (column.width ?? 0) * 4),
      isText: column.holds === 'text',
    }
  })
  let seen = 0
  for (const { cells } of section.rows()) {
    for (const [index, column] of columns.entries()) {
      const wish = wishes[index]
      if (!wish) continue
      const text = letters.shown(cellText(cells[index] ?? null, column, reader))
      const ideal = bold(text)
      wish.ideal = Math.max(wish.ideal, ideal)
      // Figures and times stay whole; words may be broken between.
      const least =
        column.holds === 'text' || typeof cells[index] === 'object'
          ? narrowest(text, longestWord, bold)
          : Math.min(ideal, longestWord)
      wish.least = Math.max(wish.least, least)
    }
    seen += 1
    if (seen >= lookedAt) break
  }
  return wishes.map(({ least, ideal, isText }) => ({
    least: least + 2 * cellPadding + 1,
    ideal: Math.max(least, ideal) + 2 * cellPadding + 1,
    isText,
  }))
}

/** A text column is comfortable at this width, however long its texts are. */
const comfortable = 130

/** What a table needs so that it reads well. */
export const comfortOf = (wishes: readonly ColumnWish[]): number =>
  wishes.reduce((sum, { least, ideal, isText }) => sum + Math.max(least, isText ? Math.min(ideal, comfortable) : ideal), 0)

/**
 * Shares `width` among the columns, all of it: each its least at first, the rest by what is missing to the ideal, what is left then by text
 * columns first. Where not even the least fits all shrink alike, and words are broken.
 */
export function planColumns(wishes: readonly ColumnWish[], width: number): readonly number[] {
  const least = wishes.reduce((sum, wish) => sum + wish.least, 0)
  if (least >= width) return wishes.map(wish => (wish.least / least) * width)
  const missing = wishes.reduce((sum, wish) => sum + (wish.ideal - wish.least), 0)
  const spare = width - least
  const share = missing === 0 ? 0 : Math.min(1, spare / missing)
  const given = wishes.map(wish => wish.least + (wish.ideal - wish.least) * share)
  const left = width - given.reduce((sum, one) => sum + one, 0)
  const takers = wishes.some(({ isText }) => isText) ? wishes.map(({ isText }) => isText) : wishes.map(() => true)
  const wanted = wishes.reduce((sum, { ideal }, index) => sum + (takers[index] ? ideal : 0), 0)
  return given.map((one, index) => one + (takers[index] && wanted > 0 ? (left * (wishes[index]?.ideal ?? 0)) / wanted : 0))
}
