import fc from 'fast-check'
import { fault } from '../../protocols/contract/fault.ts'
import type { PointId, Reading } from '../../protocols/contract/reading.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import { Evaluator } from '../../gateway/policy/evaluator.ts'
import type { Verdict } from '../../gateway/policy/verdict.ts'
import { ruleKinds } from '../../gateway/policy/kinds.ts'
import type { Transition } from '../../gateway/policy/kind.ts'
import { nowhere } from '../../gateway/policy/place.ts'
import type { RuleId } from '../../gateway/policy/rule.ts'

/** A reading of the point of a single-input rule; without a value it is a bad one. */
export interface Row {
  readonly at: number
  readonly value?: number | undefined
  readonly member?: number
}

export interface Settings {
  readonly kind: string
  readonly [setting: string]: unknown
}

export const ruleId = 'p.t.r' as RuleId
export const pointOf = (member = 0): PointId => `p.m${member}` as PointId

/** The settings as the kind itself has read them; wrong ones are the test's own mistake. */
export function specOf(settings: Settings): unknown {
  const parsed = ruleKinds.get(settings.kind)?.parse(settings, nowhere)
  if (!parsed?.ok) throw new Error(JSON.stringify(parsed?.problems ?? `no kind ${settings.kind}`))
  return parsed.spec
}

/** What is wrong with settings, as paths. */
export function problemsOf(settings: Settings): readonly string[] {
  const parsed = ruleKinds.get(settings.kind)?.parse(settings, nowhere)
  return parsed && !parsed.ok ? parsed.problems.map(({ path }) => path.join('.')) : []
}

/** What `check` would say of settings that are right one by one. */
export const senseOf = (settings: Settings): readonly string[] =>
  (ruleKinds.get(settings.kind)?.sense?.(specOf(settings)) ?? []).map(({ path }) => path.join('.'))

export const toReading = ({ at, value, member }: Row): Reading =>
  value === undefined
    ? {
        point: pointOf(member),
        at: at as Instant,
        receivedAt: at as Instant,
        quality: 'bad',
        fault: fault('timeout', 'no answer'),
      }
    : { point: pointOf(member), at: at as Instant, receivedAt: at as Instant, value, quality: 'good' }

export interface Options {
  readonly staleAfter?: number
  readonly startAt?: number
  /** For a kind of many inputs. */
  readonly members?: number
}

/** An evaluator with this one rule. */
export function evaluatorOf(settings: Settings, { staleAfter, startAt = 0, members }: Options = {}): Evaluator {
  const wired = Array.from({ length: members ?? 0 }, (_, member) => ({
    name: `members/${pointOf(member)}`,
    point: pointOf(member),
  }))
  return new Evaluator({
    rules: [
      {
        id: ruleId,
        kind: settings.kind,
        spec: specOf(settings),
        point: pointOf(),
        ...(members === undefined ? {} : { inputs: wired }),
      },
    ],
    kinds: ruleKinds,
    staleAfter: () => staleAfter as Millis | undefined,
    startAt: startAt as Instant,
  })
}

export const said = (verdicts: readonly Verdict[]): readonly string[] => verdicts.map(({ transition }) => say(transition))

export const say = (transition: Transition): string =>
  transition.what === 'raised' ? `raised ${transition.at} since ${transition.since}` : `cleared ${transition.at}`

/** Everything a rule says of readings in order of arrival, at the end of which time stands at `end` (default: the last row). */
export function judged(
  settings: Settings,
  rows: readonly Row[],
  options: Options & { readonly end?: number } = {},
): readonly Transition[] {
  const evaluator = evaluatorOf(settings, options)
  let now = Number.NEGATIVE_INFINITY
  const verdicts = rows.flatMap(row => {
    now = Math.max(now, row.at)
    return evaluator.hear([toReading(row)], now as Instant)
  })
  return [...verdicts, ...evaluator.finish((options.end ?? now) as Instant)].map(({ transition }) => transition)
}

export const judgedInWords = (...args: Parameters<typeof judged>): readonly string[] => judged(...args).map(say)

/** Rows a few milliseconds apart, some of one instant, some bad; what a walk through every millisecond can follow. */
export const rowsOf = (value: fc.Arbitrary<number>): fc.Arbitrary<readonly Row[]> =>
  fc
    .array(fc.record({ step: fc.integer({ min: 0, max: 9 }), value: fc.option(value, { nil: undefined, freq: 7 }) }), {
      maxLength: 40,
      size: 'max',
    })
    .map(steps => {
      let at = 0
      return steps.map(({ step, value }) => ({ at: (at += step), value }))
    })
