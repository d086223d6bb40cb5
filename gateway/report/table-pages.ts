import { cellText, columnTitle, dash } from './cell-text.ts'
import type { Reader } from './cell-text.ts'
import type { LogColumn, LogRow, LogSection } from './document.ts'
import { colors, lineHeight } from './page.ts'
import type { Look, Page } from './page.ts'
import type { Press } from './press.ts'
import { cellLook, cellPadding, headLook } from './table-plan.ts'

const step = cellLook.size * lineHeight
const rowPadding = 2.5
/** Left of the table, where the sign of an abnormal row stands. */
const signGutter = 10

const alignOf = ({ holds }: LogColumn, shown: string): 'left' | 'center' | 'right' =>
  shown === dash || holds === 'day' || holds === 'time' || holds === 'verdict' ? 'center' : holds === 'text' ? 'left' : 'right'

/** From the left edge of a column to where a line of a cell, or of the column's title, begins. */
function indentOf(press: Press, column: LogColumn | undefined, line: string, look: Look, width: number): number {
  const wide = press.letters.width(line, look)
  const align = column ? alignOf(column, line) : 'left'
  return align === 'left' ? cellPadding : align === 'right' ? width - cellPadding - wide : (width - wide) / 2
}

const headLines = (
  press: Press,
  { columns }: LogSection,
  widths: readonly number[],
  reader: Reader,
): readonly (readonly string[])[] =>
  columns.map((column, index) => press.lines(columnTitle(column, reader), (widths[index] ?? 0) - 2 * cellPadding, headLook))

const deepest = (lines: readonly (readonly string[])[]): number => Math.max(1, ...lines.map(({ length }) => length))

/** Of the row that is repeated on every page. */
export const headHeight = (press: Press, section: LogSection, widths: readonly number[], reader: Reader): number =>
  deepest(headLines(press, section, widths, reader)) * step + 2 * rowPadding + 2

/** The rows of a section, each page with its head. Gives how many there were; draws nothing where there are none. */
export function* tablePages(
  press: Press,
  section: LogSection,
  widths: readonly number[],
  reader: Reader,
): Generator<Page, number> {
  const head = headLines(press, section, widths, reader)
  let rows = 0
  for (const row of section.rows()) {
    const { lines, looks } = rowLines(press, row, section.columns, widths, reader)
    const height = deepest(lines) * step + 2 * rowPadding
    if (rows === 0) drawHead(press, section.columns, head, widths)
    rows += 1
    if (press.room < height) {
      const whole = press.bottom - 60
      // A row longer than a page is the only one that is divided.
      if (height < whole) {
        yield press.turn()
        drawHead(press, section.columns, head, widths)
      }
    }
    yield* drawRow(press, { row, lines, looks, columns: section.columns, widths, isStriped: rows % 2 === 0, head })
  }
  if (rows > 0) press.rule(press.y, colors.ink, 0.7)
  return rows
}

function drawHead(
  press: Press,
  columns: readonly LogColumn[],
  head: readonly (readonly string[])[],
  widths: readonly number[],
): void {
  const height = deepest(head) * step + 2 * rowPadding + 2
  press.put({ what: 'box', x: press.left, y: press.y, width: press.inner, height, fill: colors.head })
  let x = press.left
  for (const [index, lines] of head.entries()) {
    const width = widths[index] ?? 0
    const top = press.y + (height - lines.length * step) / 2
    for (const [number, line] of lines.entries())
      press.text(x + indentOf(press, columns[index], line, headLook, width), top + number * step, line, headLook)
    x += width
  }
  press.y += height
  press.rule(press.y, colors.ink, 0.7)
}

interface Lines {
  readonly lines: readonly (readonly string[])[]
  readonly looks: readonly Look[]
}

function rowLines(
  press: Press,
  { cells, tone }: LogRow,
  columns: readonly LogColumn[],
  widths: readonly number[],
  reader: Reader,
): Lines {
  const looks = columns.map((column, index): Look => {
    if (tone === 'bad' || tone === 'total') return headLook
    if (tone === 'quiet') return { ...cellLook, slanted: true, color: colors.faint }
    return column.holds === 'verdict' && cells[index] === 'bad' ? headLook : cellLook
  })
  const lines = columns.map((column, index) =>
    press.lines(cellText(cells[index] ?? null, column, reader), (widths[index] ?? 0) - 2 * cellPadding, looks[index] ?? cellLook),
  )
  return { lines, looks }
}

interface DrawnRow extends Lines {
  readonly row: LogRow
  readonly columns: readonly LogColumn[]
  readonly widths: readonly number[]
  readonly isStriped: boolean
  readonly head: readonly (readonly string[])[]
}

function* drawRow(press: Press, { row, lines, looks, columns, widths, isStriped, head }: DrawnRow): Generator<Page> {
  const depth = deepest(lines)
  for (let first = 0; first < depth;) {
    const room = Math.max(1, Math.floor((press.room - 2 * rowPadding) / step))
    if (press.room < step + 2 * rowPadding) {
      yield press.turn()
      drawHead(press, columns, head, widths)
      continue
    }
    const count = Math.min(depth - first, room)
    drawPart(press, { row, columns, widths, looks, isStriped, lines: lines.map(all => all.slice(first, first + count)) }, count)
    first += count
  }
}

function drawPart(press: Press, { row, lines, looks, columns, widths, isStriped }: Omit<DrawnRow, 'head'>, count: number): void {
  const height = count * step + 2 * rowPadding
  const fill = row.tone === 'bad' ? colors.badGround : row.tone === 'total' ? colors.head : isStriped ? colors.stripe : undefined
  if (fill) press.put({ what: 'box', x: press.left, y: press.y, width: press.inner, height, fill })
  if (row.tone === 'bad')
    press.text(press.left - signGutter, press.y + rowPadding, '▲', { size: 8, bold: true, color: colors.bad })
  if (row.tone === 'total') press.rule(press.y, colors.ink, 1)
  let x = press.left
  for (const [index, column] of columns.entries()) {
    const width = widths[index] ?? 0
    const look = looks[index] ?? cellLook
    for (const [number, line] of (lines[index] ?? []).entries()) {
      press.text(x + indentOf(press, column, line, look, width), press.y + rowPadding + number * step, line, look)
    }
    x += width
  }
  press.y += height
  press.rule(press.y, colors.hair, 0.4)
}
