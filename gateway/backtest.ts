import { createHash } from 'node:crypto'
import type { Words } from '../protocols/contract/driver.ts'
import type { PointId, Reading } from '../protocols/contract/reading.ts'
import { days } from '../protocols/contract/time.ts'
import type { Instant, Millis } from '../protocols/contract/time.ts'
import { readingsIn } from './alarm/people.ts'
import { advise } from './policy/advisor.ts'
import type { Advice } from './policy/advisor.ts'
import { Backtest } from './policy/backtest.ts'
import type { BacktestResult, RuleOutcome, Tally } from './policy/backtest.ts'
import type { Episode } from './policy/episodes.ts'
import type { Flood } from './policy/floods.ts'
import { ruleKinds } from './policy/kinds.ts'
import type { LimitSpec } from './policy/kinds/limit.ts'
import type { Rule, RuleId } from './policy/rule.ts'
import { isVirtual } from './policy/running.ts'
import { settingsBeside } from './policy/written.ts'
import type { ChangedSetting } from './policy/written.ts'
import type { SourceFile } from './site/load.ts'
import type { Site } from './site/site.ts'
import type { TriedSite } from './site/trial.ts'
import { lookBack } from './store/past.ts'
import type { Past } from './store/past.ts'

/** How much is heard before `from` unless said otherwise: a delay under way, an alarm that stands, a ten-day duty. */
export const usualWarmUp: Millis = days(35)

export interface BacktestAsk {
  readonly folder: string
  readonly from: Instant
  readonly to: Instant
  readonly warmUp?: Millis
}

/** A policy as it was compared. `digest` stands where it is not the shipped version alone: SHA-256 of the change. */
export interface ComparedPolicy {
  readonly id: string
  readonly version: string
  readonly digest?: string
}

export interface ComparedRule extends RuleOutcome {
  readonly clause: string
  readonly equipment: string
  readonly title: Words
  readonly settings: readonly ChangedSetting[]
  /** Why the change is made, in its own words. */
  readonly reason?: string
}

export interface BacktestAnswer extends Omit<BacktestResult, 'rules'> {
  readonly site: string
  readonly timeZone: string
  readonly heardFrom: Instant
  readonly policies: { readonly before: readonly ComparedPolicy[]; readonly after: readonly ComparedPolicy[] }
  readonly rules: readonly ComparedRule[]
  /** Points of which no reading is stored: of their rules nothing can be said. */
  readonly unheard: readonly PointId[]
  /** Rules that watch whether people answer alarms: what they would have answered to other alarms nobody knows. */
  readonly notTried: readonly RuleId[]
  /** Blocks of readings that were damaged and left out. */
  readonly damaged: number
}
export type { Advice, Episode, Flood, Tally }

/**
 * Runs the site's rules as they are and as changed over the stored history. It blocks for as long as it takes and writes nothing. Throws
 * StoreTrouble when the folder cannot be read, TooManyAlarms when there are more than anybody could look at.
 */
export function backtestSite({ before, after, pack }: TriedSite, change: SourceFile, ask: BacktestAsk): BacktestAnswer {
  return lookBack(ask.folder, past => {
    const heardFrom = Math.max(ask.from - (ask.warmUp ?? usualWarmUp), past.span?.from ?? Number.NEGATIVE_INFINITY) as Instant
    const tried = (rules: readonly Rule[]): readonly Rule[] => rules.filter(rule => !watchesAnswers(rule))
    const { result, unheard } = run({ ...before, rules: tried(before.rules) }, { ...after, rules: tried(after.rules) }, past, {
      ...ask,
      startAt: heardFrom,
    })
    const rules = new Map([...before.rules, ...after.rules].map(rule => [rule.id, rule]))
    const [was, would] = [new Map(before.rules.map(rule => [rule.id, rule])), new Map(after.rules.map(rule => [rule.id, rule]))]
    const digest = createHash('sha256').update(change.text).digest('hex')
    const changed = new Set(
      pack
        ? [pack.id]
        : result.rules.flatMap(({ rule, change: how }) => (how === 'none' ? [] : (rules.get(rule)?.policy.id ?? []))),
    )
    return {
      ...result,
      site: before.id,
      timeZone: before.timeZone,
      heardFrom,
      policies: {
        before: before.policies.map(({ id, version }) => ({ id, version })),
        after: after.policies.map(({ id, version }) => (changed.has(id) ? { id, version, digest } : { id, version })),
      },
      rules: result.rules.flatMap(outcome => {
        const rule = rules.get(outcome.rule)
        return rule ? [compared(outcome, rule, was.get(rule.id), would.get(rule.id))] : []
      }),
      unheard,
      notTried: after.rules.filter(watchesAnswers).map(({ id }) => id),
      damaged: past.damaged,
    }
  })
}

const watchesAnswers = ({ watches }: Rule): boolean => watches.some(point => /:unanswered(-high)?$/.test(point))

function compared(outcome: RuleOutcome, { clause, equipment, title }: Rule, was?: Rule, would?: Rule): ComparedRule {
  const reason = outcome.change === 'none' ? undefined : would?.overlay?.reason
  const settings = outcome.change === 'settings' && was && would ? settingsBeside(was.settings, would.settings) : []
  return { ...outcome, clause, equipment, title, settings, ...(reason === undefined ? {} : { reason }) }
}

function run(
  before: Site,
  after: Site,
  past: Past,
  times: { readonly startAt: Instant; readonly from: Instant; readonly to: Instant },
): { readonly result: BacktestResult; readonly unheard: readonly PointId[] } {
  const staleAfter = new Map([...before.points, ...after.points].map(point => [point.id, point.staleAfter]))
  const firstAt = new Map<PointId, Instant | undefined>()
  const backtest = new Backtest({
    before: before.rules,
    after: after.rules,
    kinds: ruleKinds,
    staleAfter: point => staleAfter.get(point),
    firstAt(point) {
      if (!firstAt.has(point)) firstAt.set(point, past.firstAt(point))
      return firstAt.get(point)
    },
    ...times,
  })
  const [said, heard] = [backtest.points.filter(isVirtual), backtest.points.filter(point => !isVirtual(point))]
  const others: Happening[] = [
    ...past.stops.filter(({ to }) => to > times.startAt).map(stop => ({ at: stop.to, stop })),
    ...peopleIn(past, said, times.startAt, times.to),
  ].sort((a, b) => a.at - b.at)
  let next = 0
  let newest = times.startAt
  const happenUntil = (now: number): void => {
    for (; (others[next]?.at ?? Number.POSITIVE_INFINITY) <= now; next += 1) {
      const { stop, readings } = others[next] as Happening
      if (stop) backtest.stopped(stop.from, stop.to)
      if (readings) backtest.hear(readings)
    }
  }
  for (const readings of past.arrivals(heard, times.startAt, times.to)) {
    newest = readings[0]?.receivedAt ?? newest
    happenUntil(newest)
    backtest.hear(readings)
  }
  happenUntil(times.to)
  // The end may lie in a time without a gateway, or after the last word there is.
  const stop = past.stops.find(({ from, to }) => from < times.to && to > times.to)
  const heardUntil = Math.max(newest, stop?.from ?? past.span?.to ?? times.to) as Instant
  const unheard = heard.filter(point => past.firstAt(point) === undefined)
  return { result: backtest.finish(Math.min(heardUntil, times.to) as Instant), unheard }
}

/** What happened beside readings: a time without a gateway, or a record that somebody made. */
interface Happening {
  readonly at: Instant
  readonly stop?: Past['stops'][number]
  readonly readings?: readonly Reading[]
}

/** What people wrote down, as the rules heard it when it was entered; what rules wrote is written anew by the rules that are tried. */
function peopleIn(past: Past, points: readonly PointId[], from: Instant, to: Instant): readonly Happening[] {
  const wanted = new Set(points)
  const kinds = new Set(points.flatMap(point => /\.record:([^/]+)/.exec(point)?.[1] ?? []))
  if (kinds.size === 0) return []
  const found: Happening[] = []
  const wrote = [...kinds].map(name => `record.${name}`)
  for (const entry of past.entries([...wrote, 'record.corrected'], from, to)) {
    const { enteredAt, rule } = entry.data
    if (rule !== undefined) continue
    const receivedAt = typeof enteredAt === 'number' ? (enteredAt as Instant) : entry.at
    const readings = readingsIn(entry)
      .filter(({ point }) => wanted.has(point))
      .map(reading => ({ ...reading, receivedAt }))
    if (readings.length > 0) found.push({ at: receivedAt, readings })
  }
  return found
}

export interface AdviceOfRule extends Advice {
  readonly rule: string
  readonly clause: string
  readonly title: Words
  readonly timeZone: string
  readonly from: Instant
  readonly to: Instant
  readonly readings: number
}

/**
 * What the stored history says of a `limit` rule's delays and deadband. `undefined` where the rule is of another kind, or adds its time up:
 * there is nothing to advise. Throws StoreTrouble.
 */
export function adviseOnRule(site: Site, rule: Rule, ask: BacktestAsk & { readonly harm?: Millis }): AdviceOfRule | undefined {
  if (rule.kind !== 'limit') return undefined
  const spec = rule.spec as LimitSpec
  if (spec.sum) return undefined
  const point = site.points.find(({ id }) => id === rule.point)
  return lookBack(ask.folder, past => {
    const series: { readonly at: number[]; readonly value: number[] } = { at: [], value: [] }
    let newest = Number.NEGATIVE_INFINITY
    for (const readings of past.arrivals([rule.point], ask.from, ask.to)) {
      for (const { at, quality, value } of readings) {
        // Late ones and repetitions are not judged, and here neither.
        if (at <= newest) continue
        const isGood = quality === 'good' && Number.isFinite(value)
        if (isGood) newest = at
        series.at.push(at)
        series.value.push(isGood ? value : Number.NaN)
      }
    }
    const advice = advise({
      spec,
      series,
      decimals: point?.decimals ?? 1,
      staleAfter: point?.staleAfter,
      end: ask.to,
      ...(rule.limit ? { clause: rule.limit } : {}),
      ...(ask.harm === undefined ? {} : { harm: ask.harm }),
    })
    const { id, clause, title } = rule
    const { from, to } = ask
    return { ...advice, rule: id, clause, title, timeZone: site.timeZone, from, to, readings: series.at.length }
  })
}
