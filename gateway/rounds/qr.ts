import { encode } from 'uqr'

/** A QR code as one SVG path of unit squares, in a square of `size` units that includes the quiet zone. */
export interface QrDrawing {
  readonly size: number
  readonly path: string
}

/** Level M: a label on a wall gets scratched, and yet a phone reads it from an arm's length. */
export function drawQr(text: string): QrDrawing {
  const { size, data } = encode(text, { ecc: 'M', border: 4 })
  const rows = data.flatMap((row, y) => runsOf(row).map(([x, width]) => `M${x} ${y}h${width}v1h-${width}z`))
  return { size, path: rows.join('') }
}

/** Neighbouring dark squares of a row: where they begin and how many they are. */
function runsOf(row: readonly boolean[]): readonly (readonly [x: number, width: number])[] {
  const runs: [number, number][] = []
  row.forEach((isDark, x) => {
    const last = runs.at(-1)
    if (!isDark) return
    if (last && last[0] + last[1] === x) last[1] += 1
    else runs.push([x, 1])
  })
  return runs
}
