import type { FaultCode } from '../../protocols/contract/fault.ts'
import { instant } from '../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import type { Gap } from '../store/store.ts'

/** One word of a point: when, and the fault if it was bad. */
export interface Word {
  readonly at: number
  readonly fault: FaultCode | undefined
  /** It spoke well and without a hole from `at` until then. */
  readonly until?: number
}
/** A time in which no gateway listened. */
export interface Stop {
  readonly from: number
  readonly to: number
}

interface Hole {
  readonly from: number
  readonly to: number
  readonly cause: Gap['cause']
}

/**
 * The holes of a series between `from` and `to`, cut off there; `to: null` when the point has not spoken well since. A fault lasts
 * until the next word. A time without a word longer than `silentAfter` is `silent`, but `gateway-stopped` where nobody listened; up
 * to `silentAfter` around a stop belongs to it. `words` come in time order, with the last one before `from` and the first one not
 * before `to`, if there are any.
 */
export function gapsOf(words: Iterable<Word>, stops: readonly Stop[], from: Instant, to: Instant, silentAfter: Millis): Gap[] {
  const holes: Hole[] = []
  let last: Word | undefined
  for (const word of words) {
    if (last) addHoles(holes, last, word.at, word.at - last.at, stops, silentAfter)
    last = word.until === undefined ? word : { at: word.until, fault: undefined }
  }
  if (last && last.at < to) addHoles(holes, last, Infinity, to - last.at, stops, silentAfter)
  return holes.filter(hole => hole.from < to && hole.to > from).map(hole => cutOff(hole, from, to))
}

/** Between the word `last` and the next one at `end` (infinite: not yet). `length` is how long it has been quiet so far. */
function addHoles(holes: Hole[], last: Word, end: number, length: number, stops: readonly Stop[], silentAfter: number): void {
  if (length <= silentAfter) {
    if (last.fault) add(holes, { from: last.at, to: end, cause: last.fault })
    return
  }
  const so = end === Infinity ? last.at + length : end
  let from = last.at
  let cause: Gap['cause'] = last.fault ?? 'silent'
  for (const stop of stops) {
    if (stop.to <= from || stop.from >= so) continue
    const start = Math.max(stop.from, from)
    // A fault is a word that was said; a silence has to be longer than allowed to count beside a stop.
    if (cause === 'gateway-stopped' ? start - from > silentAfter : cause !== 'silent' || start - from > silentAfter) {
      if (cause === 'gateway-stopped') cause = 'silent'
      if (start > from) add(holes, { from, to: start, cause })
      from = start
    }
    const before = holes.at(-1)
    const joins = before?.cause === 'gateway-stopped' && before.to === from
    const stopEnd = Math.min(stop.to, so)
    if (joins) holes[holes.length - 1] = { ...before, to: stopEnd }
    else holes.push({ from, to: stopEnd, cause: 'gateway-stopped' })
    from = stopEnd
    cause = 'gateway-stopped'
  }
  if (from >= so) return
  const before = holes.at(-1)
  if (cause === 'gateway-stopped' && before && so - from <= silentAfter) holes[holes.length - 1] = { ...before, to: end }
  else add(holes, { from, to: end, cause: cause === 'gateway-stopped' ? 'silent' : cause })
}

/** A run of the same fault is one hole. Two silences with a word between them are two. */
function add(holes: Hole[], hole: Hole): void {
  const before = holes.at(-1)
  const runsOn = before && before.to === hole.from && before.cause === hole.cause
  if (runsOn && hole.cause !== 'silent' && hole.cause !== 'gateway-stopped') holes[holes.length - 1] = { ...before, to: hole.to }
  else holes.push(hole)
}

function cutOff(hole: Hole, from: number, to: number): Gap {
  return {
    from: instant(Math.max(hole.from, from)),
    to: hole.to === Infinity ? null : instant(Math.min(hole.to, to)),
    cause: hole.cause,
  }
}
