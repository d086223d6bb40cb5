import type { Words } from '../../protocols/contract/driver.ts'
import type { PointId, Reading } from '../../protocols/contract/reading.ts'
import { minutes } from '../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import { excursionsOf, isHarmful, measure } from './advisor-evidence.ts'
import type { Evidence, HeardSeries, Raised, Yardstick } from './advisor-evidence.ts'
import { Evaluator } from './evaluator.ts'
import { ruleKinds } from './kinds.ts'
import type { LimitSpec } from './kinds/limit.ts'
import { compares } from './kinds/limit-bound.ts'
import type { RuleId } from './rule.ts'
import { writeDuration } from './written.ts'

/** What the advisor may choose; the limit itself is the clause's and is never touched. */
export interface Choice {
  readonly onDelay: Millis
  readonly deadband: number
  readonly offDelay: Millis
}
export type Tried = Choice & Evidence

export interface AdviceAsk {
  readonly spec: LimitSpec
  /** The clause's own limit, where the alarm's differs from it: it is what must be known when it is passed. Default: the alarm's. */
  readonly clause?: Pick<LimitSpec, 'op' | 'value'>
  /**
   * How long the limit may be exceeded before a person must know. Default: the rule's own delay, the one judgement there is of what may
   * pass untold; so by itself the advisor never makes anybody hear of a breach later than now.
   */
  readonly harm?: Millis
  /** Digits after the point that the sensor gives: a finer deadband means nothing. */
  readonly decimals: number
  readonly staleAfter: Millis | undefined
  readonly series: HeardSeries
  readonly end: Instant
}

export interface Advice {
  /** The clause's limit, which is never changed. */
  readonly limit: Pick<LimitSpec, 'op' | 'value'>
  readonly harm: Millis
  readonly excursions: { readonly all: number; readonly harmful: number; readonly longestHours: number }
  readonly now: Tried
  /** `undefined` where nothing in the history speaks for a change. */
  readonly proposed: Tried | undefined
  /** None of these is better than another in every way: fewer needless alarms, told sooner, over sooner. */
  readonly front: readonly Tried[]
  /** What each delay would have meant with the deadband and off-delay that are proposed (or stand). */
  readonly delays: readonly Tried[]
  readonly sentence: Words
}

/** An alarm this soon after the last one cleared tells of the same trouble once more. */
const again = minutes(30)
const delays = [0, 1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240].map(minutes)
const offDelays = [0, 1, 2, 5, 10, 15, 30].map(minutes)
/** A share of what could be spared that is given up for being told sooner or for an alarm that ends sooner. */
const slack = 0.1

/**
 * Proposes on-delay, deadband and off-delay for a `limit` rule from what happened. Sure to be kept is every excursion of the limit that
 * lasts longer than the harm time, in this history and in any other, because no delay longer than that is ever proposed. Among those it
 * takes, of all that spare at least nine tenths of the needless alarms that can be spared, the one that tells soonest, then the one whose
 * alarms stand least beyond the breach. A delay is not made shorter than it is unless a breach would be lost: the table shows what that
 * would cost. Every candidate runs on the gateway's own evaluator.
 */
export function advise(ask: AdviceAsk): Advice {
  const { spec, series, end } = ask
  const harm = ask.harm ?? spec.onDelay
  const { op, value } = ask.clause ?? spec
  const breaches = excursionsOf(series, now => compares(op, now, value))
  const excursions = ask.clause ? excursionsOf(series, now => compares(spec.op, now, spec.value)) : breaches
  const yardstick: Yardstick = { breaches, excursions, harm, again, end }
  const now: Choice = { onDelay: spec.onDelay, deadband: spec.deadband, offDelay: spec.offDelay }
  const candidates = candidatesOf(ask, now, harm)
  const tried = run([now, ...candidates], ask, yardstick)
  const [standing, ...others] = tried as [Tried, ...Tried[]]
  const feasible = tried.filter(({ lost, onDelay }) => lost === 0 && onDelay <= harm)
  const best = chosen(feasible, standing)
  const better = best && (standing.lost > 0 || burden(best) < burden(standing)) ? best : undefined
  const beside = better ?? standing
  const shown = [...new Set([...delays, now.onDelay, harm])].sort((a, b) => a - b)
  const harmful = breaches.filter(breach => isHarmful(breach, yardstick))
  const longest = breaches.reduce((most, breach) => Math.max(most, Math.min(breach.end, end) - breach.start), 0)
  return {
    limit: { op, value },
    harm,
    excursions: { all: breaches.length, harmful: harmful.length, longestHours: longest / 3_600_000 },
    now: standing,
    proposed: better,
    front: paretoFront(feasible.length > 0 ? feasible : others),
    delays: run(
      shown.map(onDelay => ({ ...choiceOf(beside), onDelay })),
      ask,
      yardstick,
    ),
    sentence: sentenceOf(standing, better, harmful.length),
  }
}

/**
 * Every choice that is looked at: delays from the present one up to the harm time, deadbands that the sensor can tell apart. What keeps an
 * alarm from coming and going is never loosened: a quiet history is no proof that it is not needed.
 */
export function candidatesOf(ask: Pick<AdviceAsk, 'series' | 'decimals' | 'spec'>, now: Choice, harm: Millis): readonly Choice[] {
  const least = Math.min(now.onDelay, harm)
  const on = unique([...delays.filter(delay => delay >= least && delay <= harm), least as Millis, harm])
  const off = unique([...offDelays, now.offDelay]).filter(delay => delay >= now.offDelay)
  const bands = unique([...deadbandsOf(ask), now.deadband]).filter(band => band >= now.deadband)
  return on.flatMap(onDelay => bands.flatMap(deadband => off.map(offDelay => ({ onDelay, deadband, offDelay }))))
}

/** 0 and 1–2–5 steps of the sensor's last digit, up to half way from the limit to where the values mostly are: beyond, it would not clear. */
function deadbandsOf({ series, decimals, spec }: Pick<AdviceAsk, 'series' | 'decimals' | 'spec'>): readonly number[] {
  const step = Math.max(1, Math.floor(series.at.length / 10_000))
  const kept: number[] = []
  for (let index = 0; index < series.at.length; index += step) {
    const value = series.value[index] as number
    if (!Number.isNaN(value) && !compares(spec.op, value, spec.value)) kept.push(value)
  }
  const usual = kept.sort((a, b) => a - b)[kept.length >> 1]
  const most = usual === undefined ? 0 : Math.abs(spec.value - usual) / 2
  const bands = [0]
  for (let size = 10 ** -decimals; size <= most; size *= 10)
    for (const times of [1, 2, 5]) if (size * times <= most) bands.push(Number((size * times).toFixed(decimals)))
  return bands
}

// Rules at one point look at each other's timers: in small groups they do not get in each other's way.
const groupSize = 16
const point = 'history.value' as PointId

/** Runs choices over the series on the gateway's own evaluator. */
function run(choices: readonly Choice[], { spec, series, staleAfter, end }: AdviceAsk, yardstick: Yardstick): readonly Tried[] {
  const alarms = choices.map((): { raisedAt: Instant; clearedAt: number }[] => [])
  for (let from = 0; from < choices.length; from += groupSize) {
    const group = choices.slice(from, from + groupSize)
    const evaluator = new Evaluator({
      rules: group.map((choice, index) => ({
        id: `${from + index}` as RuleId,
        kind: 'limit',
        point,
        spec: { ...spec, ...choice },
      })),
      kinds: ruleKinds,
      staleAfter: () => staleAfter,
      startAt: (series.at[0] ?? end) as Instant,
    })
    const keep = (verdicts: ReturnType<Evaluator['hear']>): void => {
      for (const { rule, transition } of verdicts) {
        const raised = alarms[Number(rule)]
        if (transition.what === 'raised') raised?.push({ raisedAt: transition.at, clearedAt: Number.POSITIVE_INFINITY })
        else if (raised?.length) (raised.at(-1) as { clearedAt: number }).clearedAt = transition.at
      }
    }
    for (let index = 0; index < series.at.length; index++) {
      const at = series.at[index] as Instant
      keep(evaluator.hear([readingOf(at, series.value[index] as number)], at))
    }
    keep(evaluator.finish(end))
  }
  return choices.map((choice, index) => ({ ...choice, ...measure(alarms[index] as readonly Raised[], yardstick) }))
}

function readingOf(at: Instant, value: number): Reading {
  if (!Number.isNaN(value)) return { point, at, receivedAt: at, value, quality: 'good' }
  return { point, at, receivedAt: at, quality: 'bad', fault: { code: 'device-reported', detail: '' } }
}

/** Alarms that a person is better without. */
const burden = ({ nuisance, repeats }: Evidence): number => nuisance + repeats

/** Of those that spare nearly all that can be spared: told soonest, over soonest, fewest, nearest to what stands. */
export function chosen(feasible: readonly Tried[], standing: Tried): Tried | undefined {
  const least = Math.min(...feasible.map(burden))
  const most = standing.lost === 0 ? least + slack * Math.max(0, burden(standing) - least) : least
  const order = (a: Tried, b: Tried): number =>
    a.onDelay - b.onDelay ||
    a.beyond - b.beyond ||
    a.alarms - b.alarms ||
    Math.abs(a.deadband - standing.deadband) - Math.abs(b.deadband - standing.deadband) ||
    Math.abs(a.offDelay - standing.offDelay) - Math.abs(b.offDelay - standing.offDelay)
  return feasible.filter(one => burden(one) <= most).sort(order)[0]
}

/** Those that no other beats: as good or better in all three, and better in one. Equal ones are shown once. */
export function paretoFront(tried: readonly Tried[]): readonly Tried[] {
  const front: Tried[] = []
  const seen = new Set<string>()
  for (const one of tried) {
    const key = costs(one).join()
    if (seen.has(key) || tried.some(other => beats(costs(other), costs(one)))) continue
    seen.add(key)
    front.push(one)
  }
  return front.sort((a, b) => burden(a) - burden(b) || a.onDelay - b.onDelay)
}

const costs = (tried: Tried): readonly number[] => [burden(tried), tried.toldAfter.mean, tried.beyond]
const beats = (one: readonly number[], other: readonly number[]): boolean =>
  one.every((cost, index) => cost <= (other[index] as number)) && one.some((cost, index) => cost < (other[index] as number))

const choiceOf = ({ onDelay, deadband, offDelay }: Choice): Choice => ({ onDelay, deadband, offDelay })
const unique = <T extends number>(values: readonly T[]): readonly T[] => [...new Set(values)].sort((a, b) => a - b)

function sentenceOf(now: Tried, proposed: Tried | undefined, harmful: number): Words {
  if (!proposed) {
    return {
      zh: `历史里没有理由改动：${now.alarms} 次报警，其中 ${burden(now)} 次不必要；必须知道的超限 ${harmful} 次，漏掉 ${now.lost} 次。`,
      en: `Nothing in the history speaks for a change. Alarms: ${now.alarms}, needless ones: ${burden(now)}; breaches that somebody had to know of: ${harmful}, missed: ${now.lost}.`,
    }
  }
  const settings = (['onDelay', 'deadband', 'offDelay'] as const).flatMap(key =>
    now[key] === proposed[key] ? [] : [`${key} ${writtenOf(key, now)} → ${writtenOf(key, proposed)}`],
  )
  const worst = Math.round(proposed.toldAfter.worst * 60)
  return {
    zh: `建议 ${settings.join('，')}：报警 ${now.alarms} → ${proposed.alarms} 次，不必要的 ${burden(now)} → ${burden(proposed)} 次；必须知道的 ${harmful} 次超限全部保留，最迟 ${worst} 分钟后有人知道。`,
    en: `Proposed: ${settings.join(', ')}. Alarms ${now.alarms} → ${proposed.alarms}, needless ones ${burden(now)} → ${burden(proposed)}. Breaches that somebody had to know of: ${harmful}, all kept, told after ${worst} min at the latest.`,
  }
}

const writtenOf = (key: keyof Choice, choice: Choice): string =>
  key === 'deadband' ? String(choice.deadband) : writeDuration(choice[key])
