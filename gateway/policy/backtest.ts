import type { PointId, Reading } from '../../protocols/contract/reading.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { Run } from './backtest-run.ts'
import type { BacktestParts, Verdicts } from './backtest-run.ts'
import { unmatched } from './episodes.ts'
import type { Episode } from './episodes.ts'
import type { Fate } from './verdict.ts'
import { floodsOf } from './floods.ts'
import type { Flood } from './floods.ts'
import type { Rule, RuleId } from './rule.ts'
import { isVirtual } from './running.ts'

export type { BacktestParts, Verdicts } from './backtest-run.ts'

/** What a set of rules would have raised from `from` until before `to`. */
export interface Tally {
  /** Raised in that time. */
  readonly alarms: number
  /** Raised before it and standing when it began. */
  readonly standing: number
  /** How long some alarm stood, added up over the alarms and cut off at both ends; hours. */
  readonly hours: number
}

export interface RuleOutcome {
  readonly rule: RuleId
  readonly change: 'none' | 'settings' | 'added' | 'removed'
  readonly before: Tally
  readonly after: Tally
  readonly goes: number
  readonly comes: number
  /** What the rule would have written down, by verdict; only a rule that writes records has any. */
  readonly records?: { readonly before: Verdicts; readonly after: Verdicts }
}

export interface BacktestResult {
  readonly from: Instant
  /** The end, or how far the history reaches where that is sooner: hours are counted to here. */
  readonly to: Instant
  readonly readings: Readonly<Record<Fate, number>>
  readonly before: Tally & { readonly floods: readonly Flood[] }
  readonly after: Tally & { readonly floods: readonly Flood[] }
  /** Every rule that spoke or was changed, in the order of the rules. */
  readonly rules: readonly RuleOutcome[]
  /** Alarms that the change would have spared, and those it would have added, in the order of time. */
  readonly goes: readonly Episode[]
  readonly comes: readonly Episode[]
  /** Rules that broke on these readings, and judged no more from then on. */
  readonly broken: readonly { readonly rule: RuleId; readonly at: Instant; readonly why: string }[]
}

/**
 * Runs the rules as they are and as they would be over the same readings, on the gateway's own evaluator. Only rules that a change can
 * reach are run twice. It is told the readings in the order in which they came, and when no gateway was running; it writes nothing.
 */
export class Backtest {
  readonly #parts: BacktestParts
  readonly #touched: ReadonlySet<RuleId>
  readonly #before: Run
  readonly #after: Run
  readonly #readings: Record<Fate, number> = { accepted: 0, bad: 0, late: 0, duplicate: 0 }

  constructor(parts: BacktestParts) {
    this.#parts = parts
    this.#touched = touchedBy(parts.before, parts.after)
    this.#before = new Run(parts, parts.before)
    this.#after = new Run(
      parts,
      parts.after.filter(({ id }) => this.#touched.has(id)),
    )
  }

  /** The points whose readings are to be heard; what only the gateway itself says (`cold-1.record:dosing`) is among them. */
  get points(): readonly PointId[] {
    return [...new Set([...this.#before.points, ...this.#after.points])]
  }

  /** Readings that came together, no sooner than those before. Throws TooManyAlarms. */
  hear(readings: readonly Reading[]): void {
    const receivedAt = readings[0]?.receivedAt
    if (receivedAt === undefined) return
    for (const fate of this.#before.hear(readings, receivedAt)) this.#readings[fate] += 1
    this.#after.hearSome(readings, receivedAt)
  }

  /** No gateway was running from `from` to `to`: silence in that time was nobody's. */
  stopped(from: Instant, to: Instant): void {
    this.#before.stopped(from, to)
    this.#after.stopped(from, to)
  }

  /** Every alarm of the present rules, rule by rule; once it is finished. */
  episodes(): readonly Episode[] {
    return this.#parts.before.flatMap(({ id }) => this.#before.of(id))
  }

  /** `heardUntil`: how far the history reaches, where that is not to the end; nothing is made of a silence nobody could hear. */
  finish(heardUntil = this.#parts.to): BacktestResult {
    const { from, before, after } = this.#parts
    const to = Math.max(from, heardUntil) as Instant
    this.#before.finish(heardUntil)
    this.#after.finish(heardUntil)
    const [was, would] = [new Map(before.map(rule => [rule.id, rule])), new Map(after.map(rule => [rule.id, rule]))]
    const rules: RuleOutcome[] = []
    const [goes, comes, all]: [Episode[], Episode[], [Episode[], Episode[]]] = [[], [], [[], []]]
    for (const id of new Set([...was.keys(), ...would.keys()])) {
      const one = this.#before.of(id)
      const other = this.#touched.has(id) ? this.#after.of(id) : one
      all[0].push(...one)
      all[1].push(...other)
      const change = changeOf(was.get(id), would.get(id))
      const records = {
        before: this.#before.recordsOf(id),
        after: (this.#touched.has(id) ? this.#after : this.#before).recordsOf(id),
      }
      const hasRecords = records.before !== undefined || records.after !== undefined
      if (change === 'none' && one.length === 0 && other.length === 0 && !hasRecords) continue
      const [gone, come] = one === other ? [[], []] : [unmatched(one, other), unmatched(other, one)]
      goes.push(...gone)
      comes.push(...come)
      const [tallyBefore, tallyAfter] = [tally(one, from, to), tally(other, from, to)]
      const written = hasRecords ? { records: { before: records.before ?? {}, after: records.after ?? {} } } : {}
      const counts = { before: tallyBefore, after: tallyAfter, goes: gone.length, comes: come.length }
      rules.push({ rule: id, change, ...counts, ...written })
    }
    return {
      from,
      to,
      readings: this.#readings,
      before: { ...tally(all[0], from, to), floods: floodsIn(all[0], from) },
      after: { ...tally(all[1], from, to), floods: floodsIn(all[1], from) },
      rules,
      goes: goes.sort(byRaise),
      comes: comes.sort(byRaise),
      broken: [...this.#before.broken, ...this.#after.broken],
    }
  }
}

const equipmentOf = (point: PointId): string => point.slice(0, point.indexOf('.'))

/**
 * The rules a change can reach: those that differ, and those that watch what the gateway says of the same equipment (a record that a
 * changed rule writes), and so on from there.
 */
export function touchedBy(before: readonly Rule[], after: readonly Rule[]): ReadonlySet<RuleId> {
  const was = new Map(before.map(rule => [rule.id, rule]))
  const would = new Map(after.map(rule => [rule.id, rule]))
  const all = [...before, ...after]
  const touched = new Set(all.map(({ id }) => id).filter(id => changeOf(was.get(id), would.get(id)) !== 'none'))
  for (let size = -1; size !== touched.size;) {
    size = touched.size
    const places = new Set(all.filter(({ id }) => touched.has(id)).map(({ equipment }) => equipment))
    for (const { id, watches } of all)
      if (watches.some(point => isVirtual(point) && places.has(equipmentOf(point)))) touched.add(id)
  }
  return touched
}

function changeOf(before: Rule | undefined, after: Rule | undefined): RuleOutcome['change'] {
  if (!before) return 'added'
  if (!after) return 'removed'
  // Settings are plain data; what a kind made of them (a compiled expression) says nothing more.
  const settings = ({ kind, spec, point, watches }: Rule): string => JSON.stringify([kind, spec, point, watches])
  return settings(before) === settings(after) ? 'none' : 'settings'
}

function tally(episodes: readonly Episode[], from: Instant, to: Instant): Tally {
  let [alarms, standing, ms] = [0, 0, 0]
  for (const { raisedAt, clearedAt } of episodes) {
    if (raisedAt < from) standing += 1
    else alarms += 1
    ms += Math.min(clearedAt ?? to, to) - Math.max(raisedAt, from)
  }
  return { alarms, standing, hours: ms / 3_600_000 }
}

const floodsIn = (episodes: readonly Episode[], from: Instant): readonly Flood[] =>
  floodsOf(
    episodes
      .map(({ raisedAt }) => raisedAt)
      .filter(at => at >= from)
      .sort((a, b) => a - b),
  )

const byRaise = (a: Episode, b: Episode): number => a.raisedAt - b.raisedAt
