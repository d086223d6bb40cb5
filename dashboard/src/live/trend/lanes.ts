/** What doors, modes and pumps did, as pieces of a lane under the curve. Pure. */
import type { Curve } from '../trend.ts'
import type { Span } from './span.ts'

export interface Piece extends Span {
  /** `mixed`: it changed within; of a time without a piece nothing is known. */
  readonly code: number | 'mixed'
}

/** A state holds until the next word, if that comes in time; bad words and silence end it. `until` is as far as anything can be known. */
export function laneOf(curve: Curve, silentAfter: number, until: number): readonly Piece[] {
  const pieces: { from: number; to: number; code: number | 'mixed' }[] = []
  for (const [index, dot] of curve.dots.entries()) {
    if (dot.min === null || dot.max === null) continue
    const next = curve.dots[index + 1]?.t
    const holds = curve.every ?? silentAfter
    const end = Math.min(next ?? until, until, endOf(curve, dot.t), dot.t + holds)
    const isSilent = next !== undefined && next - dot.t > Math.max(holds, silentAfter)
    // Silence that is too long is unknown from its beginning, as the ledger of gaps has it.
    const to = curve.every === undefined && isSilent ? dot.t : end
    const code = dot.min === dot.max ? dot.min : 'mixed'
    const last = pieces.at(-1)
    if (last && last.code === code && last.to >= dot.t) last.to = Math.max(last.to, to)
    else if (to > dot.t) pieces.push({ from: dot.t, to, code })
  }
  return pieces
}

/** Where the next hole begins. */
const endOf = ({ holes }: Curve, at: number): number =>
  holes.reduce((end, hole) => (hole.from >= at && hole.from < end ? hole.from : end), Number.POSITIVE_INFINITY)

/** What a lane says of a moment. */
export const pieceAt = (pieces: readonly Piece[], at: number): Piece | undefined =>
  pieces.find(({ from, to }) => at >= from && at < to)

/** The part of a piece that is in sight, as percentages of the axis. */
export function placed({ from, to }: Span, axis: Span): { readonly left: number; readonly width: number } | undefined {
  const begin = Math.max(from, axis.from)
  const end = Math.min(to, axis.to)
  const length = axis.to - axis.from
  if (!(end > begin) || !(length > 0)) return undefined
  return { left: ((begin - axis.from) / length) * 100, width: ((end - begin) / length) * 100 }
}
