import type { Instant, Millis } from '../../protocols/contract/time.ts'

/** The accepted readings of one point in event time; NaN where a reading was bad. */
export interface HeardSeries {
  readonly at: readonly number[]
  readonly value: readonly number[]
}

/** A time in which the clause's limit was exceeded: from the first reading that does until the first good one that does not. */
export interface Excursion {
  readonly start: Instant
  /** Infinite while it goes on. */
  readonly end: number
}

/** One alarm of a candidate. */
export interface Raised {
  readonly raisedAt: Instant
  /** Infinite while it stands. */
  readonly clearedAt: number
}

/** What a choice of delays and deadband would have meant. */
export interface Evidence {
  readonly alarms: number
  /** Breaches a person had to know of and was told of, and those that nobody would have heard of. */
  readonly kept: number
  readonly lost: number
  /** Alarms that stood over no lasting excursion: short, over by themselves. */
  readonly nuisance: number
  /** Alarms of the same trouble once more, soon after the last one had cleared. */
  readonly repeats: number
  /** From the beginning of a breach until somebody is told, over the kept ones; hours. */
  readonly toldAfter: { readonly mean: number; readonly worst: number }
  /** How long alarms stood although the limit was kept again; hours. */
  readonly beyond: number
}

/** Silence and bad readings neither begin nor end an excursion (contract §5). */
export function excursionsOf({ at, value }: HeardSeries, breaches: (value: number) => boolean): readonly Excursion[] {
  const found: Excursion[] = []
  let start: number | undefined
  for (let index = 0; index < at.length; index++) {
    const now = value[index] as number
    if (Number.isNaN(now)) continue
    const isBreach = breaches(now)
    if (isBreach && start === undefined) start = at[index]
    if (isBreach || start === undefined) continue
    found.push({ start: start as Instant, end: at[index] as number })
    start = undefined
  }
  if (start !== undefined) found.push({ start: start as Instant, end: Number.POSITIVE_INFINITY })
  return found
}

export interface Yardstick {
  /** Of the clause's limit: those that last longer than the harm time are breaches a person must know of. */
  readonly breaches: readonly Excursion[]
  /** Of the alarm's own limit, where a pack sets it apart from the clause's; else the same. */
  readonly excursions: readonly Excursion[]
  readonly harm: Millis
  /** An alarm within so long after the last one is the same trouble once more. */
  readonly again: Millis
  readonly end: Instant
}

/** Whether a breach is one that a person must know of: it lasted longer than the harm time. */
export const isHarmful = ({ start, end }: Excursion, { harm, end: until }: Pick<Yardstick, 'harm' | 'end'>): boolean =>
  Math.min(end, until) - start > harm

/** Measures the alarms of one candidate, in order of time, against what happened. */
export function measure(alarms: readonly Raised[], yardstick: Yardstick): Evidence {
  const { breaches, excursions, end } = yardstick
  const harmful = breaches.filter(excursion => isHarmful(excursion, yardstick))
  let [kept, toldSum, worst] = [0, 0, 0]
  let next = 0
  for (const { start, end: over } of harmful) {
    while (next < alarms.length && (alarms[next] as Raised).clearedAt <= start) next += 1
    const alarm = alarms[next]
    if (!alarm || alarm.raisedAt >= over) continue
    const told = Math.max(0, alarm.raisedAt - start)
    kept += 1
    toldSum += told
    worst = Math.max(worst, told)
  }
  let [nuisance, repeats, beyond, previous] = [0, 0, 0, Number.NEGATIVE_INFINITY]
  const overHarm = new Overlap(excursions.filter(excursion => isHarmful(excursion, yardstick)))
  const overAny = new Overlap(excursions)
  for (const { raisedAt, clearedAt } of alarms) {
    const until = Math.min(clearedAt, end)
    if (!overHarm.meets(raisedAt, clearedAt)) nuisance += 1
    else if (raisedAt - previous <= yardstick.again) repeats += 1
    beyond += until - raisedAt - overAny.length(raisedAt, until)
    previous = clearedAt
  }
  return {
    alarms: alarms.length,
    kept,
    lost: harmful.length - kept,
    nuisance,
    repeats,
    toldAfter: { mean: kept === 0 ? 0 : hours(toldSum / kept), worst: hours(worst) },
    beyond: hours(beyond),
  }
}

const hours = (ms: number): number => ms / 3_600_000

/** How times, asked for in order, lie over excursions in order. */
class Overlap {
  readonly #excursions: readonly Excursion[]
  #next = 0

  constructor(excursions: readonly Excursion[]) {
    this.#excursions = excursions
  }

  meets(from: number, to: number): boolean {
    this.#pass(from)
    const { start } = this.#excursions[this.#next] ?? {}
    return start !== undefined && start < to
  }

  length(from: number, to: number): number {
    this.#pass(from)
    let sum = 0
    for (let index = this.#next; index < this.#excursions.length; index++) {
      const { start, end } = this.#excursions[index] as Excursion
      if (start >= to) break
      sum += Math.min(end, to) - Math.max(start, from)
    }
    return sum
  }

  #pass(from: number): void {
    while (this.#next < this.#excursions.length && (this.#excursions[this.#next] as Excursion).end <= from) this.#next += 1
  }
}
