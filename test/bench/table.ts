import type { Figure } from './figure.ts'

/** Three figures are enough for anything measured on a machine that does other things too. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en')
  return String(Number(value.toPrecision(3)))
}

const heads = ['metric', 'value', 'unit', 'peer', 'of peer', 'ratio', 'range'] as const

function row({ metric, value, unit, peer, peerValue, ratio, range }: Figure): readonly string[] {
  const from = range ? `${short(range[0])} … ${short(range[1])}` : ''
  const beside = peerValue === undefined ? '' : short(peerValue)
  return [metric, short(value), unit, peer ?? '', beside, ratio === null ? '' : short(ratio), from]
}

/** The figures of one bench for a person to read; notes stand below, once each. */
export function tableOf(figures: readonly Figure[]): string {
  const rows = [heads, ...figures.map(row)]
  const widths = heads.map((_, column) => Math.max(...rows.map(cells => cells[column]?.length ?? 0)))
  const isNumber = (column: number): boolean => [1, 4, 5].includes(column)
  const lines = rows.map(cells =>
    cells
      .map((cell, column) => (isNumber(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
  const notes = Map.groupBy(
    figures.filter(({ note }) => note !== undefined),
    ({ note }) => note,
  )
  const remarks = [...notes].map(([note, of]) => `* ${[...new Set(of.map(({ metric }) => metric))].join(', ')}: ${note}`)
  return [...lines, ...remarks].map(line => `  ${line}`).join('\n')
}
