import type { Row } from './oracle.ts'

/**
 * Contract §5 once more, millisecond by millisecond and from the whole past, sharing nothing with the gateway. Slow, and plain enough to be
 * read beside the contract. Each takes rows in the order of their time (a second row of one instant does not count) up to the last.
 */
const good = (rows: readonly Row[]): readonly { readonly at: number; readonly value: number }[] => {
  const kept: { readonly at: number; readonly value: number }[] = []
  for (const { at, value } of rows) {
    if (value !== undefined && Number.isFinite(value) && at > (kept.at(-1)?.at ?? Number.NEGATIVE_INFINITY))
      kept.push({ at, value })
  }
  return kept
}

const endOf = (rows: readonly Row[]): number => rows.at(-1)?.at ?? 0

/** The last word about the point at `t`, of an instant whose first word counts. */
const isBadAt = (rows: readonly Row[], t: number): boolean => {
  const heard = good(rows).filter(({ at }) => at <= t)
  const newest = heard.at(-1)?.at ?? Number.NEGATIVE_INFINITY
  return rows.some(({ at, value }) => value === undefined && at <= t && at > newest)
}

export interface Bounds {
  readonly op: 'gt' | 'ge' | 'lt' | 'le'
  readonly value: number
  readonly deadband: number
}

export const isMet = ({ op, value }: Bounds, v: number): boolean =>
  ({ gt: v > value, ge: v >= value, lt: v < value, le: v <= value })[op]

export const isBack = (bounds: Bounds, v: number): boolean => {
  const { op, value, deadband } = bounds
  return !isMet(bounds, v) && (op === 'gt' || op === 'ge' ? v <= value - deadband : v >= value + deadband)
}

/** A condition with delays, from what its finding is at each millisecond; `finds` is asked after the readings of that millisecond. */
export interface Findings {
  /** Sure to be met, sure not to be, or neither. */
  readonly met: (t: number) => boolean | undefined
  /** Sure to have come back by the whole deadband, sure not to have, or neither. */
  readonly back: (t: number) => boolean | undefined
  /** Something good was heard at that very millisecond. */
  readonly heard: (t: number) => boolean
}

export function walkDelays({ met, back, heard }: Findings, onDelay: number, offDelay: number, end: number): readonly string[] {
  const said: string[] = []
  let since: number | undefined
  let raisedAt: number | undefined
  let from: number | undefined
  let held = false
  for (let t = 0; t <= end; t += 1) {
    if (heard(t)) {
      if (raisedAt === undefined) {
        if (met(t) === true) since ??= t
        if (met(t) === false) since = undefined
      } else if (back(t) === false) {
        from = undefined
        held = false
      } else if (back(t) === true) {
        from ??= t
        if (held) {
          said.push(`cleared ${t}`)
          raisedAt = from = since = undefined
          held = false
          continue
        }
      }
    }
    if (raisedAt === undefined && since !== undefined && t >= since + onDelay) {
      said.push(`raised ${t} since ${since}`)
      raisedAt = t
      since = from = undefined
    } else if (raisedAt !== undefined && from !== undefined && !held && t >= from + offDelay) {
      if (back(t) === true) {
        said.push(`cleared ${t}`)
        raisedAt = from = undefined
      } else held = true
    }
  }
  return said
}

export interface Cumulative extends Bounds {
  readonly onDelay: number
  readonly offDelay: number
  readonly per: number
  readonly hold: number
}

/** A limit whose time in breach is added up: raised at the first instant whose window holds `onDelay` of it. */
export function walkCumulative(spec: Cumulative, rows: readonly Row[], staleAfter = Number.POSITIVE_INFINITY): readonly string[] {
  const readings = good(rows)
  const hold = Math.min(spec.hold, staleAfter)
  const newestAt = (t: number) => readings.filter(({ at }) => at <= t).at(-1)
  const covered = (t: number): boolean => {
    const reading = newestAt(t)
    return reading !== undefined && isMet(spec, reading.value) && t < reading.at + hold
  }
  const end = endOf(rows)
  const spent = Array.from({ length: end + 1 }, (_, t) => covered(t))
  const said: string[] = []
  let raised = false
  let from: number | undefined
  let held = false
  for (let t = 0; t <= end; t += 1) {
    const start = Math.max(0, t - spec.per)
    const total = spent.slice(start, t).filter(Boolean).length
    const reading = readings.find(({ at }) => at === t)
    const isReturned = (v: number | undefined): boolean => v !== undefined && isBack(spec, v)
    if (raised && reading) {
      if (!isReturned(reading.value)) {
        from = undefined
        held = false
      } else if (held) {
        said.push(`cleared ${t}`)
        raised = held = false
        from = undefined
        continue
      } else from ??= t
    }
    if (!raised && total >= spec.onDelay) {
      said.push(`raised ${t} since ${start + spent.slice(start).indexOf(true)}`)
      raised = true
      from = isReturned(newestAt(t)?.value) ? t : undefined
    } else if (raised && from !== undefined && !held && t >= from + spec.offDelay && total < spec.onDelay) {
      const newest = newestAt(t)
      if (isBadAt(rows, t) || (newest && t >= newest.at + staleAfter)) held = true
      else {
        said.push(`cleared ${t}`)
        raised = false
        from = undefined
      }
    }
  }
  return said
}

export function walkRate(perMinute: number, rows: readonly Row[]): readonly string[] {
  const readings = good(rows)
  const said: string[] = []
  let raised = false
  for (const [index, { at, value }] of readings.entries()) {
    const before = readings[index - 1]
    const isFast = before !== undefined && Math.abs(value - before.value) * 60_000 > perMinute * (at - before.at)
    if (isFast !== raised) said.push(isFast ? `raised ${at} since ${at}` : `cleared ${at}`)
    raised = isFast
  }
  return said
}

export function walkStuck(eps: number, wait: number, rows: readonly Row[]): readonly string[] {
  const readings = good(rows)
  const end = endOf(rows)
  const said: string[] = []
  for (let from = 0; from < readings.length;) {
    const first = readings[from]
    if (!first) break
    const next = readings.findIndex(({ value }, index) => index > from && Math.abs(value - first.value) > eps)
    const leaves = next < 0 ? undefined : readings[next]?.at
    const due = first.at + wait
    if (due <= end && (leaves === undefined || due < leaves)) {
      said.push(`raised ${due} since ${first.at}`)
      if (leaves !== undefined) said.push(`cleared ${leaves}`)
    }
    from = next < 0 ? readings.length : next
  }
  return said
}

export function walkState(
  is: readonly number[],
  wait: number,
  offDelay: number,
  rows: readonly Row[],
  staleAfter: number,
): readonly string[] {
  return walkDelays(
    findingsOf(
      v => is.includes(v),
      v => !is.includes(v),
      rows,
      staleAfter,
    ),
    wait,
    offDelay,
    endOf(rows),
  )
}

/** Of one point: nothing is sure while its last word was bad, or it is silent for too long. */
function findingsOf(
  met: (v: number) => boolean,
  back: (v: number) => boolean,
  rows: readonly Row[],
  staleAfter: number,
): Findings {
  const readings = good(rows)
  const sure = (t: number): number | undefined => {
    const newest = readings.filter(({ at }) => at <= t).at(-1)
    return newest === undefined || isBadAt(rows, t) || t >= newest.at + staleAfter ? undefined : newest.value
  }
  const ask = (question: (v: number) => boolean) => (t: number) => {
    const value = sure(t)
    return value === undefined ? undefined : question(value)
  }
  return { met: ask(met), back: ask(back), heard: t => readings.some(({ at }) => at === t) }
}

/** At least `of` of the members: what is not sure of one is tried both ways, and only what comes out the same every way is sure. */
export function walkVote(
  spec: Bounds & { readonly of: number; readonly onDelay: number; readonly offDelay: number },
  members: readonly (readonly Row[])[],
  staleAfter: number,
): readonly string[] {
  const each = members.map(rows =>
    findingsOf(
      v => isMet(spec, v),
      v => isBack(spec, v),
      rows,
      staleAfter,
    ),
  )
  const enough = (answers: readonly (boolean | undefined)[]): boolean | undefined => {
    const yes = answers.filter(answer => answer === true).length
    const open = answers.filter(answer => answer === undefined).length
    if (yes >= spec.of) return true
    return yes + open < spec.of ? false : undefined
  }
  const end = Math.max(...members.map(endOf))
  return walkDelays(
    {
      met: t => enough(each.map(({ met }) => met(t))),
      back: t => {
        const still = enough(each.map(({ back }) => (back(t) === undefined ? undefined : !back(t))))
        return still === undefined ? undefined : !still
      },
      heard: t => each.some(({ heard }) => heard(t)),
    },
    spec.onDelay,
    spec.offDelay,
    end,
  )
}
