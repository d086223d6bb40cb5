import type { WireRound } from '../../../../gateway/api/wire-rounds.ts'
import type { KeptVisit } from './kept-book.ts'

/** How far a round has been walked, as this phone knows it: what the gateway said, and what is still on the phone. Times in ms. */
export interface Standing {
  readonly passed: ReadonlyMap<string, { readonly at: number; readonly wrong: boolean; readonly waiting: boolean }>
  readonly done: number
  /** Where to go next; absent when all was passed. */
  readonly next: string | undefined
  readonly until: number | undefined
}

/**
 * Pure. `now` is the facility's time, `phoneNow` the phone's: what waits on the phone is newer than what the gateway knows, and counts as
 * long as its time is not up.
 */
export function standingOf(round: WireRound, visits: readonly KeptVisit[], now: number, phoneNow: number): Standing {
  const passed = new Map<string, { at: number; wrong: boolean; waiting: boolean }>()
  const until = round.underWay && Date.parse(round.underWay.until)
  if (until !== undefined && until >= now)
    for (const one of round.underWay?.passed ?? [])
      passed.set(one.checkPoint, { at: Date.parse(one.at), wrong: one.verdict === 'failed', waiting: false })
  const mine = visits.filter(
    visit => visit.round === round.id && visit.state === 'waiting' && phoneNow - visit.at <= round.within && visit.at <= phoneNow,
  )
  for (const { checkPoint, at, verdict } of mine.toSorted((a, b) => a.at - b.at))
    if (checkPoint !== undefined) passed.set(checkPoint, { at, wrong: verdict === 'failed', waiting: true })
  const points = round.checkPoints.map(({ id }) => id)
  const next = points.find(id => !passed.has(id))
  // A round that is whole begins anew with the next scan.
  const first = Math.min(...mine.map(({ at }) => at))
  const end = until !== undefined && until >= now ? until : mine.length > 0 ? first + round.within : undefined
  return { passed, done: points.filter(id => passed.has(id)).length, next, until: next === undefined ? undefined : end }
}
