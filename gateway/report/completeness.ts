import type { Words } from '../../protocols/contract/driver.ts'
import { days } from '../../protocols/contract/time.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { causeWords } from '../historian/gap-words.ts'
import type { ExplainedGap } from '../historian/gap-ledger.ts'
import type { Point } from '../site/site.ts'
import type { Stretch } from './figures.ts'
import type { LogQuestion } from './question.ts'
import type { LogSource } from './source.ts'

/** A time of which nothing is known, or several short ones of one day and one cause. */
export interface Hole extends Stretch {
  readonly cause: Words
  readonly detail: Words
  readonly entries: readonly number[]
  /** How many there were between `from` and `to`, and how long together. */
  readonly times: number
  readonly length: number
}

/** When a point could have been known within a period: not before it was there, and not in the time to come. */
export function dueOf({ past, configurations, now }: LogSource, { from, to }: LogQuestion, point: Point): Stretch {
  const first = past.firstAt(point.id) ?? Number.POSITIVE_INFINITY
  const configured = configurations.limitsOf(point.id, 0 as Instant, to)
  const installed = configured[0]?.from ?? Number.POSITIVE_INFINITY
  // What the site file has lost since is expected no longer.
  const end = Math.min(configured.at(-1)?.to ?? to, Math.max(now, past.span?.to ?? now))
  const begin = Math.min(Math.max(from, Math.min(first, installed)), Math.max(from, end))
  return { from: begin as Instant, to: Math.max(begin, end) as Instant }
}

/** So much is explained at a time: a ledger of ten years is not held. */
const atOnce = days(31)

const uncertain = {
  cause: { zh: '读数存疑', en: 'uncertain readings' },
  detail: { zh: '设备把这段读数标为存疑，不计入', en: 'the device marked these readings as uncertain; they do not count' },
}

/** Unknown times with what the gap ledger says of them, cut where the cause changes. Together they are exactly what was put in. */
export function* explained(source: LogSource, point: Point, unknown: Iterable<Stretch>, rolled = false): Generator<Hole> {
  const { past } = source
  let ledger: readonly ExplainedGap[] = []
  let read = Number.NEGATIVE_INFINITY
  let next = 0
  for (const { from, to } of unknown) {
    for (let at: number = from; at < to;) {
      if (at >= read) {
        read = at + atOnce
        ledger = past.ledgerOf(point, at as Instant, read as Instant, rolled)
        next = 0
      }
      while ((ledger[next]?.to ?? Number.POSITIVE_INFINITY) <= at) next++
      const until = Math.min(to, read)
      const gap = ledger[next]
      const isIn = gap !== undefined && gap.from <= at
      const end = Math.min(until, isIn ? (gap.to ?? until) : (gap?.from ?? until))
      const why = isIn
        ? { cause: causeWords[gap.cause], detail: gap.detail, entries: gap.entries }
        : { ...uncertain, entries: [] }
      yield { from: at as Instant, to: end as Instant, ...why, times: 1, length: end - at }
      at = end
    }
  }
}

/** What was cut by chance is put together again; short ones of one cause that follow within the same day become one line. */
export function* gathered(holes: Iterable<Hole>, short: number, isSameDay: (a: Instant, b: Instant) => boolean): Generator<Hole> {
  let waiting: Hole | undefined
  for (const hole of holes) {
    if (waiting && waiting.detail.zh === hole.detail.zh && waiting.cause.zh === hole.cause.zh) {
      const touches = waiting.to === hole.from
      const areShort = waiting.length / waiting.times < short && hole.length < short && isSameDay(waiting.from, hole.from)
      if (touches || areShort) {
        const entries = [...new Set([...waiting.entries, ...hole.entries])]
        const times: number = waiting.times + (touches ? 0 : hole.times)
        waiting = { ...waiting, to: hole.to, entries, times, length: waiting.length + hole.length }
        continue
      }
    }
    if (waiting) yield waiting
    waiting = hole
  }
  if (waiting) yield waiting
}

/** Holes as often as they are asked for: few are remembered, many are looked up again, so that a sensor that fails all day takes no memory. */
export function remembered(make: () => Iterable<Hole>, most = 5_000): Iterable<Hole> {
  let kept: readonly Hole[] | undefined
  return {
    *[Symbol.iterator]() {
      if (kept) {
        yield* kept
        return
      }
      const seen: Hole[] = []
      for (const hole of make()) {
        if (seen.length <= most) seen.push(hole)
        yield hole
      }
      if (seen.length <= most) kept = seen
    },
  }
}

/** The holes that touch a stretch; asked for stretch after stretch in the order of time. */
export function touching(holes: Iterable<Hole>): (stretch: Stretch) => readonly Hole[] {
  const coming = holes[Symbol.iterator]()
  let next = coming.next()
  let open: Hole[] = []
  return ({ from, to }) => {
    open = open.filter(hole => hole.to > from)
    for (; next.done !== true && next.value.from < to; next = coming.next()) if (next.value.to > from) open.push(next.value)
    return open.filter(hole => hole.from < to)
  }
}
