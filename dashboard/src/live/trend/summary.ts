/** What a curve says in a few numbers, for whoever does not see it. Pure. */
import type { Curve, Dot } from '../trend.ts'
import type { Piece } from './lanes.ts'
import { limitsAt } from './limits.ts'
import type { ValidLimits } from './limits.ts'
import type { Span } from './span.ts'

export interface Summary {
  readonly min: number
  /** Weighed by time. */
  readonly mean: number
  readonly max: number
  /** ms of which a value is known, and of these, how many beyond what was allowed then; nearly so where means are shown. */
  readonly known: number
  readonly outside: number
  readonly holes: number
  /** ms of which nothing is known, as the ledger of gaps has it. */
  readonly missing: number
}

/** `undefined` where nothing is known at all. */
export function summaryOf(curve: Curve, valid: readonly ValidLimits[], span: Span, silentAfter: number): Summary | undefined {
  let [min, max, sum, known, outside] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0, 0]
  for (const [index, dot] of curve.dots.entries()) {
    if (dot.mean === null || dot.min === null || dot.max === null) continue
    if (dot.t + (curve.every ?? 1) <= span.from || dot.t > span.to) continue
    min = Math.min(min, dot.min)
    max = Math.max(max, dot.max)
    const length = lengthOf(curve, index, span, silentAfter)
    known += length
    sum += dot.mean * length
    outside += length * shareBeyond(dot, valid)
  }
  if (min > max) return undefined
  const holes = curve.holes.filter(hole => hole.from < span.to && (hole.to ?? span.to) > span.from)
  const missing = holes.reduce((all, hole) => all + Math.min(hole.to ?? span.to, span.to) - Math.max(hole.from, span.from), 0)
  return { min, mean: known > 0 ? sum / known : (min + max) / 2, max, known, outside, holes: holes.length, missing }
}

/** A reading holds until the next, a mean for its bucket. */
function lengthOf({ dots, every }: Curve, index: number, span: Span, silentAfter: number): number {
  const at = dots[index]?.t ?? 0
  const next = dots[index + 1]?.t
  if (every !== undefined) return Math.max(0, Math.min(at + every, span.to) - Math.max(at, span.from))
  const holds = (next ?? span.to) - at
  return holds > silentAfter ? 0 : Math.max(0, Math.min(at + holds, span.to) - Math.max(at, span.from))
}

/** How much of a dot's time it was beyond: all or none, and where its extremes stand on both sides, as much as they reach over. */
function shareBeyond({ t, min, max }: Dot, valid: readonly ValidLimits[]): number {
  if (min === null || max === null || valid.length === 0) return 0
  const limits = limitsAt(valid, t)
  const over = limits.max === undefined ? 0 : part(max - limits.max, max - min)
  const under = limits.min === undefined ? 0 : part(limits.min - min, max - min)
  return Math.min(1, over + under)
}
const part = (beyond: number, all: number): number => (beyond <= 0 ? 0 : all > 0 ? Math.min(1, beyond / all) : 1)

/** How long each state stood, the longest first; `mixed` is a time in which it changed. */
export function statesOf(
  pieces: readonly Piece[],
  { from, to }: Span,
): readonly { readonly code: Piece['code']; readonly length: number }[] {
  const lengths = new Map<Piece['code'], number>()
  for (const piece of pieces) {
    const length = Math.min(piece.to, to) - Math.max(piece.from, from)
    if (length > 0) lengths.set(piece.code, (lengths.get(piece.code) ?? 0) + length)
  }
  return [...lengths].map(([code, length]) => ({ code, length })).toSorted((a, b) => b.length - a.length)
}
