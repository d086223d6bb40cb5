/** The curve as rows, for a table on the page and for a file. Pure. */
import type { Said, WirePoint } from '../../../../gateway/api/wire.ts'
import type { Curve, Hole } from '../trend.ts'
import { pieceAt } from './lanes.ts'
import type { Piece } from './lanes.ts'
import type { Span } from './span.ts'

export interface Lane {
  readonly point: WirePoint
  readonly pieces: readonly Piece[]
}
export type Row =
  | {
      readonly t: number
      readonly min: number
      readonly mean: number
      readonly max: number
      /** One for each lane; nothing where it is not known. */
      readonly lanes: readonly (Piece['code'] | undefined)[]
    }
  | { readonly t: number; readonly hole: Hole }

/** Readings and holes in the order of time. */
export function rowsOf(curve: Curve, lanes: readonly Lane[], span: Span): readonly Row[] {
  const read = curve.dots.flatMap(({ t, min, mean, max }): Row[] =>
    min === null || mean === null || max === null || t < span.from || t > span.to
      ? []
      : [{ t, min, mean, max, lanes: lanes.map(({ pieces }) => pieceAt(pieces, t)?.code) }],
  )
  const holes = curve.holes
    .filter(hole => hole.from < span.to && (hole.to ?? span.to) > span.from)
    .map((hole): Row => ({ t: Math.max(hole.from, span.from), hole }))
  return [...read, ...holes].toSorted((a, b) => a.t - b.t)
}

/** So many rows, evenly taken; holes are never left out. */
export function thinned(rows: readonly Row[], most: number): readonly Row[] {
  const every = Math.ceil(rows.length / most)
  return every <= 1 ? rows : rows.filter((row, index) => 'hole' in row || index % every === 0)
}

export interface SheetWords {
  readonly heads: readonly string[]
  readonly time: (at: number) => string
  readonly lane: (lane: Lane, code: Piece['code'] | undefined) => string
  readonly cause: (hole: Hole) => string
}

/** What is shown, as a file that spreadsheets open: UTF-8 with its mark, quoted, and nothing in it that a spreadsheet would run. */
export function sheetOf(rows: readonly Row[], lanes: readonly Lane[], words: SheetWords): string {
  const lines = rows.map(row =>
    'hole' in row
      ? [words.time(row.t), '', '', '', ...lanes.map(() => ''), words.cause(row.hole)]
      : [words.time(row.t), row.mean, row.min, row.max, ...lanes.map((lane, index) => words.lane(lane, row.lanes[index])), ''],
  )
  return `\uFEFF${[words.heads, ...lines].map(line => line.map(cellOf).join(',')).join('\r\n')}\r\n`
}

function cellOf(cell: string | number): string {
  if (typeof cell === 'number') return String(cell)
  const safe = /^[=+\-@\t\r\n＝＋－＠]/.test(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

export const labelOf = (point: WirePoint, code: number): Said | undefined => point.labels.find(one => one.code === code)?.label
