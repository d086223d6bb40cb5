import type { Words } from '../../protocols/contract/driver.ts'
import { faultCodes } from '../../protocols/contract/fault.ts'
import type { FaultCode } from '../../protocols/contract/fault.ts'
import type { PointId } from '../../protocols/contract/reading.ts'
import { instant } from '../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import type { Gap } from '../store/store.ts'
import { causeWords } from './gap-words.ts'

/**
 * Why a time is not known, in the order in which causes win where several hold. What kept anybody from listening goes first; then what was
 * heard and is gone; then what people decided; then the line; what the device itself did is what is left.
 */
const reasonCauses = [
  'power',
  'gateway-stopped',
  'trimmed',
  'damaged',
  'clock',
  'locked-out',
  'out-of-service',
  'bus-down',
] as const
export type ReasonCause = (typeof reasonCauses)[number]
export const gapCauses = [...reasonCauses, 'silent', ...faultCodes, 'not-begun'] as const
export type GapCause = ReasonCause | 'silent' | FaultCode | 'not-begun'

/** A hole in a series with everything that is known of it. Never interpolated. */
export interface ExplainedGap {
  readonly from: Instant
  /** `null`: the point has not spoken well since. */
  readonly to: Instant | null
  readonly cause: GapCause
  /** What the cause is called, in a few words. */
  readonly causeName: Words
  /** One sentence for the person who asks why. */
  readonly detail: Words
  /** Places in the journal that say so. */
  readonly entries: readonly number[]
}

/** What the ledger has to know of a point. */
export interface LedgerPoint {
  readonly id: PointId
  readonly equipment: string
  readonly connection: string
  readonly staleAfter: Millis
}

/** A time in which something kept points from being known: it explains holes, it makes none. Ms; `to` is infinite where it lasts. */
export interface Reason {
  readonly from: number
  readonly to: number
  readonly cause: ReasonCause
  readonly detail: Words
  readonly entries: readonly number[]
}

/** A hole before it is explained; `to` infinite where it lasts. */
export interface Hole {
  readonly from: number
  readonly to: number
  readonly cause: Gap['cause'] | 'not-begun'
}

interface Piece {
  readonly from: number
  readonly to: number
  /** `undefined`: what the device did. */
  readonly reason: Reason | undefined
}

/**
 * Holes with their causes: each is cut where a reason begins or ends, and every piece has the strongest reason that covers it, of equal ones
 * the one that began last. What is left of a silence beside a reason and no longer than `silentAfter` belongs to it: a device is not
 * missed at once. The pieces tile the holes exactly.
 */
export function explain(holes: readonly Hole[], reasons: readonly Reason[], silentAfter: number): ExplainedGap[] {
  return holes.flatMap(hole => {
    const about = stretched(
      hole,
      reasons.filter(reason => reason.from < hole.to && reason.to > hole.from && canExplain(reason, hole)),
    )
    return absorbed(piecesOf(hole, about), hole, silentAfter).map(piece => gapOf(piece, hole))
  })
}

/** Nobody listened to a point that did not exist yet: of a time before the first word only lost data are a reason. */
const canExplain = ({ cause }: Reason, hole: Hole): boolean =>
  hole.cause !== 'not-begun' || cause === 'trimmed' || cause === 'damaged'

const isStop = ({ cause }: Reason): boolean => cause === 'power' || cause === 'gateway-stopped'

/** A hole of a stop is a little longer than the stop: the fringes belong to it, and what lies between two of them to the one before. */
function stretched(hole: Hole, reasons: readonly Reason[]): readonly Reason[] {
  if (hole.cause !== 'gateway-stopped') return reasons
  const stops = reasons.filter(isStop).toSorted((a, b) => a.from - b.from)
  const wide = stops.map((stop, index) => ({
    ...stop,
    from: index === 0 ? hole.from : stop.from,
    to: stops[index + 1]?.from ?? hole.to,
  }))
  return [...wide, ...reasons.filter(reason => !isStop(reason))]
}

function piecesOf(hole: Hole, reasons: readonly Reason[]): Piece[] {
  const inside = reasons.flatMap(({ from, to }) => [from, to]).filter(cut => cut > hole.from && cut < hole.to)
  const cuts = [hole.from, ...new Set(inside.toSorted((a, b) => a - b)), hole.to]
  const pieces: Piece[] = []
  for (const [index, from] of cuts.slice(0, -1).entries()) {
    const to = cuts[index + 1] as number
    const reason = strongest(reasons.filter(one => one.from <= from && one.to >= to))
    const before = pieces.at(-1)
    if (before && before.reason === reason) pieces[pieces.length - 1] = { ...before, to }
    else pieces.push({ from, to, reason })
  }
  return pieces
}

function strongest(reasons: readonly Reason[]): Reason | undefined {
  const rank = ({ cause }: Reason): number => reasonCauses.indexOf(cause)
  return reasons.toSorted((a, b) => rank(a) - rank(b) || b.from - a.from)[0]
}

/** Short rests of a silence go to the reason before them, or to the one after. */
function absorbed(pieces: readonly Piece[], hole: Hole, silentAfter: number): readonly Piece[] {
  if (hole.cause !== 'silent' || pieces.length < 2) return pieces
  const result: Piece[] = []
  for (const [index, piece] of pieces.entries()) {
    const isRest = piece.reason === undefined && piece.to - piece.from <= silentAfter
    const before = result.at(-1)
    const next = pieces[index + 1]
    if (isRest && before) result[result.length - 1] = { ...before, to: piece.to }
    else if (isRest && next) result.push({ ...piece, reason: next.reason })
    else if (before && before.reason === piece.reason) result[result.length - 1] = { ...before, to: piece.to }
    else result.push(piece)
  }
  return result
}

function gapOf({ from, to, reason }: Piece, hole: Hole): ExplainedGap {
  return {
    from: instant(from),
    to: to === Infinity ? null : instant(to),
    cause: reason?.cause ?? hole.cause,
    causeName: causeWords[reason?.cause ?? hole.cause],
    detail: reason?.detail ?? causeWords[hole.cause],
    entries: reason?.entries ?? [],
  }
}

/** What of a ledger lies between `from` and `to`; what lasts beyond keeps no end if it had none. */
export function cutLedger(gaps: readonly ExplainedGap[], from: Instant, to: Instant): ExplainedGap[] {
  return gaps.flatMap(gap => {
    if (gap.from >= to || (gap.to !== null && gap.to <= from)) return []
    const end = gap.to === null || gap.to <= to ? gap.to : to
    return [{ ...gap, from: gap.from < from ? from : gap.from, to: end }]
  })
}
